/** From one quantity to another: sizes, rates and durations. */

import * as E from 'fp-ts/lib/Either.js';

import { limitExceeded, type LimitExceeded } from './errors.js';
import { BitsPerSecond, Bytes, Microseconds, Milliseconds, Seconds } from './units.js';

const BITS_PER_BYTE = 8;
const US_PER_S = 1_000_000;

/** Right where the value fits the range, which ends at 2^53 − 1. */
const within = <Q extends number>(
  what: string,
  value: number,
  quantity: { readonly max: Q; readonly clamp: (value: number) => Q },
): E.Either<LimitExceeded, Q> =>
  value <= quantity.max
    ? E.right(quantity.clamp(value))
    : E.left(limitExceeded({ what, expected: quantity.max, actual: String(value) }));

/**
 * How long a size takes at a rate. Left `LimitExceeded` at rate zero, or beyond 285 years.
 *
 * @example
 * ```ts
 * import { BitsPerSecond, Bytes, transferTime } from '@liquid/types'
 *
 * console.log(transferTime(BitsPerSecond.clamp(150e6))(Bytes.clamp(1500))) // { _tag: 'Right', right: 80 }
 * ```
 * @since 0.1.0
 */
export const transferTime =
  (rate: BitsPerSecond) =>
  (size: Bytes): E.Either<LimitExceeded, Microseconds> =>
    size === 0
      ? E.right(Microseconds.zero)
      : within('transfer time', (size * BITS_PER_BYTE * US_PER_S) / rate, Microseconds);

/**
 * Whole bytes that a rate carries in a duration, rounded down. Left `LimitExceeded` beyond 2^53 − 1.
 *
 * @example
 * ```ts
 * import { BitsPerSecond, Microseconds, transferSize } from '@liquid/types'
 *
 * console.log(transferSize(BitsPerSecond.clamp(1e9))(Microseconds.clamp(1000))) // { _tag: 'Right', right: 125000 }
 * ```
 * @since 0.1.0
 */
export const transferSize =
  (rate: BitsPerSecond) =>
  (duration: Microseconds): E.Either<LimitExceeded, Bytes> =>
    within('transfer size', Math.floor((rate * duration) / (BITS_PER_BYTE * US_PER_S)), Bytes);

/**
 * The mean rate of a size over a duration. Left `LimitExceeded` for a duration of zero, unless
 * nothing was carried.
 *
 * @example
 * ```ts
 * import { Bytes, Microseconds, transferRate } from '@liquid/types'
 *
 * console.log(transferRate(Microseconds.clamp(1e6))(Bytes.clamp(125000))) // { _tag: 'Right', right: 1000000 }
 * ```
 * @since 0.1.0
 */
export const transferRate =
  (duration: Microseconds) =>
  (size: Bytes): E.Either<LimitExceeded, BitsPerSecond> =>
    size === 0
      ? E.right(BitsPerSecond.zero)
      : within('rate', (size * BITS_PER_BYTE * US_PER_S) / duration, BitsPerSecond);

/**
 * Bytes in flight that fill a path: rate times round-trip time, rounded up. Left `LimitExceeded`
 * beyond 2^53 − 1.
 *
 * @example
 * ```ts
 * import { bandwidthDelayProduct, BitsPerSecond, Microseconds } from '@liquid/types'
 *
 * console.log(bandwidthDelayProduct(BitsPerSecond.clamp(100e6))(Microseconds.clamp(20_000)))
 * // { _tag: 'Right', right: 250000 }
 * ```
 * @since 0.1.0
 */
export const bandwidthDelayProduct =
  (rate: BitsPerSecond) =>
  (rtt: Microseconds): E.Either<LimitExceeded, Bytes> =>
    within('bandwidth-delay product', Math.ceil((rate * rtt) / (BITS_PER_BYTE * US_PER_S)), Bytes);

/** Milliseconds in microseconds; cut at 2^53 − 1 (285 years). @since 0.1.0 */
export const millisecondsToMicroseconds = (duration: Milliseconds): Microseconds =>
  Microseconds.clamp(duration * 1000);

/** Microseconds in milliseconds, with the fraction. @since 0.1.0 */
export const microsecondsToMilliseconds = (duration: Microseconds): Milliseconds =>
  Milliseconds.clamp(duration / 1000);

/**
 * Seconds in milliseconds; cut at 2^53 − 1.
 *
 * @example
 * ```ts
 * import { Seconds, secondsToMilliseconds } from '@liquid/types'
 *
 * console.log(secondsToMilliseconds(Seconds.clamp(1.5))) // 1500
 * ```
 * @since 0.1.0
 */
export const secondsToMilliseconds = (duration: Seconds): Milliseconds =>
  Milliseconds.clamp(duration * 1000);

/** Milliseconds in seconds, with the fraction. @since 0.1.0 */
export const millisecondsToSeconds = (duration: Milliseconds): Seconds =>
  Seconds.clamp(duration / 1000);
