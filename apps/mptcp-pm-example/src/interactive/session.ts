/** One run: typing, the quick way becoming slow for a while, and what the policy makes of it. */
import { fullMesh, maxRtt, openPathManager } from '@liquid/mptcp-pm';
import type { ScenarioError } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { InLab } from '../lab/run-in-lab.js';
import { waitUntil } from '../lab/watch.js';
import { type Echo, openEcho, openTypist } from './echo.js';
import {
  delayOf,
  ECHO_PORT,
  QUICK_ADDRESS,
  QUICK_ENDS,
  QUICK_MS,
  SERVER_ADDRESS,
} from './network.js';

const EVERY_MS = 50;
/** An interactive application wants its answers within this. */
export const MAX_RTT_MS = 200;
/** Least time between two actions upon a subflow, and the shortest rest, ms. */
export const HOLD_MS = 5000;

/** Rests grow slowly, so that a recovery shows within the run. */
const BACKOFF = { initialMs: HOLD_MS, factor: 1.5, capMs: 300_000, resetMs: 60_000 };

/** Seconds before the quick way becomes slow. */
const QUIET_SECONDS = 5;

export interface InteractiveInput {
  readonly policy: boolean;
  readonly action: 'backup' | 'destroy' | 'abort';
  readonly slowMs: number;
  readonly slowSeconds: number;
  readonly afterSeconds: number;
}

/** Something that the policy did. */
export interface Deed {
  readonly seconds: number;
  readonly what: string;
}

export interface InteractiveOutcome {
  readonly input: InteractiveInput;
  /** Delays by the second in which the line was sent. */
  readonly echoes: ReadonlyArray<{ readonly seconds: number; readonly delayMs: number }>;
  readonly slowFrom: number;
  readonly slowTo: number;
  readonly deeds: ReadonlyArray<Deed>;
  /** Lines that never came back. */
  readonly missing: number;
  /** Whether the quick way carried data again at the end. */
  readonly quickAtEnd: boolean;
}

export const runInteractive = async (
  { lab, context, defer, at }: InLab,
  input: InteractiveInput,
): Promise<E.Either<ScenarioError, InteractiveOutcome>> => {
  const { clock, point, progress } = context;
  const place = { address: SERVER_ADDRESS, port: ECHO_PORT };
  const echo = await openEcho({ ...place, namespace: at('server') })();
  if (E.isLeft(echo)) return echo;
  defer(echo.right);
  const { action } = input;
  const rules = input.policy
    ? [maxRtt({ maxMs: MAX_RTT_MS, action, holdMs: HOLD_MS, backoff: BACKOFF })]
    : [];
  const opened = await openPathManager({
    namespace: at('client'),
    mode: 'manage',
    policies: [...rules, fullMesh()],
    clock,
  })();
  if (E.isLeft(opened)) return opened;
  const manager = opened.right;
  defer(manager.stop);

  const echoes: Array<{ readonly seconds: number; readonly delayMs: number }> = [];
  const deeds: Deed[] = [];
  const beganMs = clock.nowMs();
  const seconds = (): number => (clock.nowMs() - beganMs) / 1000;
  let quickActive = true;
  const onEcho = ({ sentAtMs, delayMs }: Echo): void => {
    const sentAt = (sentAtMs - beganMs) / 1000;
    echoes.push({ seconds: sentAt, delayMs });
    point('delay', sentAt, delayMs);
  };
  manager.events.onTag('Polled', () => {
    const [connection] = manager.view().connections();
    if (connection === undefined) return;
    let active = false;
    for (const { local, sample, phase, backup } of connection.subflows) {
      const quick = local === QUICK_ADDRESS;
      if (sample !== undefined)
        point(quick ? 'rtt-quick' : 'rtt-other', seconds(), sample.rttUs / 1000);
      if (quick && phase === 'established' && !backup) active = true;
    }
    quickActive = active;
    point('quick-used', seconds(), active ? 1 : 0);
  });
  manager.events.onTag('Outcome', ({ command, error }) => {
    if (command.by !== 'max-rtt' || error !== undefined) return;
    const { action: did } = command;
    const which = did._tag === 'SetBackup' ? `${did._tag} ${String(did.backup)}` : did._tag;
    deeds.push({ seconds: seconds(), what: which });
  });
  const typist = await openTypist({
    ...place,
    namespace: at('client'),
    everyMs: EVERY_MS,
    clock,
    onEcho,
  })();
  if (E.isLeft(typist)) return typist;
  defer(typist.right.close);

  const impair = async (roundTripMs: number): Promise<E.Either<ScenarioError, void>> => {
    for (const [node, device] of QUICK_ENDS) {
      const done = await lab.reimpair(node, device, delayOf(roundTripMs))();
      if (E.isLeft(done)) return done;
    }
    return E.right(undefined);
  };
  const total = QUIET_SECONDS + input.slowSeconds + input.afterSeconds;
  const until = (what: string, end: number): Promise<E.Either<ScenarioError, void>> =>
    waitUntil(context, {
      what,
      deadlineSeconds: end + 10,
      seconds,
      look: (now) => {
        progress({ done: Math.min(total, Math.floor(now)), total, unit: 's', activity: what });
        return E.right(now >= end);
      },
    });
  const calm = await until('typing', QUIET_SECONDS);
  if (E.isLeft(calm)) return calm;
  const slowed = await impair(input.slowMs);
  if (E.isLeft(slowed)) return slowed;
  const slowFrom = seconds();
  const slow = await until('typing while a way is slow', slowFrom + input.slowSeconds);
  if (E.isLeft(slow)) return slow;
  const mended = await impair(QUICK_MS);
  if (E.isLeft(mended)) return mended;
  const slowTo = seconds();
  const after = await until('typing after the recovery', slowTo + input.afterSeconds);
  if (E.isLeft(after)) return after;
  const failure = typist.right.failure();
  if (failure !== undefined) return E.left(failure);
  return E.right({
    input,
    echoes,
    slowFrom,
    slowTo,
    deeds,
    missing: Math.max(0, typist.right.waiting() - Math.ceil(1000 / EVERY_MS)),
    quickAtEnd: quickActive,
  });
};
