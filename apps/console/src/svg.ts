/** A plot as a picture: an SVG that stands alone, or takes the colours of the page that holds it. */

import type { Axis, Series } from '@liquid/types/scenario';
import { roundTicks, tightTicks, type Ticks } from './axis-ticks.js';
import type { PointLists, PointStore } from './point-store.js';
import { svgStyle } from './svg-style.js';
import { formatNumber } from './terminal.js';

/** The series of one plot, in the order in which the scenario declares them. */
export interface Plot {
  readonly title: string;
  readonly series: ReadonlyArray<Series>;
}

/** The plots of a scenario: series that share one are drawn together. */
export const plotsOf = (series: ReadonlyArray<Series>): ReadonlyArray<Plot> =>
  [...new Set(series.map(({ plot }) => plot))].map((title) => ({
    title,
    series: series.filter(({ plot }) => plot === title),
  }));

/** The name that a plot's file has, without its ending; unique among the scenario's plots. */
export const plotNames = (plots: ReadonlyArray<Plot>): ReadonlyArray<string> => {
  const slugs = plots.map(
    ({ title }) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-|-$/g, '')
        .slice(0, 60) || 'plot',
  );
  return slugs.map((slug, i) => (slugs.indexOf(slug) === i ? slug : `${slug}-${i}`));
};

const WIDTH = 800;
const HEIGHT = 420;
const [LEFT, RIGHT, BOTTOM] = [72, 18, 54];
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;

/** Points that are looked at: many for each column of pixels, so that no extreme is lost. */
const MOST = 16 * PLOT_WIDTH;

/** Width of a character of the legend, about: there is no font to measure. */
const CHARACTER = 7;

/** Characters that XML knows, and no others. */
const xml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/g, (c) =>
      c.length === 1 ? '\ufffd' : c,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const axisText = ({ title, unit }: Axis): string =>
  unit === '' ? title : title === '' ? unit : `${title} (${unit})`;

/** Far outside the picture; whatever is farther is drawn there. */
const FAR = 1e6;

const within = (value: number): number => Math.min(FAR, Math.max(-FAR, value));

/** Two digits behind the point: a hundredth of a pixel. */
const px = (value: number): string => String(Math.round(value * 100) / 100 + 0);

interface Drawn {
  readonly series: Series;
  /** Counted from 1, as the look counts its colours. */
  readonly ink: number;
  readonly points: PointLists;
  readonly came: number;
}

interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Neighbours in one column of pixels become first, lowest, highest and last, in their order. */
const perColumn = (
  { x, y }: PointLists,
  scale: Scale,
): ReadonlyArray<readonly [number, number]> => {
  const out: Array<readonly [number, number]> = [];
  let held: Array<readonly [number, number]> = [];
  const tell = (): void => {
    if (held.length <= 4) out.push(...held);
    else {
      let [low, high] = [0, 0];
      for (const [i, point] of held.entries()) {
        if (point[1] < (held[low]?.[1] ?? 0)) low = i;
        if (point[1] > (held[high]?.[1] ?? 0)) high = i;
      }
      const kept = [...new Set([0, low, high, held.length - 1])].sort((a, b) => a - b);
      for (const i of kept) out.push(held[i] as readonly [number, number]);
    }
    held = [];
  };
  for (const [i, value] of x.entries()) {
    const point = [scale.x(value), scale.y(y[i] ?? 0)] as const;
    const first = held[0];
    if (first !== undefined && Math.floor(first[0]) !== Math.floor(point[0])) tell();
    held.push(point);
  }
  tell();
  return out;
};

const linePath = (points: ReadonlyArray<readonly [number, number]>, steps: boolean): string =>
  points
    .map(([x, y], i) => {
      if (i === 0) return `M${px(x)} ${px(y)}`;
      // A value holds until the next one comes.
      return steps ? `H${px(x)}V${px(y)}` : `L${px(x)} ${px(y)}`;
    })
    .join('');

/** Each pixel is marked once, however many points fall on it. */
const marks = ({ x, y }: PointLists, scale: Scale): string => {
  const seen = new Set<string>();
  for (const [i, value] of x.entries()) {
    seen.add(`M${Math.round(scale.x(value))} ${Math.round(scale.y(y[i] ?? 0))}h0`);
  }
  return [...seen].join('');
};

const draw = ({ series, ink, points }: Drawn, scale: Scale): string => {
  if (points.x.length === 0) return '';
  const single = points.x.length === 1;
  const dots = series.form === 'points' || single;
  const path = dots
    ? marks(points, scale)
    : linePath(perColumn(points, scale), series.form === 'steps');
  const shape = dots ? 'lq-points' : 'lq-line';
  return `<path class="${shape} lq-ink-${ink}" d="${path}"/>`;
};

