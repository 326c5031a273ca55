/**
 * `pnpm new <vocabulary|engine|tool|app> <name>`: a package with its whole anatomy, its interop
 * workspace, minutes, size limits, a changeset and a row in the README; green under every gate.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './lib/run.ts';
import { FLOORS, type Floor, workspacesOf } from './lib/workspace.ts';

const root = process.cwd();
const [floor, name, ...more] = process.argv.slice(2);

const usage = (problem: string): never => {
  process.stderr.write(`${problem}\nusage: pnpm new <${FLOORS.join('|')}> <name>\n`);
  process.exit(2);
};

if (floor === undefined || floor === '--help') usage('A new package needs a floor and a name.');
if (!FLOORS.includes(floor as Floor)) usage(`"${floor}" is no floor.`);
if (name === undefined) usage('A new package needs a name.');
if (more.length > 0) usage(`One name at a time: "${more.join(' ')}" is too much.`);
if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name as string)) {
  usage(`"${name}" is no name: write it in kebab-case, beginning with a letter.`);
}
const kind = floor as Floor;
const kebab = name as string;
const group = kind === 'app' ? 'apps' : 'packages';
const folder = `${group}/${kebab}`;
const taken = workspacesOf(root).find(({ manifest }) => manifest.name === `@liquid/${kebab}`);
if (taken !== undefined) usage(`@liquid/${kebab} exists already: ${taken.folder}.`);
for (const path of [folder, `interop/${kebab}`]) {
  if (existsSync(join(root, path))) usage(`${path} is in the way.`);
}

const words = kebab.split('-').map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`);
const packageName = `@liquid/${kebab}`;

/** The README's table of its floor: a planned row has begun, or a new one is added at the end. */
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const end = `<!-- ${kind}:end -->`;
const quoted = [`\`${kebab}\``, `\`${packageName}\``];
const firstCell = (line: string): string => line.split('|')[1]?.trim() ?? '';
const planned = readme.split('\n').find((line) =>
  firstCell(line)
    .split(', ')
    .some((part) => quoted.includes(part)),
);
const tableEnd = readme.indexOf(end);
const tableFrom = readme.lastIndexOf(':end -->', tableEnd - end.length);
const plannedAt = planned === undefined ? tableEnd : readme.indexOf(planned);
if (plannedAt > tableEnd || plannedAt < tableFrom) {
  usage(`README.md plans ${kebab} on another floor: ${planned}`);
}
const row =
  kind === 'tool'
    ? `| \`${kebab}\` | to be said | to be said | to be said | begun |`
    : `| \`${packageName}\` | ${kind === 'app' ? 'to be said' : 'One sentence that says what it does.'} | begun |`;
/** The other packages of a row that plans several stay planned. */
const others = firstCell(planned ?? '')
  .split(', ')
  .filter((part) => part !== '' && !quoted.includes(part));
const changed = (() => {
  if (planned === undefined) return readme.replace(end, `${row}\n${end}`);
  if (others.length === 0) {
    return readme.replace(planned, planned.replace(/[^|]*\|$/, ' begun |'));
  }
  const kept = planned.replace(firstCell(planned), others.join(', '));
  return readme.replace(planned, kept).replace(end, `${row}\n${end}`);
})();

const fill = (text: string): string =>
  text
    .replaceAll('__package__', packageName)
    .replaceAll('__Name__', words.join(''))
    .replaceAll('__Title__', words.join(' '))
    .replaceAll('__name__', kebab);

/** What stood in the files that are changed here, to be put back where a step fails. */
const before = new Map<string, string>();

const remember = (path: string): void => {
  if (existsSync(join(root, path)) && !before.has(path)) {
    before.set(path, readFileSync(join(root, path), 'utf8'));
  }
};

const write = (path: string, text: string): void => {
  remember(path);
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
  // The console finds an app's scenarios by this.
  liquid: { scenarios: '.' },
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
  write(`${folder}/LICENSE`, readFileSync(join(root, 'LICENSE'), 'utf8'));
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

write('README.md', changed);

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
for (const path of ['pnpm-lock.yaml', 'scripts/sizes.json']) remember(path);
for (const [what, command, args] of steps) {
  const done = await run(command, args, { cwd: root });
  if (done.code !== 0) {
    for (const path of [folder, `interop/${kebab}`, `.changeset/${kebab}-begins.md`]) {
      rmSync(join(root, path), { recursive: true, force: true });
    }
    for (const [path, text] of before) writeFileSync(join(root, path), text);
    process.stderr.write(
      `${done.output}\npnpm new stopped where it ${what}; what it had written is gone again.\n`,
    );
    process.exit(1);
  }
}
process.stdout.write(
  `${folder} stands. Say what it is in ${group === 'packages' ? `${folder}/src/index.ts, its package.json` : `${folder}/src/index.ts`} and its row of README.md; then \`pnpm check\`.\n`,
);
