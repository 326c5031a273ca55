/**
 * Feedback elements on the wire, read and written without allocation (RFC 5795 section 5.2.4.1): the framing that all
 * profiles share, and the FEEDBACK-1 and FEEDBACK-2 data of ROHC-TCP and of the RFC 3095 family.
 *
 * Both families compute their CRC-8 over the CID octets (the Add-CID octet or the large CID, where there are any) and
 * the FEEDBACK data with the CRC itself set to zero. The octet `11110ccc` and the Size octet behind it are not covered:
 * RFC 4815 section 2.3 says so for RFC 3095, and RFC 6846 section 8.3.1 refers to the octets that travel to the
 * compressor, which begin with the CID.
 */
import { CRC8_INIT, crc8 } from './crc.js';
import {
  cidLength,
  LARGE_CID_MAX,
  SMALL_CID_MAX,
  writeAddCid,
  writeLargeCid,
} from './internal/cid.js';
import {
  BAD_CID,
  BAD_CRC,
  MALFORMED,
  NO_ROOM,
  TRUNCATED,
  UNSUPPORTED_PROFILE,
} from './internal/codes.js';
import { readSdvl, sdvlLengthOf } from './sdvl.js';

/**
 * Acknowledges a packet that was decompressed.
 *
 * @since 0.1.0
 */
export const FEEDBACK_ACK = 0;
/**
 * The dynamic part of the context is considered invalid.
 *
 * @since 0.1.0
 */
export const FEEDBACK_NACK = 1;
/**
 * The whole context is considered invalid, or there is none.
 *
 * @since 0.1.0
 */
export const FEEDBACK_STATIC_NACK = 2;

/**
 * Unidirectional mode, as an RFC 3095 profile's FEEDBACK-2 and extension 3 number it.
 *
 * @since 0.1.0
 */
export const MODE_UNIDIRECTIONAL = 1;
/**
 * Bidirectional optimistic mode.
 *
 * @since 0.1.0
 */
export const MODE_OPTIMISTIC = 2;
/**
 * Bidirectional reliable mode, which this implementation declines.
 *
 * @since 0.1.0
 */
export const MODE_RELIABLE = 3;

/** Option types; 1 and 5 to 7 belong to the RFC 3095 family alone. */
const OPTION_CRC = 1;
const OPTION_REJECT = 2;
const OPTION_SN_NOT_VALID = 3;
const OPTION_SN = 4;
const OPTION_CLOCK = 5;
const OPTION_JITTER = 6;
const OPTION_LOSS = 7;
const OPTION_CONTEXT_MEMORY = 9;

/** A further SN option would carry more bits than any profile's sequence number has. */
const SN_BITS_MAX = 28;

const ZERO = /* @__PURE__ */ new Uint8Array(1);

/**
 * Where the parts of one feedback element lie; filled by {@link readFeedbackFrame}.
 *
 * @since 0.1.0
 */
export interface FeedbackFrame {
  /** Context that the feedback is about: a CID of the opposite direction's channel. */
  cid: number;
  /** Place of the CID, from which the CRC counts; equal to `data` for small CID 0. */
  from: number;
  /** Place of the FEEDBACK data. */
  data: number;
  /** Place behind the element. */
  end: number;
}

/**
 * Creates an empty frame, to be filled many times.
 *
 * @since 0.1.0
 */
export const createFeedbackFrame = (): FeedbackFrame => ({ cid: 0, from: 0, data: 0, end: 0 });

/**
 * What one feedback element says; filled by {@link readFeedbackData}.
 *
 * @since 0.1.0
 */
