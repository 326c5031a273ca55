/** Plots: bounded memory, kept shape, fixed size. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chart, sparkline } from '../src/plot.js';
import { createPlots } from '../src/plots.js';
import { createSeriesBuffer, resample } from '../src/series-buffer.js';
import { formatNumber, layTable, wrap } from '../src/terminal.js';

const style = { colour: false, width: 80 };
const filled = (ys: ReadonlyArray<number>) => {
  const buffer = createSeriesBuffer();
  for (const [x, y] of ys.entries()) buffer.add(x, y);
  return buffer;
};

describe('series', () => {
  test('keep sum, count and extremes in at most 1,024 buckets', () => {
    for (const n of [0, 1, 1023, 1024, 5000, 100_000]) {
      const ys = Array.from({ length: n }, (_, i) => (i * 7919) % 1000);
      const buckets = filled(ys).buckets();
      expect(buckets.length).toBeLessThanOrEqual(1024);
      expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(n);
      expect(buckets.reduce((sum, bucket) => sum + bucket.sum, 0)).toBe(
        ys.reduce((a, b) => a + b, 0),
      );
      if (n > 0) {
        expect(Math.max(...buckets.map(({ max }) => max))).toBe(Math.max(...ys));
        expect(Math.min(...buckets.map(({ min }) => min))).toBe(Math.min(...ys));
      }
    }
  });
  test('drop what is not finite', () => {
    expect(filled([NaN, Infinity, 1]).buckets()).toHaveLength(1);
  });
  test('resample to means, carrying over gaps', () => {
    expect(resample(filled([1, 3, 5, 7]).buckets(), 2)).toEqual([2, 6]);
    const gap = createSeriesBuffer();
    gap.add(0, 1);
    gap.add(10, 5);
    expect(resample(gap.buckets(), 5)).toEqual([1, 1, 1, 1, 5]);
    expect(resample([], 5)).toEqual([]);
  });
  test('a sparkline has one bar per column, low to high', () => {
    expect(sparkline(filled([0, 1, 2, 3, 4, 5, 6, 7]).buckets(), 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline(filled([5, 5]).buckets(), 3)).toBe('▅▅▅');
  });
  test('a chart has its size whatever the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 200 }),
        (ys) => {
          const lines = chart([filled(ys).buckets(), filled([0, 1]).buckets()], 80, 's');
          expect(lines).toHaveLength(10);
          for (const line of lines.slice(0, 8)) expect([...line].length).toBeLessThanOrEqual(80);
          expect(lines.slice(0, 8).join('')).toMatch(/[\u2801-\u28ff]/);
        },
      ),
      { numRuns: 500 },
    );
  });
  test('undeclared series are not drawn', () => {
    const plots = createPlots([]);
    plots.add('x', 1, 1);
    expect([plots.render(style), plots.glance(10)]).toEqual([[], '']);
  });
});

describe('layout', () => {
  test('numbers keep their digits and lose their noise', () => {
    expect(
      [0, 5, -3, 1234, 12345, 0.1 + 0.2, 3.14159, 1e-9, 1e20, 12345.678].map(formatNumber),
    ).toEqual([
      '0',
      '5',
      '-3',
      '1234',
      '12,345',
      '0.3',
      '3.142',
      '1e-9',
      '100000000000000000000',
      '12,345.7',
    ]);
  });
  test('tables align numbers right and escape what a terminal would act on', () => {
    const rows = [
      ['a\u001b[2J', 5],
      ['b', null],
      ['c', 1000],
    ];
    expect(layTable(style, ['name', 'n'], rows)).toEqual([
      'name         n',
      '────────  ────',
      'a\\x1b[2J     5',
      'b',
      'c         1000',
    ]);
  });
  test('paragraphs wrap at words', () => {
    expect(wrap('one two three', 9, '- ')).toEqual(['- one two', '- three']);
  });
});
