/** All points of a run in bounded memory: exact while they fit, then lowest and highest of each group. */

import type { Series } from '@liquid/types/scenario';

/** Points that a run keeps: 64 MiB of numbers. */
export const MOST_POINTS = 4 * 1024 * 1024;

/** Points of one series as two lists, in the order in which they came. */
export interface PointLists {
  readonly x: ReadonlyArray<number>;
  readonly y: ReadonlyArray<number>;
}

/** The points of a run. */
export interface PointStore {
  /** Adds a point; series that are not declared are ignored. */
  readonly add: (series: string, x: number, y: number) => void;
  /** Points that came so far, by series; those of none are left out. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** Points that are kept. */
  readonly size: () => number;
  /** Whether points were left out because there are too many to keep. */
  readonly thinned: () => boolean;
  /** Halves the series that keeps most, at the cost of one pass over it. */
  readonly thin: () => void;
  /** At most `most` points that keep the shape: all, or lowest and highest of equal groups. */
  readonly snapshot: (series: string, most: number) => PointLists;
  /**
   * The kept points at this moment in runs of x, y, x, y, …: what is added or thinned later does not
   * change them. They are the store's own, to be read only.
   */
  readonly slices: (series: string) => Iterable<Float64Array>;
}

/** Points of one allocation. */
const CHUNK = 4096;

/** Points of a group, of which the lowest and the highest stay. */
interface Group {
  count: number;
  lowX: number;
  lowY: number;
  highX: number;
  highY: number;
  /** Whether the lowest came before the highest. */
  lowFirst: boolean;
}

const emptyGroup = (): Group => ({
  count: 0,
  lowX: 0,
  lowY: 0,
  highX: 0,
  highY: 0,
  lowFirst: true,
});

/** One series. */
interface Column {
  chunks: Array<Float64Array>;
  /** Points in the chunks. */
  length: number;
  /** Points that came. */
  came: number;
  /** How often it was halved: a group is 2^(halved + 1) points that came, of which two stay. */
  halved: number;
  group: Group;
}

const push = (column: Column, x: number, y: number): void => {
  const at = column.length % CHUNK;
  if (at === 0) column.chunks.push(new Float64Array(CHUNK * 2));
  const chunk = column.chunks[column.chunks.length - 1] as Float64Array;
  chunk[at * 2] = x;
  chunk[at * 2 + 1] = y;
  column.length++;
};

/** Adds to the group `weight` points that came, of which this one stands for all. */
const gather = (group: Group, x: number, y: number, weight: number): void => {
  const first = group.count === 0;
  group.count += weight;
  if (first || y < group.lowY) {
    group.lowX = x;
    group.lowY = y;
    group.lowFirst = false;
  }
  // Of equals the latest is the highest: a flat group keeps both of its ends.
  if (first || y >= group.highY) {
    group.highX = x;
    group.highY = y;
    group.lowFirst = true;
  }
};

const close = (column: Column): void => {
  const { group } = column;
  if (group.lowFirst) push(column, group.lowX, group.lowY);
  push(column, group.highX, group.highY);
  if (!group.lowFirst) push(column, group.lowX, group.lowY);
  column.group = emptyGroup();
};

const halve = (column: Column): void => {
  const { chunks, length, group } = column;
  // What one kept point stands for.
  const weight = 2 ** column.halved;
  column.chunks = [];
  column.length = 0;
  column.group = emptyGroup();
  column.halved++;
  const full = 2 ** (column.halved + 1);
  for (let i = 0; i < length; i++) {
    const chunk = chunks[Math.floor(i / CHUNK)] as Float64Array;
    const at = (i % CHUNK) * 2;
    gather(column.group, chunk[at] as number, chunk[at + 1] as number, weight);
    if (column.group.count >= full) close(column);
  }
  if (group.count === 0) return;
  // A group that was open goes on as part of one that is twice as large.
  const half = group.count / 2;
  const [lowFirst, { lowX, lowY, highX, highY }] = [group.lowFirst, group];
  gather(column.group, lowFirst ? lowX : highX, lowFirst ? lowY : highY, half);
  gather(column.group, lowFirst ? highX : lowX, lowFirst ? highY : lowY, half);
  if (column.group.count >= full) close(column);
};

