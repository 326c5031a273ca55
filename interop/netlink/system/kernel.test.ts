/** Both transports on the running kernel: idle cost, descriptors, namespaces, losses, the kernel's words. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import type { NetworkDescription } from '@liquid/netlab';
import {
  beginGeneric,
  MessageWriter,
  nativeTransport,
  NETLINK,
  type NetlinkEvent,
  type NetlinkSocket,
  openNetlink,
  openPacketQueue,
  resolveFamily,
} from '@liquid/netlink';
import { transportSuite } from '@liquid/netlink/testing';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { program } from '../conformance/program.ts';
import { processorTest, right, systemTest, withLab } from './machine.ts';
import { output, pause } from './paths.ts';

const RTM_GETLINK = 18;
const RTNLGRP_LINK = 1;
const SUBFLOW_DESTROY = 11;
const ANNOUNCE = 8;

const PAIR: NetworkDescription = {
  hosts: {
    client: { sysctls: { 'net.mptcp.enabled': '1', 'net.mptcp.pm_type': '1' } },
    server: {},
  },
  links: [{ ends: [{ node: 'client', addresses: ['10.0.0.1/24'] }, { node: 'server' }] }],
};

/** The error, or the test fails. */
const left = <E1>(result: E.Either<E1, unknown>): E1 => {
  if (E.isRight(result)) throw new Error('it succeeded');
  return result.left;
};

/** Lines for `ip -batch` in a namespace; blocks this process until they are done. */
const ipBatch = (namespace: string, lines: ReadonlyArray<string>): void => {
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
};

/** Interfaces of the socket's namespace. */
const countLinks = async (socket: NetlinkSocket): Promise<number> => {
  const request = new MessageWriter().begin(RTM_GETLINK, 0);
  request.raw(16);
  let links = 0;
  right(
    await socket.dump(
      request,
      () => links++,
      () => {
        links = 0;
      },
    )(),
  );
  return links;
};

const ownNamespace = (): string => readlinkSync('/proc/thread-self/ns/net');

