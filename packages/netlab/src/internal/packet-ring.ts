/** A packet socket with a ring shared with the kernel (TPACKET_V3): no copy and no call per packet. */

import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import { type Libc, O_CLOEXEC } from './libc.js';
import { inNamespace } from './network-namespace.js';
import { errnoError } from './system-error.js';

const AF_PACKET = 17;
const SOCK_RAW = 3;
/** ETH_P_ALL in network byte order. */
const ALL_PROTOCOLS = 0x0300;

const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V3 = 2;

const SIOCGIFINDEX = 0x8933;
const SIOCGIFHWADDR = 0x8927;
const IFREQ_SIZE = 40;
const IFREQ_VALUE = 16;
const SOCKADDR_LL_SIZE = 20;

const BLOCK_BITS = 18;
/** 256 KiB: holds the largest packet of any device, 65,535 bytes and headers, four times. */
export const BLOCK_BYTES = 1 << BLOCK_BITS;
const FRAME_BYTES = 2048;
/** The kernel hands over a block that isn't full after this long. */
export const BLOCK_TIMEOUT_MS = 10;

// linux/if_packet.h: struct tpacket_block_desc and struct tpacket3_hdr.
const BLOCK_STATUS = 8;
const BLOCK_PACKETS = 12;
const BLOCK_FIRST = 16;
const HEADER_NEXT = 0;
const HEADER_SECONDS = 4;
const HEADER_NANOSECONDS = 8;
const HEADER_CAPTURED = 12;
const HEADER_LENGTH = 16;
const HEADER_STATUS = 20;
const HEADER_MAC = 24;
/** Behind the header, aligned to 16: struct sockaddr_ll, whose byte 10 is the packet's direction. */
const HEADER_PACKET_TYPE = 48 + 10;
const TP_STATUS_USER = 1;
const TP_STATUS_CSUMNOTREADY = 8;
const PACKET_OUTGOING = 4;

/** One packet in the ring; fields are overwritten by the next, its bytes after the callback. */
export interface RingPacket {
  seconds: number;
  nanoseconds: number;
  /** Where it begins in {@link PacketRing.memory}. */
  offset: number;
  captured: number;
  /** On the link; more than `captured` never happens with this ring. */
  length: number;
  outgoing: boolean;
  /** Its checksum was left to hardware: what is in the packet isn't one. */
  checksumPending: boolean;
}

export interface PacketRing {
  readonly memory: Uint8Array;
  /** Hardware type of the device, as in `ARPHRD_ETHER`. */
  readonly hardwareType: number;
  /** Calls back for each packet of all full blocks and gives the blocks back; how many there were. */
  readonly drain: (onPacket: (packet: RingPacket) => void) => number;
  /** Packets lost because all blocks were full, since the ring was opened. */
  readonly dropped: () => number;
  readonly close: () => void;
}

const deviceRequest = (libc: Libc, socket: number, device: string, request: number): DataView => {
  const bytes = new Uint8Array(IFREQ_SIZE);
  bytes.set(new TextEncoder().encode(device));
  const view = new DataView(bytes.buffer);
  if (libc.ioctl(socket, request, bytes) !== 0) view.setInt32(IFREQ_VALUE, -1, true);
  return view;
};

const option = (
  libc: Libc,
  socket: number,
  name: number,
  values: ReadonlyArray<number>,
): boolean => {
  const bytes = new Uint8Array(new Uint32Array(values).buffer);
  return libc.setsockopt(socket, SOL_PACKET, name, bytes, bytes.length) === 0;
};

/**
 * Opens a ring on a device of a namespace.
 *
 * @param blocks - of {@link BLOCK_BYTES} each
 */
