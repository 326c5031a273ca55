/** How a package becomes the tarball that would be published. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';
import { shortName, type Workspace } from './workspace.ts';

/** Packs a built package into `folder` and returns the path of the tarball. */
export const pack = async (root: string, workspace: Workspace, folder: string): Promise<string> => {
  const target = join(folder, shortName(workspace));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { code, output } = await run('pnpm', ['pack', '--pack-destination', target], {
    cwd: join(root, workspace.folder),
  });
  const [tarball] = readdirSync(target);
  if (code !== 0 || tarball === undefined) {
    throw new Error(`pnpm pack failed in ${workspace.folder}:\n${output}`);
  }
  return join(target, tarball);
};
