/**
 * Reads the fields of a packet that change from packet to packet, and finds out which of the rare ones the decompressor
 * may hold otherwise.
 */
import { type HeaderChain, IPV4 } from '../../internal/header-chain.js';
import { swap16, u16, u32 } from '../../internal/octets.js';
import { nextStride } from './ack-stride.js';
import { fillSequences, type TcpCompressorState } from './compressor-state.js';
import { RANDOM, SEQUENTIAL_SWAPPED } from './formats.js';
import { nextIpId } from './ip-id.js';
import type { ParsedOptions } from './options-parse.js';
import { ECN_BITS, ECN_USED_BIT, OUTER_TOS_BITS, type PacketInWork } from './packet-in-work.js';
import * as R from './sent-headers.js';
import { RSF_INDEX } from './tcp-item-encode.js';

/** Packets with unchanged ECN bits after which they are taken for static again. */
const ECN_QUIET = 64;

/**
 * Fills the row in work, and takes over IP-ID, stride, ECN and option items. `fresh` is for the first packet of a flow.
 */
export const readFields = (
  s: TcpCompressorState,
  p: PacketInWork,
  b: Uint8Array,
  chain: HeaderChain,
  options: ParsedOptions,
  fresh: boolean,
): void => {
  const { sent, parameters } = s;
  const { rows, count } = sent;
  const { base } = p;
  const { items } = s;
  const row = R.rowInWork(sent);
  const last = sent.newest;
  p.row = row;
  p.last = last;
  p.depthL = count < parameters.repetitions ? count : parameters.repetitions;
  p.depthW = count < parameters.window ? count : parameters.window;
  const msn = (s.msn + 1) & 0xffff;
  base.msn = msn;
  rows[row + R.MSN] = msn;

  // the innermost IP header
  const ip = chain.offset[chain.innermost] as number;
  let tos: number;
  let ttl: number;
  let df = 0;
  let offset = 0;
  let behavior = RANDOM;
  if (chain.kind[chain.innermost] === IPV4) {
    tos = b[ip + 1] as number;
    ttl = b[ip + 8] as number;
    df = ((b[ip + 6] as number) >>> 6) & 1;
    const id = u16(b, ip + 4);
    behavior = fresh ? s.watch.behavior : nextIpId(s.watch, id);
    offset = ((behavior === SEQUENTIAL_SWAPPED ? swap16(id) : id) - msn) & 0xffff;
  } else {
    tos = (((b[ip] as number) & 15) << 4) | ((b[ip + 1] as number) >>> 4);
    ttl = b[ip + 7] as number;
  }
  s.behaviors[chain.ipCount - 1] = behavior;
  p.ip = ip;
  p.tos = tos;
  base.ttl = ttl;
  base.df = df;
  base.behavior = behavior;
  base.id = offset;
  rows[row + R.IP_ID_OFFSET] = offset;

  // the TCP header
  const tcp = chain.inner;
  const seq = u32(b, tcp + 4);
  const ack = u32(b, tcp + 8);
  const reserved = (b[tcp + 12] as number) & 15;
  const flags = b[tcp + 13] as number;
  const window = u16(b, tcp + 14);
  const urgent = u16(b, tcp + 18);
  const payload = chain.payloadLength;
  const stride =
    count === 0
      ? s.strides.stride
      : nextStride(s.strides, (ack - (rows[last + R.ACK] as number)) >>> 0);
  p.tcp = tcp;
  p.reserved = reserved;
  p.flags = flags;
  p.urgent = urgent;
  p.payload = payload;
  p.stride = stride;
  base.ackFlag = (flags >>> 4) & 1;
  base.urg = (flags >>> 5) & 1;
  base.psh = (flags >>> 3) & 1;
  base.rsf = RSF_INDEX[flags & 7] as number;
  base.window = window;
  const ackScaled = stride === 0 ? 0 : Math.floor(ack / stride);
  const seqScaled = payload === 0 ? 0 : Math.floor(seq / payload);
  const ackResidue = ack - ackScaled * stride;
  const seqResidue = seq - seqScaled * payload;
  const strideUrgent = ((stride << 16) | urgent) >>> 0;
  rows[row + R.SEQ] = seq;
  rows[row + R.ACK] = ack;
  rows[row + R.WINDOW] = window;
  rows[row + R.ACK_SCALED] = ackScaled;
  rows[row + R.ACK_RESIDUE] = ackResidue;
  rows[row + R.PAYLOAD] = payload;
  rows[row + R.SEQ_SCALED] = seqScaled;
  rows[row + R.SEQ_RESIDUE] = seqResidue;
  rows[row + R.LIST_LOW] = options.low;
  rows[row + R.LIST_HIGH] = options.high;
  rows[row + R.STRIDE_URGENT] = strideUrgent;
  items.update(b, options, parameters.repetitions);
  const { tsValue, tsEcho } = items;
  rows[row + R.TS_VALUE] = tsValue;
  rows[row + R.TS_ECHO] = tsEcho;
  let changed = 1 << R.MSN;
  if (rows[last + R.SEQ] !== seq) changed |= 1 << R.SEQ;
  if (rows[last + R.ACK] !== ack) changed |= 1 << R.ACK;
  if (rows[last + R.WINDOW] !== window) changed |= 1 << R.WINDOW;
  if (rows[last + R.IP_ID_OFFSET] !== offset) changed |= 1 << R.IP_ID_OFFSET;
  if (rows[last + R.TS_VALUE] !== tsValue) changed |= 1 << R.TS_VALUE;
  if (rows[last + R.TS_ECHO] !== tsEcho) changed |= 1 << R.TS_ECHO;
  if (rows[last + R.ACK_RESIDUE] !== ackResidue) changed |= 1 << R.ACK_RESIDUE;
  if (rows[last + R.PAYLOAD] !== payload) changed |= 1 << R.PAYLOAD;
  if (rows[last + R.SEQ_RESIDUE] !== seqResidue) changed |= 1 << R.SEQ_RESIDUE;
  if (rows[last + R.LIST_LOW] !== options.low) changed |= 1 << R.LIST_LOW;
  if (rows[last + R.LIST_HIGH] !== options.high) changed |= 1 << R.LIST_HIGH;
  if (rows[last + R.STRIDE_URGENT] !== strideUrgent) changed |= 1 << R.STRIDE_URGENT;
  if (s.sequences > 0) changed |= fillSequences(s, b, chain, row, last);
  const ecn = (reserved << 4) | ((flags >>> 6) << 2) | (tos & 3);
  const rare =
    ttl | ((tos >>> 2) << 8) | (df << 14) | (behavior << 15) | (ecn << 18) | (options.count << 26);
  rows[row + R.CHANGED] = changed | compareRare(s, p, chain.ipCount > 1, rare);
};

