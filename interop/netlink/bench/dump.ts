/**
 * Program: in a network namespace of its own with 2,000 subflows that another process holds, the time
 * of a dump with all rows decoded, and of `ss -tni state established`, in turn.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  diagDump,
  diagEach,
  NETLINK,
  type NetlinkSocket,
  openNetlink,
  TCP_STATE,
} from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';

const SUBFLOWS = 2000;
const STATES = 1 << TCP_STATE.ESTABLISHED;
/** Dumps of a round, of each contender. */
const DUMPS = 9;

/** What `mptcpize` preloads. */
const PRELOADS = ['x86_64', 'aarch64'].flatMap((arch) =>
  ['', '/mptcpize'].map((folder) => `/usr/lib/${arch}-linux-gnu${folder}/libmptcpwrap.so.0`),
);

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message);
  return result.right;
};

const startHolder = async () => {
  const preload = PRELOADS.find(existsSync);
  if (preload === undefined) throw new Error('mptcpize is missing: apt-get install mptcpize');
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('connections.ts', import.meta.url)), String(SUBFLOWS / 2)],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LD_PRELOAD: preload } },
  );
  await once(child.stdout, 'data');
  return child;
};

/** A shell starts `ss`: its fork is cheaper than that of this process. */
const startShell = () => {
  const child = spawn('sh', { stdio: ['pipe', 'pipe', 'inherit'] });
  return {
    ss: async (): Promise<void> => {
      child.stdin.write('ss -tni state established >/dev/null; echo done\n');
      await once(child.stdout, 'data');
    },
    stop: () => child.stdin.end(),
  };
};

/** Every column of every row is in the row when this is called. */
const decoded = async (socket: NetlinkSocket): Promise<void> => {
  let subflows = 0;
  let congestionWindows = 0;
  right(
    await diagEach(socket, { states: STATES }, (row) => {
      if (row.subflow.present) subflows++;
      congestionWindows += row.tcp.cwnd;
    })(),
  );
  if (subflows !== SUBFLOWS || congestionWindows === 0) throw new Error(`${subflows} subflows`);
};

const values = async (socket: NetlinkSocket): Promise<void> => {
  const sockets = right(await diagDump(socket, { states: STATES })());
  if (sockets.length < SUBFLOWS) throw new Error(`${sockets.length} sockets`);
};

const median = (times: ReadonlyArray<number>): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

const holder = await startHolder();
const shell = startShell();
const open = async (transport: 'addon' | 'koffi') =>
  right(await openNetlink({ protocol: NETLINK.SOCK_DIAG, transport })());
const addon = await open('addon');
const koffi = await open('koffi');
const contenders: Readonly<Record<string, () => Promise<void>>> = {
  addon: () => decoded(addon),
  koffi: () => decoded(koffi),
  values: () => values(addon),
  ss: shell.ss,
};
const results: Record<string, Array<number>> = {};
const rounds = Number(process.argv[2] ?? 7);
for (let round = -1; round < rounds; round++) {
  for (const [name, contender] of Object.entries(contenders)) {
    const times: Array<number> = [];
    for (let dump = 0; dump < DUMPS; dump++) {
      const started = performance.now();
      await contender();
      times.push(performance.now() - started);
    }
    // The round before the first only compiles.
    if (round >= 0) (results[name] ??= []).push(median(times));
  }
  process.stderr.write(`dump: round ${round + 1} of ${rounds}\r`);
}
shell.stop();
holder.stdin.end();
right(await addon.stop());
right(await koffi.stop());
process.stdout.write(`${JSON.stringify(results)}\n`);
