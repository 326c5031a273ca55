/** Damaged, spliced, random and malicious input: no throw, bounded work, bounded memory, contexts untouched by failures. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compressor,
  type Decompressor,
  type DecompressorSnapshot,
  errorOf,
} from '../src/index.js';
import type { TcpDecompressorSnapshot } from '../src/profiles/tcp/decompressor.js';
import { flowSpec } from './support/arbitrary.js';
import {
  cases,
  compressed,
  compressorOf,
  createRandom,
  decompressed,
  decompressorOf,
  equal,
  expectDelivered,
  hexOf,
  NO_DAMAGE,
  printTable,
  right,
  tally,
} from './support/channel.js';
import { dataPresent, malformedFiles, skipReason } from './support/data.js';
import { createFlow, type FlowSpec, STACK_NAMES } from './support/flows.js';
import { buildPacket, FLAG, OPTION, optionList } from './support/packet-builder.js';

/**
 * Loop turns that one packet may cost beyond one for each of its octets: four attempts, each with ten headers, fifteen
 * list items and fifteen irregular ones.
 */
const STEPS_A_PACKET = 4 * (10 + 15 + 15);

/** Code of an IR of a profile that this package does not have: it ends the context of its CID. */
const UNKNOWN_PROFILE = -4;

const WILD: FlowSpec = {
  seed: 0,
  stack: 'v4',
  id: 'mixed',
  wildness: 20,
  traffic: 'both',
  timestamps: true,
  hosts: 0,
};

/** One octet string out of others: flipped, cut, grown, spliced, or made of nothing. */
const mutate = (packets: readonly Uint8Array[], random: (below: number) => number): Uint8Array => {
  const pick = (): Uint8Array => packets[random(packets.length)] as Uint8Array;
  const from = pick();
  switch (random(8)) {
    case 0:
      return from.slice(0, random(from.length));
    case 1: {
      const other = pick();
      const front = from.subarray(0, random(Math.min(from.length, 40)));
      const back = other.subarray(random(other.length));
      return Uint8Array.of(...front, ...back.subarray(0, 300));
    }
    case 2:
      return Uint8Array.from({ length: random(60) }, () => random(256));
    case 3: {
      // random octets behind the start of a packet: well-formed enough to get far
      const length = 1 + random(8);
      return Uint8Array.of(
        ...from.subarray(0, length),
        ...Array.from({ length: random(60) }, () => random(256)),
      );
    }
    case 4: {
      const grown = new Uint8Array(from.length + 1 + random(4));
      const at = random(Math.min(from.length, 40));
      grown.set(from.subarray(0, at));
      grown.set(from.subarray(at), grown.length - from.length + at);
      return grown;
    }
    case 5: {
      const copy = from.slice();
      copy[random(Math.min(copy.length, 30))] = random(256);
      return copy;
    }
    default: {
      const copy = from.slice();
      const flips = 1 + random(4);
      for (let i = 0; i < flips; i++) {
        const bit = random(Math.min(copy.length, 60) * 8);
        copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      }
      return copy;
    }
  }
};

const savedOf = (decompressor: Decompressor, cid: number): TcpDecompressorSnapshot | undefined => {
  if (decompressor.msnOf(cid) < 0) return undefined;
  const snapshot: DecompressorSnapshot = right(decompressor.snapshot(cid));
  return (snapshot as unknown as { readonly saved: TcpDecompressorSnapshot }).saved;
};

/** Whether two snapshots hold the same, but for counts of failures and what they make of the context's state. */
const sameContents = (
  a: TcpDecompressorSnapshot | undefined,
  b: TcpDecompressorSnapshot | undefined,
): boolean => {
  if (a === undefined || b === undefined) return a === b;
  if (a.hasPrevious !== b.hasPrevious) return false;
  const words = a.hasPrevious ? a.rows.length : a.rows.length / 2;
  for (let i = 0; i < words; i++) if (a.rows[i] !== b.rows[i]) return false;
  if ((a.generic === undefined) !== (b.generic === undefined)) return false;
  if (a.generic !== undefined && b.generic !== undefined && !equal(a.generic, b.generic))
    return false;
  const [s, t] = [a.template, b.template];
  return (
    s.sourcePort === t.sourcePort &&
    s.destinationPort === t.destinationPort &&
    equal(s.bytes.subarray(0, s.size), t.bytes.subarray(0, t.size))
  );
};

