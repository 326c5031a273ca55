/** What the heap grows by over ten million packets. */

import { COMPRESSED_EXPANSION_MAX } from '@liquid/rohc';
import { newCompressor, newDecompressor, type Stream } from './acks.ts';

/** Collects what is garbage; undefined without `--expose-gc`. */
const collect = globalThis.gc;

const heapUsed = (): number => {
  for (let i = 0; i < 4; i++) collect?.();
  return process.memoryUsage().heapUsed;
};

/** Whether the heap can be measured. */
export const canMeasureHeap = collect !== undefined;

/**
 * Compresses and decompresses packets of all streams in turn on one channel, and gives the octets by which the heap
 * has grown since after the first tenth, when everything was compiled.
 */
export const heapGrowth = (streams: ReadonlyArray<Stream>, packets: number): number => {
  const compressor = newCompressor();
  const decompressor = newDecompressor();
  const out = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
  const back = new Uint8Array(65_575);
  const run = (count: number): void => {
    let done = 0;
    while (done < count) {
      for (const { packets: input } of streams) {
        const { bytes, offsets } = input;
        for (let i = 0; i < input.count && done < count; i++, done++) {
          // `offsets` has count + 1 elements
          const [from, to] = [offsets[i] as number, offsets[i + 1] as number];
          const length = compressor.compressInto(bytes, out, 0, from, to);
          if (decompressor.decompressInto(out, back, 0, 0, length) !== to - from) {
            throw new Error(`bug: packet ${done} did not come back`);
          }
        }
      }
    }
  };
  run(packets / 10);
  const before = heapUsed();
  run(packets);
  return heapUsed() - before;
};
