/** Lossy path: a subflow that keeps losing data is reset, and its path tried again later. */

import * as t from 'io-ts';
import { integerIn, numberIn, optionsCodec, withDefault } from '../internal/options.js';
import type { Connection, FourTuple, Subflow, SubflowKey } from '../model.js';
import {
  type Action,
  type AnyPolicy,
  anyPolicy,
  type PolicyInput,
  type PmView,
} from '../policy.js';
import {
  type Backoff,
  backoffCodec,
  type Failures,
  NO_FAILURES,
  notBefore,
  span,
  withFailure,
} from './backoff.js';
import { createOn, isTaken, keyOfPair } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';

/** Options of {@link lossyPath}. @since 0.1.0 */
export interface LossyPathOptions {
  /** Share of the bytes sent that were retransmissions, beyond which a path is lossy. Default 0.1. */
  readonly maxLoss: number;
  /** Over this time, ms. Default 5000. */
  readonly windowMs: number;
  /** Retransmitted segments below which nothing is proved. Default 5. */
  readonly minRetrans: number;
  /** Least time between two actions upon a subflow, ms. Default 5000. */
  readonly holdMs: number;
  /** When the path is tried again after a reset. */
  readonly backoff: Backoff;
  /** Whether the path is tried again at all; never on connections that the peer opened. Default true. */
  readonly retry: boolean;
}

/** @since 0.1.0 */
export const DEFAULT_LOSSY_PATH: LossyPathOptions = {
  maxLoss: 0.1,
  windowMs: 5000,
  minRetrans: 5,
  holdMs: 5000,
  backoff: { initialMs: 10_000, factor: 2, capMs: 300_000, resetMs: 60_000 },
  retry: true,
};

/** Codec of {@link LossyPathOptions}; what is missing has its default. @since 0.1.0 */
export const LossyPathOptions: t.Type<LossyPathOptions, unknown> =
  /* @__PURE__ */ optionsCodec<LossyPathOptions>('lossy-path', {
    maxLoss: withDefault(numberIn(0.001, 1), DEFAULT_LOSSY_PATH.maxLoss),
    windowMs: withDefault(numberIn(100, 3_600_000), DEFAULT_LOSSY_PATH.windowMs),
    minRetrans: withDefault(integerIn(1, 1_000_000), DEFAULT_LOSSY_PATH.minRetrans),
    holdMs: span(DEFAULT_LOSSY_PATH.holdMs),
    backoff: backoffCodec(DEFAULT_LOSSY_PATH.backoff),
    retry: withDefault(t.boolean, DEFAULT_LOSSY_PATH.retry),
  });

/** Counters of a subflow at a time. */
interface Mark {
  readonly atMs: number;
  readonly bytesSent: number;
  readonly bytesRetrans: number;
  readonly retrans: number;
}

interface Track {
  readonly key: SubflowKey;
  readonly marks: ReadonlyArray<Mark>;
  readonly actedAtMs: number;
}

/** A path that waits for its next try. */
interface Waiting extends Omit<FourTuple, 'localPort'> {
  readonly pair: string;
}

interface State {
  readonly tracks: ReadonlyArray<Track>;
  readonly waiting: ReadonlyArray<Waiting>;
  readonly failures: Failures;
}

const INIT: State = { tracks: [], waiting: [], failures: NO_FAILURES };

/** More marks than this add nothing; they are thinned by dropping the oldest. */
const MAX_MARKS = 64;

const tracked = (
  options: LossyPathOptions,
  before: Track | undefined,
  subflow: Subflow,
  nowMs: number,
): Track => {
  const { sample, key } = subflow;
  const track = before ?? { key, marks: [], actedAtMs: Number.NEGATIVE_INFINITY };
  if (sample === undefined || subflow.sampledAtMs !== nowMs) return track;
  const mark: Mark = {
    atMs: nowMs,
    bytesSent: sample.bytesSent,
    bytesRetrans: sample.bytesRetrans,
    retrans: sample.totalRetrans,
  };
  const recent = track.marks.filter(({ atMs }) => nowMs - atMs <= options.windowMs);
  return { ...track, marks: [...recent.slice(-MAX_MARKS + 1), mark] };
};

/** Whether the window's counters prove a lossy path. */
const isLossy = (options: LossyPathOptions, { marks }: Track): boolean => {
  const first = marks[0];
  const last = marks[marks.length - 1];
  if (first === undefined || last === undefined || first === last) return false;
  const sent = last.bytesSent - first.bytesSent;
  const again = last.bytesRetrans - first.bytesRetrans;
  return (
    last.retrans - first.retrans >= options.minRetrans &&
    sent > 0 &&
    again >= options.maxLoss * sent
  );
};

