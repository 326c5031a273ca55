/** Slow subflow under a limited window: a slow path that holds the window back from a quick one rests. */

import * as t from 'io-ts';
import { cwndBandwidth } from '../estimate.js';
import { subflowKey } from '../four-tuple.js';
import { integerIn, numberIn, optionsCodec, withDefault } from '../internal/options.js';
import type { Connection, Subflow } from '../model.js';
import {
  type Action,
  type AnyPolicy,
  anyPolicy,
  type PolicyInput,
  type PmView,
} from '../policy.js';
import { type Backoff, backoffCodec, span } from './backoff.js';
import { isActive } from './paths.js';
import { type ConnectionDecision, perConnection } from './per-connection.js';
import { afterEvent, afterOutcome, afterPoll, NO_RESTS, type Rests } from './resting.js';

/** Options of {@link slowSubflow}. @since 0.1.0 */
export interface SlowSubflowOptions {
  /**
   * A subflow is too slow when the window, spread over its round-trip time, is less than this share
   * of what the others carry alone. Default 0.8.
   */
  readonly share: number;
  /** It comes back when it is more than this share. Default 1.2. */
  readonly recover: number;
  /** Polls in a row that must find it so. Default 3. */
  readonly confirmPolls: number;
  /** Least time between two actions upon a subflow, ms. Default 5000. */
  readonly holdMs: number;
  /** How rests grow while nothing has changed. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_SLOW_SUBFLOW: SlowSubflowOptions = {
  share: 0.8,
  recover: 1.2,
  confirmPolls: 3,
  holdMs: 5000,
  backoff: { initialMs: 10_000, factor: 2, capMs: 300_000, resetMs: 60_000 },
};

/** Codec of {@link SlowSubflowOptions}; what is missing has its default. @since 0.1.0 */
export const SlowSubflowOptions: t.Type<SlowSubflowOptions, unknown> =
  /* @__PURE__ */ optionsCodec<SlowSubflowOptions>('slow-subflow', {
    share: withDefault(numberIn(0.01, 10), DEFAULT_SLOW_SUBFLOW.share),
    recover: withDefault(numberIn(0.01, 100), DEFAULT_SLOW_SUBFLOW.recover),
    confirmPolls: withDefault(integerIn(1, 1000), DEFAULT_SLOW_SUBFLOW.confirmPolls),
    holdMs: span(DEFAULT_SLOW_SUBFLOW.holdMs),
    backoff: backoffCodec(DEFAULT_SLOW_SUBFLOW.backoff),
  });

interface State {
  readonly rests: Rests;
  /** The subflow that was found too slow last, and how often in a row. */
  readonly suspect: string;
  readonly polls: number;
  readonly actedAtMs: number;
}

const INIT: State = {
  rests: NO_RESTS,
  suspect: '',
  polls: 0,
  actedAtMs: Number.NEGATIVE_INFINITY,
};

/** What a subflow carries alone, bit/s: smoothed, or from the last sample. */
const potential = ({ estimateBps, sample }: Subflow): number => {
  if (!Number.isNaN(estimateBps)) return estimateBps;
  const raw = sample === undefined ? Number.NaN : cwndBandwidth(sample);
  return Number.isNaN(raw) ? 0 : raw;
};

/** Bit/s that the window lets through while it waits for a subflow's acknowledgements. */
const windowRate = ({ sample }: Subflow): number =>
  sample === undefined || sample.sendWindowBytes === 0 || sample.rttUs === 0
    ? Number.POSITIVE_INFINITY
    : (sample.sendWindowBytes * 8e6) / sample.rttUs;

const alone = (active: ReadonlyArray<Subflow>, but: Subflow): number =>
  active.reduce((sum, subflow) => (subflow === but ? sum : sum + potential(subflow)), 0);

/** What was acknowledged of a subflow since the poll before, bit/s. */
const carried = ({ sample, previousSample, sampledAtMs, previousSampledAtMs }: Subflow): number =>
  sample === undefined || previousSample === undefined || sampledAtMs <= previousSampledAtMs
    ? 0
    : ((sample.bytesAcked - previousSample.bytesAcked) * 8e3) / (sampledAtMs - previousSampledAtMs);

/** The slowest subflow, if the connection would do better without it. */
const tooSlow = (connection: Connection, share: number): Subflow | undefined => {
  const active = connection.subflows.filter(isActive);
  const slowest = active.reduce<Subflow | undefined>(
    (worst, each) => ((each.sample?.rttUs ?? 0) > (worst?.sample?.rttUs ?? 0) ? each : worst),
    undefined,
  );
  if (slowest?.sample === undefined || active.length < 2) return undefined;
  const others = alone(active, slowest) * share;
  const now = active.reduce((sum, subflow) => sum + carried(subflow), 0);
  // It must be in use, and the connection do worse than the others could: an idle one harms nobody.
  const inUse = slowest.sample.unacked > 0 || carried(slowest) > 0;
  return inUse && windowRate(slowest) < others && now < others ? slowest : undefined;
};

/**
 * Slow subflow under a limited window: use case U1 (3G beside WiFi). All subflows share the peer's
 * receive window, and it can't move on before its oldest byte is acknowledged: with a window W and a
 * slow round trip R no more than W / R gets through. Where that is less than the other subflows carry
 * alone, and the connection indeed does worse, the slow one becomes backup. After a rest it is probed
 * as by {@link maxRtt}, and comes back if the window has grown or the path become quicker.
 *
 * @since 0.1.0
 */
export const slowSubflow = (given: Partial<SlowSubflowOptions> = {}): AnyPolicy => {
  const options = { ...DEFAULT_SLOW_SUBFLOW, ...given };
  const poll = (state: State, connection: Connection, nowMs: number): ConnectionDecision<State> => {
    const actions: Array<Action> = [];
    const slow = tooSlow(connection, options.share);
    let { suspect, polls, actedAtMs } = state;
    polls = slow === undefined ? 0 : slow.key === suspect ? polls + 1 : 1;
    suspect = slow?.key ?? '';
    if (
      slow !== undefined &&
      polls >= options.confirmPolls &&
      nowMs - actedAtMs >= options.holdMs
    ) {
      actions.push({ _tag: 'SetBackup', token: slow.token, subflow: slow.key, backup: true });
      actedAtMs = nowMs;
      polls = 0;
    }
    const active = connection.subflows.filter(isActive);
    const isGood = (probe: Subflow): boolean =>
      windowRate(probe) >= alone(active, probe) * options.recover;
    const rested = afterPoll(options, state.rests, connection, isGood, nowMs);
    if (rested.actions.length > 0) actedAtMs = nowMs;
    const same =
      suspect === state.suspect &&
      polls === state.polls &&
      actedAtMs === state.actedAtMs &&
      rested.rests === state.rests;
    return {
      state: same ? state : { rests: rested.rests, suspect, polls, actedAtMs },
      actions: [...actions, ...rested.actions],
    };
  };
  const step = (
    state: State,
    input: PolicyInput,
    connection: Connection,
    _view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    let { rests } = state;
    if (input._tag === 'Polled') return poll(state, connection, nowMs);
    if (input._tag === 'Outcome' || input._tag === 'Withheld') {
      const failed = input._tag === 'Withheld' || input.refusal !== undefined;
      rests = afterOutcome(options, rests, connection, input.action, failed, nowMs);
    } else if (input._tag === 'Event') {
      const { event } = input;
      if (event._tag === 'SubEstablished' || event._tag === 'SubClosed') {
        rests = afterEvent(options, rests, event, subflowKey(event), nowMs);
      }
    }
    return { state: rests === state.rests ? state : { ...state, rests }, actions: [] };
  };
  return anyPolicy(perConnection<State>({ name: 'slow-subflow', init: INIT, step }));
};
