/**
 * Writes the static, dynamic, replicate and irregular chains of a packet (RFC 6846 section 6.2). The caller has made
 * sure of the room; every function returns the place behind what it wrote.
 */
import {
  AH,
  DESTINATION,
  GRE,
  type HeaderChain,
  HOP_BY_HOP,
  IPV4,
  IPV6,
  MINE,
  ROUTING,
} from '../../internal/header-chain.js';
import { RANDOM, ZERO } from './formats.js';
import { allFit32, SEQUENCES, type SentHeaders } from './sent-headers.js';
import { u32 } from '../../internal/octets.js';

const copy = (b: Uint8Array, from: number, length: number, out: Uint8Array, at: number): number => {
  for (let i = 0; i < length; i++) out[at + i] = b[from + i] as number;
  return at + length;
};

/** Writes the static chain: all headers down to the TCP ports. */
export const encodeStaticChain = (
  b: Uint8Array,
  chain: HeaderChain,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const length = chain.length[i] as number;
    switch (chain.kind[i]) {
      case IPV4:
        out[at] = 0;
        out[at + 1] = b[o + 9] as number;
        at = copy(b, o + 12, 8, out, at + 2);
        break;
      case IPV6: {
        const high = (b[o + 1] as number) & 15;
        if (high === 0 && b[o + 2] === 0 && b[o + 3] === 0) {
          out[at++] = 0x80;
        } else {
          out[at] = 0x90 | high;
          out[at + 1] = b[o + 2] as number;
          out[at + 2] = b[o + 3] as number;
          at += 3;
        }
        out[at] = b[o + 6] as number;
        at = copy(b, o + 8, 32, out, at + 1);
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
        at = copy(b, o, 2, out, at);
        break;
      case ROUTING:
        at = copy(b, o, length, out, at);
        break;
      case AH:
        at = copy(b, o, 2, out, at);
        at = copy(b, o + 4, 4, out, at);
        break;
      case GRE: {
        const flags = b[o] as number;
        out[at++] =
          (b[o + 2] === 0x86 ? 0x80 : 0) | ((flags & 0x80) >>> 1) | (flags & 0x20) | (flags & 0x10);
        if ((flags & 0x20) !== 0) at = copy(b, o + ((flags & 0x80) !== 0 ? 8 : 4), 4, out, at);
        break;
      }
      case MINE:
        at = copy(b, o, 2, out, at);
        at = copy(b, o + 4, length - 4, out, at);
        break;
      default:
        break;
    }
  }
  return copy(b, chain.inner, 4, out, at);
};

/** Writes the dynamic chain of the headers in front of TCP. `behaviors` is the IP-ID behaviour of each IP header. */
export const encodeDynamicChain = (
  b: Uint8Array,
  chain: HeaderChain,
  behaviors: Uint8Array,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  let ip = 0;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const length = chain.length[i] as number;
    switch (chain.kind[i]) {
      case IPV4: {
        const behavior = behaviors[ip++] as number;
        out[at] = (((b[o + 6] as number) >>> 4) & 4) | behavior;
        out[at + 1] = b[o + 1] as number;
        out[at + 2] = b[o + 8] as number;
        at += 3;
        if (behavior !== ZERO) at = copy(b, o + 4, 2, out, at);
        break;
      }
      case IPV6:
        ip++;
        out[at] = (((b[o] as number) & 15) << 4) | ((b[o + 1] as number) >>> 4);
        out[at + 1] = b[o + 7] as number;
        at += 2;
        break;
      case HOP_BY_HOP:
      case DESTINATION:
        at = copy(b, o + 2, length - 2, out, at);
        break;
      case AH:
        at = copy(b, o + 2, 2, out, at);
        at = copy(b, o + 8, length - 8, out, at);
        break;
      case GRE: {
        const flags = b[o] as number;
        if ((flags & 0x80) !== 0) at = copy(b, o + 4, 2, out, at);
        if ((flags & 0x10) !== 0) at = copy(b, o + length - 4, 4, out, at);
        break;
      }
      default:
        break;
    }
  }
  return at;
};

