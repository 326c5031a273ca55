/**
 * Writes TCP's own items of the dynamic and the replicate chain (RFC 6846 section 8.2, `tcp_dynamic`, `tcp_replicate`).
 */
import type { HeaderChain } from '../../internal/header-chain.js';
import { put, u16, u32 } from '../../internal/octets.js';
import { encodeList } from './options-encode.js';
import type { ParsedOptions } from './options-parse.js';

/** RST, SYN, FIN to their two-bit index; -1 for combinations that only IR and IR-DYN carry. */
export const RSF_INDEX = /* @__PURE__ */ Int8Array.of(0, 3, 2, -1, 1, -1, -1, -1);

/** Writes TCP's item of the dynamic chain, all options present. */
export const encodeTcpDynamic = (
  b: Uint8Array,
  chain: HeaderChain,
  options: ParsedOptions,
  msn: number,
  stride: number,
  ecnUsed: number,
  out: Uint8Array,
  to: number,
): number => {
  const tcp = chain.inner;
  const ack = u32(b, tcp + 8);
  const urgent = u16(b, tcp + 18);
  // an announced stride of zero would mean the same as none: leave it out
  const strideFlag = stride !== 0 ? 1 : 0;
  let at = to;
  out[at++] =
    (ecnUsed << 7) |
    (strideFlag << 6) |
    (ack === 0 ? 0x20 : 0) |
    (urgent === 0 ? 0x10 : 0) |
    ((b[tcp + 12] as number) & 15);
  out[at++] = b[tcp + 13] as number;
  at = put(out, at, msn, 2);
  at = put(out, at, u32(b, tcp + 4), 4);
  if (ack !== 0) at = put(out, at, ack, 4);
  at = put(out, at, u32(b, tcp + 14), 4);
  if (urgent !== 0) at = put(out, at, urgent, 2);
  if (strideFlag === 1) at = put(out, at, stride, 2);
  return encodeList(b, options, 0x7fff, ack, out, at);
};

/**
 * How a replicated port goes out: 0 as in the base, 1 by its low octet, 2 whole. The low octet alone is used only where
 * the high ones agree: some peers replace it instead of decoding it against the base.
 */
const portPresence = (base: number, port: number): number =>
  port === base ? 0 : (port ^ base) <= 0xff && ((port - base + 64) & 0xffff) < 256 ? 1 : 2;

/** Writes TCP's item of the replicate chain; `sourceBase` and `destinationBase` are the base context's ports. */
export const encodeTcpReplicate = (
  b: Uint8Array,
  chain: HeaderChain,
  options: ParsedOptions,
  msn: number,
  stride: number,
  ecnUsed: number,
  sourceBase: number,
  destinationBase: number,
  out: Uint8Array,
  to: number,
): number => {
  const tcp = chain.inner;
  const flags = b[tcp + 13] as number;
  const source = portPresence(sourceBase, u16(b, tcp));
  const destination = portPresence(destinationBase, u16(b, tcp + 2));
  const strideFlag = stride !== 0 ? 1 : 0;
  let at = to;
  out[at++] = 0x40 | 0x20 | (source << 3) | (destination << 1) | strideFlag;
  out[at++] =
    0xc0 |
    (((flags >>> 5) & 1) << 5) |
    (((flags >>> 4) & 1) << 4) |
    (((flags >>> 3) & 1) << 3) |
    ((RSF_INDEX[flags & 7] as number) << 1) |
    ecnUsed;
  at = put(out, at, msn, 2);
  at = put(out, at, u32(b, tcp + 4), 4);
  at = put(out, at, u16(b, tcp), source);
  at = put(out, at, u16(b, tcp + 2), destination);
  at = put(out, at, u16(b, tcp + 14), 2);
  at = put(out, at, u16(b, tcp + 18), 2);
  at = put(out, at, u32(b, tcp + 8), 4);
  if (ecnUsed === 1) out[at++] = (((b[tcp + 12] as number) & 15) << 2) | (flags >>> 6);
  at = put(out, at, u16(b, tcp + 16), 2);
  if (strideFlag === 1) at = put(out, at, stride, 2);
  return encodeList(b, options, 0x7fff, u32(b, tcp + 8), out, at);
};
