/** Commands of the family `mptcp_pm`, written to and read from netlink messages. */

import {
  AttributeCursor,
  GENL_HEADER,
  MessageCursor,
  type MessageWriter,
  NLM_F,
  sourceOf,
} from '@liquid/netlink';
import { type Decode, decodeError, type IpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { MPTCP_PM, PM_ADDR_ATTR, PM_ATTR, PM_CMD } from './family.js';
import { AddressTexts, putNestAddress } from './family-address.js';
import type { AddressId, Token } from './model.js';

/** An address in a command; what is missing is not sent, and the kernel takes its default. @since 0.1.0 */
export interface PmAddress {
  readonly address?: IpAddress;
  readonly id?: AddressId;
  readonly port?: number;
  /** See `ADDRESS_FLAG`. */
  readonly flags?: number;
  readonly interfaceIndex?: number;
}

/**
 * A command of the family, as the kernel takes it. The last four, and SetFlags with a token, are for
 * the connections of a userspace manager; the others configure the kernel's own.
 *
 * @since 0.1.0
 */
export type PmCommand =
  | { readonly _tag: 'AddAddress'; readonly local: PmAddress }
  | { readonly _tag: 'DelAddress'; readonly local: PmAddress }
  /** One address by its id, or all of them (a dump); with a token those of that connection. */
  | { readonly _tag: 'GetAddress'; readonly local?: PmAddress; readonly token?: Token }
  | { readonly _tag: 'FlushAddresses' }
  | {
      readonly _tag: 'SetLimits';
      readonly receiveAddAddresses?: number;
      readonly subflows?: number;
    }
  | { readonly _tag: 'GetLimits' }
  | {
      readonly _tag: 'SetFlags';
      readonly token?: Token;
      readonly local: PmAddress;
      readonly remote?: PmAddress;
    }
  | { readonly _tag: 'Announce'; readonly token: Token; readonly local: PmAddress }
  | { readonly _tag: 'Remove'; readonly token: Token; readonly localId: AddressId }
  | {
      readonly _tag: 'SubflowCreate';
      readonly token: Token;
      readonly local: PmAddress;
      readonly remote: PmAddress;
    }
  | {
      readonly _tag: 'SubflowDestroy';
      readonly token: Token;
      readonly local: PmAddress;
      readonly remote: PmAddress;
    };

const NUMBERS: { readonly [Tag in PmCommand['_tag']]: number } = {
  AddAddress: PM_CMD.ADD_ADDR,
  DelAddress: PM_CMD.DEL_ADDR,
  GetAddress: PM_CMD.GET_ADDR,
  FlushAddresses: PM_CMD.FLUSH_ADDRS,
  SetLimits: PM_CMD.SET_LIMITS,
  GetLimits: PM_CMD.GET_LIMITS,
  SetFlags: PM_CMD.SET_FLAGS,
  Announce: PM_CMD.ANNOUNCE,
  Remove: PM_CMD.REMOVE,
  SubflowCreate: PM_CMD.SUBFLOW_CREATE,
  SubflowDestroy: PM_CMD.SUBFLOW_DESTROY,
};

/** The kernel's name of a command, as in `SUBFLOW_CREATE`. @since 0.1.0 */
export const commandName = (tag: PmCommand['_tag']): string => NAMES[NUMBERS[tag]] ?? tag;

const NAMES: { readonly [number: number]: string } = Object.fromEntries(
  Object.entries(PM_CMD).map(([name, number]) => [number, name]),
);

const putNest = (writer: MessageWriter, type: number, address: PmAddress): void => {
  const nest = writer.open(type);
  if (address.address !== undefined) putNestAddress(writer, address.address);
  if (address.id !== undefined) writer.u8(PM_ADDR_ATTR.ID, address.id);
  // Host order here, network order in events: see the fixtures.
  if (address.port !== undefined) writer.u16(PM_ADDR_ATTR.PORT, address.port);
  if (address.flags !== undefined) writer.u32(PM_ADDR_ATTR.FLAGS, address.flags);
  if (address.interfaceIndex !== undefined) {
    writer.s32(PM_ADDR_ATTR.IF_IDX, address.interfaceIndex);
  }
  writer.close(nest);
};

/**
 * Writes a command; the writer is then ready for a socket's `call`, or `dump` where it is a
 * `GetAddress` without an id. Allocates nothing once an address was written before.
 *
 * @param familyId - the id that the kernel gave the family
 * @since 0.1.0
 */
export const writeCommand = (writer: MessageWriter, familyId: number, command: PmCommand): void => {
  const all = command._tag === 'GetAddress' && command.local?.id === undefined;
  writer.begin(familyId, NLM_F.REQUEST | (all ? NLM_F.DUMP : NLM_F.ACK));
  const header = writer.raw(GENL_HEADER);
  writer.bytes[header] = NUMBERS[command._tag];
  writer.bytes[header + 1] = MPTCP_PM.VERSION;
  switch (command._tag) {
    case 'AddAddress':
    case 'DelAddress':
      putNest(writer, PM_ATTR.ADDR, command.local);
      break;
    case 'GetAddress':
      if (command.local !== undefined) putNest(writer, PM_ATTR.ADDR, command.local);
      if (command.token !== undefined) writer.u32(PM_ATTR.TOKEN, command.token);
      break;
    case 'SetLimits':
      if (command.receiveAddAddresses !== undefined) {
        writer.u32(PM_ATTR.RCV_ADD_ADDRS, command.receiveAddAddresses);
      }
      if (command.subflows !== undefined) writer.u32(PM_ATTR.SUBFLOWS, command.subflows);
      break;
    case 'SetFlags':
      if (command.token !== undefined) writer.u32(PM_ATTR.TOKEN, command.token);
      putNest(writer, PM_ATTR.ADDR, command.local);
      if (command.remote !== undefined) putNest(writer, PM_ATTR.ADDR_REMOTE, command.remote);
      break;
    case 'Announce':
      writer.u32(PM_ATTR.TOKEN, command.token);
      putNest(writer, PM_ATTR.ADDR, command.local);
      break;
    case 'Remove':
      writer.u32(PM_ATTR.TOKEN, command.token).u8(PM_ATTR.LOC_ID, command.localId);
      break;
    case 'SubflowCreate':
    case 'SubflowDestroy':
      writer.u32(PM_ATTR.TOKEN, command.token);
      putNest(writer, PM_ATTR.ADDR, command.local);
      putNest(writer, PM_ATTR.ADDR_REMOTE, command.remote);
      break;
    case 'FlushAddresses':
    case 'GetLimits':
      break;
  }
  writer.finish();
};

/** What the attributes of a command, or of an answer to one, say. */
interface CommandFields {
  local: PmAddress | undefined;
  remote: PmAddress | undefined;
  token: number | undefined;
  localId: number | undefined;
  receiveAddAddresses: number | undefined;
  subflows: number | undefined;
}

const texts = /* @__PURE__ */ new AddressTexts();

type Mutable<A> = { -readonly [Key in keyof A]: A[Key] };

/** An address's nest; undefined where it contradicts itself. */
const readNest = (outer: AttributeCursor): PmAddress | undefined => {
  const address: Mutable<PmAddress> = {};
  const inner = new AttributeCursor();
  inner.enter(outer);
  while (inner.next()) {
    const text =
      inner.type === PM_ADDR_ATTR.ADDR4
        ? texts.ipv4(inner)
        : inner.type === PM_ADDR_ATTR.ADDR6
          ? texts.ipv6(inner)
          : undefined;
    if (text !== undefined) address.address = text;
    if (inner.type === PM_ADDR_ATTR.ID) address.id = inner.readU8();
    if (inner.type === PM_ADDR_ATTR.PORT) address.port = inner.readU16();
    if (inner.type === PM_ADDR_ATTR.FLAGS) address.flags = inner.readU32();
    if (inner.type === PM_ADDR_ATTR.IF_IDX) address.interfaceIndex = inner.readS32();
  }
  return inner.malformedAt < 0 ? address : undefined;
};

const readFields = (message: MessageCursor): CommandFields | undefined => {
  const attributes = new AttributeCursor();
  attributes.reset(message.source, message.payload + GENL_HEADER, message.end);
  const fields: CommandFields = {
    local: undefined,
    remote: undefined,
    token: undefined,
    localId: undefined,
    receiveAddAddresses: undefined,
    subflows: undefined,
  };
  while (attributes.next()) {
    switch (attributes.type) {
      case PM_ATTR.ADDR:
      case PM_ATTR.ADDR_REMOTE: {
        const address = readNest(attributes);
        if (address === undefined) return undefined;
        if (attributes.type === PM_ATTR.ADDR) fields.local = address;
        else fields.remote = address;
        break;
      }
      case PM_ATTR.TOKEN:
        fields.token = attributes.readU32();
        break;
      case PM_ATTR.LOC_ID:
        fields.localId = attributes.readU8();
        break;
      case PM_ATTR.RCV_ADD_ADDRS:
        fields.receiveAddAddresses = attributes.readU32();
        break;
      case PM_ATTR.SUBFLOWS:
        fields.subflows = attributes.readU32();
        break;
      default:
    }
  }
  return attributes.malformedAt < 0 ? fields : undefined;
};

/**
 * The address in an answer to `GetAddress`; undefined where the message has none.
 *
 * @since 0.1.0
 */
export const readAddress = (message: MessageCursor): PmAddress | undefined =>
  readFields(message)?.local;

/**
 * Answer to `GetLimits`: how many announced addresses the kernel's own manager follows, and how many
 * subflows it adds.
 *
 * @since 0.1.0
 */
export interface PmLimits {
  readonly receiveAddAddresses: number;
  readonly subflows: number;
}

/** The limits in an answer to `GetLimits`; undefined where the message lacks one. @since 0.1.0 */
export const readLimits = (message: MessageCursor): PmLimits | undefined => {
  const fields = readFields(message);
  return fields?.receiveAddAddresses === undefined || fields.subflows === undefined
    ? undefined
    : { receiveAddAddresses: fields.receiveAddAddresses, subflows: fields.subflows };
};

const withOptional = <A extends object, B extends object>(
  required: A,
  optional: B,
): A & Defined<B> =>
  Object.fromEntries(
    Object.entries({ ...required, ...optional }).filter(([, value]) => value !== undefined),
  ) as A & Defined<B>;

type Defined<A> = { readonly [Key in keyof A]?: Exclude<A[Key], undefined> };

const commandOf = (number: number, fields: CommandFields): PmCommand | undefined => {
  const { local, remote, token, localId, receiveAddAddresses, subflows } = fields;
  switch (number) {
    case PM_CMD.ADD_ADDR:
      return local && { _tag: 'AddAddress', local };
    case PM_CMD.DEL_ADDR:
      return local && { _tag: 'DelAddress', local };
    case PM_CMD.GET_ADDR:
      return withOptional({ _tag: 'GetAddress' as const }, { local, token });
    case PM_CMD.FLUSH_ADDRS:
      return { _tag: 'FlushAddresses' };
    case PM_CMD.SET_LIMITS:
      return withOptional({ _tag: 'SetLimits' as const }, { receiveAddAddresses, subflows });
    case PM_CMD.GET_LIMITS:
      return { _tag: 'GetLimits' };
    case PM_CMD.SET_FLAGS:
      return local && withOptional({ _tag: 'SetFlags' as const, local }, { token, remote });
    default:
  }
  if (token === undefined) return undefined;
  switch (number) {
    case PM_CMD.ANNOUNCE:
      return local && { _tag: 'Announce', token, local };
    case PM_CMD.REMOVE:
      return localId === undefined ? undefined : { _tag: 'Remove', token, localId };
    case PM_CMD.SUBFLOW_CREATE:
      return local && remote && { _tag: 'SubflowCreate', token, local, remote };
    case PM_CMD.SUBFLOW_DESTROY:
      return local && remote && { _tag: 'SubflowDestroy', token, local, remote };
    default:
      return undefined;
  }
};

/**
 * The command in a netlink message: what a scripted kernel understands.
 *
 * @since 0.1.0
 */
export const decodeCommand = (bytes: Uint8Array): E.Either<Decode, PmCommand> => {
  const message = new MessageCursor();
  message.reset(sourceOf(bytes), bytes.length);
  const whole = message.next() && message.end - message.payload >= GENL_HEADER;
  const fields = whole ? readFields(message) : undefined;
  const command = fields && commandOf(bytes[message.payload] ?? 0, fields);
  return command === undefined
    ? E.left(
        decodeError({
          what: 'MPTCP command',
          offset: Math.max(0, message.malformedAt),
          expected: 'a command of mptcp_pm with its attributes',
          actual: bytes,
        }),
      )
    : E.right(command);
};
