/** A report as text: figures, tables, ours beside the published figure, notes. */

import type { Comparison, Figure, Report } from '@liquid/types/scenario';
import { formatNumber, layTable, padEnd, paint, plain, type Style, wrap } from './terminal.js';

const withUnit = (value: number | null, unit: string): string =>
  value === null ? '–' : `${formatNumber(value)} ${plain(unit)}`.trim();

const heading = (style: Style, text: string): ReadonlyArray<string> => [
  '',
  paint(style, 'bold', plain(text)),
];

const figureRows = (figures: ReadonlyArray<Figure>): ReadonlyArray<ReadonlyArray<string>> =>
  figures.map(({ title, value, unit }) => [title, withUnit(value, unit)]);

const verdict = (style: Style, { reached, better }: Comparison): string => {
  if (reached === null) return paint(style, 'dim', 'not comparable');
  if (reached) return paint(style, 'green', '✓ reached');
  return paint(style, 'yellow', `✗ not reached (${better} is better)`);
};

/** Columns of the labels below a comparison. */
const LABEL = 11;

const labelled = (style: Style, label: string, text: string): ReadonlyArray<string> =>
  wrap(text, style.width, ' '.repeat(LABEL + 2)).map((line, i) =>
    i === 0 ? `  ${padEnd(label, LABEL)}${line.trimStart()}` : line,
  );

const comparisonLines = (style: Style, row: Comparison): ReadonlyArray<string> => [
  `${plain(row.title)}: ${verdict(style, row)}`,
  ...labelled(style, 'published', `${row.published.text} (${row.published.source})`),
  `  ${padEnd('ours', LABEL)}${paint(style, 'bold', withUnit(row.ours, row.unit))}`,
  ...labelled(style, 'measured', row.measured),
];

/** The lines of a report. */
export const renderReport = (style: Style, report: Report): ReadonlyArray<string> => [
  ...wrap(report.summary, style.width),
  ...(report.figures.length === 0
    ? []
    : ['', ...layTable(style, ['figure', 'value'], figureRows(report.figures))]),
  ...report.tables.flatMap((table) => [
    ...heading(style, table.title),
    ...layTable(
      style,
      table.columns.map(({ title, unit }) =>
        unit === undefined || unit === '' ? title : `${title} (${unit})`,
      ),
      table.rows,
    ),
  ]),
  ...(report.comparisons.length === 0 ? [] : heading(style, 'Beside the deliverable')),
  ...report.comparisons.flatMap((row) => comparisonLines(style, row)),
  ...(report.notes.length === 0 ? [] : heading(style, 'Notes')),
  ...report.notes.flatMap((note) => {
    const [first = '', ...rest] = wrap(note, style.width - 2);
    return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
  }),
];
