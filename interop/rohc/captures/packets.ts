/** The IP packets of a capture, in memory one behind the other. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIpSpan, ipPacketInto } from '@liquid/rohc/pcap';
import { visitCapture } from '@liquid/rohc/pcap/node';
import type { LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

/** Packet `i` is `bytes[offsets[i], offsets[i + 1])`. */
export interface Packets {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly count: number;
}

/** Puts packets one behind the other. */
export const pack = (packets: ReadonlyArray<Uint8Array>): Packets => {
  const offsets = new Uint32Array(packets.length + 1);
  for (const [i, packet] of packets.entries()) {
    // `i` is an index of `packets`
    offsets[i + 1] = (offsets[i] as number) + packet.length;
  }
  const bytes = new Uint8Array(offsets[packets.length] as number);
  for (const [i, packet] of packets.entries()) bytes.set(packet, offsets[i]);
  return { bytes, offsets, count: packets.length };
};

/** A view of one packet. */
export const packetAt = ({ bytes, offsets }: Packets, index: number): Uint8Array =>
  bytes.subarray(offsets[index], offsets[index + 1]);

/** Reads the whole IP packets of a capture; frames of anything else are left out. */
export const readPackets = async (file: string): Promise<E.Either<LiquidError, Packets>> => {
  const packets: Uint8Array[] = [];
  const span = createIpSpan();
  const read = await visitCapture(file, (step, { record }) => {
    if (step !== 'record') return;
    const { bytes, start, length, linkType } = record;
    if (ipPacketInto(linkType, bytes, start, length, span) < 0 || span.missing > 0) return;
    packets.push(bytes.slice(span.offset, span.offset + span.length));
  })();
  return E.isLeft(read) ? read : E.right(pack(packets));
};

/** Acknowledgements of a real kernel: without timestamps, with them, four flows with loss and SACK. */
export const ACK_CAPTURES = {
  nots: { data: 'acks_nots', shipped: 'acks-no-timestamps' },
  ts: { data: 'acks_ts', shipped: 'acks-timestamps' },
  loss: { data: 'acks_loss', shipped: 'acks-loss-sack' },
} as const;

export type AckCapture = keyof typeof ACK_CAPTURES;

/** Where the captures are: the test data's, ten times as long, or the example's. */
export const ackCaptureFile = (name: AckCapture): string => {
  const { data, shipped } = ACK_CAPTURES[name];
  const folder = process.env['LIQUID_TEST_DATA'];
  if (folder !== undefined) {
    const file = join(folder, 'rohc/acks', `${data}.pcap.gz`);
    if (existsSync(file)) return file;
  }
  return fileURLToPath(
    new URL(`../../../apps/rohc-example/captures/${shipped}.pcap.gz`, import.meta.url),
  );
};
