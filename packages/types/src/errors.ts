/** The base errors: readonly values with a stable tag, a sentence, and the fields that place them. */

import { abbreviate } from './internal/text.js';

/**
 * What every error of every `@liquid` package looks like: a stable `_tag` to switch on, one sentence
 * in `message`, and where known what would mend it and what caused it.
 *
 * Packages with failures of their own extend this with a new tag; they reuse the base tags first.
 *
 * @since 0.1.0
 */
export interface Tagged<Tag extends string = string> {
  /** Stable name of the kind of failure; part of the package's semver promise. */
  readonly _tag: Tag;
  /** One sentence for a person: what failed, where, and what was expected. */
  readonly message: string;
  /** What the reader can do about it, in the imperative. */
  readonly remedy?: string;
  /** The failure underneath. */
  readonly cause?: Tagged;
}

/** Outside data that does not have the expected form. @since 0.1.0 */
export interface Decode extends Tagged<'Decode'> {
  /** Where in a structure, as in `links[0].rate`. */
  readonly path?: string;
  /** Where in a byte or character sequence, counted from 0. */
  readonly offset?: number;
  /** What would have been accepted, in words. */
  readonly expected: string;
  /** What was there, abbreviated and safe to print. */
  readonly actual: string;
}

/** A byte sequence that ends before the format says so. @since 0.1.0 */
export interface Truncated extends Tagged<'Truncated'> {
  /** Byte at which the missing part should begin or go on, from 0. */
  readonly offset: number;
  /** Bytes needed from `offset` on. */
  readonly expected: number;
  /** Bytes that were there from `offset` on. */
  readonly actual: number;
  /** The file or field that was read. */
  readonly path?: string;
}

/** A bound on size, depth, count or range was passed; most bounds are options. @since 0.1.0 */
export interface LimitExceeded extends Tagged<'LimitExceeded'> {
  /** The bound. */
  readonly expected: number | string;
  /** What asked for more. */
  readonly actual: number | string;
  readonly path?: string;
  readonly offset?: number;
  readonly errno?: number;
  readonly code?: string;
}

/** Something valid that this build, platform, kernel or peer can't do. @since 0.1.0 */
export interface Unsupported extends Tagged<'Unsupported'> {
  /** What would be supported. */
  readonly expected?: string;
  /** What was asked for. */
  readonly actual?: string;
  readonly path?: string;
  readonly offset?: number;
  readonly errno?: number;
  readonly code?: string;
}

/** The caller may not do this: missing rights, capabilities or credentials. @since 0.1.0 */
export interface Permission extends Tagged<'Permission'> {
  readonly path?: string;
  /** The right that is missing, as in `CAP_NET_ADMIN`. */
  readonly expected?: string;
  readonly errno?: number;
  readonly code?: string;
}

/** The named thing does not exist. @since 0.1.0 */
export interface NotFound extends Tagged<'NotFound'> {
  /** Name of what was looked for. */
  readonly path: string;
  /** What exists instead, as in the nearest names. */
  readonly expected?: string;
  readonly errno?: number;
  readonly code?: string;
}

/** The allowed time passed first. @since 0.1.0 */
export interface Timeout extends Tagged<'Timeout'> {
  /** The allowed time in milliseconds, where it is known. */
  readonly expected?: number;
  readonly path?: string;
  readonly errno?: number;
  readonly code?: string;
}

/** The caller's own signal stopped it. @since 0.1.0 */
export interface Aborted extends Tagged<'Aborted'> {
  /** The signal's reason in words. */
  readonly actual?: string;
  readonly code?: string;
}

/** Used after it was stopped, or the other side has gone. @since 0.1.0 */
export interface Closed extends Tagged<'Closed'> {
  readonly path?: string;
  readonly errno?: number;
  readonly code?: string;
}

/** The present state does not allow it: a name in use, a version that moved on. @since 0.1.0 */
export interface Conflict extends Tagged<'Conflict'> {
  readonly path?: string;
  /** The state that was asked for or assumed. */
  readonly expected?: string;
  /** The state found. */
  readonly actual?: string;
  readonly errno?: number;
  readonly code?: string;
}

/** Data of ours that contradicts its own checksum, index or invariant. @since 0.1.0 */
export interface Corrupt extends Tagged<'Corrupt'> {
  readonly path?: string;
  readonly offset?: number;
  readonly expected?: string;
  readonly actual?: string;
}

/** The system refused for a reason that no other tag names. @since 0.1.0 */
export interface Io extends Tagged<'Io'> {
  readonly path?: string;
  /** The kernel's error number, positive, as in errno(3). */
  readonly errno?: number;
  /** The error's symbolic name, as in `EIO`. */
  readonly code?: string;
}

/**
 * The twelve base errors. A `switch` on `_tag` over this union is checked for completeness.
 *
 * @example
 * ```ts
 * import { notFound, type LiquidError } from '@liquid/types'
 *
 * const exitCode = (error: LiquidError): number => (error._tag === 'Aborted' ? 130 : 1)
 * console.log(exitCode(notFound({ what: 'scenario', path: 'rohc' }))) // 1
 * ```
 * @since 0.1.0
 */
export type LiquidError =
  | Decode
  | Truncated
  | LimitExceeded
  | Unsupported
  | Permission
  | NotFound
  | Timeout
  | Aborted
  | Closed
  | Conflict
  | Corrupt
  | Io;

/** The tags of {@link LiquidError}, in the order in which the plan lists them. @since 0.1.0 */
export const liquidErrorTags: ReadonlyArray<LiquidError['_tag']> = [
  'Decode',
  'Truncated',
  'LimitExceeded',
  'Unsupported',
  'Permission',
  'NotFound',
  'Timeout',
  'Aborted',
  'Closed',
  'Conflict',
  'Corrupt',
  'Io',
];

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

/**
 * Whether a value is an error in this house's shape: an object with string `_tag` and `message`.
 * Never throws, also on proxies and getters that do.
 *
 * @example
 * ```ts
 * import { closed, isTagged } from '@liquid/types'
 *
 * console.log(isTagged(closed({})), isTagged(new Error('no'))) // true false
 * ```
 * @since 0.1.0
 */
export const isTagged = (value: unknown): value is Tagged => {
  try {
    if (typeof value !== 'object' || value === null) return false;
    const { _tag, message } = value as Fields;
    return typeof _tag === 'string' && typeof message === 'string';
  } catch {
    return false;
  }
};

/**
 * Whether a value is one of the twelve base errors, by its tag.
 *
 * @example
 * ```ts
 * import { isLiquidError } from '@liquid/types'
 *
 * console.log(isLiquidError({ _tag: 'CrcMismatch', message: 'CRC-8 differs' })) // false
 * ```
 * @since 0.1.0
 */
export const isLiquidError = (value: unknown): value is LiquidError =>
  isTagged(value) && (liquidErrorTags as ReadonlyArray<string>).includes(value._tag);
