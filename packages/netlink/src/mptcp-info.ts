/** What the kernel tells of a Multipath TCP connection as a whole: `struct mptcp_info`, by its length. */

import { HOST_LITTLE } from './host-order.js';
import { type Source, sourceOf } from './message.js';
import { readU64AsNumber } from './tcp-info.js';

/** Bits of `MptcpInfo.flags` (`MPTCP_INFO_FLAG_*` of linux/mptcp.h). @since 0.1.0 */
export const MPTCP_INFO_FLAG = {
  /** It fell back to TCP. */
  FALLBACK: 1,
  /** The peer's key is known: the connection is Multipath TCP on both sides. */
  REMOTE_KEY_RECEIVED: 2,
} as const;

/** Bytes of `struct mptcp_info` as of Linux 6.18; 6.1 has 48. @since 0.1.0 */
export const MPTCP_INFO_BYTES = 96;

/**
 * `struct mptcp_info`. A field that the kernel is too old for is 0; {@link lengthBytes} tells that
 * from a real 0.
 *
 * @typeParam Counter - of 64-bit fields: `bigint`, exact; or `number` in the hot form, exact up to
 * 2^53: enough for byte counters, not for the three sequence numbers, which begin anywhere
 * @since 0.1.0
 */
export interface MptcpInfo<Counter extends number | bigint = bigint> {
  /** Bytes that the kernel sent. */
  readonly lengthBytes: number;
  /** Subflows beside the initial one. */
  readonly subflows: number;
  /** Addresses announced, and accepted from the peer. */
  readonly addAddrSignal: number;
  readonly addAddrAccepted: number;
  /** Limits of the in-kernel path manager. */
  readonly subflowsMax: number;
  readonly addAddrSignalMax: number;
  readonly addAddrAcceptedMax: number;
  /** See {@link MPTCP_INFO_FLAG}. */
  readonly flags: number;
  /** The local token, by which path-management commands name the connection. */
  readonly token: number;
  /** Data sequence number that the application's next byte gets. */
  readonly writeSequence: Counter;
  /** First data sequence number that the peer has not acknowledged. */
  readonly sendUnacknowledged: Counter;
  /** Next data sequence number that is expected from the peer. */
  readonly receiveNext: Counter;
  readonly localAddressUsed: number;
  readonly localAddressMax: number;
  readonly checksumEnabled: boolean;
  /** Retransmissions of data on another subflow or after a data timeout. */
  readonly retransmits: number;
  readonly bytesRetransmitted: Counter;
  readonly bytesSent: Counter;
  readonly bytesReceived: Counter;
  readonly bytesAcked: Counter;
  /** Subflows, the initial one too. */
  readonly subflowsTotal: number;
  readonly endpointLaminarMax: number;
  readonly endpointFullmeshMax: number;
  readonly lastDataSentMs: number;
  readonly lastDataReceivedMs: number;
  readonly lastAckReceivedMs: number;
}

/** An {@link MptcpInfo} that is filled over and over. @since 0.1.0 */
export type MptcpInfoRow = { -readonly [K in keyof MptcpInfo<number>]: MptcpInfo<number>[K] };

/** An {@link MptcpInfoRow} to be filled; all zero. @since 0.1.0 */
export const emptyMptcpInfo = (): MptcpInfoRow => ({
  lengthBytes: 0,
  subflows: 0,
  addAddrSignal: 0,
  addAddrAccepted: 0,
  subflowsMax: 0,
  addAddrSignalMax: 0,
  addAddrAcceptedMax: 0,
  flags: 0,
  token: 0,
  writeSequence: 0,
  sendUnacknowledged: 0,
  receiveNext: 0,
  localAddressUsed: 0,
  localAddressMax: 0,
  checksumEnabled: false,
  retransmits: 0,
  bytesRetransmitted: 0,
  bytesSent: 0,
  bytesReceived: 0,
  bytesAcked: 0,
  subflowsTotal: 0,
  endpointLaminarMax: 0,
  endpointFullmeshMax: 0,
  lastDataSentMs: 0,
  lastDataReceivedMs: 0,
  lastAckReceivedMs: 0,
});

/** Shorter structs are copied here, so that one straight line of code reads every length. */
const padded: Source = /* @__PURE__ */ sourceOf(/* @__PURE__ */ new Uint8Array(MPTCP_INFO_BYTES));

/**
 * Reads a `struct mptcp_info` of any length that stands from `start` up to `end`; every field is
 * set, nothing is allocated. The hot form.
 *
 * @since 0.1.0
 */
