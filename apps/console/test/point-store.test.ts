/** Points in bounded memory: exact while they fit, true extremes and order after. */
import type { Series } from '@liquid/types/scenario';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPointStore, type PointStore } from '../src/point-store.js';
import { seriesCsv } from '../src/series-csv.js';

const CASES = Math.min(Number(process.env['LIQUID_CASES'] ?? 1000), 5000);

const series = (id: string, y = { title: 'size', unit: 'B' }): Series => ({
  id,
  title: id,
  plot: 'Plot',
  x: { title: 'time', unit: 's' },
  y,
  form: 'line',
});

const kept = (store: PointStore, id: string): ReadonlyArray<readonly [number, number]> =>
  [...store.slices(id)].flatMap((slice) =>
    Array.from({ length: slice.length / 2 }, (_, i) => [slice[2 * i], slice[2 * i + 1]] as const),
  ) as ReadonlyArray<readonly [number, number]>;

const pairs = ({ x, y }: { x: ReadonlyArray<number>; y: ReadonlyArray<number> }) =>
  x.map((value, i) => [value, y[i]]);

describe('points', () => {
  test('within the limit are kept as they came', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('a', 'b', 'c'),
            fc.double({ noNaN: true }),
            fc.double({ noNaN: true }),
          ),
        ),
        (points) => {
          const store = createPointStore([series('a'), series('b')]);
          for (const point of points) store.add(...point);
          for (const id of ['a', 'b']) {
            const mine = points.filter(([name]) => name === id).map(([, x, y]) => [x, y]);
            expect(kept(store, id)).toEqual(mine);
            expect(pairs(store.snapshot(id, 10_000))).toEqual(mine);
            expect(store.counts()[id] ?? 0).toBe(mine.length);
          }
          expect(kept(store, 'c')).toEqual([]);
          expect(store.thinned()).toBe(false);
        },
      ),
      { numRuns: CASES },
    );
  });
  test('beyond it are some of those that came, in their order, with every extreme', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 3000 }),
        fc.integer({ min: 8, max: 200 }),
        (ys, limit) => {
          const store = createPointStore([series('a')], limit);
          for (const [x, y] of ys.entries()) store.add('a', x, y);
          const points = kept(store, 'a');
          // The open group adds two at most.
          expect(points.length).toBeLessThanOrEqual(limit + 2);
          expect(store.size()).toBeLessThan(Math.max(limit, 4));
          expect(store.counts()['a'] ?? 0).toBe(ys.length);
          expect(store.thinned()).toBe(ys.length >= limit);
          let before = -1;
          for (const [x, y] of points) {
            expect(ys[x]).toBe(y);
            expect(x).toBeGreaterThanOrEqual(before);
            before = x;
          }
          if (ys.length > 0) {
            const heights = points.map(([, y]) => y);
            expect(Math.min(...heights)).toBe(Math.min(...ys));
            expect(Math.max(...heights)).toBe(Math.max(...ys));
          }
          const few = pairs(store.snapshot('a', 8));
          expect(few.length).toBeLessThanOrEqual(8);
          const high = Math.max(...few.map(([, y]) => y ?? 0));
          if (ys.length > 0) expect(high).toBe(Math.max(...ys));
        },
      ),
      { numRuns: CASES },
    );
  });
  test('are as dense at the beginning as at the end, however many come', () => {
    const store = createPointStore([series('a'), series('rare')], 4096);
    for (let i = 0; i < 1_000_000; i++) {
      store.add('a', i, Math.sin(i));
      if (i % 100_000 === 0) store.add('rare', i, i);
    }
    const points = kept(store, 'a');
    const first = points.filter(([x]) => x < 500_000).length;
    expect(points.length).toBeGreaterThan(1024);
    expect(Math.abs(first - (points.length - first))).toBeLessThan(points.length / 20);
    expect(kept(store, 'rare')).toHaveLength(10);
  });
  test('that were taken do not change when more come', () => {
    const store = createPointStore([series('a')], 64);
    for (let i = 0; i < 60; i++) store.add('a', i, i);
    const text = seriesCsv([series('a')], store);
    for (let i = 60; i < 6000; i++) store.add('a', i, -i);
    expect([...text].join('').trim().split('\n')).toEqual([
      'series,x: time (s),y: size (B)',
      ...Array.from({ length: 60 }, (_, i) => `a,${i},${i}`),
    ]);
  });
});

describe('CSV', () => {
  test('names quantities and units, by series where they differ, and quotes what it must', () => {
    const store = createPointStore([
      series('a'),
      series('b,"', { title: 'rate', unit: 'bit/s, net' }),
    ]);
    store.add('a', 0.1, 1e21);
    store.add('b,"', -0, 5e-324);
    const lines = [
      ...seriesCsv([series('a'), series('b,"', { title: 'rate', unit: 'bit/s, net' })], store),
    ]
      .join('')
      .split('\n');
    expect(lines).toEqual([
      'series,x: time (s),"y: a: size (B); b,"": rate (bit/s, net)"',
      'a,0.1,1e+21',
      '"b,""",0,5e-324',
      '',
    ]);
    expect([...seriesCsv([], store)]).toEqual(['series,x,y\n']);
  });
});
