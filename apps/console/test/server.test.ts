/** The server at work: runs, streams, controls, uploads, downloads, and an end that leaves nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Catalogue, Points, Refusal, RunState, Upload } from '../src/api.js';
import type { Server } from '../src/server/server.js';
import { sanitiseName } from '../src/server/uploads.js';
import {
  ask,
  bin,
  finished,
  openServer,
  post,
  readStream,
  sources,
  startRun,
  stateOf,
  type StreamEvent,
  until,
  upload,
} from './support/console.ts';

let server: Server;
let url = '';

beforeAll(async () => {
  server = await openServer({ runsKept: 64, graceMs: 500 });
  url = server.url;
});
afterAll(async () => {
  await server.stop();
});

const refusal = (json: unknown): Refusal => {
  if (!Refusal.is(json)) throw new Error(`no refusal: ${JSON.stringify(json)}`);
  return json;
};

/** The points that a stream told, by series: the snapshot replaces, points are appended. */
const collect = (
  events: ReadonlyArray<StreamEvent>,
): ReadonlyMap<string, ReadonlyArray<number>> => {
  const held = new Map<string, ReadonlyArray<number>>();
  for (const { name, data } of events) {
    if (name !== 'points' && name !== 'snapshot') continue;
    if (!Points.is(data)) throw new Error('no points');
    expect(data.x.length).toBe(data.y.length);
    held.set(
      data.series,
      name === 'snapshot' ? data.y : [...(held.get(data.series) ?? []), ...data.y],
    );
  }
  return held;
};

