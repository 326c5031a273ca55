/** The server against pages of other origins and programs that mean harm: refused or bounded, with a reason. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../src/api.js';
import {
  ask,
  finished,
  openServer,
  post,
  raw,
  spawnServer,
  startRun,
  stateOf,
  until,
} from './support/console.ts';

const SECRET = 'the secret that nobody may read';
const folder = mkdtempSync(join(tmpdir(), 'lq-secret-'));
const secret = join(folder, 'secret.txt');

/** As people start it: a process of its own, with the bounds that it has by default. */
let child: ChildProcess;
let url = '';
let port = 0;

beforeAll(async () => {
  writeFileSync(secret, SECRET);
  ({ child, url, port } = await spawnServer());
});
afterAll(async () => {
  child.kill('SIGINT');
  await once(child, 'exit');
  rmSync(folder, { recursive: true });
});

const refusal = (json: unknown): Refusal => {
  if (!Refusal.is(json)) throw new Error(`no refusal: ${JSON.stringify(json).slice(0, 300)}`);
  return json;
};

/** Status and body of the first answer among octets as they came. */
const parse = (text: string): { readonly status: number; readonly body: string } => ({
  status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
  body: text.slice(text.indexOf('\r\n\r\n') + 4),
});

const head = (line: string, ...more: ReadonlyArray<string>): string =>
  [line, `Host: 127.0.0.1:${port}`, 'Connection: close', ...more, '', ''].join('\r\n');

/** Peak of resident memory of the server so far, in octets. */
const peak = (): number =>
  Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) *
  1024;

