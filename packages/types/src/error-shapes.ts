/** The base errors: readonly values with a stable tag, a sentence, and the fields that place them. */

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
    const { _tag, message } = value as { readonly _tag?: unknown; readonly message?: unknown };
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
