/** Generic netlink: many families on one protocol, each with its number, its commands and its attributes. */

import { NETLINK, NLM_F, type MessageCursor } from './message.js';
import type { MessageWriter } from './writer.js';

/** Bytes of `struct genlmsghdr`: command, version, two reserved. @since 0.1.0 */
export const GENL_HEADER = 4;

/** Number of the controller, the family that knows the others. @since 0.1.0 */
export const GENL_ID_CTRL = NETLINK.GENERIC;

/** Flags of an operation (`GENL_*` of linux/genetlink.h). @since 0.1.0 */
export const GENL = {
  /** Wants CAP_NET_ADMIN in the first user namespace. */
  ADMIN_PERM: 0x01,
  CMD_CAP_DO: 0x02,
  CMD_CAP_DUMP: 0x04,
  /** It has a policy, see `familyPolicies`. */
  CMD_CAP_HASPOL: 0x08,
  /** Wants CAP_NET_ADMIN in the user namespace of the network namespace. */
  UNS_ADMIN_PERM: 0x10,
} as const;

/**
 * Begins a message of a generic family; attributes follow.
 *
 * @param family - number of the family, see `resolveFamily`
 * @param flags - REQUEST and ACK unless given; of a dump `NLM_F.REQUEST | NLM_F.DUMP`
 * @since 0.1.0
 */
export const beginGeneric = (
  writer: MessageWriter,
  family: number,
  command: number,
  flags: number = NLM_F.REQUEST | NLM_F.ACK,
  version = 1,
): MessageWriter => {
  writer.begin(family, flags);
  const at = writer.raw(GENL_HEADER);
  writer.view.setUint8(at, command);
  writer.view.setUint8(at + 1, version);
  return writer;
};

/** The command of a generic message, or −1 when it is too short for one. @since 0.1.0 */
export const genericCommand = (message: MessageCursor): number =>
  message.end - message.payload < GENL_HEADER ? -1 : message.source.view.getUint8(message.payload);

/** The family's version of a generic message, or −1 when it is too short for one. @since 0.1.0 */
export const genericVersion = (message: MessageCursor): number =>
  message.end - message.payload < GENL_HEADER
    ? -1
    : message.source.view.getUint8(message.payload + 1);