// Both must be there where system tests are asked for.
describe.each(['addon', 'koffi'] as const)('%s', (name) => {
  processorTest('an open subscription costs at most 5 ms of CPU in 10 s', async () => {
    const { report, stderr } = await program('idle', [name], { flags: ['--expose-gc'] });
    expect(report, stderr).toBeDefined();
    const { cpuMs } = report as { readonly cpuMs: number };
    process.stdout.write(`${name}: ${cpuMs.toFixed(2)} ms of CPU in 10 s\n`);
    expect(cpuMs).toBeLessThanOrEqual(5);
  });

  systemTest('100,000 sockets come and go and leave no descriptor', async () => {
    const { report, stderr } = await program('many', [name, '100000']);
    expect(report, stderr).toBeDefined();
    const { leaked, grownMb } = report as { readonly leaked: number; readonly grownMb: number };
    expect(leaked).toBe(0);
    // Node's own heap moves by some megabytes; a leak of one watch each would be over 20.
    expect(grownMb).toBeLessThan(20);
  });

  systemTest('a socket lives in its namespace, the thread stays in its own', () =>
    withLab(PAIR, async (lab) => {
      const namespace = right(lab.namespaceOf('client'));
      const home = ownNamespace();
      const here = right(await openNetlink({ protocol: NETLINK.ROUTE, transport: name })());
      const there = right(
        await openNetlink({ protocol: NETLINK.ROUTE, transport: name, namespace })(),
      );
      expect(ownNamespace()).toBe(home);
      const before = await countLinks(there);
      const heard: Array<number> = [];
      right(there.subscribe(RTNLGRP_LINK, (message) => heard.push(message.type)));
      right(here.subscribe(RTNLGRP_LINK, () => heard.push(-1)));
      ipBatch(namespace, ['link add lqveth0 type veth peer name lqveth1']);
      expect(await countLinks(there)).toBe(before + 2);
      await pause(100);
      expect(heard.length).toBeGreaterThanOrEqual(2);
      expect(heard).not.toContain(-1);
      expect(ownNamespace()).toBe(home);
      right(await there.stop());
      right(await here.stop());
      const missing = await openNetlink({
        protocol: NETLINK.ROUTE,
        transport: name,
        namespace: 'liquid-no-such',
      })();
      expect(left(missing)._tag).toBe('NotFound');
      // A file that is no namespace.
      const wrong = await openNetlink({
        protocol: NETLINK.ROUTE,
        transport: name,
        namespace: '/etc/hostname',
      })();
      expect(left(wrong)._tag).toBe('NotFound');
      expect(ownNamespace()).toBe(home);
    }),
  );

  systemTest('lost multicasts surface as Overrun; what comes afterwards is heard', () =>
    withLab(PAIR, async (lab) => {
      const namespace = right(lab.namespaceOf('client'));
      const socket = right(
        await openNetlink({
          protocol: NETLINK.ROUTE,
          transport: name,
          namespace,
          receiveBufferBytes: 4096,
        })(),
      );
      const events: Array<NetlinkEvent> = [];
      socket.events.on((event) => events.push(event));
      let heard = 0;
      right(socket.subscribe(RTNLGRP_LINK, () => heard++));
      // The loop stands still while two thousand changes are told.
      const lines = Array.from({ length: 2000 }, (_, at) => `link set lo mtu ${1500 + (at % 2)}`);
      ipBatch(namespace, lines);
      await pause(200);
      expect(events.filter(({ _tag }) => _tag === 'Overrun').length).toBeGreaterThanOrEqual(1);
      expect(events.filter(({ _tag }) => _tag === 'Malformed')).toEqual([]);
      expect(heard).toBeLessThan(2000);
      for (let round = 0; round < 5; round++) {
        const before = heard;
        ipBatch(namespace, [`link set lo mtu ${1400 + round}`]);
        await pause(50);
        expect(heard).toBeGreaterThan(before);
      }
      right(await socket.stop());
    }),
  );

  systemTest('the largest packet passes a queue', () =>
    withLab(PAIR, async (lab) => {
      const lengths: Array<number> = [];
      const queue = right(
        await openPacketQueue({
          queue: 4,
          transport: name,
          namespace: right(lab.namespaceOf('server')),
          onPacket: ({ id, originalLength }, at) => {
            lengths.push(originalLength);
            at.verdict(id);
          },
        })(),
      );
      const rule = ['-A', 'OUTPUT', '-o', 'lo', '-p', 'udp', '-j', 'NFQUEUE', '--queue-num', '4'];
      await output(lab, 'server', 'iptables-legacy', ...rule);
      const echo = `
        const socket = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', () =>
          socket.send(new Uint8Array(65507), socket.address().port, '127.0.0.1'));
        socket.on('message', ({ length }) => { console.log(length); socket.close(); });
        setTimeout(() => process.exit(1), 30_000).unref();`;
      expect(await output(lab, 'server', process.execPath, '-e', echo)).toBe('65507\n');
      expect(lengths).toEqual([65_535]);
      right(await queue.stop());
    }),
  );

  systemTest("the kernel's own sentence reaches the error", () =>
    withLab(PAIR, async (lab) => {
      const namespace = right(lab.namespaceOf('client'));
      const socket = right(
        await openNetlink({ protocol: NETLINK.GENERIC, transport: name, namespace })(),
      );
      const family = right(await resolveFamily(socket, 'mptcp_pm')());
      const announce = beginGeneric(new MessageWriter(), family.id, ANNOUNCE);
      const address = announce.open(1);
      announce.u16(1, 2).u8(2, 5).be32(3, 0x0a000001).u32(6, 1);
      announce.close(address).u32(4, 0x12345678);
      const code = socket.call(announce);
      expect(socket.refusal(code, 'ANNOUNCE')).toMatchObject({
        _tag: 'KernelRefusal',
        message: 'ANNOUNCE: EINVAL: invalid token',
        code: 'EINVAL',
        kernelText: 'invalid token',
      });
      const destroy = beginGeneric(new MessageWriter(), family.id, SUBFLOW_DESTROY);
      const refused = left(await socket.request(destroy)());
      expect(refused).toMatchObject({ _tag: 'KernelRefusal', code: 'EINVAL' });
      right(await socket.stop());
    }),
  );

  describe('the conformance suite, as root', () => {
    if (process.env['LIQUID_SYSTEM'] !== '1') {
      test('all checks', (ctx) => ctx.skip('runs with LIQUID_SYSTEM=1'));
      return;
    }
    for (const { name: title, run } of transportSuite({
      transport: right(nativeTransport(name)),
    })) {
      test(title, async () => expect(await run()).toEqual(E.right(undefined)));
    }
  });

  systemTest('a long queue is delivered in turns, whole and in order', () =>
    withLab(PAIR, async (lab) => {
      const namespace = right(lab.namespaceOf('client'));
      const socket = right(
        await openNetlink({ protocol: NETLINK.ROUTE, transport: name, namespace })(),
      );
      const mtus: Array<number> = [];
      right(
        socket.subscribe(RTNLGRP_LINK, ({ source, payload, end }) => {
          mtus.push(mtuOf(source.bytes, payload, end));
        }),
      );
      const wanted = Array.from({ length: 600 }, (_, at) => 2000 + at);
      ipBatch(
        namespace,
        wanted.map((mtu) => `link set lo mtu ${mtu}`),
      );
      const descriptors = readdirSync('/proc/self/fd').length;
      for (let tries = 0; tries < 100 && mtus.at(-1) !== 2599; tries++) await pause(20);
      expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(descriptors + 1);
      expect([...new Set(mtus)].filter((mtu) => mtu >= 2000)).toEqual(wanted);
      expect(socket.stats().overruns).toBe(0);
      right(await socket.stop());
    }),
  );
});

/** `IFLA_MTU` of a link's message, looked for by hand so that the transport is tested alone. */
const mtuOf = (bytes: Uint8Array, payload: number, end: number): number => {
  const view = new DataView(bytes.buffer);
  for (let at = payload + 16; at + 4 <= end; at += (view.getUint16(at, true) + 3) & ~3) {
    if (view.getUint16(at + 2, true) === 4) return view.getUint32(at + 4, true);
  }
  return 0;
};