/**
 * Compares what rarely changes, and decides whether ECN bits go out with each packet. Returns which of the columns differ
 * from the newest reference's.
 */
const compareRare = (
  s: TcpCompressorState,
  p: PacketInWork,
  tunnelled: boolean,
  fields: number,
): number => {
  const { sent } = s;
  const { rows } = sent;
  const { row, last, depthL } = p;
  const outer = ((s.outerTtlVersion << 16) | s.outerTosVersion) >>> 0;
  const outerDiff = tunnelled ? R.difference(sent, R.OUTER, depthL, outer | 0) : 0;
  let rare = fields | (s.ecnUsed << 17);
  let rareDiff = R.difference(sent, R.RARE, depthL, rare);
  // ECN: sent with each packet once it changes, dropped again after a quiet while
  if (s.ecnUsed === 1) {
    const stale = sent.count === 0;
    const quiet =
      stale ||
      ((((rows[last + R.RARE] as number) ^ rare) & ECN_BITS) === 0 &&
        ((rows[last + R.OUTER] as number) & OUTER_TOS_BITS) === s.outerTosVersion);
    s.ecnQuiet = quiet ? s.ecnQuiet + 1 : 0;
    if (
      s.ecnQuiet >= ECN_QUIET &&
      (rareDiff & ECN_BITS) === 0 &&
      (outerDiff & OUTER_TOS_BITS) === 0
    ) {
      s.ecnUsed = 0;
      rare &= ~ECN_USED_BIT;
      rareDiff |= ECN_USED_BIT;
    }
  } else if ((rareDiff & ECN_BITS) !== 0 || (outerDiff & OUTER_TOS_BITS) !== 0) {
    s.ecnUsed = 1;
    s.ecnQuiet = 0;
    rare |= ECN_USED_BIT;
    rareDiff |= ECN_USED_BIT;
  }
  if (s.ecnUsed === 1) rareDiff &= ~ECN_BITS;
  rows[row + R.RARE] = rare;
  rows[row + R.OUTER] = outer;
  p.base.ecnUsed = s.ecnUsed;
  p.rareDiff = rareDiff;
  p.outerDiff = outerDiff;
  return (
    (rows[last + R.RARE] === rare ? 0 : 1 << R.RARE) |
    (rows[last + R.OUTER] === outer ? 0 : 1 << R.OUTER)
  );
};
