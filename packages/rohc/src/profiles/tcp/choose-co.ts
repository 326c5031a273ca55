/**
 * Decides how a CO packet says what the decompressor may not know: which fields go out, and the base header that
 * carries them in the fewest octets.
 */
import {
  ACK_BIT,
  fitsScaled,
  indicatorOf,
  randomFormat,
  SEQ_BIT,
  sequentialFormat,
  ttlFits,
  WINDOW_BIT,
} from './choose-format.js';
import type { TcpCompressorState } from './compressor-state.js';
import { CO_COMMON, RND, SEQ, SEQUENTIAL_SWAPPED } from './formats.js';
import {
  BEHAVIOR_BITS,
  DF_BIT,
  DSCP_BITS,
  ECN_USED_BIT,
  LIST_COUNT_BITS,
  OUTER_TTL_BITS,
  type PacketInWork,
  STRIDE_BITS,
  TTL_BITS,
  URGENT_BITS,
} from './packet-in-work.js';
import * as R from './sent-headers.js';

/** Octets by co_common's indicator of a sequence or acknowledgement number. */
export const INDICATED_OCTETS = /* @__PURE__ */ Uint8Array.of(0, 1, 2, 4);
/** Sets of columns, one bit each. */
const STRIDE_URGENT_BIT = /* @__PURE__ */ (() => 1 << R.STRIDE_URGENT)();
const ACK_RESIDUE_BIT = /* @__PURE__ */ (() => 1 << R.ACK_RESIDUE)();
const LIST_COLUMNS = /* @__PURE__ */ (() => (1 << R.LIST_LOW) | (1 << R.LIST_HIGH))();
const SEQ_FACTORS = /* @__PURE__ */ (() => (1 << R.PAYLOAD) | (1 << R.SEQ_RESIDUE))();
/** From this length on co_common may be longer than the eighth format. */
const COMMON_LONG = 7;

/**
 * Sets the base record's format and what belongs to it: numbers to send, indicators, whether a list follows. Option
 * items to send whole are in `present`, differences of the rare fields in `rareDiff` and `outerDiff` already.
 */
