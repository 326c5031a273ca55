/** A socket as the kernel's diagnosis tells it, as an immutable value with exact numbers: the rich form. */

import { type IpAddress, ipAddressFromBytes, ipAddressToBytes } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import {
  type AttributeSet,
  attributeSet,
  nest,
  readAttributes,
  type WithUnknown,
} from './attribute-set.js';
import {
  binary,
  bool8,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueCodec,
  words,
} from './attribute-value.js';
import type { NetlinkError } from './errors.js';
import { HOST_LITTLE } from './host-order.js';
import type { MessageCursor } from './message.js';
import { type MptcpInfo, mptcpInfoBytes, readMptcpInfo } from './mptcp-info.js';
import {
  AF,
  INET_DIAG,
  INET_DIAG_MSG_BYTES,
  INET_ULP_INFO,
  IPPROTO,
  MPTCP_SUBFLOW_ATTR,
  SOCK_DIAG,
} from './sock-diag.js';
import type { SocketId } from './sock-diag-request.js';
import type { TcpInfo } from './tcp-info.js';
import { readTcpInfo, tcpInfoBytes } from './tcp-info-layout.js';
import type { MessageWriter } from './writer.js';

/** `INET_DIAG_MEMINFO`. @since 0.1.0 */
export interface DiagMemory {
  readonly receiveBytes: number;
  readonly sendQueuedBytes: number;
  readonly forwardBytes: number;
  readonly sendBytes: number;
}

/** `INET_DIAG_SKMEMINFO`; what an older kernel lacks is 0. @since 0.1.0 */
export interface SocketMemory {
  readonly receiveAllocatedBytes: number;
  readonly receiveBufferBytes: number;
  readonly sendAllocatedBytes: number;
  readonly sendBufferBytes: number;
  readonly forwardAllocatedBytes: number;
  readonly sendQueuedBytes: number;
  readonly optionMemoryBytes: number;
  readonly backlogBytes: number;
  /** Packets dropped for want of buffer. */
  readonly drops: number;
}

/** `INET_DIAG_SOCKOPT`: options that are set. @since 0.1.0 */
export interface SocketOptions {
  readonly receiveErrors: boolean;
  /** It is a connection-oriented socket (`is_icsk`). */
  readonly connectionOriented: boolean;
  readonly freeBind: boolean;
  readonly headerIncluded: boolean;
  readonly multicastLoop: boolean;
  readonly transparent: boolean;
  readonly multicastAll: boolean;
  readonly noDefragment: boolean;
  readonly bindAddressNoPort: boolean;
  readonly receiveErrorsRfc4884: boolean;
  readonly deferConnect: boolean;
}

/** The MPTCP part of a subflow. @since 0.1.0 */
export interface SubflowInfo {
  /** Token by which the peer knows the connection. */
  readonly tokenRemote?: number;
  /** Token by which this host does, and which path-management commands take. */
  readonly tokenLocal?: number;
  readonly relativeWriteSequence?: number;
  /** Data sequence number of the current mapping. */
  readonly mapSequence?: bigint;
  readonly mapSubflowSequence?: number;
  readonly subflowSequenceOffset?: number;
  readonly mapDataLength?: number;
  /** See `MPTCP_SUBFLOW_FLAG`. */
  readonly flags?: number;
  readonly idRemote?: number;
  readonly idLocal?: number;
}

/** The protocol on top of a TCP socket (`INET_DIAG_ULP_INFO`). @since 0.1.0 */
export interface UpperLayer {
  /** As `mptcp` or `tls`. */
  readonly name?: string;
  readonly mptcp?: SubflowInfo & WithUnknown;
}

/** What BBR tells of itself (`INET_DIAG_BBRINFO`). @since 0.1.0 */
export interface BbrInfo {
  /** Estimated bandwidth, bytes a second. */
  readonly bandwidth: bigint;
  readonly minRttUs: number;
  /** 256 stands for 1. */
  readonly pacingGain: number;
  readonly cwndGain: number;
}

/** What DCTCP tells of itself (`INET_DIAG_DCTCPINFO`). @since 0.1.0 */
export interface DctcpInfo {
  readonly enabled: number;
  readonly ceState: number;
  readonly alpha: number;
  readonly ecnBytes: number;
  readonly totalBytes: number;
}

/** What Vegas and its kin tell of themselves (`INET_DIAG_VEGASINFO`). @since 0.1.0 */
export interface VegasInfo {
  readonly enabled: number;
  readonly rttCount: number;
  readonly rttUs: number;
  readonly minRttUs: number;
}