export interface FeedbackRecord {
  /** 1 for FEEDBACK-1, 2 for FEEDBACK-2. */
  format: number;
  /** {@link FEEDBACK_ACK}, {@link FEEDBACK_NACK} or {@link FEEDBACK_STATIC_NACK}. */
  ackType: number;
  /** RFC 3095 profiles: the mode that the decompressor works in or asks for; 0 when none was sent. */
  mode: number;
  /** Least significant bits of the (master) sequence number. */
  sn: number;
  /** How many bits `sn` has: 8, 12, 14, 16, 20 or 28. */
  snBits: number;
  /** False when the element says that its sequence number means nothing. */
  snValid: boolean;
  /** Whether a CRC was there and matched: without it RFC 3095 profiles must not change their mode. */
  crc: boolean;
  /** The decompressor has no resources for this flow: compression must stop. */
  reject: boolean;
  /** The decompressor can't keep the context as the flow is compressed now. */
  contextMemory: boolean;
  /** RFC 3095: clock resolution in milliseconds, or -1. */
  clockMs: number;
  /** RFC 3095: largest jitter observed, or -1. */
  jitter: number;
  /** RFC 3095: longest run of lost packets observed, or -1. */
  loss: number;
}

/**
 * Creates an empty record, to be filled many times.
 *
 * @since 0.1.0
 */
export const createFeedbackRecord = (): FeedbackRecord => ({
  format: 0,
  ackType: FEEDBACK_ACK,
  mode: 0,
  sn: 0,
  snBits: 0,
  snValid: true,
  crc: false,
  reject: false,
  contextMemory: false,
  clockMs: -1,
  jitter: -1,
  loss: -1,
});

const clear = (record: FeedbackRecord): void => {
  record.format = 0;
  record.ackType = FEEDBACK_ACK;
  record.mode = 0;
  record.sn = 0;
  record.snBits = 0;
  record.snValid = true;
  record.crc = false;
  record.reject = false;
  record.contextMemory = false;
  record.clockMs = -1;
  record.jitter = -1;
  record.loss = -1;
};

/**
 * Whether `first` opens a feedback element: `11110ccc`.
 *
 * @since 0.1.0
 */
export const isFeedback = (first: number): boolean => (first & 0xf8) === 0xf0;

/**
 * Finds the parts of the feedback element at `at`; `large` says which kind of CID the channel uses that the feedback
 * is about. Returns the place behind the element, or a negative code that `errorOf` explains.
 *
 * A small CID needs no flag to be told from data: FEEDBACK data never begins with `1110`, unless it is the single
 * octet of a FEEDBACK-1, which leaves no room for a CID.
 *
 * @example
 * import { createFeedbackFrame, readFeedbackFrame } from '@liquid/rohc'
 *
 * // RFC 3095 section 5.7.6.11: CID 8, acknowledges SN 17, mode R
 * const frame = createFeedbackFrame()
 * const bytes = new Uint8Array([0xf3, 0xe8, 0x30, 0x11])
 * assert.strictEqual(readFeedbackFrame(bytes, 0, bytes.length, false, frame), 4)
 * assert.deepStrictEqual(frame, { cid: 8, from: 1, data: 2, end: 4 })
 *
 * @since 0.1.0
 */
export const readFeedbackFrame = (
  bytes: Uint8Array,
  at: number,
  end: number,
  large: boolean,
  frame: FeedbackFrame,
): number => {
  if (at >= end) return TRUNCATED;
  const first = bytes[at] as number;
  if (!isFeedback(first)) return MALFORMED;
  let from = at + 1;
  let size = first & 7;
  if (size === 0) {
    if (from >= end) return TRUNCATED;
    size = bytes[from] as number;
    from++;
    if (size === 0) return MALFORMED;
  }
  const to = from + size;
  if (to > end) return TRUNCATED;
  let cid = 0;
  let data = from;
  if (large) {
    cid = readSdvl(bytes, from, to);
    if (cid < 0) return MALFORMED;
    const octets = sdvlLengthOf(bytes[from] as number);
    if (octets > 2) return BAD_CID;
    data = from + octets;
  } else if (size > 1 && ((bytes[from] as number) & 0xf0) === 0xe0) {
    cid = (bytes[from] as number) & 0x0f;
    // Add-CID for CID 0 is the padding octet, which has no place here
    if (cid === 0) return MALFORMED;
    data = from + 1;
  }
  if (data >= to) return MALFORMED;
  frame.cid = cid;
  frame.from = from;
  frame.data = data;
  frame.end = to;
  return to;
};

