/** Networks that work: reachability, routing, shaping, what a kernel may lack. */
import { right, script, systemTest, withLab, PAIR } from './machine.js';
import type { Netlab, NetworkDescription, Shaping } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect } from 'vitest';

const ping = async (lab: Netlab, from: string, to: string): Promise<string> => {
  const { stdout, stderr, exitCode } = right(
    await lab.exec(from, ['ping', '-c', '3', '-i', '0.05', '-W', '5', to])(),
  );
  expect(exitCode, stdout + stderr).toBe(0);
  return stdout;
};

const serve = async (lab: Netlab, host: string): Promise<void> => {
  const server = right(await lab.spawnNode(host, script('tcp.mjs'), { args: ['serve', '5001'] })());
  for await (const event of server.events) if (event._tag === 'Message') break;
};

const fetch = async (lab: Netlab, address: string, bytes: number): Promise<void> => {
  const args = [script('tcp.mjs'), 'fetch', address, '5001', String(bytes)];
  const { stdout, stderr } = right(await lab.exec('client', [process.execPath, ...args])());
  expect(Number(stdout), stderr).toBeGreaterThanOrEqual(bytes);
};

/**
 * Bit/s of frames that reach the client, by the kernel's timestamps: when a program got round to
 * reading them doesn't count. The first tenth fills the bucket and the windows.
 */
const measure = async (lab: Netlab, address: string, bytes: number): Promise<number> => {
  let seen = 0;
  let counted = 0;
  let first = 0n;
  let last = 0n;
  const capture = right(
    await lab.openCapture('client', {
      device: 'eth0',
      direction: 'in',
      onPacket: ({ length, timestampNs }) => {
        seen += length;
        if (first === 0n && seen >= bytes / 10) first = timestampNs;
        else if (first !== 0n && seen <= bytes) {
          counted += length;
          last = timestampNs;
        }
      },
    })(),
  );
  await fetch(lab, address, bytes);
  right(await capture.stop());
  expect(capture.stats().dropped).toBe(0);
  return (counted * 8) / (Number(last - first) / 1e9);
};

const STAR: NetworkDescription = {
  hosts: { client: {}, server: {}, third: {} },
  switches: { middle: {} },
  links: ['client', 'server', 'third'].map((node, i) => ({
    ends: [{ node, addresses: [`10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`] }, { node: 'middle' }],
  })),
};

const ROUTED: NetworkDescription = {
  hosts: {
    client: {
      routes: [
        { to: 'default', via: '10.1.0.2' },
        { to: 'fd02::/64', via: 'fd01::2' },
      ],
    },
    router: { forwarding: true },
    server: {
      routes: [
        { to: '10.1.0.0/24', via: '10.2.0.2' },
        { to: 'fd01::/64', via: 'fd02::2' },
      ],
    },
  },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.1.0.1/24', 'fd01::1/64'] },
        { node: 'router', addresses: ['10.1.0.2/24', 'fd01::2/64'] },
      ],
    },
    {
      ends: [
        { node: 'server', addresses: ['10.2.0.1/24', 'fd02::1/64'] },
        { node: 'router', addresses: ['10.2.0.2/24', 'fd02::2/64'] },
      ],
    },
  ],
};

const shaped = (shaping: Shaping): NetworkDescription => ({
  ...PAIR,
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24'] },
        { node: 'server', addresses: ['10.0.0.2/24'], shaping },
      ],
    },
  ],
});

/** Less than the rate where windows are still opening or the machine is busy with other things. */
const LEAST = 0.8;
/** More by what the bucket held. */
const MOST = 1.02;

