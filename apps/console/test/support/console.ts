/** A console for tests: the server over the fixtures, as a part of this process or as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { RunState } from '../../src/api.ts';
import { discover } from '../../src/discover.ts';
import { thisHost } from '../../src/probe.ts';
import type { Limits } from '../../src/server/limits.ts';
import { type Server, startServer } from '../../src/server/server.ts';

const root = join(import.meta.dirname, '../..');
export const bin = join(root, 'dist/cli.js');
const fixtures = join(root, 'test/fixtures/scenarios.js');

/** A folder without apps, so that only the fixtures are there. */
const noApps = import.meta.dirname;

export const sources = [`--from=${fixtures}`, `--apps=${noApps}`];

export const openServer = async (limits: Partial<Limits> = {}): Promise<Server> => {
  const opened = await startServer({
    discovery: await discover({ apps: noApps, files: [fixtures] }),
    host: thisHost,
    version: '1.2.3',
    program: [process.execPath, bin, ...sources],
    page: join(noApps, 'no-page'),
    limits,
  })();
  if (opened._tag === 'Left') throw new Error(opened.left.message);
  return opened.right;
};

/** The console as `npm start` runs it. */
export const spawnServer = async (
  ...args: ReadonlyArray<string>
): Promise<{ readonly child: ChildProcess; readonly url: string; readonly port: number }> => {
  const child = spawn(process.execPath, [bin, ...sources, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [line] = (await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`the server ended: ${said}`);
    }),
  ])) as [string];
  const url = line.trim();
  return { child, url, port: Number(new URL(url).port) };
};

export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly headers: Headers;
}

export const ask = async (url: string, init: RequestInit = {}): Promise<Answer> => {
  const response = await fetch(url, init);
  const text = await response.text();
  let json: unknown = text;
  try {
    json = JSON.parse(text);
  } catch {
    // Downloads are no JSON.
  }
  return { status: response.status, json, headers: response.headers };
};

export const post = (
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  ask(url, {
    method: 'POST',
    ...(body === undefined
      ? { headers }
      : {
          body: typeof body === 'string' ? body : JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headers },
        }),
  });

export const upload = (url: string, name: string, bytes: Uint8Array): Promise<Answer> =>
  ask(`${url}api/files?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  });

/** An answer that must be a run's state. */
export const stateOf = ({ status, json }: Answer): RunState => {
  if (status >= 300 || !RunState.is(json)) throw new Error(`${status}: ${JSON.stringify(json)}`);
  return json;
};

export const startRun = async (
  url: string,
  scenario: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<RunState> => stateOf(await post(`${url}api/runs`, { scenario, input }));

export interface StreamEvent {
  readonly name: string;
  readonly data: unknown;
}

/** Reads an event stream to its end, or until `enough`. */
export const readStream = async (
  url: string,
  enough: (event: StreamEvent) => boolean = () => false,
): Promise<ReadonlyArray<StreamEvent>> => {
  const response = await fetch(url);
  if (response.status !== 200 || response.body === null) throw new Error(`${response.status}`);
  const events: Array<StreamEvent> = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const name = /^event: (.*)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (name === undefined || data === undefined) continue;
      const event = { name, data: JSON.parse(data) as unknown };
      events.push(event);
      if (enough(event)) return events;
    }
  }
  return events;
};

/** Waits until a run has ended. */
export const finished = async (url: string, id: string): Promise<RunState> => {
  const events = await readStream(`${url}api/runs/${id}/events`);
  const last = events.findLast(({ name }) => name === 'state')?.data;
  if (!RunState.is(last) || last.outcome === null) throw new Error('the stream ended too early');
  return last;
};

export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  for (let i = 0; i < 1500; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited too long until ${what}`);
};

/** Sends octets as they are and gives all that comes back until the other side closes. */
export const raw = (port: number, ...octets: ReadonlyArray<string | Uint8Array>): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => (text += more));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    for (const part of octets) socket.write(part);
  });
