/** Scenario `rohc-tunnel`: kernel TCP through a live ROHC tunnel between two namespaces. */
import { type Netlab, sweep, useNetlab } from '@liquid/netlab';
import {
  abortedBy,
  corrupt,
  type LiquidError,
  Milliseconds,
  renderError,
  timeout,
} from '@liquid/types';
import {
  booleanField,
  choiceField,
  defineScenario,
  integerField,
  numberField,
  type Report,
  type Scenario,
  type ScenarioContext,
  type ScenarioError,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { tunnelNeeds } from './tunnel/needs.js';
import { type Direction, OTHER, SENDER, tunnelNetwork } from './tunnel/network.js';
import { tunnelReport } from './tunnel/report.js';
import { createSampler } from './tunnel/sampler.js';
import { tunnelSeries } from './tunnel/series.js';
import { openSession, type Session, type Snapshot } from './tunnel/session.js';
import { createSwitchboard, type Switchboard } from './tunnel/switchboard.js';

/** Milliseconds between two points: a quarter of a second shows a switch and hides the noise. */
const SAMPLE_MS = 250;

/** Seconds at the start that count for no goodput, or a quarter of a short run. */
const WARM_UP_SECONDS = 1;

/** What is on its way when sending ends has to arrive within this, also over the slowest link. */
const DRAIN_MS = 30_000;

/** The last acknowledgements and feedback are through by then. */
const SETTLE_MS = 200;

/** The share of datagrams that TCP still gets through at a rate worth showing. */
const MAX_LOSS = 20;

interface Input {
  readonly seconds: number;
  readonly rateMbps: number;
  readonly direction: Direction | 'both';
  readonly compression: boolean;
  readonly timestamps: boolean;
  readonly lossPercent: number;
}

const DIRECTIONS: Readonly<Record<Input['direction'], ReadonlyArray<Direction>>> = {
  'far-to-near': ['far-to-near'],
  'near-to-far': ['near-to-far'],
  both: ['far-to-near', 'near-to-far'],
};

/** The first direction whose octets or hashes differ, as an error. */
const compareHashes = (
  { traffic }: Snapshot,
  directions: ReadonlyArray<Direction>,
): E.Either<LiquidError, void> => {
  for (const direction of directions) {
    const from = traffic[SENDER[direction]];
    const to = traffic[OTHER[SENDER[direction]]];
    if (from.sentBytes === to.receivedBytes && from.sentSha256 === to.receivedSha256) continue;
    return E.left(
      corrupt({
        what: `transfer ${direction}`,
        expected: `${from.sentBytes} octets with SHA-256 ${from.sentSha256}`,
        actual: `${to.receivedBytes} octets with SHA-256 ${to.receivedSha256}`,
      }),
    );
  }
  return E.right(undefined);
};

/** Waits until all that was sent has arrived and both ends have their hashes. */
const drain = async (
  session: Session,
  directions: ReadonlyArray<Direction>,
  { clock, signal }: ScenarioContext,
): Promise<E.Either<LiquidError, Snapshot>> => {
  const deadline = clock.nowMs() + DRAIN_MS;
  for (;;) {
    const snapshot = await session.snapshot();
    if (E.isLeft(snapshot)) return snapshot;
    const { traffic } = snapshot.right;
    const through = directions.every(
      (direction) =>
        traffic[SENDER[direction]].sentSha256 !== null &&
        traffic[OTHER[SENDER[direction]]].receivedSha256 !== null,
    );
    if (through) {
      const settled = await clock.sleep(Milliseconds.clamp(SETTLE_MS), signal)();
      return E.isLeft(settled) ? settled : session.snapshot();
    }
    if (clock.nowMs() > deadline) {
      return E.left(timeout({ what: 'the end of the transfers', expected: DRAIN_MS }));
    }
    const waited = await clock.sleep(Milliseconds.clamp(SAMPLE_MS / 5), signal)();
    if (E.isLeft(waited)) return waited;
  }
};

const transfer = async (
  lab: Netlab,
  input: Input,
  context: ScenarioContext,
  board: Switchboard,
): Promise<E.Either<LiquidError, Report>> => {
  const { clock, signal } = context;
  const directions = DIRECTIONS[input.direction];
  const wanted = { compression: board.compression(), lossPercent: board.lossPercent() };
  const seed = context.rng.fork('tunnel').uint32();
  const opened = await openSession(lab, { directions, seed, ...wanted })();
  if (E.isLeft(opened)) return opened;
  const session = opened.right;
  const sampler = createSampler({
    directions,
    compression: wanted.compression,
    warmUpSeconds: Math.min(WARM_UP_SECONDS, input.seconds / 4),
    point: context.point,
  });
  board.connect(session, wanted, () => sampler.changed(board.compression()));
  const begun = await session.begin();
  if (E.isLeft(begun)) return begun;

  const start = clock.nowMs();
  for (;;) {
    const snapshot = await session.snapshot();
    if (E.isLeft(snapshot)) return snapshot;
    const failure = board.failure();
    if (failure !== undefined) return E.left(failure);
    const seconds = (clock.nowMs() - start) / 1000;
    sampler.take(seconds, snapshot.right);
    const done = Math.min(input.seconds, Math.floor(seconds * 10) / 10);
    context.progress({ done, total: input.seconds, unit: 's', activity: 'transferring' });
    const left = input.seconds - seconds;
    if (left <= 0) break;
    const pause = Math.min(SAMPLE_MS, left * 1000);
    const slept = await clock.sleep(Milliseconds.clamp(pause), signal)();
    if (E.isLeft(slept)) return slept;
  }
  board.disconnect();
  // The rest is to arrive, not to be measured: no more losses on purpose.
  const whole = await session.setLoss(0)();
  if (E.isLeft(whole)) return whole;
  const finishing = await session.finish();
  if (E.isLeft(finishing)) return finishing;
  const last = await drain(session, directions, context);
  if (E.isLeft(last)) return last;
  const same = compareHashes(last.right, directions);
  if (E.isLeft(same)) return same;
  return E.right(
    tunnelReport({
      directions,
      rateMbps: input.rateMbps,
      timestamps: input.timestamps,
      lossy: board.wasLossy(),
      switches: board.switches(),
      last: last.right,
      period: sampler.period,
    }),
  );
};

export const rohcTunnel: Scenario = defineScenario({
  id: 'rohc-tunnel',
  title: 'Kernel TCP through a live ROHC tunnel',
  summary:
    'Makes two hosts with a slow link between them, a TUN device and a ROHC tunnel over UDP at each, and lets the kernel’s TCP transfer through it. Switch compression while it runs and watch headers shrink and goodput rise; every octet is hashed at both ends.',
  tool: '@liquid/rohc',
  section: '3.1.4.2',
  trade: { dimension: 'cross-layer', spends: ['cpu', 'memory'], gains: ['bandwidth', 'airtime'] },
  needs: tunnelNeeds,
  series: tunnelSeries,
  controls: ['compression', 'lossPercent'],
  fields: {
    seconds: numberField({
      title: 'seconds',
      description: 'How long data are sent, 1 to 3600 s.',
      default: 20,
      min: 1,
      max: 3600,
      unit: 's',
    }),
    rateMbps: integerField({
      title: 'rate',
      description: 'Rate of the link in each direction, 1 to 200 Mbit/s.',
      default: 20,
      min: 1,
      max: 200,
      unit: 'Mbit/s',
    }),
    direction: choiceField({
      title: 'direction',
      description: 'Which way data go; acknowledgements go the other way.',
      choices: {
        'far-to-near': 'far to near, a download',
        'near-to-far': 'near to far, an upload',
        both: 'both ways at once',
      },
      default: 'far-to-near',
    }),
    compression: booleanField({
      title: 'compression',
      description: 'ROHC, or packets as they are; may be switched while it runs.',
      default: true,
    }),
    timestamps: booleanField({
      title: 'TCP timestamps',
      description: 'Stamps in every TCP header (RFC 7323), twelve octets that change all the time.',
      default: false,
    }),
    lossPercent: numberField({
      title: 'loss',
      description: `Percentage of datagrams thrown away on arrival, 0 to ${MAX_LOSS}; may be changed while it runs.`,
      default: 0,
      min: 0,
      max: MAX_LOSS,
      unit: '%',
    }),
  },
  run: (input, context) => async (): Promise<E.Either<ScenarioError, Report>> => {
    const board = createSwitchboard(input, context);
    // What killed runs have left is nobody's: it is taken away before a new network is made.
    const swept = await sweep();
    if (E.isLeft(swept)) context.logger.warn({ error: renderError(swept.left) }, 'sweeping failed');
    const { signal } = context;
    const report = await useNetlab(
      tunnelNetwork(input),
      { signal, logger: context.logger },
      (lab) => () => transfer(lab, input, context, board),
    )();
    board.disconnect();
    // A lab that was stopped takes its programs with it; why they ended is known.
    return signal.aborted && E.isLeft(report) ? E.left(abortedBy('rohc-tunnel', signal)) : report;
  },
});
