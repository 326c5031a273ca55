/** Maximum round-trip time: subflows that take too long rest until their path is quick again. */

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
import { isActive } from './paths.js';
import { type ConnectionDecision, perConnection } from './per-connection.js';
import {
  afterEvent,
  afterOutcome,
  afterPoll,
  NO_RESTS,
  type Rests,
  type RestOptions,
} from './resting.js';
import { delayMs, type RttWatches, watched, watchOf, withWatch } from './rtt-watch.js';

/** Options of {@link maxRtt}. @since 0.1.0 */
export interface MaxRttOptions {
  /** A subflow whose data takes longer than this rests, ms. */
  readonly maxMs: number;
  /**
   * So does one that takes this many times as long as the quickest active one. Default: none, only
   * `maxMs` counts.
   */
  readonly factor?: number | undefined;
  /** How it rests: kept as backup, closed in order, or reset. Default `backup`. */
  readonly action: 'backup' | 'destroy' | 'abort';
  /** Least time between two actions upon a subflow, and the shortest rest, ms. Default 10000. */
  readonly holdMs: number;
  /** Polls in a row that must find it slow. Default 1. */
  readonly confirmPolls: number;
  /** A rest ends only when the path takes at most this share of the limit. Default 0.8. */
  readonly recover: number;
  /** Count the age of unacknowledged data as well. Default true. */
  readonly stalls: boolean;
  /** How rests grow while the path stays slow; the first lasts `holdMs`. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_MAX_RTT: Omit<MaxRttOptions, 'maxMs' | 'factor'> = {
  action: 'backup',
  holdMs: 10_000,
  confirmPolls: 1,
  recover: 0.8,
  stalls: true,
  backoff: { initialMs: 10_000, factor: 2, capMs: 300_000, resetMs: 60_000 },
};

/** Codec of {@link MaxRttOptions}; only `maxMs` must be given. @since 0.1.0 */
export const MaxRttOptions: t.Type<MaxRttOptions, unknown> =
  /* @__PURE__ */ optionsCodec<MaxRttOptions>('max-rtt', {
    maxMs: numberIn(1, 3_600_000),
    factor: maybe(numberIn(1, 1000)),
    action: withDefault(
      oneOf<MaxRttOptions['action']>('backup', 'destroy', 'abort'),
      DEFAULT_MAX_RTT.action,
    ),
    holdMs: span(DEFAULT_MAX_RTT.holdMs),
    confirmPolls: withDefault(integerIn(1, 1000), DEFAULT_MAX_RTT.confirmPolls),
    recover: withDefault(numberIn(0.01, 1), DEFAULT_MAX_RTT.recover),
    stalls: withDefault(t.boolean, DEFAULT_MAX_RTT.stalls),
    backoff: backoffCodec(DEFAULT_MAX_RTT.backoff),
  });

interface State {
  readonly watches: RttWatches;
  readonly rests: Rests;
}

const INIT: State = { watches: [], rests: NO_RESTS };

/** Round-trip times of µs differ by factors without meaning anything: less apart is the same, ms. */
const SAME_MS = 5;

interface Judged {
  readonly subflow: Subflow;
  readonly delay: number;
}

/** The limit of a subflow beside others whose quickest takes `bestMs`. */
const limitOf = (options: MaxRttOptions, bestMs: number): number =>
  options.factor === undefined || Number.isNaN(bestMs)
    ? options.maxMs
    : Math.min(options.maxMs, Math.max(options.factor * bestMs, bestMs + SAME_MS));

const quickest = (judged: ReadonlyArray<Judged>, but?: Subflow): number => {
  let best = Number.NaN;
  for (const { subflow, delay } of judged) {
    if (subflow !== but && !(delay >= best)) best = Number.isNaN(delay) ? best : delay;
  }
  return best;
};

const endOf = (action: MaxRttOptions['action'], { token, key }: Subflow): Action => {
  switch (action) {
    case 'backup':
      return { _tag: 'SetBackup', token, subflow: key, backup: true };
    case 'destroy':
      return { _tag: 'Destroy', token, subflow: key };
    case 'abort':
      return { _tag: 'Abort', token, subflow: key };
  }
};

/** Which active subflows are to rest after this poll; the quickest never is. */
const sendToRest = (
  options: MaxRttOptions,
  watches: RttWatches,
  judged: ReadonlyArray<Judged>,
  nowMs: number,
): { readonly watches: RttWatches; readonly actions: ReadonlyArray<Action> } => {
  let next = watches;
  const actions: Array<Action> = [];
  // One whose time isn't known yet is no reason to let go of the others.
  const keep = judged.reduce<Judged | undefined>(
    (best, each) =>
      best === undefined || Number.isNaN(best.delay) || each.delay < best.delay ? each : best,
    undefined,
  );
  for (const each of judged) {
    const { subflow, delay } = each;
    const watch = watchOf(next, subflow.key);
    const slow = delay > limitOf(options, quickest(judged, subflow));
    const slowPolls = slow ? watch.slowPolls + 1 : 0;
    const due =
      slowPolls >= options.confirmPolls &&
      each !== keep &&
      nowMs - watch.actedAtMs >= options.holdMs;
    if (due) actions.push(endOf(options.action, subflow));
    if (due || slowPolls !== watch.slowPolls) {
      next = withWatch(next, { ...watch, slowPolls, actedAtMs: due ? nowMs : watch.actedAtMs });
    }
  }
  return { watches: next, actions };
};

const judge = (
  options: MaxRttOptions,
  watches: RttWatches,
  connection: Connection,
  nowMs: number,
): ReadonlyArray<Judged> =>
  connection.subflows.filter(isActive).map((subflow) => {
    const watch = watchOf(watches, subflow.key);
    const counted = options.stalls ? watch : { ...watch, stalledSinceMs: Number.NaN };
    return { subflow, delay: delayMs(counted, subflow, options.maxMs, nowMs) };
  });

/**
 * Maximum round-trip time: use case U3 (an interactive application over a path with bufferbloat) and
 * the deliverable's RTT-based manager (S2). A subflow rests when its data takes longer than `maxMs`,
 * or `factor` times as long as the quickest one; the quickest always stays. Not only the smoothed
 * round-trip time counts, which can't rise before the slow acknowledgement has come, but also how
 * long data has been waiting for one.
 *
 * A resting path has no fresh round-trip time. After the rest a second subflow is opened there as
 * backup: its handshake measures the path without any of the application's data. If the path is quick
 * again, the new subflow takes over from the old one; otherwise it is closed and the rest grows. On
 * connections that the peer opened the subflow is taken back on trial instead.
 *
 * @since 0.1.0
 */
export const maxRtt = (given: Pick<MaxRttOptions, 'maxMs'> & Partial<MaxRttOptions>): AnyPolicy => {
  const options: MaxRttOptions = { ...DEFAULT_MAX_RTT, ...given };
  const rest: RestOptions = {
    holdMs: options.holdMs,
    backoff: { ...options.backoff, initialMs: Math.max(options.holdMs, options.backoff.initialMs) },
  };
  const poll = (state: State, connection: Connection, nowMs: number): ConnectionDecision<State> => {
    const watches = connection.subflows.reduce(
      (all, subflow) =>
        withWatch(all, watched(watchOf(state.watches, subflow.key), subflow, nowMs)),
      [] as RttWatches,
    );
    const judged = judge(options, watches, connection, nowMs);
    const sent = sendToRest(options, watches, judged, nowMs);
    const best = quickest(judged);
    const isGood = (probe: Subflow): boolean =>
      probe.sample !== undefined &&
      probe.sample.rttUs / 1000 <= limitOf(options, best) * options.recover;
    const rested = afterPoll(rest, state.rests, connection, isGood, nowMs);
    // Taken back on trial: its round-trip time is that of before the rest.
    const tried = rested.onTrial.reduce((all, subflow) => {
      const watch = watchOf(all, subflow.key);
      const staleRttUs = subflow.sample?.rttUs ?? Number.NaN;
      return withWatch(all, { ...watch, actedAtMs: nowMs, staleRttUs });
    }, sent.watches);
    return {
      state: { watches: tried, rests: rested.rests },
      actions: [...sent.actions, ...rested.actions],
    };
  };
  const step = (
    state: State,
    input: PolicyInput,
    connection: Connection,
    _view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    switch (input._tag) {
      case 'Polled':
        return poll(state, connection, nowMs);
      case 'Outcome':
      case 'Withheld': {
        const failed = input._tag === 'Withheld' || input.refusal !== undefined;
        const rests = afterOutcome(rest, state.rests, connection, input.action, failed, nowMs);
        return { state: rests === state.rests ? state : { ...state, rests }, actions: [] };
      }
      case 'Event': {
        const { event } = input;
        if (event._tag !== 'SubEstablished' && event._tag !== 'SubClosed') break;
        const key = subflowKey(event);
        const rests = afterEvent(rest, state.rests, event, key, nowMs);
        return { state: rests === state.rests ? state : { ...state, rests }, actions: [] };
      }
    }
    return { state, actions: [] };
  };
  return anyPolicy(perConnection<State>({ name: 'max-rtt', init: INIT, step }));
};
