/** Quantities beyond 2^53: whole 64-bit numbers held in a bigint, with exact arithmetic. */

import * as E from 'fp-ts/lib/Either.js';
import { fromCompare, type Ord } from 'fp-ts/lib/Ord.js';
import * as t from 'io-ts';

import { type Decode, decodeError, limitExceeded, type LimitExceeded } from './errors.js';
import { DATA_SCALE, timeScale } from './internal/unit-scales.js';
import { formatWhole, parseWhole } from './internal/scale.js';
import type { Scale } from './scale.js';

/** The largest number of an unsigned 64-bit field. */
const MAX_UINT64 = (1n << 64n) - 1n;

/**
 * A whole quantity from 0 to 2^64 − 1: the io-ts codec of a branded bigint and its arithmetic, data
 * last. JSON holds decimal digits as text, for numbers there end at 2^53.
 *
 * @typeParam Q - the branded bigint, as in {@link Bytes64}
 * @since 0.1.0
 */
export interface BigQuantity<Q extends bigint> extends t.Type<Q, string, unknown> {
  /** The base unit as printed. */
  readonly symbol: string;
  readonly zero: Q;
  /** 2^64 − 1. */
  readonly max: Q;
  /** Checks a bigint, or a whole number up to 2^53 − 1. */
  readonly of: (value: bigint | number) => E.Either<Decode, Q>;
  /** Total: the nearest value of the range. */
  readonly clamp: (value: bigint) => Q;
  /** Text with a unit, exactly; a bare number is in the base unit. */
  readonly parse: (text: string) => E.Either<Decode, Q>;
  /** Exact text in the shortest unit that divides; `parse` gives the same value back. */
  readonly print: (quantity: Q) => string;
  /** Sum, or `LimitExceeded`. */
  readonly add: (b: Q) => (a: Q) => E.Either<LimitExceeded, Q>;
  /** Sum, cut at `max`. */
  readonly addSaturating: (b: Q) => (a: Q) => Q;
  /** `a − b`, or `LimitExceeded` below zero. */
  readonly subtract: (b: Q) => (a: Q) => E.Either<LimitExceeded, Q>;
  /** `a − b`, cut at zero. */
  readonly subtractSaturating: (b: Q) => (a: Q) => Q;
  /** `a × times / per`, rounded down, or `LimitExceeded` (also for a negative factor or per zero). */
  readonly scale: (times: bigint, per?: bigint) => (a: Q) => E.Either<LimitExceeded, Q>;
  readonly Ord: Ord<Q>;
}

/**
 * Makes a 64-bit quantity.
 *
 * @since 0.1.0
 */
export const createBigQuantity = <Q extends bigint>(options: {
  /** The codec's name. */
  readonly name: string;
  /** Plural noun for errors. */
  readonly noun: string;
  /** The units that text may use; the first is the base unit. */
  readonly scale: Scale;
}): BigQuantity<Q> => {
  const { name, noun, scale } = options;
  const range = `a whole number of ${noun} from 0 to 2^64 − 1`;
  const fits = (value: bigint): boolean => value >= 0n && value <= MAX_UINT64;
  const isValue = (value: unknown): value is Q => typeof value === 'bigint' && fits(value);
  const refuse = (actual: unknown): E.Either<Decode, never> =>
    E.left(decodeError({ what: name, expected: range, actual }));
  const of = (value: bigint | number): E.Either<Decode, Q> => {
    const whole = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    return isValue(whole) ? E.right(whole) : refuse(value);
  };
  const clamp = (value: bigint): Q =>
    (value < 0n ? 0n : value > MAX_UINT64 ? MAX_UINT64 : value) as Q;
  const within = (value: bigint): E.Either<LimitExceeded, Q> =>
    fits(value)
      ? E.right(value as Q)
      : E.left(
          limitExceeded({
            what: noun,
            expected: value < 0n ? 'at least 0' : '2^64 − 1',
            actual: String(value),
          }),
        );
  const parse = (text: string): E.Either<Decode, Q> => {
    const amount = parseWhole(scale)(text);
    if (amount._tag === 'failure') {
      return E.left(decodeError({ what: name, expected: amount.expected, actual: text }));
    }
    return fits(amount.value) ? E.right(amount.value as Q) : refuse(text);
  };
  const codec = new t.Type<Q, string, unknown>(
    name,
    isValue,
    (value, context) => {
      if (isValue(value)) return t.success(value);
      const result =
        typeof value === 'string'
          ? parse(value)
          : typeof value === 'number'
            ? of(value)
            : refuse(value);
      return E.isRight(result)
        ? t.success(result.right)
        : t.failure(value, context, result.left.expected);
    },
    String,
  );
  return Object.assign(codec, {
    symbol: scale[0].symbol,
    zero: 0n as Q,
    max: MAX_UINT64 as Q,
    of,
    clamp,
    parse,
    print: (quantity: Q): string => formatWhole(scale, quantity),
    add: (b: Q) => (a: Q) => within(plus(a, b)),
    addSaturating: (b: Q) => (a: Q) => clamp(plus(a, b)),
    subtract: (b: Q) => (a: Q) => within(minus(a, b)),
    subtractSaturating: (b: Q) => (a: Q) => clamp(minus(a, b)),
    scale:
      (times: bigint, per: bigint = 1n) =>
      (a: Q) =>
        per === 0n
          ? E.left(limitExceeded({ what: noun, expected: 'a divisor above 0', actual: '0' }))
          : within(floorDivide(a * times, per)),
    Ord: fromCompare<Q>((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  });
};

/** The compiler takes sums and differences of a branded bigint for numbers; these widen first. */
const plus = (a: bigint, b: bigint): bigint => a + b;
const minus = (a: bigint, b: bigint): bigint => a - b;

/** Division rounded towards minus infinity, so that a small negative quotient is not taken for 0. */
const floorDivide = (over: bigint, under: bigint): bigint => {
  const quotient = over / under;
  return over % under !== 0n && over < 0n !== under < 0n ? quotient - 1n : quotient;
};

/** A number of bytes in an unsigned 64-bit field. @since 0.1.0 */
export type Bytes64 = bigint & t.Brand<{ readonly Bytes64: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Bytes64}.
 *
 * @example
 * ```ts
 * import { Bytes64 } from '@liquid/types'
 *
 * console.log(Bytes64.parse('16 EiB')._tag) // Left
 * console.log(Bytes64.print(Bytes64.clamp(1n << 60n))) // 1024 PiB
 * ```
 * @since 0.1.0
 */
export const Bytes64: BigQuantity<Bytes64> = /* @__PURE__ */ createBigQuantity<Bytes64>({
  name: 'Bytes64',
  noun: 'bytes',
  scale: DATA_SCALE,
});

/** A duration or time stamp in whole nanoseconds, as kernels and capture files hold them. @since 0.1.0 */
export type Nanoseconds = bigint & t.Brand<{ readonly Nanoseconds: unique symbol }>;

/**
 * Codec, text and arithmetic of {@link Nanoseconds}.
 *
 * @example
 * ```ts
 * import { Nanoseconds } from '@liquid/types'
 *
 * console.log(Nanoseconds.parse('1.5 ms')) // { _tag: 'Right', right: 1500000n }
 * ```
 * @since 0.1.0
 */
export const Nanoseconds: BigQuantity<Nanoseconds> = /* @__PURE__ */ createBigQuantity<Nanoseconds>(
  {
    name: 'Nanoseconds',
    noun: 'nanoseconds',
    scale: /* @__PURE__ */ timeScale('ns'),
  },
);
