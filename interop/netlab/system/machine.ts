/** What a test of the real thing needs: permission to run, and a look at what is left afterwards. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type NetworkDescription,
  type Netlab,
  type NetlabOptions,
  openNetlab,
  useNetlab,
} from '@liquid/netlab';
import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { expect, test } from 'vitest';

const asked = process.env['LIQUID_SYSTEM'] === '1';

/** A test that makes networks: skipped with its reason unless asked for. */
export const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (ctx) => {
    if (!asked) ctx.skip('makes networks: as root, run with LIQUID_SYSTEM=1');
    await run();
  });
};

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

/** Two hosts and the link between them. */
export const PAIR: NetworkDescription = {
  hosts: { client: {}, server: {} },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
        { node: 'server', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
      ],
    },
  ],
};

/** A lab for the length of a test's body; what the body throws comes through. */
export const withLab = async (
  description: NetworkDescription,
  body: (lab: Netlab) => Promise<void>,
  options: NetlabOptions = {},
): Promise<void> => {
  let thrown: unknown;
  const used = await useNetlab(description, options, (lab) =>
    TE.fromTask(async () => {
      try {
        await body(lab);
      } catch (caught) {
        thrown = caught;
      }
    }),
  )();
  if (thrown !== undefined) throw thrown;
  right(used);
};

export const open = async (description: NetworkDescription): Promise<Netlab> =>
  right(await openNetlab(description)());

/** A program in the folder of these tests. */
export const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Descriptors of this process, but for those of its own looking. */
const descriptors = (): string[] =>
  list('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('/proc/') ? [] : [target.replace(/\[\d+\]/, '')];
    } catch {
      return [];
    }
  });

/** Processes that run, not those that only wait to be reaped. */
const processes = (parents: ReadonlySet<number>): number[] =>
  list('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state !== 'Z' && parents.has(Number(parent)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });

export interface Machine {
  readonly namespaces: ReadonlyArray<string>;
  readonly registry: ReadonlyArray<string>;
  readonly interfaces: ReadonlyArray<string>;
  readonly descriptors: ReadonlyArray<string>;
  readonly children: ReadonlyArray<number>;
}

/**
 * What is there now: of namespaces and registry what belongs to these pids (other tests may run on
 * the machine), interfaces of the machine, descriptors and children of this process.
 */
export const lookAt = (pids: ReadonlyArray<number> = [process.pid]): Machine => {
  const ours = (name: string): boolean => pids.some((pid) => name.startsWith(`lq-${pid}-`));
  return {
    namespaces: list('/run/netns').filter(ours).sort(),
    registry: list('/run/liquid-netlab').filter(ours).sort(),
    interfaces: list('/sys/class/net').sort(),
    descriptors: descriptors().sort(),
    children: processes(new Set([process.pid])),
  };
};

/** Expects the machine as it was before. */
export const expectAsBefore = (before: Machine, pids?: ReadonlyArray<number>): void => {
  expect(lookAt(pids)).toEqual(before);
};

/** Whether a process runs, and is no zombie. */
export const runs = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
};

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must come; the deadline is vitest's own. */
export const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await sleep(5);
};
