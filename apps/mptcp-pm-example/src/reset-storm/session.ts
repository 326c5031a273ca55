/** One run: a stream whose only subflow is reset again and again, and how long each replacement takes. */
import { openPathManager, type PmEvent, resetReaction, type Subflow } from '@liquid/mptcp-pm';
import type { LiquidError } from '@liquid/types';
import type { ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { drain } from '../lab/drain.js';
import type { InLab } from '../lab/run-in-lab.js';
import { type Carried, openSink, openSource } from '../lab/stream.js';
import { waitUntil } from '../lab/watch.js';
import { BOX_OF, SERVER_ADDRESS, STREAM_PORT } from './network.js';

/** The stream is steady: there is always a segment for a middlebox to answer. */
const BYTES_PER_SECOND = 250_000;

/** A middlebox forgets its grudge after this, ms; it is held against one subflow only. */
const GRUDGE_MS = 600;

/** Seconds before the first reset, and after the last. */
const MARGIN_SECONDS = 1.5;

export interface ResetStormInput {
  readonly resets: number;
  readonly everySeconds: number;
  /** Who resets: a box that knows TCP only, or the peer, which says so with MP_TCPRST. */
  readonly by: 'middlebox' | 'peer';
}

/** One reset, and what came of it. */
export interface Reset {
  /** When the subflow was gone, seconds. */
  readonly at: number;
  readonly from: string;
  /** As the kernel reports: ECONNRESET is 104. */
  readonly error: number;
  /** Reason and T flag, where the reset carried MP_TCPRST. */
  readonly reason: string | undefined;
  /** Where the next subflow was established, and after how many ms. */
  readonly to: string | undefined;
  readonly afterMs: number | undefined;
}

export interface ResetStormOutcome {
  readonly input: ResetStormInput;
  readonly stream: Carried;
  readonly seconds: number;
  readonly resets: ReadonlyArray<Reset>;
}

/** The peer's own reset of a subflow, by its kernel's tool. */
const resetByPeer = (
  { lab }: InLab,
  { local, localPort }: Subflow,
): Promise<E.Either<LiquidError, unknown>> =>
  lab.exec('server', ['ss', '-K', '-t', 'dst', local, 'dport', '=', String(localPort)])();

export const runResetStorm = async (
  inside: InLab,
  input: ResetStormInput,
): Promise<E.Either<ScenarioError, ResetStormOutcome>> => {
  const { lab, context, defer, at } = inside;
  const { clock, point, progress, rng } = context;
  const place = { address: SERVER_ADDRESS, port: STREAM_PORT };
  const sink = await openSink({ ...place, namespace: at('server') })();
  if (E.isLeft(sink)) return sink;
  defer(sink.right.close);
  const beganMs = clock.nowMs();
  const seconds = (): number => (clock.nowMs() - beganMs) / 1000;
  const resets: Reset[] = [];
  /** By the time at which an event was read, for the reaction to it comes before listeners hear of it. */
  const heed = (at: number, event: PmEvent): void => {
    if (event._tag === 'SubClosed' && event.error !== 0) {
      const { reset } = event;
      const flag = reset?.transient === true ? ', transient' : '';
      resets.push({
        at,
        from: event.local,
        error: event.error,
        reason: reset === undefined ? undefined : `${reset.reason}${flag}`,
        to: undefined,
        afterMs: undefined,
      });
    }
    if (event._tag === 'SubEstablished') {
      const index = resets.findIndex((one) => one.to === undefined);
      const open = resets[index];
      if (open === undefined) return;
      const afterMs = (at - open.at) * 1000;
      resets[index] = { ...open, to: event.local, afterMs };
      point('replacement', open.at, afterMs);
    }
  };
  const opened = await openPathManager({
    namespace: at('client'),
    mode: 'manage',
    policies: [resetReaction()],
    clock,
    record: (input) => {
      if (input._tag === 'Event') heed((input.atMs - beganMs) / 1000, input.event);
    },
  })();
  if (E.isLeft(opened)) return opened;
  const manager = opened.right;
  defer(manager.stop);

  manager.events.onTag('Polled', () =>
    point('arrived', seconds(), sink.right.carried().bytes / 1e6),
  );
  const source = await openSource({
    namespace: at('client'),
    host: SERVER_ADDRESS,
    port: STREAM_PORT,
    bytesPerSecond: BYTES_PER_SECOND,
    seed: rng.fork('stream').uint32(),
  })();
  if (E.isLeft(source)) return source;
  defer(source.right.close);

  const until = (end: number): Promise<E.Either<ScenarioError, void>> =>
    waitUntil(context, {
      what: 'the next reset',
      deadlineSeconds: end + 10,
      seconds,
      look: (now) => {
        progress({
          done: resets.length,
          total: Math.max(input.resets, resets.length),
          unit: 'resets',
        });
        return E.right(now >= end);
      },
    });
  let failure: LiquidError | undefined;
  for (let i = 0; i < input.resets; i++) {
    const due = await until(MARGIN_SECONDS + i * input.everySeconds);
    if (E.isLeft(due)) return due;
    const [connection] = manager.view().connections();
    const subflow = connection?.subflows.find(({ phase }) => phase === 'established');
    // The last one has not been replaced yet: the back-off is at work.
    if (subflow === undefined) continue;
    const { local, localPort } = subflow;
    const box = BOX_OF[local];
    if (input.by === 'peer' || box === undefined) {
      const done = await resetByPeer(inside, subflow);
      if (E.isLeft(done)) return done;
    } else {
      const match = { source: local, sourcePort: localPort, destinationPort: STREAM_PORT };
      void lab
        .resetConnections(box, { ...match, forMs: GRUDGE_MS })()
        .then((done) => {
          if (E.isLeft(done) && done.left._tag !== 'Aborted') failure = done.left;
        });
    }
  }
  const rest = await until(seconds() + MARGIN_SECONDS);
  if (E.isLeft(rest)) return rest;
  if (failure !== undefined) return E.left(failure);
  const stream = await drain(context, seconds, source.right, sink.right);
  if (E.isLeft(stream)) return stream;
  return E.right({ input, stream: stream.right, seconds: seconds(), resets });
};
