/** The gate of the figures: each comes from a results file that still holds, and says which. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles } from '../lib/files.ts';
import { proseLines, withoutCode } from '../lib/markdown.ts';
import { resultsFiles, staleness } from '../lib/measured.ts';
import { type Results, resultsProblems } from '../lib/results.ts';
import type { Gate } from './gate.ts';

/** A number with a unit in which things are measured here; a rate, a share or a factor. */
const MEASURED =
  /\d[\d.,]*\s*(?:million |thousand )?(?:%|×|(?:[kMGT]?i?B|[kMGT]?bit|packets?|octets|bytes|operations)(?:\/|\s(?:per|a)\s)(?:CPU-)?(?:s|second|packet)\b)/;

/** Sections in which a bare number would be taken for a measured one. */
const MEASURED_SECTION = /\b(?:speed|sizes?|figures?|measured|benchmarks?)\b/i;

/** Columns of a table that hold what was measured. */
const MEASURED_COLUMN = /^(?:ours|measured|figure)$/i;

/** A component that takes its number from elsewhere: a results file, or the deliverable. */
const SOURCED = /<(?:Figure|FiguresTable)\b[^>]*\/>|<Published\b[^>]*>.*?<\/Published>/g;

/** What is left of a line when code, links' targets and sourced numbers are taken away. */
const bare = (line: string): string =>
  withoutCode(line.replaceAll(SOURCED, ' '))
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/<[^>]*>/g, ' ')
    // Names, not amounts: standards, packages, formats, sections, dates of a version.
    .replaceAll(/\b(?:RFC|IPv|CRC|section|Node|D1\.|Trilogy|Table|MD)[\s-]?\d[\w.]*/gi, ' ')
    .replaceAll(/\b0x[\da-f]+\b/gi, ' ')
    .replaceAll(/\{#[^}]*\}/g, ' ');

const cellsOf = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split('|')
    .map((cell) => cell.trim());

/** Numbers of a page that say nowhere where they come from. */
const bareNumbers = (path: string, text: string): readonly string[] => {
  let section = '';
  let columns: readonly string[] | null = null;
  return proseLines(text).flatMap((line, index) => {
    const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading;
      columns = null;
      return [];
    }
    const row = line.trim().startsWith('|');
    if (!row) columns = null;
    else if (columns === null) {
      columns = cellsOf(line);
      return [];
    }
    const suspects = row
      ? cellsOf(line).filter((cell, at) => {
          const left = bare(cell);
          return (
            MEASURED.test(left) ||
            (at > 0 && MEASURED_SECTION.test(section) && /\d/.test(left)) ||
            (MEASURED_COLUMN.test(columns?.[at] ?? '') && /\d/.test(left))
          );
        })
      : [line].filter((one) => {
          const left = bare(one);
          return MEASURED.test(left) || (MEASURED_SECTION.test(section) && /\d/.test(left));
        });
    return suspects.map(
      (suspect) =>
        `${path}:${index + 1}: "${suspect.trim()}" holds a number without a source: write ` +
        '<Figure file="…" row="…" />, or <Published section="…">…</Published> for the deliverable’s',
    );
  });
};

/** Attributes of a component in Markdown. */
const attributesOf = (tag: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...tag.matchAll(/\s([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );

/** Figures that name no row of any results file. */
const lostFigures = (
  path: string,
  text: string,
  files: ReadonlyMap<string, Results>,
): readonly string[] =>
  proseLines(text).flatMap((line, index) =>
    [...line.matchAll(/<(?:Figure|FiguresTable)\b[^>]*\/>/g)].flatMap(([tag]) => {
      const at = `${path}:${index + 1}`;
      const { file = '', row, rows } = attributesOf(tag);
      const results = files.get(file);
      if (results === undefined) return [`${at}: there is no results file "${file}"`];
      const wanted = row === undefined ? (rows ?? '').split(' ').filter((id) => id !== '') : [row];
      if (tag.startsWith('<Figure ') && row === undefined) return [`${at}: <Figure> names no row`];
      return wanted
        .filter((id) => !results.rows.some((one) => one.id === id))
        .map((id) => `${at}: ${file} has no row "${id}"`);
    }),
  );

/** A README's own figures are written by `pnpm readme` between these marks. */
const withoutWritten = (text: string): string =>
  text.replaceAll(/<!-- figures:begin -->[\s\S]*?<!-- figures:end -->/g, (block) =>
    block.replaceAll(/[^\n]/g, ''),
  );

export const figures: Gate = {
  name: 'figures',
  rule: 'Every figure names its results file, and the code that it measured has not changed since.',
  check: (root) => {
    const problems: string[] = [];
    const files = new Map<string, Results>();
    for (const file of resultsFiles(root)) {
      const results = JSON.parse(readFileSync(join(root, file), 'utf8')) as Results;
      const wrong = resultsProblems(file.split('/')[1] ?? '', results, file);
      problems.push(...wrong);
      if (wrong.length > 0) continue;
      files.set(file, results);
      const stale = staleness(root, results);
      if (stale !== null) problems.push(`${file} is stale: ${stale}`);
    }
    for (const path of projectFiles(root)) {
      const page = path.startsWith('docs/') && path.endsWith('.md');
      const readme = /^(?:packages\/[^/]+\/)?README\.md$/.test(path);
      if ((!page && !readme) || !existsSync(join(root, path))) continue;
      const text = withoutWritten(readFileSync(join(root, path), 'utf8'));
      problems.push(...bareNumbers(path, text));
      if (page) problems.push(...lostFigures(path, text, files));
    }
    return Promise.resolve(problems);
  },
};
