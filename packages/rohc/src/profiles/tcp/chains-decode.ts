/**
 * Reads the static, dynamic, replicate and irregular chains (RFC 6846 section 6.2) into a header template and a state
 * row. Every function takes the place to read from and returns the place behind, or a negative code.
 */
import { MALFORMED, OVER_LIMIT, TRUNCATED } from '../../internal/codes.js';
import {
  AH,
  DESTINATION,
  GRE,
  HEADER_OCTETS_MAX,
  HEADERS_MAX,
  HOP_BY_HOP,
  IP_HEADERS_MAX,
  IPV4,
  IPV6,
  MINE,
  PROTOCOL_AH,
  PROTOCOL_DESTINATION,
  PROTOCOL_GRE,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_MINE,
  PROTOCOL_ROUTING,
  PROTOCOL_TCP,
  ROUTING,
} from '../../internal/header-chain.js';
import { lsbDecode32 } from '../../wlsb.js';
import { RANDOM, ZERO } from './formats.js';
import { addHeader, type HeaderTemplate } from './header-template.js';
import { decodeList } from './options-decode.js';
import type { TcpScratch } from './scratch.js';
import * as S from './state.js';

const u16 = (b: Uint8Array, i: number): number => ((b[i] as number) << 8) | (b[i + 1] as number);
const u32 = (b: Uint8Array, i: number): number => ((u16(b, i) << 16) | u16(b, i + 2)) >>> 0;

/** Octets of an IPv6 extension header whose length field is `length`. */
const extensionOctets = (length: number): number => (length + 1) * 8;