/** Writes the replicate chain of the headers in front of TCP, every field that it can carry included. */
export const encodeReplicateChain = (
  b: Uint8Array,
  chain: HeaderChain,
  behaviors: Uint8Array,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  let ip = 0;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const length = chain.length[i] as number;
    switch (chain.kind[i]) {
      case IPV4: {
        const behavior = behaviors[ip++] as number;
        out[at] = (behavior << 2) | 2 | (((b[o + 6] as number) >>> 6) & 1);
        out[at + 1] = b[o + 1] as number;
        at += 2;
        if (behavior !== ZERO) at = copy(b, o + 4, 2, out, at);
        out[at++] = b[o + 8] as number;
        break;
      }
      case IPV6: {
        ip++;
        out[at++] = (((b[o] as number) & 15) << 4) | ((b[o + 1] as number) >>> 4);
        const high = (b[o + 1] as number) & 15;
        if (high === 0 && b[o + 2] === 0 && b[o + 3] === 0) {
          out[at++] = 0;
        } else {
          out[at] = 0x10 | high;
          at = copy(b, o + 2, 2, out, at + 1);
        }
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
      case ROUTING:
        out[at] = 0x80;
        at = copy(b, o + 1, length - 1, out, at + 1);
        break;
      case AH:
        out[at] = 0x80;
        at = copy(b, o + 1, length - 1, out, at + 1);
        break;
      case GRE: {
        const flags = b[o] as number;
        out[at++] = 0x80 | ((flags >>> 5) & 4) | ((flags >>> 4) & 2) | ((flags >>> 4) & 1);
        if ((flags & 0x80) !== 0) at = copy(b, o + 4, 2, out, at);
        if ((flags & 0x20) !== 0) at = copy(b, o + ((flags & 0x80) !== 0 ? 8 : 4), 4, out, at);
        if ((flags & 0x10) !== 0) at = copy(b, o + length - 4, 4, out, at);
        break;
      }
      case MINE:
        out[at] = 0x80;
        out[at + 1] = b[o + 1] as number;
        at = copy(b, o + 4, length - 4, out, at + 2);
        break;
      default:
        break;
    }
  }
  return at;
};

/** The sequence number of AH or GRE header `i`, where it has one; the caller knows that it has. */
export const sequenceOf = (b: Uint8Array, chain: HeaderChain, i: number): number => {
  const o = chain.offset[i] as number;
  return u32(b, chain.kind[i] === AH ? o + 8 : o + (chain.length[i] as number) - 4);
};

/** Whether header `i` carries a sequence number: AH always, GRE by its S flag. */
export const hasSequence = (b: Uint8Array, chain: HeaderChain, i: number): boolean =>
  chain.kind[i] === AH ||
  (chain.kind[i] === GRE && ((b[chain.offset[i] as number] as number) & 0x10) !== 0);

/** Writes `lsb_7_or_31`. */
const encodeSequence = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
  out: Uint8Array,
  at: number,
): number => {
  if (allFit32(sent, column, depth, value, 7, 8)) {
    out[at] = value & 0x7f;
    return at + 1;
  }
  out[at] = 0x80 | ((value >>> 24) & 0x7f);
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
};

/** Writes the irregular chain of the headers in front of TCP. */
export const encodeIrregularChain = (
  b: Uint8Array,
  chain: HeaderChain,
  behaviors: Uint8Array,
  ecnUsed: boolean,
  outerTtl: boolean,
  sent: SentHeaders,
  depth: number,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  let ip = 0;
  let sequence = SEQUENCES;
  for (let i = 0; i < chain.count; i++) {
    const o = chain.offset[i] as number;
    const kind = chain.kind[i] as number;
    if (kind === IPV4 || kind === IPV6) {
      if (kind === IPV4 && behaviors[ip] === RANDOM) at = copy(b, o + 4, 2, out, at);
      ip++;
      if (i !== chain.innermost) {
        if (ecnUsed) {
          out[at++] =
            kind === IPV4
              ? (b[o + 1] as number)
              : (((b[o] as number) & 15) << 4) | ((b[o + 1] as number) >>> 4);
        }
        if (outerTtl) out[at++] = b[kind === IPV4 ? o + 8 : o + 7] as number;
      }
    } else if (kind === AH) {
      at = encodeSequence(sent, sequence++, depth, u32(b, o + 8), out, at);
      at = copy(b, o + 12, (chain.length[i] as number) - 12, out, at);
    } else if (kind === GRE) {
      const flags = b[o] as number;
      if ((flags & 0x80) !== 0) at = copy(b, o + 4, 2, out, at);
      if ((flags & 0x10) !== 0) {
        at = encodeSequence(sent, sequence++, depth, sequenceOf(b, chain, i), out, at);
      }
    }
  }
  return at;
};
