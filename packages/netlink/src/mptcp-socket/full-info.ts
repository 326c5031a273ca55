/** Everything that the kernel tells of one's own connection and each of its subflows, without any rights. */

import type { Socket } from 'node:net';
import { type Endpoint, io } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { HOST_LITTLE } from '../host-order.js';
import { nativeAtHand } from '../internal/load.js';
import type { Native } from '../internal/native.js';
import { type Source, sourceOf } from '../message.js';
import { MPTCP_INFO_BYTES, type MptcpInfo, readMptcpInfo } from '../mptcp-info.js';
import { TCP_INFO_BYTES, type TcpInfo } from '../tcp-info.js';
import { readTcpInfo } from '../tcp-info-layout.js';
import { descriptorOf } from './descriptor.js';
import { type MptcpSocketError, systemError, tcpFallback } from './error.js';
import { readSocketAddress } from './socket-address.js';
import { isUnknownOption, SOL_MPTCP, statusOf } from './status.js';

/** One subflow of one's own connection. @since 0.1.0 */
export interface SubflowInfo {
  /** The kernel's number of it, unique in the connection; undefined before Linux 6.5. */
  readonly id: number | undefined;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tcp: TcpInfo;
}

/** A connection and its subflows, read in one moment. @since 0.1.0 */
export interface FullInfo {
  readonly mptcp: MptcpInfo;
  readonly subflows: ReadonlyArray<SubflowInfo>;
}

const MPTCP_TCPINFO = 2;
const MPTCP_SUBFLOW_ADDRS = 3;

/** Offsets of `struct mptcp_full_info` (linux/mptcp.h). */
const FULL = {
  TCP_KERNEL: 0,
  TCP_USER: 4,
  SUBFLOW_KERNEL: 8,
  SUBFLOW_USER: 12,
  COUNT: 16,
  ROOM: 20,
  INFO: 40,
} as const;

/** Two `sockaddr_storage`. */
const ADDRESS_BYTES = 128;
const ADDRESSES_BYTES = 2 * ADDRESS_BYTES;
/** `struct mptcp_subflow_info`: the id, aligned to 8, and the addresses. */
const SUBFLOW_BYTES = 8 + ADDRESSES_BYTES;
/** `struct mptcp_subflow_data`, in front of the arrays of the older options. */
const DATA_HEAD = 16;

/** A newer kernel's struct may be longer. */
const TCP_ROOM = 512;

/** More than a kernel's path manager makes by default; where there are more, they are asked for again. */
const FEW_SUBFLOWS = 8;
/** Subflows come and go while one counts them; so often at most is asked again. */
const TRIES = 4;

type Read<A> = E.Either<MptcpSocketError, A>;

const endpoints = (
  source: Source,
  at: number,
): { readonly local: Endpoint; readonly remote: Endpoint } | undefined => {
  const local = readSocketAddress(source, at);
  const remote = readSocketAddress(source, at + ADDRESS_BYTES);
  return local === undefined || remote === undefined ? undefined : { local, remote };
};

interface Room {
  readonly subflows: number;
  readonly head: Source;
  readonly addresses: Source;
  readonly tcp: Source;
}

let kept: Room | undefined;

/** Memory for so many subflows, kept for the next reading: what is read is copied out at once. */
const roomFor = (subflows: number): Room => {
  if (kept === undefined || kept.subflows < subflows) {
    kept = {
      subflows,
      head: sourceOf(new Uint8Array(FULL.INFO + 2 * MPTCP_INFO_BYTES)),
      addresses: sourceOf(new Uint8Array(subflows * SUBFLOW_BYTES)),
      tcp: sourceOf(new Uint8Array(subflows * TCP_ROOM)),
    };
  }
  return kept;
};

/** By MPTCP_FULL_INFO (Linux 6.5); a number is how many subflows there are when they were too many. */
const inOneCall = (
  native: Native,
  fd: number,
  room: number,
): Read<FullInfo | number | 'unknown'> => {
  const { head, addresses, tcp } = roomFor(room);
  const { view } = head;
  head.bytes.fill(0);
  view.setUint32(FULL.TCP_USER, TCP_ROOM, HOST_LITTLE);
  view.setUint32(FULL.SUBFLOW_USER, SUBFLOW_BYTES, HOST_LITTLE);
  view.setUint32(FULL.ROOM, room, HOST_LITTLE);
  const length = native.fullInfo(fd, head.bytes, addresses.bytes, tcp.bytes);
  if (isUnknownOption(length)) return E.right('unknown');
  if (length < 0) return E.left(systemError('reading MPTCP_FULL_INFO', length));
  const count = view.getUint32(FULL.COUNT, HOST_LITTLE);
  if (count > room) return E.right(count);
  // The kernel writes back how much of each element it filled, and lays them out so close.
  const tcpStride = view.getUint32(FULL.TCP_USER, HOST_LITTLE);
  const subflowStride = view.getUint32(FULL.SUBFLOW_USER, HOST_LITTLE);
  const subflows: SubflowInfo[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * subflowStride;
    const ends = endpoints(addresses, at + 8);
    if (ends === undefined) continue;
    const id = addresses.view.getUint32(at, HOST_LITTLE);
    const info = readTcpInfo(tcp, i * tcpStride, (i + 1) * tcpStride);
    subflows.push({ id, ...ends, tcp: info });
  }
  return E.right({ mptcp: readMptcpInfo(head, FULL.INFO, length), subflows });
};

