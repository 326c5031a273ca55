/** Asks the kernel for its sockets: all of a kind, one by its addresses, or the end of one. */

import { decodeError, type IpAddress, ipAddressFromBytes, ipAddressToBytes } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { AttributeCursor } from './attribute.js';
import { malformed } from './attribute-set.js';
import type { NetlinkError } from './errors.js';
import { HOST_LITTLE } from './host-order.js';
import { familyOf } from './internal/address-family.js';
import { type MessageCursor, NLM_F } from './message.js';
import {
  AF,
  DIAG_EXT,
  INET_DIAG_NOCOOKIE,
  INET_DIAG_REQ,
  INET_DIAG_REQ_BYTES,
  IPPROTO,
  SOCK_DIAG,
} from './sock-diag.js';
import type { DiagRow } from './sock-diag-row.js';
import type { MessageWriter } from './writer.js';

/** Names one socket. Both addresses are of one family; IPv4-mapped ones find IPv4 connections. @since 0.1.0 */
export interface SocketId {
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
  /** Of a socket that is bound to an interface. */
  readonly interfaceIndex?: number;
  /** So that no later socket with the same addresses is meant. */
  readonly cookie?: bigint;
}

/** Which sockets a dump brings, and what of them. @since 0.1.0 */
export interface DiagFilter {
  /** Address family of the sockets, 4 or 6. */
  readonly family: 4 | 6;
  /** See `IPPROTO`; TCP unless given. */
  readonly protocol?: number;
  /** Mask of `TCP_STATE`; all unless given. */
  readonly states?: number;
  /** Bits of `DIAG_EXT`; INFO, CONG and SKMEMINFO unless given. */
  readonly extensions?: number;
  /** Only this port of our end. */
  readonly localPort?: number;
  /** Only this port of the peer's end. */
  readonly remotePort?: number;
  /** Further conditions, compiled by `diagBytecode`. */
  readonly bytecode?: Uint8Array;
}

/** What is asked for unless said otherwise. */
const EXTENSIONS = DIAG_EXT.INFO | DIAG_EXT.CONG | DIAG_EXT.SKMEMINFO;

const ALL_STATES = 0xffffffff;

/** Writes the fixed part and gives where it begins; the id is zero. */
const begin = (
  writer: MessageWriter,
  type: number,
  flags: number,
  family: number,
  protocol: number,
  extensions: number,
  states: number,
): number => {
  writer.begin(type, flags);
  const at = writer.raw(INET_DIAG_REQ_BYTES);
  const { view } = writer;
  view.setUint8(at, family);
  view.setUint8(at + 1, protocol > 0xff ? IPPROTO.TCP : protocol);
  view.setUint8(at + 2, extensions);
  view.setUint32(at + 4, states, HOST_LITTLE);
  view.setUint32(at + 48, INET_DIAG_NOCOOKIE, HOST_LITTLE);
  view.setUint32(at + 52, INET_DIAG_NOCOOKIE, HOST_LITTLE);
  return at;
};

/** A protocol beyond eight bits, as MPTCP, goes into an attribute. */
const wideProtocol = (writer: MessageWriter, protocol: number): MessageWriter =>
  protocol > 0xff ? writer.u32(INET_DIAG_REQ.PROTOCOL, protocol) : writer;

const putId = (writer: MessageWriter, at: number, id: SocketId): void => {
  const { view, bytes } = writer;
  view.setUint16(at + 8, id.localPort, false);
  view.setUint16(at + 10, id.remotePort, false);
  bytes.set(ipAddressToBytes(id.local), at + 12);
  bytes.set(ipAddressToBytes(id.remote), at + 28);
  view.setUint32(at + 44, id.interfaceIndex ?? 0, HOST_LITTLE);
  if (id.cookie === undefined) return;
  // Two 32-bit words, the low one first whatever the byte order.
  view.setUint32(at + 48, Number(id.cookie & 0xffffffffn), HOST_LITTLE);
  view.setUint32(at + 52, Number(id.cookie >> 32n), HOST_LITTLE);
};

