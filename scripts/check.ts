/**
 * `pnpm check`, the inner loop: builds, unit tests and gates. What did not change is not done again:
 * turbo remembers builds and tests by their inputs, the gates remember the state of the tree.
 */
import { join } from 'node:path';
import { run } from './lib/run.ts';

const root = process.cwd();
const bin = join(root, 'node_modules/.bin');

const turbo = await run(
  join(bin, 'turbo'),
  [
    'run',
    'build',
    'test',
    '--filter=./packages/*',
    '--filter=./apps/*',
    '--concurrency=2',
    '--output-logs=errors-only',
    '--continue',
  ],
  {
    cwd: root,
    show: true,
    // An inner loop: `npm test` runs the full number of cases.
    env: { LIQUID_CASES: process.env['LIQUID_CASES'] ?? '1000' },
  },
);
const gates = await run(
  process.execPath,
  [join(root, 'scripts/gates.ts'), ...process.argv.slice(2)],
  {
    cwd: root,
    show: true,
  },
);
process.exitCode = turbo.code === 0 && gates.code === 0 ? 0 : 1;
