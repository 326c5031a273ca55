/** Reset reaction: a subflow that was reset is replaced at once, on the same or another path. */

import * as t from 'io-ts';
import type { PmEvent } from '../event.js';
import { integerIn, oneOf, optionsCodec, withDefault } from '../internal/options.js';
import type { Connection } from '../model.js';
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
  withFailure,
} from './backoff.js';
import { createOn, isTaken, keyOfPair, type Path, pathsOf } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';

/** Where a replacement goes. @since 0.1.0 */
export type Replacement = 'same' | 'other' | 'none';

/** Options of {@link resetReaction}. @since 0.1.0 */
export interface ResetReactionOptions {
  /**
   * After a reset with MP_TCPRST (RFC 8684 3.6): the peer itself decided. Default `other`; without
   * the T flag (transient) the same path is left alone whatever this says, unless it is the only one.
   */
  readonly onPeer: Replacement;
  /** After a reset without it, which a middlebox or attacker sent. Default `other`. */
  readonly onMiddlebox: Replacement;
  /** Replacements of one subflow that may fail before it is given up; the last one never is. Default 8. */
  readonly tries: number;
  /** How long a path is left alone that was reset; the first reaction is at once, elsewhere. */
  readonly backoff: Backoff;
  /** Bind subflows to their interface. */
  readonly bind: boolean;
  /** Also for connections that the peer opened. */
  readonly serverSide: boolean;
}

/** @since 0.1.0 */
export const DEFAULT_RESET_REACTION: ResetReactionOptions = {
  onPeer: 'other',
  onMiddlebox: 'other',
  tries: 8,
  backoff: { initialMs: 100, factor: 2, capMs: 5000, resetMs: 10_000 },
  bind: false,
  serverSide: false,
};

const replacement = oneOf<Replacement>('same', 'other', 'none');

/** Codec of {@link ResetReactionOptions}; what is missing has its default. @since 0.1.0 */
export const ResetReactionOptions: t.Type<ResetReactionOptions, unknown> =
  /* @__PURE__ */ optionsCodec<ResetReactionOptions>('reset-reaction', {
    onPeer: withDefault(replacement, DEFAULT_RESET_REACTION.onPeer),
    onMiddlebox: withDefault(replacement, DEFAULT_RESET_REACTION.onMiddlebox),
    tries: withDefault(integerIn(1, 1000), DEFAULT_RESET_REACTION.tries),
    backoff: backoffCodec(DEFAULT_RESET_REACTION.backoff),
    bind: withDefault(t.boolean, DEFAULT_RESET_REACTION.bind),
    serverSide: withDefault(t.boolean, DEFAULT_RESET_REACTION.serverSide),
  });

/** errno of an end that we asked for ourselves. */
const ECONNABORTED = 103;

/** A subflow that is to be replaced. */
interface Owed {
  /** The pair that was reset. */
  readonly pair: string;
  readonly where: Replacement;
  /** The pair where a replacement is on its way. */
  readonly asked: string | undefined;
  readonly failed: number;
}

interface State {
  readonly owed: ReadonlyArray<Owed>;
  readonly failures: Failures;
}

const INIT: State = { owed: [], failures: NO_FAILURES };

const hasSubflow = ({ subflows }: Connection): boolean =>
  subflows.some(({ phase }) => phase === 'established');

/** What a reset asks for; undefined where it was no reset. */
const owedFor = (
  options: ResetReactionOptions,
  event: Extract<PmEvent, { readonly _tag: 'SubClosed' }>,
  connection: Connection,
): Replacement | undefined => {
  if (event.error === 0 || event.error === ECONNABORTED) return undefined;
  const { reset } = event;
  const last = !hasSubflow(connection);
  if (reset === undefined) return options.onMiddlebox;
  if (options.onPeer === 'none') return 'none';
  // The peer doesn't want this path for good; but a connection without any path ends.
  return options.onPeer === 'same' && !reset.transient && !last ? 'none' : options.onPeer;
};

/** The paths for a replacement, the best first, with the time from which each may be tried. */
const candidates = (
  view: PmView,
  connection: Connection,
  owed: Owed,
  failures: Failures,
): ReadonlyArray<{ readonly path: Path; readonly fromMs: number }> => {
  const all = pathsOf(view, connection);
  const same = all.filter(({ key }) => key === owed.pair);
  const others = all.filter((path) => path.key !== owed.pair && !isTaken(connection, path));
  const fits = owed.where === 'same' ? same : others.length > 0 ? others : same;
  // The only chance left is every path.
  const paths = hasSubflow(connection) ? fits : [...fits, ...all.filter((p) => !fits.includes(p))];
  return paths.map((path) => ({ path, fromMs: notBefore(failures, path.key) }));
};

