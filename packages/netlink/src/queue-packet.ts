/** A packet in a netfilter queue: the hot path of whoever stands in the way. */

import { AttributeCursor } from './attribute.js';
import { type MessageCursor, type Source, sourceOf } from './message.js';
import { beginNetfilter, NFGENMSG } from './netfilter.js';
import { NFQNL_MSG } from './queue-config.js';
import type { MessageWriter } from './writer.js';

/** Attributes of a packet or a verdict (`NFQA_*` of linux/netfilter/nfnetlink_queue.h). @since 0.1.0 */
export const NFQA = {
  PACKET_HDR: 1,
  VERDICT_HDR: 2,
  MARK: 3,
  TIMESTAMP: 4,
  IFINDEX_INDEV: 5,
  IFINDEX_OUTDEV: 6,
  IFINDEX_PHYSINDEV: 7,
  IFINDEX_PHYSOUTDEV: 8,
  HWADDR: 9,
  PAYLOAD: 10,
  CT: 11,
  CT_INFO: 12,
  CAP_LEN: 13,
  SKB_INFO: 14,
  EXP: 15,
  UID: 16,
  GID: 17,
  SECCTX: 18,
  VLAN: 19,
  L2HDR: 20,
  PRIORITY: 21,
  CGROUP_CLASSID: 22,
} as const;

/** What `QueuePacket.info` may say (`NFQA_SKB_*`). @since 0.1.0 */
export const NFQA_SKB = {
  /** Its checksum is still to be filled in by a network card: it looks wrong and is right. */
  CSUMNOTREADY: 1,
  /** It is larger than a frame and will be split later. */
  GSO: 2,
  CSUM_NOTVERIFIED: 4,
} as const;

/**
 * A queued packet as read; mutable, one object serves all. Numbers that the kernel didn't send are 0;
 * offsets point into {@link source} and hold until its buffer is used again.
 *
 * @since 0.1.0
 */
export interface QueuePacket {
  /** Number of the queue. */
  queue: number;
  /** Names the packet in verdicts; counts up within the queue. */
  id: number;
  /** Address family of the hook that queued it. */
  family: number;
  /** EtherType, as 0x0800. */
  protocol: number;
  /** `NF_INET_*`: 0 pre-routing, 1 local in, 2 forward, 3 local out, 4 post-routing. */
  hook: number;
  mark: number;
  inInterface: number;
  outInterface: number;
  /** Bridge ports. */
  physicalInInterface: number;
  physicalOutInterface: number;
  /** When it was received: seconds since 1970; 0 where the kernel has no time. */
  timestampSec: number;
  timestampUs: number;
  /** Bits of {@link NFQA_SKB}. */
  info: number;
  /** Bytes of the packet before it was cut to the copy range. */
  originalLength: number;
  /** Priority of the packet, `skb->priority`. */
  priority: number;
  /** Owner of the sending socket; −1 where unknown. */
  uid: number;
  gid: number;
  /** Sender's address on the link. */
  hardwareAddressStart: number;
  hardwareAddressEnd: number;
  /** The packet from its network header on. */
  payloadStart: number;
  payloadEnd: number;
  /** The buffer that the offsets are for; borrowed. */
  source: Source;
}

/** A {@link QueuePacket} to be filled. @since 0.1.0 */
export const emptyQueuePacket = (): QueuePacket => ({
  queue: 0,
  id: 0,
  family: 0,
  protocol: 0,
  hook: 0,
  mark: 0,
  inInterface: 0,
  outInterface: 0,
  physicalInInterface: 0,
  physicalOutInterface: 0,
  timestampSec: 0,
  timestampUs: 0,
  info: 0,
  originalLength: 0,
  priority: 0,
  uid: -1,
  gid: -1,
  hardwareAddressStart: 0,
  hardwareAddressEnd: 0,
  payloadStart: 0,
  payloadEnd: 0,
  source: sourceOf(new Uint8Array(0)),
});

const attributes = /* @__PURE__ */ new AttributeCursor();

/**
 * Reads a PACKET message into `packet`; every field is set, nothing is allocated.
 *
 * @returns false when it is another message, or one that contradicts itself
 * @since 0.1.0
 */
