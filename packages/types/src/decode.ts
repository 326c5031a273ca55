/** io-ts validation errors, turned into one `Decode` that says where, what was expected, what came. */

import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { abbreviate, safeText } from './internal/text.js';

/** Expected types listed for one place before "…": a union of fifty literals is no sentence. */
const MAX_ALTERNATIVES = 8;

/** Path segments and texts from outside are cut at this length. */
const SEGMENT_LIMIT = 60;

interface Problem {
  readonly path: string;
  readonly depth: number;
  readonly expected: string;
  readonly actual: string;
}

/** Types that pass a value through to the one type inside hide what that type does with context. */
const WRAPPERS = ['ReadonlyType', 'ExactType', 'RefinementType', 'RecursiveType'];

/** Deeper wrapping than this is no type that a person wrote. */
const MAX_WRAPPERS = 16;

const tagOf = (type: unknown): string | undefined => {
  let at = type as { readonly _tag?: unknown; readonly type?: unknown };
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    if (typeof at?._tag !== 'string') return undefined;
    if (!WRAPPERS.includes(at._tag)) return at._tag;
    at = at.type as typeof at;
  }
  return undefined;
};

const isBranching = (type: unknown): boolean => {
  const tag = tagOf(type);
  return tag === 'UnionType' || tag === 'IntersectionType';
};

/** The keys that lead to the value, without the entries that io-ts adds for branches. */
const realKeys = (context: t.Context): ReadonlyArray<string> => {
  const keys: Array<string> = [];
  for (let i = 1; i < context.length; i++) {
    const entry = context[i];
    if (entry !== undefined && !isBranching(context[i - 1]?.type)) keys.push(entry.key);
  }
  return keys;
};

