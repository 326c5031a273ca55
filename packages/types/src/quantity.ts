/** What a quantity is: a branded number with a range, a unit, exact text forms and safe arithmetic. */

import * as E from 'fp-ts/lib/Either.js';
import * as N from 'fp-ts/lib/number.js';
import type { Ord } from 'fp-ts/lib/Ord.js';
import { contramap } from 'fp-ts/lib/Ord.js';
import * as t from 'io-ts';

import { type Decode, decodeError, limitExceeded, type LimitExceeded } from './errors.js';
import { formatApproximate, formatExact, parseAmount } from './internal/scale.js';
import type { Scale } from './scale.js';

/**
 * A quantity: the io-ts codec of a branded number (decoding checks the range, JSON holds the plain
 * number in the base unit) together with everything one does to it. Data comes last, for `pipe`.
 *
 * Ranges begin at zero: a difference that would be negative is an error or is cut at zero, and which
 * of the two is in the function's name.
 *
 * @typeParam Q - the branded number, as in {@link Bytes}
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { Bytes } from '@liquid/types'
 *
 * const total = pipe(
 *   Bytes.parse('64 KiB'),
 *   E.chainW(Bytes.add(Bytes.clamp(512))),
 *   E.map(Bytes.print),
 * )
 * console.log(total) // { _tag: 'Right', right: '66048 B' }
 * ```
 * @since 0.1.0
 */
export interface Quantity<Q extends number> extends t.Type<Q, number, unknown> {
  /** The base unit as printed, as in `B`; empty for bare counts. */
  readonly symbol: string;
  /** The range in words, as an error says it. */
  readonly range: string;
  /** Whether only whole numbers are values. */
  readonly whole: boolean;
  readonly zero: Q;
  /** The largest value. */
  readonly max: Q;
  /** Checks a number. */
  readonly of: (value: number) => E.Either<Decode, Q>;
  /**
   * Total: the nearest value. NaN gives zero, the rest is cut to the range, whole quantities are
   * rounded (halves up). For constants and for measurements that noise may push out of range.
   */
  readonly clamp: (value: number) => Q;
  /** Text with a unit, exactly: `64 KiB`, `1.5 MB`, `5 Mbit/s`; a bare number is in the base unit. */
  readonly parse: (text: string) => E.Either<Decode, Q>;
  /** Exact text in the best-fitting unit; `parse` gives the same value back. */
  readonly print: (quantity: Q) => string;
  /** Text for people, rounded to `digits` significant digits (default 3, from 1 to 15). */
  readonly approximate: (quantity: Q, digits?: number) => string;
  /** Sum, or `LimitExceeded` above `max`. */
  readonly add: (b: Q) => (a: Q) => E.Either<LimitExceeded, Q>;
  /** Sum, cut at `max`. */
  readonly addSaturating: (b: Q) => (a: Q) => Q;
  /** `a − b`, or `LimitExceeded` below zero. */
  readonly subtract: (b: Q) => (a: Q) => E.Either<LimitExceeded, Q>;
  /** `a − b`, cut at zero. */
  readonly subtractSaturating: (b: Q) => (a: Q) => Q;
  /**
   * `a × factor`, whole quantities rounded (halves up), or `LimitExceeded` when the product leaves
   * the range or the factor is negative or not finite.
   */
  readonly scale: (factor: number) => (a: Q) => E.Either<LimitExceeded, Q>;
  /** Sum of all, or `LimitExceeded`; zero for none. */
  readonly sum: (all: Iterable<Q>) => E.Either<LimitExceeded, Q>;
  readonly Ord: Ord<Q>;
  /** Codec for configuration: takes the number or its text, encodes to exact text. */
  readonly FromText: t.Type<Q, string, unknown>;
}

/**
 * What makes a quantity.
 *
 * @since 0.1.0
 */
export interface QuantityOptions {
  /** The codec's name, as in `Bytes`. */
  readonly name: string;
  /** Plural noun for errors, as in `bytes`. */
  readonly noun: string;
  /** Whether fractions are refused. */
  readonly whole: boolean;
  /** Largest value; default 2^53 − 1, up to which whole numbers are exact. */
  readonly max?: number;
  /** The units that text may use; the first is the base unit. */
  readonly scale: Scale;
}

