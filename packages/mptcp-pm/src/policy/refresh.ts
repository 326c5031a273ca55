/** Refresh: n active subflows, the oldest of which is replaced every so often, make before break. */

import * as t from 'io-ts';
import { subflowKey } from '../four-tuple.js';
import { integerIn, maybe, numberIn, optionsCodec, withDefault } from '../internal/options.js';
import type { Connection, Subflow, SubflowKey } from '../model.js';
import { type AnyPolicy, anyPolicy, type PolicyInput, type PmView } from '../policy.js';
import {
  type Backoff,
  backoffCodec,
  type Failures,
  NO_FAILURES,
  notBefore,
  span,
  withFailure,
} from './backoff.js';
import { createOn, isActive, keyOfPair, pathsOf } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';

/** Options of {@link refresh}. @since 0.1.0 */
export interface RefreshOptions {
  /** Active subflows to hold, 1 to 16. Default 1. */
  readonly n: number;
  /** Every so often the oldest one is replaced, ms. Default 180000. */
  readonly everyMs: number;
  /**
   * Replace one at once when its estimate falls below this share of the best it has had. Default:
   * only time counts.
   */
  readonly below?: number | undefined;
  /** Least age of a subflow that is replaced for its performance, ms. Default 10000. */
  readonly holdMs: number;
  /** How long to wait after a replacement failed. */
  readonly backoff: Backoff;
  /** Also for connections that the peer opened. */
  readonly serverSide: boolean;
}

/** @since 0.1.0 */
export const DEFAULT_REFRESH: RefreshOptions = {
  n: 1,
  everyMs: 180_000,
  holdMs: 10_000,
  backoff: { initialMs: 1000, factor: 2, capMs: 60_000, resetMs: 60_000 },
  serverSide: false,
};

/** Codec of {@link RefreshOptions}; what is missing has its default. @since 0.1.0 */
export const RefreshOptions: t.Type<RefreshOptions, unknown> =
  /* @__PURE__ */ optionsCodec<RefreshOptions>('refresh', {
    n: withDefault(integerIn(1, 16), DEFAULT_REFRESH.n),
    everyMs: withDefault(numberIn(100, 86_400_000), DEFAULT_REFRESH.everyMs),
    below: maybe(numberIn(0.01, 1)),
    holdMs: span(DEFAULT_REFRESH.holdMs),
    backoff: backoffCodec(DEFAULT_REFRESH.backoff),
    serverSide: withDefault(t.boolean, DEFAULT_REFRESH.serverSide),
  });

/** A subflow that is being made; `old` is missing where it replaces none. */
interface Making {
  readonly pair: string;
  readonly old: SubflowKey | undefined;
  readonly key: SubflowKey | undefined;
  /** When it came up, ms. */
  readonly upAtMs: number;
}

interface State {
  /** When the next replacement is due, ms; NaN before the first call. */
  readonly nextAtMs: number;
  readonly making: Making | undefined;
  readonly failures: Failures;
  /** Best estimates that subflows have had. */
  readonly peaks: ReadonlyArray<{ readonly key: SubflowKey; readonly bps: number }>;
}

const INIT: State = { nextAtMs: Number.NaN, making: undefined, failures: NO_FAILURES, peaks: [] };

/** The one thing here that may fail. */
const MAKING = 'making';

/** Kernels tell when the peer has confirmed a subflow; where none does, this is long enough, ms. */
const CONFIRMED_MS = 2000;

const oldest = (active: ReadonlyArray<Subflow>): Subflow | undefined =>
  active.reduce<Subflow | undefined>(
    (first, each) => (first === undefined || each.sinceMs < first.sinceMs ? each : first),
    undefined,
  );

const peaksOf = (state: State, active: ReadonlyArray<Subflow>): State['peaks'] =>
  active.flatMap(({ key, estimateBps }) => {
    const before = state.peaks.find((peak) => peak.key === key)?.bps ?? Number.NaN;
    const bps = Number.isNaN(before) || estimateBps > before ? estimateBps : before;
    return Number.isNaN(bps) ? [] : [{ key, bps }];
  });

/** The subflow that has lost most of its performance, if that is too much. */
const fallen = (
  options: RefreshOptions,
  state: State,
  active: ReadonlyArray<Subflow>,
  nowMs: number,
): Subflow | undefined => {
  const { below } = options;
  if (below === undefined) return undefined;
  return active.find((subflow) => {
    const peak = state.peaks.find(({ key }) => key === subflow.key)?.bps ?? Number.NaN;
    return nowMs - subflow.sinceMs >= options.holdMs && subflow.estimateBps < below * peak;
  });
};

type Pair = Pick<Subflow, 'local' | 'remote' | 'remotePort'>;

/** Where a missing subflow goes: beside the others, or wherever there is a path. */
const pairForMore = (
  view: PmView,
  connection: Connection,
  active: ReadonlyArray<Subflow>,
): Pair | undefined => {
  const beside = oldest(active);
  if (beside !== undefined) return beside;
  const paths = pathsOf(view, connection);
  const first = keyOfPair(connection.initial);
  return paths.find(({ key }) => key === first) ?? paths[0];
};

