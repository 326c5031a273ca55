/**
 * When a new flow can be announced by what another one has in common with it (RFC 4164, RFC 6846 section 5.2.2).
 */
import { type HeaderChain, IPV6 } from '../../internal/header-chain.js';
import type { TcpCompressorState } from './compressor-state.js';
import { sameStatic } from './header-compare.js';
import { OUTER_TTL_BITS, TTL_BITS } from './packet-in-work.js';
import * as R from './sent-headers.js';
import { RSF_INDEX } from './tcp-item-encode.js';

/** TCP's ECN and reserved bits: IR-CR takes them from the base unless ecn_used is set. */
const REPLICATED_BITS = 0x3f00000;

/** Whether this flow can still be announced by replication from its base context. */
export const canReplicate = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): boolean => {
  const { base } = s;
  if (base === undefined) return false;
  if (!base.live || !base.established || base.signature !== chain.signature) {
    s.base = undefined;
    return false;
  }
  if (base.headersLength !== chain.inner + 4 - chain.start) return false;
  // combinations of RST, SYN and FIN have no index, and without ecn_used the base's ECN and reserved bits stay
  const tcp = chain.inner;
  const flags = b[tcp + 13] as number;
  if ((RSF_INDEX[flags & 7] as number) < 0) return false;
  const ecn = ((((b[tcp + 12] as number) & 15) << 4) | ((flags >>> 6) << 2)) << 18;
  const depth = Math.min(base.sent.count, base.parameters.repetitions);
  if (depth === 0 || (R.difference(base.sent, R.RARE, depth, ecn) & REPLICATED_BITS) !== 0) {
    return false;
  }
  for (let i = 0; i < chain.count; i++) {
    if (!sameStatic(base.headers, b, chain, i)) return false;
    // an IPv6 header's replicate item has no hop limit: it must surely be the base's
    if (chain.kind[i] === IPV6 && !sameHopLimit(base, b, chain, i, depth)) return false;
  }
  return true;
};

/** Whether the decompressor surely holds the hop limit of this packet's IPv6 header `i` in the context `s`. */
const sameHopLimit = (
  s: TcpCompressorState,
  b: Uint8Array,
  chain: HeaderChain,
  i: number,
  depth: number,
): boolean => {
  const { sent } = s;
  const o = chain.offset[i] as number;
  const hopLimit = b[o + 7] as number;
  if (i === chain.innermost) return (R.difference(sent, R.RARE, depth, hopLimit) & TTL_BITS) === 0;
  const outer = (s.outerTtlVersion << 16) >>> 0;
  return (
    s.headers[o - chain.start + 7] === hopLimit &&
    (R.difference(sent, R.OUTER, depth, outer) & OUTER_TTL_BITS) === 0
  );
};
