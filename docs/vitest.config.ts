/** What the pages and the root's README tell a reader to write and type: compiled, run. */
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
  return {
    test: {
      include: ['.examples/**/*.test.ts', 'test/**/*.test.ts'],
      setupFiles: ['test/reader-folder.ts'],
      passWithNoTests: true,
    },
  };
});
