/** A million damaged packets at each door of the public face: nothing is thrown, and no context changed by a failure. */

import {
  COMPRESSED_EXPANSION_MAX,
  createCompressor,
  createDecompressor,
  dissect,
  errorOf,
} from '@liquid/rohc';
import { createRng, type Rng } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { compressAll, malformedPackets, shippedSources } from './material.ts';
import { mutate } from './mutate.ts';
import { percent, printTable, right, type Verdict } from './report.ts';

/** Packets of a source that are used: enough for every state that its flows get into. */
const SOURCE_MAX = 1500;

/** Packets of a flow that one channel takes before the next begins. */
const BLOCK = 64;

/** Failures after which a context still counts as undamaged, so that every good packet must get through. */
const FAILURES_MAX = 24;
const NO_DAMAGE = { k: 31, n: 31 } as const;

/**
 * Loop turns that one packet may cost beyond one for each of its octets: four attempts, each with ten headers, fifteen
 * list items and fifteen irregular ones.
 */
const STEPS_A_PACKET = 4 * (10 + 15 + 15);

/** Codes for {@link errorOf}. */
const BAD_CRC = -2;
const UNSUPPORTED_PROFILE = -4;

interface Pair {
  readonly packet: Uint8Array;
  readonly compressed: Uint8Array;
}

interface Stream {
  readonly name: string;
  readonly cids: 'small' | 'large';
  readonly pairs: ReadonlyArray<Pair>;
}

const room = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** What one door saw. */
interface Counts {
  cases: number;
  refused: number;
  accepted: number;
  /** Must stay 0: exceptions, contexts that a failure changed, packets that came back otherwise, too many steps. */
  thrown: number;
  wrong: number;
  overSteps: number;
}

const nothing = (): Counts => ({
  cases: 0,
  refused: 0,
  accepted: 0,
  thrown: 0,
  wrong: 0,
  overSteps: 0,
});

/** The first few of each kind, for whoever has to mend it. */
const complain = (count: number, what: string): void => {
  if (count <= 3) console.log(`FAILED: ${what}`);
};

const guarded = (counts: Counts, input: Uint8Array, run: () => number): number => {
  counts.cases++;
  let code: number;
  try {
    code = run();
  } catch (caught) {
    counts.thrown++;
    complain(counts.thrown, `${String(caught)} on ${hex(input)}`);
    return -1;
  }
  if (code < 0) counts.refused++;
  else counts.accepted++;
  return code;
};

const near = <A>(items: ReadonlyArray<A>, index: number, rng: Rng): A => {
  const at = Math.max(0, Math.min(items.length - 1, index + rng.below(17) - 8));
  // `at` is an index of `items`
  return items[at] as A;
};

/** Damaged packets among good ones, which must come out as if the others had never been. */
const fuzzDecompressor = (
  cases: number,
  streams: ReadonlyArray<Stream>,
  malformed: ReadonlyArray<Uint8Array>,
  rng: Rng,
): Counts => {
  const counts = nothing();
  while (counts.cases < cases) {
    const stream = rng.pick(streams) as Stream;
    const decompressor = right(
      createDecompressor({ cids: stream.cids, feedback: rng.boolean(), damage: NO_DAMAGE }),
    );
    let octets = 0;
    let packets = 0;
    let failures = 0;
    let clean = true;
    const start = rng.boolean() ? 0 : rng.below(stream.pairs.length - BLOCK);
    for (let i = 0; clean && i < Math.min(stream.pairs.length, start + BLOCK); i++) {
      // `i` is an index of the pairs
      const { packet, compressed } = stream.pairs[i] as Pair;
      if (i >= start && failures < FAILURES_MAX && rng.boolean(0.7)) {
        const other = near(stream.pairs, i, rng).compressed;
        const strange = malformed.length > 0 && rng.below(20) === 0;
        const damaged = mutate(
          strange ? (rng.pick(malformed) ?? compressed) : near(stream.pairs, i, rng).compressed,
          other,
          rng,
        );
        octets += damaged.length;
        packets++;
        const code = guarded(counts, damaged, () => {
          if (rng.below(8) > 0) return decompressor.decompressInto(damaged, room);
          const result = decompressor.decompress(damaged);
          if (E.isRight(result)) return result.right.packet?.length ?? 0;
          return result.left._tag === 'Unsupported' ? UNSUPPORTED_PROFILE : BAD_CRC;
        });
        // One that passed its CRC may have changed the context, and so does one of another profile.
        if (code > 0 || (code < 0 && errorOf(code)._tag === 'Unsupported')) clean = false;
        else if (code < 0) failures++;
      }
      if (!clean) break;
      octets += compressed.length;
      packets++;
      const length = decompressor.decompressInto(compressed, room);
      if (length !== packet.length || Buffer.compare(room.subarray(0, length), packet) !== 0) {
        counts.wrong++;
        complain(
          counts.wrong,
          `${stream.name}: after ${failures} failures packet ${i} gives ${length}`,
        );
        clean = false;
      }
    }
    if (decompressor.stats().steps > octets + packets * STEPS_A_PACKET) counts.overSteps++;
  }
  return counts;
};

