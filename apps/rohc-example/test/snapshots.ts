/** Snapshots of a tunnel as real compressors count them, for tests without a network. */
import { createCompressor, createDecompressor } from '@liquid/rohc';
import * as E from 'fp-ts/lib/Either.js';
import type { TunnelStats } from '../src/tunnel/options.js';
import type { Snapshot } from '../src/tunnel/session.js';

const none = {
  packets: 0,
  headerBytesIn: 0,
  headerBytesOut: 0,
  plainPackets: 0,
  plainHeaderBytes: 0,
};

const end = (cpuSeconds: number, acknowledgements: number): TunnelStats => {
  const compressor = createCompressor();
  const decompressor = createDecompressor();
  if (E.isLeft(compressor) || E.isLeft(decompressor)) throw new Error('bug: no configuration');
  const shrunk = { headerBytesIn: 40 * acknowledgements, headerBytesOut: 5 * acknowledgements };
  return {
    tun: {
      packetsRead: 0,
      bytesRead: 0,
      packetsWritten: 0,
      bytesWritten: 0,
      writeErrors: 0,
      wakeUps: 0,
    },
    udp: {
      datagramsSent: 0,
      bytesSent: 0,
      datagramsReceived: 0,
      bytesReceived: 0,
      congested: 0,
      refused: 0,
      foreign: 0,
      discarded: 0,
      missing: 0,
      late: 0,
      farthest: 0,
    },
    headers: {
      acknowledgements: { ...none, packets: acknowledgements, ...shrunk },
      data: none,
      acknowledgementSizes: acknowledgements === 0 ? [] : [[3, acknowledgements]],
    },
    feedbackAlone: 0,
    feedbackBytes: acknowledgements === 0 ? 0 : 7,
    cpuSeconds,
    compressor: { ...compressor.right.stats(), packets: acknowledgements, ...shrunk },
    decompressor: decompressor.right.stats(),
  };
};

/** A snapshot after `received` octets from far to near, near having compressed so many acknowledgements. */
export const snapshotOf = ({
  received = 0,
  acknowledgements = 0,
  cpuSeconds = 0,
}: {
  readonly received?: number;
  readonly acknowledgements?: number;
  readonly cpuSeconds?: number;
}): Snapshot => {
  const idle = { sentBytes: 0, sentSha256: null, receivedBytes: 0, receivedSha256: null };
  return {
    tunnel: { near: end(cpuSeconds, acknowledgements), far: end(cpuSeconds, 0) },
    traffic: {
      near: { ...idle, receivedBytes: received },
      far: { ...idle, sentBytes: received },
    },
  };
};
