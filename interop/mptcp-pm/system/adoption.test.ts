/** A path manager that comes late, dies, or loses events knows soon what there is, and harms nothing. */

import { openPathManager } from '@liquid/mptcp-pm';
import type { Netlab, RunningProcess } from '@liquid/netlab';
import type { IpAddress } from '@liquid/types';
import { expect } from 'vitest';
import {
  emulated,
  messageOf,
  right,
  script,
  sleep,
  systemTest,
  until,
  withLab,
} from './support/machine.ts';
import { TWO_PATHS } from './support/networks.ts';
import { subflowsBySs, subflowsByView } from './support/words.ts';

const PORT = 4321;

const node = async (
  lab: Netlab,
  host: string,
  name: string,
  ...args: ReadonlyArray<string>
): Promise<RunningProcess> => right(await lab.spawnNode(host, script(name), { args })());

/** The message of a worker that holds its hash, after those of its progress. */
const lastOf = async (running: RunningProcess): Promise<{ readonly sha256: string }> => {
  for await (const event of running.events) {
    if (event._tag !== 'Message') continue;
    const { message } = event;
    if (typeof message === 'object' && message !== null && 'sha256' in message) {
      return message as { readonly sha256: string };
    }
  }
  throw new Error('it ended without a result');
};

systemTest('100 connections that were there before: adopted within 1 s, each takes a subflow', () =>
  withLab(TWO_PATHS, async (lab) => {
    await messageOf(await node(lab, 'server', 'echo-server.ts', String(PORT)));
    const clients = await node(lab, 'client', 'many-clients.ts', '10.0.0.2', String(PORT), '100');
    expect(await messageOf(clients)).toEqual({ held: 100 });

    const namespace = right(lab.namespaceOf('client'));
    const begin = performance.now();
    const manager = right(await openPathManager({ namespace })());
    const tookMs = performance.now() - begin;
    const connections = [...manager.view().connections()];
    expect(connections.length).toBe(100);
    expect(connections.every(({ adopted, established }) => adopted && established)).toBe(true);
    expect(subflowsByView(manager)).toEqual(await subflowsBySs(lab, 'client'));
    // The limit is the statement's own; it takes some tens of milliseconds.
    expect(tookMs).toBeLessThan(1000);
    process.stdout.write(`100 connections adopted in ${tookMs.toFixed(0)} ms\n`);

    for (const { token } of connections) {
      right(
        await manager.apply({
          _tag: 'CreateSubflow',
          token,
          local: '10.0.1.1' as IpAddress,
          remote: '10.0.1.2' as IpAddress,
          remotePort: PORT,
          backup: false,
        })(),
      );
    }
    const joined = (): number =>
      [...manager.view().connections()].filter(
        ({ subflows }) => subflows.filter(({ phase }) => phase === 'established').length === 2,
      ).length;
    await until('each has two subflows', () => joined() === 100);
    expect(subflowsByView(manager)).toEqual(await subflowsBySs(lab, 'client'));
    right(await manager.stop());
    // Its end leaves everything as it was.
    const after = await subflowsBySs(lab, 'client');
    expect(after.subflows.length).toBe(200);
  }),
);

systemTest('killed and started again in the middle of a transfer: no byte is lost', () =>
  withLab(TWO_PATHS, async (lab) => {
    // Time enough for the second manager's start.
    const bytes = emulated ? 60_000_000 : 12_000_000;
    const sink = await node(lab, 'server', 'sink.ts', String(PORT));
    await messageOf(sink);
    const received = lastOf(sink);
    const ready = async (manager: RunningProcess): Promise<unknown> => messageOf(manager);
    const subflowsOf = async (manager: RunningProcess): Promise<unknown> => {
      for await (const event of manager.events) {
        if (event._tag !== 'Message') continue;
        const { connections } = event.message as { readonly connections?: ReadonlyArray<unknown> };
        if (connections !== undefined) return connections;
      }
      return undefined;
    };
    const first = await node(lab, 'client', 'manager.ts');
    expect(await ready(first)).toEqual({ started: [] });
    const source = await node(
      lab,
      'client',
      'source.ts',
      '10.0.0.2',
      String(PORT),
      String(bytes),
      '32000000',
    );
    const sent = lastOf(source);
    const has = (subflows: number, adopted: boolean): ReadonlyArray<unknown> => [
      { subflows, adopted },
    ];
    const awaited = async (manager: RunningProcess, expected: unknown): Promise<void> =>
      until(`a manager knows ${JSON.stringify(expected)}`, async () => {
        return JSON.stringify(await subflowsOf(manager)) === JSON.stringify(expected);
      });
    await awaited(first, has(2, false));
    await sleep(300);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    // It had two subflows, and keeps them without a manager.
    expect((await subflowsBySs(lab, 'client')).subflows.length).toBe(2);
    const second = await node(lab, 'client', 'manager.ts');
    expect(await ready(second)).toEqual({ started: has(2, true) });
    const ours = await sent;
    expect(await received).toMatchObject({ bytes, sha256: ours.sha256 });
  }),
);

systemTest('events that were lost: it says so, and knows all within a poll', () =>
  withLab(TWO_PATHS, async (lab) => {
    await messageOf(await node(lab, 'server', 'echo-server.ts', String(PORT)));
    const clients = await node(lab, 'client', 'many-clients.ts', '10.0.0.2', String(PORT), '30');
    expect(await messageOf(clients)).toEqual({ held: 30 });
    const namespace = right(lab.namespaceOf('client'));
    const manager = right(await openPathManager({ namespace, receiveBufferBytes: 4096 })());
    expect(manager.view().connectionCount).toBe(30);
    let overruns = 0;
    manager.events.onTag('Overrun', () => void overruns++);

    // Three events a connection at least: created, established, closed.
    const open = 700;
    right(await clients.send({ open, keep: 20 })());
    const opened = messageOf(clients);
    // This process does nothing at all for a while, as if it were overloaded.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
    const { events: before } = manager.stats();
    expect(await opened).toEqual({ held: 50 });
    // One poll at once, and one in its turn, for what late events said of the time before.
    await sleep(400);
    const view = subflowsByView(manager);
    expect(view).toEqual(await subflowsBySs(lab, 'client'));
    expect(view.subflows.length).toBe(50);
    expect(overruns).toBeGreaterThan(0);
    const { events, overruns: counted } = manager.stats();
    expect(counted).toBe(overruns);
    // Far from all of them came through.
    expect(events - before).toBeLessThan(3 * open);
    process.stdout.write(
      `${events - before} of some ${3 * open} events came, ${overruns} overruns\n`,
    );
    right(await manager.stop());
  }),
);
