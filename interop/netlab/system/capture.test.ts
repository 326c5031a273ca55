/** Captures: what tcpdump reads in them, and where the file is at which moment. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CapturedPacket, type Netlab, openCapture } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect } from 'vitest';
import {
  expectAsBefore,
  lookAt,
  open,
  PAIR,
  right,
  script,
  systemTest,
  withLab,
} from './machine.js';

const folder = mkdtempSync(join(tmpdir(), 'netlab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TCPDUMP = ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'].find(existsSync) ?? 'tcpdump';

/** One line a packet, checksums looked at. */
const read = (file: string): string[] =>
  execFileSync(TCPDUMP, ['-nn', '-e', '-v', '--number', '-r', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .split(/\n(?=\s*\d+ {2})/)
    .filter((line) => line !== '');

const transfer = async (lab: Netlab, bytes = 1 << 20): Promise<void> => {
  const server = right(
    await lab.spawnNode('server', script('tcp.mjs'), { args: ['serve', '5001'] })(),
  );
  for await (const event of server.events) if (event._tag === 'Message') break;
  const args = [script('tcp.mjs'), 'fetch', '10.0.0.2', '5001', String(bytes)];
  right(await lab.exec('client', [process.execPath, ...args])());
  right(await server.stop());
};

describe('a capture', () => {
  systemTest(
    'holds every packet whole, with right checksums, and is there when stopped',
    async () => {
      const before = lookAt();
      await withLab(PAIR, async (lab) => {
        const file = join(folder, 'whole.pcap');
        const capture = right(await lab.openCapture('client', { device: 'eth0', file })());
        await transfer(lab);
        expect(existsSync(file)).toBe(false);
        right(await capture.stop());
        const stats = capture.stats();
        expect(stats).toMatchObject({ dropped: 0, checksumsPending: 0 });
        expect(stats.bytes).toBeGreaterThan(1 << 20);
        const lines = read(file);
        expect(lines).toHaveLength(stats.packets);
        expect(lines.filter((line) => line.includes('incorrect'))).toEqual([]);
        // Offload is off: nothing is longer than a link of this MTU carries.
        const lengths = lines.map((line) => Number(/, length (\d+): /.exec(line)?.[1]));
        expect(Math.max(...lengths)).toBe(1514);
      });
      expect(readdirSync(folder)).toEqual(['whole.pcap']);
      expectAsBefore(before);
    },
  );

  systemTest('of one direction holds that alone; both together are all', () =>
    withLab(PAIR, async (lab) => {
      const captures = await Promise.all(
        (['in', 'out', 'both'] as const).map(async (direction) => {
          const file = join(folder, `${direction}.pcap`);
          // Only the transfer: neighbour discovery goes on while one after the other is stopped.
          const filter = ({ bytes }: CapturedPacket): boolean => bytes[12] === 8 && bytes[23] === 6;
          const options = { device: 'eth0', file, direction, filter };
          return right(await lab.openCapture('client', options)());
        }),
      );
      await transfer(lab);
      for (const capture of captures) right(await capture.stop());
      const [into = 0, out = 0, both = 0] = captures.map((capture) => capture.stats().packets);
      expect(into + out).toBe(both);
      const from = read(join(folder, 'out.pcap')).filter((line) =>
        / 10\.0\.0\.2\.5001 > /.test(line),
      );
      expect(from).toEqual([]);
      expect(read(join(folder, 'in.pcap')).some((line) => / 10\.0\.0\.2\.5001 > /.test(line))).toBe(
        true,
      );
    }),
  );

  systemTest('with offload left on tells of checksums that are none', () => {
    const [link] = PAIR.links ?? [];
    if (link === undefined) throw new Error('no link');
    return withLab({ ...PAIR, links: [{ ...link, offload: true }] }, async (lab) => {
      const onPacket = (): void => undefined;
      const capture = right(await lab.openCapture('server', { device: 'eth0', onPacket })());
      await transfer(lab);
      right(await capture.stop());
      expect(capture.stats().checksumsPending).toBeGreaterThan(0);
    });
  });

  systemTest('goes to a function, filtered and cut', () =>
    withLab(PAIR, async (lab) => {
      const seen: Array<Omit<CapturedPacket, 'bytes'> & { readonly captured: number }> = [];
      const capture = right(
        await lab.openCapture('client', {
          device: 'eth0',
          snapLength: 54,
          // IPv4 with ICMP
          filter: ({ bytes }) => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 1,
          onPacket: ({ bytes, ...packet }) => seen.push({ ...packet, captured: bytes.length }),
        })(),
      );
      right(await lab.exec('client', ['ping', '-c', '2', '-i', '0.1', '10.0.0.2'])());
      right(await capture.stop());
      expect(seen.map(({ direction }) => direction)).toEqual(['out', 'in', 'out', 'in']);
      expect(seen.every(({ captured, length }) => captured === 54 && length === 98)).toBe(true);
      const times = seen.map(({ timestampNs }) => timestampNs);
      expect([...times].sort()).toEqual(times);
      expect(Math.abs(Number(times[0] ?? 0n) / 1e6 - Date.now())).toBeLessThan(60_000);
    }),
  );

  systemTest('of a TUN device is raw IP', () =>
    withLab({ hosts: { alone: {} } }, async (lab) => {
      const file = join(folder, 'tun.pcap');
      const tun = right(await lab.openTun('alone', { addresses: ['10.9.0.1/24'] })());
      const capture = right(await lab.openCapture('alone', { device: 'tun0', file })());
      expect(capture.linkType).toBe(101);
      right(await lab.exec('alone', ['ping', '-c', '1', '-W', '1', '10.9.0.2'])());
      right(await capture.stop());
      right(await tun.stop());
      expect(
        read(file).some((line) => line.includes('10.9.0.1 > 10.9.0.2: ICMP echo request')),
      ).toBe(true);
    }),
  );

  systemTest('with the lab stopped first is whole all the same', async () => {
    const lab = await open(PAIR);
    const file = join(folder, 'first.pcap');
    const capture = right(await lab.openCapture('client', { device: 'eth0', file })());
    right(await lab.exec('client', ['ping', '-c', '1', '10.0.0.2'])());
    right(await lab.stop());
    expect(await capture.closed).toEqual(E.right(undefined));
    expect(read(file)).toHaveLength(capture.stats().packets);
    expect(capture.stats().packets).toBeGreaterThan(1);
  });

  systemTest('of what is not there, or into what is not there, leaves nothing', async () => {
    const before = lookAt();
    await withLab(PAIR, async (lab) => {
      const onPacket = (): void => undefined;
      const device = await lab.openCapture('client', { device: 'eth7', onPacket })();
      const file = join(folder, 'no/such/folder.pcap');
      const place = await lab.openCapture('client', { device: 'eth0', file })();
      const namespace = await openCapture({ device: 'eth0', namespace: 'lq-none', onPacket })();
      for (const result of [device, place, namespace]) {
        expect(result).toMatchObject(E.left({ _tag: 'NotFound' }));
      }
    });
    expectAsBefore(before);
  });
});
