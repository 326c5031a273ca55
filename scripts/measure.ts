/**
 * `pnpm bench [package]` and `pnpm prove [package]`: starts the script of that name in the interop
 * workspaces that have one, one after the other, so that nothing disturbs a measurement.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { shortName, workspacesOf } from './lib/workspace.ts';

const root = process.cwd();
const [kind = '', ...rest] = process.argv.slice(2);
const name = rest[0]?.startsWith('-') === false ? rest[0] : undefined;
const args = name === undefined ? rest : rest.slice(1);

const having = workspacesOf(root).filter(
  ({ group, manifest }) => group === 'interop' && manifest.scripts?.[kind] !== undefined,
);
const chosen = having.filter((workspace) => name === undefined || shortName(workspace) === name);
if (chosen.length === 0) {
  const names = having.map(shortName).join(', ') || 'none yet';
  process.stderr.write(`No "${kind}" script for ${name ?? 'any package'}; there are: ${names}.\n`);
  process.exit(2);
}
for (const { folder } of chosen) {
  // What is measured is what the sources say now: the results file names them.
  const built = spawnSync(
    'turbo',
    ['run', 'build', `--filter=./${folder}^...`, '--concurrency=2', '--output-logs=errors-only'],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (built.status !== 0) process.exit(built.status ?? 1);
  const done = spawnSync('pnpm', ['run', kind, ...args], {
    cwd: join(root, folder),
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