const poll = (
  options: LossyPathOptions,
  state: State,
  connection: Connection,
  nowMs: number,
): ConnectionDecision<State> => {
  const actions: Array<Action> = [];
  const there = connection.subflows.filter(({ phase }) => phase === 'established');
  const tracks = there.map((subflow) => {
    const before = state.tracks.find(({ key }) => key === subflow.key);
    const track = tracked(options, before, subflow, nowMs);
    const due = nowMs - track.actedAtMs >= options.holdMs && isLossy(options, track);
    // The last one stays: asking would be in vain.
    if (!due || there.length < 2 || actions.length > 0) return track;
    actions.push({ _tag: 'Abort', token: connection.token, subflow: subflow.key });
    return { ...track, actedAtMs: nowMs, marks: [] };
  });
  return { state: { ...state, tracks }, actions };
};

/** Opens subflows again on paths that have waited long enough. */
const retry = (
  options: LossyPathOptions,
  state: State,
  connection: Connection,
  nowMs: number,
): ConnectionDecision<State> => {
  let wakeAtMs: number | undefined;
  const actions: Array<Action> = [];
  const waiting = state.waiting.filter((path) => {
    // Somebody else was quicker.
    if (isTaken(connection, path)) return false;
    const at = notBefore(state.failures, path.pair);
    if (at > nowMs) {
      wakeAtMs = Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, at);
      return true;
    }
    actions.push(createOn(connection, path, false));
    return true;
  });
  const next = waiting.length === state.waiting.length ? state : { ...state, waiting };
  return { state: next, actions, wakeAtMs };
};

const withWaiting = (state: State, path: Waiting): State => ({
  ...state,
  waiting: [...state.waiting.filter(({ pair }) => pair !== path.pair), path],
});

const afterOutcome = (
  options: LossyPathOptions,
  state: State,
  connection: Connection,
  action: Action,
  failed: boolean,
  nowMs: number,
): State => {
  if (action._tag === 'Abort' && !failed) {
    const subflow = connection.subflows.find(({ key }) => key === action.subflow);
    if (subflow === undefined) return state;
    const { local, remote, remotePort } = subflow;
    const pair = keyOfPair(subflow);
    const failures = withFailure(state.failures, pair, options.backoff, nowMs);
    const next = { ...state, failures };
    return options.retry && !connection.serverSide
      ? withWaiting(next, { local, remote, remotePort, pair })
      : next;
  }
  if (action._tag !== 'CreateSubflow') return state;
  const pair = keyOfPair(action);
  return failed
    ? { ...state, failures: withFailure(state.failures, pair, options.backoff, nowMs) }
    : { ...state, waiting: state.waiting.filter((path) => path.pair !== pair) };
};

/** A try that nobody answered is one more failure. */
const afterClose = (
  options: LossyPathOptions,
  state: State,
  closed: Omit<FourTuple, 'localPort'> & { readonly error: number },
  nowMs: number,
): State => {
  const pair = keyOfPair(closed);
  const known = notBefore(state.failures, pair) > Number.NEGATIVE_INFINITY;
  const waits = state.waiting.some((path) => path.pair === pair);
  if (!known || waits || closed.error === 0 || !options.retry) return state;
  const { local, remote, remotePort } = closed;
  const failures = withFailure(state.failures, pair, options.backoff, nowMs);
  return withWaiting({ ...state, failures }, { local, remote, remotePort, pair });
};

/**
 * Lossy path: use case U2 (an interface that is up but loses, and holds up data by its retransmissions).
 * Loss is the share of bytes that were sent again over a sliding window. A lossy subflow is ended by a
 * reset, which clears the middleboxes' state as well, so that its data goes over the other subflows;
 * after a back-off a new one is opened on the same path. The last subflow stays.
 *
 * @since 0.1.0
 */
export const lossyPath = (given: Partial<LossyPathOptions> = {}): AnyPolicy => {
  const options: LossyPathOptions = { ...DEFAULT_LOSSY_PATH, ...given };
  const step = (
    before: State,
    input: PolicyInput,
    connection: Connection,
    _view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    let state = before;
    let ends: ReadonlyArray<Action> = [];
    switch (input._tag) {
      case 'Polled': {
        const polled = poll(options, state, connection, nowMs);
        ({ state } = polled);
        ends = polled.actions;
        break;
      }
      case 'Outcome':
      case 'Withheld': {
        const failed = input._tag === 'Withheld' || input.refusal !== undefined;
        state = afterOutcome(options, state, connection, input.action, failed, nowMs);
        break;
      }
      case 'Event':
        if (input.event._tag === 'SubClosed') {
          state = afterClose(options, state, input.event, nowMs);
        }
        break;
    }
    if (state.waiting.length === 0) return { ...idle(state), actions: ends };
    const retried = retry(options, state, connection, nowMs);
    return { ...retried, actions: [...ends, ...retried.actions] };
  };
  return anyPolicy(perConnection<State>({ name: 'lossy-path', init: INIT, step }));
};
