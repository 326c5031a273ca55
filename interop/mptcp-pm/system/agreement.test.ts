/** What a path manager knows is what `ss -tniM` and `ip mptcp monitor` say, after everything it does. */

import { type Action, openPathManager, type PathManager } from '@liquid/mptcp-pm';
import type { Netlab } from '@liquid/netlab';
import type { IpAddress } from '@liquid/types';
import { expect } from 'vitest';
import { messageOf, right, script, systemTest, until, withLab } from './support/machine.ts';
import { TWO_PATHS } from './support/networks.ts';
import { monitorLine, subflowsBySs, subflowsByView } from './support/words.ts';

const PORT = 4321;

/** A host with a manager, and with iproute2's word on the same. */
interface Side {
  readonly host: string;
  readonly manager: PathManager;
  readonly ours: string[];
  readonly theirs: string[];
}

const watch = async (lab: Netlab, host: string): Promise<Side> => {
  const ours: string[] = [];
  const theirs: string[] = [];
  const monitor = right(await lab.spawn(host, ['ip', 'mptcp', 'monitor'])());
  monitor.events.onTag('Line', ({ line }) => void theirs.push(line.trimEnd()));
  const namespace = right(lab.namespaceOf(host));
  const manager = right(await openPathManager({ namespace })());
  // All that the kernel says, also what a poll was quicker to find.
  manager.events.on((told) => {
    const line =
      told._tag === 'Event' || told._tag === 'Repeated' ? monitorLine(told.event) : undefined;
    if (line !== undefined) ours.push(line);
  });
  return { host, manager, ours, theirs };
};

/** Both words on both hosts become the same, and then are compared so that a difference is shown. */
const agree = async (lab: Netlab, sides: ReadonlyArray<Side>, after: string): Promise<void> => {
  for (const { host, manager, ours, theirs } of sides) {
    const equal = async (): Promise<boolean> =>
      JSON.stringify(await subflowsBySs(lab, host)) === JSON.stringify(subflowsByView(manager)) &&
      JSON.stringify(ours) === JSON.stringify(theirs);
    await until(`${after}: ${host} agrees`, equal, 3000).catch(() => undefined);
    expect(subflowsByView(manager), `${after}: ${host}, view and ss`).toEqual(
      await subflowsBySs(lab, host),
    );
    expect(ours, `${after}: ${host}, events and ip monitor`).toEqual(theirs);
  }
};

interface Case {
  readonly name: string;
  readonly dial: string;
  readonly local: string;
  readonly remote: string;
}

const CASES: ReadonlyArray<Case> = [
  { name: 'IPv4', dial: '10.0.0.2', local: '10.0.1.1', remote: '10.0.1.2' },
  { name: 'IPv6', dial: 'fd00:0::2', local: 'fd00:1::1', remote: 'fd00:1::2' },
  { name: 'v4-mapped', dial: '::ffff:10.0.0.2', local: '10.0.1.1', remote: '10.0.1.2' },
];

for (const { name, dial, local, remote } of CASES) {
  systemTest(`${name}: view, ss and ip mptcp monitor agree after each command`, () =>
    withLab(TWO_PATHS, async (lab) => {
      const echo = right(
        await lab.spawnNode('server', script('echo-server.ts'), { args: [String(PORT)] })(),
      );
      await messageOf(echo);
      const client = await watch(lab, 'client');
      const server = await watch(lab, 'server');
      const sides = [client, server];
      const user = right(
        await lab.spawnNode('client', script('echo-client.ts'), {
          args: [dial, String(PORT), '20'],
        })(),
      );
      await messageOf(user);
      const isUp = ({ manager }: Side): boolean =>
        [...manager.view().connections()].some(({ established }) => established);
      await until('both sides are established', () => sides.every(isUp));
      await agree(lab, sides, 'connect');

      const connectionOf = ({ manager }: Side) => {
        const [connection] = manager.view().connections();
        if (connection === undefined) throw new Error('the connection is gone');
        return connection;
      };
      const joined = (side: Side) =>
        connectionOf(side).subflows.find(
          ({ initial, phase }) => !initial && phase === 'established',
        );
      const keyOf = (side: Side): string => joined(side)?.key ?? 'none';
      const does = async (what: string, side: Side, action: Action): Promise<void> => {
        right(await side.manager.apply(action)());
        if (action._tag === 'CreateSubflow') await until(what, () => joined(side) !== undefined);
        if (action._tag === 'Destroy' || action._tag === 'Abort') {
          await until(what, () => joined(side) === undefined);
        }
        await agree(lab, sides, what);
      };
      const { token } = connectionOf(client);
      const create: Action = {
        _tag: 'CreateSubflow',
        token,
        local: local as IpAddress,
        remote: remote as IpAddress,
        remotePort: PORT,
        backup: false,
      };
      const backup = (side: Side, on: boolean): Action => ({
        _tag: 'SetBackup',
        token: connectionOf(side).token,
        subflow: keyOf(side),
        backup: on,
      });
      await does('create', client, create);
      expect(joined(server)?.key).toBeDefined();
      await does('backup', client, backup(client, true));
      expect([joined(client)?.backup, joined(server)?.backupRemote]).toEqual([true, true]);
      await does('un-backup', client, backup(client, false));
      expect([joined(client)?.backup, joined(server)?.backupRemote]).toEqual([false, false]);
      await does('backup by the peer', server, backup(server, true));
      expect([joined(client)?.backupRemote, joined(server)?.backup]).toEqual([true, true]);
      await does('destroy', client, { _tag: 'Destroy', token, subflow: keyOf(client) });
      await does('create as backup', client, { ...create, backup: true });
      // Linux 6.1 takes no notice of it in the command that creates a subflow; a poll tells the manager.
      right(await client.manager.poll());
      expect(joined(client)?.backup).toBe(true);
      await agree(lab, sides, 'a backup from the beginning');
      await does('abort', client, { _tag: 'Abort', token, subflow: keyOf(client) });
      const theirs = connectionOf(server).token;
      await does('announce', server, {
        _tag: 'Announce',
        token: theirs,
        address: remote as IpAddress,
      });
      const [announced] = connectionOf(server).announced;
      await until('the address arrives', () => connectionOf(client).remoteAddresses.length === 1);
      expect(connectionOf(client).remoteAddresses).toMatchObject([
        { id: announced?.id, address: remote },
      ]);
      await does('remove', server, { _tag: 'Remove', token: theirs, id: announced?.id ?? 0 });
      await until('it goes', () => connectionOf(client).remoteAddresses.length === 0);

      right(await user.stop());
      await until('the end', () =>
        sides.every(({ manager }) => manager.view().connectionCount === 0),
      );
      expect(client.ours.length).toBeGreaterThan(8);
      await agree(lab, sides, 'close');
      for (const { manager } of sides) right(await manager.stop());
    }),
  );
}
