/** Programs run to their end: bounds, deadlines, and no child left behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { createLineSplitter } from '../src/internal/lines.js';
import { type CommandOptions, runCommand } from '../src/internal/run-command.js';
import { commandError, errnoError, programMissing } from '../src/internal/system-error.js';

const options: CommandOptions = { timeoutMs: 60_000, maxOutputBytes: 1 << 20, killAfterMs: 200 };
const sh = (script: string, more: Partial<CommandOptions> = {}) =>
  runCommand(['sh', '-c', script], { ...options, ...more });

const left = (result: E.Either<{ _tag: string; message: string }, unknown>) => {
  if (E.isRight(result)) throw new Error(`it gave ${JSON.stringify(result.right)}`);
  return result.left;
};

/** Whether a process is there and no zombie. */
const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return existsSync(`/proc/${pid}/exe`);
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === 'win32')('runCommand', () => {
  test('gives exit code and both outputs', async () => {
    const stdin = { input: 'in\n' };
    expect(await sh('read x; echo "out $x"; echo err >&2; exit 3', stdin)).toEqual(
      E.right({ exitCode: 3, signal: null, stdout: 'out in\n', stderr: 'err\n' }),
    );
  });

  test('a signal is no exit code', async () => {
    expect(await sh('kill -9 $$')).toMatchObject(E.right({ exitCode: null, signal: 'SIGKILL' }));
  });

  test('a missing program is told before anything is started', async () => {
    const error = left(await runCommand(['no-such-program'], options));
    expect(error).toMatchObject({ _tag: 'NotFound', path: 'no-such-program' });
    expect(left(await runCommand(['/no/such/program'], options))._tag).toBe('NotFound');
  });

  test('too much output ends it', async () => {
    const error = left(
      await sh('while :; do echo yyyyyyyyyyyyyyyy; done', { maxOutputBytes: 1000 }),
    );
    expect(error._tag).toBe('LimitExceeded');
  });

  test('a deadline ends what it started too, also what ignores SIGTERM', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netlab-'));
    try {
      const script = 'trap "" TERM; sleep 1000 & echo $! $$ > pids; wait; sleep 1000';
      expect(left(await sh(script, { timeoutMs: 300, cwd: folder }))._tag).toBe('Timeout');
      const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split(' ').map(Number);
      expect(pids).toHaveLength(2);
      expect(pids.filter(runs)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a grandchild that holds the pipes is ended by the deadline', async () => {
    expect(left(await sh('sleep 1000 &', { timeoutMs: 300 }))._tag).toBe('Timeout');
  });

  test('the signal ends it, before and while it runs', async () => {
    expect(left(await sh('sleep 1000', { signal: AbortSignal.abort() }))._tag).toBe('Aborted');
    const abort = new AbortController();
    const running = sh('sleep 1000', { signal: abort.signal });
    abort.abort();
    expect(left(await running)._tag).toBe('Aborted');
  });

  test('a program that does not read its input is no error', async () => {
    const result = await sh('exit 0', { input: 'x'.repeat(1 << 20) });
    expect(result).toMatchObject(E.right({ exitCode: 0 }));
  });
});

test('lines are split wherever the pieces end', () => {
  const lines: string[] = [];
  const splitter = createLineSplitter(8, (line) => lines.push(line));
  for (const piece of ['a\nb', 'c\r\n\n', '0123456789', 'ab\nlast']) splitter.push(piece);
  splitter.end();
  splitter.end();
  expect(lines).toEqual(['a', 'bc', '', '01234567', '89ab', 'last']);
});

describe('errors', () => {
  const fail = (stderr: string, argv = ['tc', 'qdisc', 'add', 'tbf']) =>
    commandError(argv, { exitCode: 2, stderr });

  test.each([
    ['Error: Specified qdisc kind is unknown.', 'Unsupported'],
    ['RTNETLINK answers: Operation not permitted', 'Permission'],
    ['mount --make-shared /run/netns failed: Permission denied', 'Permission'],
    ['RTNETLINK answers: File exists', 'Conflict'],
    ['Cannot find device "eth7"', 'NotFound'],
    ['RTNETLINK answers: Network is unreachable', 'Io'],
  ])('%s', (stderr, tag) => {
    expect(fail(stderr)._tag).toBe(tag);
  });

  test('a missing kernel feature is named', () => {
    const error = fail('Error: Specified qdisc kind is unknown.');
    expect(error.message).toContain('CONFIG_NET_SCH_TBF');
    expect(error.remedy).toBeDefined();
  });

  test('a missing program names its Debian package', () => {
    expect(programMissing('ip').remedy).toContain('apt-get install iproute2');
    expect(programMissing('tc').remedy).toContain('apt-get install iproute2');
    expect(programMissing('mine').remedy).toContain('mine');
  });

  test('an errno of a C call has its tag and name', () => {
    expect(errnoError('opening', 1)).toMatchObject({ _tag: 'Permission', errno: 1, code: 'EPERM' });
    expect(errnoError('writing', 105)).toMatchObject({ _tag: 'LimitExceeded' });
    expect(errnoError('x', 99_999)).toMatchObject({ _tag: 'Io' });
  });
});
