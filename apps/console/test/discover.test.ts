/** A scenario is added by its own package alone; what is broken hides nothing else. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalogue } from '../src/api.js';
import { discover } from '../src/discover.js';
import { exportTarget } from '../src/exports-map.js';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bin, finished, spawnServer, startRun } from './support/console.ts';

const folder = mkdtempSync(join(tmpdir(), 'lq-apps-'));
const apps = join(folder, 'apps');

beforeAll(() => {
  // As an installation lays it out: the app's one dependency, found from its folder upwards.
  mkdirSync(join(folder, 'node_modules/@liquid'), { recursive: true });
  symlinkSync(
    join(import.meta.dirname, '../../../packages/types'),
    join(folder, 'node_modules/@liquid/types'),
  );
  cpSync(join(import.meta.dirname, 'fixtures/app'), join(apps, 'stranger'), { recursive: true });
  const broken = (name: string, manifest: string, module?: string): void => {
    mkdirSync(join(apps, name), { recursive: true });
    writeFileSync(join(apps, name, 'package.json'), manifest);
    if (module !== undefined) writeFileSync(join(apps, name, 'index.js'), module);
  };
  const offer = (exports: unknown): string =>
    JSON.stringify({ type: 'module', exports, liquid: { scenarios: '.' } });
  broken('a-no-json', '{');
  broken('b-not-built', offer('./dist/index.js'));
  broken('c-throws', offer('./index.js'), 'throw new Error("at loading")');
  broken('d-no-scenario', offer('./index.js'), 'export const scenarios = [{ id: "half" }]');
  broken('e-no-export', offer({ './other': './index.js' }), '');
  broken('f-outside', offer('./../stranger/lib/shows.js'));
  broken('g-no-offer', JSON.stringify({ name: 'tool without scenarios' }));
  mkdirSync(join(apps, 'h-empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('discovery', () => {
  test('finds the stranger, and says of each broken app why', async () => {
    const { scenarios, problems } = await discover({ apps });
    expect(scenarios.map(({ id }) => id)).toEqual(['stranger-count']);
    const said = problems.map(({ message }) => message).join('\n');
    for (const name of [
      'a-no-json',
      'b-not-built',
      'c-throws',
      'd-no-scenario',
      'e-no-export',
      'f-outside',
    ]) {
      expect(said).toContain(name);
    }
    expect(problems).toHaveLength(6);
    expect(problems.find(({ _tag }) => _tag === 'NotFound')?.remedy).toBe('build it: pnpm build');
  });
  test('a folder that is not there is one problem', async () => {
    const { scenarios, problems } = await discover({ apps: join(folder, 'none') });
    expect([scenarios, problems.length]).toEqual([[], 1]);
  });
  test('the stranger appears in list, run and the API, with nothing else touched', async () => {
    const console_ = (...args: ReadonlyArray<string>): string =>
      execFileSync(process.execPath, [bin, `--apps=${apps}`, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(console_('list')).toContain('▶ stranger-count  Counts');
    expect(console_('run', 'stranger-count', '--to', '7')).toContain('Counted to 7.');
    expect(console_('run', 'stranger-count', '--help')).toContain('--to <n>');
    const { child, url } = await spawnServer(`--apps=${apps}`);
    try {
      const { json } = await ask(`${url}api/catalogue`);
      if (!Catalogue.is(json)) throw new Error('no catalogue');
      expect(json.scenarios.map(({ id }) => id)).toContain('stranger-count');
      expect(json.tools.find(({ name }) => name === '@liquid/stranger')?.status).toBe('built');
      expect(json.problems).toHaveLength(6);
      const run = await startRun(url, 'stranger-count', { to: 5 });
      expect(await finished(url, run.id)).toMatchObject({
        status: 'done',
        outcome: { ok: true, result: { report: { summary: 'Counted to 5.' } } },
      });
    } finally {
      child.kill('SIGINT');
    }
  });
});

describe('exports of a package', () => {
  test.each([
    ['./a.js', '.', './a.js'],
    [{ default: './a.js' }, '.', './a.js'],
    [{ require: './a.cjs', import: { types: './a.d.ts', default: './a.js' } }, '.', './a.js'],
    [{ '.': { node: { import: './n.js' }, default: './d.js' } }, '.', './n.js'],
    [{ '.': './a.js', './b': { import: './b.js' } }, './b', './b.js'],
  ])('%j at %s is %s', (exports, subpath, file) => {
    expect(exportTarget(exports, subpath)).toEqual(E.right(file));
  });
  test.each([
    [undefined, '.'],
    [{ './b': './b.js' }, '.'],
    ['a.js', '.'],
    ['/etc/passwd', '.'],
    ['./x/../../y.js', '.'],
    [{ '.': null }, '.'],
    [{ '.': ['./a.js'] }, '.'],
    [{ '.': './a.js' }, '__proto__'],
    [{ '.': { require: './a.cjs' } }, '.'],
  ])('%j at %s is refused', (exports, subpath) => {
    expect(E.isLeft(exportTarget(exports, subpath))).toBe(true);
  });
});
