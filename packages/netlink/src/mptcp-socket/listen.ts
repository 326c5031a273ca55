/** Listening by MPTCP: the kernel's socket handed to one of Node's servers. */

import cluster from 'node:cluster';
import { createServer, type Server, Socket } from 'node:net';
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
  unsupported,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { familyOf } from '../internal/address-family.js';
import { nativeAtHand } from '../internal/load.js';
import { openDescriptor } from './descriptor.js';
import { type MptcpSocketError, systemError } from './error.js';
import { socketAddress } from './socket-address.js';
import { applyListening, type SocketSettings } from './socket-option.js';
import { mptcpStatus } from './status.js';

/** Where and how to listen. @since 0.1.0 */
export interface ListenMptcpOptions extends SocketSettings {
  /** An address of this host; default `::`, every address of both families. */
  readonly address?: string;
  /** Default 0: any that is free, which `server.address()` tells. */
  readonly port?: number;
  /** Connections that may wait to be accepted; default 511, as Node has it. */
  readonly backlog?: number;
  /** Whether a listener on `::` leaves IPv4 alone; default the system's, which takes both. */
  readonly ipv6Only?: boolean;
  /** Name of a network namespace as `ip netns` has it, or the path of its file. */
  readonly namespace?: string;
  /** What to do with peers that speak plain TCP: take them (default), or end their connections at once. */
  readonly fallback?: 'allow' | 'refuse';
  /** As in `net.createServer`; default false. Not beside `server`. */
  readonly allowHalfOpen?: boolean;
  /** A server that shall listen, as one of `http.createServer`; default a new `net.Server`. */
  readonly server?: Server;
  /** Ends the attempt; a server that listens is not touched any more. */
  readonly signal?: AbortSignalLike;
}

const BACKLOG = 511;

const EADDRNOTAVAIL = 99;

/** Connections in plain TCP end before any listener hears of them. */
const refuseFallback = (server: Server): void => {
  const emit = server.emit.bind(server);
  server.emit = ((event: string, ...args: ReadonlyArray<unknown>): boolean => {
    const [socket] = args;
    if (event === 'connection' && socket instanceof Socket) {
      const status = mptcpStatus(socket);
      if (E.isLeft(status) || status.right.fallback) {
        socket.destroy();
        return true;
      }
    }
    return emit(event as 'connection', ...(args as [Socket]));
  }) as Server['emit'];
};

const inCluster = (): MptcpSocketError =>
  unsupported({
    what: 'listening by MPTCP',
    actual: 'a worker of a cluster',
    expected: 'a process of its own, or the primary',
    remedy: 'Listen in the primary, or start the workers by child_process.fork.',
  });

/**
 * Listens by MPTCP and gives Node's own server, which is listening: connections come as its event
 * `connection`, in MPTCP where the peer speaks it too, else in plain TCP unless that is refused.
 * {@link mptcpStatus} says which. Give an `http.Server` as `server` to serve it over MPTCP.
 *
 * @returns Left `Conflict` where the port is in use, `NotFound` where this host has no such address,
 *   `Permission` for ports below 1024 without the right, `MptcpDisabled`, `Unsupported` (in a worker of
 *   `node:cluster` too), `Aborted`, `Decode` of options
 * @example
 * ```ts no-run
 * import { createServer } from 'node:http'
 * import { listenMptcp } from '@liquid/netlink/mptcp-socket'
 *
 * const server = createServer((_request, response) => response.end('hello\n'))
 * console.log(await listenMptcp({ port: 8080, server })())
 * ```
 * @since 0.1.0
 */
export const listenMptcp =
  (options: ListenMptcpOptions = {}): TaskEither<MptcpSocketError, Server> =>
  async () => {
    const { address: wanted = '::', port = 0, signal, namespace, backlog = BACKLOG } = options;
    const goOn = checkAborted('listening', signal);
    if (E.isLeft(goOn)) return goOn;
    // Node would ask the primary to listen, by the number of a descriptor that is ours.
    if (cluster.isWorker) return E.left(inCluster());
    const checked = E.chain(() => parseIpAddress(wanted))(checkPort(port));
    if (E.isLeft(checked)) return checked;
    const address: IpAddress = checked.right;
    const what = `listening on ${isIpv6(address) ? `[${address}]` : address}:${port}`;
    const native = nativeAtHand();
    if (E.isLeft(native)) return native;
    const ipv6Only = isIpv6(address) ? options.ipv6Only : undefined;
    const opened = openDescriptor(native.right, familyOf(address), namespace, options, (fd) => {
      const listening = applyListening(native.right, fd, ipv6Only);
      if (E.isLeft(listening)) return listening;
      const code = native.right.bind(fd, socketAddress(address, port));
      if (code >= 0) return E.right(undefined);
      return E.left(systemError(code === -EADDRNOTAVAIL ? `local address ${address}` : what, code));
    });
    if (E.isLeft(opened)) return opened;
    const fd = opened.right;
    // Also by the kernel itself first: Node doesn't say whether it has taken a descriptor that it refuses.
    const code = native.right.listen(fd, backlog);
    if (code < 0) {
      native.right.close(fd);
      return E.left(systemError(what, code));
    }
    const server =
      options.server ?? createServer({ allowHalfOpen: options.allowHalfOpen ?? false });
    return new Promise((settle) => {
      const finish = (result: E.Either<MptcpSocketError, Server>): void => {
        server.off('error', onError);
        server.off('listening', onListening);
        off();
        settle(result);
      };
      const onError = (caught: Error): void => finish(E.left(fromUnknown(what)(caught)));
      const onListening = (): void => {
        if (options.fallback === 'refuse') refuseFallback(server);
        finish(E.right(server));
      };
      const off = onAbort(signal, () => {
        if (signal === undefined) return;
        server.close();
        queueMicrotask(() => finish(E.left(abortedBy(what, signal))));
      });
      server.on('error', onError);
      server.on('listening', onListening);
      try {
        server.listen({ fd, backlog });
      } catch (caught) {
        // Only a server that listens already: it has not looked at the descriptor.
        native.right.close(fd);
        onError(caught as Error);
      }
    });
  };
