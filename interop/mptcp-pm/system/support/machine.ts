/** What a system test of path management needs: permission to run, values out of Eithers, a lab that always goes. */

import { fileURLToPath } from 'node:url';
import {
  type NetworkDescription,
  type Netlab,
  type RunningProcess,
  useNetlab,
} from '@liquid/netlab';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { test } from 'vitest';

const asked = process.env['LIQUID_SYSTEM'] === '1';

/** A test that makes networks: skipped with its reason unless asked for. */
export const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (ctx) => {
    if (!asked) ctx.skip('makes networks: as root, run with LIQUID_SYSTEM=1');
    await run();
  });
};

/** Whether the processor is emulated: programs take some twenty times as long. */
export const emulated = process.env['LIQUID_EMULATED'] === '1';

/**
 * A bound on speed, which says something of a real processor only: where `pnpm prove netlink --guest`
 * emulates one, it is told that nobody judged it. What a test says beside its bounds holds there too.
 */
export const boundOfSpeed = (what: string, check: () => void): void => {
  if (emulated) console.log(`emulated, so not judged: ${what}`);
  else check();
};

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${renderError(result.left)}`);
  return result.right;
};

/** A lab for the length of a test's body; what the body throws comes through. */
export const withLab = async <A>(
  description: NetworkDescription,
  body: (lab: Netlab) => Promise<A>,
): Promise<A> => {
  let thrown: unknown;
  const used = await useNetlab(description, {}, (lab) =>
    TE.tryCatch(
      () => body(lab),
      (caught): Tagged => {
        thrown = caught;
        return { _tag: 'Io', message: String(caught) };
      },
    ),
  )();
  if (thrown !== undefined) throw thrown;
  return right(used);
};

/** A program beside this file. */
export const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The next message of a script; when it ends instead, what it said on stderr. */
export const messageOf = async (running: RunningProcess): Promise<unknown> => {
  const said: string[] = [];
  for await (const event of running.events) {
    if (event._tag === 'Message') return event.message;
    if (event._tag === 'Line' && event.stream === 'stderr') said.push(event.line);
    if (event._tag === 'Exit') break;
  }
  throw new Error(`it ended: ${said.join('\n')}`);
};

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for what must come; after `withinMs` it is an error that says what was awaited. */
export const until = async (
  what: string,
  done: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> => {
  // What is waited for, not measured.
  const deadline = performance.now() + (emulated ? 10 : 1) * withinMs;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(5);
  }
};

/** The value below which `share` of the values lie. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
};
