/** Exponential back-off per thing that may fail, as a value. */

import type { OptionCodec } from '../internal/options.js';
import { numberIn, optionsCodec, withDefault } from '../internal/options.js';

/** How long to leave something alone that has failed. @since 0.1.0 */
export interface Backoff {
  /** After the first failure, ms. */
  readonly initialMs: number;
  /** Each further failure multiplies it. */
  readonly factor: number;
  /** But never beyond this, ms. */
  readonly capMs: number;
  /** A failure that long after the one before counts as the first again, ms. */
  readonly resetMs: number;
}

/** Longest time that an option may name: a day. */
const DAY_MS = 86_400_000;

/** A span of time, ms. @internal */
export const span = (fallbackMs: number): OptionCodec<number> =>
  withDefault(numberIn(0, DAY_MS), fallbackMs);

/** @internal */
export const backoffCodec = (fallback: Backoff): OptionCodec<Backoff> =>
  withDefault(
    optionsCodec<Backoff>('back-off', {
      initialMs: span(fallback.initialMs),
      factor: withDefault(numberIn(1, 100), fallback.factor),
      capMs: span(fallback.capMs),
      resetMs: span(fallback.resetMs),
    }),
    fallback,
  );

interface Failure {
  readonly of: string;
  /** Failures in a row. */
  readonly count: number;
  readonly delayMs: number;
  readonly failedAtMs: number;
  readonly notBeforeMs: number;
}

/** What has failed of a connection: a handful of entries. @internal */
export type Failures = ReadonlyArray<Failure>;

/** Nothing has failed. @internal */
export const NO_FAILURES: Failures = Object.freeze([]);

/** More would be no paths of one connection but a leak; the oldest go. */
const MOST = 64;

/** From when on it may be tried again, ms; −∞ where it hasn't failed. @internal */
export const notBefore = (failures: Failures, of: string): number => {
  for (const failure of failures) if (failure.of === of) return failure.notBeforeMs;
  return Number.NEGATIVE_INFINITY;
};

/** With one more failure. @internal */
export const withFailure = (
  failures: Failures,
  of: string,
  backoff: Backoff,
  nowMs: number,
): Failures => {
  const last = failures.find((failure) => failure.of === of);
  const again =
    last !== undefined && nowMs - Math.max(last.notBeforeMs, last.failedAtMs) < backoff.resetMs;
  const delayMs = again
    ? Math.min(backoff.capMs, Math.max(last.delayMs, 1) * backoff.factor)
    : Math.min(backoff.capMs, backoff.initialMs);
  const others = failures.filter((failure) => failure.of !== of);
  const count = again ? last.count + 1 : 1;
  const failure = { of, count, delayMs, failedAtMs: nowMs, notBeforeMs: nowMs + delayMs };
  return [...others.slice(-MOST + 1), failure];
};
