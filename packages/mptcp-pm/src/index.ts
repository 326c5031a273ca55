/**
 * # @liquid/mptcp-pm
 *
 * Path management of Multipath TCP (RFC 8684) on the Linux kernel: which subflows a connection has,
 * and when. It follows the kernel's events, measures every subflow, and lets policies, which are pure
 * functions, create, rest, abort and replace subflows within a fraction of a millisecond. Nine
 * policies are ready, among them full mesh, a bound on the round-trip time, and a second interface
 * only when it is needed. Applications keep their sockets: whatever speaks MPTCP on the host is
 * managed.
 *
 * For whoever decides which ways connections take on hosts with several interfaces or addresses, in
 * products and in research.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/mptcp-pm fp-ts io-ts
 * sysctl -w net.mptcp.enabled=1 net.mptcp.pm_type=1   # new connections are for userspace
 * npx mptcp-pm doctor                                 # what is in the way here
 * ```
 *
 * Linux 5.19 or newer, and CAP_NET_ADMIN to manage; without it connections can be observed. Importing
 * works everywhere; elsewhere every door gives a typed `Unsupported` with its remedy. There is no
 * install script.
 *
 * ## Use
 *
 * Every connection gets a subflow between every two addresses, and none that takes too long:
 *
 * ```ts no-run
 * import { fullMesh, maxRtt, openPathManager } from '@liquid/mptcp-pm'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const opened = await openPathManager({
 *   // The first has the most weight where two disagree.
 *   policies: [maxRtt({ maxMs: 200, action: 'backup' }), fullMesh()],
 * })()
 * if (E.isLeft(opened)) {
 *   console.error(opened.left.message, opened.left.remedy)
 * } else {
 *   await using manager = opened.right
 *   manager.events.onTag('Event', ({ event }) => console.log(event))
 *   for (const { token, subflows } of manager.view().connections()) {
 *     for (const { key, sample, estimateBps } of subflows) {
 *       console.log(token, key, sample?.rttUs, estimateBps)
 *     }
 *   }
 *   await new Promise((resolve) => process.once('SIGINT', resolve))
 * }
 * ```
 *
 * A policy of your own is a pure function: what happened and what is known in, actions out. This one
 * makes every subflow over `wwan0` a backup:
 *
 * ```ts
 * import { type Action, anyPolicy, type Policy } from '@liquid/mptcp-pm'
 *
 * const wwanIsBackup: Policy<null> = {
 *   name: 'wwan-is-backup',
 *   init: null,
 *   step: (state, input, view) => {
 *     const actions: Action[] = []
 *     if (input._tag === 'Event' && input.event._tag === 'SubEstablished') {
 *       const { token, local, localPort } = input.event
 *       const own = view.addresses.find(({ address }) => address === local)
 *       const subflow = view
 *         .connection(token)
 *         ?.subflows.find((each) => each.local === local && each.localPort === localPort)
 *       if (own?.interfaceName === 'wwan0' && subflow !== undefined) {
 *         actions.push({ _tag: 'SetBackup', token, subflow: subflow.key, backup: true })
 *       }
 *     }
 *     return { state, actions }
 *   },
 * }
 * console.log(anyPolicy(wwanIsBackup).name) // wwan-is-backup
 * ```
 *
 * From a shell:
 *
 * ```sh
 * mptcp-pm list                                        # connections, subflows, estimates
 * mptcp-pm monitor                                     # what happens to them
 * mptcp-pm run --policy full-mesh --policy max-rtt:maxMs=200,action=backup
 * mptcp-pm run --config paths.json --record night.ndjson
 * mptcp-pm replay night.ndjson                         # the same inputs, the same commands
 * mptcp-pm csf lip 10.0.1.1 lid 1 rip 10.0.0.2 rport 80 token 823274047
 * ```
 *
 * where `paths.json` is, as an example:
 *
 * ```json
 * { "policies": ["full-mesh", { "policy": "max-rtt", "maxMs": 200 }], "pollMs": 300 }
 * ```
 *
 * The single commands (`ann rem csf dsf set listen events`, and `add del get dump flush limits` for
 * the kernel's own manager) have the words and the event lines of `pm_nl_ctl` from the kernel's tests.
 *
 * ## Concepts
 *
 * **Who manages.** Linux decides when a connection is made whether it belongs to the kernel's own path
 * manager or to userspace (`net.mptcp.pm_type`). This package manages the latter, and refuses to start
 * with policies where new connections would be the former.
 *
 * **Events and polls.** The kernel tells of connections, subflows and announced addresses
 * ({@link PmEvent}); `SubCreated`, which it lacks, is made when it accepts our request for a subflow. It
 * tells of no measurements: those come from the socket diagnosis, every 300 ms unless told otherwise.
 * Few subflows are asked for one by one, many by a dump, never two at once. Some changes are seen by
 * polls alone: that *we* made a subflow backup, and whatever happened while events were lost. Each
 * poll of everything also adopts connections that nobody told of, so a manager that comes late, or
 * was killed, knows what there is; connections don't notice.
 *
 * **The view** ({@link PmView}) is immutable. Subflows are named by their four values as text
 * ({@link SubflowKey}). Connections that fell back to TCP are not in it.
 *
 * **Estimates.** What a subflow can carry is `cwnd · mss / rtt`, smoothed by an exponential moving
 * average of weight 0.125; or the kernel's delivery rate, or the goodput. Slow start overestimates:
 * `congestionAvoidanceOnly` leaves it out. See {@link EstimateOptions}.
 *
 * **Policies and actions.** The manager is one pure reducer, {@link stepEngine}. Policies are called in
 * order; an action passes unless a policy before it, or the user, has decided otherwise, and never
 * where it would leave a connection without a usable subflow. What does not pass is told
 * (`Withheld`). Commands are carried out in the same tick, before anything else, and their outcomes
 * come back as inputs. To keep that fast, the way of a reaction is walked on made-up events at the
 * start. And the event for which most policies wait is foreseen: once a connection was created, what
 * its establishment will lead to is worked out, and the socket sends the first command together with
 * the event, unless anything comes in between. So a policy is also called for what only might
 * happen, and must have no effects.
 *
 * | policy | what it does |
 * | --- | --- |
 * | {@link fullMesh} | a subflow between every two addresses |
 * | {@link ndiffports} | n subflows between the same two addresses |
 * | {@link slowSubflow} | rests a slow subflow that holds back a limited window |
 * | {@link lossyPath} | resets a subflow that keeps losing data, and tries again later |
 * | {@link maxRtt} | rests subflows that take too long, absolutely or beside the best |
 * | {@link minBandwidth} | a further path while the estimate is too low |
 * | {@link oneInterface} | further interfaces only while the first is not enough |
 * | {@link refresh} | replaces subflows every so often, the new one first |
 * | {@link resetReaction} | replaces a reset subflow at once, by who reset it |
 *
 * **Ending a subflow.** `Destroy` ends it in an orderly way. `Abort` sends a RST, which also clears
 * what middleboxes remember (through the socket diagnosis, as `ss -K` does). A reset from the peer
 * carries MP_TCPRST with its reason, one from a middlebox has none: `SubClosed.reset` tells.
 *
 * **Recording.** What `record` gets, written by {@link encodeLogHeader} and {@link encodeLogStep}, is
 * all that the engine ever saw: {@link replayLog} gives the same commands again.
 *
 * ## Options and Errors
 *
 * {@link PathManagerOptions}; each policy's options have a codec of the same name. Errors are values
 * ({@link PmError}), each refusal of the kernel by what it means, with `errno`, `code`, the kernel's own
 * sentence (`kernelText`) where it has one, and the remedy:
 *
 * | `_tag` | when |
 * | --- | --- |
 * | `Permission` | no CAP_NET_ADMIN; observing works without. With `EACCES`: a route or rule of the host forbids it |
 * | `MptcpDisabled` | `net.mptcp.enabled=0` |
 * | `KernelPathManager` | the connection, or all new ones, belong to the kernel's own manager |
 * | `UnknownToken` | no such connection |
 * | `TcpFallback` | the peer, or something on the way, doesn't speak MPTCP |
 * | `ConnectionClosing` | it takes no more subflows |
 * | `NotEstablished` | it takes none yet: the peer has acknowledged no data |
 * | `AddressIdMismatch` | the id is another address's, or no address's |
 * | `AddressNotAvailable` | this host has no such address |
 * | `SubflowNotFound` | it has gone |
 * | `Unsupported` | the kernel has no MPTCP, or this is not Linux |
 * | `Conflict` | two policies of one name; or the engine had a reason of its own not to act |
 *
 * Others are netlink's, as `KernelRefusal` and `Timeout`. `mptcp-pm` exits with 0 (ok), 1 (failed), 2
 * (usage) or 130 (interrupted).
 *
 * ## Speed
 *
 * <!-- figures -->
 *
 * ## Limits and Security
 *
 * - Managing paths is as much as CAP_NET_ADMIN over them: run the manager as a service of its own.
 * - The peer decides what it announces: {@link PathManagerOptions.maxSubflows} bounds the subflows of a
 *   connection, and memory of addresses has a fixed size.
 * - What the kernel does not tell cannot be known: the port of a new subflow before it is established,
 *   or which data was sent twice over different subflows.
 * - Ending a subflow makes newer kernels forget the id of its address, so that withdrawing the address
 *   afterwards is refused (`AddressIdMismatch`).
 * - Linux 6.1 tells less: no events of listeners, fewer sentences. Before 6.15 it tells who has no
 *   CAP_NET_ADMIN nothing of MPTCP: there is no observing without.
 * - Linux 6.1 takes no notice of `backup` when a subflow is created. The first poll shows it, and the
 *   manager makes the subflow a backup then: until that poll data may go over it.
 * - With the congestion control BBR, estimates from the congestion window mean little.
 * - An overloaded process may lose events. It is told so (`Overrun`), and everything is read anew.
 *
 * ## Sources
 *
 * [RFC 8684](https://www.rfc-editor.org/rfc/rfc8684) (Multipath TCP), [RFC 6298](https://www.rfc-editor.org/rfc/rfc6298)
 * (smoothing), [RFC 4862](https://www.rfc-editor.org/rfc/rfc4862) (which addresses to use); `linux/mptcp_pm.h`,
 * `linux/mptcp.h`, `linux/inet_diag.h` and `Documentation/netlink/specs/mptcp_pm.yaml` of the kernel (whose
 * byte order of ports in commands differs from what the kernel does); `tools/testing/selftests/net/mptcp/pm_nl_ctl.c`
 * for the words of single commands; *Trilogy 2 D1.3*, section 4.2, for the policies.
 *
 * @packageDocumentation
 */
