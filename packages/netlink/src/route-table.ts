/** A table of the kernel's network configuration: read, dumped, followed and changed in one way for all tables. */

import { notFound } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { type AttributeSet, readAttributes, type WithUnknown } from './attribute-set.js';
import type { NetlinkError } from './errors.js';
import { collectDump } from './internal/collect.js';
import { type MessageCursor, NLM_F } from './message.js';
import type { NetlinkSocket } from './socket.js';
import { MessageWriter } from './writer.js';

/** An entry came, changed, or went. @since 0.1.0 */
export interface RouteChange<A> {
  /** `new` also of an entry that was there and changed. */
  readonly change: 'new' | 'delete';
  readonly value: A;
}

/** What is done when an entry is there already, or not yet. @since 0.1.0 */
export type RouteMode =
  /** It must not be there: else Left with EEXIST. */
  | 'create'
  /** It takes the place of one that is there, if there is one. */
  | 'replace'
  /** One that is there is changed: else Left with ENODEV or ENOENT. */
  | 'change'
  /** It is added beside others with the same key. */
  | 'append';

const MODE: { readonly [K in RouteMode]: number } = {
  create: NLM_F.CREATE | NLM_F.EXCL,
  replace: NLM_F.CREATE | NLM_F.REPLACE,
  change: 0,
  append: NLM_F.CREATE | NLM_F.APPEND,
};

/**
 * A table: `links`, `addresses`, `routes`, `rules` or `neighbours`. Reading needs no privilege,
 * changing CAP_NET_ADMIN. The `write…` and `read…` functions are the codec alone; the others carry a
 * request out over a socket of `NETLINK.ROUTE`.
 *
 * @typeParam A - an entry; requests take the part of it that matters
 * @since 0.1.0
 */
export interface RouteTable<A> {
  /** As in `link`. */
  readonly name: string;
  /** Message types of the table. */
  readonly types: { readonly new: number; readonly delete: number; readonly get: number };
  /** Multicast groups in which its changes are told. */
  readonly groups: ReadonlyArray<number>;
  /** Attribute types that have a meaning here. */
  readonly attributes: ReadonlyArray<number>;
  /** Reads an entry out of a message. Left `Decode` where the message contradicts itself. */
  readonly read: (message: MessageCursor) => E.Either<NetlinkError, A>;
  /** Reads a change; undefined when the message is about another table. */
  readonly readChange: (
    message: MessageCursor,
  ) => E.Either<NetlinkError, RouteChange<A>> | undefined;
  /** Writes the request for all entries, of one address family or of all. */
  readonly writeDump: (writer: MessageWriter, family?: number) => MessageWriter;
  /** Writes the request for one entry. */
  readonly writeGet: (writer: MessageWriter, key: Partial<A>) => MessageWriter;
  /** Writes the request to make or change an entry; also the message by which a kernel tells of it. */
  readonly writeNew: (writer: MessageWriter, value: Partial<A>, mode?: RouteMode) => MessageWriter;
  /** Writes the request to end an entry; also the message by which a kernel tells of it. */
  readonly writeDelete: (writer: MessageWriter, key: Partial<A>) => MessageWriter;
  /** All entries, of one address family (`AF`) or of all. */
  readonly dump: (
    socket: NetlinkSocket,
    family?: number,
  ) => TaskEither<NetlinkError, ReadonlyArray<A>>;
  /** One entry. Left `NotFound` where the kernel answers with none. */
  readonly get: (socket: NetlinkSocket, key: Partial<A>) => TaskEither<NetlinkError, A>;
  /** Makes or changes an entry; `create` unless told otherwise. */
  readonly put: (
    socket: NetlinkSocket,
    value: Partial<A>,
    mode?: RouteMode,
  ) => TaskEither<NetlinkError, void>;
  /** Ends an entry. Left `KernelRefusal` with ESRCH, ENOENT or the like where there is none. */
  readonly remove: (socket: NetlinkSocket, key: Partial<A>) => TaskEither<NetlinkError, void>;
  /**
   * Follows the table: calls back for each change until the returned function is called. A message
   * that can't be read is passed over. Subscribe first and dump then, or changes in between are lost;
   * after an overrun of the socket, dump anew.
   */
  readonly follow: (
    socket: NetlinkSocket,
    onChange: (change: RouteChange<A>) => void,
  ) => E.Either<NetlinkError, () => void>;
}

