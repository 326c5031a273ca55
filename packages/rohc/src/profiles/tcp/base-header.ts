/**
 * Reads and writes the fixed part of every CO base header (RFC 6846 section 8.2), one case a format.
 *
 * Both sides meet in a {@link BaseRecord}: the decoder fills it with raw bits and their LSB parameters, the encoder
 * writes from the fields' full values, of which each format takes its least significant bits.
 */
import { BASE_LENGTH, CO_COMMON, formatOf, RND, SEQ } from './formats.js';
import { MALFORMED, TRUNCATED } from '../../internal/codes.js';

/** What a base header says; widths `…K` are 0 for an absent field, 32 for one sent whole, -1 for a scaled one. */
export interface BaseRecord {
  format: number;
  crc: number;
  msn: number;
  psh: number;
  ackFlag: number;
  urg: number;
  rsf: number;
  seqK: number;
  seqP: number;
  seq: number;
  ackK: number;
  ackP: number;
  ack: number;
  windowK: number;
  windowP: number;
  window: number;
  idK: number;
  idP: number;
  id: number;
  ttlK: number;
  ttl: number;
  /** -1 where the format leaves the context's value. */
  ecnUsed: number;
  behavior: number;
  df: number;
  outerTtl: number;
  list: number;
  /** co_common's indicators of what follows its fixed part. */
  seqIndicator: number;
  ackIndicator: number;
  stride: number;
  idIndicator: number;
  urgPtr: number;
  dscp: number;
}

export const createBaseRecord = (): BaseRecord => ({
  format: 0,
  crc: 0,
  msn: 0,
  psh: 0,
  ackFlag: 1,
  urg: 0,
  rsf: 0,
  seqK: 0,
  seqP: 0,
  seq: 0,
  ackK: 0,
  ackP: 0,
  ack: 0,
  windowK: 0,
  windowP: 0,
  window: 0,
  idK: 0,
  idP: 0,
  id: 0,
  ttlK: 0,
  ttl: 0,
  ecnUsed: -1,
  behavior: -1,
  df: -1,
  outerTtl: 0,
  list: 0,
  seqIndicator: 0,
  ackIndicator: 0,
  stride: 0,
  idIndicator: 0,
  urgPtr: 0,
  dscp: 0,
});

const setSeq = (r: BaseRecord, k: number, p: number, bits: number): void => {
  r.seqK = k;
  r.seqP = p;
  r.seq = bits;
};

const setAck = (r: BaseRecord, k: number, p: number, bits: number): void => {
  r.ackK = k;
  r.ackP = p;
  r.ack = bits;
};

const setId = (r: BaseRecord, k: number, p: number, bits: number): void => {
  r.idK = k;
  r.idP = p;
  r.id = bits;
};

/** The last octet of formats 1–7, but for 5 and 6 of the random set: msn, psh, CRC-3. */
const setTail = (r: BaseRecord, octet: number): void => {
  r.msn = octet >>> 4;
  r.psh = (octet >>> 3) & 1;
  r.crc = octet & 7;
};

/**
 * Reads the fixed part of a CO base header: `first` is its first octet, `at` the place of the second.
 *
 * Returns the place behind it, or a negative code. `sequential` tells which set the context uses.
 */