/** The open group as points; one alone is one point. */
const openPoints = ({ group }: Column): Float64Array => {
  const { count, lowFirst, lowX, lowY, highX, highY } = group;
  if (count === 0) return new Float64Array(0);
  if (count === 1) return Float64Array.of(lowX, lowY);
  return lowFirst
    ? Float64Array.of(lowX, lowY, highX, highY)
    : Float64Array.of(highX, highY, lowX, lowY);
};

const slicesOf = (column: Column): ReadonlyArray<Float64Array> => {
  const whole = column.chunks.map((chunk, i) =>
    chunk.subarray(0, Math.min(CHUNK, column.length - i * CHUNK) * 2),
  );
  return [...whole, openPoints(column)].filter((slice) => slice.length > 0);
};

/** At most `most` of the points of these slices. */
const draw = (slices: ReadonlyArray<Float64Array>, most: number): PointLists => {
  const total = slices.reduce((sum, slice) => sum + slice.length / 2, 0);
  const x: Array<number> = [];
  const y: Array<number> = [];
  const groups = Math.max(1, Math.floor(most / 2));
  let group = emptyGroup();
  let [seen, ends] = [0, 1];
  const tell = (): void => {
    const { lowFirst, lowX, lowY, highX, highY } = group;
    x.push(lowFirst ? lowX : highX, lowFirst ? highX : lowX);
    y.push(lowFirst ? lowY : highY, lowFirst ? highY : lowY);
    group = emptyGroup();
  };
  for (const slice of slices) {
    for (let i = 0; i < slice.length; i += 2) {
      const [px, py] = [slice[i] as number, slice[i + 1] as number];
      if (total <= most) {
        x.push(px);
        y.push(py);
        continue;
      }
      gather(group, px, py, 1);
      seen++;
      if (seen >= (ends * total) / groups) {
        ends++;
        tell();
      }
    }
  }
  if (group.count > 0) tell();
  return { x, y };
};

/**
 * An empty store.
 *
 * @param declared the series that are kept
 * @param limit points that are kept of all series together
 */
export const createPointStore = (
  declared: ReadonlyArray<Series>,
  limit: number = MOST_POINTS,
): PointStore => {
  const columns = new Map(
    declared.map(({ id }): readonly [string, Column] => [
      id,
      { chunks: [], length: 0, came: 0, halved: 0, group: emptyGroup() },
    ]),
  );
  let size = 0;
  let thinned = false;
  const thin = (): void => {
    const [largest] = [...columns.values()].sort((a, b) => b.length - a.length);
    // A few points are never too many.
    if (largest === undefined || largest.length < 4) return;
    size -= largest.length;
    halve(largest);
    size += largest.length;
    thinned = true;
  };
  return {
    add: (series, x, y) => {
      const column = columns.get(series);
      if (column === undefined) return;
      const before = column.length;
      column.came++;
      if (column.halved === 0) push(column, x, y);
      else {
        gather(column.group, x, y, 1);
        if (column.group.count >= 2 ** (column.halved + 1)) close(column);
      }
      size += column.length - before;
      if (size >= limit) thin();
    },
    counts: () =>
      Object.fromEntries(
        [...columns].flatMap(([id, { came }]) => (came === 0 ? [] : [[id, came] as const])),
      ),
    size: () => size,
    thinned: () => thinned,
    thin,
    snapshot: (series, most) => {
      const column = columns.get(series);
      return column === undefined ? { x: [], y: [] } : draw(slicesOf(column), most);
    },
    slices: (series) => {
      const column = columns.get(series);
      return column === undefined ? [] : slicesOf(column);
    },
  };
};
