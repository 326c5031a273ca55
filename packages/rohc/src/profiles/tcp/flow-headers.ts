/**
 * The headers in front of TCP as a compressor context keeps them: how a flow starts, which packets belong to it, and
 * what the outer headers' changes count as.
 */
import { copyOctets } from '../../internal/copy.js';
import { type HeaderChain, IPV4, IPV6 } from '../../internal/header-chain.js';
import { u16 } from '../../internal/octets.js';
import { hasSequence } from './chains-encode.js';
import type { TcpCompressorState } from './compressor-state.js';
import { RANDOM } from './formats.js';
import { sameStatic } from './header-compare.js';
import { impliedBehavior, startIpId } from './ip-id.js';
import { createSentHeaders } from './sent-headers.js';

/** Whether the packet belongs to the flow: kinds of the headers and all static fields are equal. */
export const matchesFlow = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): boolean => {
  if (!chain.tcp || chain.signature !== s.signature) return false;
  const h = s.headers;
  const tcp = chain.inner;
  const ports = tcp - chain.start;
  if (
    ports + 4 !== s.headersLength ||
    h[ports] !== b[tcp] ||
    h[ports + 1] !== b[tcp + 1] ||
    h[ports + 2] !== b[tcp + 2] ||
    h[ports + 3] !== b[tcp + 3]
  ) {
    return false;
  }
  for (let i = 0; i < chain.count; i++) {
    if (!sameStatic(h, b, chain, i)) return false;
  }
  return true;
};

/** Sets the context up for the flow of this packet; MSN goes on where the CID's last one stood. */
export const beginFlow = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): void => {
  const length = chain.inner + 4 - chain.start;
  s.signature = chain.signature;
  if (s.headers.length < length) s.headers = new Uint8Array(length);
  s.headersLength = length;
  let sequences = 0;
  for (let i = 0; i < chain.count; i++) if (hasSequence(b, chain, i)) sequences++;
  s.sequences = sequences;
  const { window, repetitions } = s.parameters;
  s.sent = createSentHeaders(Math.max(window, repetitions), sequences);
  s.behaviors = new Uint8Array(chain.ipCount);
  let ip = 0;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const kind = chain.kind[i];
    if (kind === IPV4) {
      const id = u16(b, o + 4);
      if (i === chain.innermost) startIpId(s.watch, id);
      else s.behaviors[ip] = impliedBehavior(id, false);
      ip++;
    } else if (kind === IPV6) {
      s.behaviors[ip++] = RANDOM;
    }
  }
  rememberHeaders(s, b, chain);
};

/** Keeps the headers' octets, ports included. */
export const rememberHeaders = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): void => {
  copyOctets(b, chain.start, chain.start + s.headersLength, s.headers, 0);
};

/** Counts new versions of the outer headers' TTLs and TOS octets; takes over their IP-IDs' behaviour. */
export const followOuter = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): void => {
  const h = s.headers;
  let ip = 0;
  let ttl = false;
  let tos = false;
  for (let i = 0; i < chain.innermost; i++) {
    const o = chain.offset[i] as number;
    const r = o - chain.start;
    const kind = chain.kind[i];
    if (kind === IPV4) {
      if (h[r + 8] !== b[o + 8]) ttl = true;
      if (h[r + 1] !== b[o + 1]) tos = true;
      if (u16(b, o + 4) !== 0) s.behaviors[ip] = RANDOM;
      ip++;
    } else if (kind === IPV6) {
      if (h[r + 7] !== b[o + 7]) ttl = true;
      if (h[r] !== b[o] || (((h[r + 1] as number) ^ (b[o + 1] as number)) & 0xf0) !== 0) tos = true;
      ip++;
    }
  }
  if (ttl) s.outerTtlVersion = (s.outerTtlVersion + 1) & 0xffff;
  if (tos) s.outerTosVersion = (s.outerTosVersion + 1) & 0xffff;
};
