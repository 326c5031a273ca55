/** Codecs of options: objects without unknown keys, defaults filled in, numbers within ranges. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** A codec from outside values; what comes out has every default filled in. */
export type OptionCodec<A> = t.Type<A, unknown>;

type Fields<A> = { readonly [K in keyof A]-?: OptionCodec<A[K]> };

/**
 * An object with these fields and no others: a misspelt option must not pass unnoticed. A field whose
 * codec accepts `undefined` may be missing.
 */
export const optionsCodec = <A extends object>(name: string, fields: Fields<A>): OptionCodec<A> => {
  const codecs = new Map<string, OptionCodec<unknown>>(Object.entries(fields));
  const expected = `one of ${[...codecs.keys()].join(', ')}`;
  const validate = (input: unknown, context: t.Context): t.Validation<A> => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return t.failure(input, context, `${name}: an object`);
    }
    const errors: t.ValidationError[] = [];
    const result: Record<string, unknown> = {};
    const values = input as Readonly<Record<string, unknown>>;
    for (const [key, codec] of codecs) {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      const field = codec.validate(value, t.appendContext(context, key, codec, value));
      if (E.isLeft(field)) errors.push(...field.left);
      else if (field.right !== undefined) result[key] = field.right;
    }
    for (const key of Object.keys(values)) {
      if (codecs.has(key)) continue;
      const at = t.appendContext(context, key, t.undefined, values[key]);
      errors.push({ value: values[key], context: at, message: expected });
    }
    return errors.length > 0 ? t.failures(errors) : t.success(result as A);
  };
  const is = (value: unknown): value is A => E.isRight(validate(value, []));
  return new t.Type<A, unknown>(name, is, validate, t.identity);
};

/** A value that passes `test`; `expected` says in words what would. */
export const refined = <A>(
  base: OptionCodec<A>,
  test: (value: A) => boolean,
  expected: string,
): OptionCodec<A> => {
  const is = (value: unknown): value is A => base.is(value) && test(value);
  const validate = (input: unknown, context: t.Context): t.Validation<A> =>
    is(input) ? t.success(input) : t.failure(input, context, expected);
  return new t.Type<A, unknown>(expected, is, validate, t.identity);
};

/** A finite number from `least` to `most`. */
export const numberIn = (least: number, most: number): OptionCodec<number> =>
  refined(
    t.number as OptionCodec<number>,
    (value) => value >= least && value <= most,
    `a number from ${least} to ${most}`,
  );

/** A whole number from `least` to `most`. */
export const integerIn = (least: number, most: number): OptionCodec<number> =>
  refined(
    t.number as OptionCodec<number>,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    `a whole number from ${least} to ${most}`,
  );

/** One of some words. */
export const oneOf = <A extends string>(...words: ReadonlyArray<A>): OptionCodec<A> => {
  const is = (value: unknown): value is A => (words as ReadonlyArray<unknown>).includes(value);
  const expected = words.join(' or ');
  const validate = (input: unknown, context: t.Context): t.Validation<A> =>
    is(input) ? t.success(input) : t.failure(input, context, expected);
  return new t.Type<A, unknown>(expected, is, validate, t.identity);
};

/** A value that may be missing and is `fallback` then. */
export const withDefault = <A>(codec: OptionCodec<A>, fallback: A): OptionCodec<A> =>
  new t.Type<A, unknown>(
    codec.name,
    (value): value is A => codec.is(value),
    (input, context) =>
      input === undefined ? t.success(fallback) : codec.validate(input, context),
    t.identity,
  );

/** A value that may be missing. */
export const maybe = <A>(codec: OptionCodec<A>): OptionCodec<A | undefined> =>
  new t.Type<A | undefined, unknown>(
    codec.name,
    (value): value is A | undefined => value === undefined || codec.is(value),
    (input, context) =>
      input === undefined ? t.success(undefined) : codec.validate(input, context),
    t.identity,
  );
