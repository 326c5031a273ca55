/**
 * Self-describing variable-length values (RFC 5795 section 5.1.2): 7, 14, 21 or 29 bits behind a prefix of
 * 0, 10, 110 or 111. Large context identifiers use the first two forms.
 */

/**
 * Largest value an encoding of 1, 2, 3 or 4 octets can hold.
 *
 * @since 0.1.0
 */
export const SDVL_MAX = [0x7f, 0x3fff, 0x1fffff, 0x1fffffff] as const;

/**
 * Number of octets that `value` takes: 1 to 4, or 0 when it exceeds 29 bits.
 *
 * @since 0.1.0
 */
export const sdvlLength = (value: number): number =>
  value < 0 || value > 0x1fffffff
    ? 0
    : value <= 0x7f
      ? 1
      : value <= 0x3fff
        ? 2
        : value <= 0x1fffff
          ? 3
          : 4;

/**
 * Writes `value` in the shortest form at `at` and returns the number of octets written; 0 when the value exceeds
 * 29 bits or the room does not suffice (then nothing is written).
 *
 * @example
 * ```ts
 * import { writeSdvl } from '@liquid/rohc'
 *
 * const bytes = new Uint8Array(2)
 * console.log(writeSdvl(300, bytes, 0)) // 2
 * console.log([...bytes]) // [ 129, 44 ]
 * ```
 * @since 0.1.0
 */
export const writeSdvl = (value: number, out: Uint8Array, at: number): number => {
  const length = sdvlLength(value);
  if (length === 0 || at + length > out.length) return 0;
  if (length === 1) {
    out[at] = value;
  } else if (length === 2) {
    out[at] = 0x80 | (value >>> 8);
    out[at + 1] = value;
  } else if (length === 3) {
    out[at] = 0xc0 | (value >>> 16);
    out[at + 1] = value >>> 8;
    out[at + 2] = value;
  } else {
    out[at] = 0xe0 | (value >>> 24);
    out[at + 1] = value >>> 16;
    out[at + 2] = value >>> 8;
    out[at + 3] = value;
  }
  return length;
};

/**
 * Number of octets of the value whose first octet is `first`: 1 to 4, read off the prefix.
 *
 * @since 0.1.0
 */
export const sdvlLengthOf = (first: number): number =>
  first < 0x80 ? 1 : first < 0xc0 ? 2 : first < 0xe0 ? 3 : 4;

/**
 * Reads the value at `at`, or -1 when `bytes` ends (at `end`) inside it. {@link sdvlLengthOf} tells how far to move.
 *
 * @since 0.1.0
 */
export const readSdvl = (bytes: Uint8Array, at: number, end = bytes.length): number => {
  if (at >= end) return -1;
  const first = bytes[at] as number;
  const length = sdvlLengthOf(first);
  if (at + length > end) return -1;
  if (length === 1) return first;
  const second = bytes[at + 1] as number;
  if (length === 2) return ((first & 0x3f) << 8) | second;
  const third = bytes[at + 2] as number;
  if (length === 3) return ((first & 0x1f) << 16) | (second << 8) | third;
  return ((first & 0x1f) << 24) | (second << 16) | (third << 8) | (bytes[at + 3] as number);
};
