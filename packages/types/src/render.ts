/** Errors as text for people and as plain JSON for programs, safe on whatever they contain. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { isTagged, type Tagged } from './errors.js';
import { abbreviate, safeText } from './internal/text.js';

/** Causes shown below the first message; deeper ones rarely help and cycles would never end. */
const MAX_CAUSES = 8;

/** A line longer than this is no line that a person reads. */
const MAX_LINE = 1000;

/** Fields carried into {@link RenderedError} besides tag, message, remedy and cause. */
const PLACE_FIELDS = ['offset', 'path', 'expected', 'actual', 'errno', 'code'] as const;

/**
 * An error as plain JSON: the shape in which `--json` prints one, with every text escaped and cut.
 *
 * @since 0.1.0
 */
export interface RenderedError {
  readonly _tag: string;
  readonly message: string;
  readonly remedy?: string;
  readonly offset?: string | number;
  readonly path?: string | number;
  readonly expected?: string | number;
  readonly actual?: string | number;
  readonly errno?: string | number;
  readonly code?: string | number;
  readonly cause?: RenderedError;
}

const textOrNumber = t.union([t.string, t.number]);

/**
 * Codec of {@link RenderedError}, for programs that read what a CLI or server of ours printed.
 *
 * @example
 * ```ts
 * import { describeError, notFound, RenderedError } from '@liquid/types'
 *
 * const json = JSON.stringify(describeError(notFound({ what: 'file', path: 'a.pcap' })))
 * console.log(RenderedError.is(JSON.parse(json))) // true
 * ```
 * @since 0.1.0
 */
export const RenderedError: t.Type<RenderedError> = t.recursion('RenderedError', () =>
  t.intersection([
    t.type({ _tag: t.string, message: t.string }),
    t.partial({
      remedy: t.string,
      offset: textOrNumber,
      path: textOrNumber,
      expected: textOrNumber,
      actual: textOrNumber,
      errno: textOrNumber,
      code: textOrNumber,
      cause: RenderedError,
    }),
  ]),
) as t.Type<RenderedError>;

type Fields = { readonly [key: string]: unknown };

const read = (value: object, key: string): unknown => {
  try {
    return (value as Fields)[key];
  } catch {
    return undefined;
  }
};

const describe = (value: unknown, depth: number): RenderedError => {
  if (typeof value !== 'object' || value === null) {
    return {
      _tag: 'Unknown',
      message: typeof value === 'string' ? safeText(value, MAX_LINE) : abbreviate(value),
    };
  }
  const tag = read(value, '_tag');
  const name = read(value, 'name');
  const message = read(value, 'message');
  const out: Record<string, unknown> = {
    _tag: safeText(typeof tag === 'string' ? tag : typeof name === 'string' ? name : 'Unknown', 80),
    message: typeof message === 'string' ? safeText(message, MAX_LINE) : abbreviate(value),
  };
  const remedy = read(value, 'remedy');
  if (typeof remedy === 'string') out['remedy'] = safeText(remedy, MAX_LINE);
  for (const key of PLACE_FIELDS) {
    const field = read(value, key);
    if (typeof field === 'string') out[key] = safeText(field, MAX_LINE);
    else if (typeof field === 'bigint') out[key] = abbreviate(field).slice(0, -1);
    // JSON has no NaN, infinities or -0: it would print null, and 0.
    else if (typeof field === 'number')
      out[key] = Number.isFinite(field) ? field + 0 : String(field);
  }
  const cause = read(value, 'cause');
  if (cause !== undefined && cause !== null && depth < MAX_CAUSES) {
    out['cause'] = describe(cause, depth + 1);
  }
  return out as unknown as RenderedError;
};

/**
 * Turns any error, also a foreign or hostile one, into plain JSON. At most eight nested causes.
 * Never throws.
 *
 * @example
 * ```ts
 * import { describeError, io } from '@liquid/types'
 *
 * console.log(JSON.stringify(describeError(io({ what: 'reading', path: 'a\u001b[2J', code: 'EIO' }))))
 * // {"_tag":"Io","message":"reading a\\x1b[2J failed (EIO)","path":"a\\x1b[2J","code":"EIO"}
 * ```
 * @since 0.1.0
 */
export const describeError = (error: unknown): RenderedError => {
  try {
    return describe(error, 0);
  } catch {
    // A proxy can throw from traps that no guard above foresees.
    return { _tag: 'Unknown', message: 'unreadable value' };
  }
};

/**
 * Outside text made fit for a terminal or a log line: controls, format characters and lone surrogates
 * escaped, cut to `limit` UTF-16 units (default 1,000).
 *
 * @example
 * ```ts
 * import { printable } from '@liquid/types'
 *
 * console.log(printable('two\nlines\u0007')) // two\nlines\x07
 * ```
 * @since 0.1.0
 */
export const printable = (text: string, limit: number = MAX_LINE): string =>
  safeText(text, Math.max(1, Math.trunc(limit) || 1));

/**
 * One line for a person: the message, the causes below it, and after a dash what to do about it (the
 * first remedy found on the way down). Control characters are escaped, the line is at most 1,000
 * characters long, and nothing thrown by the value gets out.
 *
 * @example
 * ```ts
 * import { io, renderError, unsupported } from '@liquid/types'
 *
 * const cause = io({ what: 'opening', path: '/dev/net/tun', code: 'ENOENT' })
 * const error = unsupported({ what: 'TUN', remedy: 'load it with modprobe tun', cause })
 * console.log(renderError(error))
 * // TUN is not supported: opening /dev/net/tun failed (ENOENT) - load it with modprobe tun
 * ```
 * @since 0.1.0
 */
export const renderError = (error: unknown): string => {
  const first = describeError(error);
  const said: Array<string> = [];
  let remedy: string | undefined;
  for (let at: RenderedError | undefined = first; at !== undefined; at = at.cause) {
    // A wrapper often repeats the sentence of what it wraps.
    if (at.message !== '' && !said.some((line) => line.includes(at?.message ?? '')))
      said.push(at.message);
    remedy ??= at.remedy;
  }
  const line = said.length === 0 ? first._tag : said.join(': ');
  return safeText(remedy === undefined ? line : `${line} - ${remedy}`, MAX_LINE);
};

/**
 * Reads an error of ours back from JSON, as the client of a CLI or server does.
 *
 * @example
 * ```ts
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { readRenderedError } from '@liquid/types'
 *
 * const back = readRenderedError({ _tag: 'Timeout', message: 'probe did not finish in time' })
 * console.log(pipe(back, E.map((error) => error._tag))) // { _tag: 'Right', right: 'Timeout' }
 * ```
 * @since 0.1.0
 */
export const readRenderedError = (value: unknown): E.Either<t.Errors, Tagged> =>
  E.map((error: RenderedError): Tagged => error)(RenderedError.decode(value));

/**
 * The innermost cause: where the trouble started. At most eight steps down.
 *
 * @example
 * ```ts
 * import { aborted, closed, rootCause } from '@liquid/types'
 *
 * console.log(rootCause(closed({ what: 'store', cause: aborted({}) }))._tag) // Aborted
 * ```
 * @since 0.1.0
 */
export const rootCause = (error: Tagged): Tagged => {
  let at = error;
  for (let depth = 0; depth < MAX_CAUSES && isTagged(at.cause); depth++) at = at.cause;
  return at;
};
