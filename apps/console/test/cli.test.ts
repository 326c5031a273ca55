/** The built console as a process: output, exit codes, signals, pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunEvent, RunOutcome } from '@liquid/types/scenario';
import { PassThrough } from 'node:stream';
import type { Scenario } from '@liquid/types/scenario';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlHint, listenTyped } from '../src/control-input.js';
import { createControls } from '../src/controls.js';
import { discover } from '../src/discover.js';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'dist/cli.js');
const fixtures = join(import.meta.dirname, 'fixtures/scenarios.js');
const folder = mkdtempSync(join(tmpdir(), 'lq-console-'));

let offered: ReadonlyArray<Scenario> = [];
const fixture = (id: string): Scenario => {
  const found = offered.find((scenario) => scenario.id === id);
  if (found === undefined) throw new Error(`no scenario ${id}`);
  return found;
};

beforeAll(async () => {
  expect(existsSync(bin), 'the console is built').toBe(true);
  offered = (await discover({ files: [fixtures] })).scenarios;
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

const start = (...args: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, [bin, '--from', fixtures, ...args], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });

const finish = async (child: ChildProcess): Promise<Result> => {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, out, err };
};

const run = (...args: ReadonlyArray<string>): Promise<Result> => finish(start(...args));

/** The one object that a command with `--json` prints, checked by its codec. */
const outcome = (result: Result): RunOutcome => {
  expect(result.out.trim().split('\n')).toHaveLength(1);
  const json: unknown = JSON.parse(result.out);
  expect(RunOutcome.is(json)).toBe(true);
  return json as RunOutcome;
};

/** Progress lines, every one checked by its codec. */
const events = (result: Result): ReadonlyArray<RunEvent> =>
  result.err
    .trim()
    .split('\n')
    .map((line) => {
      const json: unknown = JSON.parse(line);
      expect([line, RunEvent.is(json)]).toEqual([line, true]);
      return json as RunEvent;
    });

// Nothing that a terminal would act on may come out of a pipe.
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b/;

describe('list', () => {
  test('shows all tools as trades by dimension, and what runs', async () => {
    const result = await run('list');
    expect(result.code).toBe(0);
    const at = (text: string): number => result.out.indexOf(text);
    for (const name of [
      'vm3',
      'block-storage',
      'irmin-merge',
      'trevi',
      'vnf-pool',
      'hack',
      'multiwifi',
      'shushi',
      'grin',
      'market',
      'mptcp-pm',
    ]) {
      expect([name, at(`@liquid/${name}`) >= 0]).toEqual([name, true]);
    }
    expect(at('cross-resource') < at('vm3') && at('vm3') < at('cross-layer')).toBe(true);
    expect(
      at('cross-layer') < at('fixture-dice') && at('fixture-dice') < at('cross-provider'),
    ).toBe(true);
    expect(result.out).toContain('cpu, memory → airtime, bandwidth');
    expect(result.out).toContain(
      'needs Debian package no-such-package: run: apt-get install no-such-package',
    );
    expect(result.out).toContain('not built yet');
    expect(result.out).not.toMatch(ESCAPES);
  });
  test('says how to run one', async () => {
    const result = await run('list');
    expect([result.code, result.out.includes('Run one:  npm start -- run ')]).toEqual([0, true]);
  });
  test('as JSON describes inputs well enough for a form', async () => {
    const result = await run('list', '--json');
    const { ok, result: list } = JSON.parse(result.out) as {
      ok: boolean;
      result: {
        scenarios: ReadonlyArray<{
          id: string;
          needs: ReadonlyArray<{ met: boolean }>;
          inputs: ReadonlyArray<object>;
        }>;
      };
    };
    expect([result.code, ok]).toEqual([0, true]);
    const dice = list.scenarios.find(({ id }) => id === 'fixture-dice');
    expect(dice?.inputs[0]).toEqual({
      name: 'throwCount',
      flag: '--throw-count',
      kind: 'integer',
      title: 'throws',
      description: 'How often.',
      default: 20,
      unit: null,
      min: 1,
      max: 100000,
      choices: null,
      accepts: null,
    });
    const needy = list.scenarios.find(({ id }) => id === 'fixture-needy');
    expect(needy?.needs.map(({ met }) => met)).toEqual([false, false]);
  });
  test('offers the scenarios of every app beside the console', async () => {
    const { result } = JSON.parse((await run('list', '--json')).out) as {
      result: { scenarios: ReadonlyArray<{ id: string }> };
    };
    const listed = result.scenarios.map(({ id }) => id);
    const apps = readdirSync(join(root, '..')).flatMap((name) => {
      const manifest = join(root, '..', name, 'package.json');
      if (!existsSync(manifest)) return [];
      const { liquid } = JSON.parse(readFileSync(manifest, 'utf8')) as {
        liquid?: { scenarios?: string };
      };
      return liquid?.scenarios === undefined ? [] : [join(root, '..', name, 'dist/index.js')];
    });
    expect(apps.length).toBeGreaterThan(0);
    for (const app of apps) {
      const exported = (await import(app)) as { scenarios?: ReadonlyArray<{ id: string }> };
      expect(listed).toEqual(
        expect.arrayContaining((exported.scenarios ?? []).map(({ id }) => id)),
      );
    }
  });
  test('goes on without a module that can not be loaded, and says so', async () => {
    const bad = join(folder, 'bad.mjs');
    writeFileSync(bad, 'export const scenarios = [{ id: "half" }]');
    const result = await run('list', '--from', bad, '--from', join(folder, 'none.mjs'));
    expect(result.code).toBe(0);
    expect(result.err).toMatch(/warning: .*bad\.mjs at scenarios\[0\]: expected a scenario/);
    expect(result.err).toMatch(/warning: .*none\.mjs/);
    const twice = await run('list', '--from', fixtures, '--json');
    expect(twice.err).toMatch(
      /"type":"log","level":"warn","message":"scenario fixture-dice is in conflict/,
    );
  });
});

