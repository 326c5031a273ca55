/** The measured figures of a package: `interop/<package>/bench/results.json` and its table. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredOn } from './measured.ts';

/** Median and spread of one side of a comparison. */
export interface Measured {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface ResultRow {
  readonly id: string;
  readonly case: string;
  readonly unit: string;
  readonly ours: Measured & { readonly rounds: number };
  readonly peer: (Measured & { readonly name: string; readonly version: string }) | null;
  /** How many times better than the peer we are; above 1 is ahead, whatever the unit. */
  readonly ratio: number | null;
}

export interface Results {
  readonly package: string;
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly load: number | string | readonly number[];
  /** The command that measures again, as `pnpm bench rohc`. */
  readonly command: string;
  readonly measured: MeasuredOn;
  readonly rows: readonly ResultRow[];
}

const resultsPath = (name: string): string => `interop/${name}/bench/results.json`;

/** The results of a package, or null where none were measured yet. */
export const readResults = (root: string, name: string): Results | null => {
  const path = join(root, resultsPath(name));
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : null;
};

const isMeasured = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['median', 'min', 'max'].every(
    (key) => typeof (value as Record<string, unknown>)[key] === 'number',
  );

const measuredProblems = (at: string, measured: MeasuredOn | undefined): readonly string[] => {
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
  const kept: unknown = measured?.kept ?? [];
  return [
    ...(isText(measured?.version) && isText(measured?.code) && Array.isArray(measured?.of)
      ? []
      : [`${at}: "measured" needs version, of and code`]),
    ...(Array.isArray(kept) &&
    (kept as readonly Record<string, unknown>[]).every(
      (one) => isText(one['code']) && isText(one['version']) && isText(one['because']),
    )
      ? []
      : [`${at}: each of "measured.kept" needs code, version and because`]),
  ];
};

/** What is wrong with a results file; empty means that it has the agreed shape. */
export const resultsProblems = (
  name: string,
  results: Results,
  at = resultsPath(name),
): readonly string[] => {
  const texts = [
    ...(['package', 'date', 'node', 'cpu', 'command'] as const)
      .filter((key) => typeof results[key] !== 'string')
      .map((key) => `${at}: "${key}" is missing`),
    ...measuredProblems(at, results.measured),
  ];
  if (!Array.isArray(results.rows)) return [...texts, `${at}: "rows" is missing`];
  return [
    ...texts,
    ...results.rows.flatMap((row, index) => {
      const where = `${at}: rows[${index}]`;
      return [
        ...(['id', 'case', 'unit'] as const)
          .filter((key) => typeof row[key] !== 'string')
          .map((key) => `${where}.${key} is missing`),
        ...(isMeasured(row.ours) && typeof row.ours.rounds === 'number'
          ? []
          : [`${where}.ours needs median, min, max and rounds`]),
        ...(row.peer === null || isMeasured(row.peer)
          ? []
          : [`${where}.peer is neither null nor measured`]),
        ...(row.ratio === null || row.ratio === undefined || typeof row.ratio === 'number'
          ? []
          : [`${where}.ratio is no number`]),
      ];
    }),
  ];
};

/** A figure as all pages write it: three significant digits, with thousands set apart. */
export const formatFigure = (value: number): string => {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toPrecision(3)).toLocaleString('en-US', {
    maximumFractionDigits: Math.min(digits, 6),
  });
};

/** The figures as a Markdown table with machine and command; `wanted` chooses rows by id. */
export const figuresTable = (
  name: string,
  results: Results | null,
  wanted: readonly string[],
): string => {
  if (results === null) return `Not measured yet: \`pnpm bench ${name}\` does it.`;
  const rows = results.rows.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  return [
    `Measured ${results.date.slice(0, 10)} by \`${results.command}\` on ${results.cpu}, Node ${results.node.replace(/^v/, '')}; median (least – most).`,
    '',
    '| case | unit | ours | rival | ratio |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ case: title, unit, ours, peer, ratio }) =>
      [
        '',
        title,
        unit,
        `${formatFigure(ours.median)} (${formatFigure(ours.min)} – ${formatFigure(ours.max)})`,
        peer === null ? '–' : `${peer.name} ${peer.version}: ${formatFigure(peer.median)}`,
        ratio === null || ratio === undefined ? '–' : `${formatFigure(ratio)} ×`,
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ].join('\n');
};
