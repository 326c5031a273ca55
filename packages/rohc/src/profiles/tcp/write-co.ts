/**
 * Writes a CO packet: base header, the fields that co_common announces, list, irregular chain, payload
 * (RFC 6846 section 7.3).
 */
import { crc3, crc7 } from '../../crc.js';
import { writeAddCid, writeLargeCid } from '../../internal/cid.js';
import { copyOctets } from '../../internal/copy.js';
import type { HeaderChain } from '../../internal/header-chain.js';
import { put, u16 } from '../../internal/octets.js';
import { countStride } from './ack-stride.js';
import { encodeBaseHeader } from './base-header.js';
import { encodeIrregularChain } from './chains-encode.js';
import { INDICATED_OCTETS } from './choose-co.js';
import type { TcpCompressorState } from './compressor-state.js';
import { CO_COMMON, isStrong, RANDOM, SEQUENTIAL_SWAPPED } from './formats.js';
import { encodeList, encodeOptionsIrregular } from './options-encode.js';
import type { PacketInWork } from './packet-in-work.js';
import { ACK } from './sent-headers.js';

/** Writes the packet as `chooseCo` decided, payload included, and returns its length. */
export const writeCo = (
  s: TcpCompressorState,
  p: PacketInWork,
  b: Uint8Array,
  chain: HeaderChain,
  out: Uint8Array,
  to: number,
): number => {
  const { sent, ecnUsed, cid } = s;
  const { large, scratch, elideChecksum, repetitions } = s.parameters;
  const { options } = scratch;
  const { base, present, depthW } = p;
  const { msn, format } = base;
  const ack = (sent.rows[p.row + ACK] as number) | 0;
  base.crc = isStrong(format)
    ? crc7(b, chain.start, chain.payload)
    : crc3(b, chain.start, chain.payload);
  const first = writeAddCid(out, to, cid, large);
  let at = encodeBaseHeader(base, out, first, writeLargeCid(out, first + 1, cid, large));
  if (format === CO_COMMON) {
    at = writeAnnounced(p, b, out, at);
    if (base.stride === 1) countStride(s.strides, msn);
  }
  if (base.list === 1) at = encodeList(b, options, present, ack, out, at);
  // one IPv4 header whose IP-ID follows the MSN has nothing irregular
  if (chain.count > 1 || base.behavior === RANDOM) {
    const outerTtl = base.outerTtl === 1;
    at = encodeIrregularChain(
      b,
      chain,
      s.behaviors,
      ecnUsed === 1,
      outerTtl,
      sent,
      depthW,
      out,
      at,
    );
  }
  if (ecnUsed === 1) out[at++] = ((p.tos & 3) << 6) | (p.reserved << 2) | (p.flags >>> 6);
  if (!elideChecksum) {
    out[at] = b[p.tcp + 16] as number;
    out[at + 1] = b[p.tcp + 17] as number;
    at += 2;
  }
  if (options.count > 0) {
    const unchanged = s.items.unchanged(options, repetitions);
    at = encodeOptionsIrregular(b, options, present, unchanged, ack, sent, depthW, out, at);
    s.items.count(options, present, msn, repetitions);
  }
  copyOctets(b, chain.payload, chain.end, out, at);
  s.sinceIr++;
  s.sinceFo++;
  return at + p.payload - to;
};

/** Writes the fields that the indicators of co_common announce, but for the list. */
const writeAnnounced = (p: PacketInWork, b: Uint8Array, out: Uint8Array, to: number): number => {
  const { base } = p;
  let at = put(out, to, base.seq, INDICATED_OCTETS[base.seqIndicator] as number);
  at = put(out, at, base.ack, INDICATED_OCTETS[base.ackIndicator] as number);
  if (base.stride === 1) at = put(out, at, p.stride, 2);
  if (base.windowK === 16) at = put(out, at, base.window, 2);
  if (base.behavior <= SEQUENTIAL_SWAPPED) {
    // the short form carries the offset, the long one the IP-ID as it stands in the header
    at = base.idIndicator === 1 ? put(out, at, u16(b, p.ip + 4), 2) : put(out, at, base.id, 1);
  }
  if (base.urgPtr === 1) at = put(out, at, p.urgent, 2);
  if (base.dscp === 1) out[at++] = p.tos & 0xfc;
  if (base.ttlK === 8) out[at++] = base.ttl;
  return at;
};