/** Attributes of a socket, each where the kernel sent it. @since 0.1.0 */
export interface SocketDiagAttributes {
  readonly memory?: DiagMemory;
  readonly socketMemory?: SocketMemory;
  /** Name of the congestion control. */
  readonly congestionControl?: string;
  readonly vegas?: VegasInfo;
  readonly dctcp?: DctcpInfo;
  readonly bbr?: BbrInfo;
  /** Of IPv4: type of service. */
  readonly tos?: number;
  /** Of IPv6: traffic class. */
  readonly trafficClass?: number;
  /** Bit 0: no more receiving; bit 1: no more sending. */
  readonly shutdown?: number;
  /** Of raw sockets. */
  readonly rawProtocol?: number;
  readonly v6Only?: boolean;
  /** Only with CAP_NET_ADMIN. */
  readonly mark?: number;
  readonly classId?: number;
  readonly upperLayer?: UpperLayer & WithUnknown;
  readonly cgroupId?: bigint;
  readonly options?: SocketOptions;
  readonly tcp?: TcpInfo;
  readonly mptcp?: MptcpInfo;
}

/** A socket. @since 0.1.0 */
export interface SocketDiag extends SocketDiagAttributes, WithUnknown {
  /** As asked for; the kernel's answer doesn't tell. */
  readonly protocol: number;
  /** See `TCP_STATE`. */
  readonly state: number;
  /** 0 none, 1 retransmission, 2 keep-alive, 3 TIME_WAIT, 4 zero-window probe. */
  readonly timer: number;
  /** Retransmissions or probes of that timer so far. */
  readonly retransmits: number;
  readonly id: Required<SocketId>;
  /** When {@link timer} goes off. */
  readonly expiresMs: number;
  /** Bytes that wait for the application; of a listener: connections that wait. */
  readonly receiveQueueBytes: number;
  /** Bytes written and not yet acknowledged; of a listener: the length of its queue. */
  readonly sendQueueBytes: number;
  readonly uid: number;
  readonly inode: number;
}

const subflow: AttributeSet<SubflowInfo> = /* @__PURE__ */ attributeSet<SubflowInfo>({
  tokenRemote: [MPTCP_SUBFLOW_ATTR.TOKEN_REM, u32],
  tokenLocal: [MPTCP_SUBFLOW_ATTR.TOKEN_LOC, u32],
  relativeWriteSequence: [MPTCP_SUBFLOW_ATTR.RELWRITE_SEQ, u32],
  mapSequence: [MPTCP_SUBFLOW_ATTR.MAP_SEQ, u64],
  mapSubflowSequence: [MPTCP_SUBFLOW_ATTR.MAP_SFSEQ, u32],
  subflowSequenceOffset: [MPTCP_SUBFLOW_ATTR.SSN_OFFSET, u32],
  mapDataLength: [MPTCP_SUBFLOW_ATTR.MAP_DATALEN, u16],
  flags: [MPTCP_SUBFLOW_ATTR.FLAGS, u32],
  idRemote: [MPTCP_SUBFLOW_ATTR.ID_REM, u8],
  idLocal: [MPTCP_SUBFLOW_ATTR.ID_LOC, u8],
});

const upperLayer: AttributeSet<UpperLayer> = /* @__PURE__ */ attributeSet<UpperLayer>({
  name: [INET_ULP_INFO.NAME, text],
  mptcp: [INET_ULP_INFO.MPTCP, nest(() => subflow)],
});

const OPTIONS: ReadonlyArray<keyof SocketOptions> = [
  'receiveErrors',
  'connectionOriented',
  'freeBind',
  'headerIncluded',
  'multicastLoop',
  'transparent',
  'multicastAll',
  'noDefragment',
  'bindAddressNoPort',
  'receiveErrorsRfc4884',
  'deferConnect',
];

/** Bit fields fill each byte from its low end on little-endian machines, from its high end on others. */
const optionBit = (i: number): number => (i & 8) + (HOST_LITTLE ? i & 7 : 7 - (i & 7));

/** The options that two bytes of bits stand for, as `DiagRow.socketOptions` has them. @since 0.1.0 */
export const socketOptions = (bits: number): SocketOptions =>
  Object.fromEntries(
    OPTIONS.map((name, i) => [name, ((bits >> optionBit(i)) & 1) === 1]),
  ) as unknown as SocketOptions;

const options: ValueCodec<SocketOptions> = /* @__PURE__ */ struct<SocketOptions>(
  2,
  (view, at) => socketOptions(view.getUint8(at) | (view.getUint8(at + 1) << 8)),
  (view, at, value) => {
    const bits = OPTIONS.reduce((sum, name, i) => sum | (value[name] ? 1 << optionBit(i) : 0), 0);
    view.setUint8(at, bits & 0xff);
    view.setUint8(at + 1, bits >> 8);
  },
);

