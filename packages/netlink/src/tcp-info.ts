/** What the kernel tells of a TCP connection: `struct tcp_info`, by its length, for it grows with the kernel. */

import { HOST_LITTLE } from './host-order.js';
import { type Source, sourceOf } from './message.js';

/** States of `TcpInfo.congestionState` (`TCP_CA_*` of linux/tcp.h). @since 0.1.0 */
export const TCP_CA = { OPEN: 0, DISORDER: 1, CWR: 2, RECOVERY: 3, LOSS: 4 } as const;

/** Bits of `TcpInfo.options` (`TCPI_OPT_*`). @since 0.1.0 */
export const TCPI_OPT = {
  TIMESTAMPS: 1,
  SACK: 2,
  WSCALE: 4,
  ECN: 8,
  ECN_SEEN: 16,
  SYN_DATA: 32,
  USEC_TS: 64,
  TFO_CHILD: 128,
} as const;

/** `TcpInfo.ssthresh` as long as there was no loss. @since 0.1.0 */
export const TCP_INFINITE_SSTHRESH = 0x7fffffff;

/** Bytes of `struct tcp_info` as of Linux 6.18; 6.1 has 232. @since 0.1.0 */
export const TCP_INFO_BYTES = 280;

/**
 * `struct tcp_info`. A field that the kernel is too old for is 0; {@link lengthBytes} and
 * {@link tcpInfoHas} tell that from a real 0.
 *
 * @typeParam Counter - of 64-bit fields: `bigint`, exact; or `number` in the hot form, exact up to
 * 2^53 (8 PiB of a byte counter)
 * @since 0.1.0
 */