/** The first path that may be tried now, else when the next one may. */
const choose = (
  view: PmView,
  connection: Connection,
  owed: Owed,
  failures: Failures,
  nowMs: number,
): { readonly path: Path } | { readonly atMs: number } | undefined => {
  let atMs = Number.POSITIVE_INFINITY;
  for (const { path, fromMs } of candidates(view, connection, owed, failures)) {
    // Asked to use the same path again, the first reaction is at once too.
    const again = owed.where === 'same' && owed.failed === 0 && path.key === owed.pair;
    const first = again && fromMs - nowMs <= firstDelay(failures, path.key);
    if (fromMs <= nowMs || first) return { path };
    atMs = Math.min(atMs, fromMs);
  }
  return atMs === Number.POSITIVE_INFINITY ? undefined : { atMs };
};

/** The delay of a path that has failed once only; 0 after several. */
const firstDelay = (failures: Failures, pair: string): number => {
  const failure = failures.find(({ of }) => of === pair);
  return failure?.count === 1 ? failure.delayMs : 0;
};

const settle = (
  options: ResetReactionOptions,
  state: State,
  connection: Connection,
  view: PmView,
  nowMs: number,
): ConnectionDecision<State> => {
  const actions: Array<Action> = [];
  const used = new Set<string>();
  let wakeAtMs: number | undefined;
  const owed: Array<Owed> = [];
  for (const each of state.owed) {
    if (each.failed >= options.tries && hasSubflow(connection)) continue;
    if (each.asked !== undefined) {
      owed.push(each);
      continue;
    }
    const choice = choose(view, connection, each, state.failures, nowMs);
    if (choice !== undefined && 'path' in choice && !used.has(choice.path.key)) {
      used.add(choice.path.key);
      actions.push(createOn(connection, choice.path, options.bind));
      owed.push({ ...each, asked: choice.path.key });
      continue;
    }
    if (choice !== undefined && 'atMs' in choice) {
      wakeAtMs = Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, choice.atMs);
    }
    owed.push(each);
  }
  return { state: { owed, failures: state.failures }, actions, wakeAtMs };
};

/** A replacement on this pair has failed: it is owed again. */
const again = (owed: ReadonlyArray<Owed>, pair: string): ReadonlyArray<Owed> => {
  const index = owed.findIndex((each) => each.asked === pair);
  return owed.map((each, i) =>
    i === index ? { ...each, asked: undefined, failed: each.failed + 1 } : each,
  );
};

const afterClose = (
  options: ResetReactionOptions,
  state: State,
  event: Extract<PmEvent, { readonly _tag: 'SubClosed' }>,
  connection: Connection,
  nowMs: number,
): State => {
  const pair = keyOfPair(event);
  const where = owedFor(options, event, connection);
  const isAsked = state.owed.some((each) => each.asked === pair);
  if (where === undefined && !isAsked) return state;
  const failures = withFailure(state.failures, pair, options.backoff, nowMs);
  // The replacement itself failed: what it was to replace is owed still.
  if (isAsked) return { owed: again(state.owed, pair), failures };
  if (where === undefined || where === 'none') return { ...state, failures };
  const owed: Owed = { pair, where, asked: undefined, failed: 0 };
  return { owed: [...state.owed, owed], failures };
};

/**
 * Reset reaction: use case U6 (a middlebox that resets long-lived flows) and the deliverable's S4. A
 * subflow that ends by a reset or another error is replaced at once, even if it was the last one: the
 * connection outlives it for a while. Whether the option MP_TCPRST came with the reset tells the peer
 * from a middlebox, and each has its own reaction. Where another path was asked for and none is free,
 * the same one is used after the back-off.
 *
 * @since 0.1.0
 */
export const resetReaction = (given: Partial<ResetReactionOptions> = {}): AnyPolicy => {
  const options = { ...DEFAULT_RESET_REACTION, ...given };
  const step = (
    before: State,
    input: PolicyInput,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): ConnectionDecision<State> => {
    if (connection.serverSide && !options.serverSide) return idle(before);
    let state = before;
    switch (input._tag) {
      case 'Event': {
        const { event } = input;
        if (event._tag === 'SubClosed') {
          state = afterClose(options, state, event, connection, nowMs);
        } else if (event._tag === 'SubEstablished') {
          const pair = keyOfPair(event);
          const index = state.owed.findIndex((each) => each.asked === pair || each.pair === pair);
          if (index >= 0) state = { ...state, owed: state.owed.filter((_, i) => i !== index) };
        }
        break;
      }
      case 'Outcome':
      case 'Withheld': {
        const refused = input._tag === 'Withheld' || input.refusal !== undefined;
        if (refused && input.action._tag === 'CreateSubflow') {
          const pair = keyOfPair(input.action);
          const failures = withFailure(state.failures, pair, options.backoff, nowMs);
          state = { owed: again(state.owed, pair), failures };
        }
        break;
      }
    }
    if (state.owed.length === 0) return idle(state);
    return settle(options, state, connection, view, nowMs);
  };
  return anyPolicy(perConnection<State>({ name: 'reset-reaction', init: INIT, step }));
};
