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
 * Whether four bits with offset `p` reach the scaled value from every reference that has the same residue and factor;
 * references without are too old to be asked (the newest ones have been compared already).
 */
export const fitsScaled = (
  sent: R.SentHeaders,
  depth: number,
  column: number,
  value: number,
  p: number,
  residueColumn: number,
  residue: number,
  factorColumn: number,
  factor: number,
  shift: number,
): boolean => {
  const { rows, columns } = sent;
  let at = sent.newest;
  for (let i = depth; i > 0; i--) {
    if (
      rows[at + residueColumn] === residue &&
      (rows[at + factorColumn] as number) >>> shift === factor &&
      (value - (rows[at + column] as number) + p) >>> 0 >= 16
    ) {
      return false;
    }
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return true;
};

/** The smallest of seq_1–seq_7 that can carry what changed, or -1. */
export const sequentialFormat = (
  sent: R.SentHeaders,
  depth: number,
  seqChanged: boolean,
  ackChanged: boolean,
  windowChanged: boolean,
  seqScales: boolean,
  ackScales: boolean,
  seq: number,
  ack: number,
  window: number,
  offset: number,
): number => {
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

/** The smallest of rnd_1–rnd_7 that can carry what changed, or -1. */
export const randomFormat = (
  sent: R.SentHeaders,
  depth: number,
  seqChanged: boolean,
  ackChanged: boolean,
  windowChanged: boolean,
  seqScales: boolean,
  ackScales: boolean,
  seq: number,
  ack: number,
): number => {
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