export interface TcpInfo<Counter extends number | bigint = bigint> {
  /** Bytes that the kernel sent. */
  readonly lengthBytes: number;
  /** `TCP_STATE` of sock_diag. */
  readonly state: number;
  /** See {@link TCP_CA}. */
  readonly congestionState: number;
  /** Retransmissions of the oldest unacknowledged segment. */
  readonly retransmits: number;
  /** Unanswered window or keep-alive probes. */
  readonly probes: number;
  /** Exponent of the retransmission timer's back-off. */
  readonly backoff: number;
  /** See {@link TCPI_OPT}. */
  readonly options: number;
  /** Shift of the windows that the peer sends. */
  readonly sendWindowScale: number;
  /** Shift of the windows that we send. */
  readonly receiveWindowScale: number;
  /** Whether the delivery rate was limited by the application, not the path. */
  readonly deliveryRateAppLimited: boolean;
  /** Why fast open failed on the client: 0 none or unknown. */
  readonly fastOpenClientFail: number;
  /** Retransmission timeout. */
  readonly rtoUs: number;
  /** Delayed-acknowledgement timeout. */
  readonly atoUs: number;
  readonly sendMssBytes: number;
  readonly receiveMssBytes: number;
  /** Segments in flight; of a listener: connections that wait for accept. */
  readonly unacked: number;
  /** Segments; of a listener: the length of its queue. */
  readonly sacked: number;
  /** Segments thought lost. */
  readonly lost: number;
  /** Segments in flight that are retransmissions. */
  readonly retransmitted: number;
  readonly forwardAcked: number;
  readonly lastDataSentMs: number;
  /** The kernel doesn't keep it: 0. */
  readonly lastAckSentMs: number;
  readonly lastDataReceivedMs: number;
  readonly lastAckReceivedMs: number;
  readonly pathMtuBytes: number;
  readonly receiveSsthreshBytes: number;
  /** Smoothed round-trip time. */
  readonly rttUs: number;
  /** Mean deviation of the round-trip time. */
  readonly rttvarUs: number;
  /** Segments; {@link TCP_INFINITE_SSTHRESH} before the first loss. */
  readonly ssthresh: number;
  /** Congestion window, segments. */
  readonly cwnd: number;
  readonly advertisedMssBytes: number;
  /** Distance in segments at which a hole is not yet a loss. */
  readonly reordering: number;
  /** Round-trip time as the receiver sees it; 0 before it is known. */
  readonly receiveRttUs: number;
  readonly receiveSpaceBytes: number;
  /** Segments retransmitted since the beginning. */
  readonly totalRetransmits: number;
  /** Bytes a second; 2^64 − 1 when unlimited. */
  readonly pacingRate: Counter;
  /** Bytes a second; 2^64 − 1 when unlimited. */
  readonly maxPacingRate: Counter;
  readonly bytesAcked: Counter;
  readonly bytesReceived: Counter;
  readonly segmentsOut: number;
  readonly segmentsIn: number;
  /** Written by the application, not yet sent. */
  readonly notSentBytes: number;
  /** Smallest round-trip time of the last minutes; 2^32 − 1 before the first. */
  readonly minRttUs: number;
  readonly dataSegmentsIn: number;
  readonly dataSegmentsOut: number;
  /** Bytes a second of the last measured flight. */
  readonly deliveryRate: Counter;
  /** Time with data to send. */
  readonly busyUs: Counter;
  /** Of that, time in which the peer's window was full. */
  readonly receiveWindowLimitedUs: Counter;
  /** Of that, time in which our send buffer was. */
  readonly sendBufferLimitedUs: Counter;
  /** Segments delivered, retransmissions too. */
  readonly delivered: number;
  /** Of those, marked Congestion Experienced. */
  readonly deliveredCe: number;
  /** Payload sent, retransmissions too. */
  readonly bytesSent: Counter;
  readonly bytesRetransmitted: Counter;
  /** Duplicates that the peer reported (RFC 2883). */
  readonly dsackDuplicates: number;
  /** Events of reordering. */
  readonly reorderingSeen: number;
  /** Segments received out of order. */
  readonly receivedOutOfOrder: number;
  /** The peer's receive window. */
  readonly sendWindowBytes: number;
  /** Our receive window. */
  readonly receiveWindowBytes: number;
  /** How often the path was changed after a timeout. */
  readonly rehashes: number;
  /** Retransmission timeouts since the beginning. */
  readonly rtoCount: number;
  /** Recoveries from them. */
  readonly rtoRecoveries: number;
  /** Time spent in them. */
  readonly rtoTimeMs: number;
  /** Segments received marked Congestion Experienced. */
  readonly receivedCe: number;
  /** Accurate ECN (RFC 9768): bytes that the peer received as ECT(1), ECT(0), CE. */
  readonly deliveredEct1Bytes: number;
  readonly deliveredEct0Bytes: number;
  readonly deliveredCeBytes: number;
  /** The same of what we received. */
  readonly receivedEct1Bytes: number;
  readonly receivedEct0Bytes: number;
  readonly receivedCeBytes: number;
  readonly accurateEcnFailMode: number;
  readonly accurateEcnOptionSeen: number;
}

/** A {@link TcpInfo} that is filled over and over. @since 0.1.0 */
export type TcpInfoRow = { -readonly [K in keyof TcpInfo<number>]: TcpInfo<number>[K] };

/** A {@link TcpInfoRow} to be filled; all zero. @since 0.1.0 */
export const emptyTcpInfo = (): TcpInfoRow => ({
  lengthBytes: 0,
  state: 0,
  congestionState: 0,
  retransmits: 0,
  probes: 0,
  backoff: 0,
  options: 0,
  sendWindowScale: 0,
  receiveWindowScale: 0,
  deliveryRateAppLimited: false,
  fastOpenClientFail: 0,
  rtoUs: 0,
  atoUs: 0,
  sendMssBytes: 0,
  receiveMssBytes: 0,
  unacked: 0,
  sacked: 0,
  lost: 0,
  retransmitted: 0,
  forwardAcked: 0,
  lastDataSentMs: 0,
  lastAckSentMs: 0,
  lastDataReceivedMs: 0,
  lastAckReceivedMs: 0,
  pathMtuBytes: 0,
  receiveSsthreshBytes: 0,
  rttUs: 0,
  rttvarUs: 0,
  ssthresh: 0,
  cwnd: 0,
  advertisedMssBytes: 0,
  reordering: 0,
  receiveRttUs: 0,
  receiveSpaceBytes: 0,
  totalRetransmits: 0,
  pacingRate: 0,
  maxPacingRate: 0,
  bytesAcked: 0,
  bytesReceived: 0,
  segmentsOut: 0,
  segmentsIn: 0,
  notSentBytes: 0,
  minRttUs: 0,
  dataSegmentsIn: 0,
  dataSegmentsOut: 0,
  deliveryRate: 0,
  busyUs: 0,
  receiveWindowLimitedUs: 0,
  sendBufferLimitedUs: 0,
  delivered: 0,
  deliveredCe: 0,
  bytesSent: 0,
  bytesRetransmitted: 0,
  dsackDuplicates: 0,
  reorderingSeen: 0,
  receivedOutOfOrder: 0,
  sendWindowBytes: 0,
  receiveWindowBytes: 0,
  rehashes: 0,
  rtoCount: 0,
  rtoRecoveries: 0,
  rtoTimeMs: 0,
  receivedCe: 0,
  deliveredEct1Bytes: 0,
  deliveredEct0Bytes: 0,
  deliveredCeBytes: 0,
  receivedEct1Bytes: 0,
  receivedEct0Bytes: 0,
  receivedCeBytes: 0,
  accurateEcnFailMode: 0,
  accurateEcnOptionSeen: 0,
});