describe('who may speak to it', () => {
  const routes = ['', 'api/catalogue', 'api/runs', 'scenarios/x', 'none'];
  test.each([
    ['another origin', { origin: 'https://example.org' }, 403, 'another origin'],
    ['no origin of its own', { origin: 'null' }, 403, 'another origin'],
    ['another port', { origin: 'http://127.0.0.1:1' }, 403, 'another origin'],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }, 403, 'another site'],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }, 403, 'another site'],
  ])('not %s', async (_, headers, status, text) => {
    for (const route of routes) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const { status: got, body } = parse(
        await raw(port, head(`GET /${route} HTTP/1.1`, ...lines)),
      );
      expect([route, got]).toEqual([route, status]);
      const { error } = refusal(JSON.parse(body));
      expect(error.message).toContain(text);
      expect(error.remedy).toContain(`http://127.0.0.1:${port}/`);
    }
    const posted = await raw(
      port,
      head(
        'POST /api/runs HTTP/1.1',
        ...Object.entries(headers).map(([n, v]) => `${n}: ${v}`),
        'Content-Type: application/json',
        'Content-Length: 2',
      ) + '{}',
    );
    expect(parse(posted).status).toBe(status);
  });
  test.each([
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost',
    '',
    '[::1]:80',
    '127.0.0.1:@evil',
    'x'.repeat(8000),
  ])('not under the name %s', async (host) => {
    const text = await raw(
      port,
      `GET /api/catalogue HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    const { status, body } = parse(text);
    expect(status).toBe(421);
    expect(refusal(JSON.parse(body)).error.message).toContain(
      `127.0.0.1:${port} or localhost:${port}`,
    );
  });
  test('not without a name, nor through it to others', async () => {
    expect(parse(await raw(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(421);
    expect(parse(await raw(port, 'GET / HTTP/1.0\r\n\r\n')).status).toBe(421);
    expect(
      parse(await raw(port, head('GET http://example.org/ HTTP/1.1'))).status,
    ).toBeGreaterThanOrEqual(400);
    const connected = await raw(port, head('CONNECT example.org:80 HTTP/1.1'));
    expect(connected).not.toMatch(/^HTTP\/1\.1 2/);
  });
  test('only its own page, and programs of this machine', async () => {
    for (const headers of [
      {},
      { 'sec-fetch-site': 'none' },
      { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
    ]) {
      expect((await ask(`${url}api/catalogue`, { headers })).status).toBe(200);
    }
    expect((await ask(`http://localhost:${port}/api/catalogue`)).status).toBe(200);
    const preflight = await ask(`${url}api/runs`, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.org', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(403);
    expect(
      [...preflight.headers.keys()].filter((name) => name.startsWith('access-control')),
    ).toEqual([]);
  });
  test('from nowhere but this machine', () => {
    const listening =
      readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8');
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    const bound = listening
      .split('\n')
      .filter((line) => line.includes(`:${hex} `) && line.includes(' 0A '));
    expect(bound.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`]);
  });
});

describe('files', () => {
  test('of the machine are read by no path', async () => {
    const up = '../'.repeat(12);
    const name = secret.slice(1);
    const forms = [
      `${up}${name}`,
      up.replaceAll('.', '%2e') + name,
      up.replaceAll('/', '%2f') + name.replaceAll('/', '%2f'),
      up.replaceAll('.', '%2E').replaceAll('/', '%2F') + name.replaceAll('/', '%2F'),
      up.replaceAll('.', '%252e') + name,
      up.replaceAll('/', '\\') + name.replaceAll('/', '\\'),
      up.replaceAll('/', '%5c') + name.replaceAll('/', '%5c'),
      up.replaceAll('../', '..;/') + name,
      up.replaceAll('../', '....//') + name,
      up.replaceAll('.', '%c0%ae') + name,
      `/${name}`,
      `//${name}`,
      `file:///${name}`,
      `${up}${name}%00.js`,
      `%00${up}${name}`,
      `./${up}${name}`,
      relative(join(import.meta.dirname, '../dist/page'), secret),
      relative(join(import.meta.dirname, '../dist/page/assets'), secret),
    ];
    const routes = [
      '/',
      '/assets/',
      '/scenarios/',
      '/scenarios/x/',
      '/api/',
      '/api/runs/',
      '/api/runs/x/',
      '/api/runs/x/plots/',
      '/api/files/',
      '/page/',
      '/src/',
    ];
    // A run whose own routes are tried, too.
    const run = await startRun(url, 'fixture-dice');
    await finished(url, run.id);
    for (const route of [...routes, `/api/runs/${run.id}/`, `/api/runs/${run.id}/plots/`]) {
      for (const form of forms) {
        const text = await raw(port, head(`GET ${route}${form} HTTP/1.1`));
        expect([route, form, text.includes(SECRET)]).toEqual([route, form, false]);
        const { status, body } = parse(text);
        expect([route, form, status === 200 ? body.startsWith('<!') : status >= 400]).toEqual([
          route,
          form,
          true,
        ]);
      }
    }
  });
  test('of the machine are named by no input, upload or query', async () => {
    for (const input of [
      secret,
      `../../../../../../../..${secret}`,
      'secret.txt',
      `file://${secret}`,
      '/dev/stdin',
      '-',
    ]) {
      const { status, json } = await post(`${url}api/runs`, {
        scenario: 'fixture-reader',
        input: { input },
      });
      expect([input, status]).toEqual([input, 422]);
      expect(refusal(json).inputs?.['input']).toContain('send it again');
    }
    for (const query of ['', '?name', '?name=a&name=b', '?path=a']) {
      const { status, json } = await ask(`${url}api/files${query}`, {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'application/octet-stream' },
      });
      if (query === '?name') expect(status).toBe(201);
      else expect([query, status, refusal(json).error._tag]).toEqual([query, 400, 'Decode']);
    }
    // An upload is written where it belongs, whatever its name.
    const target = join(folder, 'planted');
    for (const name of [
      target,
      `../../../../../../../..${target}`,
      `..%2f..${target}`,
      `a\0${target}`,
    ]) {
      const { status } = await ask(`${url}api/files?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'application/octet-stream' },
      });
      expect(status).toBe(201);
    }
    expect(existsSync(target)).toBe(false);
  });
});

describe('bodies', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);
  test.each([
    ['no JSON', '{"scenario":', 400, 'expected JSON'],
    ['half a string', '"', 400, 'expected JSON'],
    ['octets', '\u0000\u0001\ufffd', 400, 'expected JSON'],
    ['nothing', '', 400, 'body'],
    ['a number', '5', 400, 'body'],
    ['depth', deep, 400, 'nests at most 32 deep'],
    [
      'depth inside',
      `{"scenario":"fixture-dice","input":{"a":${deep}}}`,
      400,
      'nests at most 32 deep',
    ],
    [
      'depth in objects',
      `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`,
      400,
      'nests at most 32 deep',
    ],
    [
      'a prototype',
      '{"scenario":"fixture-dice","input":{"__proto__":{"throwCount":1}}}',
      400,
      '__proto__',
    ],
    [
      'a prototype in disguise',
      '{"scenario":"fixture-dice","input":{"\\u005f_proto__":1}}',
      400,
      '__proto__',
    ],
    [
      'a prototype at the top',
      '{"__proto__":{"scenario":"fixture-dice"},"input":{}}',
      400,
      '__proto__',
    ],
    [
      'a constructor',
      '{"scenario":"fixture-dice","input":{"constructor":{"prototype":{}}}}',
      422,
      'constructor',
    ],
    ['unknown fields', '{"scenario":"fixture-dice","input":{},"sead":"1"}', 400, 'seed'],
    ['a scenario like an object', '{"scenario":"__proto__","input":{}}', 404, '__proto__'],
    [
      'brackets in a string',
      `{"scenario":"${'['.repeat(200)}\\"{","input":{}}`,
      404,
      'does not exist',
    ],
  ])('with %s are refused', async (_, body, status, text) => {
    const { status: got, json } = await post(`${url}api/runs`, body);
    expect([got, refusal(json).error.message]).toEqual([status, expect.stringContaining(text)]);
    expect(({} as { throwCount?: unknown }).throwCount).toBe(undefined);
  });
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'garbage',
    'text/xml',
  ])('of type %s are refused', async (type) => {
    for (const route of ['api/runs', 'api/files?name=a']) {
      const { status, json } = await ask(`${url}${route}`, {
        method: 'POST',
        body: '{"scenario":"fixture-dice","input":{}}',
        headers: { 'content-type': type },
      });
      expect([type, status]).toEqual([type, 415]);
      expect(refusal(json).error.message).toContain('expected application/json');
    }
  });
  test('in the wrong place are refused', async () => {
    const octets = await ask(`${url}api/runs`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(octets.status).toBe(400);
    const json = await post(`${url}api/files?name=a`, {});
    expect([json.status, refusal(json.json).error.message]).toEqual([
      415,
      expect.stringContaining('octet-stream'),
    ]);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const text = await raw(port, head(`${method} /api/runs HTTP/1.1`));
      expect(parse(text).status).toBeGreaterThanOrEqual(400);
    }
  });

  const MIB = 1024 * 1024;
  /** Sends a large body as fast as it is taken; gives the answer. */
  const flood = async (
    line: string,
    type: string,
    chunked: boolean,
    size: number,
  ): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => (text += more));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`;
    socket.write(head(line, `Content-Type: ${type}`, length));
    const part = Buffer.alloc(MIB, 0x5b);
    for (let sent = 0; sent < size && !socket.destroyed; sent += MIB) {
      if (chunked) socket.write(`${MIB.toString(16)}\r\n`);
      const go = socket.write(part);
      if (chunked) socket.write('\r\n');
      if (!go) await Promise.race([once(socket, 'drain'), closed]);
    }
    if (chunked && !socket.destroyed) socket.write('0\r\n\r\n');
    await closed;
    return text;
  };
  test.each([
    ['POST /api/files?name=big HTTP/1.1', 'application/octet-stream', '67108864'],
    ['POST /api/runs HTTP/1.1', 'application/json', '65536'],
    ['POST /api/runs/x/controls HTTP/1.1', 'application/json', '65536'],
    ['POST /api/runs/x/stop HTTP/1.1', 'application/json', '65536'],
  ])('of 100 MB to %s are refused in bounded memory', async (line, type, limit) => {
    for (const chunked of [false, true]) {
      const { status, body } = parse(await flood(line, type, chunked, 100 * MIB));
      expect([chunked, status]).toEqual([chunked, 413]);
      const { error } = refusal(
        JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)),
      );
      expect(error.message).toContain(`larger than ${limit} octets`);
      expect(error.remedy).toContain(limit);
    }
    expect(peak()).toBeLessThan(220 * MIB);
  });
  test('of 100 MB where none belongs are thrown away in bounded memory', async () => {
    for (const line of ['POST /none HTTP/1.1', 'GET /api/catalogue HTTP/1.1', 'PUT / HTTP/1.1']) {
      const { status } = parse(await flood(line, 'application/json', true, 100 * MIB));
      expect([line, status > 0]).toEqual([line, true]);
    }
    expect(peak()).toBeLessThan(220 * MIB);
  });
  test('of the limit are taken', async () => {
    const { status } = parse(
      await flood('POST /api/files?name=big HTTP/1.1', 'application/octet-stream', false, 64 * MIB),
    );
    expect(status).toBe(201);
    expect(peak()).toBeLessThan(220 * MIB);
  });
});

describe('octets that are no requests', () => {
  test.each([
    ['rubbish', 'hello\r\n\r\n', 400],
    ['binary', '\u0016\u0003\u0001\u0002\u0000\u0001', 400],
    ['a huge head', `GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['many headers', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}\r\n`, 431],
    [
      'two lengths',
      'POST /api/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    [
      'length and chunks',
      'POST /api/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    [
      'a bad chunk',
      `POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      0,
    ],
  ])('%s: refused', async (_, text, status) => {
    const answer = await raw(port, text);
    const got = parse(answer);
    if (status === 0) expect(got.status).toBeGreaterThanOrEqual(400);
    else {
      expect(got.status).toBe(status);
      expect(refusal(JSON.parse(got.body)).ok).toBe(false);
    }
    expect((await ask(`${url}api/catalogue`)).status).toBe(200);
  });
  test('behind a request are refused after its answer', async () => {
    const good = `GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const text = await raw(port, good, good, '\u0000rubbish\r\n\r\n');
    expect(text.split('HTTP/1.1 200 ')).toHaveLength(3);
    expect(text).toContain('HTTP/1.1 400 ');
  });
  test('a thousand requests in one go are answered in order', async () => {
    const good = `GET /none HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const text = await raw(port, good.repeat(999), head('GET /api/runs HTTP/1.1'));
    expect(text.split('HTTP/1.1 404 ')).toHaveLength(1000);
    expect(text.split('HTTP/1.1 200 ')).toHaveLength(2);
  });
  test('of half a request do not wait for ever', async () => {
    const small = await openServer({ headMs: 200, requestMs: 400 });
    try {
      const host = `Host: 127.0.0.1:${small.port}`;
      for (const half of [
        'GET / HT',
        `GET /api/runs HTTP/1.1\r\n${host}\r\n`,
        `POST /api/runs HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`,
        `POST /api/files?name=a HTTP/1.1\r\n${host}\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\n{`,
      ]) {
        const { status, body } = parse(await raw(small.port, half));
        expect([half, status]).toEqual([half, 408]);
        expect(refusal(JSON.parse(body)).error._tag).toBe('Timeout');
      }
      expect(small.stats()).toMatchObject({ uploads: 0 });
    } finally {
      await small.stop();
    }
  });
});

