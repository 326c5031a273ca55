/** Small plots made of characters: a sparkline for a line of text, Braille dots for a chart. */

import { type Bucket, resample } from './series-buffer.js';
import { formatNumber, padStart } from './terminal.js';

const BARS = '▁▂▃▄▅▆▇█';

/** Lowest and highest of the values; a flat series gets a span, so that it has a height. */
export const rangeOf = (values: ReadonlyArray<number>): readonly [number, number] => {
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

/**
 * A chart of one series: Braille dots, two per column and four per row, with the range written at the
 * left and the ends of x below.
 */
export const chart = (
  buckets: ReadonlyArray<Bucket>,
  width: number,
  xUnit: string,
): ReadonlyArray<string> => {
  if (buckets.length === 0) return [];
  const lows = Math.min(...buckets.map(({ sum, count }) => sum / count));
  const highs = Math.max(...buckets.map(({ sum, count }) => sum / count));
  const [low, high] = rangeOf([lows, highs]);
  const labels = [formatNumber(high), formatNumber(low)];
  const margin = Math.max(...labels.map((label) => label.length));
  const columns = Math.max(8, width - margin - 3);
  const values = resample(buckets, columns * 2);
  const height = CHART_ROWS * 4;
  const cells = Array.from({ length: CHART_ROWS }, () => new Uint8Array(columns));
  let before: number | undefined;
  for (const [at, value] of values.entries()) {
    const y = Math.min(height - 1, Math.floor(((high - value) / (high - low)) * height));
    // A step is drawn as a line down or up, or the eye loses it.
    const [from, to] = before === undefined ? [y, y] : [Math.min(y, before), Math.max(y, before)];
    for (let dot = from; dot <= to; dot++) {
      const row = cells[dot >> 2];
      if (row !== undefined) row[at >> 1] = (row[at >> 1] ?? 0) | (DOTS[at & 1]?.[dot & 3] ?? 0);
    }
    before = y;
  }
  const lines = cells.map((row, i) => {
    const label = i === 0 ? labels[0] : i === CHART_ROWS - 1 ? labels[1] : '';
    const dots = Array.from(row, (bits) => String.fromCharCode(0x2800 + bits)).join('');
    return `${padStart(label ?? '', margin)} │${dots}`;
  });
  const xs = buckets.map(({ x }) => x);
  const ends = [formatNumber(Math.min(...xs)), `${formatNumber(Math.max(...xs))} ${xUnit}`.trim()];
  const between = Math.max(1, columns - (ends[0] ?? '').length - (ends[1] ?? '').length);
  return [
    ...lines,
    `${' '.repeat(margin)} └${'─'.repeat(columns)}`,
    `${' '.repeat(margin + 2)}${ends[0]}${' '.repeat(between)}${ends[1]}`,
  ];
};
