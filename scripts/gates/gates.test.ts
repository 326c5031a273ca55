/**
 * The gates themselves: each is green on this tree and goes red on a planted violation of its rule.
 *
 * Everything happens in one throw-away copy, whose tools and dependencies are links to ours.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { projectFiles } from '../lib/files.ts';
import { codeHash, type MeasuredOn } from '../lib/measured.ts';
import type { Results } from '../lib/results.ts';
import { run } from '../lib/run.ts';
import { siteProblems } from '../lib/site-output.ts';
import { readManifest, workspacesOf } from '../lib/workspace.ts';
import { GATES } from './all.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'liquid-gates-'));
  for (const path of projectFiles(root)) {
    cpSync(join(root, path), join(copy, path));
  }
  // Workspace links are relative, so they lead to the copy's packages; the rest leads to our store.
  for (const { folder } of workspacesOf(root)) {
    for (const name of ['node_modules', 'dist']) {
      const from = join(root, folder, name);
      if (existsSync(from)) {
        cpSync(from, join(copy, folder, name), { recursive: true, verbatimSymlinks: true });
      }
    }
  }
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '.cache') {
      symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
    }
  }
  spawnSync('git', ['init', '-q'], { cwd: copy });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What each file held before something was planted in it; null where there was none. */
const before = new Map<string, string | null>();

afterEach(() => {
  for (const [path, text] of before) {
    if (text === null) rmSync(join(copy, path), { recursive: true, force: true });
    else writeFileSync(join(copy, path), text);
  }
  before.clear();
});

const read = (path: string): string => readFileSync(join(copy, path), 'utf8');

const plant = (path: string, text: string): void => {
  const target = join(copy, path);
  if (!before.has(path)) before.set(path, existsSync(target) ? readFileSync(target, 'utf8') : null);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
};

const remove = (path: string): void => {
  before.set(path, read(path));
  rmSync(join(copy, path));
};

/** Plants a changed field of a JSON file. */
const plantJson = (
  path: string,
  change: (json: Record<string, Record<string, unknown>>) => void,
) => {
  const json = JSON.parse(read(path)) as Record<string, Record<string, unknown>>;
  change(json);
  plant(path, `${JSON.stringify(json, null, 2)}\n`);
};

const problemsOf = async (name: string, folder?: string): Promise<string> => {
  const gate = GATES.find((one) => one.name === name);
  if (gate === undefined) throw new Error(`no gate is called ${name}`);
  return (await gate.check(copy, folder)).join('\n');
};

describe('green as it is', () => {
  test.each(GATES.map(({ name }) => name))('%s', async (name) => {
    expect(await problemsOf(name)).toBe('');
  });
});

/** A package whose manifest says no more than the floors need. */
const plantTool = (name: string, dependency: string | null): void => {
  plant(
    `packages/${name}/package.json`,
    JSON.stringify({
      name: `@liquid/${name}`,
      type: 'module',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
      dependencies: dependency === null ? {} : { [`@liquid/${dependency}`]: 'workspace:^' },
      liquid: { floor: 'tool' },
    }),
  );
  plant(`packages/${name}/dist/index.d.ts`, 'export declare const planted = 1;\n');
  plant(`packages/${name}/dist/index.js`, 'export const planted = 1;\n');
};