const readTcp = (
  bytes: Uint8Array,
  crcFrom: number,
  from: number,
  to: number,
  record: FeedbackRecord,
): number => {
  if (to - from < 3) return TRUNCATED;
  const first = bytes[from] as number;
  if (first >>> 6 === 3) return MALFORMED;
  let register = crc8(bytes, crcFrom, from + 2, CRC8_INIT);
  register = crc8(ZERO, 0, 1, register);
  if (crc8(bytes, from + 3, to, register) !== bytes[from + 2]) return BAD_CRC;
  record.format = 2;
  record.ackType = first >>> 6;
  record.sn = ((first & 0x3f) << 8) | (bytes[from + 1] as number);
  record.snBits = 14;
  record.crc = true;
  let seen = 0;
  let at = from + 3;
  while (at < to) {
    const type = (bytes[at] as number) >>> 4;
    const length = (bytes[at] as number) & 0x0f;
    at++;
    if (at + length > to) return TRUNCATED;
    const bit = 1 << type;
    switch (type) {
      case OPTION_REJECT:
      case OPTION_SN_NOT_VALID:
      case OPTION_CONTEXT_MEMORY:
        if (length !== 0 || (seen & bit) !== 0) return MALFORMED;
        if (type === OPTION_REJECT) record.reject = true;
        else if (type === OPTION_SN_NOT_VALID) record.snValid = false;
        else record.contextMemory = true;
        seen |= bit;
        break;
      case OPTION_SN:
        if (length !== 1 || (seen & bit) !== 0) return MALFORMED;
        // two further bits, the least significant of all
        record.sn = (record.sn << 2) | ((bytes[at] as number) >>> 6);
        record.snBits = 16;
        seen |= bit;
        break;
      default:
        break;
    }
    at += length;
  }
  const both = (1 << OPTION_SN_NOT_VALID) | (1 << OPTION_SN);
  return (seen & both) === both ? MALFORMED : 0;
};

const readRfc3095 = (
  bytes: Uint8Array,
  crcFrom: number,
  from: number,
  to: number,
  record: FeedbackRecord,
): number => {
  const first = bytes[from] as number;
  if (first >>> 6 === 3) return MALFORMED;
  record.format = 2;
  record.ackType = first >>> 6;
  record.mode = (first >>> 4) & 3;
  record.sn = ((first & 0x0f) << 8) | (bytes[from + 1] as number);
  record.snBits = 12;
  let register = crc8(bytes, crcFrom, from + 2, CRC8_INIT);
  let crc = -1;
  let at = from + 2;
  while (at < to) {
    const type = (bytes[at] as number) >>> 4;
    const length = (bytes[at] as number) & 0x0f;
    register = crc8(bytes, at, at + 1, register);
    at++;
    if (at + length > to) return TRUNCATED;
    const value = length > 0 ? (bytes[at] as number) : 0;
    switch (type) {
      case OPTION_CRC:
        // several are allowed when they are equal (RFC 4815 section 8.6)
        if (length !== 1 || (crc >= 0 && crc !== value)) return MALFORMED;
        crc = value;
        register = crc8(ZERO, 0, 1, register);
        break;
      case OPTION_REJECT:
      case OPTION_SN_NOT_VALID:
      case OPTION_CONTEXT_MEMORY:
        if (length !== 0) return MALFORMED;
        if (type === OPTION_REJECT) record.reject = true;
        else if (type === OPTION_SN_NOT_VALID) record.snValid = false;
        else record.contextMemory = true;
        break;
      case OPTION_SN:
      case OPTION_CLOCK:
      case OPTION_JITTER:
      case OPTION_LOSS:
        if (length !== 1) return MALFORMED;
        if (type === OPTION_SN) {
          // several are concatenated (RFC 4815 section 8.5)
          if (record.snBits >= SN_BITS_MAX) return MALFORMED;
          record.sn = (record.sn << 8) | value;
          record.snBits += 8;
        } else if (type === OPTION_CLOCK) record.clockMs = value;
        else if (type === OPTION_JITTER) record.jitter = value;
        else record.loss = value;
        break;
      default:
        break;
    }
    if (type !== OPTION_CRC) register = crc8(bytes, at, at + length, register);
    at += length;
  }
  if (crc >= 0 && crc !== register) return BAD_CRC;
  record.crc = crc >= 0;
  // RFC 3095 section 5.7.6.4: a REJECT without CRC is not to be believed
  return record.reject && !record.crc ? MALFORMED : 0;
};

