/**
 * Records what this machine's kernel says to a path manager, byte by byte, for the fixtures of
 * `packages/netlink` and `packages/mptcp-pm`: as root `node record.ts <folder>`, or on Debian's kernel
 * by `pnpm prove netlink --guest --record <folder>`. The folder gets `netlink/linux-<version>.json` and `mptcp-pm/linux-<version>.json`.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { endianness, release } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ADDRESS_FLAG, type PmAddress, type PmCommand, writeCommand } from '@liquid/mptcp-pm';
import {
  type NetworkDescription,
  type Netlab,
  openNetlab,
  type RunningProcess,
} from '@liquid/netlab';
import { parseIpAddress } from '@liquid/types';
import { MPTCPIZED, messageOf, right } from '../bench/support.ts';
import { type Host, openHost, type Recorded } from './host.ts';

const PORT = 4433;

/** Announced, so that a port read in the wrong order is seen. */
const OTHER_PORT = 4434;

/** Two hosts, two links, both kinds of addresses; each host leaves its paths to userspace. */
const NETWORK: NetworkDescription = {
  hosts: Object.fromEntries(
    ['client', 'server'].map((name) => [
      name,
      {
        sysctls: {
          'net.mptcp.enabled': 1,
          'net.mptcp.pm_type': 1,
          'net.ipv4.tcp_congestion_control': 'reno',
        },
      },
    ]),
  ),
  links: [0, 1].map((link) => ({
    ends: [
      { node: 'client', addresses: [`10.0.${link}.1/24`, `fd00:${link}::1/64`] },
      { node: 'server', addresses: [`10.0.${link}.2/24`, `fd00:${link}::2/64`] },
    ],
  })),
};

const worker = (name: string): string =>
  fileURLToPath(new URL(`../system/support/${name}`, import.meta.url));

/** The addresses of both ends by link. */
interface Ends {
  readonly client: ReadonlyArray<string>;
  readonly server: ReadonlyArray<string>;
}

const V4: Ends = { client: ['10.0.0.1', '10.0.1.1'], server: ['10.0.0.2', '10.0.1.2'] };
const V6: Ends = { client: ['fd00:0::1', 'fd00:1::1'], server: ['fd00:0::2', 'fd00:1::2'] };
const MAPPED: Ends = {
  client: V4.client.map((address) => `::ffff:${address}`),
  server: V4.server.map((address) => `::ffff:${address}`),
};

/** Time for what the kernel does by itself: a handshake, its timers, the event's way. */
const SETTLE_MS = 400;

const at = (address: string, more: Omit<PmAddress, 'address'> = {}): PmAddress => ({
  address: right(parseIpAddress(address)),
  ...more,
});

const command = (host: Host, body: PmCommand): void =>
  host.command((writer, familyId) => writeCommand(writer, familyId, body));

/** One connection through all that can happen to it. */
const life = async (
  lab: Netlab,
  name: string,
  ends: Ends,
  hosts: { readonly client: Host; readonly server: Host },
  step: (what: string) => void,
): Promise<void> => {
  const { client, server } = hosts;
  const [, far = ''] = ends.client;
  const [target = '', second = ''] = ends.server;
  step(`${name}: connect`);
  const talk: RunningProcess = right(
    await lab.spawnNode('client', worker('echo-client.ts'), {
      args: [target, String(PORT), '50'],
      env: MPTCPIZED,
    })(),
  );
  await messageOf(talk);
  await sleep(SETTLE_MS);
  const { token } = client.last('Established');
  const peerToken = server.last('Created').token;
  const subflow = { local: at(far, { id: 1 }), remote: at(second, { port: PORT }) };

  step(`${name}: announce`);
  const signal = { id: 7, flags: ADDRESS_FLAG.SIGNAL };
  command(server, { _tag: 'Announce', token: peerToken, local: at(second, signal) });
  await sleep(SETTLE_MS);
  step(`${name}: announce with a port`);
  command(server, {
    _tag: 'Announce',
    token: peerToken,
    local: at(second, { ...signal, id: 8, port: OTHER_PORT }),
  });
  await sleep(SETTLE_MS);
  step(`${name}: withdraw`);
  command(server, { _tag: 'Remove', token: peerToken, localId: 7 });
  await sleep(SETTLE_MS);

  step(`${name}: create a subflow`);
  command(client, { _tag: 'SubflowCreate', token, ...subflow });
  await sleep(SETTLE_MS);
  const port = client.last('SubEstablished').localPort;
  const made = { local: at(far, { port }), remote: at(second, { port: PORT }) };
  step(`${name}: look at the sockets`);
  client.dumpSockets('tcp');
  client.dumpSockets('mptcp');
  server.dumpSockets('tcp');
  step(`${name}: to backup`);
  command(client, {
    _tag: 'SetFlags',
    token,
    ...made,
    local: at(far, { port, flags: ADDRESS_FLAG.BACKUP }),
  });
  await sleep(SETTLE_MS);
  client.dumpSockets('tcp');
  step(`${name}: from backup`);
  command(client, { _tag: 'SetFlags', token, ...made, local: at(far, { port, flags: 0 }) });
  await sleep(SETTLE_MS);
  step(`${name}: destroy the subflow`);
  command(client, { _tag: 'SubflowDestroy', token, ...made });
  await sleep(SETTLE_MS);

  step(`${name}: create another`);
  command(client, { _tag: 'SubflowCreate', token, ...subflow, local: at(far, { id: 2 }) });
  await sleep(SETTLE_MS);
  step(`${name}: abort it`);
  client.destroySocket({
    local: right(parseIpAddress(far)),
    localPort: client.last('SubEstablished').localPort,
    remote: right(parseIpAddress(second)),
    remotePort: PORT,
  });
  await sleep(SETTLE_MS);

  // The id stays with the address, whatever became of the subflow.
  step(`${name}: a middlebox resets the first of two`);
  command(client, { _tag: 'SubflowCreate', token, ...subflow, local: at(far, { id: 2 }) });
  await sleep(SETTLE_MS);
  if (name !== 'IPv6') {
    // It answers the next segment by itself, without MP_TCPRST; the typing goes over the first.
    const rule = ['OUTPUT', '-p', 'tcp', '--sport', `${client.last('Established').localPort}`];
    const refuse = [...rule, '-j', 'REJECT', '--reject-with', 'tcp-reset'];
    right(await lab.exec('client', ['iptables-legacy', '-A', ...refuse])());
    await sleep(SETTLE_MS);
    right(await lab.exec('client', ['iptables-legacy', '-D', ...refuse])());
  }

  step(`${name}: what is refused`);
  const nowhere = { local: at(far, { id: 3, port: 1 }), remote: at(second, { port: PORT }) };
  command(client, { _tag: 'SubflowCreate', token: token ^ 1, ...subflow });
  command(client, { _tag: 'SubflowCreate', token, ...subflow, local: at(far, { id: 0 }) });
  command(client, {
    _tag: 'SubflowCreate',
    token,
    ...subflow,
    local: at(name === 'IPv4' ? '10.0.9.9' : 'fd00:9::9', { id: 9 }),
  });
  command(client, { _tag: 'SubflowDestroy', token, ...nowhere });
  command(client, { _tag: 'Remove', token, localId: 99 });
  command(client, { _tag: 'Announce', token, local: at(far, { id: 0 }) });
  await sleep(SETTLE_MS);

  step(`${name}: close`);
  await talk.stop();
  await sleep(SETTLE_MS);
};

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('node record.ts <folder>\n');
  process.exit(2);
}
const recorded: Recorded[] = [];

