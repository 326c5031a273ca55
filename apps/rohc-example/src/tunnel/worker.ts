/**
 * A program inside a namespace: one end of a tunnel, or of the TCP transfers through it, as its only argument says.
 * It answers questions over Node's message channel, and ends at SIGTERM or when whoever started it is gone.
 */
import { decode, decodeJson, renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { openTunnel } from './endpoint.js';
import { openTraffic, type Traffic } from './traffic.js';
import { type Answer, type Ask, Question, READY, WorkerPlan } from './worker-messages.js';
import type { Tunnel } from './endpoint.js';

const fail = (error: Tagged): void => {
  process.stderr.write(`${renderError(error)}\n`);
  process.exitCode = 1;
};

const say = (answer: Answer): void => {
  // Without a channel nobody listens; with one that has just closed, neither.
  process.send?.(answer, undefined, undefined, () => undefined);
};

const answerTunnel = (tunnel: Tunnel, ask: Ask): unknown => {
  if (ask._tag === 'Stats') return tunnel.stats();
  if (ask._tag === 'SetCompression') tunnel.setCompression(ask.compression);
  if (ask._tag === 'SetLoss') tunnel.setLoss(ask.percent);
  return null;
};

const answerTraffic = (traffic: Traffic, ask: Ask): unknown => {
  if (ask._tag === 'Stats') return traffic.stats();
  if (ask._tag === 'Begin') traffic.begin();
  if (ask._tag === 'Finish') traffic.finish();
  return null;
};

/** Answers until it ends. */
const serve = async <A extends Tunnel | Traffic>(
  running: A,
  answer: (running: A, ask: Ask) => unknown,
): Promise<void> => {
  const stop = (): void => void running.stop();
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  process.on('message', (message) => {
    const question = decode(Question, 'question')(message);
    if (E.isLeft(question)) fail(question.left);
    else say({ id: question.right.id, answer: answer(running, question.right.ask) });
  });
  say({ id: READY, answer: null });
  const ended = await running.closed;
  if (E.isLeft(ended)) fail(ended.left);
  if (process.connected) process.disconnect();
};

const main = async (argument: string): Promise<void> => {
  const plan = decodeJson(WorkerPlan, { what: 'plan' })(argument);
  if (E.isLeft(plan)) return fail(plan.left);
  if (plan.right.role === 'tunnel') {
    const tunnel = await openTunnel(plan.right.options)();
    return E.isLeft(tunnel) ? fail(tunnel.left) : serve(tunnel.right, answerTunnel);
  }
  const traffic = await openTraffic(plan.right.options)();
  return E.isLeft(traffic) ? fail(traffic.left) : serve(traffic.right, answerTraffic);
};

await main(process.argv[2] ?? '');