export * from './engine.js';
export * from './estimate.js';
export * from './event.js';
export {
  commandName,
  decodeCommand,
  type PmAddress,
  type PmCommand,
  type PmLimits,
  readAddress,
  readLimits,
  writeCommand,
} from './family-command.js';
export { decodeEvent, type EventDialect, EventReader, writeEvent } from './family-event.js';
export * from './family.js';
export { sameAddress, samePair, sameTuple, subflowKey } from './four-tuple.js';
export * from './input.js';
export * from './log.js';
export * from './model.js';
export * from './policies.js';
export * from './policy.js';
export { type Backoff } from './policy/backoff.js';
export { DEFAULT_FULL_MESH, FullMeshOptions, fullMesh } from './policy/full-mesh.js';
export { DEFAULT_LOSSY_PATH, LossyPathOptions, lossyPath } from './policy/lossy-path.js';
export { DEFAULT_MAX_RTT, MaxRttOptions, maxRtt } from './policy/max-rtt.js';
export {
  DEFAULT_MIN_BANDWIDTH,
  MinBandwidthOptions,
  minBandwidth,
} from './policy/min-bandwidth.js';
export { DEFAULT_NDIFFPORTS, NdiffportsOptions, ndiffports } from './policy/ndiffports.js';
export {
  DEFAULT_ONE_INTERFACE,
  OneInterfaceOptions,
  oneInterface,
} from './policy/one-interface.js';
export {
  type ConnectionDecision,
  type ConnectionPolicy,
  type Member,
  type MembersState,
  perConnection,
} from './policy/per-connection.js';
export { DEFAULT_REFRESH, RefreshOptions, refresh } from './policy/refresh.js';
export {
  DEFAULT_RESET_REACTION,
  type Replacement,
  ResetReactionOptions,
  resetReaction,
} from './policy/reset-reaction.js';
export { DEFAULT_SLOW_SUBFLOW, SlowSubflowOptions, slowSubflow } from './policy/slow-subflow.js';
export * from './replay.js';
export { DEFAULT_STATE_OPTIONS, emptyState, type PmState, type StateOptions } from './state.js';
export { type Keyed, type Table } from './table.js';
export { parseSubflowKey } from './command.js';
export * from './doctor.js';
export * from './manager.js';
export * from './path-manager.js';
export {
  type AddressIdMismatch,
  type AddressNotAvailable,
  type ConnectionClosing,
  type KernelPathManager,
  type MptcpDisabled,
  type NotEstablished,
  type PmError,
  type RefusalContext,
  type SubflowNotFound,
  type TcpFallback,
  toPmError,
  type UnknownToken,
} from './error.js';
