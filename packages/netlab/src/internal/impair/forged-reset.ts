/** A forged RST: a TCP segment on its way, turned into the RST that its sender might have sent, with MP_TCPRST or without. */

/** What MP_TCPRST says (RFC 8684, section 3.6). */
export interface ResetOption {
  /** 0 to 255; the RFC names 0 to 6. */
  readonly reason: number;
  /** The flag T: a new subflow may do better. */
  readonly transient: boolean;
}

const TCP = 6;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const TCP_HEADER = 20;
/** The whole of MP_TCPRST: kind, length, subtype and flags, reason. */
const OPTION = 4;

const MPTCP = 30;
const MP_TCPRST = 8;
const TRANSIENT = 1;

const RST = 4;
const ACK = 16;

/** All of an IPv4 fragment's offset, and its flag of more to come. */
const FRAGMENT = 0x3fff;

/** Sum of 16-bit words, not yet folded; an even number of bytes. */
const sumOf = (view: DataView, from: number, to: number): number => {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += view.getUint16(at);
  return sum;
};

/** The Internet checksum (RFC 1071) of such a sum. */
const checksumOf = (sum: number): number => {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
};

/** Where the TCP header of an IP packet begins; −1 where none is in reach: a fragment, or extensions. */
const segmentAt = (packet: Uint8Array, view: DataView): number => {
  const version = (packet[0] ?? 0) >>> 4;
  if (version === 6) {
    return packet.length >= IPV6_HEADER + TCP_HEADER && packet[6] === TCP ? IPV6_HEADER : -1;
  }
  const at = ((packet[0] ?? 0) & 0xf) * 4;
  if (version !== 4 || at < IPV4_HEADER || packet.length < at + TCP_HEADER) return -1;
  return packet[9] === TCP && (view.getUint16(6) & FRAGMENT) === 0 ? at : -1;
};

/**
 * The RST in a segment's place: same ends, same number, so that the receiver finds it where it waits
 * for the segment. Undefined for what is left alone: no TCP segment, one without ACK (the answer to a
 * SYN is reset, which its sender learns), or a RST already.
 *
 * @param packet - from its IP header on, at least to the end of the TCP header; not changed
 */
export const forgeReset = (
  packet: Uint8Array,
  option: ResetOption | undefined,
): Uint8Array | undefined => {
  const at = segmentAt(packet, new DataView(packet.buffer, packet.byteOffset, packet.byteLength));
  if (at < 0) return undefined;
  const flags = packet[at + 13] ?? 0;
  if ((flags & ACK) === 0 || (flags & RST) !== 0) return undefined;
  const segmentBytes = TCP_HEADER + (option === undefined ? 0 : OPTION);
  const reset = new Uint8Array(at + segmentBytes);
  reset.set(packet.subarray(0, at + TCP_HEADER));
  const view = new DataView(reset.buffer);
  view.setUint16(at + 12, ((segmentBytes / 4) << 12) | RST | ACK);
  // No window, and nothing urgent.
  view.setUint16(at + 14, 0);
  view.setUint16(at + 18, 0);
  if (option !== undefined) {
    const flag = option.transient ? TRANSIENT : 0;
    reset.set([MPTCP, OPTION, (MP_TCPRST << 4) | flag, option.reason], at + TCP_HEADER);
  }
  const v6 = (packet[0] ?? 0) >>> 4 === 6;
  if (v6) view.setUint16(4, segmentBytes);
  else {
    view.setUint16(2, reset.length);
    view.setUint16(10, 0);
    view.setUint16(10, checksumOf(sumOf(view, 0, at)));
  }
  // Addresses, protocol and length count as if they stood in front of the segment.
  const pseudo = sumOf(view, v6 ? 8 : 12, v6 ? IPV6_HEADER : IPV4_HEADER) + TCP + segmentBytes;
  view.setUint16(at + 16, 0);
  view.setUint16(at + 16, checksumOf(pseudo + sumOf(view, at, reset.length)));
  return reset;
};