const renderPath = (keys: ReadonlyArray<string>): string => {
  let path = '';
  for (const key of keys) {
    if (/^\d+$/.test(key)) path += `[${safeText(key, SEGMENT_LIMIT)}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key))
      path += `${path === '' ? '' : '.'}${safeText(key, SEGMENT_LIMIT)}`;
    else path += `[${abbreviate(key)}]`;
  }
  return path;
};

const problemOf = (error: t.ValidationError): Problem => {
  const keys = realKeys(error.context);
  const type = error.context[error.context.length - 1]?.type;
  return {
    path: renderPath(keys),
    depth: keys.length,
    expected: safeText(error.message ?? type?.name ?? 'another value', 300),
    actual: abbreviate(error.value),
  };
};

/** Errors that share the entry at `level`, in their first order. */
const groupByKey = (
  errors: ReadonlyArray<t.ValidationError>,
  level: number,
): ReadonlyArray<ReadonlyArray<t.ValidationError>> => {
  const groups = new Map<string, Array<t.ValidationError>>();
  for (const error of errors) {
    const key = error.context[level]?.key ?? '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [error]);
    else group.push(error);
  }
  return [...groups.values()];
};

/** Same place, several complaints: one that offers all alternatives. */
const joinAlternatives = (problems: ReadonlyArray<Problem>, first: Problem): Problem => {
  const names = [...new Set(problems.map((problem) => problem.expected))];
  const shown = names.slice(0, MAX_ALTERNATIVES);
  const more = names.length > shown.length ? ' or …' : '';
  return { ...first, expected: `${shown.join(' or ')}${more}` };
};

/**
 * The branch of a union that the author most likely meant: the one whose complaint lies deepest,
 * for its outer parts fitted; among equals the one with the fewest complaints. When every branch
 * complains about the same place, all of them are offered.
 */
const bestBranch = (branches: ReadonlyArray<ReadonlyArray<Problem>>): ReadonlyArray<Problem> => {
  const depthOf = (branch: ReadonlyArray<Problem>): number =>
    branch.reduce((least, problem) => Math.min(least, problem.depth), Number.MAX_SAFE_INTEGER);
  const sorted = [...branches].sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length);
  const best = sorted[0];
  const first = best?.[0];
  if (best === undefined || first === undefined) return [];
  const samePlace = branches.flat().filter((problem) => problem.path === first.path);
  return best.length === 1 && samePlace.length > 1 ? [joinAlternatives(samePlace, first)] : best;
};

const collect = (
  errors: ReadonlyArray<t.ValidationError>,
  level: number,
): ReadonlyArray<Problem> => {
  const first = errors[0];
  if (first === undefined) return [];
  const type = first.context[level]?.type;
  const nested = errors.filter((error) => error.context.length > level + 1);
  const here = errors.filter((error) => error.context.length <= level + 1).map(problemOf);
  if (nested.length === 0) return here;
  const groups = groupByKey(nested, level + 1).map((group) => collect(group, level + 1));
  return [...here, ...(tagOf(type) === 'UnionType' ? bestBranch(groups) : groups.flat())];
};

const toDecode = (problem: Problem, what: string | undefined, more: number): Decode => {
  const rest = more > 0 ? ` (and ${more} more)` : '';
  const place = problem.path === '' ? '' : ` at ${problem.path}`;
  const message = `${what ?? 'input'}${place}: expected ${problem.expected}, got ${problem.actual}${rest}`;
  return decodeError({
    message,
    path: problem.path,
    expected: problem.expected,
    actualText: problem.actual,
  });
};

/**
 * All complaints of a failed io-ts decode, one `Decode` per place, in the order of the codec; of a
 * union only those of the branch that fits best. Never empty. Forms show these beside their fields.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { listDecodeErrors } from '@liquid/types'
 *
 * const Link = t.type({ name: t.string, mtu: t.number })
 * const result = Link.decode({ mtu: '1500' })
 * if (E.isLeft(result)) console.log(listDecodeErrors()(result.left).map((error) => error.path))
 * // [ 'name', 'mtu' ]
 * ```
 * @since 0.1.0
 */
export const listDecodeErrors =
  (what?: string) =>
  (errors: t.Errors): readonly [Decode, ...ReadonlyArray<Decode>] => {
    const problems = collect(errors, 0);
    const [first, ...rest] = problems.map((problem) => toDecode(problem, what, 0));
    return [first ?? decodeError({ what, expected: 'another value', actualText: 'this' }), ...rest];
  };

/**
 * One `Decode` for a failed io-ts decode: the first complaint with its path (`links[0].rate`), what
 * was expected and what came, and how many more there are. Of a union the branch that fits best
 * speaks; where none gets further than another, all alternatives are offered. Values are
 * abbreviated, so a message stays short however large the input.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { fromDecodeErrors } from '@liquid/types'
 *
 * const Plan = t.type({ links: t.array(t.type({ rate: t.union([t.number, t.null]) })) })
 * const result = Plan.decode({ links: [{ rate: 'fast' }] })
 * if (E.isLeft(result)) console.log(fromDecodeErrors('plan')(result.left).message)
 * // plan at links[0].rate: expected number or null, got "fast"
 * ```
 * @since 0.1.0
 */
export const fromDecodeErrors =
  (what?: string) =>
  (errors: t.Errors): Decode => {
    const problems = collect(errors, 0);
    const first = problems[0];
    return first === undefined
      ? decodeError({ what, expected: 'another value', actualText: 'this' })
      : toDecode(first, what, problems.length - 1);
  };

/**
 * Decodes an outside value: io-ts with the error of this house.
 *
 * @param codec - what is accepted
 * @param what - the subject of the error's sentence, as in `configuration`
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import { decode } from '@liquid/types'
 *
 * console.log(decode(t.array(t.number))([1, 2])) // { _tag: 'Right', right: [ 1, 2 ] }
 * ```
 * @since 0.1.0
 */
export const decode =
  <A, O, I>(codec: t.Type<A, O, I>, what?: string) =>
  (value: I): E.Either<Decode, A> => {
    try {
      const result = codec.decode(value);
      return E.isRight(result) ? result : E.left(fromDecodeErrors(what)(result.left));
    } catch {
      // io-ts reads properties: a getter or proxy of a live object may throw.
      return E.left(decodeError({ what, expected: codec.name, actualText: 'unreadable value' }));
    }
  };

/** Longest JSON text that {@link decodeJson} parses unless told otherwise: 16 MiB. @since 0.1.0 */
export const DEFAULT_JSON_LIMIT = 16 * 1024 * 1024;

/**
 * Parses a JSON text and decodes it.
 *
 * @param options - `what` is the subject of the error's sentence; `limit` the longest text taken, in
 *   UTF-16 units (default {@link DEFAULT_JSON_LIMIT})
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { decodeJson } from '@liquid/types'
 *
 * const result = decodeJson(t.number, { what: 'reply' })('{')
 * console.log(E.isLeft(result) && result.left.message) // reply: expected JSON, got "{"
 * ```
 * @since 0.1.0
 */
export const decodeJson =
  <A, O>(
    codec: t.Type<A, O, unknown>,
    options: { readonly what?: string; readonly limit?: number } = {},
  ) =>
  (text: string): E.Either<Decode, A> => {
    const limit = options.limit ?? DEFAULT_JSON_LIMIT;
    const { what } = options;
    if (text.length > limit) {
      const actualText = `${text.length} characters`;
      return E.left(
        decodeError({ what, expected: `at most ${limit} characters of JSON`, actualText }),
      );
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return E.left(decodeError({ what, expected: 'JSON', actual: text }));
    }
    return decode(codec, what)(value);
  };