describe('damaged packets', () => {
  it('leave every context as it was, cost bounded work, and throw nothing', () => {
    const BAD = 25;
    const CIDS = [0, 1, 2, 3];
    const GOOD = 40;
    const CHANNELS = Math.ceil(cases(1) / GOOD / BAD);
    const outcomes = new Map<string, number>();
    for (let seed = 0; seed < CHANNELS; seed++) {
      const random = createRandom(seed);
      const cids = (seed & 1) === 0 ? 'small' : 'large';
      const config = { cids, maxCid: 3 } as const;
      const compressor = compressorOf({ ...config, window: 4 + (seed & 12), seed });
      const specs = [0, 1, 2].map((i) => ({
        ...WILD,
        seed: seed * 3 + i,
        stack: STACK_NAMES[(seed + i * 5) % STACK_NAMES.length] as FlowSpec['stack'],
        hosts: i >> 1,
      }));
      const flows = specs.map(createFlow);
      const originals = Array.from({ length: GOOD }, () =>
        (flows[random(3)] as () => Uint8Array)(),
      );
      const sent = originals.map((packet) => compressed(compressor, packet));
      const make = (): Decompressor =>
        decompressorOf({ ...config, damage: NO_DAMAGE, feedback: true });
      let victim = make();
      let octets = 0;
      let packets = 0;
      const checkSteps = (): void => {
        expect(victim.stats().steps).toBeLessThanOrEqual(STEPS_A_PACKET * packets + octets);
        expect(victim.stats().contexts).toBeLessThanOrEqual(4);
      };
      const contents = (): (TcpDecompressorSnapshot | undefined)[] =>
        CIDS.map((cid) => savedOf(victim, cid));
      for (let i = 0; i < GOOD; i++) {
        let before = contents();
        for (let j = 0; j < BAD; j++) {
          const hostile = mutate(sent, random);
          octets += hostile.length;
          packets++;
          const result = decompressed(victim, hostile);
          tally(
            outcomes,
            typeof result === 'number' ? errorOf(result)._tag : 'delivered or feedback',
          );
          const after = contents();
          const damaged = after.some((saved) => (saved?.mode ?? 2) < 2);
          if (typeof result === 'number' && result !== UNKNOWN_PROFILE && !damaged) {
            if (!after.every((saved, cid) => sameContents(saved, before[cid]))) {
              throw new Error(`seed ${seed}: ${result} changed a context: ${hexOf(hostile)}`);
            }
          } else {
            // accepted, an IR of a profile unknown here (it ends a context), or the last of 31 failures of a context
            // in a row (its damage is assumed): start again without it
            checkSteps();
            victim = make();
            octets = 0;
            packets = 0;
            for (let k = 0; k < i; k++) {
              octets += (sent[k] as Uint8Array).length;
              packets++;
              expectDelivered(
                victim,
                sent[k] as Uint8Array,
                originals[k] as Uint8Array,
                `seed ${seed}, again ${k}`,
              );
            }
            before = contents();
          }
        }
        octets += (sent[i] as Uint8Array).length;
        packets++;
        expectDelivered(
          victim,
          sent[i] as Uint8Array,
          originals[i] as Uint8Array,
          `seed ${seed}, packet ${i}`,
        );
      }
      checkSteps();
    }
    printTable('mutated packets by outcome', [...outcomes]);
  });

  it('with the usual damage rule a context recovers by the next IR, whatever came', () => {
    fc.assert(
      fc.property(flowSpec, fc.integer({ min: 0, max: 0xffff }), (spec, seed) => {
        const random = createRandom(seed);
        const compressor = compressorOf({ maxCid: 0, profiles: [6] });
        const decompressor = decompressorOf({ maxCid: 0 });
        const next = createFlow(spec);
        const sent = Array.from({ length: 12 }, () => compressed(compressor, next()));
        for (const packet of sent) {
          decompressed(decompressor, packet);
          decompressed(decompressor, mutate(sent, random));
          decompressed(decompressor, mutate(sent, random));
        }
        compressor.release(0);
        for (let i = 0; i < 8; i++) {
          const packet = next();
          expectDelivered(decompressor, compressed(compressor, packet), packet, `packet ${i}`);
        }
      }),
      { numRuns: cases(0.005) },
    );
  });
});

