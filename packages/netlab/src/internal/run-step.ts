/** Steps of a plan, carried out: `ip` and `tc` as programs, settings by asking the kernel. */

import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import type { Argv } from '../argv.js';
import type { Step } from '../planned.js';
import type { Libc } from './libc.js';
import { setSysctl } from './network-namespace.js';
import { turnOffloadOff } from './offload.js';
import { runCommand } from './run-command.js';
import { commandError } from './system-error.js';

/** No single `ip` takes seconds, but deleting a namespace waits for the kernel on a busy machine. */
const STEP_TIMEOUT_MS = 30_000;
const STEP_OUTPUT_BYTES = 1 << 20;

/** Runs `ip` or `tc`; any exit code but 0 is an error. */
export const runAdministration = async (
  argv: Argv,
  signal?: AbortSignal,
): Promise<E.Either<LiquidError, string>> => {
  const result = await runCommand(argv, {
    timeoutMs: STEP_TIMEOUT_MS,
    maxOutputBytes: STEP_OUTPUT_BYTES,
    killAfterMs: 1000,
    signal,
    // Errors are told apart by their words.
    env: { LC_ALL: 'C' },
  });
  if (E.isLeft(result)) return result;
  return result.right.exitCode === 0
    ? E.right(result.right.stdout)
    : E.left(commandError(argv, result.right));
};

export const runStep = async (
  libc: Libc,
  step: Step,
  signal?: AbortSignal,
): Promise<E.Either<LiquidError, unknown>> => {
  const { direct } = step;
  if (direct === undefined) return runAdministration(step.argv, signal);
  return direct.kind === 'sysctl'
    ? setSysctl(libc, direct)
    : turnOffloadOff(libc, direct.namespace, direct.device);
};
