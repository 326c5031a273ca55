/** Doing one thing inside another network namespace, on this thread, and coming back. */

import { closeSync, openSync, writeFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { fromUnknown, type LiquidError } from '@liquid/types';
import { CLONE_NEWNET, type Libc } from './libc.js';
import { errnoError } from './system-error.js';

/** Where `ip netns` keeps the names. */
export const NAMESPACE_DIRECTORY = '/run/netns';

/** The file of a namespace: a name of `ip netns`, or a path. */
export const namespacePath = (namespace: string): string =>
  namespace.includes('/') ? namespace : `${NAMESPACE_DIRECTORY}/${namespace}`;

/** Going on would run the caller's program in the wrong network: nothing could be worse. */
class Stranded extends Error {}

const stranded = (path: string, errno: number): never => {
  throw new Stranded(`bug: no way back from namespace ${path}: errno ${errno}`);
};

/**
 * Runs `run` inside a namespace: `setns` moves this thread there, and back before anything else of
 * this process can run, for `run` is synchronous. What it opens stays where it was opened.
 *
 * @param namespace - name or path; `undefined` is where the process is
 */
export const inNamespace = <A>(
  libc: Libc,
  namespace: string | undefined,
  run: () => E.Either<LiquidError, A>,
): E.Either<LiquidError, A> => {
  if (namespace === undefined) return run();
  const path = namespacePath(namespace);
  const fds: number[] = [];
  try {
    const home = openSync('/proc/thread-self/ns/net', 'r');
    fds.push(home);
    const there = openSync(path, 'r');
    fds.push(there);
    if (libc.setns(there, CLONE_NEWNET) !== 0) {
      return E.left(errnoError('entering namespace', libc.errno(), path));
    }
    const result = E.tryCatch(run, fromUnknown('working in a namespace'));
    if (libc.setns(home, CLONE_NEWNET) !== 0) stranded(path, libc.errno());
    return E.flatten(result);
  } catch (caught) {
    if (caught instanceof Stranded) throw caught;
    return E.left(fromUnknown('entering namespace')(caught));
  } finally {
    for (const fd of fds) closeSync(fd);
  }
};

/** Sets a kernel setting of a namespace, as `sysctl -w` would. */
export const setSysctl = (
  libc: Libc,
  setting: {
    readonly namespace: string;
    readonly key: string;
    readonly value: string;
    readonly optional: boolean;
  },
): E.Either<LiquidError, void> =>
  inNamespace(libc, setting.namespace, () => {
    // With slashes, dots are part of a name (`net/ipv4/conf/eth0.1/…`), as sysctl(8) has it.
    const { key } = setting;
    const path = `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;
    try {
      writeFileSync(path, setting.value);
      return E.right(undefined);
    } catch (caught) {
      const error = fromUnknown(`setting ${key} = ${setting.value}`)(caught);
      return setting.optional && error._tag === 'NotFound' ? E.right(undefined) : E.left(error);
    }
  });