describe('red on', () => {
  test('a floor broken by a relative path', async () => {
    plant('packages/types/src/planted.ts', "export * from '../../rohc/src/index.js';\n");
    expect(await problemsOf('floors')).toMatch(/floor-of-@liquid\/types.*planted/);
  });

  test('a neighbour below reached by a relative path instead of its name', async () => {
    plant('packages/rohc/src/planted.ts', "export * from '../../types/src/index.js';\n");
    expect(await problemsOf('floors')).toMatch(/import-by-name.*planted/);
  });

  test('a floor broken by a name that the manifest does not declare', async () => {
    plant('packages/netlab/src/planted.ts', "export * from '@liquid/rohc';\n");
    expect(await problemsOf('floors')).toMatch(/declared.*planted/);
  });

  test('a floor broken by a development dependency', async () => {
    plantJson('packages/types/package.json', (json) => {
      json['devDependencies'] = { ...json['devDependencies'], '@liquid/rohc': 'workspace:^' };
    });
    expect(await problemsOf('floors')).toMatch(/packages\/types.*depends on @liquid\/rohc/);
  });

  test('one tool that imports another', async () => {
    plantTool('planted-below', null);
    plantTool('planted-beside', 'planted-below');
    plant('packages/planted-beside/src/index.ts', "export * from '@liquid/planted-below';\n");
    const link = 'packages/planted-beside/node_modules/@liquid/planted-below';
    before.set('packages/planted-beside', null);
    before.set('packages/planted-below', null);
    mkdirSync(dirname(join(copy, link)), { recursive: true });
    symlinkSync('../../../planted-below', join(copy, link));
    const problems = await problemsOf('floors');
    expect(problems).toMatch(/floor-of-@liquid\/planted-beside.*index\.ts/);
    expect(problems).toMatch(/planted-beside.*depends on @liquid\/planted-below/);
  });

  test('a library that the manifest does not declare', async () => {
    plant('packages/types/src/planted.ts', "export * from 'commander';\n");
    expect(await problemsOf('floors')).toMatch(/declared.*planted/);
  });

  test('a development dependency in published code', async () => {
    plant('packages/types/src/planted.ts', "export { assert as planted } from 'fast-check';\n");
    expect(await problemsOf('floors')).toMatch(/runtime-dependency.*planted/);
  });

  test('two modules that import each other', async () => {
    plant('packages/types/src/planted.ts', "export * from './planted-too.js';\n");
    plant('packages/types/src/planted-too.ts', "export * from './planted.js';\n");
    expect(await problemsOf('floors')).toMatch(/no-cycle.*planted/);
  });

  test.each(['fp-ts/Either', 'fp-ts/es6/Either', 'fp-ts/lib/Either', 'io-ts/Decoder', 'fp-ts'])(
    'the import %s',
    async (name) => {
      plant('packages/types/src/planted.ts', `export * from '${name}';\n`);
      expect(await problemsOf('lint')).toContain('planted.ts');
    },
  );

  test('any, in the linter', async () => {
    plant('packages/types/src/planted.ts', 'export const planted: any = 1;\n');
    expect(await problemsOf('lint')).toContain('planted.ts');
  });

  test('an unformatted file', async () => {
    plant('packages/types/src/planted.ts', 'export  const planted = "two  spaces"\n');
    expect(await problemsOf('format')).toContain('planted.ts');
  });

  test('a type error', async () => {
    plant('packages/types/src/planted.ts', "export const planted: number = 'text';\n");
    expect(await problemsOf('types', 'packages/types')).toMatch(/planted\.ts.*TS2322/);
  });

  test('a type of Node in a portable entry', async () => {
    plant(
      'packages/types/src/index.ts',
      `${read('packages/types/src/index.ts')}export const planted = (bytes: Buffer): number => bytes.length;\n`,
    );
    expect(await problemsOf('types', 'packages/types')).toMatch(/index\.ts.*Buffer/);
  });

  test('an unused export', async () => {
    plant('scripts/lib/files.ts', `${read('scripts/lib/files.ts')}export const planted = 1;\n`);
    expect(await problemsOf('unused')).toMatch(/planted\s+scripts\/lib\/files\.ts/);
  });

  test('an unused file', async () => {
    plant('packages/types/src/planted.ts', 'export const planted = 1;\n');
    expect(await problemsOf('unused')).toContain('packages/types/src/planted.ts');
  });

  test('an export without a docstring', async () => {
    plant(
      'packages/types/src/index.ts',
      `${read('packages/types/src/index.ts')}export const planted = 1;\n`,
    );
    expect(await problemsOf('documented', 'packages/types')).toMatch(
      /planted.*does not have any documentation/,
    );
  });

  test('a README edited by hand', async () => {
    plant('packages/types/README.md', `${read('packages/types/README.md')}\nOne more word.\n`);
    expect(await problemsOf('readme')).toContain('packages/types/README.md differs');
  });

  test('a README with other headings', async () => {
    for (const path of ['packages/types/README.md', 'packages/types/src/index.ts']) {
      plant(path, read(path).replace('## Concepts', '## Ideas'));
    }
    expect(await problemsOf('readme')).toContain('has the headings');
  });

  test('figures of another shape', async () => {
    plant('interop/rohc/bench/results.json', '{"package":"rohc","rows":[{"id":"one"}]}\n');
    expect(await problemsOf('readme')).toContain('rows[0].case is missing');
  });

  test('an export that leads nowhere', async () => {
    plant(
      'packages/types/package.json',
      read('packages/types/package.json').replace('index.cjs', 'gone.cjs'),
    );
    plantJson('packages/types/package.json', (json) => {
      const face = json['exports']?.['.'] as Record<string, Record<string, string>>;
      face['require'] = { ...face['require'], default: './dist/gone.cjs' };
    });
    expect(await problemsOf('published', 'packages/types')).toContain('packages/types, publint');
  });

  test('a package grown by more than a tenth', async () => {
    plantJson('scripts/sizes.json', (json) => {
      const limits = json as unknown as Record<string, number>;
      limits['packages/types/dist/index.js'] = 100;
    });
    expect(await problemsOf('sizes')).toMatch(/types\/dist\/index\.js has \d+ bytes/);
  });

  test('a dependency with a licence that is not allowed', async () => {
    plantJson('packages/types/package.json', (json) => {
      json['dependencies'] = { ...json['dependencies'], planted: '1.0.0' };
    });
    plant(
      'packages/types/node_modules/planted/package.json',
      '{"name":"planted","version":"1.0.0","license":"GPL-3.0-only"}',
    );
    before.set('packages/types/node_modules/planted', null);
    expect(await problemsOf('licences')).toContain('@liquid/types brings planted 1.0.0');
  });

  test('a path of one machine', async () => {
    plant('docs/planted.md', `See \`${['', 'root', 'planted', 'file'].join('/')}\`.\n`);
    expect(await problemsOf('paths')).toContain('docs/planted.md:1');
  });

  test('a package without one of its files', async () => {
    remove('packages/types/LICENSE');
    expect(await problemsOf('anatomy')).toContain('packages/types: LICENSE is missing');
  });

  test('a package with an install script', async () => {
    plantJson('packages/types/package.json', (json) => {
      json['scripts'] = { ...json['scripts'], postinstall: 'true' };
    });
    expect(await problemsOf('anatomy')).toContain('install script: postinstall');
  });

  test.each([
    ['a page that is not there', '[x](/gone)', '/gone is not there'],
    ['a heading that is not there', '[x](/rohc#gone)', 'docs/rohc.md has no heading #gone'],
    ['a file outside the site', '[x](../CONTRIBUTING.md)', '../CONTRIBUTING.md is not there'],
    ['a host that nobody chose', '[x](https://planted.example/)', 'planted.example is not in'],
    ['a picture that is not there', '![x](/gone.png)', '/gone.png is not there'],
  ])('a link to %s', async (_title, text, expected) => {
    plant('docs/planted.md', `# Planted\n\n${text}\n`);
    expect(await problemsOf('links')).toContain(`docs/planted.md:3: ${expected}`);
  });

  test.each([
    ['in a language that nothing compiles', 'js', 'const planted = 1', 'a block of "js"'],
    ['of JSON that is none', 'json', '{ planted }', 'is no JSON'],
  ])('a code block %s', async (_title, language, code, expected) => {
    plant('docs/planted.md', `# Planted\n\n\`\`\`${language}\n${code}\n\`\`\`\n`);
    expect(await problemsOf('examples')).toMatch(new RegExp(`docs/planted.md:3: .*${expected}`));
  });

  test.each([
    ['a rate in a sentence', '# P\n\nIt does 2 million packets per second.'],
    ['a share in a sentence', '# P\n\nIt saves 90 % of it.'],
    ['a number in a section of figures', '# P\n\n## Speed\n\nAbout 12 of them.'],
    ['a number in a column of ours', '# P\n\n| case | ours |\n| --- | --- |\n| one | 12 |'],
  ])('a figure without a source: %s', async (_title, text) => {
    plant('docs/planted.md', `${text}\n`);
    expect(await problemsOf('figures')).toMatch(/docs\/planted\.md:\d+: .*without a source/);
  });

  test('a figure of a row that is gone', async () => {
    const tag = '<Figure file="interop/rohc/bench/sizes.json" row="gone" />';
    plant('docs/planted.md', `# Planted\n\n${tag}\n`);
    expect(await problemsOf('figures')).toContain('sizes.json has no row "gone"');
  });

  test('a figure of a file that is gone', async () => {
    plant('docs/planted.md', '# Planted\n\n<FiguresTable file="interop/gone.json" />\n');
    expect(await problemsOf('figures')).toContain('there is no results file "interop/gone.json"');
  });

  test('a results file that does not say what it measured', async () => {
    plantJson('interop/rohc/bench/sizes.json', (json) => delete json['measured']);
    expect(await problemsOf('figures')).toContain('"measured" needs version, of and code');
  });

  /** Makes the sizes of the copy those of its code, whatever is being worked on here. */
  const measureAnew = (more: object = {}): void =>
    plantJson('interop/rohc/bench/sizes.json', (json) => {
      const measured = json['measured'] as unknown as MeasuredOn;
      json['measured'] = { ...measured, code: codeHash(copy, measured.of), ...more };
    });

  const STALE = 'interop/rohc/bench/sizes.json is stale';

  test('figures of code that has changed since, and not of comments or layout', async () => {
    const path = 'packages/rohc/src/crc.ts';
    measureAnew();
    plant(path, `// planted\n\n${read(path)}`);
    expect(await problemsOf('figures')).not.toContain(STALE);
    plant(path, `${read(path)}export const planted = 1;\n`);
    expect(await problemsOf('figures')).toContain(STALE);
  });

  test('figures that were kept for other code, or in an earlier minor version', async () => {
    const keep = (kept: object) =>
      measureAnew({
        code: '0123456789abcdef',
        kept: [{ because: 'what was planted is called by nobody', ...kept }],
      });
    measureAnew();
    const { of, code } = (JSON.parse(read('interop/rohc/bench/sizes.json')) as Results).measured;
    expect(code).toBe(codeHash(copy, of));
    const { version } = readManifest(copy, 'packages/rohc');
    keep({ code, version });
    expect(await problemsOf('figures')).not.toContain(STALE);
    keep({ code, version: '99.0.0' });
    expect(await problemsOf('figures')).toContain(STALE);
    keep({ code: 'fedcba9876543210', version });
    expect(await problemsOf('figures')).toContain(STALE);
  });

  test.each([
    ['a dead link', '<a href="/gone">x</a>', '/gone leads nowhere'],
    ['a dead anchor', '<a href="/other#gone">x</a>', 'other.html has no such anchor'],
    ['a script of another origin', '<script src="https://planted.example/x.js"></script>', 'loads'],
    ['a font of another origin', '<link rel="stylesheet" href="//planted.example/f.css">', 'loads'],
    ['a link to an unknown host', '<a href="https://planted.example/">x</a>', 'is not in'],
  ])('a built site with %s', (_title, html, expected) => {
    plant('built/other.html', '<h1 id="there">x</h1><a href="/">x</a><a href="./#top">x</a>');
    plant('built/index.html', '<h1 id="top">x</h1><a href="/other#there">x</a>');
    expect(siteProblems(join(copy, 'built'))).toEqual([]);
    plant('built/index.html', `<h1 id="top">x</h1>${html}`);
    expect(siteProblems(join(copy, 'built')).join('\n')).toContain(expected);
  });

  test.each([
    ['that does not compile', "const planted: number = 'text'; void planted;", 'TS2322'],
    ['that fails when it runs', "throw new Error('planted');", 'planted'],
  ])('an example %s', async (_title, code, expected) => {
    plant(
      'packages/types/src/planted.ts',
      `/**\n * One.\n *\n * @example\n * \`\`\`ts\n * ${code}\n * \`\`\`\n */\nexport const one = 1;\n`,
    );
    const { code: status, output } = await run(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '.examples'],
      { cwd: join(copy, 'packages/types'), env: { VITEST: undefined, NO_COLOR: '1' } },
    );
    expect(status).not.toBe(0);
    expect(output).toContain(expected);
    expect(output).toContain('src-planted-ts');
  });
});
