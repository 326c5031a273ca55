/** The command line: usage, plans, errors in one line, JSON in one object. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCli } from '../src/internal/cli-commands.js';

const folder = mkdtempSync(join(tmpdir(), 'netlab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (argv: readonly string[], input = '') => {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(argv, '1.2.3', {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    readInput: () => Promise.resolve(input),
    signal: new AbortController().signal,
  });
  return { exitCode, stdout, stderr };
};

test('--help shows every command and examples', async () => {
  const { exitCode, stdout } = await run(['--help']);
  expect(exitCode).toBe(0);
  for (const word of ['up', 'plan', 'sweep', 'doctor', 'Examples:', 'Exit codes']) {
    expect(stdout).toContain(word);
  }
});

test('--version', async () => {
  expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
});

test.each([[['nonsense']], [['up']], [['up', '--bogus', 'x']], [['plan', 'a', 'b']], [[]]])(
  'usage: %j',
  async (argv) => {
    const { exitCode, stdout } = await run(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  },
);

test('a plan is printed, one command a line', async () => {
  const file = join(folder, 'one.json');
  writeFileSync(file, '{"hosts":{"a":{}}}');
  const { exitCode, stdout } = await run(['plan', file]);
  expect(exitCode).toBe(0);
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'ip netns add lq-a',
    'ip -n lq-a link set dev lo up',
  ]);
});

test('a plan as JSON, from stdin', async () => {
  const { exitCode, stdout } = await run(['plan', '-', '--json'], '{"hosts":{}}');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    result: { id: 'lq', nodes: [], devices: [], steps: [] },
  });
});

test.each([
  ['a file that is not there', join(folder, 'none.json'), '', 'none.json does not exist'],
  ['a folder', folder, '', 'EISDIR'],
  ['no JSON', '-', '{', 'stdin: expected JSON'],
  ['a misspelt key', '-', '{"hosts":{"a":{"s":1}}}', 'hosts.a.s: expected one of'],
])('%s is one line, also as JSON', async (_, file, input, part) => {
  const { exitCode, stdout, stderr } = await run(['up', file], input);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toContain(part);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  const json = await run(['up', '--json', file], input);
  const answer = JSON.parse(json.stdout) as { ok: boolean; error: { message: string } };
  expect(answer.ok).toBe(false);
  expect(answer.error.message).toContain(part);
});
