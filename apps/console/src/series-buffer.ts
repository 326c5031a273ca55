/** Points of one series in bounded memory: neighbours are merged as more come than can be drawn. */

/** A run of points that are drawn as one. */
export interface Bucket {
  /** Where it begins. */
  readonly x: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}

/** More columns than a terminal has, so that merging never shows. */
const MOST_BUCKETS = 1024;

const merge = (a: Bucket, b: Bucket): Bucket => ({
  x: a.x,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  sum: a.sum + b.sum,
  count: a.count + b.count,
});

/** Keeps the shape of a series. */
export interface SeriesBuffer {
  readonly add: (x: number, y: number) => void;
  /** The runs in the order in which the points came. */
  readonly buckets: () => ReadonlyArray<Bucket>;
}

/** An empty buffer; points that are not finite are ignored. */
export const createSeriesBuffer = (): SeriesBuffer => {
  let buckets: Array<Bucket> = [];
  /** Points that make a full bucket. */
  let size = 1;
  return {
    add: (x, y) => {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      const point: Bucket = { x, min: y, max: y, sum: y, count: 1 };
      const last = buckets[buckets.length - 1];
      if (last !== undefined && last.count < size) buckets[buckets.length - 1] = merge(last, point);
      else buckets.push(point);
      if (buckets.length < MOST_BUCKETS) return;
      size *= 2;
      buckets = buckets.flatMap((bucket, i) => {
        const next = buckets[i + 1];
        if (i % 2 === 1) return [];
        return [next === undefined ? bucket : merge(bucket, next)];
      });
    },
    buckets: () => buckets,
  };
};

/**
 * The means of `columns` parts of equal length in x; empty parts take the mean before.
 *
 * @param ends the first and last x (default those of the series)
 */
export const resample = (
  buckets: ReadonlyArray<Bucket>,
  columns: number,
  ends?: readonly [number, number],
): ReadonlyArray<number> => {
  if (buckets.length === 0 || columns < 1) return [];
  const xs = buckets.map(({ x }) => x);
  const [from, to] = ends ?? [Math.min(...xs), Math.max(...xs)];
  const sums = Array.from({ length: columns }, () => ({ sum: 0, count: 0 }));
  for (const bucket of buckets) {
    const share = to === from ? 0 : (bucket.x - from) / (to - from);
    const part = sums[Math.min(columns - 1, Math.floor(share * columns))];
    if (part === undefined) continue;
    part.sum += bucket.sum;
    part.count += bucket.count;
  }
  let last = (buckets[0]?.sum ?? 0) / (buckets[0]?.count ?? 1);
  return sums.map(({ sum, count }) => {
    if (count > 0) last = sum / count;
    return last;
  });
};