/** Reads the static chain into the empty template `t`: headers down to TCP's ports. */
export const decodeStaticChain = (
  t: HeaderTemplate,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  // the outermost header says itself which version it is
  let next = at < end && (b[at] as number) >= 0x80 ? PROTOCOL_IPV6 : PROTOCOL_IPIP;
  while (next !== PROTOCOL_TCP) {
    sc.steps++;
    if (at >= end) return TRUNCATED;
    if (t.count === HEADERS_MAX) return OVER_LIMIT;
    const first = b[at] as number;
    let o: number;
    switch (next) {
      case PROTOCOL_IPIP:
        if (first !== 0) return MALFORMED;
        if (at + 10 > end) return TRUNCATED;
        if (t.ipCount === IP_HEADERS_MAX || t.size + 20 > HEADER_OCTETS_MAX) return OVER_LIMIT;
        t.ipCount++;
        t.innermost = t.count;
        o = addHeader(t, IPV4, 20);
        next = b[at + 1] as number;
        t.bytes[o] = 0x45;
        t.bytes[o + 9] = next;
        t.bytes.set(b.subarray(at + 2, at + 10), o + 12);
        at += 10;
        break;
      case PROTOCOL_IPV6: {
        if ((first & 0xe0) !== 0x80) return MALFORMED;
        const labelled = (first & 0x10) !== 0;
        const fixed = labelled ? 3 : 1;
        if (at + fixed + 33 > end) return TRUNCATED;
        if (!labelled && (first & 0x0f) !== 0) return MALFORMED;
        if (t.ipCount === IP_HEADERS_MAX || t.size + 40 > HEADER_OCTETS_MAX) return OVER_LIMIT;
        t.ipCount++;
        t.innermost = t.count;
        o = addHeader(t, IPV6, 40);
        t.bytes[o] = 0x60;
        if (labelled) {
          t.bytes[o + 1] = first & 0x0f;
          t.bytes[o + 2] = b[at + 1] as number;
          t.bytes[o + 3] = b[at + 2] as number;
        }
        at += fixed;
        next = b[at] as number;
        t.bytes[o + 6] = next;
        t.bytes.set(b.subarray(at + 1, at + 33), o + 8);
        at += 33;
        break;
      }
      case PROTOCOL_HOP_BY_HOP:
      case PROTOCOL_DESTINATION:
      case PROTOCOL_ROUTING: {
        if (at + 2 > end) return TRUNCATED;
        const kind =
          next === PROTOCOL_HOP_BY_HOP
            ? HOP_BY_HOP
            : next === PROTOCOL_DESTINATION
              ? DESTINATION
              : ROUTING;
        const octets = extensionOctets(b[at + 1] as number);
        if (t.count === 0) return MALFORMED;
        if (t.size + octets > HEADER_OCTETS_MAX) return OVER_LIMIT;
        if (kind === ROUTING && at + octets > end) return TRUNCATED;
        o = addHeader(t, kind, octets);
        next = first;
        t.bytes[o] = first;
        t.bytes[o + 1] = b[at + 1] as number;
        at += 2;
        if (kind === ROUTING) {
          t.bytes.set(b.subarray(at, at + octets - 2), o + 2);
          at += octets - 2;
        }
        break;
      }
      case PROTOCOL_AH: {
        if (at + 6 > end) return TRUNCATED;
        const octets = ((b[at + 1] as number) + 2) * 4;
        if (octets < 12 || t.count === 0) return MALFORMED;
        if (t.size + octets > HEADER_OCTETS_MAX) return OVER_LIMIT;
        o = addHeader(t, AH, octets);
        next = first;
        t.bytes[o] = first;
        t.bytes[o + 1] = b[at + 1] as number;
        t.bytes.set(b.subarray(at + 2, at + 6), o + 4);
        at += 6;
        break;
      }
      case PROTOCOL_GRE: {
        if ((first & 0x0f) !== 0 || t.count === 0) return MALFORMED;
        const checksum = (first & 0x40) !== 0;
        const key = (first & 0x20) !== 0;
        const sequence = (first & 0x10) !== 0;
        if (at + (key ? 5 : 1) > end) return TRUNCATED;
        const octets = 4 + (checksum ? 4 : 0) + (key ? 4 : 0) + (sequence ? 4 : 0);
        if (t.size + octets > HEADER_OCTETS_MAX) return OVER_LIMIT;
        o = addHeader(t, GRE, octets);
        t.bytes[o] = (checksum ? 0x80 : 0) | (key ? 0x20 : 0) | (sequence ? 0x10 : 0);
        const v6 = first >= 0x80;
        t.bytes[o + 2] = v6 ? 0x86 : 0x08;
        t.bytes[o + 3] = v6 ? 0xdd : 0x00;
        if (key) t.bytes.set(b.subarray(at + 1, at + 5), o + (checksum ? 8 : 4));
        next = v6 ? PROTOCOL_IPV6 : PROTOCOL_IPIP;
        at += key ? 5 : 1;
        break;
      }
      case PROTOCOL_MINE: {
        if (at + 2 > end) return TRUNCATED;
        const octets = (b[at + 1] as number) >= 0x80 ? 12 : 8;
        if (t.count === 0) return MALFORMED;
        if (at + octets - 2 > end) return TRUNCATED;
        if (t.size + octets > HEADER_OCTETS_MAX) return OVER_LIMIT;
        o = addHeader(t, MINE, octets);
        next = first;
        t.bytes[o] = first;
        t.bytes[o + 1] = b[at + 1] as number;
        t.bytes.set(b.subarray(at + 2, at + octets - 2), o + 4);
        at += octets - 2;
        break;
      }
      default:
        return MALFORMED;
    }
  }
  if (at + 4 > end) return TRUNCATED;
  // reordered chains could name no IP header only through the switch above, which starts from one
  t.sourcePort = u16(b, at);
  t.destinationPort = u16(b, at + 2);
  return at + 4;
};

/** Reads the dynamic chain; ext header contents go to the template, the rest to the row `at` of `state`. */
export const decodeDynamicChain = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    sc.steps++;
    const o = t.offset[i] as number;
    const length = t.length[i] as number;
    switch (t.kind[i]) {
      case IPV4: {
        if (at + 3 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const first = b[at] as number;
        if ((first & 0xf8) !== 0) return MALFORMED;
        const behavior = first & 3;
        // only the innermost IP-ID can follow the MSN (RFC 6846 section 6.1.2)
        if (behavior < RANDOM && i !== t.innermost) return MALFORMED;
        state[q + S.IP_DF] = (first >>> 2) & 1;
        state[q + S.IP_BEHAVIOR] = behavior;
        state[q + S.IP_TOS] = b[at + 1] as number;
        state[q + S.IP_TTL] = b[at + 2] as number;
        at += 3;
        if (behavior === ZERO) {
          state[q + S.IP_ID] = 0;
        } else {
          if (at + 2 > end) return TRUNCATED;
          state[q + S.IP_ID] = u16(b, at);
          at += 2;
        }
        break;
      }
      case IPV6: {
        if (at + 2 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        state[q + S.IP_BEHAVIOR] = RANDOM;
        state[q + S.IP_TOS] = b[at] as number;
        state[q + S.IP_TTL] = b[at + 1] as number;
        at += 2;
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
        if (at + length - 2 > end) return TRUNCATED;
        t.bytes.set(b.subarray(at, at + length - 2), o + 2);
        at += length - 2;
        break;
      case AH:
        if (at + length - 6 > end) return TRUNCATED;
        t.bytes[o + 2] = b[at] as number;
        t.bytes[o + 3] = b[at + 1] as number;
        state[row + S.SEQUENCE + i] = u32(b, at + 2);
        sc.opaque[i] = at + 6;
        at += length - 6;
        break;
      case GRE: {
        const flags = t.bytes[o] as number;
        if ((flags & 0x80) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          sc.opaque[i] = at;
          at += 2;
        }
        if ((flags & 0x10) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at);
          at += 4;
        }
        break;
      }
      default:
        break;
    }
  }
  return decodeTcpDynamic(state, row, b, at, end, sc);
};

