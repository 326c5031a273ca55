/** MPTCP sockets on the loopback, unprivileged; where the kernel has no MPTCP, that this is a typed error. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer as createHttpServer, get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IpAddress, Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, describe, expect, it, type TestContext } from 'vitest';
import { nativeAtHand } from '../src/internal/load.js';
import { descriptorOf } from '../src/mptcp-socket/descriptor.js';
import { fullInfoOf } from '../src/mptcp-socket/full-info.js';
import {
  connectMptcp,
  type ConnectMptcpOptions,
  fullInfo,
  listenMptcp,
  type ListenMptcpOptions,
  mptcpAgent,
  mptcpStatus,
} from '../src/mptcp-socket/index.js';
import { interleave, literal } from '../src/mptcp-socket/resolve.js';
import { readSocketAddress, socketAddress } from '../src/mptcp-socket/socket-address.js';
import { sourceOf } from '../src/message.js';

const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};
const left = <Error>(result: E.Either<Error, unknown>): Error => {
  if (E.isRight(result)) throw new Error('expected a Left');
  return result.left;
};

const open: Array<Socket | Server> = [];
const kept = <A extends Socket | Server>(one: A): A => {
  open.push(one);
  return one;
};
afterEach(async () => {
  const all = open.splice(0);
  for (const one of all) if ('destroy' in one) one.destroy();
  for (const one of all) {
    if ('destroy' in one || !one.listening) continue;
    one.close();
    await once(one, 'close');
  }
});

/** Whether this machine makes MPTCP sockets; a test that needs one is skipped with the reason. */
const probe = await listenMptcp({ address: '127.0.0.1' })();
if (E.isRight(probe)) probe.right.close();
const needsMptcp = (context: TestContext): void => {
  if (E.isLeft(probe)) context.skip(`no MPTCP here: ${probe.left.message}`);
};
const ipv6 = await listenMptcp({ address: '::1' })();
if (E.isRight(ipv6)) ipv6.right.close();

const listen = async (options: ListenMptcpOptions = {}): Promise<Server> =>
  kept(right(await listenMptcp({ address: '127.0.0.1', ...options })()));
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const dial = async (port: number, options: Partial<ConnectMptcpOptions> = {}): Promise<Socket> =>
  kept(right(await connectMptcp({ host: '127.0.0.1', port, ...options })()));

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
/** As many descriptors as before, soon: libuv gives them back in the next turns of the loop. */
const expectNoLeak = async (before: number): Promise<void> => {
  for (let i = 0; i < 100 && openDescriptors() > before; i++) await sleep(10);
  expect(openDescriptors()).toBeLessThanOrEqual(before);
};

it('gives sockets, or says with a typed error and a remedy why not', () => {
  if (E.isRight(probe)) return;
  expect(['MptcpDisabled', 'Unsupported']).toContain(probe.left._tag);
  expect(probe.left.remedy).toBeTruthy();
});

