/** The command line on the running kernel: single commands and event lines, a recorded run, its replay. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Netlab, RunningProcess } from '@liquid/netlab';
import { listenMptcp } from '@liquid/netlink/mptcp-socket';
import { expect } from 'vitest';
import { isKernel } from './support/kernel.ts';
import { messageOf, right, script, sleep, systemTest, until, withLab } from './support/machine.ts';
import { TWO_PATHS } from './support/networks.ts';

const PORT = 4321;
/** Linux 6.1 doesn't. */
const tellsOfListeners = isKernel(6, 2);

/** Linux 6.1, which an emulated processor runs here, shows nothing that a start could be told by. */
const BLIND_START_MS = 10_000;

/** A program may take so long to say its first word, on however busy a machine; when it ends, nobody waits. */
const START_MS = 60_000;

const BIN = fileURLToPath(new URL('cli.js', import.meta.resolve('@liquid/mptcp-pm')));

interface Started {
  readonly running: RunningProcess;
  /** Of stdout, as they come. */
  readonly lines: ReadonlyArray<string>;
  /** Waits as `until`, but not for a program that has ended: then its own words are the error. */
  readonly until: (what: string, done: () => boolean | Promise<boolean>) => Promise<void>;
}

const start = async (
  lab: Netlab,
  host: string,
  ...argv: ReadonlyArray<string>
): Promise<Started> => {
  const running = right(await lab.spawn(host, [process.execPath, BIN, ...argv])());
  const lines: string[] = [];
  const said: string[] = [];
  let ended: string | undefined;
  running.events.onTag('Line', ({ stream, line }) => {
    (stream === 'stdout' ? lines : said).push(line);
  });
  void running.exited.then(({ exitCode, signal }) => (ended = `ended: ${exitCode ?? signal}`));
  return {
    running,
    lines,
    until: (what, done) =>
      until(
        what,
        async () => {
          if (await done()) return true;
          if (ended !== undefined) throw new Error(`${what}: it ${ended}; ${said.join('; ')}`);
          return false;
        },
        START_MS,
      ),
  };
};

const call = async (lab: Netlab, host: string, ...argv: ReadonlyArray<string>) =>
  right(await lab.exec(host, [process.execPath, BIN, ...argv])());

