/** Packet queues of netfilter, set up: which queue is ours, how much of a packet is copied, how many may wait. */

import { decodeError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { AttributeCursor } from './attribute.js';
import type { NetlinkError } from './errors.js';
import { type MessageCursor, NLM_F } from './message.js';
import {
  beginNetfilter,
  NFGENMSG,
  NFNL_SUBSYS,
  netfilterResource,
  netfilterType,
} from './netfilter.js';
import type { MessageWriter } from './writer.js';

/** Message types of packet queues (`NFQNL_MSG_*` of linux/netfilter/nfnetlink_queue.h). @since 0.1.0 */
export const NFQNL_MSG = {
  PACKET: /* @__PURE__ */ netfilterType(NFNL_SUBSYS.QUEUE, 0),
  VERDICT: /* @__PURE__ */ netfilterType(NFNL_SUBSYS.QUEUE, 1),
  CONFIG: /* @__PURE__ */ netfilterType(NFNL_SUBSYS.QUEUE, 2),
  VERDICT_BATCH: /* @__PURE__ */ netfilterType(NFNL_SUBSYS.QUEUE, 3),
} as const;

/** Attributes of a CONFIG message (`NFQA_CFG_*`). @since 0.1.0 */
export const NFQA_CFG = { CMD: 1, PARAMS: 2, QUEUE_MAXLEN: 3, MASK: 4, FLAGS: 5 } as const;

/** Commands of a CONFIG message (`NFQNL_CFG_CMD_*`); the PF ones are empty since Linux 3.8. @since 0.1.0 */
export const NFQNL_CFG_CMD = { BIND: 1, UNBIND: 2, PF_BIND: 3, PF_UNBIND: 4 } as const;

/** How much of a packet is copied (`NFQNL_COPY_*`). @since 0.1.0 */
export const NFQNL_COPY = { NONE: 0, META: 1, PACKET: 2 } as const;

/** Switches of a queue (`NFQA_CFG_F_*`). @since 0.1.0 */
export const NFQA_CFG_F = {
  /** A full queue lets packets pass instead of dropping them. */
  FAIL_OPEN: 1,
  CONNTRACK: 2,
  /** Packets come as they were built, up to 64 KiB, not split into segments. */
  GSO: 4,
  UID_GID: 8,
  SECCTX: 16,
} as const;

/** What a CONFIG message asks; each part is optional. @since 0.1.0 */
export interface QueueConfig {
  /** See {@link NFQNL_CFG_CMD}. */
  readonly command?: number;
  /** Address family of the PF commands. */
  readonly protocolFamily?: number;
  /** See {@link NFQNL_COPY}. */
  readonly copyMode?: number;
  /** Bytes of each packet to copy, with {@link copyMode}; default 65,531, the most there can be. */
  readonly copyRangeBytes?: number;
  /** Packets that may wait for their verdict; the kernel's default is 1024. */
  readonly maxLength?: number;
  /** Switches to set, see {@link NFQA_CFG_F}. */
  readonly flags?: number;
  /** Switches that {@link flags} is about; default: all of its own, so that nothing is unset. */
  readonly mask?: number;
}

/** The most that fits an attribute. */
const MOST_COPIED = 0xffff - 4;

/**
 * Writes a CONFIG message for a queue. Binding needs CAP_NET_ADMIN; packets then come to the
 * descriptor that sent it, and the queue ends with it.
 *
 * @example
 * ```ts
 * import { MessageWriter, NFQA_CFG_F, NFQNL_CFG_CMD, NFQNL_COPY, writeQueueConfig } from '@liquid/netlink'
 *
 * const request = writeQueueConfig(new MessageWriter(), 7, {
 *   command: NFQNL_CFG_CMD.BIND,
 *   copyMode: NFQNL_COPY.PACKET,
 *   maxLength: 4096,
 *   flags: NFQA_CFG_F.GSO | NFQA_CFG_F.FAIL_OPEN,
 * })
 * console.log(request.length) // 64
 * ```
 * @since 0.1.0
 */
export const writeQueueConfig = (
  writer: MessageWriter,
  queue: number,
  config: QueueConfig,
): MessageWriter => {
  beginNetfilter(writer, NFQNL_MSG.CONFIG, NLM_F.REQUEST | NLM_F.ACK, 0, queue);
  if (config.command !== undefined) {
    const at = writer.attribute(NFQA_CFG.CMD, 4);
    writer.view.setUint8(at, config.command);
    writer.view.setUint8(at + 1, 0);
    writer.view.setUint16(at + 2, config.protocolFamily ?? 0, false);
  }
  if (config.copyMode !== undefined) {
    const at = writer.attribute(NFQA_CFG.PARAMS, 5);
    writer.view.setUint32(at, config.copyRangeBytes ?? MOST_COPIED, false);
    writer.view.setUint8(at + 4, config.copyMode);
  }
  if (config.maxLength !== undefined) writer.be32(NFQA_CFG.QUEUE_MAXLEN, config.maxLength);
  if (config.flags !== undefined) {
    writer.be32(NFQA_CFG.MASK, config.mask ?? config.flags);
    writer.be32(NFQA_CFG.FLAGS, config.flags);
  }
  return writer;
};

/**
 * Reads what {@link writeQueueConfig} writes, as a scripted kernel or a monitor does.
 *
 * @since 0.1.0
 */
export const readQueueConfig = (
  message: MessageCursor,
): E.Either<NetlinkError, { readonly queue: number; readonly config: QueueConfig }> => {
  const queue = netfilterResource(message);
  const config: { -readonly [K in keyof QueueConfig]: QueueConfig[K] } = {};
  const attributes = new AttributeCursor();
  attributes.reset(message.source, message.payload + NFGENMSG, message.end);
  const { view } = message.source;
  let bad = queue < 0 ? message.payload : -1;
  while (bad < 0 && attributes.next()) {
    const at = attributes.start;
    switch (attributes.type) {
      case NFQA_CFG.CMD:
        if (attributes.length < 4) bad = at;
        else {
          config.command = view.getUint8(at);
          const family = view.getUint16(at + 2, false);
          if (family !== 0) config.protocolFamily = family;
        }
        break;
      case NFQA_CFG.PARAMS:
        if (attributes.length < 5) bad = at;
        else {
          config.copyRangeBytes = view.getUint32(at, false);
          config.copyMode = view.getUint8(at + 4);
        }
        break;
      case NFQA_CFG.QUEUE_MAXLEN:
        config.maxLength = attributes.readBe32();
        break;
      case NFQA_CFG.MASK:
        config.mask = attributes.readBe32();
        break;
      case NFQA_CFG.FLAGS:
        config.flags = attributes.readBe32();
        break;
    }
  }
  if (bad < 0) bad = attributes.malformedAt;
  return bad < 0
    ? E.right({ queue, config })
    : E.left(
        decodeError({
          what: 'queue configuration',
          offset: bad,
          expected: 'whole attributes',
          actualText: 'a length that contradicts them',
        }),
      );
};
