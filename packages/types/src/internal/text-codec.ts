/** io-ts codecs of values whose one canonical form is a text. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import type { Decode } from '../errors.js';

/** The codec of a branded canonical string: decoding accepts every spelling, `is` the canonical one. */
export const textCodec = <A extends string>(
  name: string,
  parse: (text: string) => E.Either<Decode, A>,
): t.Type<A, string, unknown> =>
  new t.Type(
    name,
    (value): value is A => {
      if (typeof value !== 'string') return false;
      const result = parse(value);
      return E.isRight(result) && result.right === value;
    },
    (value, context) => {
      if (typeof value !== 'string') return t.failure(value, context, `${name} as text`);
      const result = parse(value);
      return E.isRight(result)
        ? t.success(result.right)
        : t.failure(value, context, result.left.expected);
    },
    t.identity,
  );

/** The codec of a structured value that is written as text. */
export const structureCodec = <A>(
  name: string,
  is: (value: unknown) => value is A,
  parse: (text: string) => E.Either<Decode, A>,
  print: (value: A) => string,
): t.Type<A, string, unknown> =>
  new t.Type(
    name,
    is,
    (value, context) => {
      if (is(value)) return t.success(value);
      if (typeof value !== 'string') return t.failure(value, context, `${name} as text`);
      const result = parse(value);
      return E.isRight(result)
        ? t.success(result.right)
        : t.failure(value, context, result.left.expected);
    },
    print,
  );
