/**
 * Program: in a network namespace of its own, the time from an MPTCP `listen()` to the moment at which
 * this process knows of it, by each contender in turn.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  genericCommand,
  groupOf,
  NETLINK,
  type NetlinkSocket,
  openNetlink,
  resolveFamily,
} from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { RawNetlinkSocket } from 'netlink';
import { close, listen, prepare } from './listen.ts';

const LISTENER_CREATED = 15;
/** Offsets of the command in a datagram of one generic message. */
const COMMAND_AT = 16;
const EVENTS = 300;
const WARM_UP = 100;
const WATCHDOG_MS = 5000;

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message);
  return result.right;
};

/** Listens until stopped and calls back for each LISTENER_CREATED. */
type Contender = (heard: () => void) => Promise<() => Promise<void> | void>;

const openGroup = async (
  transport: 'addon' | 'koffi',
): Promise<{ readonly socket: NetlinkSocket; readonly group: number }> => {
  const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport })());
  const family = right(await resolveFamily(socket, 'mptcp_pm')());
  return { socket, group: right(groupOf(family, 'mptcp_pm_events')) };
};

const ours =
  (transport: 'addon' | 'koffi'): Contender =>
  async (heard) => {
    const { socket, group } = await openGroup(transport);
    right(
      socket.subscribe(group, (message) => {
        if (genericCommand(message) === LISTENER_CREATED) heard();
      }),
    );
    return async () => void right(await socket.stop());
  };

/** The least that the package can do: raw datagrams, no peeking, the command read by hand. */
const npmNetlink: Contender = async (heard) => {
  const { socket, group } = await openGroup('addon');
  right(await socket.stop());
  const peer = new RawNetlinkSocket(NETLINK.GENERIC, {
    messagePeeking: false,
    msgBufferSize: 65_536,
    recvBufferSize: 212_992,
    sendBufferSize: 212_992,
  });
  peer.on('message', (bytes) => {
    if (bytes[COMMAND_AT] === LISTENER_CREATED) heard();
  });
  peer.addMembership(group);
  return () => peer.close();
};

const ipMonitor: Contender = async (heard) => {
  const child = spawn('ip', ['mptcp', 'monitor'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.setEncoding('latin1');
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (/LISTENER_CREATED|UNKNOWN.*15/.test(line)) heard();
  });
  await sleep(300);
  return () =>
    new Promise<void>((resolve) => {
      child.on('close', () => resolve());
      child.kill();
    });
};

const CONTENDERS: Readonly<Record<string, Contender>> = {
  addon: ours('addon'),
  koffi: ours('koffi'),
  'npm-netlink': npmNetlink,
  'ip-monitor': ipMonitor,
};

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Median latency of one round, in microseconds. */
const round = async (contender: Contender): Promise<number> => {
  let resolve = (): void => undefined;
  let started = 0;
  const times: Array<number> = [];
  const stop = await contender(() => {
    times.push((performance.now() - started) * 1000);
    resolve();
  });
  for (let event = 0; event < WARM_UP + EVENTS; event++) {
    const fd = prepare();
    // The process sleeps in its loop before each event, as one that waits does.
    await sleep(1);
    const heard = new Promise<void>((done) => {
      resolve = done;
    });
    const late = setTimeout(() => {
      throw new Error('an event did not come');
    }, WATCHDOG_MS);
    started = performance.now();
    listen(fd);
    await heard;
    clearTimeout(late);
    close(fd);
  }
  await stop();
  return median(times.slice(WARM_UP));
};

const rounds = Number(process.argv[2] ?? 7);
const results: Record<string, Array<number>> = {};
// Compiled before they are measured.
for (const contender of Object.values(CONTENDERS)) await round(contender);
for (let at = 0; at < rounds; at++) {
  // Begun elsewhere each time, so that no contender always follows the same one.
  const names = Object.keys(CONTENDERS);
  for (let turn = 0; turn < names.length; turn++) {
    const name = names[(turn + at) % names.length] ?? '';
    const contender = CONTENDERS[name];
    if (contender === undefined) continue;
    (results[name] ??= []).push(await round(contender));
  }
  process.stderr.write(`latency: round ${at + 1} of ${rounds}\r`);
}
process.stdout.write(`${JSON.stringify(results)}\n`);
