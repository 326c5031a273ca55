/** `pnpm site`: builds the documentation site, without a network. */
import { join } from 'node:path';
import { run } from './lib/run.ts';

const root = process.cwd();
const { code } = await run(join(root, 'docs/node_modules/.bin/vitepress'), ['build', '.'], {
  cwd: join(root, 'docs'),
  show: true,
});
process.exitCode = code;
