/** Codecs that io-ts lacks: objects without unknown keys, whole numbers in a range, unions by kind. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

type Codecs<A, K extends keyof A> = {
  readonly [P in K]-?: t.Type<Exclude<A[P], undefined>, unknown>;
};
type RequiredKeys<A> = { [K in keyof A]-?: undefined extends A[K] ? never : K }[keyof A];
type OptionalKeys<A> = Exclude<keyof A, RequiredKeys<A>>;

interface Fields<A> {
  readonly required: Codecs<A, RequiredKeys<A>>;
  readonly optional?: Codecs<A, OptionalKeys<A>>;
  /** Keys of which at most one may be given. */
  readonly excludes?: ReadonlyArray<keyof A & string>;
}

const entry = (
  key: string,
  type: t.Decoder<unknown, unknown>,
  actual: unknown,
): t.ContextEntry => ({
  key,
  type,
  actual,
});

/**
 * An object with these fields and no others: a misspelt key of a description must not pass
 * unnoticed. What comes out is a new object with the known keys only.
 */
export const exact = <A extends object>(name: string, fields: Fields<A>): t.Type<A, unknown> => {
  const required = fields.required as Readonly<Record<string, t.Type<unknown, unknown>>>;
  const optional = (fields.optional ?? {}) as Readonly<Record<string, t.Type<unknown, unknown>>>;
  const codecs = new Map([...Object.entries(required), ...Object.entries(optional)]);
  const keys = [...codecs.keys()];
  const validate = (input: unknown, context: t.Context): t.Validation<A> => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return t.failure(input, context, name);
    }
    const errors: t.ValidationError[] = [];
    const result: Record<string, unknown> = {};
    const values = input as Readonly<Record<string, unknown>>;
    for (const [key, codec] of codecs) {
      const value = values[key];
      if (value === undefined && !(key in required)) continue;
      const field = codec.validate(value, t.appendContext(context, key, codec, value));
      if (E.isLeft(field)) errors.push(...field.left);
      else result[key] = field.right;
    }
    for (const key of Object.keys(values)) {
      if (codecs.has(key)) continue;
      const at = [...context, entry(key, t.undefined, values[key])];
      errors.push({ value: values[key], context: at, message: `one of ${keys.join(', ')}` });
    }
    const given = (fields.excludes ?? []).filter((key) => key in result);
    const [first, second] = given;
    if (first !== undefined && second !== undefined) {
      const at = [...context, entry(second, t.undefined, values[second])];
      errors.push({ value: values[second], context: at, message: `nothing beside ${first}` });
    }
    return errors.length > 0 ? t.failures(errors) : t.success(result as A);
  };
  const is = (value: unknown): value is A => E.isRight(validate(value, []));
  return new t.Type<A, unknown>(name, is, validate, t.identity);
};

/** A string or number that passes `test`; `expected` says in words what would. */
export const refined = <A>(
  base: t.Type<A, unknown>,
  test: (value: A) => boolean,
  expected: string,
): t.Type<A, unknown> => {
  const is = (value: unknown): value is A => base.is(value) && test(value);
  const validate = (input: unknown, context: t.Context): t.Validation<A> =>
    is(input) ? t.success(input) : t.failure(input, context, expected);
  return new t.Type<A, unknown>(expected, is, validate, t.identity);
};

/** A whole number from `least` to `most`. */
export const integerIn = (least: number, most: number, expected: string): t.Type<number, unknown> =>
  refined(
    t.number as t.Type<number, unknown>,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    expected,
  );

/** A union told apart by its `kind`, so that errors speak of the one that was meant. */
export const oneKind = <A extends { readonly kind: string }>(
  codecs: {
    readonly [K in A['kind']]: t.Type<Extract<A, { readonly kind: K }>, unknown>;
  },
): t.Type<A, unknown> => {
  const byKind = new Map<string, t.Type<A, unknown>>(Object.entries(codecs));
  const kinds = [...byKind.keys()].join(', ');
  const validate = (input: unknown, context: t.Context): t.Validation<A> => {
    if (typeof input !== 'object' || input === null) {
      return t.failure(input, context, `an object of kind ${kinds}`);
    }
    const { kind } = input as { readonly kind?: unknown };
    const codec = typeof kind === 'string' ? byKind.get(kind) : undefined;
    if (codec !== undefined) return codec.validate(input, context);
    const at = [...context, entry('kind', t.string, kind)];
    return t.failures([{ value: kind, context: at, message: `one of ${kinds}` }]);
  };
  const is = (value: unknown): value is A => E.isRight(validate(value, []));
  return new t.Type<A, unknown>(kinds, is, validate, t.identity);
};

/** An object used as a dictionary: every key passes `key`, every value `codec`. */
export const dictionary = <A>(
  name: string,
  key: t.Type<string, unknown>,
  codec: t.Type<A, unknown>,
): t.Type<Readonly<Record<string, A>>, unknown> => {
  type Dictionary = Readonly<Record<string, A>>;
  const validate = (input: unknown, context: t.Context): t.Validation<Dictionary> => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return t.failure(input, context, name);
    }
    const errors: t.ValidationError[] = [];
    const result: Record<string, A> = {};
    for (const [name, value] of Object.entries(input)) {
      const at = t.appendContext(context, name, codec, value);
      const field = codec.validate(value, at);
      if (!key.is(name)) errors.push({ value: name, context: at, message: key.name });
      else if (E.isLeft(field)) errors.push(...field.left);
      else result[name] = field.right;
    }
    return errors.length > 0 ? t.failures(errors) : t.success(result);
  };
  const is = (value: unknown): value is Dictionary => E.isRight(validate(value, []));
  return new t.Type<Dictionary, unknown>(name, is, validate, t.identity);
};

/** A list of any length. */
export const list = <A>(codec: t.Type<A, unknown>): t.Type<ReadonlyArray<A>, unknown> =>
  t.readonlyArray(codec);

/** One of some words. */
export const oneOf = <A extends string>(...words: readonly A[]): t.Type<A, unknown> => {
  const is = (value: unknown): value is A => (words as readonly unknown[]).includes(value);
  const expected = words.join(' or ');
  const validate = (input: unknown, context: t.Context): t.Validation<A> =>
    is(input) ? t.success(input) : t.failure(input, context, expected);
  return new t.Type<A, unknown>(expected, is, validate, t.identity);
};