describe.skipIf(!dataPresent)(`malformed inputs of the corpus${skipReason}`, () => {
  it('none throws, none costs more than its octets allow; what is delivered is counted', () => {
    const rows: (string | number)[][] = [
      ['file', 'CIDs', 'packets', 'refused', 'empty', 'delivered'],
    ];
    for (const { name, packets } of malformedFiles()) {
      for (const cids of ['small', 'large'] as const) {
        const decompressor = decompressorOf({ cids, feedback: true });
        const counts = { refused: 0, empty: 0, delivered: 0 };
        let octets = 0;
        for (const packet of packets) {
          octets += packet.length;
          const result = decompressed(decompressor, packet);
          if (typeof result === 'number') {
            counts.refused++;
            expect(errorOf(result, packet.length).message.length).toBeGreaterThan(0);
          } else if (result.length === 0) counts.empty++;
          else counts.delivered++;
        }
        rows.push([name, cids, packets.length, counts.refused, counts.empty, counts.delivered]);
        const steps = decompressor.stats().steps;
        expect(steps).toBeLessThanOrEqual(STEPS_A_PACKET * packets.length + octets);
      }
    }
    printTable('malformed inputs', rows);
  });
});

describe('a compressor', () => {
  it('carries any octets there and back: broken headers, lying lengths, random data', () => {
    let packets = 0;
    const profiles = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.array(flowSpec, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 0xffffff }),
        fc.constantFrom('small', 'large'),
        (specs, seed, cids) => {
          const random = createRandom(seed);
          const compressor = compressorOf({ cids, maxCid: 3, seed });
          const decompressor = decompressorOf({ cids, maxCid: 3 });
          const flows = specs.map(createFlow);
          let octets = 0;
          for (let i = 0; i < 25; i++) {
            const good = (flows[random(flows.length)] as () => Uint8Array)();
            const packet = random(3) === 0 ? good : mutate([good], random);
            if (packet.length === 0) continue;
            octets += packet.length;
            const sent = compressed(compressor, packet);
            expect(sent.length).toBeLessThanOrEqual(packet.length + 128);
            expectDelivered(decompressor, sent, packet, `packet ${i}`);
            tally(profiles, `profile ${compressor.lastProfile()}`);
            packets++;
          }
          expect(compressor.stats().steps).toBeLessThanOrEqual(STEPS_A_PACKET * 25 + octets);
        },
      ),
      { numRuns: cases(0.008) },
    );
    printTable(`${packets} packets, most of them broken`, [...profiles]);
  });
});

/** Collects garbage for sure. */
const collect: () => void = (() => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return () => {
    for (let i = 0; i < 3; i++) gc();
  };
})();

/** Octets in use; `external` includes the array buffers. */
const inUse = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const MB = 1 << 20;
const CONTEXTS = 16_384;

/** A packet for each turn, whose flows differ by their source port alone. */
const byPort = (build: (turn: number) => Uint8Array, portAt: number) => {
  const turns: Uint8Array[] = [];
  return (flow: number, turn: number): Uint8Array => {
    const packet = (turns[turn & 255] ??= build(turn & 255));
    packet[portAt] = flow >> 8;
    packet[portAt + 1] = flow;
    return packet;
  };
};

const empty = new Uint8Array(0);

/** Like any host's, with timestamps. */
const ordinary = byPort(
  (turn) =>
    buildPacket(
      [{ kind: 'v4', tos: 0, id: turn, df: true, ttl: 64, addresses: [10, 0, 0, 1, 10, 1, 2, 3] }],
      {
        source: 0,
        destination: 443,
        seq: 1,
        ack: 1000 + 1448 * turn,
        flags: FLAG.ack,
        reserved: 0,
        window: 501,
        urgent: 0,
        options: optionList([OPTION.timestamp(7 + turn, 9 + turn)]),
        payload: empty,
      },
    ),
  20,
);

/** Headers take as much of a context as they can: routing data to the limit, generic options that change. */
const greedy = byPort(
  (turn) =>
    buildPacket(
      [
        { kind: 'v6', tos: 0, label: 1, ttl: 1, addresses: new Array<number>(32).fill(1) },
        { kind: 'dest', data: new Array<number>(6 + 8 * 55).fill(turn) },
        { kind: 'routing', data: new Array<number>(6 + 8 * 52).fill(2) },
        { kind: 'ah', reserved: turn & 1, spi: 77, sequence: turn, icv: [1, 2, 3, 4] },
      ],
      {
        source: 0,
        destination: 443,
        seq: turn,
        ack: 5,
        flags: FLAG.ack,
        reserved: 0,
        window: 1,
        urgent: 0,
        options: optionList(
          Array.from({ length: 9 }, (_, i) =>
            OPTION.generic(100 + ((turn * 9 + i) % 150), [turn, i]),
          ),
          'eol',
        ),
        payload: empty,
      },
    ),
  40 + 448 + 424 + 16,
);

