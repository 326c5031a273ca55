/** The code blocks of the pages and of the root's README, compiled and run. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { writeExamples } from '../scripts/config/examples.ts';
import { projectFiles } from '../scripts/lib/files.ts';

export default defineConfig(() => {
  const folder = import.meta.dirname;
  const root = join(folder, '..');
  const pages = projectFiles(root).filter(
    (path) => path.endsWith('.md') && (path.startsWith('docs/') || !path.includes('/')),
  );
  writeExamples(
    folder,
    pages.map((path) => join(root, path)),
  );
  return { test: { include: ['.examples/**/*.test.ts'], passWithNoTests: true } };
});
