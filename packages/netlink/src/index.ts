/**
 * # @liquid/netlink
 *
 * Netlink for Node, on the event loop: generic netlink with the kernel's own policies, socket
 * diagnosis (tcp_info, mptcp_info and memory of every socket, by the thousand), links, addresses,
 * routes, rules and neighbours, and packet queues. With MPTCP sockets as `net.Socket` and
 * `net.Server`. For whoever watches or steers the network of a Linux machine from TypeScript.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/netlink fp-ts io-ts
 * ```
 *
 * Linux. Importing works everywhere; elsewhere every door gives a typed `Unsupported`. There is no
 * install script: on x86-64 with glibc a prebuilt addon serves, elsewhere koffi.
 *
 * ## Use
 *
 * Which connections are there, and how are they?
 *
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { CONNECTED_STATES, diagDump, NETLINK, openNetlink } from '@liquid/netlink'
 *
 * const opened = await openNetlink({ protocol: NETLINK.SOCK_DIAG })()
 * if (E.isLeft(opened)) throw new Error(opened.left.message)
 * await using socket = opened.right
 * const sockets = await diagDump(socket, { states: CONNECTED_STATES })()
 * if (E.isRight(sockets)) {
 *   for (const { id, tcp, upperLayer } of sockets.right) {
 *     console.log(id.local, id.remote, tcp?.rttUs, tcp?.cwnd, upperLayer?.mptcp?.tokenLocal)
 *   }
 * }
 * ```
 *
 * Follow what happens to the machine's addresses, and add one:
 *
 * ```ts no-run
 * import { parseIpv4 } from '@liquid/types'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { AF, addresses, NETLINK, openNetlink, ownAddress } from '@liquid/netlink'
 *
 * const opened = await openNetlink({ protocol: NETLINK.ROUTE, namespace: 'lab' })()
 * const local = parseIpv4('192.0.2.1')
 * if (E.isRight(opened) && E.isRight(local)) {
 *   await using socket = opened.right
 *   addresses.follow(socket, ({ change, value }) => console.log(change, ownAddress(value)))
 *   const entry = { family: AF.INET, prefixLength: 24, interfaceIndex: 2, local: local.right }
 *   const added = await addresses.put(socket, { ...entry, address: local.right })()
 *   if (E.isLeft(added)) console.log(added.left.message) // … EEXIST, EPERM and why
 * }
 * ```
 *
 * Ask a family of generic netlink, and the kernel what it takes:
 *
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { familyPolicies, NETLINK, openNetlink, resolveFamily } from '@liquid/netlink'
 *
 * const opened = await openNetlink({ protocol: NETLINK.GENERIC })()
 * if (E.isRight(opened)) {
 *   await using socket = opened.right
 *   const family = await resolveFamily(socket, 'mptcp_pm')()
 *   if (E.isRight(family)) console.log(await familyPolicies(socket, family.right.id)())
 * }
 * ```
 *
 * Stand in the way of packets:
 *
 * ```ts no-run
 * import { NF, openPacketQueue, queuePayload } from '@liquid/netlink'
 *
 * // iptables -A FORWARD -p udp -j NFQUEUE --queue-num 7
 * const opened = await openPacketQueue({
 *   queue: 7,
 *   onPacket: (packet, queue) => {
 *     const { id } = packet // the packet itself is overwritten by the next
 *     const large = queuePayload(packet).length > 1000
 *     setTimeout(() => queue.verdict(id, large ? NF.DROP : NF.ACCEPT), 20)
 *   },
 * })()
 * console.log(opened._tag)
 * ```
 *
 * The codecs alone need no kernel: they work on bytes, anywhere.
 *
 * ```ts
 * import { diagBytecode, MessageCursor, MessageWriter, readDiagRequest, sourceOf, writeDiagDump } from '@liquid/netlink'
 *
 * const writer = new MessageWriter()
 * writeDiagDump(writer, { family: 4, bytecode: diagBytecode({ remotePorts: [443, 443] }) })
 * const cursor = new MessageCursor()
 * cursor.reset(sourceOf(writer.finish()), writer.length)
 * cursor.next()
 * const asked = readDiagRequest(cursor)
 * if (asked._tag === 'Right') console.log(asked.right.dump, asked.right.protocol) // true 6
 * ```
 *
 * ## Concepts
 *
 * - **One socket, up to three descriptors.** Requests, dumps and multicasts have one each, the last
 *   two opened when they are first needed: a flood of events can't lose an answer. The kernel handles
 *   a request while it is sent, so `call` has the answer before it returns; `request` is the same as a
 *   value. A dump gives the event loop its turn about every millisecond.
 * - **Transports.** `addon` is C on libuv's poll: one call into JavaScript per datagram, read into one
 *   buffer, no thread held, nothing spent while nothing comes. `koffi` makes the same system calls and
 *   lets Node's UDP reader do the waiting. A `Transport` of your own, and the scripted kernel of
 *   `@liquid/netlink/testing`, pass one suite. The first that is there serves;
 *   `LIQUID_NETLINK_TRANSPORT` forces one by name.
 * - **Triggered sends.** Who knows the next message of the kernel and the answer to it arms both
 *   (`arm`): the addon sends the answer as the message comes, before JavaScript runs; a message that
 *   differs in one bit is only delivered.
 * - **Cursors and a writer.** A `MessageCursor` walks the messages of a datagram, an
 *   `AttributeCursor` a list of attributes; a `MessageWriter` writes into one buffer that grows. They
 *   are made once and moved, allocate nothing, and read nothing outside their bytes.
 * - **Two forms.** Hot ones fill an object of yours and give true or false (`readDiagInto`,
 *   `readQueuePacketInto`, `readTcpInfoInto`): plain numbers, addresses as bytes until they are asked
 *   for as text. Rich ones give immutable values in an `Either` (`readDiag`, `links.read`,
 *   `readFamily`): 64-bit counters are `bigint`, addresses are text.
 * - **By length.** A struct of the kernel is read as far as it goes: `tcp_info` has 232 bytes on
 *   Linux 6.1 and 280 on 6.18. A field that is not there is 0, and `lengthBytes` tells that from a
 *   real one. Attributes that nobody knew when this was written are kept as type and bytes
 *   (`unknown`).
 * - **Both ways.** What is read can be written, requests as well as the kernel's messages, so that a
 *   scripted kernel, a recorder or a proxy needs no other code. `attributeSet` and `NLA` describe
 *   families of your own in the same way.
 * - **Tables.** `links`, `addresses`, `routes`, `rules` and `neighbours` have one face: `dump`,
 *   `get`, `put`, `remove`, `follow`.
 * - **Names** are the kernel's: `IFLA.MTU` is `IFLA_MTU` of linux/if_link.h.
 * - **Byte orders** are seen to: netlink is in host order, but ports of sockets and all of packet
 *   queues are not, and ports of rules are again.
 *
 * ## Options and Errors
 *
 * `openNetlink` takes the family (`NETLINK`), a `namespace`, a `transport`, `receiveBufferBytes`,
 * `timeoutMs`, `keepAlive` and an `AbortSignal`. `diagDump` and `diagEach` take the address family,
 * protocol, states (`stateMask`), what to bring (`DIAG_EXT`), ports, and conditions that the kernel
 * checks (`diagBytecode`). `put` takes a mode: `create`, `replace`, `change` or `append`.
 *
 * `NetlinkError` is one of the base errors of `@liquid/types` or
 *
 * - `KernelRefusal`: `errno`, `code` as in `EINVAL`, the kernel's own sentence (`kernelText`), the
 *   offset that it blames and the attribute that it misses, from its extended acknowledgement;
 * - `Overrun`: multicasts were lost, read anew what you know from them;
 * - `DumpInterrupted`: the table changed under a dump, each time it was tried.
 *
 * EPERM is `Permission` with the capability to get, EACCES the same tag with a rule of the host to look
 * for; a family or operation that the kernel lacks is `Unsupported`, a socket that is not there is `NotFound`. A message that contradicts its own
 * lengths is `Decode` with the offset, or `false` from a hot reader. Nothing throws on any bytes.
 *
 * ## Speed
 *
 * <!-- figures -->
 *
 * ## Limits and Security
 *
 * - Entering a namespace takes CAP_SYS_ADMIN there and here, and is done and undone within one
 *   synchronous call. Where the way back would be refused it is not begun.
 * - Each transport loads in worker threads. What a thread left open is closed when it ends; koffi hears
 *   nothing of `terminate()`, which leaves its sockets open, and on Node 20 a thread that is terminated
 *   amid a flood of messages can bring the process down. The addon has neither trouble.
 * - What a callback throws is an uncaught exception of the process; the other messages are delivered.
 * - Reading needs no privilege, but for a socket's mark; changing tables, ending sockets, packet
 *   queues and most groups of generic families want CAP_NET_ADMIN in the namespace.
 * - Messages from the kernel are untrusted: no length is used before it is checked, work is linear in
 *   the bytes, nests go no deeper than their description. Random, mutated and truncated messages are
 *   part of the tests, as are recordings of Linux 6.18 and a comparison with the kernel's headers.
 * - Numbers in hot rows are exact up to 2^53: enough for byte counters, not for data sequence numbers
 *   of MPTCP. The rich forms are exact.
 * - Kinds of links (`IFLA_INFO_DATA`), address-family options of links and the encapsulation of routes
 *   stay bytes. Of netfilter there are packet queues only.
 * - An attribute has at most 65,531 bytes: a packet in a queue is cut there, by koffi at 61,440, and
 *   what was cut is told by `originalLength`; it goes on whole.
 * - In a worker of `node:cluster` everything works but `listenMptcp`, which says `Unsupported`.
 *
 * ## Sources
 *
 * The Linux headers linux/netlink.h, genetlink.h, sock_diag.h, inet_diag.h, tcp.h, mptcp.h,
 * rtnetlink.h, if_link.h, if_addr.h, neighbour.h, fib_rules.h and netfilter/nfnetlink_queue.h, and
 * the manual pages netlink(7), rtnetlink(7) and sock_diag(7); RFC 3549 describes the protocol.
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
export * from './packet-queue.js';
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
export { socketOptions } from './sock-diag-attributes.js';
export * from './sock-diag-condition.js';
export * from './sock-diag-query.js';
export { readDiagInto } from './sock-diag-read.js';
export * from './sock-diag-request.js';
export * from './sock-diag-row.js';
export * from './sock-diag-value.js';
export * from './socket.js';
export * from './socket-diag.js';
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