describe('memory', () => {
  /** What `packet` makes either end of 16,384 contexts hold, after `turns` packets of each flow. */
  const measure = (
    packet: (flow: number, turn: number) => Uint8Array,
    turns: number,
  ): { readonly compressor: number; readonly decompressor: number } => {
    const out = new Uint8Array(4096);
    const back = new Uint8Array(4096);
    const fill = (contexts: number, compressor: Compressor, decompressor?: Decompressor): void => {
      for (let turn = 0; turn < turns; turn++) {
        for (let flow = 0; flow < contexts; flow++) {
          const length = compressor.compressInto(packet(flow, turn), out);
          if (length <= 0 || compressor.lastProfile() !== 0x0006) throw new Error('not compressed');
          const result = decompressor?.decompressInto(out, back, 0, 0, length) ?? 1;
          if (result <= 0) throw new Error('not decompressed');
        }
      }
      expect(compressor.stats().contexts).toBe(contexts);
      expect(decompressor?.stats().contexts ?? contexts).toBe(contexts);
    };
    const ends = (): readonly [Compressor, Decompressor] => [
      compressorOf({ cids: 'large' }),
      decompressorOf({ cids: 'large', feedback: true }),
    ];
    // all code compiled, all scratch grown
    fill(200, ...ends());
    const first = inUse();
    const [compressor] = ends();
    fill(CONTEXTS, compressor);
    const one = inUse();
    const [another, decompressor] = ends();
    fill(CONTEXTS, another, decompressor);
    const three = inUse();
    for (const end of [compressor, another, decompressor])
      expect(end.stats().contexts).toBe(CONTEXTS);
    return { compressor: one - first, decompressor: three - one - (one - first) };
  };

  it('16,384 contexts take at most 64 MB above an empty heap, on either end', () => {
    const { compressor, decompressor } = measure(ordinary, 2);
    console.log(
      `16,384 contexts: compressor ${(compressor / MB).toFixed(1)} MB, decompressor ${(decompressor / MB).toFixed(1)} MB`,
    );
    expect(compressor).toBeLessThanOrEqual(64 * MB);
    expect(decompressor).toBeLessThanOrEqual(64 * MB);
    expect(compressor).toBeGreaterThan(0);
    expect(decompressor).toBeGreaterThan(0);
  });

  it('greedy flows, longest chains and ever-changing options, stay below 128 MB', () => {
    const { compressor, decompressor } = measure(greedy, 2);
    console.log(
      `16,384 greedy contexts: compressor ${(compressor / MB).toFixed(1)} MB, decompressor ${(decompressor / MB).toFixed(1)} MB`,
    );
    expect(compressor).toBeLessThanOrEqual(128 * MB);
    expect(decompressor).toBeLessThanOrEqual(128 * MB);
  });

  it('does not grow with the length of a hostile stream', () => {
    const random = createRandom(4);
    const decompressor = decompressorOf({ cids: 'large', maxCid: 63, feedback: true });
    const compressor = compressorOf({ cids: 'large', maxCid: 63 });
    const out = new Uint8Array(4096);
    const back = new Uint8Array(4096);
    const samples = Array.from({ length: 64 }, (_, flow) =>
      compressed(compressor, greedy(flow, flow)),
    );
    const rounds = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const hostile =
          random(3) === 0 ? mutate(samples, random) : (samples[random(64)] as Uint8Array);
        decompressor.decompressInto(hostile, back);
        // ever new flows, and feedback that nobody asked for
        compressor.compressInto(
          random(2) === 0 ? ordinary(random(50_000), i) : greedy(random(100), i),
          out,
        );
        if ((hostile[0] ?? 0) >= 0xf0) compressor.feedback(hostile);
      }
    };
    rounds(6000);
    const before = inUse();
    rounds(cases(0.2));
    const growth = inUse() - before;
    console.log(`hostile stream of ${cases(0.2)} packets: ${(growth / 1024).toFixed(0)} kB more`);
    expect(growth).toBeLessThan(2 * MB);
  });
});

describe('every negative code', () => {
  it('is explained, also those that nobody returns', () => {
    for (let code = -40; code < 0; code++) {
      const error = errorOf(code, 7);
      expect(error._tag).toMatch(/^[A-Z]/);
      expect(error.message.length).toBeGreaterThan(10);
    }
  });
});
