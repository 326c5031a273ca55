/** One constructor per base error, which builds the sentence from what, where and what was expected. */

import type {
  Aborted,
  Closed,
  Conflict,
  Corrupt,
  Decode,
  Io,
  LimitExceeded,
  NotFound,
  Permission,
  Tagged,
  Timeout,
  Truncated,
  Unsupported,
} from './error-shapes.js';
import { abbreviate } from './internal/text.js';

export * from './error-shapes.js';

/**
 * What a constructor takes: the error's own fields, and `what` – the subject of the sentence, a noun
 * phrase such as `IPv6 header` or `capture` – from which the message is built. An explicit `message`
 * replaces the built one. A field that is `undefined` is left out of the result.
 *
 * @since 0.1.0
 */
export type ErrorInit<E extends Tagged> = {
  readonly [K in keyof E as Exclude<K, '_tag' | 'message'>]: object extends Pick<E, K>
    ? E[K] | undefined
    : E[K];
} & { readonly what?: string | undefined; readonly message?: string | undefined };

type Fields = { readonly [key: string]: unknown };

const build = <E extends Tagged>(tag: E['_tag'], init: object, sentence: string): E => {
  const error: Record<string, unknown> = { _tag: tag, message: '' };
  for (const [key, value] of Object.entries(init)) {
    if (value !== undefined && key !== 'what') error[key] = value;
  }
  error['message'] = (init as Fields)['message'] ?? sentence;
  return error as unknown as E;
};

const subject = (init: Fields, otherwise: string): string =>
  typeof init['what'] === 'string' ? init['what'] : otherwise;

const place = (init: Fields): string => {
  const path =
    init['path'] === undefined || init['path'] === '' ? '' : ` at ${String(init['path'])}`;
  const offset = init['offset'] === undefined ? '' : ` at offset ${String(init['offset'])}`;
  return `${path}${offset}`;
};

const named = (init: Fields): string =>
  init['path'] === undefined || init['path'] === '' ? '' : ` ${String(init['path'])}`;

const because = (init: Fields): string =>
  init['code'] === undefined ? '' : ` (${String(init['code'])})`;

const wanted = (init: Fields): string => {
  const { expected, actual } = init;
  if (expected !== undefined && actual !== undefined) {
    return `: expected ${String(expected)}, got ${String(actual)}`;
  }
  if (expected !== undefined) return `: expected ${String(expected)}`;
  return actual === undefined ? '' : `: ${String(actual)}`;
};

/**
 * Outside data has the wrong form. `actual` is any value and is abbreviated to safe text;
 * pass `actualText` instead when the words are already chosen.
 *
 * @example
 * ```ts
 * import { decodeError } from '@liquid/types'
 *
 * const error = decodeError({ what: 'link', path: 'links[0].rate', expected: 'a rate', actual: 7n })
 * console.log(error.message) // link at links[0].rate: expected a rate, got 7n
 * ```
 * @since 0.1.0
 */
export const decodeError = (
  init: Omit<ErrorInit<Decode>, 'actual'> & {
    readonly actual?: unknown;
    readonly actualText?: string | undefined;
  },
): Decode => {
  const { actualText, ...rest } = init;
  const full = { ...rest, actual: actualText ?? abbreviate(init.actual) };
  return build<Decode>('Decode', full, `${subject(full, 'input')}${place(full)}${wanted(full)}`);
};

/**
 * A byte sequence ends too early.
 *
 * @example
 * ```ts
 * import { truncated } from '@liquid/types'
 *
 * const error = truncated({ what: 'IPv6 header', offset: 14, expected: 40, actual: 12 })
 * console.log(error.message) // IPv6 header at offset 14: needs 40 bytes, 12 left
 * ```
 * @since 0.1.0
 */
export const truncated = (init: ErrorInit<Truncated>): Truncated =>
  build<Truncated>(
    'Truncated',
    init,
    `${subject(init, 'data')}${place(init)}: needs ${init.expected} bytes, ${init.actual} left`,
  );

/**
 * A bound was passed.
 *
 * @example
 * ```ts
 * import { limitExceeded } from '@liquid/types'
 *
 * const error = limitExceeded({ what: 'contexts', expected: 16384, actual: 20000 })
 * console.log(error.message) // contexts: limit 16384, got 20000
 * ```
 * @since 0.1.0
 */
export const limitExceeded = (init: ErrorInit<LimitExceeded>): LimitExceeded =>
  build<LimitExceeded>(
    'LimitExceeded',
    init,
    `${subject(init, 'value')}${place(init)}: limit ${init.expected}, got ${init.actual}`,
  );

/**
 * Valid, but not possible here. Give a `remedy` wherever there is one.
 *
 * @example
 * ```ts
 * import { renderError, unsupported } from '@liquid/types'
 *
 * const error = unsupported({ what: 'ROHC profile', expected: '0, 4 or 6', actual: '0x0102' })
 * console.log(renderError(error))
 * // ROHC profile is not supported: expected 0, 4 or 6, got 0x0102
 * ```
 * @since 0.1.0
 */