describe('event streams', () => {
  const open = (
    id: string,
    at: number,
  ): Promise<{ readonly socket: Socket; readonly first: string }> =>
    new Promise((resolve, reject) => {
      const socket = connect(at, '127.0.0.1');
      socket.setEncoding('latin1');
      socket.once('data', (text: string) => resolve({ socket, first: text }));
      socket.once('error', reject);
      socket.write(`GET /api/runs/${id}/events HTTP/1.1\r\nHost: 127.0.0.1:${at}\r\n\r\n`);
    });
  test('of a thousand idle ones 64 are held, and the others are told why not', async () => {
    const { id } = await startRun(url, 'fixture-slow');
    const all = await Promise.all(Array.from({ length: 1000 }, () => open(id, port)));
    const held = all.filter(({ first }) => first.startsWith('HTTP/1.1 200'));
    const others = all.filter(({ first }) => first.startsWith('HTTP/1.1 503'));
    expect([held.length, others.length]).toEqual([64, 936]);
    for (const { first } of others) {
      const { error } = refusal(JSON.parse(parse(first).body));
      expect(error).toMatchObject({
        message: '64 event streams are open already',
        remedy: 'close other pages of the console',
      });
    }
    // The rest of the server is as quick to answer as before, and memory is bounded.
    expect((await ask(`${url}api/catalogue`)).status).toBe(200);
    expect(peak()).toBeLessThan(220 * 1024 * 1024);
    for (const { socket } of all) socket.destroy();
    await until('there is room again', async () => {
      const { socket, first } = await open(id, port);
      socket.destroy();
      return first.startsWith('HTTP/1.1 200');
    });
    await post(`${url}api/runs/${id}/stop`);
  });
  test('that nobody reads are cut, and hold up neither the run nor other readers', async () => {
    const small = await openServer({ streamOctets: 64 * 1024, lagMs: 300, heartbeatMs: 100 });
    try {
      const { id } = await startRun(small.url, 'fixture-flood', { points: 1_000_000, hold: true });
      const slow = connect(small.port, '127.0.0.1');
      slow.pause();
      slow.on('error', () => undefined);
      slow.write(`GET /api/runs/${id}/events HTTP/1.1\r\nHost: 127.0.0.1:${small.port}\r\n\r\n`);
      await until('it is open', () => small.stats().streams === 1);
      await until(
        'all points came',
        async () => stateOf(await ask(`${small.url}api/runs/${id}`)).points['wave'] === 999_000,
      );
      await until('it is cut', () => small.stats().streams === 0);
      expect(stateOf(await ask(`${small.url}api/runs/${id}`)).status).toBe('running');
      slow.destroy();
      await post(`${small.url}api/runs/${id}/stop`);
      expect((await finished(small.url, id)).status).toBe('stopped');
    } finally {
      await small.stop();
    }
  });
  test('show signs of life while nothing happens', async () => {
    const small = await openServer({ heartbeatMs: 50 });
    try {
      const { id } = await startRun(small.url, 'fixture-slow');
      const { socket } = await open(id, small.port);
      let text = '';
      socket.on('data', (more: string) => (text += more));
      await until('it shows them', () => text.split(': still here\n\n').length > 3);
      socket.destroy();
    } finally {
      await small.stop();
    }
  });
});

