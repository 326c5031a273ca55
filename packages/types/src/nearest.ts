/** The names that someone who mistyped most likely meant. */

/** Names longer than this are no typing mistake of ours; the distance is quadratic in the length. */
const MAX_NAME = 64;

/** Edit distance with transposed neighbours counted once (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const width = b.length + 1;
  let before: Array<number> = [];
  let above = Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j < width; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[width - 1] ?? 0;
};

/**
 * At most three of the names that someone who typed `wanted` may have meant, nearest first: within two
 * edits (or a third of the length), or one the beginning of the other. For "did you mean" lines.
 *
 * @example
 * ```ts
 * import { nearestNames } from '@liquid/types'
 *
 * console.log(nearestNames('rohc-captrue', ['rohc-capture', 'hack-airtime'])) // [ 'rohc-capture' ]
 * ```
 * @since 0.1.0
 */
export const nearestNames = (
  wanted: string,
  names: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  if (wanted.length === 0 || wanted.length > MAX_NAME) return [];
  const lower = wanted.toLowerCase();
  const reach = Math.max(2, Math.floor(wanted.length / 3));
  const near = names
    .map((name) => {
      const other = name.slice(0, MAX_NAME).toLowerCase();
      const within = other.startsWith(lower) || lower.startsWith(other) ? 1 : Infinity;
      return { name, far: Math.min(within, distance(lower, other)) };
    })
    .filter(({ far }) => far <= reach)
    .sort((a, b) => a.far - b.far);
  // One that is plainly nearer than the rest is the one that was meant.
  const best = near[0]?.far ?? 0;
  return near
    .filter(({ far }) => far <= best + 1)
    .slice(0, 3)
    .map(({ name }) => name);
};
