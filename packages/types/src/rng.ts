/** Chance as a parameter: xoshiro128** 1.1, seeded through SplitMix64, the same on every machine. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { decode } from './decode.js';
import type { Decode } from './errors.js';

/**
 * What an {@link Rng} is at one moment, as plain JSON: restoring it goes on with the same numbers.
 *
 * @since 0.1.0
 */
export interface RngState {
  /** Names algorithm and version of this form. */
  readonly algorithm: 'xoshiro128**';
  /** The four words of the generator, 0 to 2^32 − 1, not all zero. */
  readonly words: readonly [number, number, number, number];
  /** From what forks are derived: 16 hexadecimal digits. */
  readonly key: string;
}

/** Bits of an unsigned word. */
const WORD = 2 ** 32;

const Word = new t.Type<number, number, unknown>(
  'Word',
  (value): value is number => typeof value === 'number' && value >>> 0 === value,
  (value, context) =>
    typeof value === 'number' && value >>> 0 === value
      ? t.success(value)
      : t.failure(value, context, 'a whole number from 0 to 2^32 − 1'),
  t.identity,
);

const Words = t.readonly(t.tuple([Word, Word, Word, Word]));
const Key = t.refinement(t.string, (text) => /^[0-9a-f]{16}$/.test(text), '16 hexadecimal digits');
const Some = t.refinement(Words, (words) => words.some((word) => word !== 0), 'words not all zero');

/**
 * Codec of {@link RngState}.
 *
 * @example
 * ```ts
 * import { createRng, RngState } from '@liquid/types'
 *
 * console.log(RngState.is(createRng(1).snapshot())) // true
 * ```
 * @since 0.1.0
 */
export const RngState: t.Type<RngState, unknown, unknown> = t.type(
  { algorithm: t.literal('xoshiro128**'), words: Some, key: Key },
  'RngState',
);

/**
 * A seeded generator of uniform random numbers: 128 bits of state, period 2^128 − 1. The same seed
 * gives the same numbers on every platform and version; a change of that would be a new `algorithm`.
 * Not for secrets: whoever sees a few outputs knows the rest.
 *
 * @since 0.1.0
 */
export interface Rng {
  /** Uniform over 0 … 2^32 − 1. One step; every other method is built on this one. */
  readonly uint32: () => number;
  /** Uniform over the multiples of 2^−53 from 0 inclusive to 1 exclusive. Two steps. */
  readonly float: () => number;
  /**
   * Uniform over 0 … `bound` − 1 without bias, for a whole `bound` from 1 to 2^53; a bound outside
   * is cut to that range. Rejects at most every second draw.
   */
  readonly below: (bound: number) => number;
  /** Uniform over the whole numbers `low` … `high`, both included; the order of the two is free. */
  readonly integer: (low: number, high: number) => number;
  /** True with a probability, half by default. Two steps. */
  readonly boolean: (probability?: number) => boolean;
  /** Fills the array with random bytes and returns it: borrowed, nothing is copied. */
  readonly fill: (target: Uint8Array) => Uint8Array;
  /** One item, or `undefined` of an empty list. */
  readonly pick: <A>(items: ReadonlyArray<A>) => A | undefined;
  /** A shuffled copy (Fisher–Yates). */
  readonly shuffle: <A>(items: ReadonlyArray<A>) => Array<A>;
  /** The present state. */
  readonly snapshot: () => RngState;
  /**
   * An independent generator named by a label. It depends on this generator's seed and the label
   * only, not on how many numbers were drawn: adding a consumer changes nobody else's numbers. The
   * same label gives the same generator again.
   */
  readonly fork: (label: string) => Rng;
}

const MASK_64 = (1n << 64n) - 1n;

/** One step of SplitMix64 (Steele, Lea, Flood 2014): the mixed output for a counter value. */
const mix64 = (counter: bigint): bigint => {
  let z = counter & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
};

/** The golden ratio's fraction, SplitMix64's increment. */
const GAMMA = 0x9e3779b97f4a7c15n;