describe('run', () => {
  test('prints figures, tables, comparison, notes, plots and the seed', async () => {
    const result = await run('run', 'fixture-dice', '--throw-count', '300', '--seed', '7');
    expect([result.code, result.err.includes('throws')]).toEqual([0, false]);
    for (const text of [
      'The sum is ',
      'pips',
      'Flags',
      'evil\\x1b[2J',
      'Beside the deliverable',
      '✓ reached',
      'about 3.5 (3.1.4)',
      '- A note.',
      'Sum (sum, pips)',
      '│',
      'low half',
      '█',
      '--seed 7 repeats this run',
    ]) {
      expect([text, result.out.includes(text)]).toEqual([text, true]);
    }
    expect(result.out).not.toMatch(ESCAPES);
  });
  test('with --json prints one object, and NDJSON beside it', async () => {
    const result = await run(
      'run',
      'fixture-dice',
      '--json',
      '--seed',
      '7',
      '--size',
      '2 KiB',
      '--mode',
      'loaded',
      '--loud',
      '--no-calm',
    );
    const printed = outcome(result);
    expect(result.code).toBe(0);
    if (!printed.ok) throw new Error('not ok');
    expect(printed.result).toMatchObject({
      scenario: 'fixture-dice',
      seed: '7',
      input: { throwCount: 20, size: '2 KiB', mode: 'loaded', loud: true, calm: false },
      report: { summary: 'The sum is 120.' },
    });
    const told = events(result);
    expect(told.find(({ type }) => type !== 'log')).toEqual({
      type: 'start',
      scenario: 'fixture-dice',
      seed: '7',
    });
    expect(told.filter(({ type }) => type === 'point')).toHaveLength(40);
    expect(told.filter(({ type }) => type === 'progress').at(-1)).toMatchObject({
      done: 20,
      total: 20,
    });
    expect(told.find(({ type }) => type === 'log')).toMatchObject({ level: 'warn' });
  });
  test('repeats itself with the seed that it printed', async () => {
    const first = outcome(await run('run', 'fixture-dice', '--json'));
    if (!first.ok) throw new Error('not ok');
    const again = outcome(await run('run', 'fixture-dice', '--json', '--seed', first.result.seed));
    expect(again).toEqual(first);
  });
  test('warnings are escaped on standard error', async () => {
    const result = await run('run', 'fixture-dice', '--loud');
    expect(result.err).toContain('warn: loud\\x1b[31m indeed');
  });
  test('reads files, standard input too', async () => {
    const file = join(folder, 'a.bin');
    writeFileSync(file, Buffer.alloc(1_000_001));
    const bytes = async (...args: ReadonlyArray<string>): Promise<unknown> => {
      const printed = outcome(await run('run', 'fixture-reader', '--json', ...args));
      return printed.ok ? printed.result.report.figures[0]?.value : printed.error._tag;
    };
    expect(await bytes('--input', file)).toBe(1_000_001);
    expect(await bytes('--input', file, '--whole')).toBe('LimitExceeded');
    expect(await bytes('--input', join(folder, 'none'))).toBe('NotFound');
    expect(await bytes('--input', folder)).toBe('Io');
    const child = start('run', 'fixture-reader', '--input', '-', '--json');
    child.stdin?.end('hello');
    expect(outcome(await finish(child))).toMatchObject({
      result: { report: { figures: [{ value: 5 }] } },
    });
    const waiting = start('run', 'fixture-reader', '--input', '-', '--json');
    const ended = finish(waiting);
    await new Promise<void>((resolve) => waiting.stderr?.once('data', () => resolve()));
    waiting.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });
});

