/** Whether the TCP checksum of a captured Ethernet frame is right (RFC 9293, section 3.1). */

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

/** `undefined` for a frame that holds no TCP over plain IPv4 or IPv6. */
export const tcpChecksumHolds = (frame: Uint8Array): boolean | undefined => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < ETHERNET_HEADER + 40) return undefined;
  const type = view.getUint16(12);
  const ip = ETHERNET_HEADER;
  if (type === ETHERTYPE_IPV4 && view.getUint8(ip + 9) === TCP) {
    const tcp = ip + (view.getUint8(ip) & 15) * 4;
    const end = ip + view.getUint16(ip + 2);
    const pseudo = sum16(view, ip + 12, ip + 20) + TCP + (end - tcp);
    return end <= frame.length && fold(pseudo + sum16(view, tcp, end)) === 0xffff;
  }
  if (type === ETHERTYPE_IPV6 && view.getUint8(ip + 6) === TCP) {
    const tcp = ip + 40;
    const end = tcp + view.getUint16(ip + 4);
    const pseudo = sum16(view, ip + 8, ip + 40) + TCP + (end - tcp);
    return end <= frame.length && fold(pseudo + sum16(view, tcp, end)) === 0xffff;
  }
  return undefined;
};