describe('the catalogue', () => {
  test('is as its codec has it, and honest', async () => {
    const { status, json, headers } = await ask(`${url}api/catalogue`);
    expect(status).toBe(200);
    if (!Catalogue.is(json)) throw new Error('no catalogue');
    expect(json.version).toBe('1.2.3');
    expect(json.uploadLimit).toBe(64 * 1024 * 1024);
    expect(json.dimensions).toHaveLength(3);
    expect(json.tools.filter(({ status: far }) => far === 'not built yet').length).toBeGreaterThan(
      5,
    );
    const tuned = json.scenarios.find(({ id }) => id === 'fixture-tuned');
    expect(tuned?.inputs.map(({ name, control }) => [name, control])).toEqual([
      ['level', true],
      ['muted', true],
      ['until', false],
    ]);
    expect(json.scenarios.find(({ id }) => id === 'fixture-needy')?.needs[0]).toEqual({
      kind: 'package',
      name: 'Debian package no-such-package',
      remedy: 'run: apt-get install no-such-package',
      met: false,
    });
    for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy']) {
      expect([name, headers.has(name)]).toEqual([name, true]);
    }
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('a run', () => {
  test('goes from its start to its outcome, which the terminal gives, too', async () => {
    const input = { throwCount: 50, size: '2 KiB', loud: true, calm: false };
    const answer = await post(`${url}api/runs`, { scenario: 'fixture-dice', input, seed: '7' });
    const begun = stateOf(answer);
    expect([answer.status, begun.status, begun.outcome]).toEqual([201, 'running', null]);
    expect(begun.input).toEqual({ ...input, mode: 'fair' });
    expect(begun.command).toBe(
      "npm start -- run fixture-dice --throw-count 50 --size '2 KiB' --loud --no-calm --seed 7",
    );
    const events = await readStream(`${url}api/runs/${begun.id}/events`);
    for (const { name, data } of events) if (name === 'state') expect(RunState.is(data)).toBe(true);
    const end = events.at(-1)?.data as RunState;
    expect(end).toMatchObject({ status: 'done', seed: '7', thinned: false });
    expect(end.progress).toMatchObject({ done: 50, total: 50, unit: 'throws' });
    expect(end.points['sum']).toBe(50);
    expect(end.log).toContainEqual({ level: 'warn', message: 'loud\\x1b[31m indeed' });
    // The printed command line does the same.
    const args = [
      'run',
      'fixture-dice',
      '--throw-count',
      '50',
      '--size',
      '2 KiB',
      '--loud',
      '--no-calm',
      '--seed',
      '7',
    ];
    const printed = execFileSync(process.execPath, [bin, ...sources, ...args, '--json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(end.outcome).toEqual(JSON.parse(printed));
    expect(stateOf(await ask(`${url}api/runs/${begun.id}`))).toEqual(end);
    const { json: list } = await ask(`${url}api/runs`);
    expect((list as ReadonlyArray<RunState>)[0]).toEqual(end);
    await until('its folder is gone', () => readdirSync(join(server.folder, 'runs')).length === 0);
  });
  test('is stopped, and again is a conflict', async () => {
    const { id } = await startRun(url, 'fixture-slow');
    await until(
      'it sleeps',
      async () => stateOf(await ask(`${url}api/runs/${id}`)).progress !== null,
    );
    const stopping = await post(`${url}api/runs/${id}/stop`);
    expect([stopping.status, stateOf(stopping).status]).toEqual([202, 'stopping']);
    expect(await finished(url, id)).toMatchObject({
      status: 'stopped',
      outcome: { ok: false, error: { _tag: 'Aborted' } },
    });
    const again = await post(`${url}api/runs/${id}/stop`);
    expect([again.status, refusal(again.json).error.remedy]).toEqual([409, 'start it again']);
  });
  test('that does not stop is killed', async () => {
    const { id } = await startRun(url, 'fixture-slow', { deaf: true });
    await until(
      'it sleeps',
      async () => stateOf(await ask(`${url}api/runs/${id}`)).progress !== null,
    );
    await post(`${url}api/runs/${id}/stop`);
    expect(await finished(url, id)).toMatchObject({
      status: 'stopped',
      outcome: { error: { message: 'the run did not stop in time and was killed' } },
    });
  });
  test.each([
    ['exit', 'the run ended without a result (exit code 3)'],
    ['kill', 'the run ended without a result (signal SIGKILL)'],
    ['throw', 'thrown beside'],
    ['garbage', 'the run ended with no valid result (exit code 0): not an event'],
  ])('that dies by %s has failed, with its last words', async (how, words) => {
    const { id } = await startRun(url, 'fixture-dying', { how });
    const end = await finished(url, id);
    expect(end.status).toBe('failed');
    expect(JSON.stringify(end.outcome)).toContain(words);
  });
  test('that fails says why', async () => {
    const { id } = await startRun(url, 'fixture-failing');
    expect(await finished(url, id)).toMatchObject({
      status: 'failed',
      outcome: { ok: false, error: { _tag: 'CrcMismatch', remedy: 'send it again' } },
    });
  });
  test('that lacks something is refused with what brings it', async () => {
    const { status, json } = await post(`${url}api/runs`, { scenario: 'fixture-needy', input: {} });
    expect(status).toBe(409);
    expect(refusal(json).error).toMatchObject({
      message: 'needs Debian package no-such-package; needs root',
      remedy: 'run: apt-get install no-such-package; run it as root, for example with sudo',
    });
  });
  test.each([
    [{ scenario: 'fixture-dise', input: {} }, 404, 'did you mean fixture-dice?', []],
    [
      { scenario: 'fixture-dice', input: { throwCount: 0, mode: 'odd' } },
      422,
      'from 1 to 100000',
      ['throwCount', 'mode'],
    ],
    [
      { scenario: 'fixture-dice', input: { throwCount: '5' } },
      422,
      'a whole number',
      ['throwCount'],
    ],
    [{ scenario: 'fixture-dice', input: { throwCuont: 5 } }, 422, 'throwCount', ['throwCuont']],
    [{ scenario: 'fixture-dice', input: {}, seed: '-1' }, 422, 'at most 19 digits', ['seed']],
    [
      { scenario: 'fixture-reader', input: { input: '/etc/passwd' } },
      422,
      'send it again',
      ['input'],
    ],
    [{ scenario: 'fixture-reader', input: { input: '-' } }, 422, 'send it again', ['input']],
    [
      { scenario: 'fixture-reader', input: { input: '../../etc/passwd' } },
      422,
      'send it again',
      ['input'],
    ],
    [{ scenario: 'fixture-reader', input: { input: ['a'] } }, 422, 'send it again', ['input']],
    [
      { scenario: 'fixture-dice', input: {}, more: 1 },
      400,
      'one of the fields scenario, input, seed',
      [],
    ],
    [{ scenario: 5, input: {} }, 400, 'expected string', []],
    [[], 400, 'expected', []],
    [null, 400, 'expected', []],
  ])('is refused for %j: %i %s', async (body, status, text, inputs) => {
    const answer = await post(`${url}api/runs`, body);
    const { error, inputs: complaints } = refusal(answer.json);
    expect([answer.status, `${error.message} ${error.remedy}`]).toEqual([
      status,
      expect.stringContaining(text),
    ]);
    expect(Object.keys(complaints ?? {})).toEqual(inputs);
  });
  test('gets every text as it was given, also one that looks like a flag', async () => {
    const texts = [
      '--json',
      '--from=/x',
      '',
      ' a  b ',
      "it's",
      '$(id)',
      '-',
      '--',
      'ü\u{1f600}',
      'a\nb',
    ];
    for (const text of texts) {
      const { id } = await startRun(url, 'fixture-echo', { text, offset: -5 });
      const { outcome } = await finished(url, id);
      if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome));
      expect(outcome.result.report.notes.slice(0, 2)).toEqual([text, '-5']);
    }
  });
});

describe('limits', () => {
  test('so many runs go on at once, and the last ones are kept', async () => {
    const small = await openServer({ runs: 2, runsKept: 3 });
    try {
      const going = [
        await startRun(small.url, 'fixture-slow'),
        await startRun(small.url, 'fixture-slow'),
      ];
      const { status, json } = await post(`${small.url}api/runs`, {
        scenario: 'fixture-dice',
        input: {},
      });
      expect([status, refusal(json).error.remedy]).toEqual([
        429,
        'stop one of them, or wait for its end',
      ]);
      for (const { id } of going) {
        await post(`${small.url}api/runs/${id}/stop`);
        await finished(small.url, id);
      }
      const ids: Array<string> = [];
      for (let i = 0; i < 4; i++) {
        const { id } = await startRun(small.url, 'fixture-dice');
        await finished(small.url, id);
        ids.unshift(id);
      }
      const { json: list } = await ask(`${small.url}api/runs`);
      expect((list as ReadonlyArray<RunState>).map(({ id }) => id)).toEqual(ids.slice(0, 3));
      expect((await ask(`${small.url}api/runs/${going[0]?.id}`)).status).toBe(404);
    } finally {
      await small.stop();
    }
  });
});

describe('streams', () => {
  test('two watchers see the same, and one who comes later finds it in the snapshot', async () => {
    const { id } = await startRun(url, 'fixture-flood', { points: 3000, hold: true });
    const at = `${url}api/runs/${id}/events`;
    const first = readStream(at);
    const second = readStream(at);
    await until('all points came', async () => {
      const { points } = stateOf(await ask(`${url}api/runs/${id}`));
      return (points['wave'] ?? 0) + (points['foam'] ?? 0) === 3000;
    });
    // A reload: state, then one snapshot a series, equal to all that the first ones got.
    const later = await readStream(
      at,
      ({ name, data }) => name === 'snapshot' && (data as Points).series === 'foam',
    );
    expect(later.map(({ name }) => name)).toEqual(['state', 'snapshot', 'snapshot']);
    await post(`${url}api/runs/${id}/stop`);
    const [one, two] = [collect(await first), collect(await second)];
    expect(one.get('wave')).toHaveLength(2997);
    expect(two).toEqual(one);
    expect(collect(later)).toEqual(one);
    expect((await first).at(-1)).toMatchObject({ name: 'state', data: { status: 'stopped' } });
  });
  test('of a run that has ended tell its end, and stay closed to who has seen it', async () => {
    const { id } = await startRun(url, 'fixture-dice');
    await finished(url, id);
    const again = await readStream(`${url}api/runs/${id}/events`);
    expect(again.map(({ name }) => name)).toEqual([
      'state',
      'snapshot',
      'snapshot',
      'snapshot',
      'state',
    ]);
    const back = await ask(`${url}api/runs/${id}/events`, { headers: { 'last-event-id': 'end' } });
    expect(back.status).toBe(204);
  });
  test('a million points arrive through a process whose memory stays bounded', async () => {
    const { id } = await startRun(url, 'fixture-flood', { points: 1_000_000 });
    const events = readStream(`${url}api/runs/${id}/events`);
    const end = await finished(url, id);
    expect(end.points).toEqual({ wave: 999_000, foam: 1000 });
    expect([end.status, end.thinned]).toEqual(['done', false]);
    if (end.outcome?.ok !== true) throw new Error('failed');
    // Its lines alone are 60 MB.
    expect(end.outcome.result.report.figures[0]?.value).toBeLessThan(260e6);
    for (const { name, data } of await events) {
      if (name === 'points' || name === 'snapshot') {
        expect((data as Points).x.length).toBeLessThanOrEqual(4096);
      }
    }
    const csv = await (await fetch(`${url}api/runs/${id}/series.csv`)).text();
    expect(csv.split('\n')).toHaveLength(1_000_002);
    const svg = await (await fetch(`${url}api/runs/${id}/plots/0.svg`)).text();
    expect(svg.length).toBeLessThan(200_000);
  });
  test('more points than are kept are merged, and it is said', async () => {
    const small = await openServer({ points: 10_000, pointsKept: 4000 });
    try {
      const { id } = await startRun(small.url, 'fixture-flood', { points: 50_000 });
      const end = await finished(small.url, id);
      expect([end.thinned, end.points['wave']]).toEqual([true, 49_950]);
      const csv = await (await fetch(`${small.url}api/runs/${id}/series.csv`)).text();
      expect(csv.split('\n').length).toBeLessThan(4004);
    } finally {
      await small.stop();
    }
  });
});

describe('controls', () => {
  test('reach the run, and everyone who watches', async () => {
    const { id } = await startRun(url, 'fixture-tuned');
    const at = `${url}api/runs/${id}`;
    const events = readStream(`${at}/events`);
    await until('it runs', async () => (stateOf(await ask(at)).points['level'] ?? 0) > 0);
    expect((await post(`${at}/controls`, { name: 'level', value: 5 })).status).toBe(202);
    await until('the change is seen', async () => stateOf(await ask(at)).input['level'] === 5);
    await post(`${at}/controls`, { name: 'muted', value: true });
    for (const [body, status, text] of [
      [{ name: 'level', value: 12 }, 422, 'from 0 to 11'],
      [{ name: 'until', value: 3 }, 422, 'there is level, muted'],
      [{ name: 'toString', value: 3 }, 422, 'there is level, muted'],
      [{ name: 'level' }, 422, 'a whole number'],
      [{ level: 5 }, 400, 'expected'],
    ] as const) {
      const refused = await post(`${at}/controls`, body);
      expect([refused.status, refusal(refused.json).error.message]).toEqual([
        status,
        expect.stringContaining(text),
      ]);
    }
    await post(`${at}/controls`, { name: 'level', value: 11 });
    const all = await events;
    const heard = [
      ['level', '5'],
      ['muted', 'true'],
      ['level', '11'],
    ];
    expect(all.filter(({ name }) => name === 'control').map(({ data }) => data)).toEqual([
      { name: 'level', value: 5 },
      { name: 'muted', value: true },
      { name: 'level', value: 11 },
    ]);
    expect(all.at(-1)?.data).toMatchObject({
      status: 'done',
      input: { level: 11, muted: true, until: 11 },
      outcome: { result: { report: { tables: [{ rows: heard }] } } },
    });
    expect((await post(`${at}/controls`, { name: 'level', value: 1 })).status).toBe(409);
  });
});

describe('uploads', () => {
  test('are given to runs by name, never as paths', async () => {
    const sent = await upload(url, '../../etc/my capture;.pcap', new Uint8Array(100_001));
    if (!Upload.is(sent.json)) throw new Error(JSON.stringify(sent.json));
    expect([sent.status, sent.json.name, sent.json.size]).toEqual([
      201,
      'my capture_.pcap',
      100_001,
    ]);
    const run = await startRun(url, 'fixture-reader', { input: sent.json.file });
    expect(run.command).toContain("--input 'my capture_.pcap'");
    expect(run.input['input']).toBe(sent.json.file);
    expect(await finished(url, run.id)).toMatchObject({
      outcome: { result: { report: { figures: [{ value: 100_001 }] } } },
    });
    // Two of one name in one run.
    const other = await upload(url, 'my capture;.pcap', new Uint8Array(1));
    const both = await startRun(url, 'fixture-echo', {
      input: sent.json.file,
      more: (other.json as Upload).file,
    });
    const { outcome } = await finished(url, both.id);
    if (outcome?.ok !== true) throw new Error('failed');
    expect(outcome.result.report.notes.slice(2, 4)).toEqual([
      'my capture_.pcap',
      '2-my capture_.pcap',
    ]);
  });
  test('that are too many leave, the oldest first', async () => {
    const small = await openServer({ uploadsOctets: 250, uploadOctets: 100 });
    try {
      const files: Array<string> = [];
      for (let i = 0; i < 4; i++) {
        files.push(((await upload(small.url, 'a', new Uint8Array(100))).json as Upload).file);
      }
      expect(small.stats()).toMatchObject({ uploads: 2, uploadOctets: 200 });
      expect(readdirSync(join(small.folder, 'files'))).toHaveLength(2);
      const gone = await post(`${small.url}api/runs`, {
        scenario: 'fixture-reader',
        input: { input: files[0] },
      });
      expect([gone.status, refusal(gone.json).inputs]).toEqual([
        422,
        { input: 'input: the file is not here (any more); send it again' },
      ]);
      expect((await upload(small.url, 'a', new Uint8Array(101))).status).toBe(413);
      expect(readdirSync(join(small.folder, 'files'))).toHaveLength(2);
    } finally {
      await small.stop();
    }
  });
  test('have names that are safe as files and arguments', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const safe = sanitiseName(name);
        expect(safe).toMatch(/^[\p{L}\p{N}_+@=,()][\p{L}\p{N}._+@=,() -]*$/u);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(120);
        expect(sanitiseName(safe)).toBe(safe);
      }),
      { numRuns: 5000 },
    );
    expect(sanitiseName('C:\\a\\b.pcap')).toBe('b.pcap');
    expect(sanitiseName('..')).toBe('file');
    expect(sanitiseName('--help')).toBe('help');
    expect(sanitiseName(`${'é'.repeat(200)}.pcapng`)).toMatch(/^é+\.pcapng$/);
  });
});

