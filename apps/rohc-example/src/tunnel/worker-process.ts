/** A program of the tunnel as the scenario holds it: started in a namespace, asked, stopped. */
import { createRequire } from 'node:module';
import type { Netlab, RunningProcess } from '@liquid/netlab';
import { decode, io, type LiquidError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { type Compression, type TunnelOptions, TunnelStats } from './options.js';
import { Answer, type Ask, READY, TrafficStats, type TrafficOptions } from './worker-messages.js';
import type { WorkerPlan } from './worker-messages.js';

/** The built program: users have no loader of TypeScript. */
const program = (): string =>
  createRequire(import.meta.url).resolve('@liquid/rohc-example/tunnel/worker');

/** A program that runs; it belongs to the lab, which ends it when nobody else has. */
interface Worker {
  readonly process: RunningProcess;
  /** Asks; Left `Io` with the program's last words where it has ended. */
  readonly ask: <A>(ask: Ask, codec: t.Type<A, unknown, unknown>) => TaskEither<LiquidError, A>;
}

/** Its last lines are enough to say why a program ended. */
const WORDS = 5;

/** Starts a program on a host and waits until it is open. */
const startWorker =
  (lab: Netlab, host: string, plan: WorkerPlan): TaskEither<LiquidError, Worker> =>
  async () => {
    const spawned = await lab.spawnNode(host, program(), { args: [JSON.stringify(plan)] })();
    if (E.isLeft(spawned)) return spawned;
    const process = spawned.right;
    const waiting = new Map<number, (answer: E.Either<LiquidError, unknown>) => void>();
    const words: string[] = [];
    let ended: LiquidError | undefined;
    let last = READY;
    process.events.onTag('Line', ({ line }) => {
      words.push(line);
      if (words.length > WORDS) words.shift();
    });
    process.events.onTag('Message', ({ message }) => {
      const answer = decode(Answer, 'answer')(message);
      if (E.isLeft(answer)) return;
      waiting.get(answer.right.id)?.(E.right(answer.right.answer));
      waiting.delete(answer.right.id);
    });
    void process.exited.then(() => {
      const said = words.length === 0 ? '' : `: ${words.join('; ')}`;
      ended = io({ message: `the ${plan.role} on ${host} ended${said}` });
      for (const settle of waiting.values()) settle(E.left(ended));
      waiting.clear();
    });
    const answered = (id: number): Promise<E.Either<LiquidError, unknown>> =>
      new Promise((resolve) => {
        if (ended === undefined) waiting.set(id, resolve);
        else resolve(E.left(ended));
      });
    const ready = await answered(READY);
    if (E.isLeft(ready)) {
      await process.stop();
      return ready;
    }
    return E.right({
      process,
      ask: (ask, codec) => async () => {
        last++;
        const answer = answered(last);
        const sent = await process.send({ id: last, ask })();
        // What has ended says so itself, with more words.
        if (E.isLeft(sent) && ended === undefined) return sent;
        const got = await answer;
        return E.isLeft(got) ? got : decode(codec, `answer of the ${plan.role}`)(got.right);
      },
    });
  };

/** One end of a tunnel in a namespace. */
export interface TunnelEnd {
  readonly pid: number;
  readonly stats: TaskEither<LiquidError, TunnelStats>;
  /** Right once every later packet of this end goes that way. */
  readonly setCompression: (compression: Compression) => TaskEither<LiquidError, void>;
  readonly setLoss: (percent: number) => TaskEither<LiquidError, void>;
  readonly stop: TaskEither<Tagged, void>;
}

const Done = t.null as unknown as t.Type<void, unknown, unknown>;

/** Starts one end of a tunnel on a host of a lab: {@link TunnelOptions} say where it leads. */
export const startTunnelEnd =
  (lab: Netlab, host: string, options: TunnelOptions): TaskEither<LiquidError, TunnelEnd> =>
  async () => {
    const started = await startWorker(lab, host, { role: 'tunnel', options })();
    if (E.isLeft(started)) return started;
    const { process, ask } = started.right;
    return E.right({
      pid: process.pid,
      stats: ask({ _tag: 'Stats' }, TunnelStats),
      setCompression: (compression) => ask({ _tag: 'SetCompression', compression }, Done),
      setLoss: (percent) => ask({ _tag: 'SetLoss', percent }, Done),
      stop: process.stop,
    });
  };

/** One end of the TCP transfers in a namespace. */
export interface TrafficEnd {
  readonly stats: TaskEither<LiquidError, TrafficStats>;
  readonly begin: TaskEither<LiquidError, void>;
  readonly finish: TaskEither<LiquidError, void>;
}

/** Starts one end of the TCP transfers on a host of a lab. */
export const startTrafficEnd =
  (lab: Netlab, host: string, options: TrafficOptions): TaskEither<LiquidError, TrafficEnd> =>
  async () => {
    const started = await startWorker(lab, host, { role: 'traffic', options })();
    if (E.isLeft(started)) return started;
    const { ask } = started.right;
    return E.right({
      stats: ask({ _tag: 'Stats' }, TrafficStats),
      begin: ask({ _tag: 'Begin' }, Done),
      finish: ask({ _tag: 'Finish' }, Done),
    });
  };
