/** How long a subflow's data takes: the smoothed round-trip time, or the age of what nobody acknowledged. */

import type { Subflow, SubflowKey } from '../model.js';

/** What is remembered of a subflow between polls. @internal */
export interface RttWatch {
  readonly key: SubflowKey;
  /** Since when data has been out without progress, ms; NaN: it isn't. */
  readonly stalledSinceMs: number;
  readonly bytesAcked: number;
  /** Polls in a row that found it too slow. */
  readonly slowPolls: number;
  /** When it was last acted upon, ms; −∞: never. */
  readonly actedAtMs: number;
  /**
   * Round-trip time at its return to service, µs, which is as old as its rest was; NaN once it is
   * known afresh.
   */
  readonly staleRttUs: number;
}

const START = {
  stalledSinceMs: Number.NaN,
  bytesAcked: -1,
  slowPolls: 0,
  actedAtMs: Number.NEGATIVE_INFINITY,
  staleRttUs: Number.NaN,
};

/** @internal */
export type RttWatches = ReadonlyArray<RttWatch>;

/** @internal */
export const watchOf = (watches: RttWatches, key: SubflowKey): RttWatch =>
  watches.find((watch) => watch.key === key) ?? { key, ...START };

/** @internal */
export const withWatch = (watches: RttWatches, watch: RttWatch): RttWatches => [
  ...watches.filter(({ key }) => key !== watch.key),
  watch,
];

/**
 * The watch after a further sample. A stall is seen by two polls that find data out and none of it
 * acknowledged in between: so an application that sends now and then isn't taken for one.
 *
 * @internal
 */
export const watched = (before: RttWatch, subflow: Subflow, nowMs: number): RttWatch => {
  const { sample } = subflow;
  if (sample === undefined) return before;
  const { bytesAcked, unacked, rttUs } = sample;
  const stuck = unacked > 0 && bytesAcked === before.bytesAcked;
  const stalledSinceMs =
    unacked === 0
      ? Number.NaN
      : stuck && !Number.isNaN(before.stalledSinceMs)
        ? before.stalledSinceMs
        : nowMs;
  const { staleRttUs } = before;
  // The smoothed time comes down sample by sample; what rises, or stands at a new value, is the truth.
  const settled = rttUs > staleRttUs;
  return {
    ...before,
    stalledSinceMs,
    bytesAcked,
    staleRttUs: Number.isNaN(staleRttUs) || settled ? Number.NaN : rttUs,
  };
};

/**
 * Milliseconds that data takes now, as far as known: NaN without a sample or while only an old value
 * is there. `limitMs` ends the wait for a fresh value once the old one is under it.
 *
 * @internal
 */
export const delayMs = (
  watch: RttWatch,
  subflow: Subflow,
  limitMs: number,
  nowMs: number,
): number => {
  const { sample } = subflow;
  if (sample === undefined) return Number.NaN;
  const stallMs = Number.isNaN(watch.stalledSinceMs) ? 0 : nowMs - watch.stalledSinceMs;
  const rttMs = sample.rttUs / 1000;
  const stale = !Number.isNaN(watch.staleRttUs) && rttMs > limitMs;
  if (stale) return stallMs > limitMs ? stallMs : Number.NaN;
  return Math.max(rttMs, stallMs);
};
