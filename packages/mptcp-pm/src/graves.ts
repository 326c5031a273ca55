/** What has ended lately: what is still under way of it must not bring it back, nor be told once more. */

import type { SubflowKey, Token } from './model.js';
import { type Keyed, type Table, emptyTable, tableGet, tableMap, tableSet } from './table.js';

/**
 * How the end of a connection became known.
 *
 * - `lives`: it hasn't ended, subflows of it have;
 * - `inferred`: from a poll or refusal, so that a later poll may prove it wrong;
 * - `fallback`: it goes on as plain TCP, with nothing to manage;
 * - `closed`: the kernel said so, and says it once.
 *
 * @internal
 */
export type End = 'lives' | 'inferred' | 'fallback' | 'closed';

/** A subflow that has ended. */
interface GoneSubflow {
  readonly key: SubflowKey;
  readonly atMs: number;
  /** errno that was told. */
  readonly error: number;
  /** By an event: it is sure, and a poll that shows it is older. */
  readonly byEvent: boolean;
}

/** What has ended of a connection. @internal */
export interface Grave extends Keyed {
  readonly end: End;
  /** When its end was told, or a poll last showed what is left of it, ms. */
  readonly atMs: number;
  readonly subflows: ReadonlyArray<GoneSubflow>;
}

/** @internal */
export type Graves = Table<Grave>;

/** @internal */
export const NO_GRAVES: Graves = /* @__PURE__ */ emptyTable<Grave>();

/** How long an end is remembered; more than what lies between two polls of everything, ms. */
const FORGET_MS = 30_000;

/** How long the kernel's own word is waited for where the end was found out otherwise, ms. */
const AWAIT_MS = 3_600_000;

/** Where nobody polls, memory has an end all the same: then everything is forgotten. */
const MOST = 65_536;

const NONE: ReadonlyArray<never> = Object.freeze([]);

const isOver = ({ end, atMs }: Grave, nowMs: number): boolean =>
  nowMs - atMs >= (end === 'lives' || end === 'closed' ? FORGET_MS : AWAIT_MS);

const put = (graves: Graves, grave: Grave): Graves =>
  tableSet(graves.size < MOST ? graves : NO_GRAVES, grave);

/** With the end of a connection. @internal */
export const withEnd = (
  graves: Graves,
  token: Token,
  end: Exclude<End, 'lives'>,
  atMs: number,
): Graves => put(graves, { token, end, atMs, subflows: NONE });

/** With the end of a subflow, whose connection goes on. @internal */
export const withGone = (graves: Graves, token: Token, gone: GoneSubflow): Graves => {
  const known = tableGet(graves, token)?.subflows ?? NONE;
  const others = known.filter(({ key, atMs }) => key !== gone.key && gone.atMs - atMs < FORGET_MS);
  return put(graves, { token, end: 'lives', atMs: gone.atMs, subflows: [...others, gone] });
};

/** Whether the end of the connection has been told: another word of it is none. @internal */
export const isEnded = (graves: Graves, token: Token, nowMs: number): boolean => {
  const grave = tableGet(graves, token);
  return grave !== undefined && grave.end !== 'lives' && !isOver(grave, nowMs);
};

/**
 * Whether what a poll or event shows of an unknown connection is left over from one that has ended,
 * rather than another one, or proof that it lives.
 *
 * @internal
 */
export const isLeftOver = (
  graves: Graves,
  token: Token,
  nowMs: number,
  graceMs: number,
): boolean => {
  const grave = tableGet(graves, token);
  if (grave === undefined || grave.end === 'lives') return false;
  return nowMs - grave.atMs <= (grave.end === 'inferred' ? graceMs : FORGET_MS);
};

/** The end of a subflow as it was told; undefined where none was. @internal */
export const goneOf = (graves: Graves, token: Token, key: SubflowKey): GoneSubflow | undefined =>
  tableGet(graves, token)?.subflows.find((gone) => gone.key === key);

/** After a poll of everything: what it still shows is remembered on, the rest for its time. @internal */
export const swept = (graves: Graves, isShown: (token: Token) => boolean, nowMs: number): Graves =>
  graves.size === 0
    ? graves
    : tableMap(graves, (grave) => {
        const { token, end } = grave;
        const shown = (end === 'closed' || end === 'fallback') && isShown(token);
        if (shown && nowMs - grave.atMs <= FORGET_MS) return { ...grave, atMs: nowMs };
        return isOver(grave, nowMs) ? undefined : grave;
      });