/**
 * Writes the request for all sockets that the filter takes. Needs no privilege.
 *
 * @example
 * ```ts
 * import { CONNECTED_STATES, IPPROTO, MessageWriter, writeDiagDump } from '@liquid/netlink'
 *
 * const request = writeDiagDump(new MessageWriter(), {
 *   family: 4,
 *   protocol: IPPROTO.MPTCP,
 *   states: CONNECTED_STATES,
 * })
 * console.log(request.length) // 80
 * ```
 * @since 0.1.0
 */
export const writeDiagDump = (writer: MessageWriter, filter: DiagFilter): MessageWriter => {
  const protocol = filter.protocol ?? IPPROTO.TCP;
  const at = begin(
    writer,
    SOCK_DIAG.BY_FAMILY,
    NLM_F.REQUEST | NLM_F.DUMP,
    filter.family === 6 ? AF.INET6 : AF.INET,
    protocol,
    filter.extensions ?? EXTENSIONS,
    filter.states ?? ALL_STATES,
  );
  writer.view.setUint16(at + 8, filter.localPort ?? 0, false);
  writer.view.setUint16(at + 10, filter.remotePort ?? 0, false);
  if (filter.bytecode !== undefined) writer.put(INET_DIAG_REQ.BYTECODE, filter.bytecode);
  return wideProtocol(writer, protocol);
};

/** Writes the request for one socket. Needs no privilege. @since 0.1.0 */
export const writeDiagOne = (
  writer: MessageWriter,
  id: SocketId,
  {
    protocol = IPPROTO.TCP,
    extensions = EXTENSIONS,
  }: { readonly protocol?: number; readonly extensions?: number } = {},
): MessageWriter => {
  const flags = NLM_F.REQUEST | NLM_F.ACK;
  const family = familyOf(id.local);
  const at = begin(writer, SOCK_DIAG.BY_FAMILY, flags, family, protocol, extensions, ALL_STATES);
  putId(writer, at, id);
  return wideProtocol(writer, protocol);
};

/**
 * Writes the request for the MPTCP connection with this local token, which the kernel finds at once.
 *
 * @since 0.1.0
 */
export const writeDiagToken = (
  writer: MessageWriter,
  token: number,
  extensions: number = EXTENSIONS,
): MessageWriter => {
  const flags = NLM_F.REQUEST | NLM_F.ACK;
  const { MPTCP } = IPPROTO;
  const at = begin(writer, SOCK_DIAG.BY_FAMILY, flags, AF.INET, MPTCP, extensions, ALL_STATES);
  // The token stands where others have the cookie's low half.
  writer.view.setUint32(at + 48, token, HOST_LITTLE);
  writer.view.setUint32(at + 52, 0, HOST_LITTLE);
  return wideProtocol(writer, MPTCP);
};

/** Writes the request that aborts a socket: for TCP with a RST. Needs CAP_NET_ADMIN. @since 0.1.0 */
export const writeSockDestroy = (
  writer: MessageWriter,
  id: SocketId,
  protocol: number = IPPROTO.TCP,
): MessageWriter => {
  const flags = NLM_F.REQUEST | NLM_F.ACK;
  const at = begin(writer, SOCK_DIAG.DESTROY, flags, familyOf(id.local), protocol, 0, ALL_STATES);
  putId(writer, at, id);
  return wideProtocol(writer, protocol);
};

/**
 * Writes the request for the socket of a row, from its raw bytes and with its cookie; the hot form:
 * allocates nothing.
 *
 * @param type - `SOCK_DIAG.BY_FAMILY`, or `SOCK_DIAG.DESTROY` to abort it
 * @since 0.1.0
 */