describe('a server that is killed', () => {
  /** Processes that run a scenario of this server. */
  const parentOf = (pid: number): number => {
    try {
      return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    } catch {
      return -1;
    }
  };
  test.each([
    ['fixture-slow', {}],
    ['fixture-dying', { how: 'spin' }],
  ])('takes its runs with it (%s %j), and the next one its files', async (scenario, input) => {
    const killed = await spawnServer();
    const { id } = await startRun(killed.url, scenario, input);
    await until(
      'it sleeps',
      async () => stateOf(await ask(`${killed.url}api/runs/${id}`)).progress !== null,
    );
    const pid = readdirSync('/proc')
      .map(Number)
      .find((it) => it > 0 && parentOf(it) === killed.child.pid);
    if (pid === undefined) throw new Error('no process of the run');
    const folders = (): ReadonlyArray<string> =>
      readdirSync(tmpdir()).filter((name) =>
        name.startsWith(`liquid-console-${killed.child.pid}-`),
      );
    expect(folders()).toHaveLength(1);
    killed.child.kill('SIGKILL');
    await until('the run is gone', () => parentOf(pid) === -1);
    const next = await openServer();
    expect(folders()).toHaveLength(0);
    await next.stop();
  });
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s ends in order', async (signal) => {
    const one = await spawnServer();
    await startRun(one.url, 'fixture-slow');
    one.child.kill(signal);
    const [code] = (await once(one.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(
      readdirSync(tmpdir()).filter((name) => name.startsWith(`liquid-console-${one.child.pid}-`)),
    ).toEqual([]);
  });
});
