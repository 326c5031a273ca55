/**
 * `pnpm new <vocabulary|engine|tool|app> <name>`: a package with its whole anatomy, its interop
 * workspace, minutes, size limits, a changeset and a row in the README; green under every gate.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './lib/run.ts';
import { FLOORS, type Floor } from './lib/workspace.ts';

const root = process.cwd();
const [floor, name, ...more] = process.argv.slice(2);

const usage = (problem: string): never => {
  process.stderr.write(`${problem}\nusage: pnpm new <${FLOORS.join('|')}> <name>\n`);
  process.exit(2);
};

if (!FLOORS.includes(floor as Floor)) usage(`"${floor ?? ''}" is no floor.`);
if (name === undefined || more.length > 0 || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
  usage('A name is kebab-case and begins with a letter.');
}
const kind = floor as Floor;
const kebab = name as string;
const group = kind === 'app' ? 'apps' : 'packages';
const folder = `${group}/${kebab}`;
if (existsSync(join(root, folder))) usage(`${folder} exists already.`);

const words = kebab.split('-').map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`);
const packageName = `@liquid/${kebab}`;

const fill = (text: string): string =>
  text
    .replaceAll('__package__', packageName)
    .replaceAll('__Name__', words.join(''))
    .replaceAll('__Title__', words.join(' '))
    .replaceAll('__name__', kebab);

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Writes every template below `scripts/templates/<set>` into `target`. */
const copyTemplates = (set: string, target: string): void => {
  for (const entry of readdirSync(join(root, 'scripts/templates', set), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const inside = from.slice(join(root, 'scripts/templates', set).length + 1);
    write(`${target}/${fill(inside.replace(/\.tmpl$/, ''))}`, fill(readFileSync(from, 'utf8')));
  }
};

const LIBRARIES = { 'fp-ts': 'catalog:', 'io-ts': 'catalog:' };
const DEVELOPMENT = { '@types/node': 'catalog:', 'fast-check': 'catalog:', vitest: 'catalog:' };
const SCRIPTS = {
  build: 'rm -rf dist && tsup',
  typecheck: 'tsc -p tsconfig.json',
  test: 'vitest run',
};

const tsconfig = (include: readonly string[]): string =>
  json({ extends: '../../tsconfig.base.json', compilerOptions: { types: ['node'] }, include });

const shared = (config: string): string =>
  `export { default } from '../../scripts/config/${config}.ts';\n`;

const publishedManifest = {
  name: packageName,
  version: '0.0.0',
  description: `One sentence that says what ${packageName} does.`,
  keywords: ['liquid-net', ...kebab.split('-')],
  license: 'MIT',
  author: 'Liquid Net contributors',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  main: './dist/index.cjs',
  module: './dist/index.js',
  types: './dist/index.d.cts',
  exports: {
    '.': {
      import: { types: './dist/index.d.ts', default: './dist/index.js' },
      require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
    },
    './package.json': './package.json',
  },
  files: ['dist', 'README.md', 'CHANGELOG.md', 'LICENSE'],
  publishConfig: { access: 'public', provenance: true },
  liquid: { floor: kind },
  scripts: SCRIPTS,
  dependencies:
    kind === 'vocabulary' ? LIBRARIES : { '@liquid/types': 'workspace:^', ...LIBRARIES },
  devDependencies: DEVELOPMENT,
};

const appManifest = {
  name: packageName,
  version: '0.0.0',
  private: true,
  description: `Scenarios of ${packageName}.`,
  license: 'MIT',
  type: 'module',
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  bin: { [kebab]: './dist/cli.js' },
  scripts: SCRIPTS,
  dependencies: { '@liquid/types': 'workspace:^', 'fp-ts': 'catalog:' },
  devDependencies: DEVELOPMENT,
};

const interopManifest = {
  name: `@liquid/interop-${kebab}`,
  version: '0.0.0',
  private: true,
  description: `Conformance, system tests and benchmarks of ${packageName}.`,
  license: 'MIT',
  type: 'module',
  scripts: { typecheck: 'tsc -p tsconfig.json', test: 'vitest run' },
  dependencies: { [packageName]: 'workspace:^', ...LIBRARIES },
  devDependencies: DEVELOPMENT,
};

write(`${folder}/tsconfig.json`, tsconfig(['src', 'test']));
write(`${folder}/tsup.config.ts`, shared('tsup'));
write(`${folder}/vitest.config.ts`, shared('vitest'));
if (kind === 'app') {
  write(`${folder}/package.json`, json(appManifest));
  write(`${folder}/README.md`, `# ${packageName}\n\n${appManifest.description}\n`);
  copyTemplates('app', folder);
} else {
  const interop = `interop/${kebab}`;
  write(`${folder}/package.json`, json(publishedManifest));
  write(
    `${folder}/typedoc.json`,
    json({ extends: ['../../scripts/config/typedoc.json'], entryPoints: ['src/index.ts'] }),
  );
  copyTemplates('package', folder);
  if (kind === 'vocabulary') copyTemplates('vocabulary', folder);
  copyFileSync(join(root, 'LICENSE'), join(root, folder, 'LICENSE'));
  write(`${interop}/package.json`, json(interopManifest));
  write(
    `${interop}/tsconfig.json`,
    tsconfig(['conformance', 'system', 'bench', 'vitest.config.ts']),
  );
  write(`${interop}/vitest.config.ts`, shared('vitest-interop'));
  for (const part of ['conformance', 'system', 'bench']) write(`${interop}/${part}/.gitkeep`, '');
  write(
    `.changeset/${kebab}-begins.md`,
    `---\n'${packageName}': minor\n---\n\nThe first version.\n`,
  );
}

const budgetPath = 'scripts/budget.json';
const budget = JSON.parse(readFileSync(join(root, budgetPath), 'utf8')) as {
  minutes: Record<string, number>;
  total: number;
};
budget.minutes[folder] = 1;
if (kind !== 'app') budget.minutes[`interop/${kebab}`] = 2;
write(budgetPath, json(budget));

/** The README's table of its floor: a planned row has begun, or a new one is added at the end. */
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const planned = readme
  .split('\n')
  .find((line) => line.startsWith(`| \`${kebab}\` |`) || line.startsWith(`| \`${packageName}\` |`));
const end = `<!-- ${kind}:end -->`;
const row =
  kind === 'tool'
    ? `| \`${kebab}\` | to be said | to be said | to be said | begun |`
    : `| \`${packageName}\` | ${kind === 'app' ? 'to be said' : 'One sentence that says what it does.'} | begun |`;
write(
  'README.md',
  planned === undefined
    ? readme.replace(end, `${row}\n${end}`)
    : readme.replace(planned, planned.replace(/[^|]*\|$/, ' begun |')),
);

/** Each step says what it does; the first that fails stops everything. */
const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['formats', join(root, 'node_modules/.bin/biome'), ['format', '--write', '--colors=off', '.']],
  [
    'updates the lockfile',
    'pnpm',
    ['install', '--no-frozen-lockfile', '--config.minimumReleaseAge=0'],
  ],
  [
    'builds',
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', '--concurrency=2', '--output-logs=errors-only'],
  ],
  ['writes the README', process.execPath, ['scripts/readme.ts']],
  ['sets the size limits', process.execPath, ['scripts/sizes.ts', '--new']],
];
for (const [what, command, args] of steps) {
  const done = await run(command, args, { cwd: root });
  if (done.code !== 0) {
    process.stderr.write(`${done.output}\npnpm new stopped where it ${what}.\n`);
    process.exit(1);
  }
}
process.stdout.write(
  `${folder} stands. Say what it is in ${group === 'packages' ? `${folder}/src/index.ts, its package.json` : `${folder}/src/index.ts`} and its row of README.md; then \`pnpm check\`.\n`,
);
