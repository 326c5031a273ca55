/**
 * Least-significant-bit encoding of a counter against one reference, and against a window of them (W-LSB).
 *
 * `k` transmitted bits name the only value in the interval [reference − p, reference + 2^k − 1 − p] that ends in them
 * (RFC 4997 section 4.11.5). The decompressor holds one reference; the compressor does not know which of the recent
 * ones, so a value may be sent in `k` bits only when each reference in its window decodes it.
 */

/**
 * Decodes `k` least significant bits (0–32) of a 32-bit value against `reference` with interval offset `p`.
 *
 * `p` may be −1: the interval then starts behind the reference, as RFC 6846's timestamps have it.
 *
 * @example
 * ```ts
 * import { lsbDecode32 } from '@liquid/rohc'
 *
 * // the value after 0xffffffff is 0 again
 * console.log(lsbDecode32(0xffffffff, 0x00, 4, 3)) // 0
 * ```
 * @since 0.1.0
 */
export const lsbDecode32 = (reference: number, bits: number, k: number, p: number): number => {
  if (k >= 32) return bits >>> 0;
  const low = (reference - p) | 0;
  return (low + ((bits - low) & ((1 << k) - 1))) >>> 0;
};

/**
 * Decodes `k` least significant bits (0–16) of a 16-bit value against `reference` with interval offset `p`.
 *
 * @since 0.1.0
 */
export const lsbDecode16 = (reference: number, bits: number, k: number, p: number): number => {
  const low = reference - p;
  return (low + ((bits - low) & ((1 << k) - 1))) & 0xffff;
};

/**
 * Whether `value` lies in the interval that `k` bits span around `reference`, modulo 2^32.
 *
 * @since 0.1.0
 */
export const lsbFits32 = (reference: number, value: number, k: number, p: number): boolean =>
  k >= 32 || (value - reference + p) >>> 0 < 2 ** k;

/**
 * Whether `value` lies in the interval that `k` bits span around `reference`, modulo 2^16.
 *
 * @since 0.1.0
 */
export const lsbFits16 = (reference: number, value: number, k: number, p: number): boolean =>
  k >= 16 || ((value - reference + p) & 0xffff) < 1 << k;

/**
 * A window of the last references of one 32-bit field, newest last, each under the sequence number it was sent with.
 *
 * @since 0.1.0
 */
export interface WlsbWindow {
  /** Number of references held, at most the width. */
  readonly size: number;
  /** Adds the value sent under sequence number `sn` (16 bits); the oldest leaves when the window is full. */
  readonly add: (sn: number, value: number) => void;
  /** Drops the references older than the one sent under `sn`: that one was acknowledged. Returns how many left. */
  readonly acknowledge: (sn: number) => number;
  /** Whether every reference decodes `value` from `k` bits with offset `p`. An empty window fits nothing but k = 32. */
  readonly fits: (value: number, k: number, p: number) => boolean;
  /** The fewest bits (0–32) from which every reference decodes `value`; 32 for an empty window. */
  readonly bitsNeeded: (value: number, p: number) => number;
}

/**
 * Creates an empty window of `width` references (1 to 256; values outside are clamped).
 *
 * `add` and `acknowledge` are O(1) amortised, `fits` O(size). The profiles keep several fields a reference in one
 * ring of their own; this form serves a single field.
 *
 * @example
 * ```ts
 * import { createWlsbWindow } from '@liquid/rohc'
 *
 * const window = createWlsbWindow(4)
 * window.add(0, 100)
 * window.add(1, 101)
 * console.log(window.fits(102, 2, 0)) // true
 * console.log(window.bitsNeeded(102, -1)) // 1
 * ```
 * @since 0.1.0
 */
export const createWlsbWindow = (width: number): WlsbWindow => {
  const capacity = Math.min(256, Math.max(1, Math.trunc(width)));
  const values = new Uint32Array(capacity);
  const numbers = new Uint16Array(capacity);
  let oldest = 0;
  let size = 0;
  const fits = (value: number, k: number, p: number): boolean => {
    if (k >= 32) return true;
    if (size === 0) return false;
    for (let i = 0; i < size; i++) {
      if (!lsbFits32(values[(oldest + i) % capacity] as number, value, k, p)) return false;
    }
    return true;
  };
  return {
    get size() {
      return size;
    },
    add: (sn, value) => {
      const at = (oldest + size) % capacity;
      values[at] = value;
      numbers[at] = sn;
      if (size < capacity) size++;
      else oldest = (oldest + 1) % capacity;
    },
    acknowledge: (sn) => {
      for (let i = size - 1; i >= 0; i--) {
        if (numbers[(oldest + i) % capacity] === (sn & 0xffff)) {
          oldest = (oldest + i) % capacity;
          size -= i;
          return i;
        }
      }
      return 0;
    },
    fits,
    bitsNeeded: (value, p) => {
      for (let k = 0; k < 32; k++) if (fits(value, k, p)) return k;
      return 32;
    },
  };
};
