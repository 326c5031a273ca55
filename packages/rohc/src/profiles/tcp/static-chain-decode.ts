/**
 * Reads the static chain of an IR packet into a header template (RFC 6846 section 6.2). Like all chain readers it takes the
 * place to read from and returns the place behind, or a negative code.
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
import { u16 } from '../../internal/octets.js';
import { addHeader, type HeaderTemplate } from './header-template.js';
import { type TcpScratch } from './scratch.js';

/** Octets of an IPv6 extension header whose length field is `length`. */
export const extensionOctets = (length: number): number => (length + 1) * 8;

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