/** What distinguishes one table from another. */
export interface RouteTableSpec<A, Attributes> {
  readonly name: string;
  readonly types: RouteTable<A>['types'];
  readonly groups: ReadonlyArray<number>;
  /** Bytes of the fixed part. */
  readonly headerBytes: number;
  readonly attributes: AttributeSet<Attributes>;
  readonly fromWire: (view: DataView, at: number, attributes: Attributes & WithUnknown) => A;
  /** Fills the zeroed fixed part and gives the attributes. */
  readonly toWire: (view: DataView, at: number, value: Partial<A>) => Attributes & WithUnknown;
}

/** The table that a spec describes. */
export const routeTable = <A extends object, Attributes>(
  spec: RouteTableSpec<A, Attributes>,
): RouteTable<A> => {
  const { name, types, groups, headerBytes, attributes } = spec;
  const ask = NLM_F.REQUEST | NLM_F.ACK;

  const write = (
    writer: MessageWriter,
    type: number,
    flags: number,
    value: Partial<A>,
  ): MessageWriter => {
    writer.begin(type, flags);
    const at = writer.raw(headerBytes);
    attributes.write(writer, spec.toWire(writer.view, at, value));
    return writer;
  };

  const read: RouteTable<A>['read'] = (message) => {
    const list = readAttributes(message, name, headerBytes, attributes);
    return E.isLeft(list)
      ? list
      : E.right(spec.fromWire(message.source.view, message.payload, list.right));
  };

  const readChange: RouteTable<A>['readChange'] = (message) => {
    if (message.type !== types.new && message.type !== types.delete) return undefined;
    const value = read(message);
    const change = message.type === types.new ? 'new' : 'delete';
    return E.isLeft(value) ? value : E.right({ change, value: value.right });
  };

  const writeDump: RouteTable<A>['writeDump'] = (writer, family = 0) => {
    writer.begin(types.get, NLM_F.REQUEST | NLM_F.DUMP);
    const at = writer.raw(headerBytes);
    // In every one of these headers the family is the first byte.
    writer.view.setUint8(at, family);
    return writer;
  };

  const writeNew: RouteTable<A>['writeNew'] = (writer, value, mode = 'create') =>
    write(writer, types.new, ask | MODE[mode], value);

  const writeDelete: RouteTable<A>['writeDelete'] = (writer, key) =>
    write(writer, types.delete, ask, key);

  const writeGet: RouteTable<A>['writeGet'] = (writer, key) => write(writer, types.get, ask, key);

  return {
    name,
    types,
    groups,
    attributes: attributes.types,
    read,
    readChange,
    writeDump,
    writeGet,
    writeNew,
    writeDelete,
    dump: (socket, family) =>
      collectDump(socket, () => writeDump(new MessageWriter(), family), read),
    get: (socket, key) => async () => {
      let answer: E.Either<NetlinkError, A> = E.left(notFound({ what: name, path: 'asked for' }));
      const done = await socket.request(writeGet(new MessageWriter(), key), (message) => {
        if (message.type === types.new) answer = read(message);
      })();
      return E.isLeft(done) ? done : answer;
    },
    put: (socket, value, mode) => socket.request(writeNew(new MessageWriter(), value, mode)),
    remove: (socket, key) => socket.request(writeDelete(new MessageWriter(), key)),
    follow: (socket, onChange) => {
      const undo: Array<() => void> = [];
      const end = (): void => {
        for (const one of undo) one();
      };
      for (const [i, group] of groups.entries()) {
        // A socket calls back each subscriber for messages of any group: one of ours is enough.
        const joined = socket.subscribe(group, (message) => {
          if (i > 0) return;
          const change = readChange(message);
          if (change !== undefined && E.isRight(change)) onChange(change.right);
        });
        if (E.isLeft(joined)) {
          end();
          return joined;
        }
        undo.push(joined.right);
      }
      return E.right(end);
    },
  };
};
