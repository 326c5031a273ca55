/** How much of an IP packet is header: what header compression works on, whatever profile takes the packet. */

const TCP = 6;
const HOP_BY_HOP = 0;
const IPV4 = 4;
const IPV6 = 41;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
/** Fragment offset of an IPv4 packet; what is not 0 carries the middle of something. */
const OFFSET_MASK = 0x1fff;

/**
 * Octets of the headers in front of `packet[start, end)`: every IP header, the extension headers between, and TCP's
 * where TCP follows; never more than the packet has. Fragments other than the first end with their IP header.
 * No allocation.
 */
export const headerOctets = (packet: Uint8Array, start: number, end: number): number => {
  const octet = (at: number): number => packet[at] ?? 0;
  let at = start;
  let next = octet(start) >>> 4 === 4 ? IPV4 : IPV6;
  while (at < end) {
    const header = at;
    if (next === IPV4) {
      next = octet(header + 9);
      at += Math.max(20, (octet(header) & 0x0f) * 4);
      if ((((octet(header + 6) << 8) | octet(header + 7)) & OFFSET_MASK) !== 0) break;
    } else if (next === IPV6) {
      next = octet(header + 6);
      at += 40;
    } else if (next === AUTHENTICATION) {
      next = octet(header);
      at += (octet(header + 1) + 2) * 4;
    } else if (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION) {
      next = octet(header);
      at += (octet(header + 1) + 1) * 8;
    } else if (next === FRAGMENT) {
      next = octet(header);
      at += 8;
      if (((octet(header + 2) << 8) | octet(header + 3)) >>> 3 !== 0) break;
    } else if (next === TCP) {
      at += Math.max(20, (octet(header + 12) >>> 4) * 4);
      break;
    } else {
      break;
    }
  }
  return Math.min(at, end) - start;
};