/** Damaged IP packets: each is refused or comes back octet for octet. */
const fuzzCompressor = (cases: number, streams: ReadonlyArray<Stream>, rng: Rng): Counts => {
  const counts = nothing();
  const back = new Uint8Array(65_575);
  while (counts.cases < cases) {
    const { pairs, cids, name } = rng.pick(streams) as Stream;
    const window = 1 + rng.below(16);
    const compressor = right(
      createCompressor({ cids, window, repetitions: 1 + rng.below(5), seed: rng.below(1000) }),
    );
    const decompressor = right(createDecompressor({ cids }));
    const start = rng.below(pairs.length - BLOCK);
    for (let i = start; i < start + BLOCK; i++) {
      const good = near(pairs, i, rng).packet;
      const packet = rng.boolean(0.8) ? mutate(good, near(pairs, i, rng).packet, rng) : good;
      const length = guarded(counts, packet, () => compressor.compressInto(packet, room));
      if (length < 0) continue;
      const again = decompressor.decompressInto(room, back, 0, 0, length);
      if (again !== packet.length || Buffer.compare(back.subarray(0, again), packet) !== 0) {
        counts.wrong++;
        complain(
          counts.wrong,
          `${name}: ${hex(packet.subarray(0, 120))} went as ${hex(room.subarray(0, Math.min(length, 120)))}, came back as ${again}`,
        );
        break;
      }
    }
  }
  return counts;
};

/** Damaged feedback to a compressor at work. */
const fuzzFeedback = (cases: number, streams: ReadonlyArray<Stream>, rng: Rng): Counts => {
  const counts = nothing();
  while (counts.cases < cases) {
    const { pairs, cids } = rng.pick(streams) as Stream;
    const compressor = right(createCompressor({ cids }));
    const decompressor = right(createDecompressor({ cids, feedback: true, ackInterval: 4 }));
    let elements: ReadonlyArray<Uint8Array> = [];
    const start = rng.below(pairs.length - BLOCK);
    for (let i = start; i < start + BLOCK; i++) {
      // `i` is an index of the pairs
      const length = compressor.compressInto((pairs[i] as Pair).packet, room);
      decompressor.decompressInto(
        room,
        new Uint8Array(2048),
        0,
        0,
        rng.below(20) === 0 ? 3 : length,
      );
      const fresh = decompressor.takeFeedback();
      if (fresh.length > 0) elements = fresh;
      for (let turn = 0; turn < 4; turn++) {
        const element = rng.pick(elements) ?? Uint8Array.of(0xf2, 0x20, 0x05);
        const damaged = mutate(element, rng.pick(elements) ?? element, rng);
        guarded(counts, damaged, () => (compressor.feedback(damaged) > 0 ? 0 : -1));
      }
    }
  }
  return counts;
};

/** Damaged packets to the dissector, which reads what is readable. */
const fuzzDissector = (
  cases: number,
  streams: ReadonlyArray<Stream>,
  malformed: ReadonlyArray<Uint8Array>,
  rng: Rng,
): Counts => {
  const counts = nothing();
  while (counts.cases < cases) {
    const { pairs, cids } = rng.pick(streams) as Stream;
    const i = rng.below(pairs.length);
    const strange = malformed.length > 0 && rng.below(20) === 0;
    const from = (strange ? rng.pick(malformed) : undefined) ?? near(pairs, i, rng).compressed;
    const damaged = mutate(from, near(pairs, i, rng).compressed, rng);
    guarded(counts, damaged, () => (E.isLeft(dissect(damaged, { cids })) ? -1 : 0));
  }
  return counts;
};

/** Fuzzes every door with so many cases; the seed repeats it. */
export const proveFuzz = async (cases: number, seed: number): Promise<Verdict> => {
  const malformed = await malformedPackets();
  const streams = (await shippedSources()).flatMap(({ name, packets }) =>
    (['small', 'large'] as const).map((cids): Stream => {
      const some = packets.slice(0, SOURCE_MAX);
      const compressed = compressAll(some, { cids });
      return {
        name,
        cids,
        // one compressed packet for each
        pairs: some.map((packet, i) => ({ packet, compressed: compressed[i] as Uint8Array })),
      };
    }),
  );
  const rng = createRng(seed);
  const doors = {
    'decompress, decompressInto': fuzzDecompressor(cases, streams, malformed, rng.fork('d')),
    'compressInto and back': fuzzCompressor(cases, streams, rng.fork('c')),
    feedback: fuzzFeedback(cases, streams, rng.fork('f')),
    dissect: fuzzDissector(cases, streams, malformed, rng.fork('t')),
  };
  printTable(
    `fuzz: damaged input at each door, seed ${seed}, ${malformed.length} malformed packets among it`,
    [
      ['door', 'cases', 'refused', 'accepted', 'thrown', 'wrong', 'over the step bound'],
      ...Object.entries(doors).map(([door, counts]) => [
        door,
        counts.cases,
        counts.refused,
        `${counts.accepted} (${percent(counts.accepted, counts.cases)})`,
        counts.thrown,
        counts.wrong,
        counts.overSteps,
      ]),
    ],
  );
  const all = Object.values(doors);
  const sum = (of: (counts: Counts) => number): number => all.reduce((s, c) => s + of(c), 0);
  const bad = [sum((c) => c.thrown), sum((c) => c.wrong), sum((c) => c.overSteps)] as const;
  return {
    good: bad.every((count) => count === 0),
    summary: `fuzz: ${sum((c) => c.cases).toLocaleString('en-US')} damaged inputs, ${bad[0]} thrown, ${bad[1]} wrong, ${bad[2]} over the step bound`,
  };
};