/** FNV-1a, 64 bits, over UTF-16 units low byte first: labels are short and not hostile. */
const hashLabel = (label: string): bigint => {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < label.length; i++) {
    const unit = label.charCodeAt(i);
    hash = ((hash ^ BigInt(unit & 0xff)) * 0x100000001b3n) & MASK_64;
    hash = ((hash ^ BigInt(unit >> 8)) * 0x100000001b3n) & MASK_64;
  }
  return hash;
};

/** Four words from two outputs of SplitMix64, as the authors of xoshiro advise. */
const wordsOf = (key: bigint): RngState['words'] => {
  const a = mix64(key + GAMMA);
  const b = mix64(key + 2n * GAMMA);
  const low = (value: bigint): number => Number(value & 0xffffffffn);
  const words = [low(a), low(a >> 32n), low(b), low(b >> 32n)] as const;
  // All zeros is the one state that the generator never leaves; no seed is known to give it.
  return words.every((word) => word === 0) ? [1, 0, 0, 0] : words;
};

const build = (state: RngState): Rng => {
  let [s0, s1, s2, s3] = state.words.map((word) => word | 0) as [number, number, number, number];
  const key = BigInt(`0x${state.key}`);

  const uint32 = (): number => {
    const x = Math.imul(s1, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  };
  const uint53 = (): number => (uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6);
  const float = (): number => uint53() / 2 ** 53;
  const below = (bound: number): number => {
    const n = Math.min(Math.max(Math.trunc(bound) || 1, 1), 2 ** 53);
    const [draw, span] = n <= WORD ? [uint32, WORD] : [uint53, 2 ** 53];
    // Draws past the last whole multiple of n would favour small remainders.
    const limit = span - (span % n);
    let drawn = draw();
    while (drawn >= limit) drawn = draw();
    return drawn % n;
  };
  const integer = (low: number, high: number): number => {
    const from = Math.ceil(Math.min(low, high));
    return from + below(Math.floor(Math.max(low, high)) - from + 1);
  };
  const fill = (target: Uint8Array): Uint8Array => {
    for (let i = 0; i < target.length; i += 4) {
      const word = uint32();
      const end = Math.min(4, target.length - i);
      for (let j = 0; j < end; j++) target[i + j] = word >>> (8 * j);
    }
    return target;
  };
  const shuffle = <A>(items: ReadonlyArray<A>): Array<A> => {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = below(i + 1);
      // Both indices are below the length.
      [out[i], out[j]] = [out[j] as A, out[i] as A];
    }
    return out;
  };

  return {
    uint32,
    float,
    below,
    integer,
    boolean: (probability = 0.5) => float() < probability,
    fill,
    pick: (items) => (items.length === 0 ? undefined : items[below(items.length)]),
    shuffle,
    snapshot: () => ({
      algorithm: 'xoshiro128**',
      words: [s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0],
      key: state.key,
    }),
    fork: (label) => fromKey(mix64(key ^ mix64(hashLabel(label)))),
  };
};

const fromKey = (key: bigint): Rng =>
  build({
    algorithm: 'xoshiro128**',
    words: wordsOf(key),
    key: key.toString(16).padStart(16, '0'),
  });

/**
 * A generator from a seed: any whole number, taken modulo 2^64. Fractions are cut off; NaN and the
 * infinities count as 0.
 *
 * @example
 * ```ts
 * import { createRng } from '@liquid/types'
 *
 * const rng = createRng(42)
 * const again = createRng(42)
 * console.log(rng.uint32() === again.uint32()) // true
 * console.log(rng.fork('loss').float() === again.fork('loss').float()) // true
 * ```
 * @since 0.1.0
 */
export const createRng = (seed: number | bigint): Rng => {
  const whole =
    typeof seed === 'bigint' ? seed : BigInt(Number.isFinite(seed) ? Math.trunc(seed) : 0);
  return fromKey(BigInt.asUintN(64, whole));
};

/**
 * Goes on from a snapshot, also one that was stored as JSON.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { createRng, restoreRng } from '@liquid/types'
 *
 * const rng = createRng(7)
 * const restored = restoreRng(rng.snapshot())
 * console.log(E.isRight(restored) && restored.right.uint32() === rng.uint32()) // true
 * ```
 * @since 0.1.0
 */
export const restoreRng = (state: unknown): E.Either<Decode, Rng> =>
  E.map(build)(decode(RngState, 'RngState')(state));