/** The legend in rows; gives also the height that it takes. */
const legend = (
  drawn: ReadonlyArray<Drawn>,
): { readonly text: string; readonly height: number } => {
  const row = 20;
  let [x, y] = [LEFT, 44];
  const items = drawn.map(({ series, ink }) => {
    const width = 34 + CHARACTER * [...series.title].length;
    if (x > LEFT && x + width > WIDTH - RIGHT) [x, y] = [LEFT, y + row];
    const sample =
      series.form === 'points'
        ? `<path class="lq-points lq-ink-${ink}" d="M${x + 10} ${y - 4}h0"/>`
        : `<path class="lq-line lq-ink-${ink}" d="M${x} ${y - 4}h20"/>`;
    const item = `${sample}<text x="${x + 26}" y="${y}">${xml(series.title)}</text>`;
    x += width;
    return item;
  });
  return { text: `<g class="lq-legend">${items.join('')}</g>`, height: y + 14 };
};

const range = (lists: ReadonlyArray<ReadonlyArray<number>>): readonly [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists) {
    for (const value of list) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
};

/** What a screen reader says of the picture. */
const describe = (drawn: ReadonlyArray<Drawn>, x: Axis, y: Axis): string => {
  const [from, to] = range(drawn.map(({ points }) => points.x));
  const said = drawn.map(({ series, points, came }) => {
    if (came === 0) return `${series.title}: no points`;
    const [low, high] = range([points.y]);
    const last = points.y[points.y.length - 1] ?? 0;
    const unit = series.y.unit === '' ? '' : ` ${series.y.unit}`;
    return `${series.title}: ${formatNumber(came)} points from ${formatNumber(low)} to ${formatNumber(high)}${unit}, the last ${formatNumber(last)}${unit}`;
  });
  const over = `${axisText(y)} over ${axisText(x)} from ${formatNumber(from)} to ${formatNumber(to)}`;
  return [over, ...said].map((sentence) => `${sentence}.`).join(' ');
};

const axes = (
  x: Ticks,
  y: Ticks,
  scale: Scale,
  top: number,
  titles: readonly [Axis, Axis],
): string => {
  const bottom = HEIGHT - BOTTOM;
  const middle = (top + bottom) / 2;
  const right = WIDTH - RIGHT;
  const xs = x.at.map((value) => {
    const at = px(scale.x(value));
    return `<path class="lq-axis" d="M${at} ${bottom}v5"/><text class="lq-x" x="${at}" y="${bottom + 19}">${formatNumber(value)}</text>`;
  });
  const ys = y.at.map((value) => {
    const at = px(scale.y(value));
    return `<path class="lq-grid" d="M${LEFT} ${at}H${right}"/><text class="lq-y" x="${LEFT - 8}" y="${at}" dy="0.35em">${formatNumber(value)}</text>`;
  });
  return [
    '<g class="lq-axes">',
    ...ys,
    ...xs,
    `<path class="lq-axis" d="M${LEFT} ${px(top)}V${bottom}H${right}"/>`,
    `<text class="lq-x" x="${px((LEFT + right) / 2)}" y="${HEIGHT - 12}">${xml(axisText(titles[0]))}</text>`,
    `<text class="lq-x" transform="translate(16 ${px(middle)}) rotate(-90)">${xml(axisText(titles[1]))}</text>`,
    '</g>',
  ].join('');
};

/**
 * Draws one plot, 800 × 420. The same points give the same octets. Text and lines take the `--lq-*`
 * colours of the page around; alone it is readable on light and dark.
 *
 * @param scenario title of the scenario, for the picture's own title
 */
export const renderSvg = (
  scenario: string,
  plot: Plot,
  store: Pick<PointStore, 'snapshot' | 'counts'>,
): string => {
  const counts = store.counts();
  const drawn = plot.series.map((series, i): Drawn => {
    const points = store.snapshot(series.id, MOST);
    return { series, points, ink: (i % 6) + 1, came: counts[series.id] ?? 0 };
  });
  const x = plot.series[0]?.x ?? { title: '', unit: '' };
  const y = plot.series[0]?.y ?? { title: '', unit: '' };
  const key = legend(drawn);
  const [top, bottom] = [key.height, HEIGHT - BOTTOM];
  const xTicks = tightTicks(...range(drawn.map(({ points }) => points.x)), 8);
  const yTicks = roundTicks(...range(drawn.map(({ points }) => points.y)), 6);
  const scale: Scale = {
    x: (value) => within(LEFT + ((value - xTicks.from) / (xTicks.to - xTicks.from)) * PLOT_WIDTH),
    y: (value) =>
      within(bottom - ((value - yTicks.from) / (yTicks.to - yTicks.from)) * (bottom - top)),
  };
  const empty = drawn.every(({ points }) => points.x.length === 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="lq-plot" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${xml(`${plot.title} - ${scenario}`)}</title>`,
    `<desc>${xml(empty ? 'No points.' : describe(drawn, x, y))}</desc>`,
    `<style>${svgStyle}</style>`,
    `<rect class="lq-back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="lq-title" x="${LEFT}" y="24">${xml(plot.title)}</text>`,
    key.text,
    axes(xTicks, yTicks, scale, top, [x, y]),
    empty
      ? `<text class="lq-x" x="${WIDTH / 2}" y="${px((top + bottom) / 2)}">no points</text>`
      : '',
    ...drawn.map((one) => draw(one, scale)),
    '</svg>',
    '',
  ]
    .filter((part, i, all) => part !== '' || i === all.length - 1)
    .join('\n');
};