describe('downloads', () => {
  test('are those of the terminal', async () => {
    const { id } = await startRun(url, 'fixture-dice', { throwCount: 30 });
    const end = await finished(url, id);
    const out = join(server.folder, 'out');
    execFileSync(
      process.execPath,
      [
        bin,
        ...sources,
        'run',
        'fixture-dice',
        '--throw-count',
        '30',
        '--seed',
        end.seed,
        '--out',
        out,
      ],
      { stdio: 'ignore' },
    );
    expect(readdirSync(out).sort()).toEqual(['halves.svg', 'report.json', 'series.csv', 'sum.svg']);
    for (const [path, file, type] of [
      ['report.json', 'report.json', 'application/json; charset=utf-8'],
      ['series.csv', 'series.csv', 'text/csv; charset=utf-8; header=present'],
      ['plots/0.svg', 'sum.svg', 'image/svg+xml; charset=utf-8'],
      ['plots/1.svg', 'halves.svg', 'image/svg+xml; charset=utf-8'],
    ] as const) {
      const response = await fetch(`${url}api/runs/${id}/${path}`);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('content-disposition')).toBe(
        `attachment; filename="fixture-dice-${file}"`,
      );
      expect(await response.text()).toBe(readFileSync(join(out, file), 'utf8'));
    }
    expect((await ask(`${url}api/runs/${id}/plots/2.svg`)).status).toBe(404);
    expect((await ask(`${url}api/runs/${id}/plots/0.png`)).status).toBe(404);
  });
  test('of a run that goes on: points so far, no report yet', async () => {
    const { id } = await startRun(url, 'fixture-flood', { points: 10, hold: true });
    await until(
      'points came',
      async () => stateOf(await ask(`${url}api/runs/${id}`)).points['wave'] === 9,
    );
    const report = await ask(`${url}api/runs/${id}/report.json`);
    expect([report.status, refusal(report.json).error.remedy]).toEqual([409, 'wait for its end']);
    const csv = await (await fetch(`${url}api/runs/${id}/series.csv`)).text();
    expect(csv.split('\n')).toHaveLength(12);
    await post(`${url}api/runs/${id}/stop`);
    await finished(url, id);
  });
});