describe('a connection', () => {
  it('is MPTCP on both sides, and told so', async (context) => {
    needsMptcp(context);
    const server = await listen();
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = await dial(portOf(server));
    const [peer] = await accepted;
    kept(peer);
    const ours = right(mptcpStatus(socket));
    const theirs = right(mptcpStatus(peer));
    if (ours.fallback || theirs.fallback) throw new Error('it fell back');
    expect(ours.token).not.toBe(0);
    expect(ours.token).not.toBe(theirs.token);
    expect(socket.remotePort).toBe(portOf(server));
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });

  it('carries 8 MB both ways at once, hashes equal, and leaves no descriptor', async (context) => {
    needsMptcp(context);
    const before = openDescriptors();
    const server = await listen({ allowHalfOpen: true });
    server.on('connection', (peer) => peer.pipe(peer));
    const socket = await dial(portOf(server));
    const sent = createHash('sha256');
    const received = createHash('sha256');
    let bytes = 0;
    socket.on('data', (piece: Buffer) => {
      received.update(piece);
      bytes += piece.length;
    });
    for (let i = 0; i < 128; i++) {
      const piece = randomBytes(65_536);
      sent.update(piece);
      if (!socket.write(piece)) await once(socket, 'drain');
    }
    socket.end();
    await once(socket, 'close');
    expect(bytes).toBe(8 * 1024 * 1024);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    server.close();
    await once(server, 'close');
    await expectNoLeak(before);
  });

  it('may be ended on one side and go on on the other', async (context) => {
    needsMptcp(context);
    const server = await listen({ allowHalfOpen: true });
    server.on('connection', (peer) => {
      peer.resume();
      peer.once('end', () => peer.end('what comes after the end'));
    });
    const socket = await dial(portOf(server), { allowHalfOpen: true });
    socket.end('done');
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(socket, 'end');
    expect(text).toBe('what comes after the end');
  });

  it('ends with the peer unless allowHalfOpen', async (context) => {
    needsMptcp(context);
    const server = await listen();
    server.on('connection', (peer) => peer.end());
    const socket = await dial(portOf(server));
    socket.resume();
    await once(socket, 'close');
    expect(socket.writable).toBe(false);
  });

  it('goes over IPv6, and to a name of both families', async (context) => {
    needsMptcp(context);
    if (E.isLeft(ipv6)) context.skip(`no IPv6 here: ${ipv6.left.message}`);
    const server = await listen({ address: '::1' });
    const socket = await dial(portOf(server), { host: '::1' });
    expect(socket.remoteFamily).toBe('IPv6');
    expect(right(mptcpStatus(socket)).fallback).toBe(false);
    const both = await listen({ address: '::', port: 0 });
    const named = await dial(portOf(both), { host: 'localhost' });
    expect(right(mptcpStatus(named)).fallback).toBe(false);
    // Nothing listens on ::1 alone: the other family is tried after it.
    const four = await listen();
    const second = await dial(portOf(four), { host: 'localhost' });
    expect(second.remoteFamily).toBe('IPv4');
  });

  it('begins at the address and port that are asked for', async (context) => {
    needsMptcp(context);
    const server = await listen();
    const free = await listen();
    const localPort = portOf(free);
    free.close();
    await once(free, 'close');
    const socket = await dial(portOf(server), { localAddress: '127.0.0.9', localPort });
    expect([socket.localAddress, socket.localPort]).toEqual(['127.0.0.9', localPort]);
  });

  it('has the congestion control and the buffers that are asked for', async (context) => {
    needsMptcp(context);
    const server = await listen({ receiveBufferBytes: 16_384 });
    const socket = await dial(portOf(server), {
      congestionControl: 'reno',
      sendBufferBytes: 65_536,
    });
    const name = new Uint8Array(16);
    right(nativeAtHand()).getsockopt(right(descriptorOf(socket)), 6, 13, name);
    expect(Buffer.from(name).toString().replaceAll('\0', '')).toBe('reno');
    const wrong = left(
      await connectMptcp({ host: '127.0.0.1', port: 1, congestionControl: 'nonesuch' })(),
    );
    expect(wrong._tag).toBe('NotFound');
  });
});

