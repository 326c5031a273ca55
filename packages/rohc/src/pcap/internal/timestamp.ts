/** 64-bit timestamps of any resolution as seconds and nanoseconds, exactly and without allocation. */

import type { MutableRecordView } from '../events.js';

const NANOSECONDS = 1_000_000_000;
const TWO_16 = 65_536;

/** Up to this divisor the 16-bit steps of the long division stay below 2^53. */
const LARGEST_EXACT_DIVISOR = 2 ** 37;

/** How the timestamps of one interface are read. */
export interface TimestampScale {
  readonly unitsPerSecond: bigint;
  /** `unitsPerSecond` where it is a divisor of 10^9, else 0: the way with BigInt is taken. */
  readonly divisor: number;
  readonly nanosecondsPerUnit: number;
  readonly offsetSeconds: number;
}

export const timestampScale = (unitsPerSecond: bigint, offsetSeconds: number): TimestampScale => {
  const exact =
    unitsPerSecond <= BigInt(LARGEST_EXACT_DIVISOR) && BigInt(NANOSECONDS) % unitsPerSecond === 0n;
  return {
    unitsPerSecond,
    divisor: exact ? Number(unitsPerSecond) : 0,
    nanosecondsPerUnit: exact ? NANOSECONDS / Number(unitsPerSecond) : 0,
    offsetSeconds,
  };
};

/** Fills in the time of `(high · 2^32 + low)` units. */
export const timestampInto = (
  scale: TimestampScale,
  high: number,
  low: number,
  record: MutableRecordView,
): void => {
  record.hasTimestamp = true;
  if (scale.divisor === 0) {
    const units = (BigInt(high) << 32n) | BigInt(low);
    const rest = units % scale.unitsPerSecond;
    record.seconds = Number(units / scale.unitsPerSecond) + scale.offsetSeconds;
    record.nanoseconds = Number((rest * BigInt(NANOSECONDS)) / scale.unitsPerSecond);
    return;
  }
  // Long division in base 2^16, so that no intermediate value passes 2^53.
  const { divisor } = scale;
  const top = Math.floor(high / divisor);
  const middleUnits = (high % divisor) * TWO_16 + (low >>> 16);
  const middle = Math.floor(middleUnits / divisor);
  const bottomUnits = (middleUnits % divisor) * TWO_16 + (low & 0xffff);
  const bottom = Math.floor(bottomUnits / divisor);
  record.seconds = (top * TWO_16 + middle) * TWO_16 + bottom + scale.offsetSeconds;
  record.nanoseconds = (bottomUnits % divisor) * scale.nanosecondsPerUnit;
};
