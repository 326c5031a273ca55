/** Small plots made of characters: a sparkline for a line of text, Braille dots for a chart. */

import { type Bucket, resample } from './series-buffer.js';
import { formatNumber, padStart } from './terminal.js';

const BARS = '▁▂▃▄▅▆▇█';

/** Lowest and highest of the values; a flat series gets a span, so that it has a height. */
const rangeOf = (values: ReadonlyArray<number>): readonly [number, number] => {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
};

/** One character per column, by height. */
export const sparkline = (
  buckets: ReadonlyArray<Bucket>,
  columns: number,
  range?: readonly [number, number],
): string => {
  const values = resample(buckets, columns);
  if (values.length === 0) return '';
  const [low, high] = range ?? rangeOf(values);
  return values
    .map((value) => {
      const share = (value - low) / (high - low);
      const step = Math.min(BARS.length - 1, Math.max(0, Math.floor(share * BARS.length)));
      return BARS[step] ?? '';
    })
    .join('');
};

/** Rows of a chart. */
const CHART_ROWS = 8;

/** The bit of a dot in a Braille character: two columns by four rows (Unicode block U+2800). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** The dots of one chart: a Braille bit pattern per cell, and which series drew there last. */
interface Canvas {
  readonly bits: ReadonlyArray<Uint8Array>;
  readonly owners: ReadonlyArray<Int8Array>;
}

const draw = (canvas: Canvas, owner: number, ys: ReadonlyArray<number>): void => {
  let before: number | undefined;
  for (const [at, y] of ys.entries()) {
    // A step is drawn as a line down or up, or the eye loses it.
    const [from, to] = before === undefined ? [y, y] : [Math.min(y, before), Math.max(y, before)];
    for (let dot = from; dot <= to; dot++) {
      const [row, owners] = [canvas.bits[dot >> 2], canvas.owners[dot >> 2]];
      if (row === undefined || owners === undefined) continue;
      row[at >> 1] = (row[at >> 1] ?? 0) | (DOTS[at & 1]?.[dot & 3] ?? 0);
      owners[at >> 1] = owner;
    }
    before = y;
  }
};

const meansOf = (series: ReadonlyArray<Bucket>): ReadonlyArray<number> =>
  series.map(({ sum, count }) => sum / count);

/**
 * A chart of one or more series on one scale: Braille dots, two per column and four per row, the range
 * at the left, the ends of x below.
 *
 * @param series each with at least one bucket
 * @param ink puts a piece of the drawing into the colour of a series
 */
export const chart = (
  series: ReadonlyArray<ReadonlyArray<Bucket>>,
  width: number,
  xUnit: string,
  ink: (owner: number, text: string) => string = (_, text) => text,
): ReadonlyArray<string> => {
  const [low, high] = rangeOf(series.flatMap(meansOf));
  const labels = [formatNumber(high), formatNumber(low)];
  const margin = Math.max(...labels.map((label) => label.length));
  const columns = Math.max(8, width - margin - 3);
  const xs = series.flatMap((buckets) => buckets.map(({ x }) => x));
  const ends = [Math.min(...xs), Math.max(...xs)] as const;
  const height = CHART_ROWS * 4;
  const rows = Array.from({ length: CHART_ROWS });
  const canvas = {
    bits: rows.map(() => new Uint8Array(columns)),
    owners: rows.map(() => new Int8Array(columns)),
  };
  for (const [owner, buckets] of series.entries()) {
    const values = resample(buckets, columns * 2, ends);
    const toDot = (value: number): number =>
      Math.min(height - 1, Math.floor(((high - value) / (high - low)) * height));
    draw(canvas, owner, values.map(toDot));
  }
  const lines = canvas.bits.map((row, i) => {
    const label = i === 0 ? labels[0] : i === CHART_ROWS - 1 ? labels[1] : '';
    const dots = Array.from(row, (bits, column) => {
      const owner = canvas.owners[i]?.[column] ?? 0;
      return bits === 0 ? ' ' : ink(owner, String.fromCharCode(0x2800 + bits));
    });
    return `${padStart(label ?? '', margin)} │${dots.join('')}`.trimEnd();
  });
  const marks = [formatNumber(ends[0]), `${formatNumber(ends[1])} ${xUnit}`.trim()] as const;
  const between = Math.max(1, columns - marks[0].length - marks[1].length);
  return [
    ...lines,
    `${' '.repeat(margin)} └${'─'.repeat(columns)}`,
    `${' '.repeat(margin + 2)}${marks[0]}${' '.repeat(between)}${marks[1]}`,
  ];
};
