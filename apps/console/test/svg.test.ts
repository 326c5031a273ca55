/** Pictures of plots: their structure, their words, their colours; the same octets for the same points. */
import type { Series } from '@liquid/types/scenario';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { roundTicks, tightTicks } from '../src/axis-ticks.js';
import { createPointStore } from '../src/point-store.js';
import { plotNames, plotsOf, renderSvg } from '../src/svg.js';

const series = (id: string, form: Series['form'], plot = 'Sizes'): Series => ({
  id,
  title: `the ${id} <&> "one"`,
  plot,
  x: { title: 'time', unit: 's' },
  y: { title: 'size', unit: 'B/packet' },
  form,
});

const render = (
  all: ReadonlyArray<Series>,
  points: ReadonlyArray<readonly [string, number, number]>,
): string => {
  const store = createPointStore(all);
  for (const point of points) store.add(...point);
  const [plot] = plotsOf(all);
  if (plot === undefined) throw new Error('no plot');
  return renderSvg('A <scenario>', plot, store);
};

/** Start tags in their order, each checked to be closed: what an XML parser would insist on. */
const tagsOf = (svg: string): ReadonlyArray<string> => {
  const open: Array<string> = [];
  const tags: Array<string> = [];
  for (const match of svg.matchAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|<|&(?!amp;|lt;|gt;|quot;)/g,
  )) {
    const [whole, closing, name = '', , single] = match;
    if (match[2] === undefined) throw new Error(`bad markup at ${match.index}: ${whole}`);
    if (closing === '/') expect(open.pop()).toBe(name);
    else {
      tags.push(name);
      if (single !== '/') open.push(name);
    }
  }
  expect(open).toEqual([]);
  return tags;
};

const paths = (svg: string, kind: string): ReadonlyArray<string> =>
  [...svg.matchAll(new RegExp(`<path class="${kind} lq-ink-\\d" d="([^"]*)"/>`, 'g'))].map(
    ([, d = '']) => d,
  );

describe('a picture', () => {
  const all = [series('line', 'line'), series('steps', 'steps'), series('points', 'points')];
  const points = [0, 1, 2, 3].flatMap((x) => all.map(({ id }, i) => [id, x, x * 10 + i] as const));
  const svg = render(all, points);

  test('is well formed, with axes, ticks, units, a legend, a title and a description', () => {
    const tags = tagsOf(svg);
    expect(tags.slice(0, 4)).toEqual(['svg', 'title', 'desc', 'style']);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>Sizes - A &lt;scenario&gt;</title>');
    expect(svg).toContain('>time (s)</text>');
    expect(svg).toContain('>size (B/packet)</text>');
    for (const tick of ['0', '10', '20', '30']) expect(svg).toContain(`>${tick}</text>`);
    const desc = /<desc>(.*)<\/desc>/.exec(svg)?.[1];
    expect(desc).toContain('size (B/packet) over time (s) from 0 to 3.');
    expect(desc).toContain('4 points from 0 to 30 B/packet, the last 30 B/packet');
    expect(svg.split('the line &lt;&amp;&gt; &quot;one&quot;').length).toBe(3);
  });
  test('joins points as the series says', () => {
    const drawn = paths(svg, 'lq-line').filter((d) => d.length > 20);
    expect(drawn[0]).toMatch(/^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){3}$/);
    expect(drawn[1]).toMatch(/^M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){3}$/);
    expect(paths(svg, 'lq-points').at(-1)).toMatch(/^(M\d+ \d+h0){4}$/);
  });
  test('takes the tokens of the shared look, with the same colours where there are none', () => {
    const look = readFileSync(join(import.meta.dirname, '../look/look.css'), 'utf8');
    const used = [...svg.matchAll(/var\(--lq-([a-z0-9-]+),(#[0-9a-f]{6})\)/g)];
    expect(used.length).toBeGreaterThan(20);
    for (const [, token = '', colour = ''] of used) {
      expect(look).toMatch(new RegExp(`--lq-${token}: ${colour};`));
    }
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
  });
  test('is the same for the same points, and small for many', () => {
    expect(render(all, points)).toBe(svg);
    const store = createPointStore([series('line', 'line')]);
    for (let i = 0; i < 300_000; i++) store.add('line', i, i === 123_456 ? 99 : (i * 7919) % 50);
    const [plot] = plotsOf([series('line', 'line')]);
    if (plot === undefined) throw new Error('no plot');
    const big = renderSvg('Many', plot, store);
    expect(big.length).toBeLessThan(80_000);
    // The one peak is not lost: it stands alone at its height.
    expect(big).toContain('300,000 points from 0 to 99 B/packet');
    const heights = [...(paths(big, 'lq-line').at(-1) ?? '').matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(
      ([, y]) => Number(y),
    );
    const top = Math.min(...heights);
    expect(heights.filter((y) => y === top)).toHaveLength(1);
  });
  test('without points says so', () => {
    const empty = render(all, []);
    tagsOf(empty);
    expect(empty).toContain('<desc>No points.</desc>');
    expect(empty).toContain('>no points</text>');
  });
  test('is well formed and finite whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(
          fc.tuple(
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
          ),
          { maxLength: 50 },
        ),
        fc.constantFrom('line' as const, 'steps' as const, 'points' as const),
        (title, list, form) => {
          const strange = { ...series('a', form), title, x: { title, unit: title } };
          const text = render(
            [strange],
            list.map(([x, y]) => ['a', x, y] as const),
          );
          expect(text).not.toMatch(/NaN|Infinity|undefined/);
          // oxlint-disable-next-line no-control-regex
          expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('plots', () => {
  test('hold the series that share them, and have names of their own', () => {
    const plots = plotsOf([
      series('a', 'line', 'Bits / s'),
      series('b', 'line', '§'),
      series('c', 'line', 'Bits / s'),
      series('d', 'line', 'bits-s'),
    ]);
    expect(plots.map(({ series: of }) => of.map(({ id }) => id))).toEqual([
      ['a', 'c'],
      ['b'],
      ['d'],
    ]);
    expect(plotNames(plots)).toEqual(['bits-s', 'plot', 'bits-s-2']);
  });
  test('have ticks at round values', () => {
    expect(tightTicks(0, 1.048, 8)).toEqual({ from: 0, to: 1.048, at: [0, 0.2, 0.4, 0.6, 0.8, 1] });
    expect(roundTicks(4, 40.24, 6)).toEqual({ from: 0, to: 50, at: [0, 10, 20, 30, 40, 50] });
    expect(roundTicks(5, 5, 6).at.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
        fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
        (a, b) => {
          for (const ticks of [
            tightTicks(Math.min(a, b), Math.max(a, b), 8),
            roundTicks(Math.min(a, b), Math.max(a, b), 6),
          ]) {
            expect(ticks.at.length).toBeLessThanOrEqual(50);
            expect(ticks.from).toBeLessThan(ticks.to);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
