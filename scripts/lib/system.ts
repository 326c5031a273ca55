/** The Debian packages that system tests need: listed in `scripts/system-deps`, brought by apt. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

/** The names in the list; a `#` starts a comment. */
const systemDeps = (root: string): readonly string[] =>
  readFileSync(join(root, 'scripts/system-deps'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((name) => name !== '');

const installed = async (root: string, names: readonly string[]): Promise<ReadonlySet<string>> => {
  const { stdout } = await run(
    'dpkg-query',
    ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names],
    { cwd: root },
  );
  return new Set(
    stdout.split('\n').flatMap((line) => {
      const [name, state] = line.split(' ');
      return name !== undefined && state === 'installed' ? [name] : [];
    }),
  );
};

/** Installs what is missing; returns what is missing still, and says why. */
export const installSystemDeps = async (root: string): Promise<readonly string[]> => {
  const names = systemDeps(root);
  const before = await installed(root, names);
  const missing = names.filter((name) => !before.has(name));
  if (missing.length === 0) return [];
  process.stdout.write(`Installing Debian packages: ${missing.join(', ')} …\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const updated = await run('apt-get', ['update', '-q'], { cwd: root, env });
  const done = await run(
    'apt-get',
    ['install', '-q', '-y', '--no-install-recommends', ...missing],
    { cwd: root, env },
  );
  const after = await installed(root, names);
  const left = names.filter((name) => !after.has(name));
  if (left.length > 0) process.stdout.write(`${updated.output}${done.output}`);
  return left;
};