const make = (
  state: State,
  connection: Connection,
  pair: Pair,
  old: Subflow | undefined,
): ConnectionDecision<State> => ({
  state: {
    ...state,
    making: { pair: keyOfPair(pair), old: old?.key, key: undefined, upAtMs: Number.NaN },
  },
  actions: [createOn(connection, pair, false)],
});

/** Begins what is due: a missing subflow first, then a replacement. */
const begin = (
  options: RefreshOptions,
  state: State,
  input: PolicyInput,
  connection: Connection,
  view: PmView,
  nowMs: number,
): ConnectionDecision<State> => {
  const waitMs = notBefore(state.failures, MAKING);
  if (waitMs > nowMs) return idle(state, Math.max(waitMs, 0));
  const active = connection.subflows.filter(isActive);
  const coming = connection.subflows.filter(({ phase }) => phase === 'created').length;
  // Beside another policy that opens subflows, as a full mesh, there may be enough by the next poll.
  const patient = active.length > 0 && !(input._tag === 'Polled' || input._tag === 'Wake');
  if (active.length + coming < options.n && !patient) {
    const pair = pairForMore(view, connection, active);
    if (pair !== undefined) return make(state, connection, pair, undefined);
  }
  const worst = fallen(options, state, active, nowMs);
  const due = worst ?? (nowMs >= state.nextAtMs ? oldest(active) : undefined);
  // The fallen one is not urgent: its place in the row of times is taken too.
  return due === undefined
    ? idle(state, state.nextAtMs)
    : make({ ...state, nextAtMs: nowMs + options.everyMs }, connection, due, due);
};

const isConfirmed = (making: Making, connection: Connection, nowMs: number): boolean => {
  const subflow = connection.subflows.find(({ key }) => key === making.key);
  return (
    subflow?.phase === 'established' &&
    (subflow.sample?.fullyEstablished === true || nowMs - making.upAtMs >= CONFIRMED_MS)
  );
};

/** Ends what was replaced, once the peer has confirmed the new one. */
const finish = (
  state: State,
  making: Making,
  connection: Connection,
  nowMs: number,
): ConnectionDecision<State> => {
  if (!isConfirmed(making, connection, nowMs)) return idle(state);
  const old = connection.subflows.find(
    ({ key, phase }) => key === making.old && phase === 'established',
  );
  return {
    state: { ...state, making: undefined },
    actions:
      old === undefined ? [] : [{ _tag: 'Destroy', token: connection.token, subflow: old.key }],
    wakeAtMs: state.nextAtMs,
  };
};

/** What an input says of the subflow in the making. */
const followed = (
  options: RefreshOptions,
  state: State,
  making: Making,
  input: PolicyInput,
  nowMs: number,
): State => {
  const failed = (): State => ({
    ...state,
    making: undefined,
    failures: withFailure(state.failures, MAKING, options.backoff, nowMs),
  });
  switch (input._tag) {
    case 'Withheld':
      return input.action._tag === 'CreateSubflow' ? failed() : state;
    case 'Outcome':
      return input.refusal !== undefined && input.action._tag === 'CreateSubflow'
        ? failed()
        : state;
    case 'Event': {
      const { event } = input;
      if (event._tag === 'SubEstablished' && making.key === undefined) {
        const key = subflowKey(event);
        const isIt = keyOfPair(event) === making.pair && key !== making.old;
        return isIt ? { ...state, making: { ...making, key, upAtMs: nowMs } } : state;
      }
      if (event._tag === 'SubClosed') {
        const key = subflowKey(event);
        const isIt =
          key === making.key ||
          (making.key === undefined && key !== making.old && keyOfPair(event) === making.pair);
        return isIt ? failed() : state;
      }
      return state;
    }
    default:
      return state;
  }
};

/**
 * Refresh: use case U5 (middleboxes that slow down long-lived flows) and the deliverable's S5. Holds
 * n active subflows and replaces the oldest every `everyMs`, or one whose performance has fallen: the
 * new one is opened between the same addresses, with the same address id, and the old one closed when
 * the peer has confirmed the new one. So it works on single-homed hosts, and beside {@link fullMesh}.
 *
 * @since 0.1.0
 */
export const refresh = (given: Partial<RefreshOptions> = {}): AnyPolicy => {
  const options: RefreshOptions = { ...DEFAULT_REFRESH, ...given };
  const step = (
    before: State,
    input: PolicyInput,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    if (connection.serverSide && !options.serverSide) return idle(before);
    let state = Number.isNaN(before.nextAtMs)
      ? { ...before, nextAtMs: nowMs + options.everyMs }
      : before;
    if (input._tag === 'Polled' && options.below !== undefined) {
      state = { ...state, peaks: peaksOf(state, connection.subflows.filter(isActive)) };
    }
    if (state.making !== undefined) state = followed(options, state, state.making, input, nowMs);
    if (state.making !== undefined) return finish(state, state.making, connection, nowMs);
    // What became of a command is no time to begin the next one.
    if (input._tag === 'Outcome' || input._tag === 'Withheld') return idle(state, nowMs + 1);
    return begin(options, state, input, connection, view, nowMs);
  };
  return anyPolicy(perConnection<State>({ name: 'refresh', init: INIT, step }));
};
