/**
 * # @liquid/netlab
 *
 * Throw-away Linux networks from a typed description: hosts and switches as network namespaces, veth
 * links with rates and queues, delay, jitter, loss and reordering, also on kernels without netem,
 * programs inside them, TUN devices served by your own code, captures into pcap files, middleboxes. Everything is removed when it is stopped, when a step fails, when a test throws,
 * and by a sweeper when the owner was killed.
 *
 * For tests and demonstrations of network programs on the real kernel, on one machine. Nothing of a
 * network is seen in the machine's own: interfaces are born inside their namespaces.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/netlab fp-ts io-ts
 * apt-get install iproute2      # ip and tc; on most systems they are there
 * apt-get install iptables      # only for delay without netem, resets and stripped options
 * npx netlab doctor             # what this machine can do
 * ```
 *
 * Linux, and root or CAP_SYS_ADMIN with CAP_NET_ADMIN. Importing works everywhere; elsewhere every
 * door gives a typed `Unsupported` or `Permission` with its remedy. The C library is called through
 * koffi's prebuilt binary, loaded on first use; there is no install script. Neither `ethtool` nor
 * `sysctl` nor `tcpdump` is needed.
 *
 * ## Use
 *
 * ```ts no-run
 * import { type NetworkDescription, useNetlab } from '@liquid/netlab'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 *
 * const dumbbell: NetworkDescription = {
 *   hosts: {
 *     client: { sysctls: { 'net.ipv4.tcp_timestamps': 0 } },
 *     server: {},
 *   },
 *   links: [
 *     {
 *       ends: [
 *         { node: 'client', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
 *         {
 *           node: 'server',
 *           addresses: ['10.0.0.2/24', 'fd00::2/64'],
 *           // How the server sends: the client's download.
 *           shaping: { kind: 'tbf', rateBps: 20_000_000, limitBytes: 60_000 },
 *         },
 *       ],
 *     },
 *   ],
 * }
 *
 * // Makes it, runs the body, and takes it away, also when the body fails or throws.
 * const result = await useNetlab(dumbbell, {}, (lab) =>
 *   pipe(
 *     TE.Do,
 *     TE.bind('server', () => lab.spawn('server', ['iperf3', '-s', '-1'])),
 *     TE.bind('capture', () => lab.openCapture('client', { device: 'eth0', file: 'acks.pcap', direction: 'out' })),
 *     TE.bind('run', () => lab.exec('client', ['iperf3', '-c', '10.0.0.2', '-R', '-t', '3'])),
 *     TE.chainFirstW(({ capture }) => capture.stop),
 *     TE.map(({ run }) => run.stdout),
 *   ),
 * )()
 * console.log(result)
 * ```
 *
 * Delay, jitter and loss are an end's `impairment`, and may change while traffic runs:
 *
 * ```ts no-run
 * import { useNetlab } from '@liquid/netlab'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 *
 * const result = await useNetlab(
 *   {
 *     hosts: { client: {}, server: {} },
 *     links: [
 *       {
 *         ends: [
 *           { node: 'client', addresses: ['10.0.0.1/24'], impairment: { delayMs: 10 } },
 *           { node: 'server', addresses: ['10.0.0.2/24'], impairment: { delayMs: 10, lossPercent: 1 } },
 *         ],
 *       },
 *     ],
 *   },
 *   {},
 *   (lab) =>
 *     pipe(
 *       lab.reimpair('client', 'eth0', { delayMs: 200, jitterMs: 20 }),
 *       TE.chain(() => lab.exec('client', ['ping', '-c', '3', '10.0.0.2'])),
 *       TE.map(({ stdout }) => stdout),
 *     ),
 * )()
 * console.log(result)
 * ```
 *
 * A TUN device hands IP packets to your code. This one answers every UDP datagram sent to
 * 10.9.0.0/24 by turning it round:
 *
 * ```ts no-run
 * import { openTun } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const opened = await openTun({ device: 'tun0', addresses: ['10.9.0.1/24'] })()
 * if (E.isRight(opened)) {
 *   const tun = opened.right
 *   tun.receive((packet, length) => {
 *     if (packet[0] !== 0x45 || packet[9] !== 17) return
 *     // Swap addresses and ports; sums of checksums don't mind the order.
 *     for (const [a, b, size] of [[12, 16, 4], [20, 22, 2]] as const) {
 *       const swapped = packet.slice(a, a + size)
 *       packet.copyWithin(a, b, b + size).set(swapped, b)
 *     }
 *     tun.write(packet, length)
 *   })
 *   process.once('SIGINT', () => void tun.stop())
 * }
 * ```
 *
 * From a shell, with the description as JSON, here as `dumbbell.json`:
 *
 * ```json
 * {
 *   "hosts": { "client": {}, "server": {} },
 *   "links": [
 *     {
 *       "ends": [
 *         { "node": "client", "addresses": ["10.0.0.1/24"] },
 *         { "node": "server", "addresses": ["10.0.0.2/24"] }
 *       ]
 *     }
 *   ]
 * }
 * ```
 *
 * ```sh
 * npx netlab up dumbbell.json                                       # hold it until Ctrl-C
 * npx netlab up dumbbell.json --host client -- ping -c 3 10.0.0.2   # run one command in it
 * npx netlab plan dumbbell.json                                     # only print the commands
 * npx netlab sweep                                                  # remove what killed owners left
 * ```
 *
 * ## Concepts
 *
 * **Description, plan, lab.** {@link NetworkDescription} is plain data with a codec.
 * {@link planNetwork}, a pure function, turns it into a list of `ip` and `tc` commands, each an array
 * of arguments with its undo; {@link openNetlab} runs them. `netlab plan` shows them.
 *
 * **Hosts and switches** are namespaces named `lq-<pid>-<start>-<scope>-<n>-<node>`. A switch is a
 * bridge in a namespace of its own. Interfaces are called `eth0`, `eth1`, … in link order, ports
 * `p0`, `p1`, …, unless named. A host that passes packets on has `forwarding: true` and its
 * neighbours `routes`.
 *
 * **Links** carry what a wire would: checksum and segmentation offload are off unless a link says
 * `offload: true`, so that captured checksums are right and no packet exceeds the MTU. IPv6
 * addresses can be used at once (no duplicate address detection).
 *
 * **Shaping** is per end, for what that end sends: `tbf` (rate, bucket, queue), `htb` (one class,
 * whose rate {@link Netlab.reshape} changes without losing a queued packet), `fq_codel`, `fifo`.
 * Defaults: a bucket of 4 ms at the rate, at least ten frames; a queue of 50 ms.
 *
 * **Impairment** is per end too, for what happens to its packets once they are on their way: delay,
 * jitter, loss, reordering ({@link Impairment}). A link of which an end has an `impairment`, if only
 * `{}`, is led through a *wire*, a bridge of two ports in a namespace `wire`; so clocks, captures and
 * send buffers at both ends see what a long cable would show them, and no rule appears in a host.
 * {@link Netlab.reimpair} changes it at once. Where the kernel has netem, netem does it. Where not, a
 * relay process does: the wire's packets wait in a queue of the kernel (NFQUEUE) and the relay, told
 * their numbers only, says when each goes on. It reads a clock per packet, wakes by a kernel timer
 * and allocates nothing; without traffic it sleeps. It speaks to the kernel through
 * `@liquid/netlink`, the one engine that this one stands on. Order is kept, also under jitter; only
 * `reorderPercent` changes it. ARP and whatever else is not IP isn't delayed by the relay.
 *
 * **Middleboxes.** {@link Netlab.resetConnections} makes a host reset the connections that match, for
 * a while: it drops their segments and sends RSTs without any MPTCP option, as a middlebox does. With
 * `count`, `reason` or `transient` ({@link Resets}) it forges them instead: as many segments as are
 * wanted become RSTs on their way, with the option MP_TCPRST as a peer sends it where a reason or its
 * flag T is given. `stripOptions` of an end blanks out TCP options, as 30 for MPTCP.
 *
 * **Programs** run through `ip netns exec`: `ip` becomes the program, so its pid is the program's;
 * it sees the namespace's `/sys`; and your own process never changes its namespace. `exec` waits for
 * the end, with bounded output and a deadline; `spawn` is a `Running` with lines as events;
 * `spawnNode` adds a message channel. Each program has a process group, and is ended with it.
 *
 * **TUN without a thread.** Node has no way to wait for a TUN device: reading it by `fs.read` holds
 * one of the four threads of the pool until a packet comes, and can't be cancelled. Here the
 * device's descriptor takes the place of a pipe that Node has already accepted as a socket, before
 * libuv first polls it; so the event loop's own epoll waits for it. Each wake-up then reads until
 * nothing is left, up to 256 packets. `readiness: 'thread'` waits by `poll` on a thread instead,
 * which a pipe's end can wake; it is the fallback where the first way is refused. A reader that
 * doesn't ask leaves packets in the kernel's queue, which drops at its end like any link's.
 *
 * **Captures** are a packet socket with a ring shared with the kernel (TPACKET_V3), read every 10 ms:
 * no program, no call per packet, the kernel's timestamps. `stats()` counts packets lost and
 * checksums left to hardware.
 *
 * **Owners and the sweeper.** A namespace's name holds its owner's pid and start time, and a hash of
 * boot and pid namespace. {@link sweep} removes a namespace, and the processes in it, when that
 * process no longer runs; a later process with the same pid protects nothing. What another pid
 * namespace may own is left alone and reported. Unfinished captures are listed in
 * `/run/liquid-netlab` and removed with their owner's other things.
 *
 * ## Options and Errors
 *
 * Options are documented with their types: {@link NetlabOptions}, {@link ExecOptions},
 * {@link SpawnOptions}, {@link TunOptions}, {@link CaptureOptions}. Errors are values:
 *
 * | `_tag` | when |
 * | --- | --- |
 * | `Decode` | a description or option has the wrong form; unknown keys are errors |
 * | `Conflict` | a name or address is used twice |
 * | `NotFound` | no such node, interface, program; the remedy names the Debian package of `ip` and `tc` |
 * | `Permission` | not root; the remedy says which capabilities |
 * | `Unsupported` | not Linux, or the kernel lacks what `message` names, as `CONFIG_NET_SCH_TBF` |
 * | `Timeout`, `Aborted`, `LimitExceeded` | a program took too long, was stopped, printed too much |
 * | `Closed` | used after its stop |
 * | `Io` | `ip` or `tc` refused for another reason, in its own words |
 *
 * A program's exit code is not an error: `exec` gives it to you. `netlab` exits with 0 (ok), 1
 * (failed), 2 (usage), 130 (interrupted), or the exit code of the command that it ran.
 *
 * ## Speed
 *
 * <!-- figures -->
 *
 * A TUN device's cost is the kernel's: of the time per packet about three quarters are spent in
 * `read` and `write`.
 *
 * ## Limits and Security
 *
 * - It needs root and runs what you tell it as root: do not run descriptions of strangers with
 *   `netlab up … -- command`. A description itself is data: it can only name settings below `net.`,
 *   no argument passes a shell, and names are checked before they reach a command.
 * - {@link sweep} ends every process inside a dead owner's namespaces, also one that you started
 *   there by hand.
 * - `/run/liquid-netlab` is used only if its owner is the caller and nobody else may write to it; an
 *   entry can only name files that end in its owner's own id.
 * - A namespace isolates the network, nothing else: programs see the machine's files and processes.
 * - An impaired end's interface going down is not seen by the other end as a lost carrier: the wire is
 *   between them.
 * - The relay orders packets to a few dozen microseconds on an idle machine; on a busy one it is as
 *   late as the scheduler makes it, though its priority is raised. If it is killed, its links lose all
 *   packets, and `reimpair` says `Closed`. netem draws its own chances: a `seed` is the relay's.
 * - At most 1024 nodes and 4096 links in a description; no links to the machine's own interfaces.
 * - Entering a namespace to open a socket or device is done with `setns` on the calling thread, for
 *   the length of one synchronous call.
 * - `process.exit` without `stop` is like SIGKILL: sweep afterwards.
 *
 * ## Sources
 *
 * ip-netns(8), ip-link(8), tc-tbf(8), tc-htb(8), tc-fq_codel(8), tc-netem(8),
 * iptables-extensions(8), veth(4), network_namespaces(7),
 * packet(7); the kernel's `Documentation/networking/tuntap.rst` and `packet_mmap.rst`;
 * draft-ietf-opsawg-pcap; RFC 8290 (FQ-CoDel).
 *
 * @packageDocumentation
 */
export * from './argv.js';
export * from './capture.js';
export * from './description.js';
export * from './doctor.js';
export * from './exec-result.js';
export * from './impairment.js';
export * from './names.js';
export * from './netlab.js';
export * from './plan.js';
export * from './planned.js';
export * from './process.js';
export { type ResetMatch, Resets, resetRules } from './reset.js';
export * from './shaping.js';
export * from './sweep.js';
export * from './tun.js';
