/** From a captured frame to the IP packet in it: link headers in front, padding behind. */

import { type Truncated, truncated, type Unsupported, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import {
  LINKTYPE_DLT_RAW,
  LINKTYPE_DLT_RAW_OPENBSD,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
  linkTypeName,
  supportedLinkTypes,
} from './link-type.js';

/**
 * EtherType of IPv4.
 *
 * @since 0.1.0
 */
export const ETHERTYPE_IPV4 = 0x0800;

/**
 * EtherType of IPv6.
 *
 * @since 0.1.0
 */
export const ETHERTYPE_IPV6 = 0x86dd;

const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_SERVICE_VLAN = 0x88a8;
const ETHERTYPE_OLD_SERVICE_VLAN = 0x9100;

/** Below this value the type field of IEEE 802.3 holds a length and an LLC header follows. */
const MINIMUM_ETHERTYPE = 0x0600;

/** Real networks nest two tags; a longer chain is somebody playing. */
const MAXIMUM_VLAN_TAGS = 4;

const ETHERNET_HEADER = 14;
const SLL_HEADER = 16;
const SLL2_HEADER = 20;
const LOOPBACK_HEADER = 4;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Address families of the BSD loopback header: IPv6 has another number on each system. */
const AF_INET = 2;
const AF_INET6: readonly number[] = [10, 24, 28, 30];

/**
 * {@link ipPacketInto}: the frame carries something other than IP.
 *
 * @since 0.1.0
 */
export const FRAME_NOT_IP = -1;

/**
 * {@link ipPacketInto}: the frame ends inside a header that is needed to find the packet.
 *
 * @since 0.1.0
 */
export const FRAME_TRUNCATED = -2;

/**
 * {@link ipPacketInto}: no way is known to find a packet below this link type.
 *
 * @since 0.1.0
 */
export const FRAME_UNSUPPORTED = -3;

/**
 * Where the network packet lies, filled in place by {@link ipPacketInto}.
 *
 * @since 0.1.0
 */
export interface IpSpan {
  /** Index of the packet's first octet in the bytes that were given. */
  offset: number;
  /** Octets of the packet that were captured, without padding. */
  length: number;
  /** 4 or 6; 0 when the packet isn't IP. */
  version: 0 | 4 | 6;
  /** Octets that the IP header announces and the capture doesn't hold: 0 for a whole packet. */
  missing: number;
  /** The innermost EtherType or address family; 0 where the link type has none. */
  protocol: number;
}

/**
 * A span to be filled by {@link ipPacketInto}; one is enough for a whole capture.
 *
 * @since 0.1.0
 */
export const createIpSpan = (): IpSpan => ({
  offset: 0,
  length: 0,
  version: 0,
  missing: 0,
  protocol: 0,
});

/**
 * The frame carries something other than IP (ARP, LLDP, spanning tree, …): count it and go on.
 *
 * @since 0.1.0
 */
export interface NotIp {
  readonly _tag: 'NotIp';
  readonly message: string;
  /** The EtherType or address family that the link header names; 0 where it names none. */
  readonly protocol: number;
  /** Where what isn't IP starts: right behind the link header. */
  readonly offset: number;
}

/**
 * Why a frame yields no IP packet.
 *
 * @since 0.1.0
 */
export type FrameError = NotIp | Truncated | Unsupported;

/**
 * An IP packet inside a frame.
 *
 * @since 0.1.0
 */
export interface IpPacket {
  readonly version: 4 | 6;
  /** Index of the packet's first octet in the frame. */
  readonly offset: number;
  /** Octets of the packet that were captured, without the frame's padding. */
  readonly length: number;
  /** Octets that the IP header announces and the capture doesn't hold: 0 for a whole packet. */
  readonly missing: number;
}

/** Callers have checked `at` against the end: the 0 only satisfies the compiler. */
const octet = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const uint16 = (bytes: Uint8Array, at: number): number =>
  (octet(bytes, at) << 8) | octet(bytes, at + 1);

/**
 * Measures the IP packet that starts at `offset`: reads its version and takes off what lies behind
 * the length that its header announces (the padding of a short Ethernet frame, a frame check
 * sequence). An announced length that can't be true (shorter than the header, 0 of a segmented
 * packet captured before its segmentation) leaves the packet as long as it was captured.
 *
 * Fills `span` but for `protocol`; returns the length, or {@link FRAME_NOT_IP} when the version is
 * neither 4 nor 6, with the span then covering everything from `offset` on. No allocation.
 *
 * @since 0.1.0
 */
export const ipSpanInto = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  span: IpSpan,
): number => {
  span.offset = offset;
  span.length = length;
  span.version = 0;
  span.missing = 0;
  if (length <= 0) return FRAME_TRUNCATED;
  const version = octet(bytes, offset) >>> 4;
  if (version === 4) {
    span.version = 4;
    if (length < IPV4_HEADER) return length;
    const total = uint16(bytes, offset + 2);
    const headerLength = (octet(bytes, offset) & 0x0f) * 4;
    if (total >= IPV4_HEADER && total >= headerLength) announce(span, total);
    return span.length;
  }
  if (version === 6) {
    span.version = 6;
    if (length < IPV6_HEADER) return length;
    const payload = uint16(bytes, offset + 4);
    // A payload length of 0 with hop-by-hop options in front is a jumbogram (RFC 2675).
    if (payload !== 0 || octet(bytes, offset + 6) !== 0) announce(span, IPV6_HEADER + payload);
    return span.length;
  }
  return FRAME_NOT_IP;
};

