/**
 * What feedback tells a compressor context: which packets arrived, and which part of the decompressor's context is
 * damaged (RFC 6846 sections 5.2.1 and 8.3).
 */
import {
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_STATIC_NACK,
  readFeedbackData,
} from '../../feedback.js';
import { cidLength } from '../../internal/cid.js';
import type { TcpCompressorState } from './compressor-state.js';
import { acknowledgeRow, MSN, oldestRow } from './sent-headers.js';
import { isWithin } from './sent-items.js';

const record = /* @__PURE__ */ createFeedbackRecord();

/** Takes one feedback element's profile-specific octets `[from, to)`: 0 when applied, else a negative code. */
export const takeFeedback = (
  s: TcpCompressorState,
  bytes: Uint8Array,
  from: number,
  to: number,
): number => {
  const crcFrom = from - cidLength(s.cid, s.parameters.large);
  const code = readFeedbackData(0x0006, bytes, crcFrom, from, to, record);
  if (code < 0) return code;
  s.feedbackSeen = true;
  if (record.reject) s.rejected = true;
  if (record.contextMemory) s.tooLarge = true;
  // a negative acknowledgement also acknowledges the packet that its MSN names (RFC 6846 section 8.3.1)
  const known = record.snValid && acknowledge(s, record.sn, record.snBits);
  if (record.ackType === FEEDBACK_ACK) return 0;
  const static_ =
    record.ackType === FEEDBACK_STATIC_NACK ||
    !record.snValid ||
    isBeforeFlow(s, record.sn, record.snBits);
  const answered = static_ ? s.irSent : s.dynamicSent;
  if (answered > 0 && answered < s.parameters.repetitions) {
    // the answer to this, or to the one before, is still on its way
    return 0;
  }
  if (static_ || !known) {
    s.base = undefined;
    if (static_) s.irSent = 0;
  }
  s.dynamicSent = 0;
  s.sent.count = 0;
  s.items.forget();
  s.strides.sent = 0;
  return 0;
};

/** Whether this MSN belongs to a packet before the flow's first IR: the decompressor holds another flow then. */
const isBeforeFlow = (s: TcpCompressorState, sn: number, bits: number): boolean => {
  if (s.irSent === 255) return false;
  const mask = bits >= 16 ? 0xffff : (1 << bits) - 1;
  // the newest MSN that ends in these bits
  const msn = (s.msn - ((s.msn - sn) & mask)) & 0xffff;
  return ((msn - s.irMsn) & 0xffff) >= 0x8000;
};

/** Drops what is older than the packet with this MSN, and counts as known what it or an earlier one carried. */
const acknowledge = (s: TcpCompressorState, sn: number, bits: number): boolean => {
  const { sent, strides } = s;
  if (!acknowledgeRow(sent, sn, bits >= 16 ? 0xffff : (1 << bits) - 1)) return false;
  const msn = sent.rows[oldestRow(sent) + MSN] as number;
  const covers = (since: number): boolean => ((msn - since) & 0xffff) < 0x8000;
  if (s.irSent > 0 && covers(s.irMsn)) s.irSent = 255;
  if (s.dynamicSent > 0 && covers(s.dynamicMsn)) s.dynamicSent = 255;
  s.items.acknowledge(msn);
  if (strides.sent > 0 && isWithin(msn, strides.first, strides.last)) strides.sent = 255;
  return true;
};
