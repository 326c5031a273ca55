/** MPTCP sockets between hosts: another namespace, a stripping middlebox, MPTCP switched off, several subflows. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { Netlab, NetworkDescription } from '@liquid/netlab';
import {
  connectMptcp,
  type ConnectMptcpOptions,
  fullInfo,
  listenMptcp,
  mptcpStatus,
} from '@liquid/netlink/mptcp-socket';
import * as E from 'fp-ts/lib/Either.js';
import { expect } from 'vitest';
import { right, systemTest, withLab } from './machine.ts';

const left = <Error>(result: E.Either<Error, unknown>): Error => {
  if (E.isRight(result)) throw new Error('expected a Left');
  return result.left;
};

const MPTCP = 30;
const ON = { sysctls: { 'net.mptcp.enabled': 1, 'net.ipv4.tcp_congestion_control': 'reno' } };

const pair = (stripped: boolean): NetworkDescription => ({
  hosts: { client: ON, server: ON },
  links: [0, 1].map((i) => ({
    ends: [
      {
        node: 'client',
        addresses: [`10.0.${i}.1/24`, `fd00:${i}::1/64`],
        ...(stripped ? { stripOptions: [MPTCP] } : {}),
      },
      { node: 'server', addresses: [`10.0.${i}.2/24`, `fd00:${i}::2/64`] },
    ],
  })),
});

interface Inside {
  readonly lab: Netlab;
  readonly listen: (address?: string) => Promise<Server>;
  readonly dial: (
    options: Partial<ConnectMptcpOptions> & { readonly port: number },
  ) => Promise<Socket>;
  readonly at: (node: string) => string;
}

/** A lab with sockets of this process in its namespaces; all of it goes with the test. */
const inLab = (
  name: string,
  network: NetworkDescription,
  body: (inside: Inside) => Promise<void>,
): void =>
  systemTest(name, () =>
    withLab(network, async (lab) => {
      const sockets = new Set<Socket>();
      const servers: Server[] = [];
      const at = (node: string): string => right(lab.namespaceOf(node));
      try {
        await body({
          lab,
          at,
          listen: async (address = '::') => {
            const server = right(await listenMptcp({ address, namespace: at('server') })());
            server.on('connection', (socket) => {
              sockets.add(socket);
              socket.on('error', () => undefined).pipe(socket);
            });
            servers.push(server);
            return server;
          },
          dial: async (options) => {
            const namespace = at('client');
            const socket = right(
              await connectMptcp({ host: '10.0.0.2', namespace, timeoutMs: 10_000, ...options })(),
            );
            sockets.add(socket);
            return socket;
          },
        });
      } finally {
        for (const socket of sockets) socket.destroy();
        for (const server of servers) server.close();
      }
    }),
  );

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const echo = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text);
  const [piece] = (await once(socket, 'data')) as [Buffer];
  return piece.toString();
};

inLab('connects in another namespace, over both families', pair(false), async (inside) => {
  const server = await inside.listen();
  for (const host of ['10.0.0.2', 'fd00:1::2']) {
    const socket = await inside.dial({ host, port: portOf(server) });
    expect(await echo(socket, 'over')).toBe('over');
    expect(right(mptcpStatus(socket)).fallback).toBe(false);
  }
  // The process itself is where it was: in its own network nobody listens there.
  const outside = await connectMptcp({ host: '127.0.0.1', port: portOf(server) })();
  expect(left(outside)._tag).toBe('Io');
});

inLab('binds to an interface, and tells its subflows', pair(false), async (inside) => {
  const { lab, listen, dial } = inside;
  right(await lab.exec('client', ['ip', 'mptcp', 'limits', 'set', 'subflows', '2'])());
  right(await lab.exec('server', ['ip', 'mptcp', 'limits', 'set', 'subflows', '2'])());
  const endpoint = ['endpoint', 'add', '10.0.1.1', 'dev', 'eth1', 'subflow'];
  right(await lab.exec('client', ['ip', 'mptcp', ...endpoint])());
  right(await lab.exec('client', ['ip', 'rule', 'add', 'from', '10.0.1.1', 'table', '9'])());
  right(
    await lab.exec('client', ['ip', 'route', 'add', 'default', 'via', '10.0.1.2', 'table', '9'])(),
  );
  const server = await listen();
  const socket = await dial({ port: portOf(server), interface: 'eth0' });
  expect(await echo(socket, 'hello')).toBe('hello');
  // The kernel's own manager adds the second subflow once the first is fully established.
  let info = right(fullInfo(socket));
  for (let i = 0; i < 200 && info.subflows.length < 2; i++) {
    await echo(socket, 'more');
    await new Promise((resolve) => setTimeout(resolve, 25));
    info = right(fullInfo(socket));
  }
  expect(info.subflows.map(({ local }) => local.address).sort()).toEqual(['10.0.0.1', '10.0.1.1']);
  expect(info.subflows.map(({ remote }) => remote.port)).toEqual([portOf(server), portOf(server)]);
  expect(new Set(info.subflows.map(({ id }) => id)).size).toBe(
    info.subflows[0]?.id === undefined ? 1 : 2,
  );
  expect(info.mptcp.subflows).toBe(1);
  const { stdout } = right(await lab.exec('client', ['ss', '-tniMH'])());
  expect(stdout).toContain(`token:${info.mptcp.token.toString(16)}`);
});

inLab('tells that a middlebox strips the option', pair(true), async ({ listen, dial, at }) => {
  const server = await listen('10.0.0.2');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = await dial({ port: portOf(server) });
  const [peer] = await accepted;
  expect(await echo(socket, 'plain')).toBe('plain');
  expect(right(mptcpStatus(socket)).fallback).toBe(true);
  expect(right(mptcpStatus(peer)).fallback).toBe(true);
  expect(left(fullInfo(socket))._tag).toBe('TcpFallback');
  const refused = await connectMptcp({
    host: '10.0.0.2',
    port: portOf(server),
    namespace: at('client'),
    fallback: 'refuse',
  })();
  expect(left(refused)._tag).toBe('TcpFallback');
});

inLab(
  'says that MPTCP is off',
  { hosts: { client: { sysctls: { 'net.mptcp.enabled': 0 } } } },
  async ({ at }) => {
    const namespace = at('client');
    const connecting = left(await connectMptcp({ host: '127.0.0.1', port: 9, namespace })());
    const listening = left(await listenMptcp({ address: '127.0.0.1', namespace })());
    for (const error of [connecting, listening]) {
      expect(error).toMatchObject({ _tag: 'MptcpDisabled', errno: 92, code: 'ENOPROTOOPT' });
      expect(error.remedy).toContain('net.mptcp.enabled=1');
    }
  },
);