describe('reachability', () => {
  systemTest('two hosts on a link, IPv4 and IPv6 at once', () =>
    withLab(PAIR, async (lab) => {
      expect(await ping(lab, 'client', '10.0.0.2')).toContain('3 received');
      expect(await ping(lab, 'server', 'fd00::1')).toContain('3 received');
    }),
  );

  systemTest('three hosts on a switch', () =>
    withLab(STAR, async (lab) => {
      expect(await ping(lab, 'client', '10.0.0.2')).toContain('3 received');
      expect(await ping(lab, 'third', 'fd00::1')).toContain('3 received');
    }),
  );

  systemTest('through a router, and TCP', () =>
    withLab(ROUTED, async (lab) => {
      expect(await ping(lab, 'client', '10.2.0.1')).toContain('ttl=63');
      expect(await ping(lab, 'server', 'fd01::1')).toContain('ttl=63');
      await serve(lab, 'server');
      await fetch(lab, 'fd02::1', 1 << 20);
    }),
  );

  systemTest('nothing of the machine is reached, and nothing of it is seen there', () =>
    withLab({ hosts: { alone: {} } }, async (lab) => {
      const { stdout } = right(await lab.exec('alone', ['ip', '-o', 'link'])());
      expect(stdout.trim().split('\n')).toHaveLength(1);
      const reach = ['ping', '-c', '1', '-W', '1', '192.0.2.1'] as const;
      const { exitCode } = right(await lab.exec('alone', reach)());
      expect(exitCode).not.toBe(0);
    }),
  );

  systemTest('settings are those of the description', () =>
    withLab(
      {
        hosts: {
          a: { sysctls: { 'net.ipv4.tcp_timestamps': 0, 'net.ipv4.conf.eth0.rp_filter': 2 } },
          b: {},
        },
        links: [{ ends: [{ node: 'a', mac: '02:00:00:00:00:01' }, { node: 'b' }], mtu: 1280 }],
      },
      async (lab) => {
        const cat = async (path: string): Promise<string> =>
          right(await lab.exec('a', ['cat', path])()).stdout.trim();
        expect(await cat('/proc/sys/net/ipv4/tcp_timestamps')).toBe('0');
        expect(await cat('/proc/sys/net/ipv4/conf/eth0/rp_filter')).toBe('2');
        expect(await cat('/sys/class/net/eth0/mtu')).toBe('1280');
        expect(await cat('/sys/class/net/eth0/address')).toBe('02:00:00:00:00:01');
      },
    ),
  );
});

describe('shaping', () => {
  systemTest('tbf gives its rate', () =>
    withLab(shaped({ kind: 'tbf', rateBps: 40e6 }), async (lab) => {
      await serve(lab, 'server');
      const share = (await measure(lab, '10.0.0.2', 8 << 20)) / 40e6;
      expect(share).toBeGreaterThan(LEAST);
      expect(share).toBeLessThan(MOST);
    }),
  );

  systemTest('htb gives its rate, and another after each change', () =>
    withLab(shaped({ kind: 'htb', rateBps: 20e6 }), async (lab) => {
      await serve(lab, 'server');
      const first = (await measure(lab, '10.0.0.2', 4 << 20)) / 20e6;
      right(await lab.reshape('server', 'eth0', { kind: 'htb', rateBps: 60e6 })());
      const second = (await measure(lab, '10.0.0.2', 12 << 20)) / 60e6;
      right(await lab.reshape('server', 'eth0', { kind: 'tbf', rateBps: 10e6 })());
      const third = (await measure(lab, '10.0.0.2', 2 << 20)) / 10e6;
      for (const share of [first, second, third]) {
        expect(share).toBeGreaterThan(LEAST);
        expect(share).toBeLessThan(MOST);
      }
      right(await lab.reshape('server', 'eth0', null)());
      const { stdout } = right(await lab.exec('server', ['tc', 'qdisc', 'show', 'dev', 'eth0'])());
      expect(stdout).not.toMatch(/tbf|htb/);
    }),
  );

  systemTest('what the kernel lacks is named, and what was there stays', () =>
    withLab(shaped({ kind: 'tbf', rateBps: 10e6 }), async (lab) => {
      const result = await lab.reshape('server', 'eth0', { kind: 'fq_codel' })();
      const { stdout } = right(await lab.exec('server', ['tc', 'qdisc', 'show', 'dev', 'eth0'])());
      if (E.isRight(result)) {
        expect(stdout).toContain('fq_codel');
        return;
      }
      expect(result.left).toMatchObject({ _tag: 'Unsupported' });
      expect(result.left.message).toContain('CONFIG_NET_SCH_FQ_CODEL');
      expect(stdout).toContain('tbf');
    }),
  );

  systemTest('an interface or host that is not there is NotFound', () =>
    withLab(PAIR, async (lab) => {
      const device = await lab.reshape('server', 'eth7', null)();
      const node = await lab.exec('nobody', ['true'])();
      expect([device, node]).toMatchObject([
        E.left({ _tag: 'NotFound' }),
        E.left({ _tag: 'NotFound' }),
      ]);
    }),
  );
});