const decodeTcpDynamic = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  if (at + 8 > end) return TRUNCATED;
  const first = b[at] as number;
  const second = b[at + 1] as number;
  state[row + S.ECN_USED] = first >>> 7;
  const strideFlag = (first & 0x40) !== 0;
  const ackZero = (first & 0x20) !== 0;
  const urgPtrZero = (first & 0x10) !== 0;
  state[row + S.RES_FLAGS] = first & 15;
  state[row + S.TCP_ECN] = second >>> 6;
  state[row + S.FLAGS] = second & 0x3f;
  state[row + S.MSN] = u16(b, at + 2);
  state[row + S.SEQ] = u32(b, at + 4);
  at += 8;
  if (at + (ackZero ? 4 : 8) + (urgPtrZero ? 0 : 2) + (strideFlag ? 2 : 0) > end) return TRUNCATED;
  if (ackZero) {
    state[row + S.ACK] = 0;
  } else {
    state[row + S.ACK] = u32(b, at);
    at += 4;
  }
  state[row + S.WINDOW] = u16(b, at);
  state[row + S.CHECKSUM] = u16(b, at + 2);
  at += 4;
  if (urgPtrZero) {
    state[row + S.URG_PTR] = 0;
  } else {
    state[row + S.URG_PTR] = u16(b, at);
    at += 2;
  }
  if (strideFlag) {
    state[row + S.ACK_STRIDE] = u16(b, at);
    at += 2;
  }
  return decodeList(state, row, b, at, end, sc, true);
};

/**
 * Reads the replicate chain of an IR-CR packet: the row and the template hold the base context and become the new one.
 */
