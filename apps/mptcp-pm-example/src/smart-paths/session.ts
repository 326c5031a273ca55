/** One run of the experiment of figures 4.5 and 4.6: a file, a bottleneck, cross traffic, and a policy. */
import { minBandwidth, openPathManager } from '@liquid/mptcp-pm';
import type { LiquidError } from '@liquid/types';
import type { ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { sameOctets } from '../lab/compare.js';
import type { InLab } from '../lab/run-in-lab.js';
import { type Carried, openSink, openSource, type Source } from '../lab/stream.js';
import { waitUntil } from '../lab/watch.js';
import { CROSS_PORT, FILE_PORT, SERVER_ADDRESS } from './network.js';
import { createTrace, type TracePoint } from './trace.js';

/** The deliverable's period. */
const POLL_MS = 300;

/** An estimate below this share of the line's rate is too little. */
export const THRESHOLD_SHARE = 0.8;

/** An alarm in a connection's first seconds would be slow start's correction. */
export const SETTLE_SECONDS = 5;

/** Milliseconds between two readings of the second interface's counter. */
const METER_MS = 500;

export interface SmartPathsInput {
  readonly rateMbps: number;
  readonly megabytes: number;
  readonly cross: boolean;
  readonly crossAfterSeconds: number;
  readonly reaction: boolean;
  readonly avoidanceOnly: boolean;
  readonly alpha: number;
}

/** What a run came to. */
export interface SmartPathsOutcome {
  readonly input: SmartPathsInput;
  readonly points: ReadonlyArray<TracePoint>;
  readonly file: Carried;
  /** From the connection until the last octet was there. */
  readonly seconds: number;
  /** When the cross traffic really began, and when the second path was asked for. */
  readonly crossAt: number | undefined;
  readonly openedAt: number | undefined;
  /** Octets that A's second interface sent until then and in all, headers and ARP among them. */
  readonly secondBefore: number;
  readonly secondBytes: number;
  /** Octets of TCP payload by the default interface, retransmissions too. */
  readonly defaultBytes: number;
}

/** Octets that an interface of A has sent, of any protocol, as the kernel counts. */
const octetsSent = async (
  { lab }: InLab,
  device: string,
): Promise<E.Either<LiquidError, number>> => {
  const path = `/sys/class/net/${device}/statistics/tx_bytes`;
  const read = await lab.exec('a', ['cat', path])();
  return E.map((result: { readonly stdout: string }) => Number(result.stdout))(read);
};

/** Seconds that a file may take at the worst: all paths lost to others for most of the time. */
const deadline = ({ megabytes, rateMbps }: SmartPathsInput): number =>
  30 + (6 * 8 * megabytes) / rateMbps;

export const runSmartPaths = async (
  inside: InLab,
  input: SmartPathsInput,
): Promise<E.Either<ScenarioError, SmartPathsOutcome>> => {
  const { context, defer, at } = inside;
  const { clock, rng, point, progress } = context;
  const seed = rng.fork('file').uint32();
  const server = { namespace: at('server'), address: SERVER_ADDRESS };
  const sink = await openSink({ ...server, port: FILE_PORT })();
  if (E.isLeft(sink)) return sink;
  defer(sink.right.close);
  const crossSink = await openSink({ ...server, port: CROSS_PORT })();
  if (E.isLeft(crossSink)) return crossSink;
  defer(crossSink.right.close);

  const thresholdMbps = THRESHOLD_SHARE * input.rateMbps;
  const policies = input.reaction
    ? [minBandwidth({ thresholdBps: thresholdMbps * 1e6, settleMs: SETTLE_SECONDS * 1000 })]
    : [];
  const { alpha, avoidanceOnly } = input;
  const opened = await openPathManager({
    namespace: at('a'),
    mode: 'manage',
    policies,
    pollMs: POLL_MS,
    clock,
    estimate: {
      variant: 'cwnd',
      alpha,
      congestionAvoidanceOnly: avoidanceOnly,
      skipAppLimited: true,
    },
  })();
  if (E.isLeft(opened)) return opened;
  const manager = opened.right;
  defer(manager.stop);
  const trace = createTrace({ thresholdMbps, alpha, point });
  const before = await octetsSent(inside, 'eth1');
  if (E.isLeft(before)) return before;

  // Polls come at a fixed pace: the file begins just after one, so that the first sample sees a full queue.
  const polled = new Promise<void>((resolve) => {
    const off = manager.events.onTag('Polled', () => {
      off();
      resolve();
    });
  });
  await Promise.race([polled, manager.closed]);
  const beganMs = clock.nowMs();
  const seconds = (): number => (clock.nowMs() - beganMs) / 1000;
  let openedAt: number | undefined;
  let secondBefore = 0;
  let looking = false;
  const meter = setInterval(() => {
    if (looking || openedAt !== undefined) return;
    looking = true;
    void octetsSent(inside, 'eth1').then((octets) => {
      looking = false;
      // What was read after the opening may hold its SYN.
      if (E.isRight(octets) && openedAt === undefined) secondBefore = octets.right - before.right;
    });
  }, METER_MS);
  defer(() => clearInterval(meter));
  manager.events.onTag('Polled', () => {
    const [connection] = manager.view().connections();
    trace.poll(seconds(), connection);
  });
  manager.events.onTag('Outcome', ({ command, error }) => {
    if (command.action._tag !== 'CreateSubflow' || error !== undefined) return;
    openedAt ??= seconds();
  });
  const bytes = Math.round(input.megabytes * 1e6);
  const from = { namespace: at('a'), host: SERVER_ADDRESS, port: FILE_PORT };
  const source = await openSource({ ...from, bytes, seed })();
  if (E.isLeft(source)) return source;
  defer(source.right.close);

  let finished:
    | { readonly at: number; readonly result: E.Either<LiquidError, Carried> }
    | undefined;
  void sink.right.done.then((result) => (finished = { at: seconds(), result }));
  let crossAt: number | undefined;
  let cross: Promise<E.Either<ScenarioError, Source>> | undefined;
  let crossFailure: ScenarioError | undefined;
  const total = input.megabytes;
  const waited = await waitUntil(context, {
    what: 'the file',
    deadlineSeconds: deadline(input),
    seconds,
    look: (now) => {
      if (input.cross && cross === undefined && now >= input.crossAfterSeconds) {
        const to = { namespace: at('b'), host: SERVER_ADDRESS, port: CROSS_PORT };
        cross = openSource({ ...to, seed: seed + 1 })();
        void cross.then((result) => {
          if (E.isLeft(result)) crossFailure = result.left;
          else {
            crossAt = seconds();
            defer(result.right.close);
          }
        });
      }
      const done = Math.floor(sink.right.carried().bytes / 1e5) / 10;
      progress({ done: Math.min(done, total), total, unit: 'MB', activity: 'sending the file' });
      return E.right(finished !== undefined || crossFailure !== undefined);
    },
  });
  // What is being connected is closed as well, whatever happened meanwhile.
  if (cross !== undefined) await cross;
  if (E.isLeft(waited)) return waited;
  if (crossFailure !== undefined) return E.left(crossFailure);
  if (finished === undefined) return E.left({ _tag: 'Io', message: 'bug: no end of the file' });
  if (E.isLeft(finished.result)) return finished.result;
  const file = finished.result.right;
  const same = sameOctets(source.right.carried(), file);
  if (E.isLeft(same)) return same;
  const after = await octetsSent(inside, 'eth1');
  if (E.isLeft(after)) return after;
  const secondBytes = after.right - before.right;
  return E.right({
    input,
    points: trace.points(),
    file,
    seconds: finished.at,
    crossAt,
    openedAt,
    secondBefore: openedAt === undefined ? secondBytes : secondBefore,
    secondBytes,
    defaultBytes: trace.defaultBytes(),
  });
};
