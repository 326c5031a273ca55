/**
 * Which base header says what changed in the fewest octets, given the headers that the decompressor may hold.
 */
import { RND, SEQ } from './formats.js';
import * as R from './sent-headers.js';

/** co_common's indicator for a sequence or acknowledgement number that must be sent: 1, 2 or 3. */
export const indicatorOf = (
  sent: R.SentHeaders,
  column: number,
  depth: number,
  value: number,
): number =>
  R.allFit32(sent, column, depth, value, 8, 63)
    ? 1
    : R.allFit32(sent, column, depth, value, 16, 16383)
      ? 2
      : 3;

/** Whether three bits with offset 3 tell the TTL from every reference's. */
export const ttlFits = (sent: R.SentHeaders, depth: number, ttl: number): boolean => {
  const { rows, columns } = sent;
  let at = sent.newest;
  for (let i = depth; i > 0; i--) {
    const step = ttl - ((rows[at + R.RARE] as number) & 0xff);
    if (step < -3 || step > 4) return false;
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return true;
};

/**
 * Whether four bits with offset `p` reach the scaled value in `row`, the row in work, from every reference that has the
 * same residue and factor; references without are too old to be asked (the newest ones have been compared already).
 */
export const fitsScaled = (
  sent: R.SentHeaders,
  depth: number,
  row: number,
  column: number,
  p: number,
  residueColumn: number,
  factorColumn: number,
  shift: number,
): boolean => {
  const { rows, columns } = sent;
  const high = (rows[row + column] as number) + p;
  const residue = rows[row + residueColumn] as number;
  const factor = (rows[row + factorColumn] as number) >>> shift;
  let at = sent.newest;
  for (let i = depth; i > 0; i--) {
    if (
      rows[at + residueColumn] === residue &&
      (rows[at + factorColumn] as number) >>> shift === factor &&
      (high - (rows[at + column] as number)) >>> 0 >= 16
    ) {
      return false;
    }
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return true;
};

/** Columns by which the formats differ, one bit each. */
export const SEQ_BIT = /* @__PURE__ */ (() => 1 << R.SEQ)();
export const ACK_BIT = /* @__PURE__ */ (() => 1 << R.ACK)();
export const WINDOW_BIT = /* @__PURE__ */ (() => 1 << R.WINDOW)();

/**
 * The smallest of seq_1–seq_7 that can carry what changed, or -1. `row` is the row in work, `doubtful` has a bit for
 * each column that the decompressor may hold otherwise.
 */
export const sequentialFormat = (
  sent: R.SentHeaders,
  depth: number,
  row: number,
  doubtful: number,
  seqScales: boolean,
  ackScales: boolean,
): number => {
  const { rows } = sent;
  const seqChanged = (doubtful & SEQ_BIT) !== 0;
  const ackChanged = (doubtful & ACK_BIT) !== 0;
  const windowChanged = (doubtful & WINDOW_BIT) !== 0;
  const seq = (rows[row + R.SEQ] as number) | 0;
  const ack = (rows[row + R.ACK] as number) | 0;
  const window = rows[row + R.WINDOW] as number;
  const offset = rows[row + R.IP_ID_OFFSET] as number;
  if (!seqChanged) {
    if (!windowChanged && ackScales && R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 3, 1))
      return SEQ + 4;
    if (
      !windowChanged &&
      !ackChanged &&
      seqScales &&
      R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 7, 3)
    ) {
      return SEQ + 2;
    }
    if (
      !windowChanged &&
      R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 4, 3) &&
      R.allFit32(sent, R.ACK, depth, ack, 16, 16383)
    ) {
      return SEQ + 3;
    }
    // the window's format also reaches further with the acknowledgement number
    return R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 5, 3) &&
      R.allFit16(sent, R.WINDOW, depth, window, 15, 16383) &&
      R.allFit32(sent, R.ACK, depth, ack, 16, 32767)
      ? SEQ + 7
      : -1;
  }
  if (windowChanged) return -1;
  if (!ackChanged) {
    if (seqScales && R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 7, 3)) return SEQ + 2;
    return R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 4, 3) &&
      R.allFit32(sent, R.SEQ, depth, seq, 16, 32767)
      ? SEQ + 1
      : -1;
  }
  if (!R.allFit32(sent, R.ACK, depth, ack, 16, 16383)) return -1;
  if (seqScales && R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 7, 3)) return SEQ + 6;
  return R.allFit16(sent, R.IP_ID_OFFSET, depth, offset, 4, 3) &&
    R.allFit32(sent, R.SEQ, depth, seq, 16, 32767)
    ? SEQ + 5
    : -1;
};

/** The smallest of rnd_1–rnd_7 that can carry what changed, or -1; see {@link sequentialFormat}. */
export const randomFormat = (
  sent: R.SentHeaders,
  depth: number,
  row: number,
  doubtful: number,
  seqScales: boolean,
  ackScales: boolean,
): number => {
  const { rows } = sent;
  const seqChanged = (doubtful & SEQ_BIT) !== 0;
  const ackChanged = (doubtful & ACK_BIT) !== 0;
  const windowChanged = (doubtful & WINDOW_BIT) !== 0;
  const seq = (rows[row + R.SEQ] as number) | 0;
  const ack = (rows[row + R.ACK] as number) | 0;
  if (!seqChanged) {
    if (!windowChanged) {
      if (ackScales) return RND + 4;
      if (!ackChanged && seqScales) return RND + 2;
      if (R.allFit32(sent, R.ACK, depth, ack, 15, 8191)) return RND + 3;
    }
    // the window's format also reaches further with the acknowledgement number
    return R.allFit32(sent, R.ACK, depth, ack, 18, 65535) ? RND + 7 : -1;
  }
  if (windowChanged) return -1;
  if (!ackChanged) {
    if (seqScales) return RND + 2;
    return R.allFit32(sent, R.SEQ, depth, seq, 18, 65535) ? RND + 1 : -1;
  }
  if (seqScales && R.allFit32(sent, R.ACK, depth, ack, 16, 16383)) return RND + 6;
  return R.allFit32(sent, R.SEQ, depth, seq, 14, 8191) &&
    R.allFit32(sent, R.ACK, depth, ack, 15, 8191)
    ? RND + 5
    : -1;
};