const bbr: ValueCodec<BbrInfo> = /* @__PURE__ */ struct<BbrInfo>(
  20,
  (view, at) => ({
    bandwidth:
      BigInt(view.getUint32(at, HOST_LITTLE)) |
      (BigInt(view.getUint32(at + 4, HOST_LITTLE)) << 32n),
    minRttUs: view.getUint32(at + 8, HOST_LITTLE),
    pacingGain: view.getUint32(at + 12, HOST_LITTLE),
    cwndGain: view.getUint32(at + 16, HOST_LITTLE),
  }),
  (view, at, value) => {
    view.setUint32(at, Number(value.bandwidth & 0xffffffffn), HOST_LITTLE);
    view.setUint32(at + 4, Number(value.bandwidth >> 32n), HOST_LITTLE);
    view.setUint32(at + 8, value.minRttUs, HOST_LITTLE);
    view.setUint32(at + 12, value.pacingGain, HOST_LITTLE);
    view.setUint32(at + 16, value.cwndGain, HOST_LITTLE);
  },
);

const dctcp: ValueCodec<DctcpInfo> = /* @__PURE__ */ struct<DctcpInfo>(
  16,
  (view, at) => ({
    enabled: view.getUint16(at, HOST_LITTLE),
    ceState: view.getUint16(at + 2, HOST_LITTLE),
    alpha: view.getUint32(at + 4, HOST_LITTLE),
    ecnBytes: view.getUint32(at + 8, HOST_LITTLE),
    totalBytes: view.getUint32(at + 12, HOST_LITTLE),
  }),
  (view, at, value) => {
    view.setUint16(at, value.enabled, HOST_LITTLE);
    view.setUint16(at + 2, value.ceState, HOST_LITTLE);
    view.setUint32(at + 4, value.alpha, HOST_LITTLE);
    view.setUint32(at + 8, value.ecnBytes, HOST_LITTLE);
    view.setUint32(at + 12, value.totalBytes, HOST_LITTLE);
  },
);

const shared = {
  memory: [
    INET_DIAG.MEMINFO,
    words('receiveBytes', 'sendQueuedBytes', 'forwardBytes', 'sendBytes'),
  ],
  socketMemory: [
    INET_DIAG.SKMEMINFO,
    words(
      'receiveAllocatedBytes',
      'receiveBufferBytes',
      'sendAllocatedBytes',
      'sendBufferBytes',
      'forwardAllocatedBytes',
      'sendQueuedBytes',
      'optionMemoryBytes',
      'backlogBytes',
      'drops',
    ),
  ],
  congestionControl: [INET_DIAG.CONG, text],
  vegas: [INET_DIAG.VEGASINFO, words('enabled', 'rttCount', 'rttUs', 'minRttUs')],
  dctcp: [INET_DIAG.DCTCPINFO, dctcp],
  bbr: [INET_DIAG.BBRINFO, bbr],
  tos: [INET_DIAG.TOS, u8],
  trafficClass: [INET_DIAG.TCLASS, u8],
  shutdown: [INET_DIAG.SHUTDOWN, u8],
  rawProtocol: [INET_DIAG.PROTOCOL, u8],
  v6Only: [INET_DIAG.SKV6ONLY, bool8],
  mark: [INET_DIAG.MARK, u32],
  classId: [INET_DIAG.CLASS_ID, u32],
  upperLayer: [INET_DIAG.ULP_INFO, nest(() => upperLayer)],
  cgroupId: [INET_DIAG.CGROUP_ID, u64],
  options: [INET_DIAG.SOCKOPT, options],
} as const;

const tcpInfo: ValueCodec<TcpInfo> = {
  read: (cursor) => readTcpInfo(cursor.source, cursor.start, cursor.end),
  write: (writer, type, value) => writer.put(type, tcpInfoBytes(value)),
};

const mptcpInfo: ValueCodec<MptcpInfo> = {
  read: (cursor) => readMptcpInfo(cursor.source, cursor.start, cursor.end),
  write: (writer, type, value) => writer.put(type, mptcpInfoBytes(value)),
};

type Attributes<K extends keyof SocketDiagAttributes> = Pick<
  SocketDiagAttributes,
  keyof typeof shared | K
>;

/** Padding in front of 64-bit values: no news. */
type Padded<A> = A & { readonly padding?: Uint8Array };

const padding = [INET_DIAG.PAD, binary] as const;

