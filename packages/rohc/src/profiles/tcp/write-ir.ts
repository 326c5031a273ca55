/**
 * Writes the packets that set a decompressor's context up or refresh it: IR, IR-CR and IR-DYN (RFC 6846 section 7.2).
 */
import { crc7, crc8 } from '../../crc.js';
import { writeAddCid, writeLargeCid } from '../../internal/cid.js';
import { copyOctets } from '../../internal/copy.js';
import type { HeaderChain } from '../../internal/header-chain.js';
import { u16 } from '../../internal/octets.js';
import { countStride } from './ack-stride.js';
import { encodeDynamicChain, encodeReplicateChain, encodeStaticChain } from './chains-encode.js';
import type { TcpCompressorState } from './compressor-state.js';
import { IR, IR_CR, IR_DYN } from './formats.js';
import type { PacketInWork } from './packet-in-work.js';
import { encodeTcpDynamic, encodeTcpReplicate } from './tcp-item-encode.js';

/** First octets by format number. */
const TYPES = /* @__PURE__ */ Uint8Array.of(0xfd, 0xfc, 0xf8);

/** Writes the packet in format IR, IR-CR or IR-DYN, payload included, and returns its length. */
export const writeIr = (
  s: TcpCompressorState,
  p: PacketInWork,
  format: number,
  b: Uint8Array,
  chain: HeaderChain,
  out: Uint8Array,
  to: number,
): number => {
  const { large, repetitions, scratch } = s.parameters;
  const { options } = scratch;
  const { msn } = p.base;
  const { stride } = p;
  let at = writeAddCid(out, to, s.cid, large);
  out[at++] = TYPES[format] as number;
  at = writeLargeCid(out, at, s.cid, large);
  out[at++] = 0x06;
  const crcAt = at;
  out[at++] = 0;
  const { base } = s;
  if (format === IR_CR && base !== undefined) {
    const other = base.cid !== s.cid;
    out[at++] = (other ? 0x80 : 0) | crc7(b, chain.start, chain.payload);
    if (other) {
      if (large) at = writeLargeCid(out, at, base.cid, true);
      else out[at++] = base.cid;
    }
    at = encodeReplicateChain(b, chain, s.behaviors, out, at);
    const ports = chain.inner - chain.start;
    const source = u16(base.headers, ports);
    const destination = u16(base.headers, ports + 2);
    at = encodeTcpReplicate(
      b,
      chain,
      options,
      msn,
      stride,
      s.ecnUsed,
      source,
      destination,
      out,
      at,
    );
  } else {
    if (format === IR) at = encodeStaticChain(b, chain, out, at);
    at = encodeDynamicChain(b, chain, s.behaviors, out, at);
    at = encodeTcpDynamic(b, chain, options, msn, stride, s.ecnUsed, out, at);
  }
  out[crcAt] = crc8(out, to, at);
  copyOctets(b, chain.payload, chain.end, out, at);
  at += chain.payloadLength;
  if (format !== IR_DYN) {
    if (s.irSent === 0) s.irMsn = msn;
    if (s.irSent < 254) s.irSent++;
    s.sinceIr = 0;
  } else {
    s.sinceIr++;
  }
  if (s.dynamicSent === 0) s.dynamicMsn = msn;
  if (s.dynamicSent < 255) s.dynamicSent++;
  s.sinceFo = 0;
  s.items.count(options, 0x7fff, msn, repetitions);
  if (stride !== 0) countStride(s.strides, msn);
  s.items.refresh();
  return at - to;
};
