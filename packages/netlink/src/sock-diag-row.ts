/** A socket as the kernel's diagnosis tells it, into an object that is used over and over: the hot form. */

import { type IpAddress, ipAddressFromBytes, ipv4FromUint32 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { Source } from './message.js';
import { emptyMptcpInfo, type MptcpInfoRow } from './mptcp-info.js';
import { AF } from './sock-diag.js';
import { emptyTcpInfo, type TcpInfoRow } from './tcp-info.js';

/** The MPTCP part of a subflow (`INET_ULP_INFO_MPTCP`), filled over and over. @since 0.1.0 */
export interface SubflowRow {
  /** Whether the socket is a subflow at all; else the rest is 0. */
  present: boolean;
  /** Token by which the peer knows the connection. */
  tokenRemote: number;
  /** Token by which this host does, and which path-management commands take. */
  tokenLocal: number;
  relativeWriteSequence: number;
  /** Data sequence number of the current mapping; exact up to 2^53 only. */
  mapSequence: number;
  mapSubflowSequence: number;
  subflowSequenceOffset: number;
  mapDataLength: number;
  /** See `MPTCP_SUBFLOW_FLAG`. */
  flags: number;
  /** Address id of the peer's end, 0 to 255. */
  idRemote: number;
  /** Address id of our end. */
  idLocal: number;
}

/**
 * A socket's row. Attributes that the kernel didn't send are 0 (`tcp.lengthBytes`,
 * `mptcp.lengthBytes` and `subflow.present` tell of theirs). Byte counters are Numbers: exact up to
 * 2^53. Addresses are raw and become text only when asked for, see {@link diagLocalAddress}.
 *
 * @since 0.1.0
 */
export interface DiagRow {
  /** As given to the reader; the kernel's answer doesn't tell. */
  protocol: number;
  /** `AF.INET` or `AF.INET6`. */
  family: number;
  /** See `TCP_STATE`. */
  state: number;
  /** 0 none, 1 retransmission, 2 keep-alive, 3 TIME_WAIT, 4 zero-window probe. */
  timer: number;
  /** Retransmissions or probes of that timer so far. */
  retransmits: number;
  localPort: number;
  remotePort: number;
  /** 16 bytes in network order, of which IPv4 uses the first four. Owned by the row. */
  readonly localAddress: Uint8Array;
  readonly remoteAddress: Uint8Array;
  /** The interface that the socket is bound to, or 0. */
  interfaceIndex: number;
  /** The two halves of the socket's cookie, which no other socket of this boot has. */
  cookieLow: number;
  cookieHigh: number;
  /** When {@link timer} goes off. */
  expiresMs: number;
  /** Bytes that wait for the application; of a listener: connections that wait. */
  receiveQueueBytes: number;
  /** Bytes written and not yet acknowledged; of a listener: the length of its queue. */
  sendQueueBytes: number;
  uid: number;
  inode: number;
  /** `INET_DIAG_MEMINFO`. */
  memReceiveBytes: number;
  memSendQueuedBytes: number;
  memForwardBytes: number;
  memSendBytes: number;
  /** Whether SKMEMINFO came. */
  skmem: boolean;
  receiveBufferBytes: number;
  sendBufferBytes: number;
  receiveAllocatedBytes: number;
  sendAllocatedBytes: number;
  forwardAllocatedBytes: number;
  sendQueuedBytes: number;
  optionMemoryBytes: number;
  backlogBytes: number;
  /** Packets dropped for want of buffer. */
  drops: number;
  /** Of IPv4: type of service. */
  tos: number;
  /** Of IPv6: traffic class. */
  trafficClass: number;
  /** Bit 0: no more receiving; bit 1: no more sending. */
  shutdown: number;
  /** Only with CAP_NET_ADMIN. */
  mark: number;
  classId: number;
  cgroupId: number;
  /** Two bytes of bits, see `SocketOptions`. */
  socketOptions: number;
  /** Of a listener on IPv6: no IPv4. */
  v6Only: boolean;
  /** Name of the congestion control in {@link source}, see {@link diagCongestion}. */
  congestionStart: number;
  congestionEnd: number;
  /** Of TCP sockets. */
  readonly tcp: TcpInfoRow;
  /** Of MPTCP sockets. */
  readonly mptcp: MptcpInfoRow;
  /** Of TCP sockets that are subflows of an MPTCP one. */
  readonly subflow: SubflowRow;
  /** The buffer that the name of the congestion control stands in; borrowed. */
  source: Source | undefined;
}

/** A {@link DiagRow} to be filled. @since 0.1.0 */
export const emptyDiagRow = (): DiagRow => ({
  protocol: 0,
  family: 0,
  state: 0,
  timer: 0,
  retransmits: 0,
  localPort: 0,
  remotePort: 0,
  localAddress: new Uint8Array(16),
  remoteAddress: new Uint8Array(16),
  interfaceIndex: 0,
  cookieLow: 0,
  cookieHigh: 0,
  expiresMs: 0,
  receiveQueueBytes: 0,
  sendQueueBytes: 0,
  uid: 0,
  inode: 0,
  memReceiveBytes: 0,
  memSendQueuedBytes: 0,
  memForwardBytes: 0,
  memSendBytes: 0,
  skmem: false,
  receiveBufferBytes: 0,
  sendBufferBytes: 0,
  receiveAllocatedBytes: 0,
  sendAllocatedBytes: 0,
  forwardAllocatedBytes: 0,
  sendQueuedBytes: 0,
  optionMemoryBytes: 0,
  backlogBytes: 0,
  drops: 0,
  tos: 0,
  trafficClass: 0,
  shutdown: 0,
  mark: 0,
  classId: 0,
  cgroupId: 0,
  socketOptions: 0,
  v6Only: false,
  congestionStart: 0,
  congestionEnd: 0,
  tcp: emptyTcpInfo(),
  mptcp: emptyMptcpInfo(),
  subflow: {
    present: false,
    tokenRemote: 0,
    tokenLocal: 0,
    relativeWriteSequence: 0,
    mapSequence: 0,
    mapSubflowSequence: 0,
    subflowSequenceOffset: 0,
    mapDataLength: 0,
    flags: 0,
    idRemote: 0,
    idLocal: 0,
  },
  source: undefined,
});

const address = (family: number, bytes: Uint8Array): IpAddress => {
  if (family !== AF.INET6) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    return ipv4FromUint32(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  }
  const text = ipAddressFromBytes(bytes);
  if (E.isLeft(text)) throw new Error('bug: a row holds sixteen bytes of address');
  return text.right;
};

/** Our end's address as text; an IPv4-mapped one as IPv6. @since 0.1.0 */
export const diagLocalAddress = (row: DiagRow): IpAddress => address(row.family, row.localAddress);

/** The peer's address as text; an IPv4-mapped one as IPv6. @since 0.1.0 */
export const diagRemoteAddress = (row: DiagRow): IpAddress =>
  address(row.family, row.remoteAddress);

const ascii = /* @__PURE__ */ new TextDecoder();

/** Name of the congestion control, as `reno`; empty where it wasn't asked for. @since 0.1.0 */
export const diagCongestion = (row: DiagRow): string => {
  const { source, congestionStart: start, congestionEnd: end } = row;
  if (source === undefined || end <= start) return '';
  const zero = source.bytes.indexOf(0, start);
  return ascii.decode(source.bytes.subarray(start, zero < start || zero > end ? end : zero));
};
