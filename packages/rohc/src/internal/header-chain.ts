/**
 * Finds the headers of an IP packet: where each one starts, how long it is, and whether ROHC may compress them.
 */

/** Header kinds, in the numbers used by {@link HeaderChain.kind}. */
export const IPV4 = 1;
export const IPV6 = 2;
export const HOP_BY_HOP = 3;
export const DESTINATION = 4;
export const ROUTING = 5;
export const AH = 6;
export const GRE = 7;
export const MINE = 8;

/** Headers in front of TCP that a chain holds at most: deeper stacks go uncompressed. */
export const HEADERS_MAX = 10;
/** IP headers among them. */
export const IP_HEADERS_MAX = 4;
/** Octets from the outermost IP header to the end of the TCP options that a context keeps at most. */
export const HEADER_OCTETS_MAX = 1024;
/** XI items that a compressed list can name (4 bits, RFC 6846 section 6.3.3). */
export const LIST_ITEMS_MAX = 15;

/** IP protocol numbers. */
export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_IPIP = 4;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_IPV6 = 41;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_GRE = 47;
export const PROTOCOL_AH = 51;
export const PROTOCOL_MINE = 55;
export const PROTOCOL_DESTINATION = 60;

/**
 * The headers of one packet, filled anew by {@link parseHeaderChain}; one instance serves a whole channel.
 */
export interface HeaderChain {
  /** Place of the packet in its buffer. */
  start: number;
  /** End of the packet in its buffer. */
  end: number;
  /** Number of headers before the first one that is not IP, an IPv6 extension header, AH, GRE or MINE. */
  count: number;
  readonly kind: Uint8Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  /** Number of IP headers among them, and the index of the innermost one. */
  ipCount: number;
  innermost: number;
  /** All kinds, four bits each, the outermost highest (as a float: up to 40 bits). */
  signature: number;
  /** Protocol number behind the last header. */
  protocol: number;
  /** Place behind the last header: the TCP header's when `tcp` holds. */
  inner: number;
  /** Whether lengths, checksums and reserved bits let a profile infer them: no header would be changed in transit. */
  regular: boolean;
  /** Whether a whole TCP header follows, fit for profile 0x0006. */
  tcp: boolean;
  /** Octets of the TCP options. */
  optionsLength: number;
  /** Place and size of the payload behind TCP. */
  payload: number;
  payloadLength: number;
  /** Loop turns taken so far, over all packets: bounds of work are counted, not timed. */
  steps: number;
}

export const createHeaderChain = (): HeaderChain => ({
  start: 0,
  end: 0,
  count: 0,
  kind: new Uint8Array(HEADERS_MAX),
  offset: new Int32Array(HEADERS_MAX),
  length: new Int32Array(HEADERS_MAX),
  ipCount: 0,
  innermost: 0,
  signature: 0,
  protocol: 0,
  inner: 0,
  regular: false,
  tcp: false,
  optionsLength: 0,
  payload: 0,
  payloadLength: 0,
  steps: 0,
});

const u16 = (b: Uint8Array, i: number): number => ((b[i] as number) << 8) | (b[i + 1] as number);

/** One's complement sum of the octets `[from, to)`, an odd last one padded with zero, folded to 16 bits. */
export const onesSum = (b: Uint8Array, from: number, to: number, initial = 0): number => {
  let sum = initial;
  let i = from;
  for (; i + 1 < to; i += 2) sum += ((b[i] as number) << 8) | (b[i + 1] as number);
  if (i < to) sum += (b[i] as number) << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
};

/**
 * The TCP checksum of the segment `[tcp, end)` under the IP header at `ip`, its checksum field taken as zero
 * (RFC 9293 section 3.1).
 */
export const tcpChecksum = (b: Uint8Array, ip: number, tcp: number, end: number): number => {
  const v6 = (b[ip] as number) >>> 4 === 6;
  const addresses = v6 ? onesSum(b, ip + 8, ip + 40) : onesSum(b, ip + 12, ip + 20);
  const field = u16(b, tcp + 16);
  return ~onesSum(b, tcp, end, addresses + PROTOCOL_TCP + (end - tcp) + (~field & 0xffff)) & 0xffff;
};

