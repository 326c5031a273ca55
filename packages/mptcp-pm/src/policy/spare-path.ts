/** A path that is used only when the first one isn't enough: when to open it, when to close it. */

import type { Connection, Subflow } from '../model.js';
import type { PmView } from '../policy.js';
import { type Backoff, type Failures, NO_FAILURES, notBefore, withFailure } from './backoff.js';
import { interfaceOf, type Path, pathsOf } from './paths.js';

/** @internal */
export interface SpareOptions {
  readonly confirmPolls: number;
  readonly holdMs: number;
  readonly closeMs: number;
  readonly backoff: Backoff;
}

/** @internal */
export interface SpareState {
  readonly open: boolean;
  /** When it was opened or closed last, ms; −∞: never. */
  readonly changedAtMs: number;
  /** Polls in a row that found a shortage. */
  readonly shortPolls: number;
  /** Since when the first path has been enough, ms; NaN: it isn't. */
  readonly enoughSinceMs: number;
  /** Closings that were too early, and paths that failed. */
  readonly failures: Failures;
}

/** @internal */
export const SPARE_CLOSED: SpareState = Object.freeze({
  open: false,
  changedAtMs: Number.NEGATIVE_INFINITY,
  shortPolls: 0,
  enoughSinceMs: Number.NaN,
  failures: NO_FAILURES,
});

/** What a poll says of the first path. @internal */
export type Supply = 'short' | 'enough' | 'unknown';

/** The name under which too early closings are counted. */
const CLOSING = 'closing';

const closeAfter = (options: SpareOptions, { failures }: SpareState): number => {
  const last = failures.find(({ of }) => of === CLOSING);
  return last === undefined ? options.closeMs : Math.max(options.closeMs, last.delayMs);
};

/**
 * Counts polls: a shortage that lasts opens the path, a plenty that lasts closes it, with at least
 * `holdMs` between the two. A shortage soon after a closing makes the next closing wait longer.
 *
 * @internal
 */
export const supplied = (
  options: SpareOptions,
  state: SpareState,
  supply: Supply,
  nowMs: number,
): { readonly state: SpareState; readonly turn: 'open' | 'close' | undefined } => {
  const shortPolls = supply === 'short' ? state.shortPolls + 1 : 0;
  const enoughSinceMs =
    supply !== 'enough'
      ? Number.NaN
      : Number.isNaN(state.enoughSinceMs)
        ? nowMs
        : state.enoughSinceMs;
  const next = { ...state, shortPolls, enoughSinceMs };
  const held = nowMs - state.changedAtMs >= options.holdMs;
  if (!state.open && shortPolls >= options.confirmPolls && held) {
    const early = Number.isFinite(state.changedAtMs);
    const failures = early
      ? withFailure(state.failures, CLOSING, options.backoff, nowMs)
      : state.failures;
    return { state: { ...next, open: true, changedAtMs: nowMs, failures }, turn: 'open' };
  }
  if (state.open && held && nowMs - enoughSinceMs >= closeAfter(options, state)) {
    return { state: { ...next, open: false, changedAtMs: nowMs, shortPolls: 0 }, turn: 'close' };
  }
  return { state: next, turn: undefined };
};

/** The path could not be opened: another one, or later. @internal */
export const spareFailed = (
  options: SpareOptions,
  state: SpareState,
  pair: string,
  nowMs: number,
): SpareState => ({
  ...state,
  open: false,
  changedAtMs: Number.NEGATIVE_INFINITY,
  failures: withFailure(state.failures, pair, options.backoff, nowMs),
});

/** Subflows by the interface that they leave from. @internal */
export interface Sides {
  readonly first: ReadonlyArray<Subflow>;
  readonly spare: ReadonlyArray<Subflow>;
}

/** The interface that serves first: the one named, else that of the connection's first address. */
const isFirst = (
  view: PmView,
  connection: Connection,
  primary: string | undefined,
  of: Pick<Subflow, 'local'>,
): boolean => {
  const own = interfaceOf(view, of)?.interfaceName;
  const wanted = primary ?? interfaceOf(view, connection.initial)?.interfaceName;
  return own === undefined || wanted === undefined
    ? of.local === connection.initial.local
    : own === wanted;
};

/** @internal */
export const sidesOf = (
  view: PmView,
  connection: Connection,
  primary: string | undefined,
): Sides => {
  const first: Array<Subflow> = [];
  const spare: Array<Subflow> = [];
  for (const subflow of connection.subflows) {
    if (subflow.phase === 'closing') continue;
    (isFirst(view, connection, primary, subflow) ? first : spare).push(subflow);
  }
  return { first, spare };
};

/** The path to open: not of the first interface, of the named one if any, not one that just failed. @internal */
export const sparePath = (
  view: PmView,
  connection: Connection,
  primary: string | undefined,
  extra: string | undefined,
  failures: Failures,
  nowMs: number,
): Path | undefined =>
  pathsOf(view, connection).find(
    (path) =>
      !isFirst(view, connection, primary, path) &&
      (extra === undefined || path.interfaceName === extra) &&
      notBefore(failures, path.key) <= nowMs,
  );
