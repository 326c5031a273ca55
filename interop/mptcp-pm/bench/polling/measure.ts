/** Processor time of watching subflows: our manager's, and that of `ss` called as often. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openNetlab, type RunningProcess } from '@liquid/netlab';
import { reactionNetwork, SERVER_ADDRESS, SERVER_PORT } from '../reaction/network.ts';
import { messageOf, MPTCPIZED, right } from '../support.ts';

const MEASURED_MS = 10_000;

/** The period of both. */
const POLL_MS = 300;

/** The manager makes the second subflow of each connection; it has this long. */
const SETTLE_MS = 30_000;

/** Before it is measured: what runs for hours is compiled after its first polls. */
const RUNNING_MS = 10_000;

/** What Linux calls a tick in /proc: 10 ms on every platform that Node runs on. */
const TICK_US = 10_000;

export interface Shares {
  /** Percent of one processor. */
  readonly ours: number;
  readonly ss: number;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Used {
  readonly subflows: number;
  readonly cpuUs: number;
}

const ask = async (manager: RunningProcess): Promise<Used> => {
  const answer = messageOf(manager);
  right(await manager.send('used')());
  return (await answer) as Used;
};

const percent = (cpuUs: number, ms: number): number => (100 * cpuUs) / (ms * 1000);

const measureOurs = async (manager: RunningProcess): Promise<number> => {
  const before = await ask(manager);
  const begin = performance.now();
  await sleep(MEASURED_MS);
  const after = await ask(manager);
  return percent(after.cpuUs - before.cpuUs, performance.now() - begin);
};

/** Processor time of the children that a process has waited for. */
const childrenUs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_US;
};

const measureSs = async (shell: RunningProcess): Promise<number> => {
  const before = childrenUs(shell.pid);
  const begin = performance.now();
  await sleep(MEASURED_MS);
  return percent(childrenUs(shell.pid) - before, performance.now() - begin);
};

/**
 * Polls `subflows` subflows, two of each connection, every 300 ms for ten seconds, by our manager and
 * then by a loop of `ss -tni`, whose output nobody reads.
 */
export const measurePolling = async (subflows: number): Promise<Shares> => {
  const lab = right(await openNetlab(reactionNetwork('userspace'))());
  try {
    const server = right(
      await lab.spawnNode('server', file('../reaction/server.ts'), {
        args: [String(SERVER_PORT), 'request'],
        env: MPTCPIZED,
      })(),
    );
    await messageOf(server);
    const manager = right(await lab.spawnNode('client', file('../manager.ts'))());
    const ready = await messageOf(manager);
    if (ready !== 'ready') throw new Error(String(ready));
    const connections = right(
      await lab.spawnNode('client', file('connections.ts'), {
        args: [SERVER_ADDRESS, String(SERVER_PORT), String(subflows / 2)],
        env: MPTCPIZED,
      })(),
    );
    await messageOf(connections);
    const deadline = performance.now() + SETTLE_MS;
    while ((await ask(manager)).subflows < subflows) {
      if (performance.now() > deadline) {
        throw new Error(`${(await ask(manager)).subflows} of ${subflows} subflows are there`);
      }
      await sleep(POLL_MS);
    }
    await sleep(RUNNING_MS);
    const ours = await measureOurs(manager);
    right(await manager.stop());
    const loop = `while :; do ss -tni state established >/dev/null; sleep ${POLL_MS / 1000}; done`;
    const shell = right(await lab.spawn('client', ['sh', '-c', loop])());
    return { ours, ss: await measureSs(shell) };
  } finally {
    await lab.stop();
  }
};
