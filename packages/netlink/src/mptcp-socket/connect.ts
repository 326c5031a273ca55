/** Connecting by MPTCP: the kernel's socket handed to Node, which connects and reads it as any other. */

import { Socket } from 'node:net';
import {
  abortedBy,
  type AbortSignalLike,
  checkAborted,
  fromUnknown,
  type IpAddress,
  isIpv6,
  onAbort,
  parseIpAddress,
  port as checkPort,
  timeout,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { familyOf } from '../internal/address-family.js';
import { nativeAtHand } from '../internal/load.js';
import type { Native } from '../internal/native.js';
import { openDescriptor } from './descriptor.js';
import { type MptcpSocketError, systemError, tcpFallback } from './error.js';
import { type Candidate, resolve } from './resolve.js';
import { socketAddress } from './socket-address.js';
import type { SocketSettings } from './socket-option.js';
import { mptcpStatus } from './status.js';

/** Where and how to connect. @since 0.1.0 */
export interface ConnectMptcpOptions extends SocketSettings {
  /** Name or address of the peer; a link-local one with its zone, as in `fe80::1%eth0`. */
  readonly host: string;
  readonly port: number;
  /** Address of this host that the first subflow begins at; default by route. */
  readonly localAddress?: string;
  /** Default any that is free. */
  readonly localPort?: number;
  /**
   * Name of a network namespace as `ip netns` has it, or the path of its file; default the process's
   * own. Names are looked up in the process's own all the same: give an address.
   */
  readonly namespace?: string;
  /** What to do when the peer answers in plain TCP: go on with it (default), or Left `TcpFallback`. */
  readonly fallback?: 'allow' | 'refuse';
  /** Whether our side stays open for writing when the peer has ended its side; default false. */
  readonly allowHalfOpen?: boolean;
  /** Milliseconds for all of it, the lookup too; default as long as the kernel tries, minutes. */
  readonly timeoutMs?: number;
  /** Ends the attempt; a connection that is made is not touched any more. */
  readonly signal?: AbortSignalLike;
}

/** How long an address may take before the next is tried, as in Node's own `autoSelectFamily`. */
const ATTEMPT_MS = 250;

/** Longer ones would be 1 ms to Node. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** A timer, unless there is time for ever. */
const within = (ms: number, onTimeout: () => void): NodeJS.Timeout | undefined =>
  Number.isFinite(ms) ? setTimeout(onTimeout, Math.min(ms, LONGEST_TIMER_MS)) : undefined;

const bindLocal = (
  native: Native,
  fd: number,
  peer: IpAddress,
  local: IpAddress | undefined,
  localPort: number,
): E.Either<MptcpSocketError, void> => {
  if (local === undefined && localPort === 0) return E.right(undefined);
  const any = (isIpv6(peer) ? '::' : '0.0.0.0') as IpAddress;
  const address = local ?? any;
  const code = native.bind(fd, socketAddress(address, localPort));
  return code < 0
    ? E.left(systemError(`binding to port ${localPort} of`, code, address))
    : E.right(undefined);
};

/** One address; the socket is destroyed unless it is the result. */
const attempt = (
  native: Native,
  { address, zone }: Candidate,
  local: IpAddress | undefined,
  options: ConnectMptcpOptions,
  withinMs: number,
): Promise<E.Either<MptcpSocketError, Socket>> =>
  new Promise((settle) => {
    const { port, signal, namespace, allowHalfOpen = false, localPort = 0 } = options;
    const peer = isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
    const what = `connecting to ${peer}`;
    const opened = openDescriptor(native, familyOf(address), namespace, options, (fd) =>
      bindLocal(native, fd, address, local, localPort),
    );
    if (E.isLeft(opened)) return settle(opened);
    let socket: Socket;
    try {
      socket = new Socket({ fd: opened.right, allowHalfOpen });
    } catch (caught) {
      native.close(opened.right);
      return settle(E.left(fromUnknown(what)(caught)));
    }
    let done = false;
    const finish = (result: E.Either<MptcpSocketError, Socket>): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      off();
      socket.off('connect', onConnect);
      if (E.isLeft(result)) {
        // What the destroyed socket still says is said to nobody.
        socket.on('error', () => undefined);
        socket.destroy();
      }
      socket.off('error', onError);
      settle(result);
    };
    const onError = (caught: Error): void => finish(E.left(fromUnknown(what)(caught)));
    const onConnect = (): void => {
      if (options.fallback !== 'refuse') return finish(E.right(socket));
      const status = mptcpStatus(socket);
      if (E.isLeft(status)) return finish(status);
      finish(status.right.fallback ? E.left(tcpFallback(peer)) : E.right(socket));
    };
    socket.on('error', onError);
    socket.on('connect', onConnect);
    const timer = within(withinMs, () =>
      finish(E.left(timeout({ what, expected: Math.round(withinMs) }))),
    );
    const off = onAbort(signal, () => {
      if (signal !== undefined) queueMicrotask(() => finish(E.left(abortedBy(what, signal))));
    });
    try {
      // In the same turn: what reads a socket that is not connecting yet would see it hung up.
      socket.connect({ host: zone === undefined ? address : `${address}%${zone}`, port });
    } catch (caught) {
      finish(E.left(fromUnknown(what)(caught)));
    }
  });