systemTest('single commands do what they say, and events are told line by line', () =>
  withLab(TWO_PATHS, async (lab) => {
    const echo = right(
      await lab.spawnNode('server', script('echo-server.ts'), { args: [String(PORT)] })(),
    );
    await messageOf(echo);
    const events = await start(lab, 'client', 'events');
    const told = events.lines;
    // A listener's event says that it listens itself, and that the listener does.
    const namespace = right(lab.namespaceOf('client'));
    if (!tellsOfListeners) await sleep(BLIND_START_MS);
    await events.until('events are told', async () => {
      if (!tellsOfListeners) return true;
      const server = right(await listenMptcp({ namespace, address: '10.0.1.1' })());
      await new Promise((resolve) => server.close(resolve));
      return told.length > 0;
    });
    const listening = await start(lab, 'client', 'listen', '10.0.1.1', '4400');
    if (!tellsOfListeners) await sleep(BLIND_START_MS);
    await listening.until(
      'the listener is told',
      () => !tellsOfListeners || told.some((line) => line.includes('sport:4400')),
    );
    process.kill(listening.running.pid, 'SIGINT');
    expect(await listening.running.exited).toEqual({ exitCode: 130, signal: null });
    const user = right(
      await lab.spawnNode('client', script('echo-client.ts'), {
        args: ['10.0.0.2', String(PORT), '20'],
      })(),
    );
    await messageOf(user);
    const lineOf = (type: number): string | undefined =>
      told.find((line) => line.startsWith(`type:${type},token`));
    const field = (line: string | undefined, name: string): string =>
      new RegExp(`,${name}:([^,]+)`).exec(line ?? '')?.[1] ?? '';
    await events.until('it is established', () => lineOf(2) !== undefined);
    const token = field(lineOf(2), 'token');
    expect(lineOf(1)).toMatch(
      new RegExp(
        `^type:1,token:${token},family:2,saddr4:10.0.0.1,daddr4:10.0.0.2,sport:\\d+,dport:${PORT}$`,
      ),
    );

    const rport = String(PORT);
    const made = ['lip', '10.0.1.1', 'lid', '9', 'rip', '10.0.1.2', 'rport', rport, 'token', token];
    expect(await call(lab, 'client', 'csf', ...made)).toMatchObject({ exitCode: 0, stderr: '' });
    await events.until('the subflow is told', () => lineOf(10) !== undefined);
    expect(lineOf(10)).toMatch(
      /,family:2,loc_id:9,rem_id:\d+,saddr4:10\.0\.1\.1,daddr4:10\.0\.1\.2,/,
    );
    const lport = field(lineOf(10), 'sport');

    const rest = ['rip', '10.0.1.2', 'rport', rport, 'token', token];
    const backup = ['set', '10.0.1.1', 'port', lport, 'flags', 'backup', ...rest];
    expect((await call(lab, 'client', ...backup)).exitCode).toBe(0);
    const list = await call(lab, 'client', 'list');
    expect(list.stdout).toContain(`10.0.1.1:${lport}>10.0.1.2:${PORT}`);
    expect(list.stdout).toMatch(/established, backup\n/);

    const shown = await call(lab, 'client', 'dump', 'token', token);
    // Linux 6.1 shows its own manager's addresses, whatever token it is asked for.
    if (isKernel(6, 2)) expect(shown.stdout).toContain('10.0.1.1');
    const end = await call(lab, 'client', 'dsf', 'lip', '10.0.1.1', 'lport', lport, ...rest);
    expect(end.exitCode).toBe(0);
    await events.until('its end is told', () => lineOf(11) !== undefined);

    const again = await call(lab, 'client', 'dsf', 'lip', '10.0.1.1', 'lport', lport, ...rest);
    expect(again).toMatchObject({ exitCode: 1, stdout: '' });
    expect(again.stderr).toMatch(/^mptcp-pm: SUBFLOW_DESTROY: ESRCH: [^\n]+\n$/);
    const wrong = await call(lab, 'client', 'csf', ...made.slice(0, -1), '1', '--json');
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, error: { _tag: 'UnknownToken' } });
  }),
);

systemTest('a run is recorded, and replays to the same commands', () =>
  withLab(TWO_PATHS, async (lab) => {
    const folder = mkdtempSync(join(tmpdir(), 'mptcp-pm-'));
    try {
      await messageOf(
        right(await lab.spawnNode('server', script('echo-server.ts'), { args: [String(PORT)] })()),
      );
      const log = join(folder, 'log.ndjson');
      const run = await start(
        lab,
        'client',
        'run',
        '--policy',
        'full-mesh',
        '--record',
        log,
        '--lines',
      );
      const { lines } = run;
      await run.until('it records', () => {
        try {
          return readFileSync(log, 'utf8').includes('"Samples"');
        } catch {
          return false;
        }
      });
      const clients = right(
        await lab.spawnNode('client', script('many-clients.ts'), {
          args: ['10.0.0.2', String(PORT), '10'],
        })(),
      );
      await messageOf(clients);
      const joined = (): number => lines.filter((line) => line.includes('"SubEstablished"')).length;
      await run.until('each has its subflows', () => joined() >= 10);
      process.kill(run.running.pid, 'SIGINT');
      expect(await run.running.exited).toEqual({ exitCode: 130, signal: null });
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
      const replay = await call(lab, 'client', 'replay', log, '--json');
      expect(JSON.parse(replay.stdout)).toMatchObject({
        ok: true,
        result: { _tag: 'Identical', truncated: false },
      });
      const { commands } = (JSON.parse(replay.stdout) as { result: { commands: number } }).result;
      expect(commands).toBeGreaterThanOrEqual(10);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }),
);
