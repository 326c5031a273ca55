/** uPlot in the look of the page: drawn at most once a frame, resized with its place, coloured anew with the look. */
import type { Series } from '@liquid/types/scenario';
import uPlot from 'uplot';
import type { Aligned } from './aligned.ts';
import { drawNever, drawSoon } from './draw-queue.ts';
import { formatNumber } from './format.ts';
import { onLook, token } from './theme.ts';

/** Inks in the look. */
export const INKS = 6;

/** Where the cursor is: the values there, or the latest ones where it is nowhere. */
export interface CursorAt {
  readonly x: number | null;
  readonly ys: ReadonlyArray<number | null>;
  /** Whether so many points are drawn that dashes would no longer show. */
  readonly dense: boolean;
  /** Place between the left end, 0, and the right end, 1. */
  readonly share: number;
}

/** A chart on the page. */
export interface ChartHandle {
  /** Draws what has come since. */
  readonly refresh: () => void;
  readonly show: (index: number, shown: boolean) => void;
  /** Moves the cursor by a share of the width. */
  readonly move: (share: number) => void;
  readonly leave: () => void;
  readonly destroy: () => void;
}

/** Points above which lines are drawn without dashes: each is shorter than a dash. */
const DENSE = 1500;

/** Beside colour, what tells lines apart. */
const DASHES: ReadonlyArray<number[]> = [[], [7, 4], [2, 3]];

const heightFor = (width: number): number => (width < 480 ? 210 : 280);

/** A y axis begins at zero unless values are below: a small change must not look like a large one. */
const range: uPlot.Range.Function = (_chart, least, greatest) =>
  least === null || greatest === null
    ? [0, 1]
    : uPlot.rangeNum(least >= 0 ? 0 : least, greatest <= 0 && least < 0 ? 0 : greatest, 0.08, true);

const pathsOf = (form: Series['form']): uPlot.Series.PathBuilder | undefined =>
  form === 'steps'
    ? uPlot.paths.stepped?.({ align: 1 })
    : form === 'points'
      ? () => null
      : uPlot.paths.linear?.();

/** An axis; what it means stands above the chart. */
const axis = (scale: 'x' | 'y'): uPlot.Axis => ({
  font: `12px ${token('--lq-font')}`,
  size:
    scale === 'x'
      ? 30
      : (chart, ticks) => {
          const longest = Math.max(0, ...(ticks ?? []).map((tick) => tick.length));
          return Math.max(34, 14 + 7 * longest);
        },
  gap: 6,
  stroke: () => token('--lq-muted'),
  grid: { stroke: () => token('--lq-grid'), width: 1 },
  ticks: { show: false },
  values: (_chart, splits) => splits.map(formatNumber),
});

/** The last value of a column, however far back. */
const lastOf = (column: ReadonlyArray<number | null>): number | null => {
  for (let i = column.length - 1; i >= 0; i--) {
    const value = column[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
};

/** The value at an index, or that of the nearest point around it. */
const near = (column: ReadonlyArray<number | null>, index: number): number | null => {
  for (let off = 0; off < column.length; off++) {
    const value = column[index - off] ?? column[index + off];
    if (value !== null && value !== undefined) return value;
  }
  return null;
};

/**
 * Draws a chart in an element.
 *
 * @param align the data as it is now
 * @param onCursor called when the cursor moves, and when data comes
 */
export const createChart = (
  place: HTMLElement,
  series: ReadonlyArray<Series>,
  align: () => Aligned,
  onCursor: (at: CursorAt) => void,
): ChartHandle => {
  let data = align();
  const width = (): number => Math.max(200, Math.floor(place.clientWidth));

  const tell = (chart: uPlot): void => {
    const [xs, ...columns] = data;
    const dense = xs.length > DENSE;
    const index = chart.cursor.idx;
    if (index === null || index === undefined) {
      onCursor({ x: null, ys: columns.map(lastOf), share: 1, dense });
      return;
    }
    const share = xs.length < 2 ? 1 : index / (xs.length - 1);
    const ys = columns.map((column) => near(column, index));
    onCursor({ x: xs[index] ?? null, ys, share, dense });
  };

  const chart = new uPlot(
    {
      width: width(),
      height: heightFor(width()),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: false }, y: { range } },
      axes: [axis('x'), axis('y')],
      series: [
        {},
        ...series.map((one, i): uPlot.Series => {
          const paths = pathsOf(one.form);
          return {
            label: one.title,
            stroke: () => token(`--lq-series-${(i % INKS) + 1}`),
            width: 1.75,
            dash: DASHES[i % DASHES.length] ?? [],
            spanGaps: true,
            points: one.form === 'points' ? { show: true, size: 4 } : { show: false },
            ...(paths === undefined ? {} : { paths }),
          };
        }),
      ],
      hooks: { setCursor: [tell] },
    },
    data as uPlot.AlignedData,
    place,
  );
  tell(chart);

  const draw = (): void => {
    data = align();
    const dense = data[0].length > DENSE;
    chart.series.forEach((one, i) => {
      if (i > 0) one.dash = dense ? [] : (DASHES[(i - 1) % DASHES.length] ?? []);
    });
    chart.setData(data as uPlot.AlignedData);
    tell(chart);
  };
  const observer = new ResizeObserver(() => {
    const now = width();
    if (now !== chart.width) chart.setSize({ width: now, height: heightFor(now) });
  });
  observer.observe(place);
  const endLook = onLook(() => chart.redraw(false, true));

  return {
    refresh: () => drawSoon(draw),
    show: (index, shown) => chart.setSeries(index + 1, { show: shown }),
    move: (share) => {
      const inner = chart.over.clientWidth;
      const from = (chart.cursor.left ?? -1) < 0 ? inner : (chart.cursor.left ?? 0);
      const left = Math.min(inner, Math.max(0, from + share * inner));
      chart.setCursor({ left, top: chart.over.clientHeight / 2 });
    },
    leave: () => chart.setCursor({ left: -10, top: -10 }),
    destroy: () => {
      drawNever(draw);
      observer.disconnect();
      endLook();
      chart.destroy();
    },
  };
};
