/** Text laid out for a terminal: colour, columns, wrapped paragraphs. */

import { printable } from '@liquid/types';

/** What the output can show. */
export interface Style {
  readonly colour: boolean;
  /** Columns. */
  readonly width: number;
}

/** Narrower than this nothing can be laid out; wider lines are hard to read. */
const [MIN_WIDTH, MAX_WIDTH, DEFAULT_WIDTH] = [40, 120, 80];

/** The style of a stream: colour on a terminal unless `NO_COLOR` is set (no-color.org). */
export const styleOf = (stream: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): Style => ({
  colour: stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
  width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stream.columns ?? DEFAULT_WIDTH)),
});

/** ANSI codes of Select Graphic Rendition. */
const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Text in a colour or weight, where the style has it. */
export const paint = (style: Style, code: keyof typeof CODES, text: string): string =>
  style.colour ? `\u001b[${CODES[code]}m${text}\u001b[0m` : text;

/** Outside text on one line; what a terminal would act on is escaped. */
export const plain = (text: string): string => printable(text);

/** Characters as a terminal counts them, for text without wide ones. */
export const lengthOf = (text: string): number => [...text].length;

/** Spaces behind the text, up to a width. */
export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - lengthOf(text)));

/** Spaces before the text, up to a width. */
export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - lengthOf(text))) + text;

/** A paragraph in lines of at most `width`, all after `indent`. */
export const wrap = (text: string, width: number, indent = ''): ReadonlyArray<string> => {
  const lines: Array<string> = [];
  let line = '';
  for (const word of plain(text).split(' ')) {
    if (line !== '' && lengthOf(indent + line) + 1 + lengthOf(word) > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
};

/** Digits that carry information, without an exponent or a tail of zeros. */
export const formatNumber = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) {
    return Math.abs(value) < 10_000 ? String(value) : value.toLocaleString('en-US');
  }
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-3) {
    // Rounded up, the largest numbers are none any more.
    const short = Number(value.toPrecision(4));
    return String(Number.isFinite(short) ? short : value);
  }
  return value.toLocaleString('en-US', { maximumSignificantDigits: size >= 1000 ? 6 : 4 });
};

/** Columns as wide as their widest cell; numbers set right. The first row is the head. */
export const layTable = (
  style: Style,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number | null>>,
): ReadonlyArray<string> => {
  const show = (cell: string | number | null | undefined): string =>
    cell === null || cell === undefined
      ? ''
      : typeof cell === 'number'
        ? formatNumber(cell)
        : plain(cell);
  const widths = head.map((title, i) =>
    Math.max(lengthOf(plain(title)), ...rows.map((row) => lengthOf(show(row[i])))),
  );
  const numeric = head.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const lay = (cells: ReadonlyArray<string | number | null>): string =>
    widths
      .map((width, i) => (numeric[i] ? padStart : padEnd)(show(cells[i]), width))
      .join('  ')
      .trimEnd();
  return [
    paint(style, 'bold', lay(head)),
    paint(style, 'dim', widths.map((width) => '─'.repeat(width)).join('  ')),
    ...rows.map(lay),
  ];
};
