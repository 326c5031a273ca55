/** The series of a run, drawn: a chart for a series alone, sparklines for those that share a plot. */

import type { Series } from '@liquid/types/scenario';
import { chart, rangeOf, sparkline } from './plot.js';
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

const drawTogether = (style: Style, lines: ReadonlyArray<Line>): ReadonlyArray<string> => {
  const title = Math.max(...lines.map(({ series }) => lengthOf(plain(series.title))));
  const values = lines.flatMap(({ buffer }) =>
    buffer.buckets().map(({ sum, count }) => sum / count),
  );
  const range = rangeOf(values);
  const columns = Math.max(8, Math.min(SPARK, style.width - title - 40));
  return lines.map((line) => {
    const spark = sparkline(line.buffer.buckets(), columns, range);
    const name = padEnd(plain(line.series.title), title);
    return `${name}  ${paint(style, 'cyan', spark)}  ${figuresOf(line)}`;
  });
};

const drawAlone = (style: Style, line: Line): ReadonlyArray<string> => [
  ...chart(line.buffer.buckets(), style.width, line.series.x.unit),
  plain(`x: ${line.series.x.title} · ${line.series.title}: ${figuresOf(line)}`),
];

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
        return [
          '',
          paint(style, 'bold', plain(`${plot} (${axis})`)),
          ...(together.length === 1 ? drawAlone(style, first) : drawTogether(style, together)),
        ];
      });
    },
    glance: (columns) => {
      const [first] = drawn();
      return first === undefined ? '' : sparkline(first.buffer.buckets(), columns);
    },
  };
};
