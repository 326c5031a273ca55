/** The inputs of a scenario together: one codec with defaults, and one reader of texts. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { type Decode, decodeError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import type { InputFields, InputOf } from './field.js';

const unknownField = (fields: InputFields, name: string): string => {
  const names = Object.keys(fields);
  const near = nearestNames(name, names);
  const offered = near.length > 0 ? near : names;
  return offered.length === 0 ? 'no input' : `one of the inputs ${offered.join(', ')}`;
};

/**
 * The codec of a whole set of inputs. A field that is missing, `undefined` or null takes its default;
 * a name that does not exist is refused, with the nearest ones offered.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { inputCodec, integerField } from '@liquid/types/scenario'
 *
 * const codec = inputCodec({
 *   window: integerField({ title: 'window', description: 'W-LSB width.', default: 4, min: 1, max: 256 }),
 * })
 * console.log(codec.decode({})) // { _tag: 'Right', right: { window: 4 } }
 * console.log(E.isLeft(codec.decode({ windw: 1 }))) // true
 * ```
 * @since 0.1.0
 */
export const inputCodec = <F extends InputFields>(
  fields: F,
): t.Type<InputOf<F>, Readonly<Record<string, unknown>>, unknown> => {
  const names = Object.keys(fields);
  const isInput = (value: unknown): value is InputOf<F> =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => {
      const field = fields[name];
      return (
        field !== undefined &&
        E.isRight(field.validate((value as Record<string, unknown>)[name], []))
      );
    });
  const codec: t.Type<InputOf<F>, Readonly<Record<string, unknown>>, unknown> = new t.Type(
    'inputs',
    isInput,
    (value, context) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return t.failure(value, context, 'an object of inputs');
      }
      const given = value as Readonly<Record<string, unknown>>;
      const errors: Array<t.ValidationError> = [];
      for (const key of Object.keys(given)) {
        if (!Object.hasOwn(fields, key)) {
          const at = t.appendContext(context, key, t.never, given[key]);
          errors.push({ value: given[key], context: at, message: unknownField(fields, key) });
        }
      }
      const out: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        const own = Object.hasOwn(given, name) ? given[name] : undefined;
        if (own === undefined || own === null) {
          out[name] = field.default;
          continue;
        }
        const result = field.validate(own, t.appendContext(context, name, t.unknown, own));
        if (E.isLeft(result)) errors.push(...result.left);
        else out[name] = result.right;
      }
      return errors.length > 0 ? t.failures(errors) : t.success(out as InputOf<F>);
    },
    (input) => {
      const out: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        const json = field.toJson((input as Readonly<Record<string, unknown>>)[name]);
        if (json !== undefined) out[name] = json;
      }
      return out;
    },
  );
  return codec;
};

/**
 * Reads a whole set of inputs from texts, as flags or a form give them. All complaints come back, one
 * per field, `path` being the field's name.
 *
 * @example
 * ```ts
 * import { integerField, parseInput } from '@liquid/types/scenario'
 *
 * const fields = {
 *   window: integerField({ title: 'window', description: 'W-LSB width.', default: 4, min: 1, max: 256 }),
 * }
 * console.log(parseInput(fields)({ window: '16' })) // { _tag: 'Right', right: { window: 16 } }
 * ```
 * @since 0.1.0
 */
export const parseInput =
  <F extends InputFields>(fields: F) =>
  (
    texts: Readonly<Record<string, string>>,
  ): E.Either<readonly [Decode, ...ReadonlyArray<Decode>], InputOf<F>> => {
    const errors: Array<Decode> = [];
    const out: Record<string, unknown> = {};
    for (const name of Object.keys(texts)) {
      if (Object.hasOwn(fields, name)) continue;
      const expected = unknownField(fields, name);
      errors.push(decodeError({ what: 'input', path: name, expected, actualText: `"${name}"` }));
    }
    for (const [name, field] of Object.entries(fields)) {
      const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
      const result = text === undefined ? E.right(field.default) : field.fromText(text);
      if (E.isRight(result)) out[name] = result.right;
      else errors.push({ ...result.left, path: name });
    }
    const [first, ...rest] = errors;
    return first === undefined ? E.right(out as InputOf<F>) : E.left([first, ...rest]);
  };