const announce = (span: IpSpan, total: number): void => {
  if (total <= span.length) span.length = total;
  else span.missing = total - span.length;
};

/** Follows VLAN tags from the type field at `typeAt` to the network layer. */
const etherTypeInto = (bytes: Uint8Array, typeAt: number, end: number, span: IpSpan): number => {
  let at = typeAt;
  let tags = 0;
  for (;;) {
    if (at + 2 > end) return FRAME_TRUNCATED;
    const type = uint16(bytes, at);
    at += 2;
    span.protocol = type;
    span.offset = at;
    span.length = end - at;
    if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) {
      return ipSpanInto(bytes, at, end - at, span);
    }
    const tagged =
      type === ETHERTYPE_VLAN ||
      type === ETHERTYPE_SERVICE_VLAN ||
      type === ETHERTYPE_OLD_SERVICE_VLAN;
    if (tagged && tags < MAXIMUM_VLAN_TAGS) {
      tags += 1;
      at += 2;
      continue;
    }
    // IEEE 802.3 with LLC and SNAP: AA AA 03 and an organisation of zeros, then an EtherType.
    const snap =
      type < MINIMUM_ETHERTYPE &&
      at + 8 <= end &&
      octet(bytes, at) === 0xaa &&
      octet(bytes, at + 1) === 0xaa &&
      octet(bytes, at + 2) === 0x03 &&
      uint16(bytes, at + 3) === 0 &&
      octet(bytes, at + 5) === 0 &&
      uint16(bytes, at + 6) >= MINIMUM_ETHERTYPE;
    if (snap) {
      at += 6;
      continue;
    }
    return FRAME_NOT_IP;
  }
};

/**
 * The family is written by the capturing host in its own order, which for NULL isn't recorded. A
 * family fits one octet, so the order in which the other three are zero is the right one.
 */
const loopbackInto = (bytes: Uint8Array, offset: number, end: number, span: IpSpan): number => {
  if (offset + LOOPBACK_HEADER > end) return FRAME_TRUNCATED;
  const high = uint16(bytes, offset);
  const low = uint16(bytes, offset + 2);
  const family = high === 0 ? low : low === 0 ? (high >>> 8) | ((high & 0xff) << 8) : 0;
  span.protocol = family;
  span.offset = offset + LOOPBACK_HEADER;
  span.length = end - span.offset;
  if (family !== AF_INET && !AF_INET6.includes(family)) return FRAME_NOT_IP;
  return ipSpanInto(bytes, span.offset, span.length, span);
};

/**
 * Finds the IP packet in `bytes[offset, offset + length)`, a frame of the given link type: the form
 * of {@link ipPacketOf} for hot loops. No allocation.
 *
 * Returns the packet's length and fills `span`, or returns {@link FRAME_NOT_IP},
 * {@link FRAME_TRUNCATED} or {@link FRAME_UNSUPPORTED} ({@link frameErrorOf} explains them). After
 * {@link FRAME_NOT_IP} the span covers whatever lies behind the link header. The version field of
 * the packet decides between IPv4 and IPv6, whatever the EtherType said: a compressor must carry
 * what was sent.
 *
 * @example
 * ```ts
 * import { createIpSpan, ipPacketInto, LINKTYPE_RAW } from '@liquid/rohc/pcap';
 *
 * const span = createIpSpan();
 * const frame = new Uint8Array(40);
 * frame.set([0x45, 0, 0, 40]);
 * console.log(ipPacketInto(LINKTYPE_RAW, frame, 0, frame.length, span), span.version); // 40 4
 * ```
 *
 * @since 0.1.0
 */
