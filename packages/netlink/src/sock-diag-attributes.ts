/** Attributes of a socket in its rich form: which type is what, and how each is read and written. */

import { type AttributeSet, attributeSet, nest } from './attribute-set.js';
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
import { HOST_LITTLE } from './host-order.js';
import { type MptcpInfo, mptcpInfoBytes, readMptcpInfo } from './mptcp-info.js';
import { INET_DIAG, INET_ULP_INFO, IPPROTO, MPTCP_SUBFLOW_ATTR } from './sock-diag.js';
import type {
  BbrInfo,
  DctcpInfo,
  SocketDiagAttributes,
  SocketOptions,
  SubflowInfo,
  UpperLayer,
} from './socket-diag.js';
import type { TcpInfo } from './tcp-info.js';
import { readTcpInfo, tcpInfoBytes } from './tcp-info-layout.js';

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
export const attributesOf = (protocol: number): AttributeSet<Padded<SocketDiagAttributes>> =>
  protocol === IPPROTO.TCP ? ofTcp : protocol === IPPROTO.MPTCP ? ofMptcp : ofOthers;
