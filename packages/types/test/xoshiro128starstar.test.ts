/** The generator equals the published one; what is built on it is uniform, stable and restorable. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { createRng, restoreRng, type Rng, RngState } from '../src/index.js';
import { createScriptedRng } from '../src/testing.js';
import { cases } from './cases.js';

const from = (words: ReadonlyArray<number>): Rng => {
  const rng = restoreRng({ algorithm: 'xoshiro128**', words, key: '0'.repeat(16) });
  if (E.isLeft(rng)) throw new Error(rng.left.message);
  return rng.right;
};
const draw = (rng: Rng, n: number): ReadonlyArray<number> =>
  Array.from({ length: n }, () => rng.uint32());

/** The reference in bigint, as the paper writes it (Blackman and Vigna, 2018): slow, plainly right. */
const reference = (state: ReadonlyArray<number>, n: number): ReadonlyArray<number> => {
  const mask = 0xffffffffn;
  const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
  const s = state.map(BigInt) as [bigint, bigint, bigint, bigint];
  return Array.from({ length: n }, () => {
    const result = (rotl((s[1] * 5n) & mask, 7n) * 9n) & mask;
    const shifted = (s[1] << 9n) & mask;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotl(s[3], 11n);
    return Number(result);
  });
};

describe('known answers', () => {
  test('from the state 1, 2, 3, 4', () => {
    expect(draw(from([1, 2, 3, 4]), 4)).toEqual([11520, 0, 5927040, 70819200]);
  });
  test('from a state with all bits in use', () => {
    const rng = from([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0]);
    expect(draw(rng, 4)).toEqual([0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70]);
    expect(rng.snapshot().words).toEqual([0xfc65379c, 0x52006d70, 0x87487639, 0xf1908343]);
  });
  test('equal the algorithm in bigint', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.nat(0xffffffff),
          fc.nat(0xffffffff),
          fc.nat(0xffffffff),
          fc.integer({ min: 1, max: 0xffffffff }),
        ),
        (words) => {
          expect(draw(from(words), 20)).toEqual(reference(words, 20));
        },
      ),
      cases(0.02),
    );
  });
  test('seeding is SplitMix64', () => {
    // First outputs of SplitMix64 for the seed 1234567, as published with the algorithm.
    const outputs = [6457827717110365317n, 3203168211198807973n];
    const halves = outputs.flatMap((x) => [Number(x & 0xffffffffn), Number(x >> 32n)]);
    expect(createRng(1234567).snapshot().words).toEqual(halves);
  });
  test('of the first numbers of seed 42, so that no version changes them', () => {
    const rng = createRng(42);
    expect({
      words: draw(rng, 3),
      float: rng.float(),
      six: [1, 2, 3, 4, 5].map(() => rng.integer(1, 6)),
      fork: rng.fork('loss').uint32(),
    }).toMatchInlineSnapshot(`
      {
        "float": 0.5395373526966847,
        "fork": 3653304165,
        "six": [
          5,
          6,
          6,
          1,
          6,
        ],
        "words": [
          1776835114,
          4165204688,
          17111135,
        ],
      }
    `);
  });
});

