/** What a reader of captures accepts from a file that it doesn't trust. */

import * as t from 'io-ts';

/** A whole number from 1 to 2^31 − 1: plain, so that options stay plain numbers. */
const PositiveInteger: t.Type<number, number, unknown> = /* @__PURE__ */ new t.Type(
  'PositiveInteger',
  (value): value is number => Number.isSafeInteger(value) && isPositive(value as number),
  (value, context) =>
    Number.isSafeInteger(value) && isPositive(value as number)
      ? t.success(value as number)
      : t.failure(value, context),
  t.identity,
);

const isPositive = (value: number): boolean => value > 0 && value <= 0x7fff_ffff;

/**
 * Limits and habits of a capture reader; every member has a default.
 *
 * @since 0.1.0
 */
export interface CaptureReaderOptions {
  /**
   * Longest frame accepted, in octets. Default {@link DEFAULT_MAX_RECORD_BYTES}. A record that says
   * it is longer ends the reading with `LimitExceeded` before anything is stored for it.
   */
  readonly maxRecordBytes?: number;
  /**
   * Longest block of a pcapng file that is interpreted, in octets. Default
   * {@link DEFAULT_MAX_BLOCK_BYTES}. Blocks that are skipped may be longer: they are never stored.
   */
  readonly maxBlockBytes?: number;
  /** Most interfaces in one section of a pcapng file. Default {@link DEFAULT_MAX_INTERFACES}. */
  readonly maxInterfaces?: number;
  /**
   * `true`: the `data` of records is borrowed, valid until the next record is asked for. `false`, the
   * default: each record has its own copy.
   */
  readonly borrow?: boolean;
}

/**
 * 256 KiB, the longest frame that the common capture tools write.
 *
 * @since 0.1.0
 */
export const DEFAULT_MAX_RECORD_BYTES = 262_144;

/**
 * 1 MiB: a frame of the longest kind with generous options; interface descriptions take far less.
 *
 * @since 0.1.0
 */
export const DEFAULT_MAX_BLOCK_BYTES = 1_048_576;

/**
 * 4096 interfaces: more than a large switch has ports, less than 1 MB of memory.
 *
 * @since 0.1.0
 */
export const DEFAULT_MAX_INTERFACES = 4096;

/**
 * Checks a {@link CaptureReaderOptions} that came from outside.
 *
 * @since 0.1.0
 */
export const CaptureReaderOptionsCodec = /* @__PURE__ */ t.partial(
  {
    maxRecordBytes: PositiveInteger,
    maxBlockBytes: PositiveInteger,
    maxInterfaces: PositiveInteger,
    borrow: t.boolean,
  },
  'CaptureReaderOptions',
);

/** Options with every default filled in. */
export interface ResolvedReaderOptions {
  readonly maxRecordBytes: number;
  readonly maxBlockBytes: number;
  readonly maxInterfaces: number;
  readonly borrow: boolean;
}
