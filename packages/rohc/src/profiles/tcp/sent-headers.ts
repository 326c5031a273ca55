/**
 * The compressor's memory of the headers that it sent last: any of them may be the decompressor's reference.
 *
 * One row a packet in a ring, so that every field shares one window (W-LSB), an acknowledgement drops older rows by
 * moving an index, and a roll-back is as cheap. A field may be left out when all rows agree with it, and be sent in k
 * bits when all rows decode it.
 */

/** Columns of a row. */
export const MSN = 0;
export const SEQ = 1;
export const ACK = 2;
export const WINDOW = 3;
export const IP_ID_OFFSET = 4;
export const TS_VALUE = 5;
export const TS_ECHO = 6;
export const ACK_SCALED = 7;
export const ACK_RESIDUE = 8;
export const PAYLOAD = 9;
export const SEQ_SCALED = 10;
export const SEQ_RESIDUE = 11;
/** TTL 8 bits, DSCP 6, DF 1, IP-ID behaviour 2, ecn_used 1, ECN and reserved bits 8, list length 4. */
export const RARE = 12;
export const LIST_LOW = 13;
export const LIST_HIGH = 14;
/** ACK stride in the upper half, urgent pointer in the lower. */
export const STRIDE_URGENT = 15;
/** Versions of the outer headers' TTLs (upper half) and TOS octets (lower half). */
export const OUTER = 16;
/** First of the columns for sequence numbers of AH and GRE headers. */
export const SEQUENCES = 17;

export interface SentHeaders {
  rows: Uint32Array;
  readonly columns: number;
  /** Rows that the ring has room for, at least the window. */
  capacity: number;
  /** Offset of the newest row in `rows`. */
  newest: number;
  /** Rows that the decompressor may hold as reference. */
  count: number;
  /** For each column, how many of the newest rows in a row hold the same value: spares most comparisons. */
  readonly runs: Uint32Array;
}

export const createSentHeaders = (capacity: number, sequences: number): SentHeaders => {
  const columns = SEQUENCES + sequences;
  return {
    rows: new Uint32Array(capacity * columns),
    columns,
    capacity,
    newest: 0,
    count: 0,
    runs: new Uint32Array(columns),
  };
};

/** Moves to a new newest row, its content undefined, and returns its offset. At most `limit` rows stay valid. */
export const pushRow = (sent: SentHeaders, limit: number): number => {
  let at = sent.newest + sent.columns;
  if (at >= sent.capacity * sent.columns) at = 0;
  sent.newest = at;
  if (sent.count < limit) sent.count++;
  return at;
};

/** Whether each of the newest `depth` rows holds `value`. */
export const unchanged = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
): boolean =>
  depth === 0 ||
  (sent.rows[sent.newest + column] === value && (sent.runs[column] as number) >= depth);

/** Drops the rows older than the one sent under `msn`; returns whether there is such a row. */
export const acknowledgeRow = (sent: SentHeaders, msn: number, mask: number): boolean => {
  let at = sent.newest;
  for (let i = 0; i < sent.count; i++) {
    if ((((sent.rows[at + MSN] as number) ^ msn) & mask) === 0) {
      sent.count = i + 1;
      return true;
    }
    at = at === 0 ? (sent.capacity - 1) * sent.columns : at - sent.columns;
  }
  return false;
};

/** Whether every one of the newest `depth` rows decodes `value` of 32 bits from `k` bits with offset `p`. */
export const allFit32 = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
  k: number,
  p: number,
): boolean => {
  const { rows, columns } = sent;
  if (p >= 0 && unchanged(sent, column, depth, value)) return true;
  const span = k === 31 ? 0x80000000 : 1 << k;
  let at = sent.newest;
  for (let i = depth; i > 0; i--) {
    if ((value - (rows[at + column] as number) + p) >>> 0 >= span) return false;
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return true;
};

/** Whether every one of the newest `depth` rows decodes `value` of 16 bits from `k` bits with offset `p`. */
export const allFit16 = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
  k: number,
  p: number,
): boolean => {
  const { rows, columns } = sent;
  if (p >= 0 && unchanged(sent, column, depth, value)) return true;
  const span = 1 << k;
  let at = sent.newest;
  for (let i = depth; i > 0; i--) {
    if (((value - (rows[at + column] as number) + p) & 0xffff) >= span) return false;
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return true;
};

/** Bits in which any of the newest `depth` rows differs from `value`. */
export const difference = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
): number => {
  const { rows, columns } = sent;
  if (unchanged(sent, column, depth, value)) return 0;
  let at = sent.newest;
  let bits = 0;
  for (let i = depth; i > 0; i--) {
    bits |= (rows[at + column] as number) ^ value;
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return bits;
};
