/** What a stranger has after installing our tarballs in an empty folder, install scripts off. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from '../../../scripts/lib/pack.ts';
import { run } from '../../../scripts/lib/run.ts';
import {
  entriesOf,
  packagesOf,
  portableEntriesOf,
  specifierOf,
} from '../../../scripts/lib/workspace.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

export interface Published {
  readonly name: string;
  /** Every import specifier that the package offers. */
  readonly specifiers: readonly string[];
  /** Those that work without Node. */
  readonly portable: readonly string[];
  readonly bins: readonly string[];
}

export const published: readonly Published[] = packagesOf(root).map(({ folder, manifest }) => ({
  name: manifest.name,
  specifiers: entriesOf(manifest).map((source) => specifierOf(manifest, source)),
  portable: portableEntriesOf(root, folder).map((source) => specifierOf(manifest, source)),
  bins:
    typeof manifest.bin === 'string'
      ? [manifest.name.slice(manifest.name.indexOf('/') + 1)]
      : Object.keys(manifest.bin ?? {}),
}));

const require = createRequire(import.meta.url);

/** The Node of each supported line, where this platform has one from the registry. */
export const nodes: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  ['20', '22', '24', '26'].map((line) => {
    if (process.versions.node.startsWith(`${line}.`)) return [line, process.execPath];
    try {
      const manifest = require.resolve(
        `node${line}-${process.platform}-${process.arch}/package.json`,
      );
      return [line, join(dirname(manifest), 'bin/node')];
    } catch {
      return [line, undefined];
    }
  }),
);

/** Variables without what npm and pnpm tell the scripts that they start. */
const plainEnv = (): Record<string, undefined> =>
  Object.fromEntries(
    Object.keys(process.env)
      .filter((name) =>
        /^(?:npm_(?:package|lifecycle|config_(?:local_)?prefix)|NODE_OPTIONS|VITEST)/.test(name),
      )
      .map((name) => [name, undefined]),
  );

/**
 * Packs everything and installs it with npm. Where the oldest supported Node is at hand, npm runs on
 * it with `engine-strict`, so that no runtime dependency asks for more.
 */
export const installAll = async (): Promise<{
  readonly folder: string;
  readonly remove: () => void;
}> => {
  const folder = mkdtempSync(join(tmpdir(), 'liquid-smoke-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const tarballs: string[] = [];
    for (const workspace of packagesOf(root)) {
      tarballs.push(await pack(root, workspace, join(folder, 'tarballs')));
    }
    const app = join(folder, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{"name":"stranger","private":true}\n');
    const oldest = nodes['20'] ?? process.execPath;
    const { code, output } = await run(
      'npm',
      ['install', '--ignore-scripts', '--engine-strict', '--no-audit', '--no-fund', ...tarballs],
      {
        cwd: app,
        env: { ...plainEnv(), PATH: `${dirname(oldest)}${delimiter}${process.env['PATH'] ?? ''}` },
      },
    );
    if (code !== 0) throw new Error(`npm install of our tarballs failed:\n${output}`);
    return { folder: app, remove };
  } catch (error) {
    remove();
    throw error;
  }
};
