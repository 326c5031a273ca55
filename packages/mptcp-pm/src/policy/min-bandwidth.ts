/** Minimum bandwidth: a further path is opened when the estimate falls below what is wanted. */

import * as t from 'io-ts';
import {
  integerIn,
  maybe,
  numberIn,
  optionsCodec,
  refined,
  withDefault,
} from '../internal/options.js';
import type { Connection, Subflow } from '../model.js';
import {
  type Action,
  type AnyPolicy,
  anyPolicy,
  type PolicyInput,
  type PmView,
} from '../policy.js';
import { type Backoff, backoffCodec, span } from './backoff.js';
import { createOn, isActive, isTaken, keyOfPair } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';
import {
  SPARE_CLOSED,
  sidesOf,
  spareFailed,
  sparePath,
  type SpareState,
  supplied,
  type Supply,
} from './spare-path.js';

/** Options of {@link minBandwidth}. @since 0.1.0 */
export interface MinBandwidthOptions {
  /** What the application wants, bit/s. */
  readonly thresholdBps: number;
  /** Interface that serves first; default that of the connection's first address. */
  readonly primary?: string | undefined;
  /** Interface of the further path; default any other. */
  readonly extra?: string | undefined;
  /** The first path is enough again at this multiple of the threshold. Default 1.1. */
  readonly hysteresis: number;
  /**
   * The beginning of a connection proves nothing, as slow start first estimates too high and then
   * corrects itself: no alarm before the estimate is this old, ms. Default 5000.
   */
  readonly settleMs: number;
  /** Polls in a row below the threshold that raise the alarm. Default 1: the estimate is smooth. */
  readonly confirmPolls: number;
  /** Least time between opening and closing, ms. Default 5000. */
  readonly holdMs: number;
  /** How long the first path must have been enough before the further one is closed, ms. Default 5000. */
  readonly closeMs: number;
  /** Bind the subflow to its interface. */
  readonly bind: boolean;
  /** Also for connections that the peer opened. */
  readonly serverSide: boolean;
  /** How long a path is left alone that failed, and how closings get rarer that were too early. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_MIN_BANDWIDTH: Omit<MinBandwidthOptions, 'thresholdBps'> = {
  hysteresis: 1.1,
  settleMs: 5000,
  confirmPolls: 1,
  holdMs: 5000,
  closeMs: 5000,
  bind: false,
  serverSide: false,
  backoff: { initialMs: 2000, factor: 2, capMs: 60_000, resetMs: 120_000 },
};

/** The name of a network interface. @internal */
export const interfaceName = refined<string>(
  t.string,
  (name) => /^[^\s/]{1,15}$/.test(name),
  'the name of a network interface',
);

/** A rate in bit/s up to 10 Tbit/s. @internal */
export const rate = numberIn(1, 1e13);

/** Codec of {@link MinBandwidthOptions}; only `thresholdBps` must be given. @since 0.1.0 */
export const MinBandwidthOptions: t.Type<MinBandwidthOptions, unknown> =
  /* @__PURE__ */ optionsCodec<MinBandwidthOptions>('min-bandwidth', {
    thresholdBps: rate,
    primary: maybe(interfaceName),
    extra: maybe(interfaceName),
    hysteresis: withDefault(numberIn(1, 100), DEFAULT_MIN_BANDWIDTH.hysteresis),
    settleMs: span(DEFAULT_MIN_BANDWIDTH.settleMs),
    confirmPolls: withDefault(integerIn(1, 1000), DEFAULT_MIN_BANDWIDTH.confirmPolls),
    holdMs: span(DEFAULT_MIN_BANDWIDTH.holdMs),
    closeMs: span(DEFAULT_MIN_BANDWIDTH.closeMs),
    bind: withDefault(t.boolean, DEFAULT_MIN_BANDWIDTH.bind),
    serverSide: withDefault(t.boolean, DEFAULT_MIN_BANDWIDTH.serverSide),
    backoff: backoffCodec(DEFAULT_MIN_BANDWIDTH.backoff),
  });

interface State {
  readonly spare: SpareState;
  /** When there was an estimate first, ms; NaN: not yet. */
  readonly firstMs: number;
  /** The pair that was opened. */
  readonly pair: string | undefined;
}

const INIT: State = { spare: SPARE_CLOSED, firstMs: Number.NaN, pair: undefined };

const sum = (subflows: ReadonlyArray<Subflow>): number =>
  subflows.reduce(
    (total, { estimateBps }) => total + (Number.isNaN(estimateBps) ? 0 : estimateBps),
    0,
  );

const judge = (
  options: MinBandwidthOptions,
  first: ReadonlyArray<Subflow>,
  ageMs: number,
): Supply => {
  const active = first.filter(isActive);
  const bps = sum(active);
  if (bps >= options.thresholdBps * options.hysteresis) return 'enough';
  if (bps >= options.thresholdBps || !(ageMs >= options.settleMs)) return 'unknown';
  // With nothing to send there is no shortage, whatever the old estimate says.
  return active.some(({ sample }) => sample !== undefined && !sample.appLimited)
    ? 'short'
    : 'unknown';
};

/**
 * Minimum bandwidth: the deliverable's congestion-window-based manager (S3) and figures 4.5 and 4.6.
 * As long as the smoothed estimate of the first interface's subflows reaches the threshold nothing
 * else is used; when it falls below, a subflow is opened on the further interface, and closed again
 * once the first alone has been enough for a while.
 *
 * @since 0.1.0
 */
export const minBandwidth = (
  given: Pick<MinBandwidthOptions, 'thresholdBps'> & Partial<MinBandwidthOptions>,
): AnyPolicy => {
  const options: MinBandwidthOptions = { ...DEFAULT_MIN_BANDWIDTH, ...given };
  const poll = (
    state: State,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    const { first, spare: others } = sidesOf(view, connection, options.primary);
    const known = first.some(({ estimateBps }) => !Number.isNaN(estimateBps));
    const firstMs = Number.isNaN(state.firstMs) && known ? nowMs : state.firstMs;
    const supply = judge(options, first, nowMs - firstMs);
    const { state: spare, turn } = supplied(options, state.spare, supply, nowMs);
    if (turn === 'open') {
      const { primary, extra, bind } = options;
      const path = sparePath(view, connection, primary, extra, spare.failures, nowMs);
      // Nowhere to go yet: the next poll asks again.
      if (path === undefined) return { state: { ...state, firstMs }, actions: [] };
      const actions = isTaken(connection, path) ? [] : [createOn(connection, path, bind)];
      return { state: { spare, firstMs, pair: path.key }, actions };
    }
    const next = { spare, firstMs, pair: turn === 'close' ? undefined : state.pair };
    if (turn !== 'close') return { state: next, actions: [] };
    const actions = others
      .filter((subflow) => keyOfPair(subflow) === state.pair && subflow.phase === 'established')
      .map(({ token, key }): Action => ({ _tag: 'Destroy', token, subflow: key }));
    return { state: next, actions };
  };
  const failed = (state: State, nowMs: number): ConnectionDecision<State> => {
    const { pair, spare } = state;
    if (pair === undefined) return idle(state);
    const next = spareFailed(options, spare, pair, nowMs);
    return idle({ ...state, spare: next, pair: undefined });
  };
  const step = (
    state: State,
    input: PolicyInput,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    if (connection.serverSide && !options.serverSide) return idle(state);
    switch (input._tag) {
      case 'Polled':
        return poll(state, connection, view, nowMs);
      case 'Withheld':
        return input.action._tag === 'CreateSubflow' ? failed(state, nowMs) : idle(state);
      case 'Outcome':
        return input.refusal !== undefined && input.action._tag === 'CreateSubflow'
          ? failed(state, nowMs)
          : idle(state);
      case 'Event': {
        const { event } = input;
        const lost = event._tag === 'SubClosed' && keyOfPair(event) === state.pair;
        return lost && !connection.subflows.some((subflow) => keyOfPair(subflow) === state.pair)
          ? failed(state, nowMs)
          : idle(state);
      }
      default:
        return idle(state);
    }
  };
  return anyPolicy(perConnection<State>({ name: 'min-bandwidth', init: INIT, step }));
};
