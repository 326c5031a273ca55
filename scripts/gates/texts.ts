/** The gates over names and manifests: nothing of one machine is committed, every package has the anatomy. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles } from '../lib/files.ts';
import {
  entriesOf,
  packagesOf,
  shortName,
  workspacesOf,
  type Workspace,
} from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

/** Paths and hosts that hold on one machine only. Written in parts, or this file would find itself. */
const MACHINE = new RegExp(
  [
    String.raw`(?<![\w.~-])/(?:work|root|Users|home/[a-z][\w-]*)/[\w.]`,
    String.raw`registry\.(?:npmjs|yarnpkg)\b`,
    String.raw`bash${'_'}jobs`,
  ].join('|'),
);

/** Longer files are data. */
const TEXT_LIMIT = 2 * 1024 * 1024;

export const paths: Gate = {
  name: 'paths',
  rule: 'No committed file names a path of one machine or the host of a package registry.',
  check: (root) =>
    Promise.resolve(
      projectFiles(root).flatMap((path) => {
        const bytes = readFileSync(join(root, path));
        if (bytes.length > TEXT_LIMIT || bytes.includes(0)) return [];
        return bytes
          .toString('utf8')
          .split('\n')
          .flatMap((line, index) => {
            const found = MACHINE.exec(line)?.[0];
            return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
          });
      }),
    ),
};

const ANATOMY = [
  'README.md',
  'LICENSE',
  'src/index.ts',
  'tsconfig.json',
  'tsup.config.ts',
  'typedoc.json',
  'vitest.config.ts',
] as const;

const CONDITIONS = [
  ['import', 'types', '.d.ts'],
  ['import', 'default', '.js'],
  ['require', 'types', '.d.cts'],
  ['require', 'default', '.cjs'],
] as const;

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'] as const;

const exportsProblems = ({ manifest }: Workspace): readonly string[] =>
  Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    if (subpath === './package.json') return [];
    const conditions = target as Record<string, Record<string, string> | undefined>;
    return CONDITIONS.flatMap(([format, condition, suffix]) =>
      conditions[format]?.[condition]?.endsWith(suffix)
        ? []
        : [`exports["${subpath}"].${format}.${condition} is no ${suffix} file`],
    );
  });

const packageProblems = (root: string, workspace: Workspace): readonly string[] => {
  const { folder, manifest } = workspace;
  const typedoc = join(root, folder, 'typedoc.json');
  const documentedEntries = existsSync(typedoc)
    ? (JSON.parse(readFileSync(typedoc, 'utf8')) as { entryPoints?: readonly string[] }).entryPoints
    : [];
  const wanted: readonly (readonly [boolean, string])[] = [
    ...ANATOMY.map((path) => [existsSync(join(root, folder, path)), `${path} is missing`] as const),
    [
      manifest.liquid?.floor === 'vocabulary' ||
        existsSync(join(root, 'interop', shortName(workspace))),
      'its interop workspace is missing',
    ],
    [manifest.name === `@liquid/${shortName(workspace)}`, 'name and folder differ'],
    [(manifest.description ?? '').length > 20, 'description is missing'],
    [(manifest.keywords ?? []).length > 0, 'keywords are missing'],
    [manifest.license === 'MIT', 'license is not MIT'],
    [manifest.type === 'module', 'type is not module'],
    [manifest.sideEffects === false, 'sideEffects is not false'],
    [manifest.engines?.['node'] === '>=20.19', 'engines.node is not >=20.19'],
    [manifest.publishConfig?.['access'] === 'public', 'publishConfig.access is not public'],
    [manifest.publishConfig?.['provenance'] === true, 'publishConfig.provenance is not true'],
    [manifest.exports?.['./package.json'] === './package.json', 'exports lacks ./package.json'],
    [(manifest.files ?? []).includes('dist'), 'files lacks dist'],
    [
      entriesOf(manifest).join() === (documentedEntries ?? []).join(),
      'typedoc.json has other entryPoints than exports',
    ],
    ...INSTALL_SCRIPTS.map(
      (script) =>
        [manifest.scripts?.[script] === undefined, `it has an install script: ${script}`] as const,
    ),
  ];
  return [
    ...wanted.flatMap(([holds, problem]) => (holds ? [] : [problem])),
    ...exportsProblems(workspace),
  ].map((problem) => `${folder}: ${problem}`);
};

export const anatomy: Gate = {
  name: 'anatomy',
  rule: 'Every package has the same files, fields and conditions, and no install script.',
  check: (root) => {
    const budget = JSON.parse(readFileSync(join(root, 'scripts/budget.json'), 'utf8')) as {
      readonly minutes: Readonly<Record<string, number>>;
    };
    return Promise.resolve([
      ...packagesOf(root).flatMap((workspace) => packageProblems(root, workspace)),
      ...workspacesOf(root)
        .filter(({ folder }) => budget.minutes[folder] === undefined)
        .map(({ folder }) => `scripts/budget.json gives ${folder} no minutes`),
    ]);
  },
};