/**
 * Reads the FEEDBACK data `[from, to)` that a context of `profile` (0x0000, 0x0004 or 0x0006) was sent into `record`.
 * `crcFrom` is the place of the CID in front of it ({@link FeedbackFrame.from}), from which the CRC counts.
 *
 * Returns 0, or a negative code for an element that must be discarded: a CRC that does not match, the reserved
 * acknowledgement type 3, an option twice, MSN together with MSN-NOT-VALID, a length that its option does not have.
 * Unknown options are skipped. After a negative code the record's content means nothing.
 *
 * @example
 * import { createFeedbackRecord, readFeedbackData } from '@liquid/rohc'
 *
 * const record = createFeedbackRecord()
 * // FEEDBACK-1 of a TCP context: acknowledges the MSN that ends in 0x2a
 * assert.strictEqual(readFeedbackData(6, new Uint8Array([0x2a]), 0, 0, 1, record), 0)
 * assert.strictEqual(record.sn, 42)
 *
 * @since 0.1.0
 */
export const readFeedbackData = (
  profile: number,
  bytes: Uint8Array,
  crcFrom: number,
  from: number,
  to: number,
  record: FeedbackRecord,
): number => {
  clear(record);
  if (from >= to) return TRUNCATED;
  if (to - from === 1) {
    const octet = bytes[from] as number;
    if (profile === 0x0000 && octet !== 0) return MALFORMED;
    record.format = 1;
    record.sn = octet;
    record.snBits = 8;
    record.snValid = profile !== 0x0000;
    return profile === 0x0000 || profile === 0x0004 || profile === 0x0006 ? 0 : UNSUPPORTED_PROFILE;
  }
  if (profile === 0x0006) return readTcp(bytes, crcFrom, from, to, record);
  if (profile === 0x0004) return readRfc3095(bytes, crcFrom, from, to, record);
  // profile 0x0000 knows FEEDBACK-1 only (RFC 5795 section 5.4.5)
  return profile === 0x0000 ? MALFORMED : UNSUPPORTED_PROFILE;
};

/**
 * Writes a FEEDBACK-1 element (framing, CID and one octet of data) to `out` from `at` on and returns its length, or
 * a negative code. `data` is the low octet of the sequence number, 0 for profile 0x0000.
 *
 * @since 0.1.0
 */
export const writeFeedback1 = (
  out: Uint8Array,
  at: number,
  cid: number,
  large: boolean,
  data: number,
): number => {
  if (cid < 0 || cid > (large ? LARGE_CID_MAX : SMALL_CID_MAX)) return BAD_CID;
  const size = cidLength(cid, large) + 1;
  if (at + 1 + size > out.length) return NO_ROOM;
  out[at] = 0xf0 | size;
  const place = writeLargeCid(out, writeAddCid(out, at + 1, cid, large), cid, large);
  out[place] = data;
  return 1 + size;
};

