/** Compressing and decompressing acknowledgements of a real kernel, packets in memory, by CPU time. */

import {
  COMPRESSED_EXPANSION_MAX,
  type Compressor,
  createCompressor,
  createDecompressor,
  type Decompressor,
} from '@liquid/rohc';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import {
  type AckCapture,
  ackCaptureFile,
  pack,
  packetAt,
  type Packets,
  readPackets,
} from '../captures/packets.ts';

/** The configuration that a C peer was measured with: small CIDs, window 4, L = 4, refreshes, no feedback. */
const CONFIG = {
  cids: 'small',
  window: 4,
  repetitions: 4,
  refreshIr: 1700,
  refreshFo: 700,
} as const;

/** Ends the program with the error's words: a benchmark has nobody to give an error to. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isRight(result)) return result.right;
  process.stderr.write(`${renderError(result.left)}\n`);
  process.exit(1);
};

export const newCompressor = (): Compressor => right(createCompressor(CONFIG));
export const newDecompressor = (): Decompressor => right(createDecompressor({ cids: 'small' }));

/** A capture, and what a compressor makes of it: each packet proven to come back. */
export interface Stream {
  readonly name: AckCapture;
  readonly file: string;
  readonly packets: Packets;
  readonly compressed: Packets;
}

export const loadStream = async (name: AckCapture): Promise<Stream> => {
  const file = ackCaptureFile(name);
  const packets = right(await readPackets(file));
  const compressor = newCompressor();
  const decompressor = newDecompressor();
  const out = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
  const back = new Uint8Array(65_575);
  const compressed = pack(
    Array.from({ length: packets.count }, (_, i) => {
      const packet = packetAt(packets, i);
      const length = compressor.compressInto(packet, out);
      const again = decompressor.decompressInto(out, back, 0, 0, length);
      if (Buffer.compare(back.subarray(0, Math.max(0, again)), packet) !== 0) {
        process.stderr.write(`${file}: packet ${i} does not come back (${length}, ${again})\n`);
        process.exit(1);
      }
      return out.slice(0, length);
    }),
  );
  return { name, file, packets, compressed };
};

/** Takes every packet of `input` once. */
export type Pass = (input: Packets, out: Uint8Array) => void;

export const compressAll: Pass = ({ bytes, offsets, count }, out) => {
  const compressor = newCompressor();
  for (let i = 0; i < count; i++) {
    // `offsets` has count + 1 elements
    compressor.compressInto(bytes, out, 0, offsets[i] as number, offsets[i + 1] as number);
  }
};

export const decompressAll: Pass = ({ bytes, offsets, count }, out) => {
  const decompressor = newDecompressor();
  for (let i = 0; i < count; i++) {
    // `offsets` has count + 1 elements
    decompressor.decompressInto(bytes, out, 0, offsets[i] as number, offsets[i + 1] as number);
  }
};

/** Packets per second of this process's CPU time, garbage collection and compilation included. */
export const packetsPerCpuSecond = (pass: Pass, input: Packets, atLeast: number): number => {
  const out = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
  const passes = Math.ceil(atLeast / input.count);
  const before = process.cpuUsage();
  for (let i = 0; i < passes; i++) pass(input, out);
  const { user, system } = process.cpuUsage(before);
  return (passes * input.count * 1e6) / (user + system);
};
