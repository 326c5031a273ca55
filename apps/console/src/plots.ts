/** The series of a run, drawn: a chart per plot, and below it each series by itself. */

import type { Series } from '@liquid/types/scenario';
import { chart, sparkline } from './plot.js';
import { createSeriesBuffer, type SeriesBuffer } from './series-buffer.js';
import { formatNumber, lengthOf, padEnd, paint, plain, type Style } from './terminal.js';

/** The points of a run. */
export interface Plots {
  readonly add: (series: string, x: number, y: number) => void;
  /** The drawn plots; empty where no point came. */
  readonly render: (style: Style) => ReadonlyArray<string>;
  /** The first series that has points, as one line for the progress display. */
  readonly glance: (columns: number) => string;
}

interface Line {
  readonly series: Series;
  readonly buffer: SeriesBuffer;
}

/** Columns of a sparkline beside its figures. */
const SPARK = 40;

const meanOf = (line: Line): number => {
  let [sum, count] = [0, 0];
  for (const bucket of line.buffer.buckets()) {
    sum += bucket.sum;
    count += bucket.count;
  }
  return sum / count;
};

const figuresOf = (line: Line): string => {
  const buckets = line.buffer.buckets();
  const low = Math.min(...buckets.map(({ min }) => min));
  const high = Math.max(...buckets.map(({ max }) => max));
  const { unit } = line.series.y;
  const range = `${formatNumber(low)} … ${formatNumber(high)}`;
  return `mean ${formatNumber(meanOf(line))} ${unit}`.trimEnd() + ` (${range})`;
};

/** Colours of the series of one plot, in their order. */
const INKS = ['cyan', 'yellow', 'green', 'red', 'blue'] as const;

const drawPlot = (style: Style, lines: ReadonlyArray<Line>): ReadonlyArray<string> => {
  const ink = (owner: number, text: string): string =>
    paint(style, INKS[owner % INKS.length] ?? 'cyan', text);
  const title = Math.max(...lines.map(({ series }) => lengthOf(plain(series.title))));
  const columns = Math.max(8, Math.min(SPARK, style.width - title - 40));
  const x = lines[0]?.series.x ?? { title: '', unit: '' };
  return [
    ...chart(
      lines.map(({ buffer }) => buffer.buckets()),
      style.width,
      `${x.unit} (${x.title})`.trim(),
      ink,
    ),
    // Each on its own scale: what the chart shows beside the others is here seen by itself.
    ...lines.map((line, i) => {
      const spark = sparkline(line.buffer.buckets(), columns);
      return `${padEnd(plain(line.series.title), title)}  ${ink(i, spark)}  ${figuresOf(line)}`;
    }),
  ];
};

/** Collects the points of the declared series; others are ignored. */
export const createPlots = (declared: ReadonlyArray<Series>): Plots => {
  const lines = declared.map((series): Line => ({ series, buffer: createSeriesBuffer() }));
  const byId = new Map(lines.map((line) => [line.series.id, line]));
  const drawn = (): ReadonlyArray<Line> =>
    lines.filter(({ buffer }) => buffer.buckets().length > 0);
  return {
    add: (series, x, y) => byId.get(series)?.buffer.add(x, y),
    render: (style) => {
      const plots = [...new Set(drawn().map(({ series }) => series.plot))];
      return plots.flatMap((plot) => {
        const together = drawn().filter(({ series }) => series.plot === plot);
        const [first] = together;
        if (first === undefined) return [];
        const { title, unit } = first.series.y;
        const axis = unit === '' ? title : `${title}, ${unit}`;
        return ['', paint(style, 'bold', plain(`${plot} (${axis})`)), ...drawPlot(style, together)];
      });
    },
    glance: (columns) => {
      const [first] = drawn();
      return first === undefined ? '' : sparkline(first.buffer.buckets(), columns);
    },
  };
};
