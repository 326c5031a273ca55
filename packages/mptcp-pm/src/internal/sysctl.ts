/** The kernel's settings of MPTCP, of this network namespace or another. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Settings by their names, as in `net.mptcp.enabled`; those that the kernel lacks are missing. */
export type Sysctls = ReadonlyMap<string, string>;

const fileOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** The path of a namespace's file: names are as `ip netns` has them. */
const namespacePath = (namespace: string): string =>
  namespace.includes('/') ? namespace : `/run/netns/${namespace}`;

/** Of util-linux, which every system has. */
const ENTER = 'nsenter';

/** Milliseconds for a program that only reads files. */
const READ_TIMEOUT_MS = 5000;

/**
 * In another namespace, by a program that enters it: what `/proc/sys/net` shows is decided by who
 * reads it.
 */
const readInside = (namespace: string, names: ReadonlyArray<string>): Promise<Sysctls> =>
  new Promise((resolve) => {
    const argv = [`--net=${namespacePath(namespace)}`, 'grep', '-sH', '', ...names.map(fileOf)];
    execFile(ENTER, argv, { timeout: READ_TIMEOUT_MS }, (_failed, stdout) => {
      // grep fails where one file is missing, and still shows the others.
      const values = new Map<string, string>();
      for (const line of stdout.split('\n')) {
        const colon = line.indexOf(':');
        const name = names.find((each) => fileOf(each) === line.slice(0, colon));
        if (name !== undefined && !values.has(name)) values.set(name, line.slice(colon + 1).trim());
      }
      resolve(values);
    });
  });

const readHere = async (names: ReadonlyArray<string>): Promise<Sysctls> => {
  const values = new Map<string, string>();
  for (const name of names) {
    try {
      values.set(name, (await readFile(fileOf(name), 'utf8')).trim());
    } catch {
      // A kernel without it, or without its parent.
    }
  }
  return values;
};

/** Reads settings; what can't be read is missing. Never fails. */
export const readSysctls = (
  namespace: string | undefined,
  names: ReadonlyArray<string>,
): Promise<Sysctls> => (namespace === undefined ? readHere(names) : readInside(namespace, names));

/** What decides whether a manager gets connections. */
export const MPTCP_SYSCTLS = [
  'net.mptcp.enabled',
  'net.mptcp.pm_type',
  'net.mptcp.path_manager',
] as const;

/** Whether MPTCP is on; undefined where that couldn't be read. */
export const mptcpEnabled = (sysctls: Sysctls): boolean | undefined => {
  const value = sysctls.get('net.mptcp.enabled');
  return value === undefined ? undefined : value !== '0';
};

/** Whether new connections are for userspace; undefined where that couldn't be read. */
export const userspaceManager = (sysctls: Sysctls): boolean | undefined => {
  const type = sysctls.get('net.mptcp.pm_type');
  const name = sysctls.get('net.mptcp.path_manager');
  return type === undefined && name === undefined
    ? undefined
    : type === '1' || name === 'userspace';
};
