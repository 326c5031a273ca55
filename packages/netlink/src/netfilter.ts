/** What all netfilter messages share: subsystem and operation in the type, and `struct nfgenmsg`. */

import type { MessageCursor } from './message.js';
import type { MessageWriter } from './writer.js';

/** Subsystems of NETLINK_NETFILTER (`NFNL_SUBSYS_*` of linux/netfilter/nfnetlink.h). @since 0.1.0 */
export const NFNL_SUBSYS = { CTNETLINK: 1, QUEUE: 3, NFTABLES: 10 } as const;

/** Bytes of `struct nfgenmsg`. @since 0.1.0 */
export const NFGENMSG = 4;

/** The message type of a subsystem's operation. @since 0.1.0 */
export const netfilterType = (subsystem: number, operation: number): number =>
  (subsystem << 8) | operation;

/**
 * Begins a netfilter message; attributes follow. `resource` is what the subsystem numbers, as the
 * queue; it goes in network order.
 *
 * @since 0.1.0
 */
export const beginNetfilter = (
  writer: MessageWriter,
  type: number,
  flags: number,
  family: number,
  resource: number,
): MessageWriter => {
  writer.begin(type, flags);
  const at = writer.raw(NFGENMSG);
  writer.view.setUint8(at, family);
  writer.view.setUint16(at + 2, resource, false);
  return writer;
};

/** The resource of a netfilter message, as the number of a queue; −1 when it is too short. @since 0.1.0 */
export const netfilterResource = (message: MessageCursor): number =>
  message.end - message.payload < NFGENMSG
    ? -1
    : message.source.view.getUint16(message.payload + 2, false);