/** The lookup, given up with the signal or the time. */
const lookUp = (
  options: ConnectMptcpOptions,
  local: IpAddress | undefined,
  withinMs: number,
): Promise<E.Either<MptcpSocketError, ReadonlyArray<Candidate>>> =>
  new Promise((settle) => {
    const { host, signal } = options;
    const what = `looking up ${host}`;
    const timer = within(withinMs, () => settle(E.left(timeout({ what, expected: withinMs }))));
    const off = onAbort(signal, () => {
      if (signal !== undefined) settle(E.left(abortedBy(what, signal)));
    });
    void resolve(host, local)().then((found) => {
      clearTimeout(timer);
      off();
      settle(found);
    });
  });

/**
 * Connects by MPTCP and gives Node's own socket: a stream like any other, for `net`, `http` or `tls`
 * to build on. No library is preloaded, and the process keeps no other state of it.
 *
 * A name's addresses are tried one after the other, families by turns, each but the last for 250 ms
 * at most, as Node does.
 *
 * @returns Left `MptcpDisabled` where `net.mptcp.enabled` is 0, `Unsupported` where the kernel has no
 *   MPTCP or no native part is there, `TcpFallback` where plain TCP was refused, `NotFound` of names,
 *   interfaces and local addresses, `Conflict` of ports in use, `Timeout`, `Aborted`, `Decode` of
 *   options, and what connecting fails with, as `Io` with the code `ECONNREFUSED`
 * @example
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { connectMptcp, mptcpStatus } from '@liquid/netlink/mptcp-socket'
 *
 * const socket = await connectMptcp({ host: 'example.org', port: 80, timeoutMs: 5000 })()
 * if (E.isRight(socket)) {
 *   console.log(mptcpStatus(socket.right)) // whether it is MPTCP, or fell back to TCP
 *   socket.right.end('GET / HTTP/1.0\r\n\r\n')
 *   socket.right.pipe(process.stdout)
 * }
 * ```
 * @since 0.1.0
 */
export const connectMptcp =
  (options: ConnectMptcpOptions): TaskEither<MptcpSocketError, Socket> =>
  async () => {
    const begun = performance.now();
    const what = `connecting to ${options.host}`;
    const { timeoutMs = Number.POSITIVE_INFINITY, signal } = options;
    const left = (): number => Math.max(0, timeoutMs - (performance.now() - begun));
    const goOn = checkAborted(what, signal);
    if (E.isLeft(goOn)) return goOn;
    const ports = E.chain(() => checkPort(options.localPort ?? 0))(checkPort(options.port));
    if (E.isLeft(ports)) return ports;
    const parsed: E.Either<MptcpSocketError, IpAddress | undefined> =
      options.localAddress === undefined
        ? E.right(undefined)
        : parseIpAddress(options.localAddress);
    if (E.isLeft(parsed)) return parsed;
    const local = parsed.right;
    const native = nativeAtHand();
    if (E.isLeft(native)) return native;
    const found = await lookUp(options, local, timeoutMs);
    if (E.isLeft(found)) return found;
    let first: E.Either<MptcpSocketError, Socket> | undefined;
    for (const [index, candidate] of found.right.entries()) {
      const last = index === found.right.length - 1;
      const withinMs = last ? left() : Math.min(left(), ATTEMPT_MS);
      const result = await attempt(native.right, candidate, local, options, withinMs);
      if (E.isRight(result) || result.left._tag === 'Aborted') return result;
      // The first address is the one that was meant most.
      first ??= result;
      if (left() === 0) return E.left(timeout({ what, expected: timeoutMs, cause: result.left }));
    }
    return first ?? E.left(timeout({ what }));
  };
