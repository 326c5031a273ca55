/** The sweeper: removes what a killed owner left, and nothing that anybody still owns. */

import { readdirSync, rmSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { fromUnknown, type LiquidError } from '@liquid/types';
import { NAMESPACE_DIRECTORY, namespacePath } from './internal/network-namespace.js';
import { endProcessesIn, namespaceIdentity } from './internal/processes.js';
import { listRegistry, type RegistryEntry } from './internal/registry.js';
import { requirePrivileges } from './internal/privileges.js';
import { runAdministration } from './internal/run-step.js';
import { type Owner, parseNamespaceName } from './names.js';
import { stateOfOwner } from './owner.js';

/** What a sweep found and did. @since 0.1.0 */
export interface SweepReport {
  /** Namespaces removed, with every interface, address and qdisc in them. */
  readonly namespaces: ReadonlyArray<string>;
  /** Pids of processes that were ended in them. */
  readonly processes: ReadonlyArray<number>;
  /** Unfinished files removed. */
  readonly files: ReadonlyArray<string>;
  /** Namespaces left alone because their owner runs. */
  readonly alive: ReadonlyArray<string>;
  /**
   * Namespaces left alone because their owner is of another pid namespace, as of a container that
   * shares `/run`, and may well run.
   */
  readonly foreign: ReadonlyArray<string>;
  /** What could not be removed, and why; the rest was swept all the same. */
  readonly failures: ReadonlyArray<LiquidError>;
}

type Fate = 'alive' | 'foreign' | 'dead';

const fateOf = (owner: Owner, name: string): Fate => {
  const state = stateOfOwner(owner);
  // From before a reboot only the file can be left; a namespace that is there has come later.
  return state === 'foreign' && namespaceIdentity(namespacePath(name)) === undefined
    ? 'dead'
    : state;
};

const listNamespaces = (): E.Either<LiquidError, ReadonlyArray<readonly [string, Fate]>> => {
  try {
    return E.right(
      readdirSync(NAMESPACE_DIRECTORY).flatMap((name) => {
        const parsed = parseNamespaceName(name);
        return E.isLeft(parsed) ? [] : [[name, fateOf(parsed.right.owner, name)] as const];
      }),
    );
  } catch (caught) {
    const error = fromUnknown('listing namespaces')(caught);
    return error._tag === 'NotFound' ? E.right([]) : E.left(error);
  }
};

const sweepEntry = ({ path, partial }: RegistryEntry): E.Either<LiquidError, string[]> => {
  try {
    if (partial !== undefined) rmSync(partial, { force: true });
    rmSync(path, { force: true });
    return E.right(partial === undefined ? [] : [partial]);
  } catch (caught) {
    return E.left(fromUnknown(`removing ${partial ?? path}`)(caught));
  }
};

/**
 * Removes what labs left whose owners were killed: their namespaces, with all interfaces, the
 * processes in them, unfinished captures. Whose a thing is stands in its name (pid, start time,
 * boot and pid namespace), so a pid that was given out again does not protect it, and a living
 * owner's lab is never touched. Sweepers may run side by side.
 *
 * @returns what was done; `Permission` for a caller who may not, `Unsupported` off Linux, `NotFound`
 *   without `ip`
 * @example
 * ```ts no-run
 * import { sweep } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const result = await sweep()
 * console.log(E.isRight(result) ? result.right.namespaces.length : result.left.message)
 * ```
 * @since 0.1.0
 */
export const sweep: TaskEither<LiquidError, SweepReport> = async () => {
  const allowed = requirePrivileges('sweeping');
  if (E.isLeft(allowed)) return allowed;
  const listed = listNamespaces();
  if (E.isLeft(listed)) return listed;
  const of = (fate: Fate): ReadonlyArray<string> =>
    listed.right.filter(([, its]) => its === fate).map(([name]) => name);
  const dead = of('dead');
  const processes = await endProcessesIn(dead.map(namespacePath));
  const failures: LiquidError[] = [];
  const namespaces: string[] = [];
  for (const name of dead) {
    const removed = await runAdministration(['ip', 'netns', 'del', name]);
    if (E.isRight(removed)) namespaces.push(name);
    else if (removed.left._tag !== 'NotFound' || 'remedy' in removed.left) {
      failures.push(removed.left);
    }
  }
  const files: string[] = [];
  const stale = listRegistry().filter(
    ({ owner, beforeBoot }) => beforeBoot || stateOfOwner(owner) === 'dead',
  );
  for (const entry of stale) {
    const swept = sweepEntry(entry);
    if (E.isRight(swept)) files.push(...swept.right);
    else failures.push(swept.left);
  }
  return E.right({
    namespaces,
    processes,
    files,
    alive: of('alive'),
    foreign: of('foreign'),
    failures,
  });
};
