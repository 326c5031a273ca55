/** What a subflow can carry, estimated from its samples (deliverable 4.2, section on the cwnd-based manager). */

import * as t from 'io-ts';
import type { Subflow, SubflowSample } from './model.js';
import { numberIn, optionsCodec, withDefault } from './internal/options.js';

/**
 * Where an estimate comes from.
 *
 * - `cwnd`: `cwnd · mss · 8 / rtt`, what the congestion window allows (the deliverable's);
 * - `delivery`: the rate at which the kernel saw data delivered;
 * - `goodput`: bytes acknowledged between two polls.
 *
 * @since 0.1.0
 */
export type EstimateVariant = 'cwnd' | 'delivery' | 'goodput';

/** How estimates are made. @since 0.1.0 */
export interface EstimateOptions {
  readonly variant: EstimateVariant;
  /**
   * Weight of a new sample in the exponentially weighted moving average, above 0 to 1; 1 doesn't
   * smooth. Default 0.125, as for round-trip times (RFC 6298).
   */
  readonly alpha: number;
  /**
   * Count only samples taken in congestion avoidance: in slow start the window says what was tried,
   * not what fits. Default false.
   */
  readonly congestionAvoidanceOnly: boolean;
  /**
   * Leave out samples of subflows that had nothing to send: their window is whatever it was, and
   * over a fast idle path it means nothing. Default true.
   */
  readonly skipAppLimited: boolean;
}

/** Codec of {@link EstimateOptions}; what is missing has its default. @since 0.1.0 */
export const EstimateOptions: t.Type<EstimateOptions, unknown> =
  /* @__PURE__ */ optionsCodec<EstimateOptions>('estimate', {
    variant: withDefault(t.keyof({ cwnd: null, delivery: null, goodput: null }), 'cwnd'),
    alpha: withDefault(numberIn(1e-6, 1), 0.125),
    congestionAvoidanceOnly: withDefault(t.boolean, false),
    skipAppLimited: withDefault(t.boolean, true),
  });

/** The deliverable's: `cwnd`, 0.125, all samples but app-limited ones. @since 0.1.0 */
export const DEFAULT_ESTIMATE: EstimateOptions = {
  variant: 'cwnd',
  alpha: 0.125,
  congestionAvoidanceOnly: false,
  skipAppLimited: true,
};

/** ssthresh of a connection that has had no loss. */
const NO_THRESHOLD = 0x7fffffff;

/**
 * Whether the sample was taken in congestion avoidance: the window has reached the threshold that a
 * loss had set, and no recovery is under way. Without any loss a connection is in slow start.
 *
 * @since 0.1.0
 */
export const inCongestionAvoidance = (sample: SubflowSample): boolean =>
  sample.congestionState === 'open' || sample.congestionState === 'disorder'
    ? sample.ssthresh < NO_THRESHOLD && sample.cwnd >= sample.ssthresh
    : false;

/**
 * What the congestion window allows: `cwnd · mss · 8 / rtt`, bit/s; NaN without a round-trip time.
 *
 * @example
 * ```ts
 * import { cwndBandwidth } from '@liquid/mptcp-pm'
 *
 * console.log(cwndBandwidth({ cwnd: 10, mssBytes: 1448, rttUs: 20000 })) // 5792000
 * ```
 * @since 0.1.0
 */
export const cwndBandwidth = (
  sample: Pick<SubflowSample, 'cwnd' | 'mssBytes' | 'rttUs'>,
): number => (sample.rttUs > 0 ? (sample.cwnd * sample.mssBytes * 8e6) / sample.rttUs : Number.NaN);

/**
 * One step of the moving average: `(1 − alpha) · smoothed + alpha · value`. The first value starts
 * it; a NaN changes nothing.
 *
 * @since 0.1.0
 */
export const ewma = (smoothed: number, value: number, alpha: number): number => {
  if (Number.isNaN(value)) return smoothed;
  return Number.isNaN(smoothed) ? value : smoothed + alpha * (value - smoothed);
};

/** Bytes acknowledged between two samples as bit/s; NaN where there was no time between them. */
const goodput = (
  sample: SubflowSample,
  atMs: number,
  previous: SubflowSample | undefined,
  previousAtMs: number,
): number =>
  previous === undefined || atMs <= previousAtMs || sample.bytesAcked < previous.bytesAcked
    ? Number.NaN
    : ((sample.bytesAcked - previous.bytesAcked) * 8e3) / (atMs - previousAtMs);

/**
 * A sample's own estimate, bit/s, before smoothing; NaN where the filters leave it out.
 *
 * @since 0.1.0
 */
export const rawEstimate = (
  options: EstimateOptions,
  sample: SubflowSample,
  atMs: number,
  previous: SubflowSample | undefined,
  previousAtMs: number,
): number => {
  if (options.skipAppLimited && (sample.appLimited || sample.bytesSent === 0)) return Number.NaN;
  if (options.congestionAvoidanceOnly && !inCongestionAvoidance(sample)) return Number.NaN;
  switch (options.variant) {
    case 'cwnd':
      return cwndBandwidth(sample);
    case 'delivery':
      return sample.deliveryBps > 0 ? sample.deliveryBps : Number.NaN;
    case 'goodput':
      return goodput(sample, atMs, previous, previousAtMs);
  }
};

/**
 * The smoothed estimate after a further sample, bit/s; NaN as long as no sample counted.
 *
 * @since 0.1.0
 */
export const nextEstimate = (
  options: EstimateOptions,
  smoothed: number,
  sample: SubflowSample,
  atMs: number,
  previous: SubflowSample | undefined,
  previousAtMs: number,
): number =>
  ewma(smoothed, rawEstimate(options, sample, atMs, previous, previousAtMs), options.alpha);

/**
 * What a connection can carry, bit/s: the sum over its established subflows that are no backup, or
 * over its backups where there is nothing else. NaN while none of them has an estimate.
 *
 * @since 0.1.0
 */
export const sumEstimates = (subflows: ReadonlyArray<Subflow>): number => {
  let active = Number.NaN;
  let spare = Number.NaN;
  let anyActive = false;
  for (const subflow of subflows) {
    if (subflow.phase !== 'established') continue;
    const backup = subflow.backup || subflow.backupRemote;
    if (!backup) anyActive = true;
    const { estimateBps } = subflow;
    if (Number.isNaN(estimateBps)) continue;
    if (backup) spare = Number.isNaN(spare) ? estimateBps : spare + estimateBps;
    else active = Number.isNaN(active) ? estimateBps : active + estimateBps;
  }
  return anyActive ? active : spare;
};
