/** The firewall rules that put packets into a queue, blank out options and reset; for `iptables-restore`. */

import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import { runCommand, findProgram } from '../run-command.js';
import { commandError } from '../system-error.js';

export type Family = 4 | 6;

/** One rule: `-A chain …`, in a table. */
export interface Rules {
  readonly table: 'raw' | 'mangle' | 'filter';
  /** Lines as `iptables-save` prints them. */
  readonly lines: ReadonlyArray<string>;
}

const TIMEOUT_MS = 30_000;

const NAMES: Readonly<Record<Family, string>> = { 4: 'iptables', 6: 'ip6tables' };

/** The kernel's own tables, where there is a choice: nf_tables often lacks what is used here. */
export const findTables = (
  family: Family,
  what: '' | '-save' | '-restore',
): E.Either<LiquidError, string> => {
  const legacy = findProgram(`${NAMES[family]}-legacy${what}`);
  return E.isRight(legacy) ? legacy : findProgram(`${NAMES[family]}${what}`);
};

/** The families that this kernel has. */
export const families = (): ReadonlyArray<Family> =>
  existsSync('/proc/net/if_inet6') ? [4, 6] : [4];

const run = async (
  namespace: string,
  argv: ReadonlyArray<string>,
  input?: string,
): Promise<E.Either<LiquidError, string>> => {
  const line = ['ip', 'netns', 'exec', namespace, ...argv] as const;
  const result = await runCommand(line, {
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: 1 << 20,
    killAfterMs: 1000,
    input,
    env: { LC_ALL: 'C' },
  });
  if (E.isLeft(result)) return result;
  return result.right.exitCode === 0
    ? E.right(result.right.stdout)
    : E.left(
        commandError(line, {
          ...result.right,
          // The line itself is on stdin: without it the message says only "line 2 failed".
          stderr: `${result.right.stderr.trim()}${input === undefined ? '' : ` (${input.trim().replaceAll('\n', '; ')})`}`,
        }),
      );
};

/** Carries out lines of one table, all or none of them. About 6 ms. */
export const applyRules = async (
  namespace: string,
  family: Family,
  { table, lines }: Rules,
): Promise<E.Either<LiquidError, void>> => {
  const program = findTables(family, '-restore');
  if (E.isLeft(program)) return program;
  const input = `*${table}\n${lines.join('\n')}\nCOMMIT\n`;
  const done = await run(namespace, [program.right, '-w', '--noflush'], input);
  return E.isLeft(done) ? done : E.right(undefined);
};

/** Packets that the rules of a chain have met, by their counters. */
export const countPackets = async (
  namespace: string,
  family: Family,
  table: Rules['table'],
  chain: string,
): Promise<E.Either<LiquidError, number>> => {
  const program = findTables(family, '');
  if (E.isLeft(program)) return program;
  const listed = await run(namespace, [program.right, '-w', '-t', table, '-nvxL', chain]);
  if (E.isLeft(listed)) return listed;
  let packets = 0;
  for (const line of listed.right.split('\n')) {
    const count = /^\s*(\d+)\s+\d+\s+REJECT\s/.exec(line)?.[1];
    if (count !== undefined) packets += Number(count);
  }
  return E.right(packets);
};
