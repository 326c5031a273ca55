/** One interface is enough: the others stay off as long as the first gives what is wanted. */

import * as t from 'io-ts';
import { subflowKey } from '../four-tuple.js';
import {
  integerIn,
  maybe,
  numberIn,
  oneOf,
  optionsCodec,
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
import { interfaceName, rate } from './min-bandwidth.js';
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

/** Options of {@link oneInterface}. @since 0.1.0 */
export interface OneInterfaceOptions {
  /** What is enough, bit/s of goodput. */
  readonly thresholdBps: number;
  /** Interface that stays on; default that of the connection's first address. */
  readonly primary?: string | undefined;
  /** Interface to switch on when needed; default any other. */
  readonly extra?: string | undefined;
  /** How subflows of other interfaces are switched off: closed, or kept as backup. Default `destroy`. */
  readonly off: 'destroy' | 'backup';
  /** Enough again means this multiple of the threshold. Default 1.1. */
  readonly hysteresis: number;
  /** A connection's beginning is no shortage: slow start takes its time, ms. Default 2000. */
  readonly settleMs: number;
  /** Polls in a row that must show a shortage. Default 2. */
  readonly confirmPolls: number;
  /** Least time between two switches, ms. Default 5000. */
  readonly holdMs: number;
  /** How long the first must have been enough before the other goes off, ms. Default 10000. */
  readonly closeMs: number;
  /** Bind subflows to their interface. */
  readonly bind: boolean;
  /** Also for connections that the peer opened. */
  readonly serverSide: boolean;
  /** How long a path is left alone that failed, and how switching off gets rarer that was too early. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_ONE_INTERFACE: Omit<OneInterfaceOptions, 'thresholdBps'> = {
  off: 'destroy',
  hysteresis: 1.1,
  settleMs: 2000,
  confirmPolls: 2,
  holdMs: 5000,
  closeMs: 10_000,
  bind: false,
  serverSide: false,
  backoff: { initialMs: 2000, factor: 2, capMs: 120_000, resetMs: 120_000 },
};

/** Codec of {@link OneInterfaceOptions}; only `thresholdBps` must be given. @since 0.1.0 */
export const OneInterfaceOptions: t.Type<OneInterfaceOptions, unknown> =
  /* @__PURE__ */ optionsCodec<OneInterfaceOptions>('one-interface', {
    thresholdBps: rate,
    primary: maybe(interfaceName),
    extra: maybe(interfaceName),
    off: withDefault(oneOf<'destroy' | 'backup'>('destroy', 'backup'), DEFAULT_ONE_INTERFACE.off),
    hysteresis: withDefault(numberIn(1, 100), DEFAULT_ONE_INTERFACE.hysteresis),
    settleMs: span(DEFAULT_ONE_INTERFACE.settleMs),
    confirmPolls: withDefault(integerIn(1, 1000), DEFAULT_ONE_INTERFACE.confirmPolls),
    holdMs: span(DEFAULT_ONE_INTERFACE.holdMs),
    closeMs: span(DEFAULT_ONE_INTERFACE.closeMs),
    bind: withDefault(t.boolean, DEFAULT_ONE_INTERFACE.bind),
    serverSide: withDefault(t.boolean, DEFAULT_ONE_INTERFACE.serverSide),
    backoff: backoffCodec(DEFAULT_ONE_INTERFACE.backoff),
  });

interface State {
  readonly spare: SpareState;
  /** Pair that was asked for last. */
  readonly pair: string | undefined;
  /** Goodput of the first interface, averaged over about two polls; NaN before the first. */
  readonly goodputBps: number;
  /** Since when the first interface has been working, ms; NaN: it isn't. */
  readonly busySinceMs: number;
  /** When a subflow was last switched off, ms: the kernel gets its time. */
  readonly cutAtMs: number;
}

const INIT: State = {
  spare: SPARE_CLOSED,
  pair: undefined,
  goodputBps: Number.NaN,
  busySinceMs: Number.NaN,
  cutAtMs: Number.NEGATIVE_INFINITY,
};

/** Weight of a poll in the average: a shortage must show within three. */
const ALPHA = 0.5;

/** Acknowledged since the poll before, bit/s. */
const goodput = (subflows: ReadonlyArray<Subflow>): number => {
  let total = Number.NaN;
  for (const { sample, previousSample, sampledAtMs, previousSampledAtMs } of subflows) {
    if (sample === undefined || previousSample === undefined) continue;
    const ms = sampledAtMs - previousSampledAtMs;
    if (ms <= 0) continue;
    const bps = (Math.max(0, sample.bytesAcked - previousSample.bytesAcked) * 8e3) / ms;
    total = Number.isNaN(total) ? bps : total + bps;
  }
  return total;
};

/** Whether there is more to send than goes out. */
const isHungry = (subflows: ReadonlyArray<Subflow>): boolean =>
  subflows.some(
    ({ sample }) =>
      sample !== undefined && !sample.appLimited && (sample.unacked > 0 || sample.notSentBytes > 0),
  );

const judge = (
  options: OneInterfaceOptions,
  state: Pick<State, 'goodputBps' | 'busySinceMs'>,
  hungry: boolean,
  nowMs: number,
): Supply => {
  const { goodputBps } = state;
  if (goodputBps >= options.thresholdBps * options.hysteresis) return 'enough';
  // Little is wanted, and little is got.
  if (!hungry) return goodputBps < options.thresholdBps / 2 ? 'enough' : 'unknown';
  const settled = nowMs - state.busySinceMs >= options.settleMs;
  return settled && goodputBps < options.thresholdBps ? 'short' : 'unknown';
};

const cut = (options: OneInterfaceOptions, others: ReadonlyArray<Subflow>): ReadonlyArray<Action> =>
  others
    .filter(({ phase, backup }) => phase === 'established' && !(options.off === 'backup' && backup))
    .map(({ token, key }) =>
      options.off === 'backup'
        ? { _tag: 'SetBackup', token, subflow: key, backup: true }
        : { _tag: 'Destroy', token, subflow: key },
    );

/**
 * One interface is enough: use case U4 (streaming on a mobile device, where a second radio costs
 * energy and money). Subflows of other interfaces are closed or made backup while the first one gives
 * the threshold; a shortage that lasts two polls switches the other interface on, and it goes off when
 * the first has been enough for a while. Goodput is judged, not the congestion window: at a loss the
 * window halves while the queue keeps the line busy. Put it before {@link fullMesh}, which else opens
 * again what this closes.
 *
 * @since 0.1.0
 */
export const oneInterface = (
  given: Pick<OneInterfaceOptions, 'thresholdBps'> & Partial<OneInterfaceOptions>,
): AnyPolicy => {
  const options: OneInterfaceOptions = { ...DEFAULT_ONE_INTERFACE, ...given };

  /** Switches the other interface on; undefined where there is none. */
  const open = (
    state: State,
    others: ReadonlyArray<Subflow>,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> | undefined => {
    const resting = others.filter(({ phase, backup }) => phase === 'established' && backup);
    if (resting.length > 0) {
      const actions = resting.map(
        ({ token, key }): Action => ({ _tag: 'SetBackup', token, subflow: key, backup: false }),
      );
      return { state, actions };
    }
    const { primary, extra, bind } = options;
    const path = sparePath(view, connection, primary, extra, state.spare.failures, nowMs);
    if (path === undefined) return undefined;
    const actions = isTaken(connection, path) ? [] : [createOn(connection, path, bind)];
    return { state: { ...state, pair: path.key }, actions };
  };

  const poll = (
    before: State,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    const { first, spare: others } = sidesOf(view, connection, options.primary);
    const active = first.filter(isActive);
    const now = goodput(active);
    const goodputBps =
      Number.isNaN(now) || Number.isNaN(before.goodputBps)
        ? now
        : before.goodputBps + ALPHA * (now - before.goodputBps);
    const hungry = isHungry(active);
    // A stream that gets what it wants is not hungry, but works: when the path becomes narrow under
    // it, nothing has to settle first.
    const works = hungry || goodputBps >= options.thresholdBps / 2;
    const busySinceMs = !works
      ? Number.NaN
      : Number.isNaN(before.busySinceMs)
        ? nowMs
        : before.busySinceMs;
    const state = { ...before, goodputBps, busySinceMs };
    const { state: spare, turn } = supplied(
      options,
      state.spare,
      judge(options, state, hungry, nowMs),
      nowMs,
    );
    const next = { ...state, spare };
    if (turn === 'open') return open(next, others, connection, view, nowMs) ?? idle(state);
    // What runs elsewhere is cut when the path closes, and when it appears while it is closed.
    const due = !spare.open && nowMs - state.cutAtMs >= options.holdMs && active.length > 0;
    const actions = due ? cut(options, others) : [];
    return { state: actions.length > 0 ? { ...next, cutAtMs: nowMs } : next, actions };
  };

  const failed = (state: State, nowMs: number): ConnectionDecision<State> => {
    const { pair, spare } = state;
    if (pair === undefined) return idle(state);
    return idle({ ...state, spare: spareFailed(options, spare, pair, nowMs), pair: undefined });
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
        if (event._tag === 'SubClosed') {
          const lost = state.spare.open && keyOfPair(event) === state.pair;
          return lost && !connection.subflows.some((subflow) => keyOfPair(subflow) === state.pair)
            ? failed(state, nowMs)
            : idle(state);
        }
        if (event._tag !== 'SubEstablished' || state.spare.open) return idle(state);
        // Somebody opened one that isn't needed: no byte need go over it.
        const { first, spare: others } = sidesOf(view, connection, options.primary);
        const key = subflowKey(event);
        const actions = first.some(isActive)
          ? cut(
              options,
              others.filter((subflow) => subflow.key === key),
            )
          : [];
        return { state, actions };
      }
      default:
        return idle(state);
    }
  };
  return anyPolicy(perConnection<State>({ name: 'one-interface', init: INIT, step }));
};