/** Fills `chain` from the packet at `[start, end)`. Never fails: what can't be compressed is said in its flags. */
export const parseHeaderChain = (
  b: Uint8Array,
  start: number,
  end: number,
  chain: HeaderChain,
): void => {
  chain.start = start;
  chain.end = end;
  chain.count = 0;
  chain.ipCount = 0;
  chain.signature = 0;
  chain.protocol = -1;
  chain.inner = start;
  chain.regular = false;
  chain.tcp = false;
  chain.optionsLength = 0;
  chain.payload = end;
  chain.payloadLength = 0;
  if (start >= end) return;
  const version = (b[start] as number) >>> 4;
  let next = version === 4 ? PROTOCOL_IPIP : version === 6 ? PROTOCOL_IPV6 : -1;
  if (next < 0) return;
  let at = start;
  let regular = true;
  let count = 0;
  let signature = 0;
  scan: while (true) {
    chain.steps++;
    let kind = 0;
    let length = 0;
    let following = 0;
    switch (next) {
      case PROTOCOL_IPIP: {
        if (at + 20 > end || (b[at] as number) >>> 4 !== 4) break scan;
        // options, fragments, reserved bits and a length or checksum that can't be inferred all rule compression out
        const ihl = (b[at] as number) & 15;
        if (
          ihl !== 5 ||
          u16(b, at + 2) !== end - at ||
          (u16(b, at + 6) & 0xbfff) !== 0 ||
          // the checksum of a header is never all ones in the form that a decompressor infers
          u16(b, at + 10) === 0xffff ||
          onesSum(b, at, at + 20) !== 0xffff
        ) {
          regular = false;
          if (ihl < 5 || at + ihl * 4 > end) break scan;
        }
        kind = IPV4;
        length = ihl * 4;
        following = b[at + 9] as number;
        // what follows a later fragment is not a header
        if ((u16(b, at + 6) & 0x1fff) !== 0) following = -2;
        break;
      }
      case PROTOCOL_IPV6: {
        if (at + 40 > end || (b[at] as number) >>> 4 !== 6) break scan;
        if (u16(b, at + 4) !== end - at - 40) regular = false;
        kind = IPV6;
        length = 40;
        following = b[at + 6] as number;
        break;
      }
      case PROTOCOL_HOP_BY_HOP:
      case PROTOCOL_DESTINATION:
      case PROTOCOL_ROUTING: {
        // only within IPv6: over IPv4 these numbers belong to other protocols
        if (count === 0 || version4Innermost(chain, count) || at + 8 > end) break scan;
        length = ((b[at + 1] as number) + 1) * 8;
        if (at + length > end) break scan;
        kind =
          next === PROTOCOL_HOP_BY_HOP
            ? HOP_BY_HOP
            : next === PROTOCOL_DESTINATION
              ? DESTINATION
              : ROUTING;
        following = b[at] as number;
        break;
      }
      case PROTOCOL_AH: {
        if (at + 12 > end) break scan;
        length = ((b[at + 1] as number) + 2) * 4;
        if (length < 12 || at + length > end) break scan;
        kind = AH;
        following = b[at] as number;
        break;
      }
      case PROTOCOL_GRE: {
        if (at + 4 > end) break scan;
        const flags = u16(b, at);
        const type = u16(b, at + 2);
        length =
          4 +
          ((flags & 0x8000) !== 0 ? 4 : 0) +
          ((flags & 0x2000) !== 0 ? 4 : 0) +
          ((flags & 0x1000) !== 0 ? 4 : 0);
        if ((flags & 0x4fff) !== 0 || (type !== 0x0800 && type !== 0x86dd) || at + length > end)
          break scan;
        if ((flags & 0x8000) !== 0 && u16(b, at + 6) !== 0) break scan;
        kind = GRE;
        following = type === 0x0800 ? PROTOCOL_IPIP : PROTOCOL_IPV6;
        break;
      }
      case PROTOCOL_MINE: {
        if (at + 8 > end) break scan;
        length = ((b[at + 1] as number) & 0x80) !== 0 ? 12 : 8;
        // as with IPv4, a checksum of all ones can't be inferred
        if (at + length > end || u16(b, at + 2) === 0xffff) break scan;
        if (onesSum(b, at, at + length) !== 0xffff) break scan;
        kind = MINE;
        following = b[at] as number;
        break;
      }
      default:
        break scan;
    }
    if (count === HEADERS_MAX) {
      regular = false;
      break;
    }
    if (kind === IPV4 || kind === IPV6) {
      if (chain.ipCount === IP_HEADERS_MAX) {
        regular = false;
        break;
      }
      chain.ipCount++;
      chain.innermost = count;
    }
    chain.kind[count] = kind;
    chain.offset[count] = at;
    chain.length[count] = length;
    signature = signature * 16 + kind;
    count++;
    at += length;
    next = following;
  }
  chain.count = count;
  chain.signature = signature;
  chain.protocol = next;
  chain.inner = at;
  chain.regular = regular && count > 0;
  if (!chain.regular || next !== PROTOCOL_TCP || at + 20 > end) return;
  const tcpLength = ((b[at + 12] as number) >>> 4) * 4;
  if (tcpLength < 20 || at + tcpLength > end || at + tcpLength - start > HEADER_OCTETS_MAX) return;
  // RFC 6846 codes a zero acknowledgement number or urgent pointer, never an ACK flag that contradicts it
  chain.optionsLength = tcpLength - 20;
  chain.payload = at + tcpLength;
  chain.payloadLength = end - at - tcpLength;
  chain.tcp = true;
};

const version4Innermost = (chain: HeaderChain, count: number): boolean => {
  for (let i = count - 1; i >= 0; i--) {
    const kind = chain.kind[i] as number;
    if (kind === IPV6) return false;
    if (kind === IPV4) return true;
  }
  return true;
};
