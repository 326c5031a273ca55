/** Segments on the wire, as far as tests tell them apart. */

import type { CapturedPacket } from '@liquid/netlab';

const ETHERNET_HEADER = 14;
const PROTOCOL_TCP = 6;

/** A TCP segment over IPv4. */
export interface Segment {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly flags: number;
  readonly direction: 'in' | 'out';
  /** Milliseconds since 1970, by the kernel's clock. */
  readonly atMs: number;
}

export const FLAG = { SYN: 0x02, RST: 0x04, ACK: 0x10 } as const;

const addressAt = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join('.');

/** The segment in a packet; undefined where it holds none. */
export const segmentOf = (packet: CapturedPacket): Segment | undefined => {
  const { bytes, direction, timestampNs } = packet;
  const first = bytes[ETHERNET_HEADER] ?? 0;
  if (first >> 4 !== 4 || bytes[ETHERNET_HEADER + 9] !== PROTOCOL_TCP) return undefined;
  const tcp = ETHERNET_HEADER + (first & 15) * 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < tcp + 20) return undefined;
  return {
    source: addressAt(bytes, ETHERNET_HEADER + 12),
    sourcePort: view.getUint16(tcp),
    destination: addressAt(bytes, ETHERNET_HEADER + 16),
    destinationPort: view.getUint16(tcp + 2),
    flags: view.getUint8(tcp + 13),
    direction,
    atMs: Number(timestampNs / 1000n) / 1000,
  };
};
