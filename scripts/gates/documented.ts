/** The gate of the docstrings: typedoc reads every published entry and has nothing to say. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lib/run.ts';
import { packagesOf } from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

export const documented: Gate = {
  name: 'documented',
  rule: 'Everything exported has a docstring, and every link in one leads somewhere.',
  check: async (root, only) => {
    const problems: string[] = [];
    for (const { folder } of packagesOf(root)) {
      if (only !== undefined && folder !== only) continue;
      const options = `${folder}/typedoc.json`;
      if (!existsSync(join(root, options))) {
        problems.push(`${options} is missing`);
        continue;
      }
      const { code, output } = await run(
        join(root, 'node_modules/.bin/typedoc'),
        ['--options', 'typedoc.json', '--emit', 'none'],
        { cwd: join(root, folder), env: { NO_COLOR: '1' } },
      );
      if (code !== 0) problems.push(`${folder}:\n${output.trim()}`);
    }
    return problems;
  },
};
