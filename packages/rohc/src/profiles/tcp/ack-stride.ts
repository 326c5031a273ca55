/**
 * Finds the stride that acknowledgement numbers advance by, so that they can be sent scaled (RFC 6846 section 6.4.8.2).
 *
 * The stride is the greatest common divisor of recent advances: with the peer's segment size every acknowledgement of
 * whole segments keeps its residue, however many segments it covers.
 */

/** Smallest stride worth announcing. */
const STRIDE_MIN = 64;
/** Advances that must share a divisor before it is announced: that costs several large packets. */
const CONFIRMATIONS = 8;
/** Advances of this many strides each mean that a larger stride would fit its four bits better. */
const STEPS_MAX = 4;

export interface StrideWatch {
  /** The stride in use, 0 while none is known. */
  stride: number;
  divisor: number;
  seen: number;
  /** How many packets in a row carried the stride, first and last with which MSN; 255 once acknowledged. */
  sent: number;
  first: number;
  last: number;
}

export const createStrideWatch = (): StrideWatch => ({
  stride: 0,
  divisor: 0,
  seen: 0,
  sent: 0,
  first: 0,
  last: 0,
});

/** Takes an advance of the acknowledgement number, modulo 2^32, and returns the stride to use. */
export const nextStride = (watch: StrideWatch, advance: number): number => {
  if (advance === 0 || advance > 0xffff) return watch.stride;
  if (watch.divisor !== 0 && advance % watch.divisor === 0) {
    watch.seen++;
  } else {
    let a = watch.divisor;
    let b = advance;
    while (b !== 0) {
      const rest = a % b;
      a = b;
      b = rest;
    }
    if (a < STRIDE_MIN) {
      watch.divisor = advance;
      watch.seen = 1;
    } else {
      watch.divisor = a;
      watch.seen++;
    }
  }
  const { divisor, stride } = watch;
  if (
    watch.seen >= CONFIRMATIONS &&
    divisor !== stride &&
    (stride === 0 || divisor % stride !== 0 || divisor > stride * STEPS_MAX)
  ) {
    watch.stride = divisor;
    watch.sent = 0;
  }
  return watch.stride;
};

/** Counts a packet that carried the stride. */
export const countStride = (watch: StrideWatch, msn: number): void => {
  if (watch.sent === 0) watch.first = msn;
  watch.last = msn;
  if (watch.sent < 254) watch.sent++;
};
