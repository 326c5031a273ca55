/** Points of one series in bounded memory: as more come than a chart can show, neighbours become one bucket that keeps its lowest and highest point. */

/** Buckets kept at most; each draws two points. Half of them are as many as a chart has pixels. */
export const MOST_BUCKETS = 1536;

/** A series as a chart draws it. Nothing is allocated per point. */
export interface Decimated {
  /** Adds points in the order in which they came; those that are not finite are ignored. */
  readonly add: (xs: ArrayLike<number>, ys: ArrayLike<number>) => void;
  /** Forgets all, and takes points that stand for `total` of them. */
  readonly replace: (xs: ArrayLike<number>, ys: ArrayLike<number>, total: number) => void;
  /** Fills the drawn points, at most two a bucket; returns how many. */
  readonly drawInto: (xs: Float64Array, ys: Float64Array) => number;
  readonly summary: () => SeriesSummary | null;
}

/** What a table says of a series. */
export interface SeriesSummary {
  readonly points: number;
  readonly lastX: number;
  readonly last: number;
  readonly least: number;
  readonly greatest: number;
  readonly mean: number;
}

/** Room that {@link Decimated.drawInto} needs. */
export const MOST_DRAWN = 2 * MOST_BUCKETS;

export const createDecimated = (): Decimated => {
  // Below, `!` stands where an index is below `used` or a length: in a hot loop it costs nothing.
  const minX = new Float64Array(MOST_BUCKETS);
  const minY = new Float64Array(MOST_BUCKETS);
  const maxX = new Float64Array(MOST_BUCKETS);
  const maxY = new Float64Array(MOST_BUCKETS);
  const counts = new Float64Array(MOST_BUCKETS);
  /** Whether the lowest point came before the highest: a bucket is drawn in that order. */
  const minFirst = new Uint8Array(MOST_BUCKETS);
  let used = 0;
  /** Points that make a full bucket. */
  let full = 1;
  let points = 0;
  let sum = 0;
  let lastX = 0;
  let last = 0;

  const halve = (): void => {
    full *= 2;
    let to = 0;
    for (let from = 0; from < used; from += 2) {
      const next = from + 1 < used ? from + 1 : from;
      const low = minY[next]! < minY[from]! ? next : from;
      const high = maxY[next]! > maxY[from]! ? next : from;
      const order = low === high ? minFirst[from === low ? from : next]! : low < high ? 1 : 0;
      const count = next === from ? counts[from]! : counts[from]! + counts[next]!;
      // `to` never overtakes `from`, so what is read is not yet overwritten.
      const [lowX, lowY, highX, highY] = [minX[low]!, minY[low]!, maxX[high]!, maxY[high]!];
      minX[to] = lowX;
      minY[to] = lowY;
      maxX[to] = highX;
      maxY[to] = highY;
      minFirst[to] = order;
      counts[to] = count;
      to++;
    }
    used = to;
  };

  const put = (x: number, y: number, weight: number): void => {
    points += weight;
    sum += y * weight;
    lastX = x;
    last = y;
    const at = used - 1;
    if (used > 0 && counts[at]! < full) {
      counts[at] = counts[at]! + weight;
      if (y < minY[at]!) {
        minX[at] = x;
        minY[at] = y;
        minFirst[at] = 0;
      } else if (y > maxY[at]!) {
        maxX[at] = x;
        maxY[at] = y;
        minFirst[at] = 1;
      }
      return;
    }
    if (used === MOST_BUCKETS) halve();
    minX[used] = x;
    minY[used] = y;
    maxX[used] = x;
    maxY[used] = y;
    minFirst[used] = 1;
    counts[used] = weight;
    used++;
  };

  const addAll = (xs: ArrayLike<number>, ys: ArrayLike<number>, weight: number): void => {
    const length = Math.min(xs.length, ys.length);
    for (let i = 0; i < length; i++) {
      const x = xs[i]!;
      const y = ys[i]!;
      if (Number.isFinite(x) && Number.isFinite(y)) put(x, y, weight);
    }
  };

  return {
    add: (xs, ys) => addAll(xs, ys, 1),
    replace: (xs, ys, total) => {
      used = 0;
      points = 0;
      sum = 0;
      // What follows is as fine as what is there, and no part of the series ends coarser than another.
      const weight = xs.length === 0 ? 1 : Math.max(1, total / xs.length);
      full = weight;
      addAll(xs, ys, weight);
    },
    drawInto: (xs, ys) => {
      let drawn = 0;
      for (let i = 0; i < used; i++) {
        const low = minFirst[i] === 1;
        xs[drawn] = low ? minX[i]! : maxX[i]!;
        ys[drawn] = low ? minY[i]! : maxY[i]!;
        drawn++;
        if (minX[i] === maxX[i] && minY[i] === maxY[i]) continue;
        xs[drawn] = low ? maxX[i]! : minX[i]!;
        ys[drawn] = low ? maxY[i]! : minY[i]!;
        drawn++;
      }
      return drawn;
    },
    summary: () => {
      if (used === 0) return null;
      let least = minY[0]!;
      let greatest = maxY[0]!;
      for (let i = 1; i < used; i++) {
        if (minY[i]! < least) least = minY[i]!;
        if (maxY[i]! > greatest) greatest = maxY[i]!;
      }
      return { points: Math.round(points), lastX, last, least, greatest, mean: sum / points };
    },
  };
};
