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
/** In which columns the row differs from the one before it, one bit each; MSN always counts as different. */
export const CHANGED = 17;
/** First of the columns for sequence numbers of AH and GRE headers. */
export const SEQUENCES = 18;

export interface SentHeaders {
  rows: Uint32Array;
  readonly columns: number;
  /** Rows of the ring: at least the window, and one for the packet in work. */
  readonly capacity: number;
  /** Offset of the newest row in `rows`; the packet in work has the one behind, {@link rowInWork}. */
  newest: number;
  /** Rows that the decompressor may hold as reference. */
  count: number;
  /** Number of the newest row, modulo 2^32, and for each column of the row that brought its value: spares comparisons. */
  readonly serial: Uint32Array;
  readonly since: Uint32Array;
}

/** Room for `window` rows and for `sequences` columns of AH and GRE sequence numbers. */
export const createSentHeaders = (window: number, sequences: number): SentHeaders => {
  const columns = SEQUENCES + sequences;
  const capacity = window + 1;
  return {
    rows: new Uint32Array(capacity * columns),
    columns,
    capacity,
    newest: 0,
    count: 0,
    serial: new Uint32Array(1),
    since: new Uint32Array(columns),
  };
};

/** Offset of the row that the packet in work may fill: no reference lies there. */
export const rowInWork = (sent: SentHeaders): number => {
  const at = sent.newest + sent.columns;
  return at === sent.capacity * sent.columns ? 0 : at;
};

/** Columns in which the newest `depth` rows (at least one) are not all alike, one bit each. */
export const youngColumns = (sent: SentHeaders, depth: number): number => {
  const { rows, columns } = sent;
  let at = sent.newest;
  let young = 0;
  for (let i = depth; i > 1; i--) {
    young |= rows[at + CHANGED] as number;
    at = at === 0 ? (sent.capacity - 1) * columns : at - columns;
  }
  return young;
};

/** Takes the row in work, at `row` and filled in whole, for the newest reference. */
export const pushRow = (sent: SentHeaders, row: number): void => {
  const { since } = sent;
  const serial = ((sent.serial[0] as number) + 1) >>> 0;
  sent.serial[0] = serial;
  // what stands before the first reference is none
  if (sent.count === 0) since.fill(serial);
  else {
    for (let bits = (sent.rows[row + CHANGED] as number) | 0; bits !== 0; bits &= bits - 1) {
      since[31 - Math.clz32(bits & -bits)] = serial;
    }
  }
  sent.newest = row;
  if (sent.count < sent.capacity - 1) sent.count++;
};

/** A copy that shares nothing. */
export const copySentHeaders = (sent: SentHeaders): SentHeaders => ({
  ...sent,
  rows: sent.rows.slice(),
  serial: sent.serial.slice(),
  since: sent.since.slice(),
});

/** Offset of the oldest row that is still valid. */
export const oldestRow = (sent: SentHeaders): number => {
  const size = sent.capacity * sent.columns;
  return (sent.newest - (sent.count - 1) * sent.columns + size) % size;
};

/**
 * Whether each of the newest `depth` rows holds `value`.
 *
 * Here and below values of 32 bits may be signed or not, but callers pass them signed: an argument beyond 2^31 would be
 * boxed, an allocation each.
 */
const unchanged = (sent: SentHeaders, column: number, depth: number, value: number): boolean =>
  depth === 0 ||
  (((sent.rows[sent.newest + column] as number) ^ value) === 0 &&
    ((sent.serial[0] as number) - (sent.since[column] as number)) >>> 0 >= depth - 1);

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