export const decodeBaseHeader = (
  r: BaseRecord,
  first: number,
  sequential: boolean,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  const format = formatOf(first, sequential);
  if (format < 0) return MALFORMED;
  const next = at + (BASE_LENGTH[format] as number) - 1;
  if (next > end) return TRUNCATED;
  r.format = format;
  r.ackFlag = 1;
  r.urg = 0;
  r.rsf = 0;
  r.seqK = 0;
  r.ackK = 0;
  r.windowK = 0;
  r.idK = 0;
  r.ttlK = 0;
  r.ecnUsed = -1;
  r.behavior = -1;
  r.df = -1;
  r.outerTtl = 0;
  r.list = 0;
  r.stride = 0;
  r.urgPtr = 0;
  r.dscp = 0;
  // octets beyond the format are not read: a typed array answers such a read slowly
  const more = next - at;
  const o1 = b[at] as number;
  const o2 = more > 1 ? (b[at + 1] as number) : 0;
  const o3 = more > 2 ? (b[at + 2] as number) : 0;
  const o4 = more > 3 ? (b[at + 3] as number) : 0;
  switch (format) {
    case RND + 3:
      setAck(r, 15, 8191, (first << 8) | o1);
      setTail(r, o2);
      break;
    case RND + 4:
      setAck(r, -1, 3, first & 15);
      setTail(r, o1);
      break;
    case RND + 1:
      setSeq(r, 18, 65535, ((first & 3) << 16) | (o1 << 8) | o2);
      setTail(r, o3);
      break;
    case RND + 2:
      setSeq(r, -1, 7, first & 15);
      setTail(r, o1);
      break;
    case RND + 5:
      r.psh = (first >>> 4) & 1;
      r.msn = first & 15;
      r.crc = o1 >>> 5;
      setSeq(r, 14, 8191, ((o1 & 0x1f) << 9) | (o2 << 1) | (o3 >>> 7));
      setAck(r, 15, 8191, ((o3 & 0x7f) << 8) | o4);
      break;
    case RND + 6:
      r.crc = (first >>> 1) & 7;
      r.psh = first & 1;
      setAck(r, 16, 16383, (o1 << 8) | o2);
      r.msn = o3 >>> 4;
      setSeq(r, -1, 7, o3 & 15);
      break;
    case RND + 7:
      setAck(r, 18, 65535, ((first & 3) << 16) | (o1 << 8) | o2);
      r.windowK = 16;
      r.windowP = 0;
      r.window = (o3 << 8) | o4;
      setTail(r, b[at + 4] as number);
      break;
    case RND + 8:
      r.rsf = (first >>> 1) & 3;
      r.list = first & 1;
      r.crc = o1 >>> 1;
      r.msn = ((o1 & 1) << 3) | (o2 >>> 5);
      r.psh = (o2 >>> 4) & 1;
      r.ttlK = 3;
      r.ttl = (o2 >>> 1) & 7;
      r.ecnUsed = o2 & 1;
      setSeq(r, 16, 65535, (o3 << 8) | o4);
      setAck(r, 16, 16383, ((b[at + 4] as number) << 8) | (b[at + 5] as number));
      break;
    case SEQ + 1:
      setId(r, 4, 3, first & 15);
      setSeq(r, 16, 32767, (o1 << 8) | o2);
      setTail(r, o3);
      break;
    case SEQ + 2:
      setId(r, 7, 3, ((first & 7) << 4) | (o1 >>> 4));
      setSeq(r, -1, 7, o1 & 15);
      setTail(r, o2);
      break;
    case SEQ + 3:
      setId(r, 4, 3, first & 15);
      setAck(r, 16, 16383, (o1 << 8) | o2);
      setTail(r, o3);
      break;
    case SEQ + 4:
      setAck(r, -1, 3, (first >>> 3) & 15);
      setId(r, 3, 1, first & 7);
      setTail(r, o1);
      break;
    case SEQ + 5:
      setId(r, 4, 3, first & 15);
      setAck(r, 16, 16383, (o1 << 8) | o2);
      setSeq(r, 16, 32767, (o3 << 8) | o4);
      setTail(r, b[at + 4] as number);
      break;
    case SEQ + 6:
      setSeq(r, -1, 7, ((first & 7) << 1) | (o1 >>> 7));
      setId(r, 7, 3, o1 & 0x7f);
      setAck(r, 16, 16383, (o2 << 8) | o3);
      setTail(r, o4);
      break;
    case SEQ + 7:
      r.windowK = 15;
      r.windowP = 16383;
      r.window = ((first & 15) << 11) | (o1 << 3) | (o2 >>> 5);
      setId(r, 5, 3, o2 & 0x1f);
      setAck(r, 16, 32767, (o3 << 8) | o4);
      setTail(r, b[at + 4] as number);
      break;
    case SEQ + 8: {
      const o5 = b[at + 4] as number;
      setId(r, 4, 3, first & 15);
      r.list = o1 >>> 7;
      r.crc = o1 & 0x7f;
      r.msn = o2 >>> 4;
      r.psh = (o2 >>> 3) & 1;
      r.ttlK = 3;
      r.ttl = o2 & 7;
      r.ecnUsed = o3 >>> 7;
      setAck(r, 15, 8191, ((o3 & 0x7f) << 8) | o4);
      r.rsf = o5 >>> 6;
      setSeq(r, 14, 8191, ((o5 & 0x3f) << 8) | (b[at + 5] as number));
      break;
    }
    default:
      // co_common; the fields that its indicators announce follow the fixed part
      r.outerTtl = first & 1;
      r.ackFlag = o1 >>> 7;
      r.psh = (o1 >>> 6) & 1;
      r.rsf = (o1 >>> 4) & 3;
      r.msn = o1 & 15;
      r.seqIndicator = o2 >>> 6;
      r.ackIndicator = (o2 >>> 4) & 3;
      r.stride = (o2 >>> 3) & 1;
      r.windowK = (o2 & 4) !== 0 ? 16 : 0;
      r.windowP = 0;
      r.idIndicator = (o2 >>> 1) & 1;
      r.urgPtr = o2 & 1;
      if ((o3 & 0x80) !== 0) return MALFORMED;
      r.ecnUsed = (o3 >>> 6) & 1;
      r.dscp = (o3 >>> 5) & 1;
      r.ttlK = (o3 & 0x10) !== 0 ? 8 : 0;
      r.list = (o3 >>> 3) & 1;
      r.behavior = (o3 >>> 1) & 3;
      r.urg = o3 & 1;
      r.df = o4 >>> 7;
      r.crc = o4 & 0x7f;
      break;
  }
  return next;
};

