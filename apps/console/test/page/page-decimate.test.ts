/** Many points in few: what a chart draws keeps the ends, the extremes and the order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAligner } from '../../page/src/aligned.ts';
import {
  createDecimated,
  type Decimated,
  MOST_BUCKETS,
  MOST_DRAWN,
} from '../../page/src/decimate.ts';

const cases = Math.min(2000, Number(process.env['LIQUID_CASES'] ?? 500));

const drawn = (series: Decimated): { readonly xs: number[]; readonly ys: number[] } => {
  const [xs, ys] = [new Float64Array(MOST_DRAWN), new Float64Array(MOST_DRAWN)];
  const length = series.drawInto(xs, ys);
  return { xs: [...xs.subarray(0, length)], ys: [...ys.subarray(0, length)] };
};

const ramp = (length: number): number[] => Array.from({ length }, (_, i) => i);

test('few points are drawn as they came', () => {
  const series = createDecimated();
  series.add([1, 2, 3], [5, 4, 6]);
  series.add([4], [0]);
  expect(drawn(series)).toEqual({ xs: [1, 2, 3, 4], ys: [5, 4, 6, 0] });
  expect(series.summary()).toEqual({
    points: 4,
    lastX: 4,
    last: 0,
    least: 0,
    greatest: 6,
    mean: 3.75,
  });
});

test('nothing is drawn of nothing, and what is not finite is left out', () => {
  const series = createDecimated();
  expect(series.summary()).toBeNull();
  series.add([1, 2, Number.NaN, 4], [Number.NaN, Number.POSITIVE_INFINITY, 3, 4]);
  expect(drawn(series)).toEqual({ xs: [4], ys: [4] });
});

test('a million points stay below the bound, and none of the extremes is lost', () => {
  const series = createDecimated();
  const batch = 10_000;
  for (let at = 0; at < 1_000_000; at += batch) {
    const xs = ramp(batch).map((i) => at + i);
    // One spike up and one down, each a single point among a million.
    const ys = xs.map((x) => (x === 345_678 ? 999 : x === 876_543 ? -999 : (x * 7919) % 100));
    series.add(xs, ys);
  }
  const { xs, ys } = drawn(series);
  expect(xs.length).toBeLessThanOrEqual(MOST_DRAWN);
  expect(xs.length).toBeGreaterThan(MOST_BUCKETS / 2);
  expect(ys[xs.indexOf(345_678)]).toBe(999);
  expect(ys[xs.indexOf(876_543)]).toBe(-999);
  expect(xs.every((x, i) => i === 0 || x >= (xs[i - 1] ?? 0))).toBe(true);
  expect(series.summary()).toMatchObject({ points: 1_000_000, least: -999, greatest: 999 });
});

test('of any points, every drawn one is among them, in order, the extremes too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (shape, times) => {
        const ys = Array.from({ length: times }, () => shape).flat();
        const series = createDecimated();
        const xs = ramp(ys.length);
        series.add(xs, ys);
        const out = drawn(series);
        expect(out.xs.every((x, i) => ys[x] === out.ys[i])).toBe(true);
        expect(out.xs.every((x, i) => i === 0 || x > (out.xs[i - 1] ?? 0))).toBe(true);
        expect(Math.min(...out.ys)).toBe(Math.min(...ys));
        expect(Math.max(...out.ys)).toBe(Math.max(...ys));
        expect(out.xs.length).toBeLessThanOrEqual(MOST_DRAWN);
      },
    ),
    { numRuns: cases },
  );
});

test('after a snapshot, old and new points are equally fine', () => {
  const series = createDecimated();
  series.add([0], [12345]);
  const snapshot = ramp(4096);
  series.replace(
    snapshot.map((i) => i * 250),
    snapshot.map((i) => i % 50),
    1_024_000,
  );
  expect(series.summary()).toMatchObject({ points: 1_024_000, greatest: 49 });
  for (let at = 1_024_000; at < 2_048_000; at += 8000) {
    const xs = ramp(8000).map((i) => at + i);
    series.add(
      xs,
      xs.map((x) => x % 50),
    );
  }
  const { xs } = drawn(series);
  const old = xs.filter((x) => x < 1_024_000).length;
  expect(old / xs.length).toBeGreaterThan(0.4);
  expect(old / xs.length).toBeLessThan(0.6);
  expect(series.summary()?.points).toBe(2_048_000);
});

test('series with x values of their own are put side by side', () => {
  const [a, b] = [createDecimated(), createDecimated()];
  const align = createAligner([a, b]);
  expect(align()).toEqual([[], [], []]);
  a.add([1, 3], [10, 30]);
  b.add([3, 2, 4], [0.3, 0.2, 0.4]);
  expect(align()).toEqual([
    [1, 2, 3, 4],
    [10, null, 30, null],
    [null, 0.2, 0.3, 0.4],
  ]);
});

test('two points at one x both stay', () => {
  const series = createDecimated();
  series.add([1, 1, 2], [5, 6, 7]);
  expect(createAligner([series])()).toEqual([
    [1, 1, 2],
    [5, 6, 7],
  ]);
});
