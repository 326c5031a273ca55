/** One run: a stream, a shortage on the first interface and its end, and when the second is on. */
import { fullMesh, oneInterface, openPathManager } from '@liquid/mptcp-pm';
import type { ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { drain } from '../lab/drain.js';
import type { InLab } from '../lab/run-in-lab.js';
import { type Carried, openSink, openSource } from '../lab/stream.js';
import { waitUntil } from '../lab/watch.js';
import { FIRST_ADDRESS, fullLine, SERVER_ADDRESS, shortLine, STREAM_PORT } from './network.js';

export const POLL_MS = 300;
/** What the stream needs, Mbit/s. */
export const THRESHOLD_MBPS = 5;
/** Seconds between switches at least, and of plenty before the second goes off. */
export const HOLD_SECONDS = 3;
export const CLOSE_SECONDS = 5;
/** Seconds before the shortage. */
const FULL_SECONDS = 6;

export interface OneInterfaceInput {
  readonly policy: boolean;
  readonly shortSeconds: number;
  readonly afterSeconds: number;
}

export interface OneInterfaceOutcome {
  readonly input: OneInterfaceInput;
  readonly stream: Carried;
  readonly shortFrom: number;
  readonly shortTo: number;
  readonly end: number;
  /** When the second interface was switched on and off, seconds; empty without the policy. */
  readonly onAt: ReadonlyArray<number>;
  readonly offAt: ReadonlyArray<number>;
  /** Seconds in which it had a subflow. */
  readonly secondSeconds: number;
  /** Goodput while the first line was full, short, and full again, Mbit/s. */
  readonly goodputs: readonly [number, number, number];
}

export const runOneInterface = async (
  { lab, context, defer, at }: InLab,
  input: OneInterfaceInput,
): Promise<E.Either<ScenarioError, OneInterfaceOutcome>> => {
  const { clock, point, progress, rng } = context;
  const place = { address: SERVER_ADDRESS, port: STREAM_PORT };
  const sink = await openSink({ ...place, namespace: at('server') })();
  if (E.isLeft(sink)) return sink;
  defer(sink.right.close);
  const policy = oneInterface({
    thresholdBps: THRESHOLD_MBPS * 1e6,
    holdMs: HOLD_SECONDS * 1000,
    closeMs: CLOSE_SECONDS * 1000,
  });
  const opened = await openPathManager({
    namespace: at('phone'),
    mode: 'manage',
    policies: [input.policy ? policy : fullMesh()],
    pollMs: POLL_MS,
    clock,
  })();
  if (E.isLeft(opened)) return opened;
  const manager = opened.right;
  defer(manager.stop);

  const beganMs = clock.nowMs();
  const seconds = (): number => (clock.nowMs() - beganMs) / 1000;
  const onAt: number[] = [];
  const offAt: number[] = [];
  let secondSeconds = 0;
  let last = { seconds: 0, bytes: 0, second: false };
  manager.events.onTag('Polled', () => {
    const now = seconds();
    const [connection] = manager.view().connections();
    const { bytes } = sink.right.carried();
    if (now > last.seconds) {
      point('goodput', now, ((bytes - last.bytes) * 8) / (now - last.seconds) / 1e6);
    }
    if (last.second) secondSeconds += now - last.seconds;
    const second =
      connection?.subflows.some(
        ({ local, phase }) => local !== FIRST_ADDRESS && phase === 'established',
      ) ?? false;
    point('needed', now, THRESHOLD_MBPS);
    point('second', now, second ? 1 : 0);
    last = { seconds: now, bytes, second };
  });
  manager.events.onTag('Outcome', ({ command, error }) => {
    if (command.by !== 'one-interface' || error !== undefined) return;
    if (command.action._tag === 'CreateSubflow') onAt.push(seconds());
    if (command.action._tag === 'Destroy') offAt.push(seconds());
  });
  const source = await openSource({
    namespace: at('phone'),
    host: SERVER_ADDRESS,
    port: STREAM_PORT,
    seed: rng.fork('stream').uint32(),
  })();
  if (E.isLeft(source)) return source;
  defer(source.right.close);

  const total = FULL_SECONDS + input.shortSeconds + input.afterSeconds;
  const until = (activity: string, end: number): Promise<E.Either<ScenarioError, void>> =>
    waitUntil(context, {
      what: activity,
      deadlineSeconds: end + 10,
      seconds,
      look: (now) => {
        progress({ done: Math.min(total, Math.floor(now)), total, unit: 's', activity });
        return E.right(now >= end);
      },
    });
  const mark = (): { readonly at: number; readonly bytes: number } => ({
    at: seconds(),
    bytes: sink.right.carried().bytes,
  });
  const rate = (from: ReturnType<typeof mark>, to: ReturnType<typeof mark>): number =>
    ((to.bytes - from.bytes) * 8) / (to.at - from.at) / 1e6;

  const begin = mark();
  const full = await until('the first interface suffices', FULL_SECONDS);
  if (E.isLeft(full)) return full;
  const narrowed = await lab.reshape('phone', 'wifi', shortLine)();
  if (E.isLeft(narrowed)) return narrowed;
  const short = mark();
  const shortage = await until('the first interface is short', short.at + input.shortSeconds);
  if (E.isLeft(shortage)) return shortage;
  const widened = await lab.reshape('phone', 'wifi', fullLine)();
  if (E.isLeft(widened)) return widened;
  const again = mark();
  const plenty = await until('the first interface suffices again', again.at + input.afterSeconds);
  if (E.isLeft(plenty)) return plenty;
  const end = mark();
  const used = secondSeconds;
  const stream = await drain(context, seconds, source.right, sink.right);
  if (E.isLeft(stream)) return stream;
  return E.right({
    input,
    stream: stream.right,
    shortFrom: short.at,
    shortTo: again.at,
    end: end.at,
    onAt,
    offAt,
    secondSeconds: used,
    goodputs: [rate(begin, short), rate(short, again), rate(again, end)],
  });
};
