/** Processes in a namespace: found by the namespace itself, so that none can hide behind a new name. */

import { readdirSync, statSync } from 'node:fs';
import { readOwner } from '../owner.js';

interface Found {
  readonly pid: number;
  readonly startTicks: number;
}

/** Identity of a namespace: device and inode of its file, or `undefined` where none is mounted. */
export const namespaceIdentity = (path: string): string | undefined => {
  try {
    const { dev, ino } = statSync(path);
    // Every namespace is on the one nsfs; a plain file is what a reboot or half a removal left.
    return dev === statSync('/proc/self/ns/net').dev ? `${dev}:${ino}` : undefined;
  } catch {
    return undefined;
  }
};

const processesIn = (identities: ReadonlySet<string>): ReadonlyArray<Found> =>
  readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) return [];
    const identity = namespaceIdentity(`/proc/${pid}/ns/net`);
    if (identity === undefined || !identities.has(identity)) return [];
    const startTicks = readOwner(pid)?.startTicks;
    return startTicks === undefined ? [] : [{ pid, startTicks }];
  });

const signal = ({ pid, startTicks }: Found, name: NodeJS.Signals): void => {
  // Looked at once more: a pid that was freed meanwhile may be somebody else's by now.
  if (readOwner(pid)?.startTicks !== startTicks) return;
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A program gets this long to end on SIGTERM. */
const TERM_MS = 1000;
/** SIGKILL can't be refused, but a process in an uninterruptible call dies only after it. */
const KILL_MS = 5000;
const LOOK_EVERY_MS = 10;

/**
 * Ends all processes in some namespaces: SIGTERM, then SIGKILL.
 *
 * @param paths - the namespaces' files
 * @returns the pids of those that were there
 */
export const endProcessesIn = async (
  paths: ReadonlyArray<string>,
): Promise<ReadonlyArray<number>> => {
  const identities = new Set(
    paths.flatMap((path) => {
      const identity = namespaceIdentity(path);
      return identity === undefined ? [] : [identity];
    }),
  );
  if (identities.size === 0) return [];
  const ended = new Set<number>();
  for (const [name, patience] of [
    ['SIGTERM', TERM_MS],
    ['SIGKILL', KILL_MS],
  ] as const) {
    for (let waited = 0; waited <= patience; waited += LOOK_EVERY_MS) {
      const found = processesIn(identities);
      if (found.length === 0) return [...ended];
      for (const one of found) {
        // SIGTERM once each; SIGKILL as often as new ones appear.
        if (name === 'SIGKILL' || !ended.has(one.pid)) signal(one, name);
        ended.add(one.pid);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
  return [...ended];
};
