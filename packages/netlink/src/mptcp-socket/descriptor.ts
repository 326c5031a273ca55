/** Descriptors of MPTCP sockets: made with their settings, found again below Node's sockets. */

import type { Server, Socket } from 'node:net';
import { closed, type LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Native } from '../internal/native.js';
import { namespacePathOf } from '../internal/where.js';
import { type MptcpSocketError, socketRefusal } from './error.js';
import { applySettings, type SocketSettings } from './socket-option.js';

const SOCK_STREAM = 1;
const IPPROTO_MPTCP = 262;

/** An MPTCP socket of a family, with its settings; `prepare` may do more, and its Left closes it. */
export const openDescriptor = (
  native: Native,
  family: number,
  namespace: string | undefined,
  settings: SocketSettings,
  prepare: (fd: number) => E.Either<MptcpSocketError, void>,
): E.Either<MptcpSocketError, number> => {
  const fd = native.socket(family, SOCK_STREAM, IPPROTO_MPTCP, namespacePathOf(namespace));
  if (fd < 0) return E.left(socketRefusal(fd, namespace));
  const applied = applySettings(native, fd, settings);
  const prepared = E.isLeft(applied) ? applied : prepare(fd);
  if (E.isLeft(prepared)) {
    native.close(fd);
    return prepared;
  }
  return E.right(fd);
};

/**
 * The descriptor that serves a socket. Node keeps it in a field that it doesn't document, and has
 * done so since its first versions; what is no open socket has none.
 */
export const descriptorOf = (socket: Socket | Server): E.Either<LiquidError, number> => {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? E.right(fd) : E.left(closed({ what: 'the socket' }));
};