export const decodeReplicateChain = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    sc.steps++;
    if (at >= end) return TRUNCATED;
    const o = t.offset[i] as number;
    const length = t.length[i] as number;
    const first = b[at] as number;
    switch (t.kind[i]) {
      case IPV4: {
        if (at + 2 > end) return TRUNCATED;
        if ((first & 0xf0) !== 0) return MALFORMED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const behavior = (first >>> 2) & 3;
        if (behavior < RANDOM && i !== t.innermost) return MALFORMED;
        const ttlFlag = (first & 2) !== 0;
        state[q + S.IP_BEHAVIOR] = behavior;
        state[q + S.IP_DF] = first & 1;
        state[q + S.IP_TOS] = b[at + 1] as number;
        at += 2;
        if (at + (behavior === ZERO ? 0 : 2) + (ttlFlag ? 1 : 0) > end) return TRUNCATED;
        if (behavior === ZERO) {
          state[q + S.IP_ID] = 0;
        } else {
          state[q + S.IP_ID] = u16(b, at);
          at += 2;
        }
        if (ttlFlag) state[q + S.IP_TTL] = b[at++] as number;
        break;
      }
      case IPV6: {
        if (at + 2 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        state[q + S.IP_TOS] = first;
        const label = b[at + 1] as number;
        if ((label & 0xe0) !== 0) return MALFORMED;
        at += 2;
        if ((label & 0x10) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          t.bytes[o + 1] = label & 15;
          t.bytes[o + 2] = b[at] as number;
          t.bytes[o + 3] = b[at + 1] as number;
          at += 2;
        } else {
          if ((label & 15) !== 0) return MALFORMED;
          t.bytes.fill(0, o + 1, o + 4);
        }
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
      case ROUTING:
        if (first === 0x80) {
          if (at + 2 > end) return TRUNCATED;
          // a new length would move every header behind it; RFC 6846 allows it, this decompressor does not
          if (extensionOctets(b[at + 1] as number) !== length) return MALFORMED;
          if (at + length > end) return TRUNCATED;
          t.bytes.set(b.subarray(at + 2, at + length), o + 2);
          at += length;
        } else if (first === 0) {
          at++;
        } else {
          return MALFORMED;
        }
        break;
      case AH:
        if (first === 0x80) {
          if (at + 2 > end) return TRUNCATED;
          if (((b[at + 1] as number) + 2) * 4 !== length) return MALFORMED;
          if (at + length > end) return TRUNCATED;
          t.bytes.set(b.subarray(at + 2, at + 8), o + 2);
          state[row + S.SEQUENCE + i] = u32(b, at + 8);
          sc.opaque[i] = at + 12;
          at += length;
        } else if (first === 0) {
          if (at + length - 7 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at + 1);
          sc.opaque[i] = at + 5;
          at += length - 7;
        } else {
          return MALFORMED;
        }
        break;
      case GRE: {
        const flags = t.bytes[o] as number;
        at++;
        if ((first & 0xf8) === 0x80) {
          const sent =
            ((first & 4) !== 0 ? 0x80 : 0) |
            ((first & 2) !== 0 ? 0x20 : 0) |
            ((first & 1) !== 0 ? 0x10 : 0);
          if (sent !== flags) return MALFORMED;
        } else if (first !== 0) {
          return MALFORMED;
        }
        if ((flags & 0x80) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          sc.opaque[i] = at;
          at += 2;
        }
        if (first !== 0 && (flags & 0x20) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          t.bytes.set(b.subarray(at, at + 4), o + ((flags & 0x80) !== 0 ? 8 : 4));
          at += 4;
        }
        if ((flags & 0x10) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at);
          at += 4;
        }
        break;
      }
      default: {
        // MINE
        at++;
        if (first === 0x80) {
          if (at >= end) return TRUNCATED;
          if (((b[at] as number) >= 0x80 ? 12 : 8) !== length) return MALFORMED;
          if (at + length - 3 > end) return TRUNCATED;
          t.bytes[o + 1] = b[at] as number;
          t.bytes.set(b.subarray(at + 1, at + length - 3), o + 4);
          at += length - 3;
        } else if (first !== 0) {
          return MALFORMED;
        }
        break;
      }
    }
  }
  return decodeTcpReplicate(t, state, row, b, at, end, sc);
};

const RSF = /* @__PURE__ */ Uint8Array.of(0, 4, 2, 1);

/** TCP's RST, SYN and FIN bits behind the two-bit index (RFC 6846, `rsf_index_enc`). */
export const rsfOf = (index: number): number => RSF[index] as number;

const decodePort = (presence: number, port: number, b: Uint8Array, at: number): number =>
  presence === 0
    ? port
    : presence === 1
      ? lsbDecode32(port, b[at] as number, 8, 64) & 0xffff
      : u16(b, at);