/** A 64-bit number in host order as a Number: exact up to 2^53. */
export const readU64AsNumber = (view: DataView, at: number): number =>
  HOST_LITTLE
    ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
    : view.getUint32(at, false) * 0x1_0000_0000 + view.getUint32(at + 4, false);

/** Shorter structs are copied here, so that one straight line of code reads every length. */
const padded: Source = /* @__PURE__ */ sourceOf(/* @__PURE__ */ new Uint8Array(TCP_INFO_BYTES));

/**
 * Reads a `struct tcp_info` of any length that stands from `start` up to `end`; every field is set,
 * nothing is allocated. The hot form.
 *
 * @since 0.1.0
 */
export const readTcpInfoInto = (
  source: Source,
  start: number,
  end: number,
  into: TcpInfoRow,
): void => {
  let at = start;
  let { view } = source;
  const length = Math.max(0, Math.min(end, source.bytes.length) - start);
  into.lengthBytes = length;
  if (length < TCP_INFO_BYTES) {
    for (let i = 0; i < length; i++) padded.bytes[i] = source.bytes[start + i] ?? 0;
    padded.bytes.fill(0, length);
    view = padded.view;
    at = 0;
  }
  into.state = view.getUint8(at);
  into.congestionState = view.getUint8(at + 1);
  into.retransmits = view.getUint8(at + 2);
  into.probes = view.getUint8(at + 3);
  into.backoff = view.getUint8(at + 4);
  into.options = view.getUint8(at + 5);
  const scales = view.getUint8(at + 6);
  const bits = view.getUint8(at + 7);
  // Bit fields fill a byte from its low end on little-endian machines, from its high end on others.
  into.sendWindowScale = HOST_LITTLE ? scales & 15 : scales >> 4;
  into.receiveWindowScale = HOST_LITTLE ? scales >> 4 : scales & 15;
  into.deliveryRateAppLimited = (HOST_LITTLE ? bits & 1 : bits >> 7) === 1;
  into.fastOpenClientFail = (HOST_LITTLE ? bits >> 1 : bits >> 5) & 3;
  into.rtoUs = view.getUint32(at + 8, HOST_LITTLE);
  into.atoUs = view.getUint32(at + 12, HOST_LITTLE);
  into.sendMssBytes = view.getUint32(at + 16, HOST_LITTLE);
  into.receiveMssBytes = view.getUint32(at + 20, HOST_LITTLE);
  into.unacked = view.getUint32(at + 24, HOST_LITTLE);
  into.sacked = view.getUint32(at + 28, HOST_LITTLE);
  into.lost = view.getUint32(at + 32, HOST_LITTLE);
  into.retransmitted = view.getUint32(at + 36, HOST_LITTLE);
  into.forwardAcked = view.getUint32(at + 40, HOST_LITTLE);
  into.lastDataSentMs = view.getUint32(at + 44, HOST_LITTLE);
  into.lastAckSentMs = view.getUint32(at + 48, HOST_LITTLE);
  into.lastDataReceivedMs = view.getUint32(at + 52, HOST_LITTLE);
  into.lastAckReceivedMs = view.getUint32(at + 56, HOST_LITTLE);
  into.pathMtuBytes = view.getUint32(at + 60, HOST_LITTLE);
  into.receiveSsthreshBytes = view.getUint32(at + 64, HOST_LITTLE);
  into.rttUs = view.getUint32(at + 68, HOST_LITTLE);
  into.rttvarUs = view.getUint32(at + 72, HOST_LITTLE);
  into.ssthresh = view.getUint32(at + 76, HOST_LITTLE);
  into.cwnd = view.getUint32(at + 80, HOST_LITTLE);
  into.advertisedMssBytes = view.getUint32(at + 84, HOST_LITTLE);
  into.reordering = view.getUint32(at + 88, HOST_LITTLE);
  into.receiveRttUs = view.getUint32(at + 92, HOST_LITTLE);
  into.receiveSpaceBytes = view.getUint32(at + 96, HOST_LITTLE);
  into.totalRetransmits = view.getUint32(at + 100, HOST_LITTLE);
  into.pacingRate = readU64AsNumber(view, at + 104);
  into.maxPacingRate = readU64AsNumber(view, at + 112);
  into.bytesAcked = readU64AsNumber(view, at + 120);
  into.bytesReceived = readU64AsNumber(view, at + 128);
  into.segmentsOut = view.getUint32(at + 136, HOST_LITTLE);
  into.segmentsIn = view.getUint32(at + 140, HOST_LITTLE);
  into.notSentBytes = view.getUint32(at + 144, HOST_LITTLE);
  into.minRttUs = view.getUint32(at + 148, HOST_LITTLE);
  into.dataSegmentsIn = view.getUint32(at + 152, HOST_LITTLE);
  into.dataSegmentsOut = view.getUint32(at + 156, HOST_LITTLE);
  into.deliveryRate = readU64AsNumber(view, at + 160);
  into.busyUs = readU64AsNumber(view, at + 168);
  into.receiveWindowLimitedUs = readU64AsNumber(view, at + 176);
  into.sendBufferLimitedUs = readU64AsNumber(view, at + 184);
  into.delivered = view.getUint32(at + 192, HOST_LITTLE);
  into.deliveredCe = view.getUint32(at + 196, HOST_LITTLE);
  into.bytesSent = readU64AsNumber(view, at + 200);
  into.bytesRetransmitted = readU64AsNumber(view, at + 208);
  into.dsackDuplicates = view.getUint32(at + 216, HOST_LITTLE);
  into.reorderingSeen = view.getUint32(at + 220, HOST_LITTLE);
  into.receivedOutOfOrder = view.getUint32(at + 224, HOST_LITTLE);
  into.sendWindowBytes = view.getUint32(at + 228, HOST_LITTLE);
  into.receiveWindowBytes = view.getUint32(at + 232, HOST_LITTLE);
  into.rehashes = view.getUint32(at + 236, HOST_LITTLE);
  into.rtoCount = view.getUint16(at + 240, HOST_LITTLE);
  into.rtoRecoveries = view.getUint16(at + 242, HOST_LITTLE);
  into.rtoTimeMs = view.getUint32(at + 244, HOST_LITTLE);
  into.receivedCe = view.getUint32(at + 248, HOST_LITTLE);
  into.deliveredEct1Bytes = view.getUint32(at + 252, HOST_LITTLE);
  into.deliveredEct0Bytes = view.getUint32(at + 256, HOST_LITTLE);
  into.deliveredCeBytes = view.getUint32(at + 260, HOST_LITTLE);
  into.receivedEct1Bytes = view.getUint32(at + 264, HOST_LITTLE);
  into.receivedEct0Bytes = view.getUint32(at + 268, HOST_LITTLE);
  into.receivedCeBytes = view.getUint32(at + 272, HOST_LITTLE);
  into.accurateEcnFailMode = view.getUint16(at + 276, HOST_LITTLE);
  into.accurateEcnOptionSeen = view.getUint16(at + 278, HOST_LITTLE);
};
