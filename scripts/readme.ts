/** `pnpm readme`: writes every package's README from its module comment and its figures. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReadme } from './lib/readme.ts';
import { packagesOf } from './lib/workspace.ts';

const root = process.cwd();
for (const workspace of packagesOf(root)) {
  writeFileSync(join(root, workspace.folder, 'README.md'), renderReadme(root, workspace));
}