export const openPacketRing = (
  libc: Libc,
  namespace: string | undefined,
  device: string,
  blocks: number,
  ignoreOutgoing: boolean,
): E.Either<LiquidError, PacketRing> => {
  const opened = inNamespace(libc, namespace, () => {
    // Protocol 0: nothing is received before the ring is there and bound to its device.
    const socket = libc.socket(AF_PACKET, SOCK_RAW | O_CLOEXEC, 0);
    return socket < 0
      ? E.left(errnoError('opening a packet socket', libc.errno(), device))
      : E.right(socket);
  });
  if (E.isLeft(opened)) return opened;
  const socket = opened.right;
  const fail = (what: string): E.Either<LiquidError, never> => {
    const error = errnoError(what, libc.errno(), device);
    libc.close(socket);
    return E.left(error);
  };
  const index = deviceRequest(libc, socket, device, SIOCGIFINDEX).getInt32(IFREQ_VALUE, true);
  if (index < 0) return fail('capturing on');
  const hardwareType = deviceRequest(libc, socket, device, SIOCGIFHWADDR).getUint16(
    IFREQ_VALUE,
    true,
  );
  if (!option(libc, socket, PACKET_VERSION, [TPACKET_V3])) return fail('choosing TPACKET_V3 on');
  // Older kernels lack it; the direction is looked at in any case.
  if (ignoreOutgoing) option(libc, socket, PACKET_IGNORE_OUTGOING, [1]);
  const length = blocks * BLOCK_BYTES;
  const layout = [BLOCK_BYTES, blocks, FRAME_BYTES, length / FRAME_BYTES, BLOCK_TIMEOUT_MS, 0, 0];
  if (!option(libc, socket, PACKET_RX_RING, layout)) return fail('making a ring for');
  const mapped = libc.mmap(socket, length);
  if (mapped === undefined) return fail('mapping the ring of');
  const address = new Uint8Array(SOCKADDR_LL_SIZE);
  const addressView = new DataView(address.buffer);
  addressView.setUint16(0, AF_PACKET, true);
  addressView.setUint16(2, ALL_PROTOCOLS, true);
  addressView.setInt32(4, index, true);
  if (libc.bind(socket, address, SOCKADDR_LL_SIZE) !== 0) {
    libc.munmap(mapped.address, length);
    return fail('binding to');
  }

  const view = new DataView(mapped.memory);
  const packet: RingPacket = {
    seconds: 0,
    nanoseconds: 0,
    offset: 0,
    captured: 0,
    length: 0,
    outgoing: false,
    checksumPending: false,
  };
  let block = 0;
  let dropped = 0;
  let open = true;

  const drainBlock = (base: number, onPacket: (packet: RingPacket) => void): number => {
    const count = view.getUint32(base + BLOCK_PACKETS, true);
    let header = base + view.getUint32(base + BLOCK_FIRST, true);
    for (let i = 0; i < count; i++) {
      const status = view.getUint32(header + HEADER_STATUS, true);
      packet.seconds = view.getUint32(header + HEADER_SECONDS, true);
      packet.nanoseconds = view.getUint32(header + HEADER_NANOSECONDS, true);
      packet.offset = header + view.getUint16(header + HEADER_MAC, true);
      packet.captured = view.getUint32(header + HEADER_CAPTURED, true);
      packet.length = view.getUint32(header + HEADER_LENGTH, true);
      packet.outgoing = view.getUint8(header + HEADER_PACKET_TYPE) === PACKET_OUTGOING;
      packet.checksumPending = (status & TP_STATUS_CSUMNOTREADY) !== 0;
      onPacket(packet);
      header += view.getUint32(header + HEADER_NEXT, true);
    }
    return count;
  };

  const readDropped = (): number => {
    // struct tpacket_stats_v3 { packets, drops, freezes }; reading it sets it back to zero.
    const statistics = new Uint8Array(12);
    const size = new Uint32Array([statistics.length]);
    if (open && libc.getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, statistics, size) === 0) {
      dropped += new DataView(statistics.buffer).getUint32(4, true);
    }
    return dropped;
  };

  return E.right({
    memory: new Uint8Array(mapped.memory),
    hardwareType,
    drain: (onPacket) => {
      let packets = 0;
      // At most one round, so that a fast sender can't keep us here for ever.
      for (let i = 0; i < blocks && open; i++) {
        const base = block << BLOCK_BITS;
        if ((view.getUint32(base + BLOCK_STATUS, true) & TP_STATUS_USER) === 0) break;
        packets += drainBlock(base, onPacket);
        view.setUint32(base + BLOCK_STATUS, 0, true);
        block = (block + 1) % blocks;
      }
      return packets;
    },
    dropped: readDropped,
    close: () => {
      if (!open) return;
      readDropped();
      open = false;
      libc.munmap(mapped.address, length);
      libc.close(socket);
    },
  });
};
