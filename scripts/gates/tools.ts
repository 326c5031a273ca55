/** The gates that a tool of the field decides: types, lint, format, unused code. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.ts';
import { workspacesOf } from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

/** The output of a tool that failed, or nothing. */
const problemsOf = async (
  root: string,
  command: string,
  args: readonly string[],
  cwd = root,
): Promise<readonly string[]> => {
  const { code, output } = await run(join(root, 'node_modules/.bin', command), args, { cwd });
  return code === 0 ? [] : [output.trim() || `${command} left with code ${code}`];
};

/** Every project file of the compiler: a folder may have a second, stricter one beside the first. */
const projectsOf = (root: string): readonly string[] =>
  [...workspacesOf(root).map(({ folder }) => folder), 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /^tsconfig.*\.json$/.test(name))
      .map((name) => `${folder}/${name}`),
  );

export const types: Gate = {
  name: 'types',
  rule: 'Everything type-checks; portable entries also without the types of Node.',
  check: async (root, folder) => {
    const problems: string[] = [];
    for (const project of projectsOf(root)) {
      if (folder !== undefined && !project.startsWith(`${folder}/`)) continue;
      problems.push(...(await problemsOf(root, 'tsc', ['--pretty', 'false', '-p', project])));
    }
    return problems;
  },
};

export const lint: Gate = {
  name: 'lint',
  rule: 'oxlint is silent; fp-ts and io-ts modules are imported as lib/….js.',
  check: (root) => problemsOf(root, 'oxlint', ['--deny-warnings']),
};

export const format: Gate = {
  name: 'format',
  rule: 'Files are formatted; `pnpm format` does it.',
  check: (root) => problemsOf(root, 'biome', ['format', '--colors=off', '--reporter=summary', '.']),
};

export const unused: Gate = {
  name: 'unused',
  rule: 'No export, file or dependency is unused.',
  check: (root) => problemsOf(root, 'knip', ['--no-progress', '--no-config-hints']),
};