const decodeTcpReplicate = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  if (at + 8 > end) return TRUNCATED;
  const first = b[at] as number;
  const second = b[at + 1] as number;
  if (first >= 0x80) return MALFORMED;
  const windowPresent = (first >>> 6) & 1;
  const listPresent = (first & 0x20) !== 0;
  const source = (first >>> 3) & 3;
  const destination = (first >>> 1) & 3;
  const strideFlag = first & 1;
  const ackPresent = second >>> 7;
  const urgPtrPresent = (second >>> 6) & 1;
  const ecnUsed = second & 1;
  if (source === 3 || destination === 3) return MALFORMED;
  state[row + S.FLAGS] =
    (((second >>> 5) & 1) << 5) |
    (((second >>> 4) & 1) << 4) |
    (((second >>> 3) & 1) << 3) |
    rsfOf((second >>> 1) & 3);
  state[row + S.ECN_USED] = ecnUsed;
  state[row + S.MSN] = u16(b, at + 2);
  state[row + S.SEQ] = u32(b, at + 4);
  at += 8;
  const rest =
    source +
    destination +
    (windowPresent + urgPtrPresent) * 2 +
    ackPresent * 4 +
    ecnUsed +
    2 +
    strideFlag * 2;
  if (at + rest > end) return TRUNCATED;
  t.sourcePort = decodePort(source, t.sourcePort, b, at);
  at += source;
  t.destinationPort = decodePort(destination, t.destinationPort, b, at);
  at += destination;
  if (windowPresent === 1) {
    state[row + S.WINDOW] = u16(b, at);
    at += 2;
  }
  if (urgPtrPresent === 1) {
    state[row + S.URG_PTR] = u16(b, at);
    at += 2;
  }
  if (ackPresent === 1) {
    state[row + S.ACK] = u32(b, at);
    at += 4;
  }
  if (ecnUsed === 1) {
    const octet = b[at] as number;
    if (octet >= 0x40) return MALFORMED;
    state[row + S.RES_FLAGS] = octet >>> 2;
    state[row + S.TCP_ECN] = octet & 3;
    at++;
  }
  state[row + S.CHECKSUM] = u16(b, at);
  at += 2;
  if (strideFlag === 1) {
    state[row + S.ACK_STRIDE] = u16(b, at);
    at += 2;
  }
  sc.present = 0;
  return listPresent ? decodeList(state, row, b, at, end, sc, false) : at;
};

/** Reads `lsb_7_or_31` against `reference`; the value goes to `state[word]`. */
const decodeLsb7or31 = (
  state: Uint32Array,
  word: number,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  if (at >= end) return TRUNCATED;
  const first = b[at] as number;
  const reference = state[word] as number;
  if (first < 0x80) {
    state[word] = lsbDecode32(reference, first, 7, 8);
    return at + 1;
  }
  if (at + 4 > end) return TRUNCATED;
  state[word] = lsbDecode32(reference, u32(b, at) & 0x7fffffff, 31, 256);
  return at + 4;
};

/** Reads the irregular chain in front of the TCP options: IP headers, extension headers and TCP itself. */
export const decodeIrregularChain = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
  elided: boolean,
): number => {
  let at = from;
  const ecnUsed = state[row + S.ECN_USED] === 1;
  const outerTtl = sc.base.outerTtl === 1;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    sc.steps++;
    const kind = t.kind[i] as number;
    if (kind === IPV4 || kind === IPV6) {
      const q = row + S.IP + ip++ * S.IP_WORDS;
      if (kind === IPV4 && state[q + S.IP_BEHAVIOR] === RANDOM) {
        if (at + 2 > end) return TRUNCATED;
        state[q + S.IP_ID] = u16(b, at);
        at += 2;
      }
      if (i !== t.innermost) {
        if (at + (ecnUsed ? 1 : 0) + (outerTtl ? 1 : 0) > end) return TRUNCATED;
        if (ecnUsed) state[q + S.IP_TOS] = b[at++] as number;
        if (outerTtl) state[q + S.IP_TTL] = b[at++] as number;
      }
    } else if (kind === AH) {
      at = decodeLsb7or31(state, row + S.SEQUENCE + i, b, at, end);
      if (at < 0) return at;
      const icv = (t.length[i] as number) - 12;
      if (at + icv > end) return TRUNCATED;
      sc.opaque[i] = at;
      at += icv;
    } else if (kind === GRE) {
      const flags = t.bytes[t.offset[i] as number] as number;
      if ((flags & 0x80) !== 0) {
        if (at + 2 > end) return TRUNCATED;
        sc.opaque[i] = at;
        at += 2;
      }
      if ((flags & 0x10) !== 0) {
        at = decodeLsb7or31(state, row + S.SEQUENCE + i, b, at, end);
        if (at < 0) return at;
      }
    }
  }
  if (ecnUsed) {
    if (at >= end) return TRUNCATED;
    const octet = b[at++] as number;
    const q = row + S.IP + (t.ipCount - 1) * S.IP_WORDS + S.IP_TOS;
    state[q] = ((state[q] as number) & 0xfc) | (octet >>> 6);
    state[row + S.RES_FLAGS] = (octet >>> 2) & 15;
    state[row + S.TCP_ECN] = octet & 3;
  }
  if (elided) return at;
  if (at + 2 > end) return TRUNCATED;
  state[row + S.CHECKSUM] = u16(b, at);
  return at + 2;
};
