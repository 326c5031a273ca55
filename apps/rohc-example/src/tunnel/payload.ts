/** Where the headers of a packet end, as far as the scenario tells acknowledgements and data apart. */

const IPV4_HEADER = 20;
const TCP = 6;
const TCP_HEADER = 20;

/**
 * Octets behind the TCP header of an IPv4 packet `[0, length)`: 0 is a pure acknowledgement (or a SYN, FIN, RST). -1
 * for anything else, fragments among it. No allocation.
 */
export const tcpPayloadLength = (packet: Uint8Array, length: number): number => {
  if (length < IPV4_HEADER + TCP_HEADER) return -1;
  // all octets read here are below `length`
  const first = packet[0] as number;
  const at = (first & 0xf) * 4;
  if (first >>> 4 !== 4 || packet[9] !== TCP || length < at + TCP_HEADER) return -1;
  const fragment = (((packet[6] as number) & 0x3f) << 8) | (packet[7] as number);
  if (fragment !== 0) return -1;
  return Math.max(-1, length - at - ((packet[at + 12] as number) >>> 4) * 4);
};
