/** The typical size of many: what at least half do not exceed, and what is met most often. */

/** Of sizes and how often each was met; null where there is none. */
export const typical = (
  sizes: Iterable<readonly [number, number]>,
): { readonly median: number | null; readonly mode: number | null } => {
  const sorted = [...sizes].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  let median: number | null = null;
  let mode: number | null = null;
  let most = 0;
  for (const [size, count] of sorted) {
    seen += count;
    if (median === null && seen * 2 >= total) median = size;
    if (count > most) {
      most = count;
      mode = size;
    }
  }
  return { median, mode };
};