describe('the end', () => {
  test('takes runs, streams and files with it', async () => {
    const one = await openServer();
    const events: Array<string> = [];
    one.events.on(({ _tag }) => events.push(_tag));
    await upload(one.url, 'a', new Uint8Array(10));
    const { id } = await startRun(one.url, 'fixture-slow');
    const stream = readStream(`${one.url}api/runs/${id}/events`).catch(() => 'cut');
    await until('it is watched', () => one.stats().streams === 1);
    expect(one.statsCodec.is(one.stats())).toBe(true);
    await one.stop();
    expect(await one.closed).toEqual({ _tag: 'Right', right: undefined });
    await stream;
    expect(existsSync(one.folder)).toBe(false);
    expect(events).toEqual(['RunStarted', 'RunEnded']);
    await expect(fetch(one.url)).rejects.toThrow();
  });
  test('of a server: the next one has another instance and knows none of its runs', async () => {
    const before = await openServer();
    const { id } = await startRun(before.url, 'fixture-dice');
    const { json: first } = await ask(`${before.url}api/catalogue`);
    await before.stop();
    const after = await openServer();
    try {
      const { json: second } = await ask(`${after.url}api/catalogue`);
      expect((second as Catalogue).instance).not.toBe((first as Catalogue).instance);
      for (const path of ['', '/events', '/report.json', '/series.csv', '/plots/0.svg']) {
        const { status, json } = await ask(`${after.url}api/runs/${id}${path}`);
        expect([path, status, refusal(json).error._tag]).toEqual([path, 404, 'NotFound']);
      }
    } finally {
      await after.stop();
    }
  });
  test('a port that is taken is a conflict', async () => {
    await expect(
      (async () => {
        const { startServer } = await import('../src/server/server.js');
        const { thisHost } = await import('../src/probe.js');
        return startServer({
          discovery: { scenarios: [], problems: [] },
          host: thisHost,
          version: '0',
          program: [process.execPath, bin],
          page: '/none',
          port: server.port,
        })();
      })(),
    ).resolves.toMatchObject({ _tag: 'Left', left: { _tag: 'Conflict' } });
  });
});
