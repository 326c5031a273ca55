/** Socket diagnosis over a netlink socket: one connection, all of them, or the end of one. */

import { notFound } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { NetlinkError } from './errors.js';
import { collectDump } from './internal/collect.js';
import type { MessageCursor } from './message.js';
import { IPPROTO } from './sock-diag.js';
import { readDiagInto } from './sock-diag-read.js';
import {
  type DiagFilter,
  type SocketId,
  writeDiagDump,
  writeDiagOne,
  writeDiagToken,
  writeSockDestroy,
} from './sock-diag-request.js';
import { type DiagRow, emptyDiagRow } from './sock-diag-row.js';
import { readDiag } from './sock-diag-value.js';
import type { SocketDiag } from './socket-diag.js';
import type { NetlinkSocket } from './socket.js';
import { MessageWriter } from './writer.js';

/** As {@link DiagFilter}; without a family both are asked, one after the other. @since 0.1.0 */
export type DiagQuery = Omit<DiagFilter, 'family'> & Partial<Pick<DiagFilter, 'family'>>;

const familiesOf = (query: DiagQuery): ReadonlyArray<4 | 6> =>
  query.family === undefined ? [4, 6] : [query.family];

/**
 * The hot form of {@link diagDump}: calls back with the same row for each socket; take out what you
 * need. `onRestart` is called when the kernel's table changed so much that the dump of a family begins
 * again: what came of that family is void. Right is how many sockets came.
 *
 * @since 0.1.0
 */
export const diagEach =
  (
    socket: NetlinkSocket,
    query: DiagQuery,
    onRow: (row: DiagRow) => void,
    onRestart?: (family: 4 | 6) => void,
  ): TaskEither<NetlinkError, number> =>
  async () => {
    const row = emptyDiagRow();
    const writer = new MessageWriter();
    const protocol = query.protocol ?? IPPROTO.TCP;
    let rows = 0;
    for (const family of familiesOf(query)) {
      const start = rows;
      const done = await socket.dump(
        writeDiagDump(writer, { ...query, family }),
        (message) => {
          if (!readDiagInto(message, row, protocol)) return;
          rows++;
          onRow(row);
        },
        () => {
          rows = start;
          onRestart?.(family);
        },
      )();
      if (E.isLeft(done)) return done;
    }
    return E.right(rows);
  };

/**
 * All sockets that the query takes, TCP of both families unless it says otherwise. Needs no
 * privilege; only the mark of a socket does.
 *
 * @since 0.1.0
 */
export const diagDump =
  (
    socket: NetlinkSocket,
    query: DiagQuery = {},
  ): TaskEither<NetlinkError, ReadonlyArray<SocketDiag>> =>
  async () => {
    const sockets: Array<SocketDiag> = [];
    for (const family of familiesOf(query)) {
      const found = await collectDump(
        socket,
        () => writeDiagDump(new MessageWriter(), { ...query, family }),
        (message) => readDiag(message, query.protocol),
      )();
      if (E.isLeft(found)) return found;
      for (const one of found.right) sockets.push(one);
    }
    return E.right(sockets);
  };

const answerOf =
  (
    socket: NetlinkSocket,
    request: (writer: MessageWriter) => MessageWriter,
    protocol: number,
    what: string,
  ): TaskEither<NetlinkError, SocketDiag> =>
  async () => {
    let answer: E.Either<NetlinkError, SocketDiag> = E.left(
      notFound({ what: 'socket', path: what }),
    );
    const done = await socket.request(request(new MessageWriter()), (message: MessageCursor) => {
      answer = readDiag(message, protocol);
    })();
    if (E.isRight(done)) return answer;
    const { left } = done;
    return left._tag === 'KernelRefusal' && left.code === 'ENOENT'
      ? E.left(notFound({ what: 'socket', path: what, errno: left.errno, code: left.code }))
      : done;
  };

const textOf = (id: SocketId): string => {
  const end = (address: string, port: number): string =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return `${end(id.local, id.localPort)}>${end(id.remote, id.remotePort)}`;
};

/**
 * One socket by its addresses. Left `NotFound` when there is none, or when its cookie is another.
 *
 * @since 0.1.0
 */
export const diagOne = (
  socket: NetlinkSocket,
  id: SocketId,
  options: { readonly protocol?: number; readonly extensions?: number } = {},
): TaskEither<NetlinkError, SocketDiag> =>
  answerOf(
    socket,
    (writer) => writeDiagOne(writer, id, options),
    options.protocol ?? IPPROTO.TCP,
    textOf(id),
  );

/** One MPTCP connection by its local token. Left `NotFound` when there is none. @since 0.1.0 */
export const diagToken = (
  socket: NetlinkSocket,
  token: number,
  extensions?: number,
): TaskEither<NetlinkError, SocketDiag> =>
  answerOf(
    socket,
    (writer) => writeDiagToken(writer, token, extensions),
    IPPROTO.MPTCP,
    `token ${token}`,
  );

/**
 * Aborts a socket: its owner gets ECONNABORTED, the peer of a TCP connection a RST. Needs
 * CAP_NET_ADMIN. Left `NotFound` when there is none, or when its cookie is another.
 *
 * @since 0.1.0
 */
export const sockDestroy =
  (socket: NetlinkSocket, id: SocketId, protocol?: number): TaskEither<NetlinkError, void> =>
  async () => {
    const done = await socket.request(writeSockDestroy(new MessageWriter(), id, protocol))();
    if (E.isRight(done)) return done;
    const { left } = done;
    return left._tag === 'KernelRefusal' && left.code === 'ENOENT'
      ? E.left(notFound({ what: 'socket', path: textOf(id), errno: left.errno, code: left.code }))
      : done;
  };