describe('failures', () => {
  test('of a run: one line with the mend, exit code 1', async () => {
    expect(await run('run', 'fixture-failing')).toMatchObject({ code: 1, out: '' });
    expect((await run('run', 'fixture-failing')).err).toContain(
      'error: CRC differs\\n - send it again',
    );
    const json = await run('run', 'fixture-failing', '--json');
    expect([json.code, outcome(json)]).toEqual([
      1,
      {
        ok: false,
        error: { _tag: 'CrcMismatch', message: 'CRC differs\\n', remedy: 'send it again' },
      },
    ]);
    expect((await run('run', 'fixture-throwing')).err).toContain(
      'bug in scenario fixture-throwing failed: oh no',
    );
  });
  test('of needs: all that is missing, with what brings it', async () => {
    const result = await run('run', 'fixture-needy');
    expect([result.code, result.out]).toEqual([1, '']);
    expect(result.err).toContain(
      'needs Debian package no-such-package; needs root - run: apt-get install no-such-package; run it as root',
    );
    expect(outcome(await run('run', 'fixture-needy', '--json'))).toMatchObject({
      ok: false,
      error: { _tag: 'Unsupported' },
    });
  });
  test.each([
    [['run'], 'run needs the name of a scenario'],
    [['run', 'fixture-dise'], 'did you mean fixture-dice?'],
    [['run', 'fixture-dise', '--throw-count', '5'], 'did you mean fixture-dice?'],
    [['run', 'zzz'], 'scenario zzz does not exist - see npm start -- list'],
    [
      ['run', 'fixture-dice', '--throw-count', '0'],
      'throws: expected a whole number from 1 to 100000, got "0"',
    ],
    [['run', 'fixture-dice', '--throw-count'], 'argument missing'],
    [['run', 'fixture-dice', '--mode', 'odd'], 'expected fair or loaded, got "odd"'],
    [['run', 'fixture-dice', '--nonsense'], "unknown option '--nonsense'"],
    [['run', 'fixture-dice', 'more'], 'too many arguments'],
    [['run', 'fixture-dice', '--seed', '-1'], '--seed'],
    [['run', 'fixture-dice', '--seed', 'x'], '--seed takes a whole number'],
    [['serve', '--port', '65536'], '--port takes a number up to 65535'],
    [['serve', '--port', 'x'], '--port takes a number'],
    [['lisst'], 'command lisst does not exist - did you mean list?'],
    [['list', 'more'], 'too many arguments'],
    [['--nonsense'], "unknown option '--nonsense'"],
  ])('of usage: %j', async (args, text) => {
    const result = await run(...args);
    expect([result.code, result.out]).toEqual([2, '']);
    const lines = result.err
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('warning'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(text);
    const json = await run(...args, '--json');
    expect([json.code, outcome(json).ok]).toEqual([2, false]);
  });
  test('help is no failure', async () => {
    for (const args of [
      ['--help'],
      ['run', '--help'],
      ['run', 'fixture-dice', '--help'],
      ['list', '-h'],
      ['--version'],
    ]) {
      const result = await run(...args);
      expect([args, result.code, result.out !== '']).toEqual([args, 0, true]);
    }
    expect((await run('run', 'fixture-dice', '--help')).out).toMatch(
      /--throw-count <n> +How often\. \(from 1 to 100000; default 20\)/,
    );
    expect((await run('run', '--help')).out).toContain('fixture-dice');
  });
});

describe('interruption', () => {
  const begun = async (child: ChildProcess): Promise<void> => {
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: Buffer) => {
        if (text.toString().includes('sleeping')) resolve();
      });
    });
  };
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts the run: 130', async (signal) => {
    const child = start('run', 'fixture-slow', '--json');
    const result = finish(child);
    await begun(child);
    child.kill(signal);
    const ended = await result;
    expect([ended.code, ended.signal]).toEqual([130, null]);
    expect(outcome(ended)).toMatchObject({ ok: false, error: { _tag: 'Aborted' } });
  });
  test('a run that does not listen ends on the second wish, not on an echo of the first', async () => {
    const child = start('run', 'fixture-slow', '--deaf', '--json');
    const result = finish(child);
    await begun(child);
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect((await result).code).toBe(130);
  });
  test('a closed pipe ends it with one line', async () => {
    const child = start('run', 'fixture-chatty');
    child.stdout?.once('data', () => child.stdout?.destroy());
    const result = await finish(child);
    expect(result.code).toBe(1);
    expect(
      result.err
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('warning')),
    ).toEqual(['error: standard output was closed by its reader']);
  });
  test('a closed standard error is no reason to stop', async () => {
    const child = start('run', 'fixture-dice', '--throw-count', '5000', '--json');
    child.stderr?.destroy();
    expect(outcome(await finish(child)).ok).toBe(true);
  });
  test('a long report arrives whole through a slow pipe', async () => {
    const child = start('run', 'fixture-chatty', '--json');
    child.stdout?.pause();
    const finished = finish(child);
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.stdout?.resume();
    const result = await finished;
    const printed = outcome(result);
    expect(printed.ok && printed.result.report.notes.length).toBe(20000);
  });
});

