/**
 * Netlink for Node.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/netlink
 * ```
 *
 * ## Use
 *
 * ## Concepts
 *
 * ## Options and Errors
 *
 * ## Speed
 *
 * <!-- figures -->
 *
 * ## Limits and Security
 *
 * ## Sources
 *
 * @packageDocumentation
 */
export { AttributeCursor, NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_HEADER } from './attribute.js';
export {
  type AttributePolicy,
  NL_ATTR_TYPE,
  NL_POLICY_TYPE_ATTR,
  readAttributePolicy,
} from './attribute-policy.js';
export * from './errors.js';
export {
  type ErrorMessage,
  emptyErrorMessage,
  NLMSGERR_ATTR,
  readErrorMessage,
} from './extended-ack.js';
export { HOST_LITTLE } from './host-order.js';
export {
  MessageCursor,
  NETLINK,
  NLM_F,
  NLMSG,
  NLMSG_HEADER,
  type Source,
  sourceOf,
} from './message.js';
export * from './netfilter.js';
export * from './queue-config.js';
export * from './queue-packet.js';
export * from './socket.js';
export * from './transport.js';
export { MessageWriter } from './writer.js';
