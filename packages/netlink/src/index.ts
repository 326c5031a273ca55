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
  writeAttributePolicy,
} from './attribute-policy.js';
export {
  type AttributeSet,
  type AttributeSpec,
  attributeSet,
  NLA,
  readAttributes,
  type UnknownAttribute,
  type WithUnknown,
} from './attribute-set.js';
export type { ValueCodec } from './attribute-value.js';
export * from './errors.js';
export {
  type ErrorMessage,
  emptyErrorMessage,
  NLMSGERR_ATTR,
  readErrorMessage,
} from './extended-ack.js';
export * from './generic.js';
export * from './generic-controller.js';
export * from './generic-policy.js';
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
export {
  emptyMptcpInfo,
  MPTCP_INFO_BYTES,
  MPTCP_INFO_FLAG,
  type MptcpInfo,
  type MptcpInfoRow,
  mptcpInfoBytes,
  readMptcpInfo,
  readMptcpInfoInto,
} from './mptcp-info.js';
export { nativeTransport } from './native-transport.js';
export * from './netfilter.js';
export { openNetlink } from './open.js';
export * from './queue-config.js';
export * from './queue-packet.js';
export * from './queue-verdict.js';
export { netlinkError } from './refusal.js';
export * from './route.js';
export * from './route-address.js';
export * from './route-link.js';
export * from './route-neighbour.js';
export { type NextHop, type RouteMetrics, RTA, RTAX, RTNH_F } from './route-nexthop.js';
export * from './route-route.js';
export * from './route-rule.js';
export type { RouteChange, RouteMode, RouteTable } from './route-table.js';
export * from './sock-diag.js';
export * from './sock-diag-condition.js';
export * from './sock-diag-query.js';
export { readDiagInto } from './sock-diag-read.js';
export * from './sock-diag-request.js';
export * from './sock-diag-row.js';
export * from './sock-diag-value.js';
export * from './socket.js';
export {
  emptyTcpInfo,
  readTcpInfoInto,
  TCP_CA,
  TCP_INFINITE_SSTHRESH,
  TCP_INFO_BYTES,
  TCPI_OPT,
  type TcpInfo,
  type TcpInfoRow,
} from './tcp-info.js';
export { readTcpInfo, tcpInfoBytes, tcpInfoHas } from './tcp-info-layout.js';
export * from './transport.js';
export { MessageWriter } from './writer.js';