/** A datagram a line, so that a difference between two kernels can be read. */
const fileOf = (familyId: number, families: ReadonlyArray<Recorded['family']>): string => {
  const head = { kernel: release(), byteOrder: endianness(), familyId };
  const lines = recorded
    .filter(({ family }) => families.includes(family))
    .map((one) => JSON.stringify(one));
  return `${JSON.stringify(head).slice(0, -1)},"recorded":[\n${lines.join(',\n')}\n]}\n`;
};

let step = 'open';
const lab = right(await openNetlab(NETWORK)());
try {
  const open = (name: string): Host =>
    openHost(`/run/netns/${right(lab.namespaceOf(name))}`, (datagram) =>
      recorded.push({ step, host: name, ...datagram }),
    );
  const hosts = { client: open('client'), server: open('server') };
  step = 'the family and its policies';
  hosts.client.dumpPolicies();
  step = 'links, addresses, routes, rules, neighbours';
  hosts.client.dumpRoutes();
  step = 'listen';
  const echo = right(
    await lab.spawnNode('server', worker('echo-server.ts'), {
      args: [String(PORT)],
      env: MPTCPIZED,
    })(),
  );
  await messageOf(echo);
  await sleep(SETTLE_MS);
  const told = (what: string): void => {
    step = what;
  };
  await life(lab, 'IPv4', V4, hosts, told);
  await life(lab, 'IPv6', V6, hosts, told);
  await life(lab, 'IPv4 mapped into IPv6', MAPPED, hosts, told);
  step = 'limits and endpoints of the kernel’s own manager';
  command(hosts.client, { _tag: 'GetLimits' });
  command(hosts.client, {
    _tag: 'AddAddress',
    local: at('10.0.1.1', { id: 5, flags: ADDRESS_FLAG.SUBFLOW | ADDRESS_FLAG.BACKUP }),
  });
  command(hosts.client, { _tag: 'GetAddress', local: { id: 5 } });
  command(hosts.client, { _tag: 'GetAddress' });
  command(hosts.client, { _tag: 'SetLimits', receiveAddAddresses: 4, subflows: 3 });
  command(hosts.client, { _tag: 'DelAddress', local: { id: 5 } });
  command(hosts.client, { _tag: 'FlushAddresses' });
  step = 'stop listening';
  await echo.stop();
  await sleep(SETTLE_MS);
  hosts.client.close();
  hosts.server.close();
  const { familyId } = hosts.client;
  const files = {
    netlink: fileOf(familyId, ['control', 'route', 'sock-diag']),
    'mptcp-pm': fileOf(familyId, ['mptcp_pm']),
  };
  const name = `linux-${release().split('.').slice(0, 2).join('.')}.json`;
  for (const [of, content] of Object.entries(files)) {
    const target = join(resolve(folder), of);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, name), content);
  }
  process.stdout.write(`${recorded.length} datagrams of Linux ${release()}\n`);
} finally {
  await lab.stop();
}
