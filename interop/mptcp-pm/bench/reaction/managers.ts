/** The managers that are compared, each started its own way in the client's namespace. */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Netlab } from '@liquid/netlab';
import { messageOf, right } from '../support.ts';
import { SECOND_ADDRESS } from './network.ts';

export interface Manager {
  readonly name: string;
  /** Who manages the client's connections. */
  readonly pathManager: 'kernel' | 'userspace';
  readonly start: (lab: Netlab) => Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The kernel's own: an endpoint from which it makes a subflow for each connection. */
export const kernelManager: Manager = {
  name: 'in-kernel path manager',
  pathManager: 'kernel',
  start: async (lab) => {
    const add = ['ip', 'mptcp', 'endpoint', 'add', SECOND_ADDRESS, 'dev', 'eth1', 'subflow'];
    right(await lab.exec('client', add as [string, ...string[]])());
    right(await lab.exec('client', ['ip', 'mptcp', 'limits', 'set', 'subflow', '2'])());
  },
};

const MPTCPD = '/usr/libexec/mptcpd';

/** It says nothing when it is ready; this is many times what it needs. */
const MPTCPD_START_MS = 700;

/** As in `0.12`. */
export const mptcpdVersion = (): string =>
  execFileSync(MPTCPD, ['--version'], { encoding: 'utf8' }).trim().split(' ').at(-1) ?? 'unknown';

/**
 * Debian's mptcpd with the least plugin that makes a subflow, built from the source beside this.
 *
 * @param folder - where the plugin is put; nobody else may write to it, or mptcpd refuses it
 */
export const createMptcpd = (folder: string): Manager => {
  execFileSync('cc', [
    ...['-O2', '-shared', '-fPIC', file('../mptcpd-plugin/second-address.c'), '-lmptcpd'],
    ...['-o', join(folder, 'second-address.so')],
  ]);
  return {
    name: 'mptcpd',
    pathManager: 'userspace',
    start: async (lab) => {
      const options = [`--plugin-dir=${folder}`, '--path-manager=second_address', '--log=null'];
      const env = { SECOND_ADDRESS };
      right(await lab.spawn('client', [MPTCPD, ...options], { env })());
      await sleep(MPTCPD_START_MS);
    },
  };
};

/** Ours, in a process of its own, by a script that says when it is ready. */
export const createOurs = (
  name: string,
  script: string,
  args: readonly string[] = [],
): Manager => ({
  name,
  pathManager: 'userspace',
  start: async (lab) => {
    const running = right(await lab.spawnNode('client', file(script), { args })());
    const ready = await messageOf(running);
    if (ready !== 'ready') throw new Error(`${name}: ${String(ready)}`);
  },
});
