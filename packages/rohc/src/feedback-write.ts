/** Writes feedback elements without allocation: the counterpart of the readers in `./feedback.ts`. */
import { CRC8_INIT, crc8 } from './crc.js';
import type { FeedbackRecord } from './feedback-record.js';
import {
  cidLength,
  LARGE_CID_MAX,
  SMALL_CID_MAX,
  writeAddCid,
  writeLargeCid,
} from './internal/cid.js';
import { BAD_CID, MALFORMED, NO_ROOM, UNSUPPORTED_PROFILE } from './internal/codes.js';
import {
  OPTION_CONTEXT_MEMORY,
  OPTION_CRC,
  OPTION_LOSS,
  OPTION_REJECT,
  OPTION_SN,
  OPTION_SN_NOT_VALID,
} from './internal/feedback-options.js';

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