export const unsupported = (init: ErrorInit<Unsupported>): Unsupported =>
  build<Unsupported>(
    'Unsupported',
    init,
    `${subject(init, 'operation')}${place(init)} is not supported${wanted(init)}`,
  );

/**
 * The caller lacks a right.
 *
 * @example
 * ```ts
 * import { permission } from '@liquid/types'
 *
 * const error = permission({ what: 'creating a namespace', expected: 'CAP_SYS_ADMIN' })
 * console.log(error.message) // creating a namespace is not permitted: needs CAP_SYS_ADMIN
 * ```
 * @since 0.1.0
 */
export const permission = (init: ErrorInit<Permission>): Permission => {
  const needs = init.expected === undefined ? '' : `: needs ${init.expected}`;
  return build<Permission>(
    'Permission',
    init,
    `${subject(init, 'access to')}${named(init)} is not permitted${needs}${because(init)}`,
  );
};

/**
 * The thing named by `path` does not exist.
 *
 * @example
 * ```ts
 * import { notFound } from '@liquid/types'
 *
 * console.log(notFound({ what: 'file', path: 'a.pcap' }).message) // file a.pcap does not exist
 * ```
 * @since 0.1.0
 */
export const notFound = (init: ErrorInit<NotFound>): NotFound => {
  const instead = init.expected === undefined ? '' : `; there is ${init.expected}`;
  return build<NotFound>(
    'NotFound',
    init,
    `${subject(init, '')}${named(init)} does not exist${instead}`.trimStart(),
  );
};

/**
 * The allowed time, `expected` in milliseconds, has passed.
 *
 * @example
 * ```ts
 * import { timeout } from '@liquid/types'
 *
 * console.log(timeout({ what: 'handshake', expected: 500 }).message)
 * // handshake did not finish within 500 ms
 * ```
 * @since 0.1.0
 */
export const timeout = (init: ErrorInit<Timeout>): Timeout => {
  const within = init.expected === undefined ? 'in time' : `within ${init.expected} ms`;
  return build<Timeout>(
    'Timeout',
    init,
    `${subject(init, 'operation')}${named(init)} did not finish ${within}${because(init)}`,
  );
};

/**
 * The caller's signal stopped it.
 *
 * @example
 * ```ts
 * import { aborted } from '@liquid/types'
 *
 * console.log(aborted({ what: 'download' }).message) // download was aborted
 * ```
 * @since 0.1.0
 */
export const aborted = (init: ErrorInit<Aborted>): Aborted =>
  build<Aborted>('Aborted', init, `${subject(init, 'operation')} was aborted${wanted(init)}`);

/**
 * It is closed, or its peer is.
 *
 * @example
 * ```ts
 * import { closed } from '@liquid/types'
 *
 * console.log(closed({ what: 'channel' }).message) // channel is closed
 * ```
 * @since 0.1.0
 */
export const closed = (init: ErrorInit<Closed>): Closed =>
  build<Closed>('Closed', init, `${subject(init, 'it')}${named(init)} is closed${because(init)}`);

/**
 * The present state forbids it.
 *
 * @example
 * ```ts
 * import { conflict } from '@liquid/types'
 *
 * console.log(conflict({ what: 'address', path: '127.0.0.1:80', actual: 'in use' }).message)
 * // address 127.0.0.1:80 is in conflict: in use
 * ```
 * @since 0.1.0
 */
export const conflict = (init: ErrorInit<Conflict>): Conflict =>
  build<Conflict>(
    'Conflict',
    init,
    `${subject(init, 'state')}${named(init)} is in conflict${wanted(init)}${because(init)}`,
  );

/**
 * Stored data contradicts itself.
 *
 * @example
 * ```ts
 * import { corrupt } from '@liquid/types'
 *
 * const error = corrupt({ what: 'log record', offset: 512, expected: 'CRC 1a2b', actual: 'CRC 0000' })
 * console.log(error.message)
 * // log record at offset 512 is corrupt: expected CRC 1a2b, got CRC 0000
 * ```
 * @since 0.1.0
 */
export const corrupt = (init: ErrorInit<Corrupt>): Corrupt =>
  build<Corrupt>(
    'Corrupt',
    init,
    `${subject(init, 'data')}${place(init)} is corrupt${wanted(init)}`,
  );

/**
 * The system refused for another reason.
 *
 * @example
 * ```ts
 * import { io } from '@liquid/types'
 *
 * console.log(io({ what: 'reading', path: '/dev/sr0', errno: 5, code: 'EIO' }).message)
 * // reading /dev/sr0 failed (EIO)
 * ```
 * @since 0.1.0
 */
export const io = (init: ErrorInit<Io>): Io =>
  build<Io>('Io', init, `${subject(init, 'input/output')}${named(init)} failed${because(init)}`);
