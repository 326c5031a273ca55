/** Whether the TCP checksum of a packet is right (RFC 9293, section 3.1). */

const ETHERNET_HEADER = 14;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const TCP = 6;

const sum16 = (view: DataView, from: number, to: number): number => {
  let sum = 0;
  for (let at = from; at + 1 < to; at += 2) sum += view.getUint16(at);
  return (to - from) % 2 === 1 ? sum + (view.getUint8(to - 1) << 8) : sum;
};

const fold = (sum: number): number => {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
};

const viewOf = (bytes: Uint8Array, from = 0): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from);

/** Of an IP packet; `undefined` for one that holds no TCP over plain IPv4 or IPv6. */
export const tcpChecksumOfPacketHolds = (packet: Uint8Array): boolean | undefined => {
  if (packet.length < 40) return undefined;
  const view = viewOf(packet);
  const version = view.getUint8(0) >> 4;
  if (version === 4 && view.getUint8(9) === TCP) {
    const tcp = (view.getUint8(0) & 15) * 4;
    const end = view.getUint16(2);
    const pseudo = sum16(view, 12, 20) + TCP + (end - tcp);
    return end <= packet.length && fold(pseudo + sum16(view, tcp, end)) === 0xffff;
  }
  if (version === 6 && view.getUint8(6) === TCP) {
    const end = 40 + view.getUint16(4);
    const pseudo = sum16(view, 8, 40) + TCP + (end - 40);
    return end <= packet.length && fold(pseudo + sum16(view, 40, end)) === 0xffff;
  }
  return undefined;
};

/** Of an Ethernet frame; `undefined` for one that holds no TCP over plain IPv4 or IPv6. */
export const tcpChecksumHolds = (frame: Uint8Array): boolean | undefined => {
  if (frame.length < ETHERNET_HEADER + 40) return undefined;
  const type = viewOf(frame).getUint16(12);
  if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return undefined;
  return tcpChecksumOfPacketHolds(frame.subarray(ETHERNET_HEADER));
};
