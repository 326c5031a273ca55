/** The places of `struct tcp_info`: which field stands where, its exact form, and its bytes. */

import { HOST_LITTLE } from './host-order.js';
import { type Source, sourceOf } from './message.js';
import { emptyTcpInfo, readTcpInfoInto, TCP_INFO_BYTES, type TcpInfo } from './tcp-info.js';

type Field = Exclude<keyof TcpInfo, 'lengthBytes'>;

/** Where each whole-byte field stands: name, offset, bytes. The bit fields of bytes 6 and 7 come apart. */
export const TCP_INFO_LAYOUT: ReadonlyArray<readonly [Field, number, 1 | 2 | 4 | 8]> = [
  ['state', 0, 1],
  ['congestionState', 1, 1],
  ['retransmits', 2, 1],
  ['probes', 3, 1],
  ['backoff', 4, 1],
  ['options', 5, 1],
  ['rtoUs', 8, 4],
  ['atoUs', 12, 4],
  ['sendMssBytes', 16, 4],
  ['receiveMssBytes', 20, 4],
  ['unacked', 24, 4],
  ['sacked', 28, 4],
  ['lost', 32, 4],
  ['retransmitted', 36, 4],
  ['forwardAcked', 40, 4],
  ['lastDataSentMs', 44, 4],
  ['lastAckSentMs', 48, 4],
  ['lastDataReceivedMs', 52, 4],
  ['lastAckReceivedMs', 56, 4],
  ['pathMtuBytes', 60, 4],
  ['receiveSsthreshBytes', 64, 4],
  ['rttUs', 68, 4],
  ['rttvarUs', 72, 4],
  ['ssthresh', 76, 4],
  ['cwnd', 80, 4],
  ['advertisedMssBytes', 84, 4],
  ['reordering', 88, 4],
  ['receiveRttUs', 92, 4],
  ['receiveSpaceBytes', 96, 4],
  ['totalRetransmits', 100, 4],
  ['pacingRate', 104, 8],
  ['maxPacingRate', 112, 8],
  ['bytesAcked', 120, 8],
  ['bytesReceived', 128, 8],
  ['segmentsOut', 136, 4],
  ['segmentsIn', 140, 4],
  ['notSentBytes', 144, 4],
  ['minRttUs', 148, 4],
  ['dataSegmentsIn', 152, 4],
  ['dataSegmentsOut', 156, 4],
  ['deliveryRate', 160, 8],
  ['busyUs', 168, 8],
  ['receiveWindowLimitedUs', 176, 8],
  ['sendBufferLimitedUs', 184, 8],
  ['delivered', 192, 4],
  ['deliveredCe', 196, 4],
  ['bytesSent', 200, 8],
  ['bytesRetransmitted', 208, 8],
  ['dsackDuplicates', 216, 4],
  ['reorderingSeen', 220, 4],
  ['receivedOutOfOrder', 224, 4],
  ['sendWindowBytes', 228, 4],
  ['receiveWindowBytes', 232, 4],
  ['rehashes', 236, 4],
  ['rtoCount', 240, 2],
  ['rtoRecoveries', 242, 2],
  ['rtoTimeMs', 244, 4],
  ['receivedCe', 248, 4],
  ['deliveredEct1Bytes', 252, 4],
  ['deliveredEct0Bytes', 256, 4],
  ['deliveredCeBytes', 260, 4],
  ['receivedEct1Bytes', 264, 4],
  ['receivedEct0Bytes', 268, 4],
  ['receivedCeBytes', 272, 4],
  ['accurateEcnFailMode', 276, 2],
  ['accurateEcnOptionSeen', 278, 2],
];

/** Whether the kernel that sent it knows the field. @since 0.1.0 */
export const tcpInfoHas = (
  info: { readonly lengthBytes: number },
  field: keyof TcpInfo,
): boolean => {
  const place = TCP_INFO_LAYOUT.find(([name]) => name === field);
  // The bit fields of bytes 6 and 7 are older than the rest.
  return info.lengthBytes >= (place === undefined ? 8 : place[1] + place[2]);
};

/** The rich form of {@link readTcpInfoInto}: a new value with exact 64-bit numbers. @since 0.1.0 */
export const readTcpInfo = (source: Source, start: number, end: number): TcpInfo => {
  const row = emptyTcpInfo();
  readTcpInfoInto(source, start, end, row);
  const exact = (at: number): bigint =>
    row.lengthBytes < at + 8 ? 0n : source.view.getBigUint64(start + at, HOST_LITTLE);
  return {
    ...row,
    pacingRate: exact(104),
    maxPacingRate: exact(112),
    bytesAcked: exact(120),
    bytesReceived: exact(128),
    deliveryRate: exact(160),
    busyUs: exact(168),
    receiveWindowLimitedUs: exact(176),
    sendBufferLimitedUs: exact(184),
    bytesSent: exact(200),
    bytesRetransmitted: exact(208),
  };
};

/**
 * The bytes of a `struct tcp_info`, `info.lengthBytes` of them: what a scripted kernel answers. What
 * stands beyond that length is left out.
 *
 * @since 0.1.0
 */
export const tcpInfoBytes = (info: TcpInfo<number | bigint>): Uint8Array => {
  const { bytes, view } = sourceOf(new Uint8Array(Math.max(TCP_INFO_BYTES, info.lengthBytes)));
  for (const [name, at, size] of TCP_INFO_LAYOUT) {
    const value = info[name];
    if (size === 8) view.setBigUint64(at, BigInt(value), HOST_LITTLE);
    else if (size === 4) view.setUint32(at, Number(value), HOST_LITTLE);
    else if (size === 2) view.setUint16(at, Number(value), HOST_LITTLE);
    else view.setUint8(at, Number(value));
  }
  const limited = info.deliveryRateAppLimited ? 1 : 0;
  const { sendWindowScale: send, receiveWindowScale: receive, fastOpenClientFail: fail } = info;
  view.setUint8(6, HOST_LITTLE ? send | (receive << 4) : (send << 4) | receive);
  view.setUint8(7, HOST_LITTLE ? limited | (fail << 1) : (limited << 7) | (fail << 5));
  return bytes.slice(0, info.lengthBytes);
};
