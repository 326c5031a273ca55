/** The gates over what is published: the tarball as resolvers see it, its size, its licences. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pack } from '../lib/pack.ts';
import { run } from '../lib/run.ts';
import {
  entriesOf,
  packagesOf,
  readManifest,
  type Manifest,
  type Workspace,
} from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

const isBuilt = (root: string, { folder }: Workspace): boolean =>
  existsSync(join(root, folder, 'dist/index.d.ts'));

export const published: Gate = {
  name: 'published',
  rule: 'publint and attw find nothing in the tarballs, for ESM, CJS and their types.',
  check: async (root, only) => {
    const folder = mkdtempSync(join(tmpdir(), 'liquid-published-'));
    try {
      const problems: string[] = [];
      for (const workspace of packagesOf(root)) {
        if (only !== undefined && workspace.folder !== only) continue;
        if (!isBuilt(root, workspace)) {
          problems.push(`${workspace.folder} is not built: pnpm build`);
          continue;
        }
        const tarball = await pack(root, workspace, folder);
        const bin = join(root, 'node_modules/.bin');
        // node10 knows no `exports`; Node 20 and every bundler of today do.
        for (const [tool, args] of [
          ['publint', ['run', tarball, '--strict']],
          ['attw', [tarball, '--profile', 'node16', '--no-emoji', '--no-color']],
        ] as const) {
          const { code, output } = await run(join(bin, tool), args, {
            cwd: root,
            env: { NO_COLOR: '1' },
          });
          if (code !== 0) problems.push(`${workspace.folder}, ${tool}:\n${output.trim()}`);
        }
      }
      return problems;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Bytes of each published entry, bundled with what it imports of ours and minified, by brotli. */
const SIZES = 'scripts/sizes.json';

/** A limit is what was measured when it was last set, and a tenth. */
const HEADROOM = 1.1;

const measure = async (root: string): Promise<Readonly<Record<string, number>>> => {
  const folder = mkdtempSync(join(tmpdir(), 'liquid-sizes-'));
  try {
    const entries = packagesOf(root).flatMap(({ folder: from, manifest }) =>
      entriesOf(manifest).map((source) => {
        const path = `${from}/${source.replace(/^src/, 'dist').replace(/\.ts$/, '.js')}`;
        return {
          name: path,
          path: join(root, path),
          // Native code and Node's own modules are no bytes of ours.
          ignore: ['koffi', 'node:*'],
        };
      }),
    );
    // size-limit takes its configuration from a file beside the package that it measures.
    const config = join(folder, '.size-limit.json');
    writeFileSync(config, JSON.stringify(entries));
    const { code, stdout, output } = await run(
      join(root, 'node_modules/.bin/size-limit'),
      ['--json', '--config', config],
      { cwd: root },
    );
    if (code !== 0) throw new Error(`size-limit: ${output}`);
    return Object.fromEntries(
      (JSON.parse(stdout) as { name: string; size: number }[]).map(({ name, size }) => [
        name,
        size,
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const readLimits = (root: string): Readonly<Record<string, number>> => {
  const path = join(root, SIZES);
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, number>>)
    : {};
};

/**
 * Writes the limits anew, a tenth above what is measured now; those of entries that have one already
 * stay where only the new are asked for.
 */
export const writeSizes = async (root: string, onlyNew: boolean): Promise<void> => {
  const limits = onlyNew ? readLimits(root) : {};
  const sizes = Object.entries(await measure(root)).map(
    ([name, size]) => [name, limits[name] ?? Math.ceil(size * HEADROOM)] as const,
  );
  writeFileSync(join(root, SIZES), `${JSON.stringify(Object.fromEntries(sizes), null, 2)}\n`);
};

export const sizes: Gate = {
  name: 'sizes',
  rule: 'No entry grew by more than a tenth; `pnpm sizes` accepts what is measured now.',
  check: async (root) => {
    const limits = readLimits(root);
    return Object.entries(await measure(root)).flatMap(([name, size]) => {
      const limit = limits[name];
      if (limit === undefined) return [`${SIZES} has no limit for ${name} (now ${size} bytes)`];
      return size <= limit ? [] : [`${name} has ${size} bytes, its limit is ${limit}`];
    });
  },
};

/** Licences that ask for no more than to be named. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'CC0-1.0',
]);

export interface LicenceRow {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The package of ours that brings it. */
  readonly from: string;
}

/** Where Node would find a dependency of the package that lies in `folder`. */
const locate = (folder: string, name: string): string | undefined => {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (at === dirname(at)) return undefined;
  }
};

/** Everything that comes along when one of our packages is installed. */
export const licencesOf = (root: string): readonly LicenceRow[] =>
  packagesOf(root).flatMap(({ folder, manifest }) => {
    const rows = new Map<string, LicenceRow>();
    const visit = (from: string, dependencies: readonly string[]): void => {
      for (const name of dependencies) {
        const found = locate(from, name);
        if (found === undefined || rows.has(found)) continue;
        const { version, license, ...rest } = readManifest('/', found) as Manifest;
        rows.set(found, { name, version, license: license ?? 'none', from: manifest.name });
        visit(found, Object.keys({ ...rest.dependencies, ...rest.peerDependencies }));
      }
    };
    visit(join(root, folder), Object.keys(manifest.dependencies ?? {}));
    return [...rows.values()].sort((a, b) => a.name.localeCompare(b.name));
  });

export const licences: Gate = {
  name: 'licences',
  rule: `Runtime dependencies have one of the licences ${[...ALLOWED].join(', ')}.`,
  check: (root) =>
    Promise.resolve(
      licencesOf(root)
        .filter(({ license }) => !ALLOWED.has(license))
        .map(({ name, version, license, from }) => `${from} brings ${name} ${version}: ${license}`),
    ),
};