describe('controls', () => {
  const levels = (result: Result): ReadonlyArray<unknown> =>
    events(result).flatMap((event) =>
      event.type === 'control' ? [[event.name, event.value]] : [],
    );
  test('come as NDJSON with --controls; what is wrong is said and changes nothing', async () => {
    const child = start('run', 'fixture-tuned', '--json', '--controls');
    const ended = finish(child);
    child.stdin?.write('{"name":"level","value":5}\n{"name":"level","value":12}\nrubbish\n');
    child.stdin?.write('{"name":"until","value":1}\n{"name":"muted","value":true,"more":1}\n\n');
    child.stdin?.write(`{"name":"level","value":"${'x'.repeat(70_000)}"}\n{"name":"lev`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.stdin?.write('el","value":11}\n');
    const result = await ended;
    expect(result.code).toBe(0);
    expect(levels(result)).toEqual([
      ['level', 5],
      ['muted', true],
      ['level', 11],
    ]);
    const warnings = events(result).flatMap((event) =>
      event.type === 'log' ? [event.message] : [],
    );
    expect(warnings).toEqual([
      expect.stringContaining('a whole number from 0 to 11, got 12'),
      'a line of controls is no JSON',
      'control until does not exist; there is level, muted',
      'a line of controls is longer than 65536 octets',
    ]);
    const printed = outcome(result);
    expect(printed.ok && printed.result.report.tables[0]?.rows).toEqual([
      ['level', '5'],
      ['muted', 'true'],
      ['level', '11'],
    ]);
  });
  test('end of standard input stops a run with --controls, and no other', async () => {
    const child = start('run', 'fixture-slow', '--json', '--controls');
    child.stdin?.end();
    const result = await finish(child);
    expect([result.code, outcome(result)]).toEqual([
      130,
      { ok: false, error: expect.objectContaining({ _tag: 'Aborted' }) as unknown },
    ]);
    const other = start('run', 'fixture-tuned', '--until', '1', '--json');
    other.stdin?.end();
    expect((await finish(other)).code).toBe(0);
  });
  test('are no matter where a file is read from standard input', async () => {
    const result = await run('run', 'fixture-reader', '--input', '-', '--controls');
    expect([result.code, result.err.includes('standard input')]).toEqual([2, true]);
  });
  test('are typed as name and value', () => {
    const input = new PassThrough();
    const told: Array<unknown> = [];
    const refusedLines: Array<string> = [];
    const tuned = fixture('fixture-tuned');
    const controls = createControls(tuned, (event) => told.push(event));
    const heard: Array<unknown> = [];
    const off = listenTyped({
      input,
      controls,
      onRefused: (message) => refusedLines.push(message),
    });
    input.write('level 3\n  muted   on \nlevel\nlev');
    controls.onControl(({ name, value }) => heard.push([name, value]));
    input.write('el 4\r\nvolume 3\nmuted maybe\n\n');
    expect(heard).toEqual([
      ['level', 3],
      ['muted', true],
      ['level', 4],
    ]);
    expect(told).toHaveLength(3);
    expect(refusedLines).toEqual([
      expect.stringContaining('expected a whole number from 0 to 11'),
      'control volume does not exist; there is level, muted',
      expect.stringContaining('true or false'),
    ]);
    off();
    input.write('level 9\n');
    expect(heard).toHaveLength(3);
    expect(controlHint(tuned)).toBe(
      'While it runs, type and press Enter: level <integer>, or muted on|off',
    );
    expect(controlHint(fixture('fixture-dice'))).toBe(undefined);
  });
});

describe('--out', () => {
  test('writes report, points and pictures, in place of older ones', async () => {
    const out = join(folder, 'results/new');
    for (const count of ['5', '30']) {
      const result = await run(
        'run',
        'fixture-dice',
        '--throw-count',
        count,
        '--seed',
        '1',
        '--out',
        out,
      );
      expect([result.code, result.out.includes('The sum is')]).toEqual([0, true]);
    }
    expect(readdirSync(out).sort()).toEqual(['halves.svg', 'report.json', 'series.csv', 'sum.svg']);
    const report: unknown = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
    expect(RunOutcome.is(report)).toBe(true);
    expect(report).toEqual(
      outcome(await run('run', 'fixture-dice', '--throw-count', '30', '--seed', '1', '--json')),
    );
    const lines = readFileSync(join(out, 'series.csv'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(61);
    expect(lines.slice(0, 2)).toEqual([
      'series,x: throw,y: sum: sum (pips); low high: pips',
      expect.stringMatching(/^sum,1,[1-6]$/),
    ]);
  });
  test('that can not be written is a failure with its reason, and leaves nothing half', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const result = await run('run', 'fixture-dice', '--out', file, '--json');
    expect([result.code, outcome(result)]).toMatchObject([
      1,
      { ok: false, error: { _tag: 'Conflict' } },
    ]);
  });
  test('of a run that failed holds the error and the points so far', async () => {
    const out = join(folder, 'failed');
    const result = await run('run', 'fixture-failing', '--out', out);
    expect(result.code).toBe(1);
    expect(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'))).toMatchObject({
      ok: false,
      error: { _tag: 'CrcMismatch' },
    });
  });
});

describe('serve', () => {
  test('prints where it is and nothing else, and ends in order', async () => {
    const child = start('serve', '--port', '0');
    const ended = finish(child);
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.kill('SIGTERM');
    const { code, out } = await ended;
    expect([code, out]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\n$/)]);
  });
  test('is what happens without a command; as JSON it prints one object', async () => {
    const child = start('--json');
    const ended = finish(child);
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.kill('SIGINT');
    const { code, out } = await ended;
    const { ok, result } = JSON.parse(out) as {
      ok: boolean;
      result: { url: string; port: number };
    };
    expect([code, ok, result.url]).toEqual([0, true, `http://127.0.0.1:${result.port}/`]);
  });
  test('says that a port is taken', async () => {
    const first = start('serve');
    const ended = finish(first);
    const [url] = (await once(first.stdout ?? first, 'data')) as [string];
    const taken = await run('serve', '--port', new URL(String(url).trim()).port);
    expect([taken.code, taken.out, taken.err]).toEqual([
      1,
      '',
      expect.stringMatching(/error: .*EADDRINUSE/),
    ]);
    first.kill('SIGINT');
    await ended;
  });
});