/**
 * Writes a FEEDBACK-2 element that says what `record` says, with a CRC, and returns its length or a negative code.
 *
 * Sequence number: `record.sn` holds `record.snBits` bits; more than the base format's 14 (profile 0x0006) or 12
 * (0x0004) bits go into SN options. A record whose `snValid` is false carries the NOT-VALID option and no SN option.
 *
 * @example
 * import { createFeedbackRecord, writeFeedback2 } from '@liquid/rohc'
 *
 * const record = { ...createFeedbackRecord(), ackType: 0, sn: 0x1234, snBits: 16 }
 * const out = new Uint8Array(16)
 * const length = writeFeedback2(6, out, 0, 0, false, record)
 * // framing, 14 bits, CRC, MSN option with the two lowest bits
 * assert.strictEqual(length, 6)
 *
 * @since 0.1.0
 */
export const writeFeedback2 = (
  profile: number,
  out: Uint8Array,
  at: number,
  cid: number,
  large: boolean,
  record: FeedbackRecord,
): number => {
  if (profile !== 0x0004 && profile !== 0x0006) return UNSUPPORTED_PROFILE;
  if (record.ackType < 0 || record.ackType > 2) return MALFORMED;
  if (cid < 0 || cid > (large ? LARGE_CID_MAX : SMALL_CID_MAX)) return BAD_CID;
  const size = feedback2Size(profile, cid, large, record);
  if (at + size + (size > 7 ? 2 : 1) > out.length) return NO_ROOM;
  let place = at;
  if (size <= 7) out[place++] = 0xf0 | size;
  else {
    out[place++] = 0xf0;
    out[place++] = size;
  }
  const crcFrom = place;
  place = writeLargeCid(out, writeAddCid(out, place, cid, large), cid, large);
  const base = profile === 0x0006 ? 14 : 12;
  const extra = snOptionBits(profile, record);
  const sn = record.snValid ? (record.sn >>> extra) & ((1 << base) - 1) : 0;
  out[place++] =
    (record.ackType << 6) | (profile === 0x0006 ? 0 : (record.mode & 3) << 4) | (sn >>> 8);
  out[place++] = sn;
  let crcAt = 0;
  if (profile === 0x0006) {
    crcAt = place;
    out[place++] = 0;
    if (extra > 0) {
      out[place++] = (OPTION_SN << 4) | 1;
      out[place++] = (record.sn & 3) << 6;
    }
  } else {
    for (let shift = extra - 8; shift >= 0; shift -= 8) {
      out[place++] = (OPTION_SN << 4) | 1;
      out[place++] = record.sn >>> shift;
    }
  }
  if (record.reject) out[place++] = OPTION_REJECT << 4;
  if (!record.snValid) out[place++] = OPTION_SN_NOT_VALID << 4;
  if (record.contextMemory) out[place++] = OPTION_CONTEXT_MEMORY << 4;
  if (profile === 0x0004) {
    if (record.loss >= 0) {
      out[place++] = (OPTION_LOSS << 4) | 1;
      out[place++] = record.loss;
    }
    out[place++] = (OPTION_CRC << 4) | 1;
    crcAt = place;
    out[place++] = 0;
  }
  out[crcAt] = crc8(out, crcFrom, place, CRC8_INIT);
  return place - at;
};

/** Sequence number bits that go into SN options: two in ROHC-TCP, whole octets in RFC 3095. */
const snOptionBits = (profile: number, record: FeedbackRecord): number => {
  if (!record.snValid) return 0;
  if (profile === 0x0006) return record.snBits > 14 ? 2 : 0;
  return record.snBits > 20 ? 16 : record.snBits > 12 ? 8 : 0;
};

/** Octets of CID and FEEDBACK data that {@link writeFeedback2} writes. */
const feedback2Size = (
  profile: number,
  cid: number,
  large: boolean,
  record: FeedbackRecord,
): number => {
  const extra = snOptionBits(profile, record);
  const options =
    (extra === 0 ? 0 : profile === 0x0006 ? 2 : extra >>> 2) +
    (record.reject ? 1 : 0) +
    (record.snValid ? 0 : 1) +
    (record.contextMemory ? 1 : 0) +
    (profile === 0x0004 ? 2 + (record.loss >= 0 ? 2 : 0) : 1);
  return cidLength(cid, large) + 2 + options;
};