export const chooseCo = (s: TcpCompressorState, p: PacketInWork): void => {
  const { sent, parameters } = s;
  const { rows } = sent;
  const { base, row, depthL, depthW, stride, rareDiff, outerDiff } = p;
  /** Columns that the decompressor may hold otherwise. */
  const doubtful = (rows[row + R.CHANGED] as number) | R.youngColumns(sent, depthL);
  // no CRC covers the stride: it goes out until it has surely arrived
  const carryStride = stride !== 0 && s.strides.sent < parameters.repetitions;
  const strideDiff =
    (doubtful & STRIDE_URGENT_BIT) === 0
      ? 0
      : R.difference(sent, R.STRIDE_URGENT, depthL, (rows[row + R.STRIDE_URGENT] as number) | 0);
  const listChanged = (rareDiff & LIST_COUNT_BITS) !== 0 || (doubtful & LIST_COLUMNS) !== 0;
  const list = listChanged || p.present !== 0 ? 1 : 0;
  const windowChanged = (doubtful & WINDOW_BIT) !== 0;
  const sequential = base.behavior <= SEQUENTIAL_SWAPPED;
  const rareOutside =
    (rareDiff & (DSCP_BITS | DF_BIT | BEHAVIOR_BITS)) !== 0 ||
    carryStride ||
    (strideDiff & URGENT_BITS) !== 0 ||
    (outerDiff & OUTER_TTL_BITS) !== 0 ||
    base.ackFlag === 0 ||
    base.urg === 1;
  base.list = list;
  base.outerTtl = 0;
  let format = -1;
  if (
    !rareOutside &&
    (rareDiff & (TTL_BITS | ECN_USED_BIT)) === 0 &&
    base.rsf === 0 &&
    list === 0
  ) {
    const ackScales =
      stride !== 0 &&
      (strideDiff & STRIDE_BITS) === 0 &&
      (doubtful & ACK_RESIDUE_BIT) === 0 &&
      fitsScaled(sent, depthW, row, R.ACK_SCALED, 3, R.ACK_RESIDUE, R.STRIDE_URGENT, 16);
    const seqScales =
      p.payload !== 0 &&
      (doubtful & SEQ_FACTORS) === 0 &&
      fitsScaled(sent, depthW, row, R.SEQ_SCALED, 7, R.SEQ_RESIDUE, R.PAYLOAD, 0);
    format = sequential
      ? sequentialFormat(sent, depthW, row, doubtful, seqScales, ackScales)
      : randomFormat(sent, depthW, row, doubtful, seqScales, ackScales);
  }
  if (format < 0) {
    const seq = (rows[row + R.SEQ] as number) | 0;
    const ack = (rows[row + R.ACK] as number) | 0;
    const offset = base.id;
    const seqIndicator = (doubtful & SEQ_BIT) === 0 ? 0 : indicatorOf(sent, R.SEQ, depthW, seq);
    const ackIndicator = (doubtful & ACK_BIT) === 0 ? 0 : indicatorOf(sent, R.ACK, depthW, ack);
    const idShort =
      sequential &&
      (rareDiff & BEHAVIOR_BITS) === 0 &&
      R.allFit16(sent, R.IP_ID_OFFSET, depthW, offset, 8, 3);
    const idIndicator = sequential && !idShort ? 1 : 0;
    const commonLength =
      5 +
      (INDICATED_OCTETS[seqIndicator] as number) +
      (INDICATED_OCTETS[ackIndicator] as number) +
      (carryStride ? 2 : 0) +
      (windowChanged ? 2 : 0) +
      (sequential ? 1 + idIndicator : 0) +
      ((strideDiff & URGENT_BITS) !== 0 ? 2 : 0) +
      ((rareDiff & DSCP_BITS) !== 0 ? 1 : 0) +
      ((rareDiff & TTL_BITS) !== 0 ? 1 : 0);
    const eighth =
      !rareOutside &&
      !windowChanged &&
      commonLength >= COMMON_LONG &&
      ((rareDiff & TTL_BITS) === 0 || ttlFits(sent, depthW, base.ttl)) &&
      (sequential
        ? R.allFit16(sent, R.IP_ID_OFFSET, depthW, offset, 4, 3) &&
          R.allFit32(sent, R.SEQ, depthW, seq, 14, 8191) &&
          R.allFit32(sent, R.ACK, depthW, ack, 15, 8191)
        : R.allFit32(sent, R.SEQ, depthW, seq, 16, 65535) &&
          R.allFit32(sent, R.ACK, depthW, ack, 16, 16383));
    if (eighth) {
      format = sequential ? SEQ + 8 : RND + 8;
    } else {
      format = CO_COMMON;
      base.outerTtl = (outerDiff & OUTER_TTL_BITS) !== 0 ? 1 : 0;
      base.seqIndicator = seqIndicator;
      base.ackIndicator = ackIndicator;
      base.stride = carryStride ? 1 : 0;
      base.windowK = windowChanged ? 16 : 0;
      base.idIndicator = idIndicator;
      base.urgPtr = (strideDiff & URGENT_BITS) !== 0 ? 1 : 0;
      base.dscp = (rareDiff & DSCP_BITS) !== 0 ? 1 : 0;
      base.ttlK = (rareDiff & TTL_BITS) !== 0 ? 8 : 0;
    }
  }
  base.format = format;
  // as signed integers: a record holds those without a box, and the formats take low bits alone
  const ackIsScaled = format === RND + 4 || format === SEQ + 4;
  base.ack = (rows[row + (ackIsScaled ? R.ACK_SCALED : R.ACK)] as number) | 0;
  const seqIsScaled =
    format === RND + 2 || format === RND + 6 || format === SEQ + 2 || format === SEQ + 6;
  base.seq = (rows[row + (seqIsScaled ? R.SEQ_SCALED : R.SEQ)] as number) | 0;
};
