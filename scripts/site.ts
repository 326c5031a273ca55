/**
 * `pnpm site`: builds the documentation site without a network, into `docs/.vitepress/dist`.
 *
 * The packages are built first, because the pages draw with them; typedoc writes the API's pages; what
 * comes out is checked for dead links and for anything that another origin would have to serve.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lib/run.ts';
import { siteProblems } from './lib/site-output.ts';
import { packagesOf, shortName } from './lib/workspace.ts';

const root = process.cwd();
const docs = join(root, 'docs');

/** Runs one step; the first that fails ends the build. */
const step = async (title: string, command: string, args: readonly string[], cwd: string) => {
  const { code, output, seconds } = await run(command, args, { cwd, env: { NO_COLOR: '1' } });
  if (code !== 0) {
    process.stdout.write(`${output}\n✗ ${title}\n`);
    process.exit(1);
  }
  process.stdout.write(`✓ ${title} (${seconds.toFixed(1)} s)\n`);
};

const started = performance.now();
await step(
  'packages and examples',
  join(root, 'node_modules/.bin/turbo'),
  [
    'run',
    'build',
    '--filter=./packages/*',
    '--filter=./apps/*-example',
    '--concurrency=2',
    '--output-logs=errors-only',
  ],
  root,
);

/**
 * Anchors in a generated page as the site's renderer makes them of its headings; typedoc's theme keeps
 * underscores, and forgets one where it stands first.
 */
const withAnchors = (text: string): string =>
  text
    .replaceAll(/<a id="([^"]+)"><\/a>/g, (_, id: string) => `<a id="${anchor(id)}"></a>`)
    .replaceAll(/(\]\([^)\s#]*#)([^)\s]+)\)/g, (_, before: string, id: string) => {
      return `${before}${anchor(id)})`;
    });

const anchor = (id: string): string => id.replaceAll(/[_-]+/g, '-').replaceAll(/^-|-$/g, '');

/** The pages of one package's API: one a module, the first of them its face. */
const writeApi = async (folder: string, name: string): Promise<void> => {
  const out = join(docs, 'api', name);
  const { entryPoints } = JSON.parse(readFileSync(join(root, folder, 'typedoc.json'), 'utf8')) as {
    readonly entryPoints: readonly string[];
  };
  await step(
    `API of @liquid/${name}`,
    join(docs, 'node_modules/.bin/typedoc'),
    [
      ...['--options', join(docs, 'typedoc.json'), '--out', out, '--name', `@liquid/${name}`],
      // Several modules get a list of their own beside the face.
      ...['--entryFileName', entryPoints.length > 1 ? 'modules' : 'index'],
      ...entryPoints.flatMap((entry) => ['--entryPoints', entry]),
    ],
    join(root, folder),
  );
  for (const path of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.md')) continue;
    const page = join(out, path);
    writeFileSync(page, withAnchors(readFileSync(page, 'utf8')));
  }
};

rmSync(join(docs, 'api'), { recursive: true, force: true });
mkdirSync(join(docs, 'api'), { recursive: true });
const packages = packagesOf(root);
for (const workspace of packages) await writeApi(workspace.folder, shortName(workspace));
writeFileSync(
  join(docs, 'api/index.md'),
  [
    '# API',
    '',
    'Every exported name of every package, from its documentation comments.',
    '',
    ...packages.map(
      (workspace) =>
        `- [${workspace.manifest.name}](/api/${shortName(workspace)}/): ${workspace.manifest.description ?? ''}`,
    ),
    '',
  ].join('\n'),
);

await step('pages', join(docs, 'node_modules/.bin/vitepress'), ['build', '.'], docs);
const dist = join(docs, '.vitepress/dist');
const problems = existsSync(dist) ? siteProblems(dist) : ['nothing was built'];
for (const problem of problems) process.stdout.write(`${problem}\n`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(
  problems.length === 0
    ? `✓ docs/.vitepress/dist, every link checked (${seconds} s in all)\n`
    : `✗ ${problems.length} problems in docs/.vitepress/dist\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
