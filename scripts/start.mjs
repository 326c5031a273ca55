/**
 * `npm start`: installs and builds what the console needs, unless nothing changed, and becomes it.
 *
 * The build leaves out declarations, which are most of its cost; everything but the console's own
 * output goes to stderr.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { become, install, pnpm, root, toolNode } from './bootstrap.mjs';

const stampFile = join(root, 'node_modules/.cache/liquid/start.json');

/** @param {string} folder */
const readManifest = (folder) =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Folder of each workspace package by its name. */
const folders = new Map(
  ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => /** @type {const} */ ([readManifest(folder).name, folder])),
  ),
);

/** The console, and every app that it finds by itself because its manifest offers scenarios. */
const roots = [
  '@liquid/console',
  ...[...folders]
    .filter(
      ([, folder]) =>
        folder.startsWith('apps/') && readManifest(folder).liquid?.scenarios !== undefined,
    )
    .map(([name]) => name)
    .sort(),
];

/**
 * A package's folder and those of every workspace package below it.
 *
 * @param {string} name
 * @param {Set<string>} [seen]
 */
const closure = (name, seen = new Set()) => {
  const folder = folders.get(name);
  if (folder === undefined || seen.has(folder)) return seen;
  seen.add(folder);
  for (const dependency of Object.keys(readManifest(folder).dependencies ?? {})) {
    closure(dependency, seen);
  }
  return seen;
};

/**
 * @param {string} folder
 * @returns {string[]}
 */
const filesBelow = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { withFileTypes: true })
        .flatMap((entry) =>
          entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
        )
        .sort()
    : [];

/** @type {Set<string>} */
const seen = new Set();
for (const name of roots) closure(name, seen);
const wanted = [...seen].sort();

const consoleFolder = 'apps/console';

/** Whether there is a page to be built beside the terminal program. */
const hasPage = existsSync(join(root, consoleFolder, 'page/index.html'));

/** One hash over every source that the console is built from. */
const sourceKey = () => {
  const hash = createHash('sha256');
  const files = wanted.flatMap((folder) => [
    ...filesBelow(`${folder}/src`),
    ...filesBelow(`${folder}/native`),
    `${folder}/package.json`,
    `${folder}/tsconfig.json`,
  ]);
  files.push(
    ...filesBelow(`${consoleFolder}/page`),
    ...filesBelow(`${consoleFolder}/look`),
    `${consoleFolder}/vite.config.ts`,
  );
  for (const path of [...files, 'scripts/config/tsup.ts', 'tsconfig.base.json']) {
    if (existsSync(join(root, path)))
      hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
};

const built = () =>
  wanted.every((folder) =>
    filesBelow(`${folder}/dist`).some(
      (path) => path.endsWith('.js') && !path.startsWith(`${folder}/dist/page/`),
    ),
  ) &&
  (!hasPage || existsSync(join(root, consoleFolder, 'dist/page/index.html')));

const lastKey = () => {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return '';
  }
};

install('start', roots);

const key = sourceKey();
if (lastKey() !== key || !built()) {
  process.stderr.write('Building what the console needs …\n');
  // tsup itself rather than the build script, which would first remove declarations that the
  // checks may need.
  const filters = [...roots.flatMap((name) => ['--filter', `${name}...`]), '--silent'];
  const page = ['--filter', '@liquid/console', '--silent', 'exec', 'vite', 'build'];
  if (
    pnpm([...filters, 'run', '--if-present', 'build:native']) !== 0 ||
    pnpm([...filters, 'exec', 'tsup'], { LIQUID_NO_DTS: '1' }) !== 0 ||
    (hasPage && pnpm(page) !== 0)
  ) {
    process.stderr.write('The build failed; see the lines above.\n');
    process.exit(1);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, key);
}

become(toolNode(), [join(root, 'apps/console/dist/cli.js'), ...process.argv.slice(2)]);
