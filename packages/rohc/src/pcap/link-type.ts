/** Link types say what stands in front of the network packet of a captured frame. */

/**
 * BSD loopback: a 4-octet address family in the byte order of the capturing host.
 *
 * @since 0.1.0
 */
export const LINKTYPE_NULL = 0;

/**
 * Ethernet (IEEE 802.3), without preamble and usually without frame check sequence.
 *
 * @since 0.1.0
 */
export const LINKTYPE_ETHERNET = 1;

/**
 * Raw IP as most systems number it inside files that never went through the LINKTYPE table.
 *
 * @since 0.1.0
 */
export const LINKTYPE_DLT_RAW = 12;

/**
 * Raw IP as OpenBSD numbers it.
 *
 * @since 0.1.0
 */
export const LINKTYPE_DLT_RAW_OPENBSD = 14;

/**
 * Raw IP: the frame is an IPv4 or IPv6 packet, told apart by its version field.
 *
 * @since 0.1.0
 */
export const LINKTYPE_RAW = 101;

/**
 * OpenBSD loopback: as {@link LINKTYPE_NULL}, but the family is in network byte order.
 *
 * @since 0.1.0
 */
export const LINKTYPE_LOOP = 108;

/**
 * Linux "cooked" capture, version 1: a 16-octet header that ends in the protocol type.
 *
 * @since 0.1.0
 */
export const LINKTYPE_LINUX_SLL = 113;

/**
 * Raw IPv4.
 *
 * @since 0.1.0
 */
export const LINKTYPE_IPV4 = 228;

/**
 * Raw IPv6.
 *
 * @since 0.1.0
 */
export const LINKTYPE_IPV6 = 229;

/**
 * Linux "cooked" capture, version 2: a 20-octet header that starts with the protocol type.
 *
 * @since 0.1.0
 */
export const LINKTYPE_LINUX_SLL2 = 276;

const NAMES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [LINKTYPE_NULL, 'NULL'],
  [LINKTYPE_ETHERNET, 'ETHERNET'],
  [LINKTYPE_DLT_RAW, 'RAW (DLT 12)'],
  [LINKTYPE_DLT_RAW_OPENBSD, 'RAW (DLT 14)'],
  [LINKTYPE_RAW, 'RAW'],
  [LINKTYPE_LOOP, 'LOOP'],
  [LINKTYPE_LINUX_SLL, 'LINUX_SLL'],
  [LINKTYPE_IPV4, 'IPV4'],
  [LINKTYPE_IPV6, 'IPV6'],
  [LINKTYPE_LINUX_SLL2, 'LINUX_SLL2'],
]);

/**
 * The link types in which {@link ipPacketOf} finds IP packets, in ascending order.
 *
 * @since 0.1.0
 */
export const supportedLinkTypes: readonly number[] = /* @__PURE__ */ [...NAMES.keys()].sort(
  (a, b) => a - b,
);

/**
 * Name and number of a link type, for messages: `ETHERNET (1)`, or `147` where this package has no
 * name for it.
 *
 * @example
 * ```ts
 * import { linkTypeName } from '@liquid/rohc/pcap';
 *
 * console.log(linkTypeName(276)); // LINUX_SLL2 (276)
 * console.log(linkTypeName(147)); // 147
 * ```
 *
 * @since 0.1.0
 */
export const linkTypeName = (linkType: number): string => {
  const name = NAMES.get(linkType);
  return name === undefined ? String(linkType) : `${name} (${linkType})`;
};