export const readQueuePacketInto = (message: MessageCursor, packet: QueuePacket): boolean => {
  if (message.type !== NFQNL_MSG.PACKET) return false;
  const at = message.payload;
  if (message.end - at < NFGENMSG) return false;
  const { source } = message;
  const { view } = source;
  packet.source = source;
  packet.family = view.getUint8(at);
  packet.queue = view.getUint16(at + 2, false);
  packet.id = 0;
  packet.protocol = 0;
  packet.hook = 0;
  packet.mark = 0;
  packet.inInterface = 0;
  packet.outInterface = 0;
  packet.physicalInInterface = 0;
  packet.physicalOutInterface = 0;
  packet.timestampSec = 0;
  packet.timestampUs = 0;
  packet.info = 0;
  packet.originalLength = -1;
  packet.priority = 0;
  packet.uid = -1;
  packet.gid = -1;
  packet.hardwareAddressStart = 0;
  packet.hardwareAddressEnd = 0;
  packet.payloadStart = 0;
  packet.payloadEnd = 0;
  let identified = false;
  attributes.reset(source, at + NFGENMSG, message.end);
  while (attributes.next()) {
    const start = attributes.start;
    switch (attributes.type) {
      case NFQA.PACKET_HDR:
        if (attributes.length < 7) return false;
        packet.id = view.getUint32(start, false);
        packet.protocol = view.getUint16(start + 4, false);
        packet.hook = view.getUint8(start + 6);
        identified = true;
        break;
      case NFQA.MARK:
        packet.mark = attributes.readBe32();
        break;
      case NFQA.TIMESTAMP:
        if (attributes.length < 16) return false;
        packet.timestampSec =
          view.getUint32(start, false) * 0x1_0000_0000 + view.getUint32(start + 4, false);
        packet.timestampUs = view.getUint32(start + 12, false);
        break;
      case NFQA.IFINDEX_INDEV:
        packet.inInterface = attributes.readBe32();
        break;
      case NFQA.IFINDEX_OUTDEV:
        packet.outInterface = attributes.readBe32();
        break;
      case NFQA.IFINDEX_PHYSINDEV:
        packet.physicalInInterface = attributes.readBe32();
        break;
      case NFQA.IFINDEX_PHYSOUTDEV:
        packet.physicalOutInterface = attributes.readBe32();
        break;
      case NFQA.HWADDR: {
        if (attributes.length < 4) return false;
        const length = view.getUint16(start, false);
        if (length > attributes.length - 4) return false;
        packet.hardwareAddressStart = start + 4;
        packet.hardwareAddressEnd = start + 4 + length;
        break;
      }
      case NFQA.PAYLOAD:
        packet.payloadStart = start;
        packet.payloadEnd = attributes.end;
        break;
      case NFQA.CAP_LEN:
        packet.originalLength = attributes.readBe32();
        break;
      case NFQA.SKB_INFO:
        packet.info = attributes.readBe32();
        break;
      case NFQA.UID:
        packet.uid = attributes.readBe32();
        break;
      case NFQA.GID:
        packet.gid = attributes.readBe32();
        break;
      case NFQA.PRIORITY:
        packet.priority = attributes.readBe32();
        break;
    }
  }
  if (packet.originalLength < 0) packet.originalLength = packet.payloadEnd - packet.payloadStart;
  return identified && attributes.malformedAt < 0;
};

/** The packet's bytes from its network header on; borrowed. @since 0.1.0 */
export const queuePayload = (packet: QueuePacket): Uint8Array =>
  packet.source.bytes.subarray(packet.payloadStart, packet.payloadEnd);

/** Sender's address on the link; borrowed, empty where unknown. @since 0.1.0 */
export const queueHardwareAddress = (packet: QueuePacket): Uint8Array =>
  packet.source.bytes.subarray(packet.hardwareAddressStart, packet.hardwareAddressEnd);

/**
 * Writes a PACKET message, as a scripted kernel does. Fields that are left out are not sent.
 *
 * @since 0.1.0
 */
export const writeQueuePacket = (
  writer: MessageWriter,
  packet: Partial<QueuePacket>,
  payload: Uint8Array,
  hardwareAddress?: Uint8Array,
): MessageWriter => {
  beginNetfilter(writer, NFQNL_MSG.PACKET, 0, packet.family ?? 2, packet.queue ?? 0);
  const header = writer.attribute(NFQA.PACKET_HDR, 7);
  writer.view.setUint32(header, packet.id ?? 0, false);
  writer.view.setUint16(header + 4, packet.protocol ?? 0, false);
  writer.view.setUint8(header + 6, packet.hook ?? 0);
  const number = (type: number, value: number | undefined): void => {
    if (value !== undefined && value >= 0) writer.be32(type, value);
  };
  number(NFQA.IFINDEX_INDEV, packet.inInterface);
  number(NFQA.IFINDEX_OUTDEV, packet.outInterface);
  number(NFQA.IFINDEX_PHYSINDEV, packet.physicalInInterface);
  number(NFQA.IFINDEX_PHYSOUTDEV, packet.physicalOutInterface);
  number(NFQA.MARK, packet.mark);
  number(NFQA.PRIORITY, packet.priority);
  if (hardwareAddress !== undefined) {
    const at = writer.attribute(NFQA.HWADDR, 12);
    writer.bytes.fill(0, at, at + 12);
    writer.view.setUint16(at, hardwareAddress.length, false);
    writer.bytes.set(hardwareAddress, at + 4);
  }
  if (packet.timestampSec !== undefined) {
    const at = writer.attribute(NFQA.TIMESTAMP, 16);
    writer.view.setBigUint64(at, BigInt(packet.timestampSec), false);
    writer.view.setBigUint64(at + 8, BigInt(packet.timestampUs ?? 0), false);
  }
  number(NFQA.UID, packet.uid);
  number(NFQA.GID, packet.gid);
  number(NFQA.CAP_LEN, packet.originalLength);
  number(NFQA.SKB_INFO, packet.info);
  return writer.put(NFQA.PAYLOAD, payload);
};