export const ipPacketInto = (
  linkType: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  span: IpSpan,
): number => {
  const end = offset + length;
  span.offset = offset;
  span.length = length;
  span.version = 0;
  span.missing = 0;
  span.protocol = 0;
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return etherTypeInto(bytes, offset + ETHERNET_HEADER - 2, end, span);
    case LINKTYPE_RAW:
    case LINKTYPE_DLT_RAW:
    case LINKTYPE_DLT_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      return ipSpanInto(bytes, offset, length, span);
    case LINKTYPE_LINUX_SLL:
      return etherTypeInto(bytes, offset + SLL_HEADER - 2, end, span);
    case LINKTYPE_LINUX_SLL2: {
      // The type stands first here, so VLAN tags, if any, stand behind the header.
      if (length < SLL2_HEADER) return FRAME_TRUNCATED;
      const type = uint16(bytes, offset);
      const body = offset + SLL2_HEADER;
      span.protocol = type;
      span.offset = body;
      span.length = end - body;
      if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) {
        return ipSpanInto(bytes, body, end - body, span);
      }
      return type === ETHERTYPE_VLAN || type === ETHERTYPE_SERVICE_VLAN
        ? etherTypeInto(bytes, body + 2, end, span)
        : FRAME_NOT_IP;
    }
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return loopbackInto(bytes, offset, end, span);
    default:
      return FRAME_UNSUPPORTED;
  }
};

const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;

/**
 * The error behind a negative code of {@link ipPacketInto}, given the span that it filled.
 *
 * @since 0.1.0
 */
export const frameErrorOf = (code: number, linkType: number, span: IpSpan): FrameError => {
  switch (code) {
    case FRAME_NOT_IP:
      return {
        _tag: 'NotIp',
        message:
          span.protocol === 0
            ? 'the frame carries no IP packet: its version is neither 4 nor 6'
            : `the frame carries no IP packet: its protocol is ${hex(span.protocol)}`,
        protocol: span.protocol,
        offset: span.offset,
      };
    case FRAME_TRUNCATED:
      return truncated({
        what: `frame of link type ${linkTypeName(linkType)}`,
        offset: span.offset,
        expected: span.length + 1,
        actual: span.length,
      });
    default:
      return unsupported({
        what: `link type ${linkTypeName(linkType)}`,
        expected: supportedLinkTypes.map(linkTypeName).join(', '),
        actual: linkTypeName(linkType),
        remedy: 'capture on, or convert the capture to, one of the supported link types',
      });
  }
};

/**
 * Finds the IP packet in a frame of the given link type and takes off the frame's padding by the
 * length that the IP header announces. Supported: Ethernet (with 802.1Q and 802.1ad tags, and LLC
 * with SNAP), raw IP, Linux cooked versions 1 and 2, BSD loopback.
 *
 * Left: `NotIp` (count it and go on), `Truncated` (the capture cut the link header), `Unsupported`
 * (the message names the link type and those that are supported).
 *
 * @example
 * ```ts
 * import { ipPacketOf, LINKTYPE_ETHERNET } from '@liquid/rohc/pcap';
 * import * as E from 'fp-ts/lib/Either.js';
 *
 * const arp = new Uint8Array(60);
 * arp.set([0x08, 0x06], 12);
 * const found = ipPacketOf(LINKTYPE_ETHERNET, arp);
 * console.log(E.isLeft(found) && found.left._tag); // NotIp
 * ```
 *
 * @since 0.1.0
 */
export const ipPacketOf = (linkType: number, frame: Uint8Array): E.Either<FrameError, IpPacket> => {
  const span = createIpSpan();
  const length = ipPacketInto(linkType, frame, 0, frame.length, span);
  return length < 0 || span.version === 0
    ? E.left(frameErrorOf(length, linkType, span))
    : E.right({ version: span.version, offset: span.offset, length, missing: span.missing });
};
