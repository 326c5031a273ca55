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
import { clearFeedbackRecord, type FeedbackRecord } from './feedback-record.js';
import { BAD_CID, BAD_CRC, MALFORMED, TRUNCATED, UNSUPPORTED_PROFILE } from './internal/codes.js';
import {
  OPTION_CLOCK,
  OPTION_CONTEXT_MEMORY,
  OPTION_CRC,
  OPTION_JITTER,
  OPTION_LOSS,
  OPTION_REJECT,
  OPTION_SN,
  OPTION_SN_NOT_VALID,
} from './internal/feedback-options.js';
import { readSdvl, sdvlLengthOf } from './sdvl.js';

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
 * ```ts
 * import { createFeedbackFrame, readFeedbackFrame } from '@liquid/rohc'
 *
 * // RFC 3095 section 5.7.6.11: CID 8, acknowledges SN 17, mode R
 * const frame = createFeedbackFrame()
 * const bytes = new Uint8Array([0xf3, 0xe8, 0x30, 0x11])
 * console.log(readFeedbackFrame(bytes, 0, bytes.length, false, frame)) // 4
 * console.log(frame) // { cid: 8, from: 1, data: 2, end: 4 }
 * ```
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
 * ```ts
 * import { createFeedbackRecord, readFeedbackData } from '@liquid/rohc'
 *
 * const record = createFeedbackRecord()
 * // FEEDBACK-1 of a TCP context: acknowledges the MSN that ends in 0x2a
 * console.log(readFeedbackData(6, new Uint8Array([0x2a]), 0, 0, 1, record)) // 0
 * console.log(record.sn) // 42
 * ```
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
  clearFeedbackRecord(record);
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

export {
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_NACK,
  FEEDBACK_STATIC_NACK,
  type FeedbackRecord,
  MODE_OPTIMISTIC,
  MODE_RELIABLE,
  MODE_UNIDIRECTIONAL,
} from './feedback-record.js';
export { writeFeedback1, writeFeedback2 } from './feedback-write.js';