describe('full information', () => {
  it.for([
    ['in one call', false],
    ['in three, as before Linux 6.6', true],
  ] as const)('has the connection and its subflow, %s', async ([, older], context) => {
    needsMptcp(context);
    const server = await listen();
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = await dial(portOf(server));
    const [peer] = await accepted;
    kept(peer).resume();
    socket.write('x'.repeat(10_000));
    await sleep(50);
    const native = right(nativeAtHand());
    const info = right(fullInfoOf(native, right(descriptorOf(socket)), older));
    const status = right(mptcpStatus(socket));
    if (status.fallback) throw new Error('it fell back');
    expect(info.mptcp.token).toBe(status.token);
    expect(info.subflows).toHaveLength(1);
    const [subflow] = info.subflows;
    expect(subflow?.local).toEqual({ address: '127.0.0.1', port: socket.localPort });
    expect(subflow?.remote).toEqual({ address: '127.0.0.1', port: socket.remotePort });
    expect(subflow?.tcp.state).toBe(1);
    expect(subflow?.tcp.bytesAcked).toBeGreaterThanOrEqual(10_000n);
    expect(subflow?.tcp.rttUs).toBeGreaterThan(0);
  });

  it('is refused for plain TCP and for closed sockets', async (context) => {
    needsMptcp(context);
    const server = kept(createServer().listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const socket = await dial(portOf(server));
    expect(left(fullInfo(socket))._tag).toBe('TcpFallback');
    socket.destroy();
    expect(left(fullInfo(socket))._tag).toBe('Closed');
    expect(left(mptcpStatus(socket))._tag).toBe('Closed');
  });
});

describe('plain TCP', () => {
  it('is reported, from either side', async (context) => {
    needsMptcp(context);
    const plain = kept(createServer().listen(0, '127.0.0.1'));
    await once(plain, 'listening');
    const socket = await dial(portOf(plain));
    expect(right(mptcpStatus(socket)).fallback).toBe(true);

    const server = await listen();
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = kept(connect(portOf(server), '127.0.0.1'));
    const [peer] = await accepted;
    kept(peer);
    if (client.connecting) await once(client, 'connect');
    expect(right(mptcpStatus(peer)).fallback).toBe(true);
    expect(right(mptcpStatus(client)).fallback).toBe(true);
  });

  it('is refused where that is asked for, and nothing is left', async (context) => {
    needsMptcp(context);
    const plain = kept(createServer().listen(0, '127.0.0.1'));
    await once(plain, 'listening');
    plain.on('connection', (peer) => peer.on('error', () => undefined));
    const before = openDescriptors();
    const port = portOf(plain);
    const refused = left(await connectMptcp({ host: '127.0.0.1', port, fallback: 'refuse' })());
    expect(refused._tag).toBe('TcpFallback');

    const server = await listen({ fallback: 'refuse' });
    let heard = 0;
    server.on('connection', (peer) => {
      heard++;
      peer.end('welcome');
    });
    const client = connect(portOf(server), '127.0.0.1');
    client.on('error', () => undefined).resume();
    await once(client, 'close');
    expect(heard).toBe(0);
    const good = await dial(portOf(server));
    const [piece] = (await once(good, 'data')) as [Buffer];
    expect(piece.toString()).toBe('welcome');
    good.destroy();
    server.close();
    await once(server, 'close');
    await expectNoLeak(before);
  });
});

describe('HTTP', () => {
  it('goes over MPTCP by an agent, kept alive or not', async (context) => {
    needsMptcp(context);
    const seen: boolean[] = [];
    const http = createHttpServer((request, response) => {
      seen.push(!right(mptcpStatus(request.socket)).fallback);
      response.end(`you asked for ${request.url}`);
    });
    const server = await listen({ server: http });
    const agent = mptcpAgent({ agent: { keepAlive: true }, fallback: 'refuse' });
    const fetch = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: portOf(server), path, agent }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () => resolve(text));
        }).on('error', reject);
      });
    expect(await fetch('/one')).toBe('you asked for /one');
    expect(await fetch('/two')).toBe('you asked for /two');
    expect(seen).toEqual([true, true]);
    agent.destroy();
  });

  it('tells a failure as the error of the request', async (context) => {
    needsMptcp(context);
    const free = await listen();
    const port = portOf(free);
    free.close();
    await once(free, 'close');
    const request = get({ host: '127.0.0.1', port, agent: mptcpAgent() });
    const [error] = (await once(request, 'error')) as [Error & { readonly code?: string }];
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('errors', () => {
  const refusals: ReadonlyArray<readonly [string, ConnectMptcpOptions, string]> = [
    ['nobody listens', { host: '127.0.0.1', port: 1 }, 'Io'],
    ['no such name', { host: 'nonesuch.invalid', port: 1 }, 'NotFound'],
    ['no such port', { host: '127.0.0.1', port: 70_000 }, 'Decode'],
    ['a local address that is none', { host: '127.0.0.1', port: 1, localAddress: 'x' }, 'Decode'],
    [
      'an address of another host',
      { host: '127.0.0.1', port: 1, localAddress: '192.0.2.1' },
      'NotFound',
    ],
    ['families that do not fit', { host: '127.0.0.1', port: 1, localAddress: '::1' }, 'NotFound'],
    ['no such interface', { host: '127.0.0.1', port: 1, interface: 'nonesuch0' }, 'NotFound'],
    ['no such namespace', { host: '127.0.0.1', port: 1, namespace: 'nonesuch' }, 'NotFound'],
    [
      'a signal that has fired',
      { host: '127.0.0.1', port: 1, signal: AbortSignal.abort() },
      'Aborted',
    ],
  ];
  it.for(refusals)('connecting: %s', async ([, options, tag], context) => {
    needsMptcp(context);
    // The first lookup of a process opens what later ones use.
    await connectMptcp({ host: 'localhost', port: 1 })();
    const before = openDescriptors();
    const refused = left(await connectMptcp(options)());
    if (refused._tag !== tag) {
      // Without a name server a name times out or is a temporary failure.
      expect(options.host).toContain('.invalid');
    }
    await expectNoLeak(before);
  });

  it('listening: a port in use, another host’s address, a busy server, no number', async (context) => {
    needsMptcp(context);
    const server = await listen();
    const before = openDescriptors();
    const port = portOf(server);
    const foreign = await listenMptcp({ address: '192.0.2.1' })();
    expect(left(foreign).message).toBe('local address 192.0.2.1 does not exist');
    const tags = [
      await listenMptcp({ address: '127.0.0.1', port })(),
      foreign,
      await listenMptcp({ address: 'localhost' })(),
      await listenMptcp({ port: 65_536 })(),
      await listenMptcp({ address: '127.0.0.1', receiveBufferBytes: -1 })(),
      await listenMptcp({ signal: AbortSignal.abort() })(),
    ].map((result) => left(result)._tag);
    expect(tags).toEqual(['Conflict', 'NotFound', 'Decode', 'Decode', 'Decode', 'Aborted']);
    const busy = left(await listenMptcp({ address: '127.0.0.1', server })());
    expect(busy._tag).toBe('Io');
    expect(server.listening).toBe(true);
    await expectNoLeak(before);
  });

  it('gives up in time and at the signal, with nothing left', async (context) => {
    needsMptcp(context);
    // A listener whose queue is full answers no more: attempts hang.
    const server = await listen({ backlog: 0 });
    const native = right(nativeAtHand());
    const fillers: number[] = [];
    const address = socketAddress('127.0.0.1' as IpAddress, portOf(server));
    // Node accepts at once, so the queue is that of a listener that nobody serves.
    const lazy = native.socket(2, 1, 262, undefined);
    native.bind(lazy, socketAddress('127.0.0.1' as IpAddress, 0));
    native.listen(lazy, 0);
    const own = new Uint8Array(16);
    native.getsockname(lazy, own);
    address.set(own.subarray(2, 4), 2);
    for (let i = 0; i < 4; i++) {
      const fd = native.socket(2, 1, 262, undefined);
      native.connect(fd, address);
      fillers.push(fd);
    }
    const port = ((own[2] ?? 0) << 8) | (own[3] ?? 0);
    await sleep(50);
    const before = openDescriptors();
    const late = left(await connectMptcp({ host: '127.0.0.1', port, timeoutMs: 100 })());
    expect(late._tag).toBe('Timeout');
    const controller = new AbortController();
    const stopped = connectMptcp({ host: '127.0.0.1', port, signal: controller.signal })();
    setTimeout(() => controller.abort(), 50);
    expect(left(await stopped)._tag).toBe('Aborted');
    await expectNoLeak(before);
    for (const fd of [...fillers, lazy]) native.close(fd);
  });

  it('may take more milliseconds than a timer does, looking up too', async (context) => {
    needsMptcp(context);
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    const port = portOf(await listen());
    expect((await dial(port, { host: 'localhost', timeoutMs: 2 ** 32 })).readyState).toBe('open');
    await sleep(5);
    process.off('warning', onWarning);
    expect(warnings).not.toContain('TimeoutOverflowWarning');
  });

  it('leaves a made connection alone when the signal fires later', async (context) => {
    needsMptcp(context);
    const server = await listen();
    server.on('connection', (peer) => peer.pipe(peer));
    const controller = new AbortController();
    const socket = await dial(portOf(server), { signal: controller.signal });
    controller.abort();
    socket.write('still there');
    const [piece] = (await once(socket, 'data')) as [Buffer];
    expect(piece.toString()).toBe('still there');
  });
});

describe('addresses', () => {
  it('come back from their socket form, mapped ones as IPv4', () => {
    for (const address of ['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7'] as IpAddress[]) {
      const bytes = new Uint8Array(128);
      bytes.set(socketAddress(address, 4711));
      const read = readSocketAddress(sourceOf(bytes), 0);
      expect(read).toEqual({ address: address.replace('::ffff:', ''), port: 4711 });
    }
    expect(readSocketAddress(sourceOf(new Uint8Array(128)), 0)).toBeUndefined();
    expect(readSocketAddress(sourceOf(new Uint8Array(8)), 0)).toBeUndefined();
  });

  it('are literals with or without brackets and zone, and names are not', () => {
    expect(literal('[2001:db8::1]')).toEqual({ address: '2001:db8::1', zone: undefined });
    expect(literal('fe80::1%eth0')).toEqual({ address: 'fe80::1', zone: 'eth0' });
    expect(literal('localhost')).toBeUndefined();
  });

  it('take turns by family, the resolver’s first first', () => {
    const of = (...texts: string[]) => texts.flatMap((text) => literal(text) ?? []);
    expect(interleave(of('::1', '::2', '::3', '127.0.0.1')).map(({ address }) => address)).toEqual([
      '::1',
      '127.0.0.1',
      '::2',
      '::3',
    ]);
    expect(interleave([])).toEqual([]);
  });
});
