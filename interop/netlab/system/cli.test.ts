/** The command `netlab` on the real thing: a command in a network, Ctrl-C, doctor, sweep. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnosis } from '@liquid/netlab';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { lookAt, PAIR, systemTest } from './machine.js';

const CLI = fileURLToPath(new URL('cli.js', import.meta.resolve('@liquid/netlab')));

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-'));
  file = join(folder, 'pair.json');
  writeFileSync(file, JSON.stringify(PAIR));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly pid: number;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it; `until` is sent SIGINT at once when stdout holds it. */
const netlab = (args: ReadonlyArray<string>, until?: string): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args]);
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.stdout.on('data', (piece: Buffer) => {
      stdout += piece.toString();
      if (until !== undefined && stdout.includes(until)) child.kill('SIGINT');
    });
    child.once('close', (exitCode) => resolve({ pid: child.pid ?? 0, exitCode, stdout, stderr }));
  });

const expectNothingLeft = ({ pid }: Ended): void => {
  expect(lookAt([pid])).toMatchObject({ namespaces: [], registry: [] });
};

describe('netlab up', () => {
  systemTest('runs a command on a host and gives its exit code', async () => {
    const ended = await netlab([
      'up',
      file,
      '--host',
      'client',
      '--',
      'ping',
      '-c',
      '1',
      '10.0.0.2',
    ]);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain('1 received');
    expectNothingLeft(ended);
    const failed = await netlab(['up', file, '--json', '--', 'sh', '-c', 'exit 7']);
    expect(failed.exitCode).toBe(7);
    expect(JSON.parse(failed.stdout)).toMatchObject({ ok: true, result: { exitCode: 7 } });
    expectNothingLeft(failed);
  });

  systemTest('tells a command outside where the hosts are', async () => {
    const script = 'ip netns exec "$NETLAB_SERVER" ip -o -4 addr show dev eth0';
    const ended = await netlab(['up', file, '--', 'sh', '-c', script]);
    expect(ended.stdout).toContain('10.0.0.2/24');
    expectNothingLeft(ended);
  });

  systemTest('holds until Ctrl-C, also in the middle of a command', async () => {
    const held = await netlab(['up', file], 'Ctrl-C');
    expect(held.exitCode).toBe(130);
    expectNothingLeft(held);
    const busy = await netlab(['up', file, '--', 'sh', '-c', 'echo busy; exec sleep 1000'], 'busy');
    expect(busy.exitCode).toBe(130);
    expectNothingLeft(busy);
  });

  systemTest('fails in one line', async () => {
    const missing = await netlab(['up', file, '--', 'no-such-program']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr.trimEnd().split('\n')).toHaveLength(1);
    expectNothingLeft(missing);
    const nobody = await netlab(['up', file, '--host', 'nobody', '--', 'true']);
    expect(nobody).toMatchObject({ exitCode: 1, stdout: '' });
    expect(nobody.stderr).toContain('there is client, server');
    expectNothingLeft(nobody);
  });
});

systemTest('netlab doctor finds what these tests use', async () => {
  const { exitCode, stdout } = await netlab(['doctor', '--json']);
  expect(exitCode).toBe(0);
  const { result } = JSON.parse(stdout) as { readonly result: Diagnosis };
  const found = new Map(result.findings.map(({ name, ok }) => [name, ok]));
  for (const name of ['rights', 'ip', 'tc', 'koffi', 'tbf', 'htb', 'bridge', 'tun', 'capture']) {
    expect([name, found.get(name)]).toEqual([name, true]);
  }
});

systemTest('netlab sweep says what it did', async () => {
  const { exitCode, stdout } = await netlab(['sweep']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^removed \d+ namespaces/m);
});