export const readMptcpInfoInto = (
  source: Source,
  start: number,
  end: number,
  into: MptcpInfoRow,
): void => {
  let at = start;
  let { view } = source;
  const length = Math.max(0, Math.min(end, source.bytes.length) - start);
  into.lengthBytes = length;
  if (length < MPTCP_INFO_BYTES) {
    for (let i = 0; i < length; i++) padded.bytes[i] = source.bytes[start + i] ?? 0;
    padded.bytes.fill(0, length);
    view = padded.view;
    at = 0;
  }
  into.subflows = view.getUint8(at);
  into.addAddrSignal = view.getUint8(at + 1);
  into.addAddrAccepted = view.getUint8(at + 2);
  into.subflowsMax = view.getUint8(at + 3);
  into.addAddrSignalMax = view.getUint8(at + 4);
  into.addAddrAcceptedMax = view.getUint8(at + 5);
  into.flags = view.getUint32(at + 8, HOST_LITTLE);
  into.token = view.getUint32(at + 12, HOST_LITTLE);
  into.writeSequence = readU64AsNumber(view, at + 16);
  into.sendUnacknowledged = readU64AsNumber(view, at + 24);
  into.receiveNext = readU64AsNumber(view, at + 32);
  into.localAddressUsed = view.getUint8(at + 40);
  into.localAddressMax = view.getUint8(at + 41);
  into.checksumEnabled = view.getUint8(at + 42) !== 0;
  into.retransmits = view.getUint32(at + 44, HOST_LITTLE);
  into.bytesRetransmitted = readU64AsNumber(view, at + 48);
  into.bytesSent = readU64AsNumber(view, at + 56);
  into.bytesReceived = readU64AsNumber(view, at + 64);
  into.bytesAcked = readU64AsNumber(view, at + 72);
  into.subflowsTotal = view.getUint8(at + 80);
  into.endpointLaminarMax = view.getUint8(at + 81);
  into.endpointFullmeshMax = view.getUint8(at + 82);
  into.lastDataSentMs = view.getUint32(at + 84, HOST_LITTLE);
  into.lastDataReceivedMs = view.getUint32(at + 88, HOST_LITTLE);
  into.lastAckReceivedMs = view.getUint32(at + 92, HOST_LITTLE);
};

/** The rich form of {@link readMptcpInfoInto}: a new value with exact 64-bit numbers. @since 0.1.0 */
export const readMptcpInfo = (source: Source, start: number, end: number): MptcpInfo => {
  const row = emptyMptcpInfo();
  readMptcpInfoInto(source, start, end, row);
  const exact = (at: number): bigint =>
    row.lengthBytes < at + 8 ? 0n : source.view.getBigUint64(start + at, HOST_LITTLE);
  return {
    ...row,
    writeSequence: exact(16),
    sendUnacknowledged: exact(24),
    receiveNext: exact(32),
    bytesRetransmitted: exact(48),
    bytesSent: exact(56),
    bytesReceived: exact(64),
    bytesAcked: exact(72),
  };
};

/**
 * The bytes of a `struct mptcp_info`, `info.lengthBytes` of them: what a scripted kernel answers.
 *
 * @since 0.1.0
 */
export const mptcpInfoBytes = (info: MptcpInfo<number | bigint>): Uint8Array => {
  const { bytes, view } = sourceOf(new Uint8Array(Math.max(MPTCP_INFO_BYTES, info.lengthBytes)));
  const u32 = (at: number, value: number): void => view.setUint32(at, value, HOST_LITTLE);
  const u64 = (at: number, value: number | bigint): void =>
    view.setBigUint64(at, BigInt(value), HOST_LITTLE);
  bytes.set([
    info.subflows,
    info.addAddrSignal,
    info.addAddrAccepted,
    info.subflowsMax,
    info.addAddrSignalMax,
    info.addAddrAcceptedMax,
  ]);
  u32(8, info.flags);
  u32(12, info.token);
  u64(16, info.writeSequence);
  u64(24, info.sendUnacknowledged);
  u64(32, info.receiveNext);
  bytes.set([info.localAddressUsed, info.localAddressMax, info.checksumEnabled ? 1 : 0], 40);
  u32(44, info.retransmits);
  u64(48, info.bytesRetransmitted);
  u64(56, info.bytesSent);
  u64(64, info.bytesReceived);
  u64(72, info.bytesAcked);
  bytes.set([info.subflowsTotal, info.endpointLaminarMax, info.endpointFullmeshMax], 80);
  u32(84, info.lastDataSentMs);
  u32(88, info.lastDataReceivedMs);
  u32(92, info.lastAckReceivedMs);
  return bytes.slice(0, info.lengthBytes);
};
