/** Events of the family `mptcp_pm`, read from and written to netlink messages. */

import {
  AttributeCursor,
  GENL_HEADER,
  MessageCursor,
  type MessageWriter,
  sourceOf,
} from '@liquid/netlink';
import {
  type Decode,
  decodeError,
  type IpAddress,
  type Unsupported,
  unsupported,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { PmEvent } from './event.js';
import { EVENT_FLAG, MPTCP_ATTR, MPTCP_EVENT, MPTCP_PM, RESET_TRANSIENT } from './family.js';
import { AddressTexts, familyOf, putAddress } from './family-address.js';

/**
 * Reads events. Made once and used for each: an event costs its own object and nothing else, as
 * long as its addresses were seen before.
 *
 * @example
 * ```ts
 * import { MessageCursor, MessageWriter, sourceOf } from '@liquid/netlink'
 * import { EventReader, writeEvent } from '@liquid/mptcp-pm'
 *
 * const writer = new MessageWriter()
 * writeEvent(writer, 28, { _tag: 'Closed', token: 7 })
 * const message = new MessageCursor()
 * const source = sourceOf(writer.finish())
 * message.reset(source, source.bytes.length)
 * message.next()
 * console.log(new EventReader().read(message)) // { _tag: 'Closed', token: 7 }
 * ```
 * @since 0.1.0
 */
export class EventReader {
  readonly #attributes = new AttributeCursor();
  readonly #texts = new AddressTexts();
  #token = 0;
  #localId = 0;
  #remoteId = 0;
  #local: IpAddress | undefined;
  #remote: IpAddress | undefined;
  #localPort = 0;
  #remotePort = 0;
  #backup = false;
  #error = 0;
  #flags = 0;
  #interfaceIndex = 0;
  #resetReason = -1;
  #resetFlags = 0;
  #serverSide = false;
  #hasToken = false;

  /**
   * The event of a message of the family; undefined where the kernel is newer than this reader, or
   * the message lacks what its event needs. Attributes that are unknown are passed over.
   */
  read(message: MessageCursor): PmEvent | undefined {
    if (message.end - message.payload < GENL_HEADER) return undefined;
    const command = message.source.bytes[message.payload] ?? 0;
    const attributes = this.#attributes;
    attributes.reset(message.source, message.payload + GENL_HEADER, message.end);
    this.#hasToken = false;
    this.#local = undefined;
    this.#remote = undefined;
    this.#token = this.#localId = this.#remoteId = 0;
    this.#localPort = this.#remotePort = this.#error = this.#flags = 0;
    this.#interfaceIndex = this.#resetFlags = 0;
    this.#resetReason = -1;
    this.#backup = this.#serverSide = false;
    while (attributes.next()) this.#take(attributes);
    return attributes.malformedAt < 0 ? this.#make(command) : undefined;
  }

  #take(attribute: AttributeCursor): void {
    switch (attribute.type) {
      case MPTCP_ATTR.TOKEN:
        this.#token = attribute.readU32();
        this.#hasToken = true;
        break;
      case MPTCP_ATTR.LOC_ID:
        this.#localId = attribute.readU8();
        break;
      case MPTCP_ATTR.REM_ID:
        this.#remoteId = attribute.readU8();
        break;
      case MPTCP_ATTR.SADDR4:
        this.#local = this.#texts.ipv4(attribute);
        break;
      case MPTCP_ATTR.SADDR6:
        this.#local = this.#texts.ipv6(attribute);
        break;
      case MPTCP_ATTR.DADDR4:
        this.#remote = this.#texts.ipv4(attribute);
        break;
      case MPTCP_ATTR.DADDR6:
        this.#remote = this.#texts.ipv6(attribute);
        break;
      case MPTCP_ATTR.SPORT:
        this.#localPort = attribute.readBe16();
        break;
      case MPTCP_ATTR.DPORT:
        this.#remotePort = attribute.readBe16();
        break;
      case MPTCP_ATTR.BACKUP:
        this.#backup = attribute.readU8() !== 0;
        break;
      case MPTCP_ATTR.ERROR:
        this.#error = attribute.readU8();
        break;
      case MPTCP_ATTR.FLAGS:
        this.#flags = attribute.readU16();
        break;
      case MPTCP_ATTR.IF_IDX:
        this.#interfaceIndex = attribute.readS32();
        break;
      case MPTCP_ATTR.RESET_REASON:
        this.#resetReason = attribute.readU32();
        break;
      case MPTCP_ATTR.RESET_FLAGS:
        this.#resetFlags = attribute.readU32();
        break;
      case MPTCP_ATTR.SERVER_SIDE:
        this.#serverSide = attribute.readU8() !== 0;
        break;
      default:
    }
  }

  #make(command: number): PmEvent | undefined {
    const local = this.#local;
    const remote = this.#remote;
    const token = this.#token;
    if (command === MPTCP_EVENT.LISTENER_CREATED || command === MPTCP_EVENT.LISTENER_CLOSED) {
      if (local === undefined) return undefined;
      const _tag = command === MPTCP_EVENT.LISTENER_CREATED ? 'ListenerCreated' : 'ListenerClosed';
      return { _tag, local, localPort: this.#localPort };
    }
    if (!this.#hasToken) return undefined;
    switch (command) {
      case MPTCP_EVENT.CLOSED:
        return { _tag: 'Closed', token };
      case MPTCP_EVENT.REMOVED:
        return { _tag: 'Removed', token, remoteId: this.#remoteId };
      case MPTCP_EVENT.ANNOUNCED:
        return remote === undefined
          ? undefined
          : {
              _tag: 'Announced',
              token,
              remoteId: this.#remoteId,
              address: remote,
              port: this.#remotePort,
            };
      default:
    }
    if (local === undefined || remote === undefined) return undefined;
    const localPort = this.#localPort;
    const remotePort = this.#remotePort;
    switch (command) {
      case MPTCP_EVENT.CREATED:
      case MPTCP_EVENT.ESTABLISHED:
        return {
          _tag: command === MPTCP_EVENT.CREATED ? 'Created' : 'Established',
          token,
          local,
          localPort,
          remote,
          remotePort,
          serverSide: this.#serverSide || (this.#flags & EVENT_FLAG.SERVER_SIDE) !== 0,
          denyJoinId0: (this.#flags & EVENT_FLAG.DENY_JOIN_ID0) !== 0,
        };
      case MPTCP_EVENT.SUB_ESTABLISHED:
      case MPTCP_EVENT.SUB_PRIORITY:
        return {
          _tag: command === MPTCP_EVENT.SUB_ESTABLISHED ? 'SubEstablished' : 'SubPriority',
          token,
          local,
          localPort,
          remote,
          remotePort,
          localId: this.#localId,
          remoteId: this.#remoteId,
          backup: this.#backup,
          interfaceIndex: this.#interfaceIndex,
        };
      case MPTCP_EVENT.SUB_CLOSED: {
        const closed = {
          _tag: 'SubClosed',
          token,
          local,
          localPort,
          remote,
          remotePort,
          localId: this.#localId,
          remoteId: this.#remoteId,
          backup: this.#backup,
          interfaceIndex: this.#interfaceIndex,
          error: this.#error,
        } as const;
        return this.#resetReason < 0
          ? closed
          : {
              ...closed,
              reset: {
                reason: this.#resetReason,
                transient: (this.#resetFlags & RESET_TRANSIENT) !== 0,
              },
            };
      }
      default:
        return undefined;
    }
  }
}

/**
 * The datagram by which the kernel will say that the connection is established whose creation this
 * message tells: it writes the same attributes for both events (`mptcp_event` in net/mptcp/pm_netlink.c,
 * unchanged from Linux 5.12 to 6.18).
 *
 * @internal
 */
export const establishedDatagramAfter = (created: MessageCursor): Uint8Array => {
  const { source, start, payload, end } = created;
  const datagram = source.bytes.slice(start, end);
  datagram[payload - start] = MPTCP_EVENT.ESTABLISHED;
  return datagram;
};

/**
 * The event in a netlink message, as a value; for one message, from a file or a test. Left
 * `Unsupported` for an event that this version doesn't know, `Decode` for a message that isn't one.
 *
 * @since 0.1.0
 */
export const decodeEvent = (bytes: Uint8Array): E.Either<Decode | Unsupported, PmEvent> => {
  const message = new MessageCursor();
  message.reset(sourceOf(bytes), bytes.length);
  if (!message.next() || message.end - message.payload < GENL_HEADER) {
    return E.left(
      decodeError({
        what: 'MPTCP event',
        offset: Math.max(0, message.malformedAt),
        expected: 'a generic netlink message',
        actual: bytes,
      }),
    );
  }
  const event = new EventReader().read(message);
  if (event !== undefined) return E.right(event);
  const command = bytes[message.payload] ?? 0;
  return Object.values<number>(MPTCP_EVENT).includes(command)
    ? E.left(
        decodeError({
          what: 'MPTCP event',
          offset: message.payload,
          expected: `the attributes of event ${command}`,
          actual: bytes,
        }),
      )
    : E.left(unsupported({ what: `MPTCP event ${command}`, offset: message.payload }));
};

/** How Linux of some version words events. @since 0.1.0 */
export interface EventDialect {
  /** Whether the side is also a bit of FLAGS (newer), or SERVER_SIDE is always sent (6.1). Default true. */
  readonly serverSideFlag?: boolean;
}

const COMMANDS: { readonly [Tag in PmEvent['_tag']]: number } = {
  Created: MPTCP_EVENT.CREATED,
  Established: MPTCP_EVENT.ESTABLISHED,
  Closed: MPTCP_EVENT.CLOSED,
  Announced: MPTCP_EVENT.ANNOUNCED,
  Removed: MPTCP_EVENT.REMOVED,
  SubCreated: 0,
  SubEstablished: MPTCP_EVENT.SUB_ESTABLISHED,
  SubClosed: MPTCP_EVENT.SUB_CLOSED,
  SubPriority: MPTCP_EVENT.SUB_PRIORITY,
  ListenerCreated: MPTCP_EVENT.LISTENER_CREATED,
  ListenerClosed: MPTCP_EVENT.LISTENER_CLOSED,
};

const putPorts = (writer: MessageWriter, localPort: number, remotePort: number): void => {
  writer.be16(MPTCP_ATTR.SPORT, localPort).be16(MPTCP_ATTR.DPORT, remotePort);
};
const putLocal = (writer: MessageWriter, address: IpAddress): void =>
  putAddress(writer, MPTCP_ATTR.SADDR4, MPTCP_ATTR.SADDR6, address);
const putRemote = (writer: MessageWriter, address: IpAddress): void =>
  putAddress(writer, MPTCP_ATTR.DADDR4, MPTCP_ATTR.DADDR6, address);

/**
 * Writes an event as the kernel does: what scripted kernels and tests speak. Every event but
 * `SubCreated`, which Linux doesn't have: that one is a bug of the caller.
 *
 * @param familyId - the id that the kernel gave the family
 * @since 0.1.0
 */
export const writeEvent = (
  writer: MessageWriter,
  familyId: number,
  event: PmEvent,
  dialect: EventDialect = {},
): void => {
  if (event._tag === 'SubCreated') throw new Error('bug: Linux has no event SUB_CREATED');
  writer.begin(familyId, 0);
  const header = writer.raw(GENL_HEADER);
  writer.bytes[header] = COMMANDS[event._tag];
  writer.bytes[header + 1] = MPTCP_PM.VERSION;
  if ('token' in event) writer.u32(MPTCP_ATTR.TOKEN, event.token);
  switch (event._tag) {
    case 'Closed':
      break;
    case 'Removed':
      writer.u8(MPTCP_ATTR.REM_ID, event.remoteId);
      break;
    case 'Announced':
      writer.u8(MPTCP_ATTR.REM_ID, event.remoteId);
      putRemote(writer, event.address);
      if (event.port !== 0) writer.be16(MPTCP_ATTR.DPORT, event.port);
      break;
    case 'ListenerCreated':
    case 'ListenerClosed':
      writer.u16(MPTCP_ATTR.FAMILY, familyOf(event.local));
      writer.be16(MPTCP_ATTR.SPORT, event.localPort);
      putLocal(writer, event.local);
      break;
    case 'Created':
    case 'Established': {
      const newer = dialect.serverSideFlag ?? true;
      if (event.serverSide || !newer) writer.u8(MPTCP_ATTR.SERVER_SIDE, event.serverSide ? 1 : 0);
      const flags =
        (event.denyJoinId0 ? EVENT_FLAG.DENY_JOIN_ID0 : 0) |
        (newer && event.serverSide ? EVENT_FLAG.SERVER_SIDE : 0);
      if (flags !== 0) writer.u16(MPTCP_ATTR.FLAGS, flags);
      writer.u16(MPTCP_ATTR.FAMILY, familyOf(event.local));
      // Those of the initial subflow, which are always 0.
      writer.u8(MPTCP_ATTR.LOC_ID, 0).u8(MPTCP_ATTR.REM_ID, 0);
      putLocal(writer, event.local);
      putRemote(writer, event.remote);
      putPorts(writer, event.localPort, event.remotePort);
      break;
    }
    default:
      writer.u16(MPTCP_ATTR.FAMILY, familyOf(event.local));
      writer.u8(MPTCP_ATTR.LOC_ID, event.localId).u8(MPTCP_ATTR.REM_ID, event.remoteId);
      putLocal(writer, event.local);
      putRemote(writer, event.remote);
      putPorts(writer, event.localPort, event.remotePort);
      writer.u8(MPTCP_ATTR.BACKUP, event.backup ? 1 : 0);
      if (event.interfaceIndex !== 0) writer.s32(MPTCP_ATTR.IF_IDX, event.interfaceIndex);
      if (event._tag === 'SubClosed') {
        if (event.error !== 0) writer.u8(MPTCP_ATTR.ERROR, event.error);
        if (event.reset !== undefined) {
          writer.u32(MPTCP_ATTR.RESET_REASON, event.reset.reason);
          writer.u32(MPTCP_ATTR.RESET_FLAGS, event.reset.transient ? RESET_TRANSIENT : 0);
        }
      }
  }
  writer.finish();
};
