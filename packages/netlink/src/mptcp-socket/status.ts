/** Whether a socket speaks MPTCP, and what the kernel tells of its connection as a whole. */

import type { Socket } from 'node:net';
import { closed } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { ERRNO } from '../internal/errno.js';
import { nativeAtHand } from '../internal/load.js';
import type { Native } from '../internal/native.js';
import { sourceOf } from '../message.js';
import { MPTCP_INFO_BYTES, MPTCP_INFO_FLAG, type MptcpInfo, readMptcpInfo } from '../mptcp-info.js';
import { descriptorOf } from './descriptor.js';
import { type MptcpSocketError, systemError } from './error.js';

/** What a socket speaks. @since 0.1.0 */
export type MptcpStatus =
  | {
      /** It speaks plain TCP: from the beginning, or since the option was lost on the way. */
      readonly fallback: true;
      /** Where it began as MPTCP, and the kernel still tells. */
      readonly info: MptcpInfo | undefined;
    }
  | {
      readonly fallback: false;
      /** The local token, by which `@liquid/mptcp-pm` and `ip mptcp` name the connection. */
      readonly token: number;
      readonly info: MptcpInfo;
    };

export const SOL_MPTCP = 284;
const MPTCP_INFO = 1;
const ENOPROTOOPT = 92;

/** A newer kernel's struct is longer; what is behind ours is not read. */
const ROOM = 2 * MPTCP_INFO_BYTES;

/** That a socket option is unknown to the socket: it is a TCP socket, or the kernel is too old. */
export const isUnknownOption = (code: number): boolean =>
  code === -ERRNO.EOPNOTSUPP || code === -ENOPROTOOPT;

export const statusOf = (native: Native, fd: number): E.Either<MptcpSocketError, MptcpStatus> => {
  const bytes = new Uint8Array(ROOM);
  const length = native.getsockopt(fd, SOL_MPTCP, MPTCP_INFO, bytes);
  if (isUnknownOption(length)) return E.right({ fallback: true, info: undefined });
  if (length < 0) return E.left(systemError('reading MPTCP_INFO', length));
  const info = readMptcpInfo(sourceOf(bytes), 0, length);
  return E.right(
    (info.flags & MPTCP_INFO_FLAG.FALLBACK) !== 0
      ? { fallback: true, info }
      : { fallback: false, token: info.token, info },
  );
};

/**
 * What a connected socket speaks, at this moment: a connection may also fall back later, when a
 * middlebox drops options from data. Takes any of Node's sockets, accepted ones too; some 5 µs.
 *
 * Needs no rights. Left `Closed` for a socket that is not connected.
 *
 * @example
 * ```ts
 * import { connect, createServer } from 'node:net'
 * import { once } from 'node:events'
 * import { mptcpStatus } from '@liquid/netlink/mptcp-socket'
 *
 * const server = createServer().listen(0, '127.0.0.1')
 * await once(server, 'listening')
 * const address = server.address()
 * const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
 * await once(socket, 'connect')
 * console.log(mptcpStatus(socket)) // on Linux: { _tag: 'Right', right: { fallback: true, … } }
 * socket.destroy()
 * server.close()
 * ```
 * @since 0.1.0
 */
export const mptcpStatus = (socket: Socket): E.Either<MptcpSocketError, MptcpStatus> => {
  const native = nativeAtHand();
  if (E.isLeft(native)) return native;
  const fd = descriptorOf(socket);
  if (E.isLeft(fd)) return fd;
  if (socket.connecting) return E.left(closed({ message: 'the socket is not connected yet' }));
  return statusOf(native.right, fd.right);
};
