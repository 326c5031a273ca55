/** fast-check's arbitraries for flows and channels. */
import fc from 'fast-check';
import { type FlowSpec, STACK_NAMES } from './flows.js';

export const flowSpec: fc.Arbitrary<FlowSpec> = fc.record({
  seed: fc.integer({ min: 0, max: 0x7fffffff }),
  stack: fc.constantFrom(...STACK_NAMES),
  id: fc.constantFrom('sequential', 'swapped', 'random', 'zero', 'constant', 'jumping', 'mixed'),
  wildness: fc.constantFrom(0, 5, 20, 60, 100),
  traffic: fc.constantFrom('acks', 'data', 'both'),
  timestamps: fc.boolean(),
  hosts: fc.integer({ min: 0, max: 3 }),
});

export const channelSpec = fc.record({
  cids: fc.constantFrom('small', 'large'),
  maxCid: fc.constantFrom(0, 1, 2, 15),
  window: fc.oneof(fc.constantFrom(1, 4, 64, 256), fc.integer({ min: 1, max: 256 })),
  repetitions: fc.integer({ min: 1, max: 8 }),
  replication: fc.boolean(),
  refreshIr: fc.constantFrom(0, 17, 60, 1700),
  refreshFo: fc.constantFrom(0, 11, 700),
  seed: fc.integer({ min: 0, max: 0xffff }),
});