export const writeDiagRow = (
  writer: MessageWriter,
  row: DiagRow,
  type: number = SOCK_DIAG.BY_FAMILY,
  extensions: number = EXTENSIONS,
): MessageWriter => {
  const flags = NLM_F.REQUEST | NLM_F.ACK;
  const at = begin(writer, type, flags, row.family, row.protocol, extensions, ALL_STATES);
  const { view, bytes } = writer;
  view.setUint16(at + 8, row.localPort, false);
  view.setUint16(at + 10, row.remotePort, false);
  bytes.set(row.localAddress, at + 12);
  bytes.set(row.remoteAddress, at + 28);
  view.setUint32(at + 44, row.interfaceIndex, HOST_LITTLE);
  view.setUint32(at + 48, row.cookieLow, HOST_LITTLE);
  view.setUint32(at + 52, row.cookieHigh, HOST_LITTLE);
  return wideProtocol(writer, row.protocol);
};

/** A request of socket diagnosis as read. @since 0.1.0 */
export interface DiagRequest {
  /** See `SOCK_DIAG`. */
  readonly type: number;
  readonly dump: boolean;
  /** `AF.INET` or `AF.INET6`. */
  readonly family: number;
  readonly protocol: number;
  readonly extensions: number;
  readonly states: number;
  /** Its cookie is left out where the request has none; a token stands in its low half. */
  readonly id: SocketId;
  readonly bytecode?: Uint8Array;
}

/**
 * Reads what the writers of this file write, as a scripted kernel or a monitor does.
 *
 * @since 0.1.0
 */
export const readDiagRequest = (message: MessageCursor): E.Either<NetlinkError, DiagRequest> => {
  const at = message.payload;
  const { bytes, view } = message.source;
  if (message.end - at < INET_DIAG_REQ_BYTES) {
    return E.left(
      decodeError({
        what: 'inet_diag request',
        offset: at,
        expected: `${INET_DIAG_REQ_BYTES} bytes`,
        actualText: `${message.end - at}`,
      }),
    );
  }
  const family = view.getUint8(at);
  const length = family === AF.INET6 ? 16 : 4;
  const local = ipAddressFromBytes(bytes.subarray(at + 12, at + 12 + length));
  const remote = ipAddressFromBytes(bytes.subarray(at + 28, at + 28 + length));
  if (E.isLeft(local)) return local;
  if (E.isLeft(remote)) return remote;
  const interfaceIndex = view.getUint32(at + 44, HOST_LITTLE);
  const low = view.getUint32(at + 48, HOST_LITTLE);
  const high = view.getUint32(at + 52, HOST_LITTLE);
  const known = low !== INET_DIAG_NOCOOKIE || high !== INET_DIAG_NOCOOKIE;
  let protocol = view.getUint8(at + 1);
  let bytecode: Uint8Array | undefined;
  const attributes = new AttributeCursor();
  attributes.reset(message.source, at + INET_DIAG_REQ_BYTES, message.end);
  while (attributes.next()) {
    if (attributes.type === INET_DIAG_REQ.PROTOCOL) protocol = attributes.readU32();
    if (attributes.type === INET_DIAG_REQ.BYTECODE) bytecode = attributes.copyBytes();
  }
  if (attributes.malformedAt >= 0) {
    return E.left(malformed('inet_diag request', attributes.malformedAt));
  }
  return E.right({
    type: message.type,
    dump: (message.flags & NLM_F.DUMP) === NLM_F.DUMP,
    family,
    protocol,
    extensions: view.getUint8(at + 2),
    states: view.getUint32(at + 4, HOST_LITTLE),
    id: {
      local: local.right,
      localPort: view.getUint16(at + 8, false),
      remote: remote.right,
      remotePort: view.getUint16(at + 10, false),
      ...(interfaceIndex === 0 ? {} : { interfaceIndex }),
      ...(known ? { cookie: (BigInt(high) << 32n) | BigInt(low) } : {}),
    },
    ...(bytecode === undefined ? {} : { bytecode }),
  });
};