/** An array of the older options: so many elements of so many bytes each. */
const readArray = (
  native: Native,
  fd: number,
  option: number,
  elementBytes: number,
  room: number,
): Read<{ readonly bytes: Uint8Array; readonly count: number; readonly elementBytes: number }> => {
  const bytes = new Uint8Array(DATA_HEAD + room * elementBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, DATA_HEAD, HOST_LITTLE);
  view.setUint32(12, elementBytes, HOST_LITTLE);
  const length = native.getsockopt(fd, SOL_MPTCP, option, bytes);
  if (length < 0) return E.left(systemError(`reading option ${option} of the connection`, length));
  return E.right({
    bytes: bytes.subarray(DATA_HEAD),
    count: view.getUint32(4, HOST_LITTLE),
    elementBytes: view.getUint32(12, HOST_LITTLE),
  });
};

/** By MPTCP_TCPINFO and MPTCP_SUBFLOW_ADDRS (Linux 5.16); undefined when they saw different subflows. */
const inThreeCalls = (
  native: Native,
  fd: number,
  room: number,
): Read<FullInfo | number | undefined> => {
  const status = statusOf(native, fd);
  if (E.isLeft(status)) return status;
  const { info } = status.right;
  if (info === undefined) return E.left(tcpFallback('the peer'));
  const tcp = readArray(native, fd, MPTCP_TCPINFO, TCP_INFO_BYTES, room);
  if (E.isLeft(tcp)) return tcp;
  const addresses = readArray(native, fd, MPTCP_SUBFLOW_ADDRS, ADDRESSES_BYTES, room);
  if (E.isLeft(addresses)) return addresses;
  const { count } = tcp.right;
  if (count > room) return E.right(count);
  if (count !== addresses.right.count) return E.right(undefined);
  const addressSource = sourceOf(addresses.right.bytes);
  const tcpSource = sourceOf(tcp.right.bytes);
  const subflows: SubflowInfo[] = [];
  for (let i = 0; i < count; i++) {
    const ends = endpoints(addressSource, i * addresses.right.elementBytes);
    if (ends === undefined) continue;
    const at = i * tcp.right.elementBytes;
    const row = readTcpInfo(tcpSource, at, at + tcp.right.elementBytes);
    subflows.push({ id: undefined, ...ends, tcp: row });
  }
  return E.right({ mptcp: info, subflows });
};

/** What {@link fullInfo} reads, by either way; `older` forces the one for kernels before 6.5. */
export const fullInfoOf = (native: Native, fd: number, older = false): Read<FullInfo> => {
  let room = FEW_SUBFLOWS;
  let oneCall = !older;
  for (let tried = 0; tried < TRIES; tried++) {
    const read = oneCall ? inOneCall(native, fd, room) : inThreeCalls(native, fd, room);
    if (E.isLeft(read)) return read;
    if (typeof read.right === 'object') return E.right(read.right);
    if (typeof read.right === 'number') room = read.right + FEW_SUBFLOWS;
    if (read.right === 'unknown') oneCall = false;
  }
  return E.left(io({ message: 'the subflows changed at each of several readings' }));
};

/**
 * The kernel's account of one's own connection: the MPTCP part, and addresses and `tcp_info` of each
 * subflow. One system call since Linux 6.5, three before, and some 50 µs in all; no rights needed, and
 * no search through other sockets.
 *
 * Left `TcpFallback` for a connection in plain TCP, `Closed` for a socket that is not open.
 *
 * @example
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { connectMptcp, fullInfo } from '@liquid/netlink/mptcp-socket'
 *
 * const socket = await connectMptcp({ host: '192.0.2.1', port: 80 })()
 * const info = E.isRight(socket) ? fullInfo(socket.right) : socket
 * if (E.isRight(info)) {
 *   for (const { local, remote, tcp } of info.right.subflows) console.log(local, remote, tcp.rttUs)
 * }
 * ```
 * @since 0.1.0
 */
export const fullInfo = (socket: Socket): E.Either<MptcpSocketError, FullInfo> => {
  const native = nativeAtHand();
  if (E.isLeft(native)) return native;
  const fd = descriptorOf(socket);
  if (E.isLeft(fd)) return fd;
  return fullInfoOf(native.right, fd.right);
};