/**
 * Writes the fixed part of the base header `r.format`: its first octet at `at`, the others from `rest` on (the CID of
 * a large-CID channel lies between). Fields of `r` hold full values; returns the place behind.
 */
export const encodeBaseHeader = (
  r: BaseRecord,
  out: Uint8Array,
  at: number,
  rest: number,
): number => {
  const msn = r.msn & 15;
  const tail = (msn << 4) | (r.psh << 3) | r.crc;
  const { seq, ack, id } = r;
  switch (r.format) {
    case RND + 3:
      out[at] = (ack >>> 8) & 0x7f;
      out[rest] = ack;
      out[rest + 1] = tail;
      return rest + 2;
    case RND + 4:
      out[at] = 0xd0 | (ack & 15);
      out[rest] = tail;
      return rest + 1;
    case RND + 1:
      out[at] = 0xb8 | ((seq >>> 16) & 3);
      out[rest] = seq >>> 8;
      out[rest + 1] = seq;
      out[rest + 2] = tail;
      return rest + 3;
    case RND + 2:
      out[at] = 0xc0 | (seq & 15);
      out[rest] = tail;
      return rest + 1;
    case RND + 5:
      out[at] = 0x80 | (r.psh << 4) | msn;
      out[rest] = (r.crc << 5) | ((seq >>> 9) & 0x1f);
      out[rest + 1] = seq >>> 1;
      out[rest + 2] = ((seq & 1) << 7) | ((ack >>> 8) & 0x7f);
      out[rest + 3] = ack;
      return rest + 4;
    case RND + 6:
      out[at] = 0xa0 | (r.crc << 1) | r.psh;
      out[rest] = ack >>> 8;
      out[rest + 1] = ack;
      out[rest + 2] = (msn << 4) | (seq & 15);
      return rest + 3;
    case RND + 7:
      out[at] = 0xbc | ((ack >>> 16) & 3);
      out[rest] = ack >>> 8;
      out[rest + 1] = ack;
      out[rest + 2] = r.window >>> 8;
      out[rest + 3] = r.window;
      out[rest + 4] = tail;
      return rest + 5;
    case RND + 8:
      out[at] = 0xb0 | (r.rsf << 1) | r.list;
      out[rest] = (r.crc << 1) | (msn >>> 3);
      out[rest + 1] = ((msn & 7) << 5) | (r.psh << 4) | ((r.ttl & 7) << 1) | r.ecnUsed;
      out[rest + 2] = seq >>> 8;
      out[rest + 3] = seq;
      out[rest + 4] = ack >>> 8;
      out[rest + 5] = ack;
      return rest + 6;
    case SEQ + 1:
      out[at] = 0xa0 | (id & 15);
      out[rest] = seq >>> 8;
      out[rest + 1] = seq;
      out[rest + 2] = tail;
      return rest + 3;
    case SEQ + 2:
      out[at] = 0xd0 | ((id >>> 4) & 7);
      out[rest] = ((id & 15) << 4) | (seq & 15);
      out[rest + 1] = tail;
      return rest + 2;
    case SEQ + 3:
      out[at] = 0x90 | (id & 15);
      out[rest] = ack >>> 8;
      out[rest + 1] = ack;
      out[rest + 2] = tail;
      return rest + 3;
    case SEQ + 4:
      out[at] = ((ack & 15) << 3) | (id & 7);
      out[rest] = tail;
      return rest + 1;
    case SEQ + 5:
      out[at] = 0x80 | (id & 15);
      out[rest] = ack >>> 8;
      out[rest + 1] = ack;
      out[rest + 2] = seq >>> 8;
      out[rest + 3] = seq;
      out[rest + 4] = tail;
      return rest + 5;
    case SEQ + 6:
      out[at] = 0xd8 | ((seq >>> 1) & 7);
      out[rest] = ((seq & 1) << 7) | (id & 0x7f);
      out[rest + 1] = ack >>> 8;
      out[rest + 2] = ack;
      out[rest + 3] = tail;
      return rest + 4;
    case SEQ + 7:
      out[at] = 0xc0 | ((r.window >>> 11) & 15);
      out[rest] = r.window >>> 3;
      out[rest + 1] = ((r.window & 7) << 5) | (id & 0x1f);
      out[rest + 2] = ack >>> 8;
      out[rest + 3] = ack;
      out[rest + 4] = tail;
      return rest + 5;
    case SEQ + 8:
      out[at] = 0xb0 | (id & 15);
      out[rest] = (r.list << 7) | r.crc;
      out[rest + 1] = (msn << 4) | (r.psh << 3) | (r.ttl & 7);
      out[rest + 2] = (r.ecnUsed << 7) | ((ack >>> 8) & 0x7f);
      out[rest + 3] = ack;
      out[rest + 4] = (r.rsf << 6) | ((seq >>> 8) & 0x3f);
      out[rest + 5] = seq;
      return rest + 6;
    case CO_COMMON:
      out[at] = 0xfa | r.outerTtl;
      out[rest] = (r.ackFlag << 7) | (r.psh << 6) | (r.rsf << 4) | msn;
      out[rest + 1] =
        (r.seqIndicator << 6) |
        (r.ackIndicator << 4) |
        (r.stride << 3) |
        (r.windowK !== 0 ? 4 : 0) |
        (r.idIndicator << 1) |
        r.urgPtr;
      out[rest + 2] =
        (r.ecnUsed << 6) |
        (r.dscp << 5) |
        (r.ttlK !== 0 ? 0x10 : 0) |
        (r.list << 3) |
        (r.behavior << 1) |
        r.urg;
      out[rest + 3] = (r.df << 7) | r.crc;
      return rest + 4;
    default:
      return MALFORMED;
  }
};