describe('methods', () => {
  test('stay in their ranges', () => {
    fc.assert(
      fc.property(
        fc.bigInt(),
        fc.oneof(fc.integer({ min: 1, max: 300 }), fc.maxSafeNat()),
        fc.integer(),
        fc.integer(),
        (seed, bound, a, b) => {
          const rng = createRng(seed);
          const low = rng.below(bound);
          expect(Number.isInteger(low) && low >= 0 && low < Math.max(1, bound)).toBe(true);
          const between = rng.integer(a, b);
          expect(between >= Math.min(a, b) && between <= Math.max(a, b)).toBe(true);
          const float = rng.float();
          expect(float >= 0 && float < 1).toBe(true);
        },
      ),
      cases(0.1),
    );
    expect(createRng(1).below(NaN)).toBe(0);
    expect(createRng(1).pick([])).toBeUndefined();
  });
  test('are uniform (chi-squared, 99.99 % bounds)', () => {
    const rng = createRng(2024);
    const chi2 = (counts: ReadonlyArray<number>): number => {
      const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
      return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    };
    const count = (n: number, next: () => number): ReadonlyArray<number> => {
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < 60_000; i++) {
        const at = next();
        counts[at] = (counts[at] ?? 0) + 1;
      }
      return counts;
    };
    // 5 and 9 degrees of freedom: 25.7 and 33.7.
    expect(chi2(count(6, () => rng.below(6)))).toBeLessThan(25.7);
    expect(chi2(count(10, () => Math.floor(rng.float() * 10)))).toBeLessThan(33.7);
    // A bound just above half of 2^32 shows modulo bias plainly: without rejection its first half
    // would come twice as often as its second.
    const wide = 3 * 2 ** 30;
    expect(chi2(count(6, () => Math.floor(rng.below(wide) / (wide / 6))))).toBeLessThan(25.7);
    expect(chi2(count(6, () => Math.floor(rng.below(3 * 2 ** 51) / 2 ** 50)))).toBeLessThan(25.7);
    const orders = count(6, () =>
      ['012', '021', '102', '120', '201', '210'].indexOf(rng.shuffle([0, 1, 2]).join('')),
    );
    expect(chi2(orders)).toBeLessThan(25.7);
  });
  test('fill uses every byte', () => {
    const rng = createRng(1);
    for (const length of [0, 1, 3, 4, 5, 1000]) {
      const bytes = rng.fill(new Uint8Array(length));
      expect(bytes.length).toBe(length);
    }
    const bytes = from([1, 2, 3, 4]).fill(new Uint8Array(6));
    expect(bytes).toEqual(Uint8Array.of(0, 45, 0, 0, 0, 0));
  });
  test('boolean keeps to its probability', () => {
    const rng = createRng(3);
    let hits = 0;
    for (let i = 0; i < 100_000; i++) if (rng.boolean(0.01)) hits++;
    expect(Math.abs(hits - 1000)).toBeLessThan(150);
    expect([rng.boolean(0), rng.boolean(1)]).toEqual([false, true]);
  });
});

describe('snapshots and forks', () => {
  test('restore through JSON', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(20), (seed, n) => {
        const rng = createRng(seed);
        draw(rng, n);
        const json: unknown = JSON.parse(JSON.stringify(rng.snapshot()));
        const back = restoreRng(json);
        expect(E.isRight(back) && draw(back.right, 5)).toEqual(draw(rng, 5));
        expect(E.isRight(back) && back.right.fork('x').uint32()).toBe(rng.fork('x').uint32());
      }),
      cases(0.01),
    );
  });
  test('refuse states that are none', () => {
    const good = createRng(1).snapshot();
    for (const bad of [
      null,
      {},
      { ...good, algorithm: 'pcg' },
      { ...good, words: [0, 0, 0, 0] },
      { ...good, words: [1, 2, 3] },
      { ...good, words: [-1, 2, 3, 4] },
      { ...good, words: [0.5, 2, 3, 4] },
      { ...good, key: 'xyz' },
    ]) {
      expect(E.isLeft(restoreRng(bad))).toBe(true);
      expect(RngState.is(bad)).toBe(false);
    }
  });
  test('a fork depends on seed and label only', () => {
    const [used, fresh] = [createRng(5), createRng(5)];
    draw(used, 1000);
    expect(draw(used.fork('a'), 4)).toEqual(draw(fresh.fork('a'), 4));
    const seen = new Set<number>();
    for (const label of ['', 'a', 'b', 'ab', 'ba', 'a\u0000', 'A', 'ā'])
      seen.add(fresh.fork(label).uint32());
    seen.add(fresh.fork('a').fork('b').uint32());
    seen.add(fresh.fork('b').fork('a').uint32());
    seen.add(createRng(6).fork('a').uint32());
    seen.add(createRng(5).uint32());
    expect(seen.size).toBe(12);
  });
  test('seeds are taken modulo 2^64, odd ones count as 0', () => {
    expect(createRng(2n ** 64n + 7n).uint32()).toBe(createRng(7).uint32());
    expect(createRng(-1).uint32()).toBe(createRng(2n ** 64n - 1n).uint32());
    expect(createRng(NaN).uint32()).toBe(createRng(0).uint32());
    expect(createRng(1.9).uint32()).toBe(createRng(1).uint32());
  });
  test('the scripted double plays its list', () => {
    const rng = createScriptedRng([0, 2 ** 32 - 1]);
    expect(rng.boolean(0.5)).toBe(true);
    expect(rng.shuffle([1, 2, 3])).toHaveLength(3);
    expect(rng.fork('x').uint32()).toBe(0);
    expect(createScriptedRng([7]).fill(new Uint8Array(2))).toEqual(Uint8Array.of(7, 7));
  });
});