/**
 * Makes a quantity. Packages use it for units of their own; the common ones are in this package.
 *
 * @example
 * ```ts
 * import type { Brand } from 'io-ts'
 * import { createQuantity } from '@liquid/types'
 *
 * type Symbols = number & Brand<{ readonly Symbols: unique symbol }>
 * const Symbols = createQuantity<Symbols>({
 *   name: 'Symbols',
 *   noun: 'symbols',
 *   whole: true,
 *   scale: [{ symbol: 'symbols', times: [1n, 1n], approximate: true }],
 * })
 * console.log(Symbols.print(Symbols.clamp(42))) // 42 symbols
 * ```
 * @since 0.1.0
 */
export const createQuantity = <Q extends number>(options: QuantityOptions): Quantity<Q> => {
  const { name, noun, whole, scale } = options;
  const max = options.max ?? Number.MAX_SAFE_INTEGER;
  const upTo = max === Number.MAX_SAFE_INTEGER ? '2^53 − 1' : String(max);
  const range = `${whole ? 'a whole number of ' : ''}${noun} from 0 to ${upTo}`;

  const isValue = (value: unknown): value is Q =>
    typeof value === 'number' && value >= 0 && value <= max && (!whole || Number.isInteger(value));
  // Adding zero turns -0 into 0, so that equal quantities are the same number.
  const brand = (value: number): Q => (value + 0) as Q;
  const refuse = (actual: unknown): Decode => decodeError({ what: name, expected: range, actual });
  const of = (value: number): E.Either<Decode, Q> =>
    isValue(value) ? E.right(brand(value)) : E.left(refuse(value));
  const clamp = (value: number): Q => {
    if (!(value > 0)) return brand(0);
    return brand(Math.min(whole ? Math.round(value) : value, max));
  };
  const exceed = (actual: number): LimitExceeded =>
    limitExceeded({
      what: noun,
      expected: actual < 0 ? 'at least 0' : max,
      actual: String(actual),
    });
  const within = (value: number): E.Either<LimitExceeded, Q> =>
    value >= 0 && value <= max ? E.right(brand(value)) : E.left(exceed(value));
  const parse = (text: string): E.Either<Decode, Q> => {
    const amount = parseAmount(scale, whole)(text);
    if (amount._tag === 'failure') {
      return E.left(decodeError({ what: name, expected: amount.expected, actual: text }));
    }
    return isValue(amount.value) ? E.right(brand(amount.value)) : E.left(refuse(text));
  };
  const print = (quantity: Q): string =>
    formatExact(scale, quantity, (text) => {
      const back = parse(text);
      return E.isRight(back) && back.right === quantity;
    });
  const sum = (all: Iterable<Q>): E.Either<LimitExceeded, Q> => {
    let total = 0;
    for (const quantity of all) {
      total += quantity;
      if (total > max) return E.left(exceed(total));
    }
    return within(total);
  };

  const codec = new t.Type<Q, number, unknown>(
    name,
    isValue,
    (value, context) =>
      isValue(value) ? t.success(brand(value)) : t.failure(value, context, range),
    t.identity,
  );
  const FromText = new t.Type<Q, string, unknown>(
    `${name}FromText`,
    isValue,
    (value, context) => {
      if (typeof value === 'number') return codec.validate(value, context);
      const result = typeof value === 'string' ? parse(value) : E.left(refuse(value));
      return E.isRight(result)
        ? t.success(result.right)
        : t.failure(value, context, result.left.expected);
    },
    print,
  );

  return Object.assign(codec, {
    symbol: scale[0].symbol,
    range,
    whole,
    zero: brand(0),
    max: brand(max),
    of,
    clamp,
    parse,
    print,
    approximate: (quantity: Q, digits = 3): string => formatApproximate(scale, quantity, digits),
    add: (b: Q) => (a: Q) => within(a + b),
    addSaturating: (b: Q) => (a: Q) => clamp(a + b),
    subtract: (b: Q) => (a: Q) => within(a - b),
    subtractSaturating: (b: Q) => (a: Q) => clamp(a - b),
    scale: (factor: number) => (a: Q) =>
      factor >= 0
        ? within(whole ? Math.round(a * factor) : a * factor)
        : E.left(limitExceeded({ what: 'factor', expected: 'at least 0', actual: factor })),
    sum,
    Ord: contramap((quantity: Q): number => quantity)(N.Ord),
    FromText,
  });
};
