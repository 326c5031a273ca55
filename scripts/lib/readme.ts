/** A package's README, made from the module comment of its `src/index.ts` and its measured figures. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { figuresTable, readResults } from './results.ts';
import { shortName, type Workspace } from './workspace.ts';

/** The second-level headings of every README, in their order; the text before them says what it is. */
export const HEADINGS = [
  'Install',
  'Use',
  'Concepts',
  'Options and Errors',
  'Speed',
  'Limits and Security',
  'Sources',
] as const;

/** Where a module comment wants the measured figures; row ids after the word choose among them. */
const FIGURES = /^<!-- figures(?::begin)?((?: [\w.-]+)*) -->$/;

/** The text of the first documentation comment of a file, without its frame and its tags. */
const moduleComment = (source: string): string => {
  const frame = /^(?:#![^\n]*\n)?\s*\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? '';
  const lines = frame.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd());
  let fenced = false;
  const kept: string[] = [];
  for (const line of lines) {
    if (line.startsWith('```')) fenced = !fenced;
    if (!fenced && /^@(?:packageDocumentation|module|since)\b/.test(line)) continue;
    kept.push(fenced ? line : line.replaceAll(/\{@link(?:code|plain)? ([^}|\s]+)[^}]*\}/g, '`$1`'));
  }
  return kept.join('\n').trim();
};

/** The second-level headings of a text, those inside code left out. */
export const headingsOf = (markdown: string): readonly string[] => {
  let fenced = false;
  return markdown.split('\n').flatMap((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return !fenced && line.startsWith('## ') ? [line.slice(3).trim()] : [];
  });
};

const withFigures = (root: string, workspace: Workspace, body: string): string => {
  const name = shortName(workspace);
  let skipping = false;
  return body
    .split('\n')
    .flatMap((line) => {
      // A comment may already hold what an earlier run filled in.
      if (line === '<!-- figures:end -->') {
        skipping = false;
        return [];
      }
      if (skipping) return [];
      const rows = FIGURES.exec(line)?.[1]?.trim();
      if (rows === undefined) return [line];
      skipping = line.startsWith('<!-- figures:begin');
      const wanted = rows === '' ? [] : rows.split(' ');
      const table = figuresTable(name, readResults(root, name), wanted);
      return ['<!-- figures:begin -->', '', table, '', '<!-- figures:end -->'];
    })
    .join('\n');
};

/** The whole README of a package. */
export const renderReadme = (root: string, workspace: Workspace): string => {
  const index = join(root, workspace.folder, 'src/index.ts');
  const comment = existsSync(index) ? moduleComment(readFileSync(index, 'utf8')) : '';
  const body = comment.replace(/^# [^\n]*\n+/, '');
  return `# ${workspace.manifest.name}\n\n${withFigures(root, workspace, body)}\n`;
};
