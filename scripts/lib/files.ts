/** Which files belong to the project: what git tracks or would track, without what it ignores. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of the project below `root`, by path relative to it. */
export const projectFiles = (root: string): readonly string[] => {
  const listed = spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (listed.status !== 0) throw new Error(`git ls-files failed in ${root}: ${listed.stderr}`);
  return [...new Set(listed.stdout.split('\0'))]
    .filter(
      (path) => path !== '' && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
    )
    .sort();
};

/** One hash over names and contents. */
export const contentHash = (root: string, paths: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
};
