/** Anything that IP and TCP headers can do, there and back: compress, decompress, equal (RFC 6846 section 5.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelSpec, flowSpec } from './support/arbitrary.js';
import {
  cases,
  compressed,
  compressorOf,
  createRandom,
  decompressorOf,
  expectDelivered,
} from './support/channel.js';
import { createFlow } from './support/flows.js';

describe('a channel without loss', () => {
  it('delivers every packet as it was, whatever its fields do', () => {
    fc.assert(
      fc.property(
        fc.array(flowSpec, { minLength: 1, maxLength: 4 }),
        channelSpec,
        fc.boolean(),
        fc.integer({ min: 1, max: 60 }),
        (specs, config, feedback, length) => {
          const compressor = compressorOf(config);
          const { cids, maxCid } = config;
          const decompressor = decompressorOf({ cids, maxCid, feedback, ackInterval: 5 });
          const flows = specs.map(createFlow);
          const random = createRandom(config.seed);
          const back = new Uint8Array(4096);
          for (let i = 0; i < length; i++) {
            const packet = (flows[random(flows.length)] as () => Uint8Array)();
            const sent = compressed(compressor, packet);
            expectDelivered(decompressor, sent, packet, `packet ${i}`);
            const octets = decompressor.takeFeedbackInto(back);
            expect(compressor.feedback(back, 0, octets) > 0).toBe(octets > 0);
          }
          expect(decompressor.stats().repairs).toBe(0);
          expect(decompressor.stats().formats).toEqual(compressor.stats().formats);
        },
      ),
      { numRuns: cases(0.02) },
    );
  });
});
