/**
 * Examples as tests: every `ts` block of a documentation comment or a page becomes a module that a
 * generated test compiles and imports. A README is a module comment, so its blocks are among them.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One block of code and where it stands. */
export interface Example {
  /** The file, relative to the workspace. */
  readonly file: string;
  readonly line: number;
  readonly code: string;
  /** Whether it is run as well as compiled; `ts no-run` marks what needs root or a peer. */
  readonly runs: boolean;
}

const FENCE = /^(?<frame>\s*(?:\* ?)?)```(?<info>[^`]*)$/;

/** The `ts` blocks of a text; `inComments` reads only those that stand in documentation comments. */
export const examplesOf = (file: string, text: string, inComments: boolean): readonly Example[] => {
  const examples: Example[] = [];
  let open: { readonly line: number; readonly info: string; readonly code: string[] } | undefined;
  let comment = !inComments;
  for (const [index, line] of text.split('\n').entries()) {
    if (inComments && open === undefined && /^\s*\/\*\*/.test(line)) comment = true;
    const fence = comment ? FENCE.exec(line) : null;
    if (fence !== null && open === undefined) {
      open = { line: index + 1, info: fence.groups?.['info']?.trim() ?? '', code: [] };
    } else if (fence !== null && open !== undefined) {
      const [language, ...marks] = open.info.split(/\s+/);
      if (language === 'ts' || language === 'typescript') {
        const code = open.code.join('\n');
        examples.push({ file, line: open.line, code, runs: !marks.includes('no-run') });
      }
      open = undefined;
    } else if (open !== undefined) {
      open.code.push(inComments ? line.replace(/^\s*\* ?/, '') : line);
    }
    if (inComments && /\*\/\s*$/.test(line)) {
      comment = false;
      open = undefined;
    }
  }
  return examples;
};

const filesBelow = (folder: string, suffix: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .flatMap((entry) => {
          if (entry.name === 'node_modules' || entry.name === 'dist') return [];
          const path = join(folder, entry.name);
          if (entry.isDirectory()) return filesBelow(path, suffix);
          return entry.name.endsWith(suffix) ? [path] : [];
        })
        .sort()
    : [];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const TSC = join(ROOT, 'node_modules/.bin/tsc');

const testOf = (examples: readonly (Example & { readonly module: string })[]): string =>
  [
    '// Generated from the documentation; see scripts/config/examples.ts.',
    "import { spawnSync } from 'node:child_process';",
    "import { beforeEach, expect, test, vi } from 'vitest';",
    '',
    '// What an example prints is for its reader.',
    "beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));",
    '',
    "test('every example compiles', () => {",
    `  const { status, stdout } = spawnSync('${TSC}', ['--pretty', 'false', '-p', import.meta.dirname], { encoding: 'utf8' });`,
    '  expect(status, stdout).toBe(0);',
    '});',
    ...examples
      .filter(({ runs }) => runs)
      .flatMap(({ file, line, module }) => [
        '',
        `test('the example of ${file}:${line} runs', async () => {`,
        `  await import('./${module}');`,
        '});',
      ]),
    '',
  ].join('\n');

/**
 * Writes the examples of the workspace in `folder` as modules and tests below `.examples`, which git
 * ignores.
 *
 * @param pages Markdown files beside those of the workspace's own documentation comments
 */
export const writeExamples = (folder: string, pages: readonly string[] = []): void => {
  const target = join(folder, '.examples');
  const read = (path: string, inComments: boolean) =>
    examplesOf(relative(folder, path), readFileSync(path, 'utf8'), inComments);
  const examples = [
    ...filesBelow(join(folder, 'src'), '.ts').flatMap((path) => read(path, true)),
    ...pages.flatMap((path) => read(path, false)),
  ].map((example) => ({
    ...example,
    module: `${example.file.replaceAll(/[^\w]+/g, '-').replace(/^-/, '')}-${example.line}.ts`,
  }));
  const tsconfig = {
    extends: relative(target, join(ROOT, 'tsconfig.base.json')),
    compilerOptions: { types: ['node'] },
    include: ['*.ts'],
  };
  const wanted = new Map([
    ...examples.map(
      ({ file, line, code, module }) =>
        [module, `// ${file}:${line}\n${code}\nexport {};\n`] as const,
    ),
    ['tsconfig.json', JSON.stringify(tsconfig)] as const,
    ['examples.test.ts', testOf(examples)] as const,
  ]);
  if (examples.length === 0) wanted.clear();
  // Written only where it differs: another run of the same tests may be reading.
  if (wanted.size === 0 && !existsSync(target)) return;
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(target)) if (!wanted.has(name)) rmSync(join(target, name));
  for (const [name, text] of wanted) {
    const path = join(target, name);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  }
};
