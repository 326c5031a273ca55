/** The verdict on a queued packet: it goes on, it goes on changed, or it is gone. */

import { AttributeCursor } from './attribute.js';
import { HOST_LITTLE } from './host-order.js';
import { type MessageCursor, NLM_F, type Source, sourceOf } from './message.js';
import { beginNetfilter, NFGENMSG, netfilterResource } from './netfilter.js';
import { NFQNL_MSG } from './queue-config.js';
import { NFQA } from './queue-packet.js';
import type { MessageWriter } from './writer.js';

/** Verdicts (`NF_*` of linux/netfilter.h). @since 0.1.0 */
export const NF = {
  DROP: 0,
  ACCEPT: 1,
  /** Into another queue: its number in the upper 16 bits, see {@link queueVerdict}. */
  QUEUE: 3,
  /** Through the same hook again. */
  REPEAT: 4,
  STOP: 5,
} as const;

/** The verdict that sends a packet into another queue. @since 0.1.0 */
export const queueVerdict = (queue: number): number => ((queue << 16) | NF.QUEUE) >>> 0;

/**
 * Writes the verdict on one packet. No acknowledgement is asked for: an unknown id is the kernel's
 * only objection, and at a million packets nobody wants a million answers; set `NLM_F.ACK` yourself
 * where you do. Allocates nothing.
 *
 * @param verdict - see {@link NF}
 * @param mark - new mark, or −1 for the old one
 * @param payload - other bytes to go on in the packet's place
 *
 * @example
 * ```ts
 * import { MessageWriter, NF, writeQueueVerdict } from '@liquid/netlink'
 *
 * console.log(writeQueueVerdict(new MessageWriter(), 7, 41, NF.ACCEPT).length) // 32
 * ```
 * @since 0.1.0
 */
export const writeQueueVerdict = (
  writer: MessageWriter,
  queue: number,
  packetId: number,
  verdict: number,
  mark = -1,
  payload?: Uint8Array,
): MessageWriter => {
  beginNetfilter(writer, NFQNL_MSG.VERDICT, NLM_F.REQUEST, 0, queue);
  const at = writer.attribute(NFQA.VERDICT_HDR, 8);
  writer.view.setUint32(at, verdict, false);
  writer.view.setUint32(at + 4, packetId, false);
  if (mark >= 0) writer.be32(NFQA.MARK, mark);
  if (payload !== undefined) writer.put(NFQA.PAYLOAD, payload);
  return writer;
};

/**
 * Writes one verdict for every waiting packet of the queue up to and with `lastPacketId`, in the
 * order of ids. Allocates nothing.
 *
 * @since 0.1.0
 */
export const writeQueueVerdictBatch = (
  writer: MessageWriter,
  queue: number,
  lastPacketId: number,
  verdict: number,
  mark = -1,
): MessageWriter => {
  writeQueueVerdict(writer, queue, lastPacketId, verdict, mark);
  writer.view.setUint16(4, NFQNL_MSG.VERDICT_BATCH, HOST_LITTLE);
  return writer;
};

/** A verdict as read; mutable, one object serves all. @since 0.1.0 */
export interface QueueVerdict {
  queue: number;
  /** Of a batch: the last packet that it is about. */
  packetId: number;
  /** See {@link NF}. */
  verdict: number;
  /** Whether it is about every waiting packet up to {@link packetId}. */
  batch: boolean;
  /** The new mark, or −1. */
  mark: number;
  /** Whether other bytes take the packet's place: those from `payloadStart` up to `payloadEnd`. */
  mangled: boolean;
  payloadStart: number;
  payloadEnd: number;
  /** The buffer that the offsets are for; borrowed. */
  source: Source;
}

/** A {@link QueueVerdict} to be filled. @since 0.1.0 */
export const emptyQueueVerdict = (): QueueVerdict => ({
  queue: 0,
  packetId: 0,
  verdict: 0,
  batch: false,
  mark: -1,
  mangled: false,
  payloadStart: 0,
  payloadEnd: 0,
  source: sourceOf(new Uint8Array(0)),
});

const attributes = /* @__PURE__ */ new AttributeCursor();

/**
 * Reads a VERDICT or VERDICT_BATCH message, as a scripted kernel does; every field is set.
 *
 * @returns false when it is another message, or one that contradicts itself
 * @since 0.1.0
 */
export const readQueueVerdictInto = (message: MessageCursor, into: QueueVerdict): boolean => {
  into.batch = message.type === NFQNL_MSG.VERDICT_BATCH;
  if (!into.batch && message.type !== NFQNL_MSG.VERDICT) return false;
  into.queue = netfilterResource(message);
  into.source = message.source;
  into.packetId = 0;
  into.verdict = 0;
  into.mark = -1;
  into.mangled = false;
  into.payloadStart = 0;
  into.payloadEnd = 0;
  if (into.queue < 0) return false;
  let decided = false;
  attributes.reset(message.source, message.payload + NFGENMSG, message.end);
  while (attributes.next()) {
    switch (attributes.type) {
      case NFQA.VERDICT_HDR:
        if (attributes.length < 8) return false;
        into.verdict = attributes.readBe32();
        into.packetId = message.source.view.getUint32(attributes.start + 4, false);
        decided = true;
        break;
      case NFQA.MARK:
        into.mark = attributes.readBe32();
        break;
      case NFQA.PAYLOAD:
        into.mangled = true;
        into.payloadStart = attributes.start;
        into.payloadEnd = attributes.end;
        break;
    }
  }
  return decided && attributes.malformedAt < 0;
};
