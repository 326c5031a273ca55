/** Inputs of a scenario, field by field: enough is said for a form or a set of flags to be made. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { fromDecodeErrors } from '../decode.js';
import { type Decode, decodeError } from '../errors.js';
import type { Quantity } from '../quantity.js';

/** What kind of control a field is. @since 0.1.0 */
export type FieldKind = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'quantity' | 'file';

/**
 * A file that the user gives, as a name that the runner resolves through `context.readInput`: a path
 * in the terminal, the name of an upload on the page.
 *
 * @since 0.1.0
 */
export type InputFile = string & t.Brand<{ readonly InputFile: unique symbol }>;

/**
 * One input: how it is called and explained, how it is read from JSON and from text, and what it is
 * when nobody says. Made by the functions of this file.
 *
 * @typeParam A - the value that `run` gets
 * @since 0.1.0
 */
export interface InputField<A> {
  readonly kind: FieldKind;
  /** A few words, as a form's label. */
  readonly title: string;
  /** One sentence: what it changes, with units and limits. */
  readonly description: string;
  /** The value when it is not given. */
  readonly default: A;
  /** The base unit, where there is one. */
  readonly unit?: string;
  /** Least value of numbers. */
  readonly min?: number;
  /** Greatest value of numbers. */
  readonly max?: number;
  /** The values to choose from, each with its title. */
  readonly choices?: ReadonlyArray<{ readonly value: string; readonly title: string }>;
  /** File name extensions with the dot, as in `.pcap`; a hint for file dialogs. */
  readonly accepts?: ReadonlyArray<string>;
  /** Checks the JSON form. */
  readonly validate: (value: unknown, context: t.Context) => t.Validation<A>;
  /** Reads what a person typed. */
  readonly fromText: (text: string) => E.Either<Decode, A>;
  // Methods, so that a field of a narrower type fits where fields of any type are listed.
  /** The JSON form. */
  toJson(value: A): unknown;
  /** The text form, which `fromText` reads back. Empty for a file that is not given. */
  toText(value: A): string;
}

/** The inputs of a scenario by name, in camelCase; flags are the same names in kebab-case. @since 0.1.0 */
export type InputFields = Readonly<Record<string, InputField<unknown>>>;

/** The values that `run` gets for these fields. @since 0.1.0 */
export type InputOf<F extends InputFields> = {
  readonly [K in keyof F]: F[K] extends InputField<infer A> ? A : never;
};

/** What all field makers take. @since 0.1.0 */
export interface FieldOptions<A> {
  readonly title: string;
  readonly description: string;
  readonly default: A;
}

const accept = <A>(
  is: (value: unknown) => value is A,
  expected: string,
): InputField<A>['validate'] => {
  return (value, context) => (is(value) ? t.success(value) : t.failure(value, context, expected));
};

const readVia =
  <A>(codec: t.Type<A, unknown, unknown>, validate: InputField<A>['validate'], what: string) =>
  (value: unknown, text: string): E.Either<Decode, A> => {
    const result = validate(value, [{ key: '', type: codec }]);
    if (E.isRight(result)) return result;
    const { expected } = fromDecodeErrors(what)(result.left);
    return E.left(decodeError({ what, expected, actual: text }));
  };

/** Limits of a number field. @since 0.1.0 */
export interface NumberOptions extends FieldOptions<number> {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
}

const numeric = (kind: 'number' | 'integer', options: NumberOptions): InputField<number> => {
  const min = options.min ?? Number.NEGATIVE_INFINITY;
  const max = options.max ?? Number.POSITIVE_INFINITY;
  const noun = kind === 'integer' ? 'a whole number' : 'a number';
  const bounds = [
    options.min === undefined ? '' : ` from ${min}`,
    options.max === undefined ? '' : ` to ${max}`,
  ];
  const is = (value: unknown): value is number =>
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    (kind === 'number' || Number.isSafeInteger(value));
  const validate = accept(is, `${noun}${bounds.join('')}`);
  const read = readVia(t.number, validate, options.title);
  return {
    ...options,
    kind,
    validate,
    // Number('') is 0 and Number('0x10') is 16: neither is what a person means by a number.
    fromText: (text) =>
      read(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : text, text),
    toJson: (value) => value,
    toText: String,
  };
};

/**
 * A number, whole or not.
 *
 * @example
 * ```ts
 * import { numberField } from '@liquid/types/scenario'
 *
 * const loss = numberField({
 *   title: 'loss',
 *   description: 'Share of packets lost, in percent.',
 *   default: 1,
 *   min: 0,
 *   max: 100,
 * })
 * console.log(loss.fromText('2.5')) // { _tag: 'Right', right: 2.5 }
 * ```
 * @since 0.1.0
 */
export const numberField = (options: NumberOptions): InputField<number> =>
  numeric('number', options);

/** A whole number between ±(2^53 − 1). @since 0.1.0 */
export const integerField = (options: NumberOptions): InputField<number> =>
  numeric('integer', options);

/** Longest text field: a name or an expression, not a document. */
const MAX_TEXT = 4096;

