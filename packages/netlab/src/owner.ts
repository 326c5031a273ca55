/** Owners: is the process that made a lab still the one that runs under its pid? */

import { readFileSync, readlinkSync } from 'node:fs';
import type { Owner } from './names.js';

/** FNV-1a over 32 bits: short, and the same in every version of this package. */
const fnv1a = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
};

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** The scope of pids as this process sees them: its boot and its pid namespace. */
const currentScope = (): string => {
  let pidNamespace = '';
  try {
    pidNamespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // A kernel without pid namespaces has only one.
  }
  return fnv1a(`${readText('/proc/sys/kernel/random/boot_id') ?? ''}\n${pidNamespace}`);
};

/** Field 22 of `/proc/<pid>/stat`; the command in field 2 may itself hold spaces and brackets. */
export const startTicksOf = (stat: string): number | undefined => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], Number(fields[19])];
  // A zombie holds its pid but runs nothing: its lab has no owner any more.
  return state === 'Z' || state === 'X' || !Number.isSafeInteger(ticks) ? undefined : ticks;
};

/**
 * The process that runs under a pid now, or `undefined` where none does.
 *
 * @param pid - as seen by this process; its own by default
 * @since 0.1.0
 */
export const readOwner = (pid: number = process.pid): Owner | undefined => {
  const stat = readText(`/proc/${pid}/stat`);
  const startTicks = stat === undefined ? undefined : startTicksOf(stat);
  return startTicks === undefined ? undefined : { pid, startTicks, scope: currentScope() };
};

/**
 * Whether an owner still runs: `dead` also when its pid now belongs to a later process, `foreign`
 * when it comes from another boot or pid namespace, where this process can't tell.
 *
 * @since 0.1.0
 */
export const stateOfOwner = (owner: Owner): 'alive' | 'dead' | 'foreign' => {
  if (owner.scope !== currentScope()) return 'foreign';
  return readOwner(owner.pid)?.startTicks === owner.startTicks ? 'alive' : 'dead';
};
