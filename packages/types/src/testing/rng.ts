/** A generator that plays back what a test wants to happen. */

import { createRng, type Rng } from '../rng.js';

/**
 * An {@link Rng} whose raw words come from a list, over and over: every other method follows from
 * them, so one can force the rare branch. Forks play the same list from the start; the snapshot is
 * that of seed 0 and can't be restored to this list.
 *
 * @param words - at least one number from 0 to 2^32 − 1; an empty list counts as `[0]`
 * @example
 * ```ts
 * import { createScriptedRng } from '@liquid/types/testing'
 *
 * const rng = createScriptedRng([0, 0xffffffff])
 * console.log(rng.uint32(), rng.uint32(), rng.uint32()) // 0 4294967295 0
 * ```
 * @since 0.1.0
 */
export const createScriptedRng = (words: ReadonlyArray<number>): Rng => {
  let at = 0;
  const uint32 = (): number => (words[at++ % Math.max(1, words.length)] ?? 0) >>> 0;
  const float = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53;
  // No rejection: a script that repeats one high word would never end.
  const below = (bound: number): number => uint32() % Math.max(1, Math.trunc(bound) || 1);
  const model = createRng(0);
  return {
    ...model,
    uint32,
    float,
    below,
    integer: (low, high) => {
      const from = Math.ceil(Math.min(low, high));
      return from + below(Math.floor(Math.max(low, high)) - from + 1);
    },
    boolean: (probability = 0.5) => float() < probability,
    fill: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = uint32() & 0xff;
      return target;
    },
    pick: (items) => (items.length === 0 ? undefined : items[below(items.length)]),
    shuffle: (items) => {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const [a, b] = [out[i], out[j]];
        if (a !== undefined && b !== undefined) [out[i], out[j]] = [b, a];
      }
      return out;
    },
    fork: () => createScriptedRng(words),
  };
};