/** A line of text of at most 4,096 UTF-16 units. @since 0.1.0 */
export const textField = (options: FieldOptions<string>): InputField<string> => {
  const is = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= MAX_TEXT;
  const validate = accept(is, `text of at most ${MAX_TEXT} characters`);
  const read = readVia(t.string, validate, options.title);
  return {
    ...options,
    kind: 'text',
    validate,
    fromText: (text) => read(text, text),
    toJson: (value) => value,
    toText: (value) => value,
  };
};

/** Yes or no: a check box, a flag without a value. @since 0.1.0 */
export const booleanField = (options: FieldOptions<boolean>): InputField<boolean> => {
  const validate = accept(t.boolean.is, 'true or false');
  const read = readVia(t.boolean, validate, options.title);
  return {
    ...options,
    kind: 'boolean',
    validate,
    fromText: (text) => {
      const word = text.trim().toLowerCase();
      const yes = ['true', 'yes', 'on', '1', ''].includes(word);
      return read(yes || (['false', 'no', 'off', '0'].includes(word) ? false : text), text);
    },
    toJson: (value) => value,
    toText: String,
  };
};

/**
 * One of several named values.
 *
 * @example
 * ```ts
 * import { choiceField } from '@liquid/types/scenario'
 *
 * const policy = choiceField({
 *   title: 'policy',
 *   description: 'When acknowledgements are held back.',
 *   choices: { moreData: 'while more data is announced', opportunistic: 'never' },
 *   default: 'moreData',
 * })
 * console.log(policy.fromText('never')._tag) // Left
 * ```
 * @since 0.1.0
 */
export const choiceField = <K extends string>(
  options: Omit<FieldOptions<K>, 'default'> & {
    /** The values and their titles, in the order in which they are offered. */
    readonly choices: Readonly<Record<K, string>>;
    readonly default: NoInfer<K>;
  },
): InputField<K> => {
  const names = Object.keys(options.choices);
  const is = (value: unknown): value is K =>
    typeof value === 'string' && Object.hasOwn(options.choices, value);
  const validate = accept(is, names.join(' or '));
  const read = readVia(t.string as t.Type<unknown, unknown, unknown>, validate, options.title);
  return {
    ...options,
    kind: 'choice',
    choices: names.map((value) => ({ value, title: options.choices[value as K] })),
    validate,
    fromText: (text) => read(text, text) as E.Either<Decode, K>,
    toJson: (value) => value,
    toText: (value) => value,
  };
};

/**
 * A quantity with its unit, as text (`5 Mbit/s`) or as a number in the base unit.
 *
 * @example
 * ```ts
 * import { BitsPerSecond } from '@liquid/types'
 * import { quantityField } from '@liquid/types/scenario'
 *
 * const rate = quantityField({
 *   quantity: BitsPerSecond,
 *   title: 'rate',
 *   description: 'Rate of the bottleneck.',
 *   default: BitsPerSecond.clamp(10e6),
 * })
 * console.log(rate.fromText('5 Mbit/s'), rate.toText(rate.default))
 * // { _tag: 'Right', right: 5000000 } 10 Mbit/s
 * ```
 * @since 0.1.0
 */
export const quantityField = <Q extends number>(
  options: FieldOptions<Q> & {
    readonly quantity: Quantity<Q>;
    readonly min?: Q;
    readonly max?: Q;
  },
): InputField<Q> => {
  const { quantity, ...rest } = options;
  const min = options.min ?? quantity.zero;
  const max = options.max ?? quantity.max;
  const limited = options.min !== undefined || options.max !== undefined;
  const range = limited
    ? `${quantity.print(min)} to ${quantity.print(max)}`
    : `${quantity.name}, as in ${quantity.print(options.default)}`;
  const validate: InputField<Q>['validate'] = (value, context) => {
    const result = quantity.FromText.validate(value, context);
    return E.isRight(result) && (result.right < min || result.right > max)
      ? t.failure(value, context, range)
      : result;
  };
  const read = readVia(quantity, validate, options.title);
  return {
    ...rest,
    kind: 'quantity',
    unit: quantity.symbol,
    min,
    max,
    validate,
    fromText: (text) => read(text, text),
    toJson: (value) => quantity.print(value),
    toText: (value) => quantity.print(value),
  };
};

/**
 * A file. It may always be left out: the scenario then takes the sample that it ships, which
 * `description` names.
 *
 * @since 0.1.0
 */
export const fileField = (
  options: Omit<FieldOptions<undefined>, 'default'> & {
    readonly accepts?: ReadonlyArray<string>;
  },
): InputField<InputFile | undefined> => {
  const is = (value: unknown): value is InputFile | undefined =>
    value === undefined ||
    (typeof value === 'string' &&
      value !== '' &&
      value.length <= MAX_TEXT &&
      !value.includes('\0'));
  const validate = accept(is, 'the name of a file');
  const read = readVia(t.unknown, validate, options.title);
  return {
    ...options,
    kind: 'file',
    default: undefined,
    validate,
    fromText: (text) => read(text, text) as E.Either<Decode, InputFile | undefined>,
    toJson: (value) => value,
    toText: (value) => value ?? '',
  };
};
