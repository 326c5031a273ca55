/** One program run to its end: output bounded, a deadline, and its whole process group ended with it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { aborted, fromUnknown, limitExceeded, type LiquidError, timeout } from '@liquid/types';
import type { ExecResult } from '../exec-result.js';
import { programMissing } from './system-error.js';

export interface CommandOptions {
  /** Milliseconds until it is ended; 0 is no deadline. */
  readonly timeoutMs: number;
  /** Bytes of stdout and of stderr that are kept; more is an error. */
  readonly maxOutputBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes for its stdin, which is empty otherwise. */
  readonly input?: string | Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
}

/** Administrators' programs are often not on the PATH of an ordinary login, nor of a service. */
const ADMIN_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The environment of a child: ours with the administrators' directories, and what the caller adds. */
export const childEnvironment = (
  env: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> => {
  const path = env['PATH'] ?? process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const entries = path.split(delimiter);
  const missing = ADMIN_DIRECTORIES.filter((directory) => !entries.includes(directory));
  return { ...process.env, ...env, PATH: [...entries, ...missing].join(delimiter) };
};

/** Where a program is, or that it isn't; told before it is started, in the caller's own words. */
export const findProgram = (
  program: string,
  env?: Readonly<Record<string, string>>,
): E.Either<LiquidError, string> => {
  const directories = program.includes('/')
    ? ['']
    : (childEnvironment(env)['PATH'] ?? '').split(':');
  for (const directory of directories) {
    const path = directory === '' ? program : join(directory, program);
    try {
      accessSync(path, constants.X_OK);
      return E.right(path);
    } catch {
      // Not in this directory.
    }
  }
  return E.left(programMissing(program));
};

/** Ends a child and all that it started: they share the group that `detached` gave it. */
export const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
};

/**
 * Runs a program to its end.
 *
 * @returns its result whatever its exit code; `Left` when it could not be started, took too long,
 *   printed too much or was aborted, in which case its whole group was ended first
 */
export const runCommand = async (
  argv: ReadonlyArray<string>,
  options: CommandOptions,
): Promise<E.Either<LiquidError, ExecResult>> => {
  const [program = '', ...args] = argv;
  const what = argv.join(' ');
  if (options.signal?.aborted === true) return E.left(aborted({ what }));
  const found = findProgram(program, options.env);
  if (E.isLeft(found)) return found;
  let child: ChildProcess;
  try {
    child = spawn(found.right, args, {
      env: childEnvironment(options.env),
      cwd: options.cwd,
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (caught) {
    return E.left(fromUnknown(`starting ${program}`)(caught));
  }
  return new Promise((resolve) => {
    let failure: LiquidError | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (error: LiquidError): void => {
      if (failure !== undefined) return;
      failure = error;
      signalGroup(child.pid, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.killAfterMs);
    };
    const collect = (stream: NodeJS.ReadableStream | null, name: string): (() => string) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream?.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= options.maxOutputBytes) chunks.push(chunk);
        else {
          const limits = { expected: options.maxOutputBytes, actual: size };
          end(limitExceeded({ what: `${name} of ${what}`, ...limits }));
        }
      });
      return () => Buffer.concat(chunks).toString('utf8');
    };
    const stdout = collect(child.stdout, 'stdout');
    const stderr = collect(child.stderr, 'stderr');
    const deadline =
      options.timeoutMs > 0
        ? setTimeout(() => end(timeout({ what, expected: options.timeoutMs })), options.timeoutMs)
        : undefined;
    const onAbort = (): void => end(aborted({ what }));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (result: E.Either<LiquidError, ExecResult>): void => {
      clearTimeout(deadline);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    child.once('error', (caught) => settle(E.left(fromUnknown(`starting ${program}`)(caught))));
    // A grandchild may hold the pipes after the program has ended: it goes too, or this never ends.
    child.once('exit', () => {
      if (failure !== undefined) signalGroup(child.pid, 'SIGKILL');
    });
    child.once('close', (exitCode, signal) => {
      settle(
        failure === undefined
          ? E.right({ exitCode, signal, stdout: stdout(), stderr: stderr() })
          : E.left(failure),
      );
    });
    // A program that doesn't read its input is its own affair.
    child.stdin?.on('error', () => undefined);
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
};