const ofTcp = /* @__PURE__ */ attributeSet<Padded<Attributes<'tcp'>>>({
  ...shared,
  tcp: [INET_DIAG.INFO, tcpInfo],
  padding,
});
const ofMptcp = /* @__PURE__ */ attributeSet<Padded<Attributes<'mptcp'>>>({
  ...shared,
  mptcp: [INET_DIAG.INFO, mptcpInfo],
  padding,
});
const ofOthers = /* @__PURE__ */ attributeSet<Padded<Attributes<never>>>({ ...shared, padding });

/** What INFO means follows from the protocol. */
const attributesOf = (protocol: number): AttributeSet<Padded<SocketDiagAttributes>> =>
  protocol === IPPROTO.TCP ? ofTcp : protocol === IPPROTO.MPTCP ? ofMptcp : ofOthers;

/** Attributes of a socket that have a meaning here. */
export const knownDiagAttributes: ReadonlyArray<number> = /* @__PURE__ */ (() => ofTcp.types)();

const WHAT = 'inet_diag message';

/**
 * Reads a socket's message. Unknown attributes are kept, structs may be longer or shorter than those
 * known here. Left `Decode` where the message contradicts itself.
 *
 * @param protocol - what was asked for, `IPPROTO.TCP` unless given: it decides what INFO means
 * @since 0.1.0
 */
export const readDiag = (
  message: MessageCursor,
  protocol: number = IPPROTO.TCP,
): E.Either<NetlinkError, SocketDiag> => {
  const attributes = readAttributes(message, WHAT, INET_DIAG_MSG_BYTES, attributesOf(protocol));
  if (E.isLeft(attributes)) return attributes;
  const { padding: _, ...known } = attributes.right;
  const at = message.payload;
  const { bytes, view } = message.source;
  const length = view.getUint8(at) === AF.INET6 ? 16 : 4;
  const local = ipAddressFromBytes(bytes.subarray(at + 8, at + 8 + length));
  const remote = ipAddressFromBytes(bytes.subarray(at + 24, at + 24 + length));
  if (E.isLeft(local)) return local;
  if (E.isLeft(remote)) return remote;
  return E.right({
    protocol,
    state: view.getUint8(at + 1),
    timer: view.getUint8(at + 2),
    retransmits: view.getUint8(at + 3),
    id: {
      local: local.right,
      localPort: view.getUint16(at + 4, false),
      remote: remote.right,
      remotePort: view.getUint16(at + 6, false),
      interfaceIndex: view.getUint32(at + 40, HOST_LITTLE),
      cookie:
        (BigInt(view.getUint32(at + 48, HOST_LITTLE)) << 32n) |
        BigInt(view.getUint32(at + 44, HOST_LITTLE)),
    },
    expiresMs: view.getUint32(at + 52, HOST_LITTLE),
    receiveQueueBytes: view.getUint32(at + 56, HOST_LITTLE),
    sendQueueBytes: view.getUint32(at + 60, HOST_LITTLE),
    uid: view.getUint32(at + 64, HOST_LITTLE),
    inode: view.getUint32(at + 68, HOST_LITTLE),
    ...known,
  });
};

const familyOf = (address: IpAddress): number => (address.includes(':') ? AF.INET6 : AF.INET);

/** Writes a socket's message, as a scripted kernel does. @since 0.1.0 */
export const writeDiag = (
  writer: MessageWriter,
  socket: SocketDiag,
  flags: number = 0,
): MessageWriter => {
  writer.begin(SOCK_DIAG.BY_FAMILY, flags);
  const at = writer.raw(INET_DIAG_MSG_BYTES);
  const { view, bytes } = writer;
  const { id } = socket;
  bytes.set([familyOf(id.local), socket.state, socket.timer, socket.retransmits], at);
  view.setUint16(at + 4, id.localPort, false);
  view.setUint16(at + 6, id.remotePort, false);
  bytes.set(ipAddressToBytes(id.local), at + 8);
  bytes.set(ipAddressToBytes(id.remote), at + 24);
  view.setUint32(at + 40, id.interfaceIndex, HOST_LITTLE);
  view.setUint32(at + 44, Number(id.cookie & 0xffffffffn), HOST_LITTLE);
  view.setUint32(at + 48, Number(id.cookie >> 32n), HOST_LITTLE);
  view.setUint32(at + 52, socket.expiresMs, HOST_LITTLE);
  view.setUint32(at + 56, socket.receiveQueueBytes, HOST_LITTLE);
  view.setUint32(at + 60, socket.sendQueueBytes, HOST_LITTLE);
  view.setUint32(at + 64, socket.uid, HOST_LITTLE);
  view.setUint32(at + 68, socket.inode, HOST_LITTLE);
  attributesOf(socket.protocol).write(writer, socket);
  return writer;
};
