/** How ROHC packets lie in a capture: the convention of the public ROHC test corpus, both ways. */

import {
  FRAME_NOT_IP,
  FRAME_TRUNCATED,
  FRAME_UNSUPPORTED,
  type IpSpan,
  ipPacketInto,
} from './ip-packet.js';
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
} from './link-type.js';

/**
 * EtherType of ROHC packets (IEEE registry).
 *
 * @since 0.1.0
 */
export const ETHERTYPE_ROHC = 0x22f1;

const ETHERNET_ADDRESSES = 12;
const ETHERNET_HEADER = 14;
const SLL_HEADER = 16;
const SLL2_HEADER = 20;

/**
 * The link type of a capture that holds the compressed frames of one with the given link type:
 * Ethernet and both Linux cooked headers stay (their protocol becomes {@link ETHERTYPE_ROHC}); raw IP
 * and BSD loopback become {@link LINKTYPE_RAW}, the frame being the ROHC packet itself. `undefined`
 * for a link type in which no IP packets are found.
 *
 * @since 0.1.0
 */
export const rohcLinkType = (linkType: number): number | undefined => {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
    case LINKTYPE_LINUX_SLL:
    case LINKTYPE_LINUX_SLL2:
      return linkType;
    case LINKTYPE_RAW:
    case LINKTYPE_DLT_RAW:
    case LINKTYPE_DLT_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return LINKTYPE_RAW;
    default:
      return undefined;
  }
};

/**
 * Writes the link header of a frame whose network packet is replaced: the captured frame's own header
 * with `etherType` as its protocol. Ethernet keeps its addresses and drops VLAN tags and SNAP, so that
 * what follows starts 14 octets in, as readers of such captures expect; raw link types have no header.
 * No octets are added to reach Ethernet's minimum: a ROHC packet doesn't tell its length, the frame
 * does.
 *
 * `bytes[offset, offset + length)` is the captured frame. Returns how many octets were written (0 to
 * 20), or {@link FRAME_TRUNCATED} when the captured header isn't whole, {@link FRAME_UNSUPPORTED} for
 * another link type, and in both cases writes nothing. `out` needs 20 octets from `at` on.
 *
 * @since 0.1.0
 */
export const linkHeaderInto = (
  linkType: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  etherType: number,
  out: Uint8Array,
  at: number,
): number => {
  const target = rohcLinkType(linkType);
  if (target === undefined) return FRAME_UNSUPPORTED;
  if (target === LINKTYPE_RAW) return 0;
  const header =
    target === LINKTYPE_ETHERNET
      ? ETHERNET_HEADER
      : target === LINKTYPE_LINUX_SLL
        ? SLL_HEADER
        : SLL2_HEADER;
  if (length < header) return FRAME_TRUNCATED;
  const kept = target === LINKTYPE_ETHERNET ? ETHERNET_ADDRESSES : header;
  for (let i = 0; i < kept; i += 1) out[at + i] = bytes[offset + i] ?? 0;
  const typeAt = at + (target === LINKTYPE_LINUX_SLL2 ? 0 : header - 2);
  out[typeAt] = etherType >>> 8;
  out[typeAt + 1] = etherType & 0xff;
  return header;
};

/**
 * Finds the ROHC packet in `bytes[offset, offset + length)`, a frame of the given link type: behind a
 * link header with {@link ETHERTYPE_ROHC}, or the whole frame for raw link types, which don't say what
 * they hold. Fills `span` (`version` 0, `missing` 0) and returns the packet's length, or
 * {@link FRAME_NOT_IP} for a frame of another protocol, {@link FRAME_TRUNCATED},
 * {@link FRAME_UNSUPPORTED}. No allocation.
 *
 * @example
 * ```ts
 * import { createIpSpan, LINKTYPE_ETHERNET, rohcPacketInto } from '@liquid/rohc/pcap';
 *
 * const span = createIpSpan();
 * const frame = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x22, 0xf1, 0xfd, 0x06);
 * console.log(rohcPacketInto(LINKTYPE_ETHERNET, frame, 0, frame.length, span), span.offset); // 2 14
 * ```
 *
 * @since 0.1.0
 */
export const rohcPacketInto = (
  linkType: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  span: IpSpan,
): number => {
  const target = rohcLinkType(linkType);
  if (target === undefined) return FRAME_UNSUPPORTED;
  span.protocol = 0;
  if (target === LINKTYPE_RAW && linkType !== LINKTYPE_NULL && linkType !== LINKTYPE_LOOP) {
    span.offset = offset;
    span.length = length;
  } else {
    const code = ipPacketInto(linkType, bytes, offset, length, span);
    if (code === FRAME_TRUNCATED) return code;
    if (span.protocol !== ETHERTYPE_ROHC) return FRAME_NOT_IP;
  }
  span.version = 0;
  span.missing = 0;
  return span.length;
};
