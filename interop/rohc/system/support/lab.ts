/** What the system tests share: a lab for the length of a test, programs in it, and what must be gone afterwards. */

import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Netlab,
  type NetworkDescription,
  type RunningProcess,
  useNetlab,
} from '@liquid/netlab';
import { decodeJson, renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';

/** Whether system tests are asked for. */
export const asked = process.env['LIQUID_SYSTEM'] === '1';

/** Why they are skipped otherwise. */
export const NOT_ASKED = 'makes networks: as root, run with LIQUID_SYSTEM=1';

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(renderError(result.left));
  return result.right;
};

/** A lab for the length of `body`; what `body` throws comes through once the lab is gone. */
export const withLab = async (
  description: NetworkDescription,
  body: (lab: Netlab) => Promise<void>,
): Promise<void> => {
  let thrown: unknown;
  const used = await useNetlab(description, {}, (lab) => async () => {
    try {
      await body(lab);
    } catch (caught) {
      thrown = caught;
    }
    return E.right(undefined);
  })();
  if (thrown !== undefined) throw thrown;
  right(used);
};

/** Node that runs TypeScript: this one, or the toolchain's where an older one runs the tests. */
const node =
  (process.features as { readonly typescript?: unknown }).typescript === undefined
    ? fileURLToPath(new URL('../../../../node_modules/.bin/node', import.meta.url))
    : process.execPath;

/** A program beside this file, which tells lines of JSON. */
export interface Program {
  readonly process: RunningProcess;
  /** The next line by this codec; fails the test with the program's last words if it ends first. */
  readonly next: <A>(codec: t.Type<A, unknown, unknown>) => Promise<A>;
}

const NAMESPACES = '/run/netns';

const started: number[] = [];

/** Counts a program among those that must be gone afterwards: {@link leftovers}. */
export const mustEnd = (pid: number): void => void started.push(pid);

/** Starts a program of this folder on a host. */
export const start = async (
  lab: Netlab,
  host: string,
  name: string,
  ...args: ReadonlyArray<string>
): Promise<Program> => {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const running = right(await lab.spawn(host, [node, script, ...args])());
  mustEnd(running.pid);
  const lines: string[] = [];
  const words: string[] = [];
  let ended = false;
  let wake = (): void => undefined;
  running.events.onTag('Line', ({ stream, line }) => {
    (stream === 'stdout' ? lines : words).push(line);
    wake();
  });
  void running.exited.then(() => {
    ended = true;
    wake();
  });
  return {
    process: running,
    next: async (codec) => {
      for (;;) {
        const line = lines.shift();
        if (line !== undefined) return right(decodeJson(codec, { what: name })(line));
        if (ended) throw new Error(`${name} on ${host} ended: ${words.join('\n')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};

/** What this process's labs left: namespaces, and programs that still run; nothing, once they are stopped. */
export const leftovers = (): ReadonlyArray<string> => {
  const programs = started.filter((pid) => existsSync(`/proc/${pid}`));
  const namespaces = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : [];
  return [
    ...namespaces.filter((name) => name.startsWith(`lq-${process.pid}-`)),
    ...programs.map((pid) => `process ${pid}`),
  ];
};
