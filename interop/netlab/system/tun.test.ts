/** TUN devices: packets both ways, pushed and pulled, and nothing held afterwards. */
import { readFile } from 'node:fs/promises';
import { errorOf, openTun, type Tun } from '@liquid/netlab';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect } from 'vitest';
import {
  expectAsBefore,
  lookAt,
  open,
  right,
  script,
  sleep,
  systemTest,
  until,
  withLab,
} from './machine.js';

const ALONE = { hosts: { alone: {} } } as const;

/** Without IPv6 the kernel says nothing of itself on a new device. */
const off = { 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 };
const QUIET = { hosts: { alone: { sysctls: off } } } as const;

const DATAGRAMS = 20_000;

const swap = (packet: Uint8Array, a: number, b: number, length: number): void => {
  for (let i = 0; i < length; i++) {
    const byte = packet[a + i] ?? 0;
    packet[a + i] = packet[b + i] ?? 0;
    packet[b + i] = byte;
  }
};

/** Sends a UDP packet back to where it came from; sums of checksums don't mind the order. */
const turnRound = (packet: Uint8Array): boolean => {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4 && packet[9] === 17) {
    swap(packet, 12, 16, 4);
    swap(packet, 20, 22, 2);
    return true;
  }
  if (version === 6 && packet[6] === 17) {
    swap(packet, 8, 24, 16);
    swap(packet, 40, 42, 2);
    return true;
  }
  return false;
};

const echo = (tun: Tun): (() => void) =>
  tun.receive((packet, length) => {
    if (turnRound(packet)) tun.write(packet, length);
  });

const ADDRESSES = ['10.9.0.1/24', 'fd09::1/64'];

describe.each(['event-loop', 'thread'] as const)('by %s', (readiness) => {
  systemTest('echoes every datagram, IPv4 and IPv6', async () => {
    const before = lookAt();
    await withLab(ALONE, async (lab) => {
      const tun = right(await lab.openTun('alone', { addresses: ADDRESSES, readiness })());
      echo(tun);
      for (const address of ['10.9.0.2', 'fd09::2']) {
        const argv = [
          process.execPath,
          script('udp.mjs'),
          address,
          '5000',
          String(DATAGRAMS),
        ] as const;
        const { stdout } = right(await lab.exec('alone', argv)());
        expect(JSON.parse(stdout)).toEqual({ sent: DATAGRAMS, received: DATAGRAMS });
      }
      const stats = tun.stats();
      expect(stats.packetsWritten).toBe(2 * DATAGRAMS);
      expect(stats.packetsRead).toBeGreaterThanOrEqual(2 * DATAGRAMS);
      expect(stats.writeErrors).toBe(0);
    });
    expectAsBefore(before);
  });

  systemTest('pulled one by one, into a buffer and as copies', () =>
    withLab(ALONE, async (lab) => {
      const tun = right(await lab.openTun('alone', { addresses: ['10.9.0.1/24'], readiness })());
      const sent = lab.exec('alone', [
        process.execPath,
        script('udp.mjs'),
        '10.9.0.2',
        '5000',
        '100',
      ])();
      const packet = new Uint8Array(2000);
      let echoed = 0;
      while (echoed < 60) {
        const length = right(await tun.nextInto(packet)());
        if (!turnRound(packet)) continue;
        expect(tun.write(packet, length)).toBe(length);
        echoed++;
      }
      for await (const copy of tun.packets()) {
        if (turnRound(copy) && tun.write(copy) === copy.length) echoed++;
        if (echoed === 100) break;
      }
      expect(JSON.parse(right(await sent).stdout)).toEqual({ sent: 100, received: 100 });
    }),
  );

  systemTest('a wait ends with the signal, with the stop, and with the namespace', async () => {
    const before = lookAt();
    const lab = await open(QUIET);
    const tun = right(await lab.openTun('alone', { readiness })());
    const packet = new Uint8Array(2000);
    expect(tun.readInto(packet)).toBe(0);
    const abort = new AbortController();
    const aborted = tun.nextInto(packet, abort.signal)();
    abort.abort();
    expect(await aborted).toMatchObject(E.left({ _tag: 'Aborted' }));
    const stopped = tun.nextInto(packet)();
    right(await tun.stop());
    const ended = await stopped;
    expect(E.isLeft(ended) && ended.left._tag).toBe('Closed');
    expect(errorOf(tun.write(packet, 20))).toMatchObject({ _tag: 'Closed' });
    expect(errorOf(tun.readInto(packet))).toMatchObject({ _tag: 'Closed' });
    const second = right(await lab.openTun('alone', { readiness })());
    right(await lab.stop());
    expect(await second.closed).toEqual(E.right(undefined));
    expectAsBefore(before);
  });

  systemTest('stopping many holds up no thread of the pool', async () => {
    const before = lookAt();
    await withLab(ALONE, async (lab) => {
      const tuns: Tun[] = [];
      for (let i = 0; i < 3; i++) {
        const tun = right(await lab.openTun('alone', { device: `tun${i}`, readiness })());
        tun.receive(() => undefined);
        tuns.push(tun);
      }
      await sleep(50);
      await Promise.all(tuns.map((tun) => tun.stop()));
      // Uses all threads of the pool at once.
      const reads = Array.from({ length: 8 }, () => readFile('/proc/self/status'));
      expect(await Promise.all(reads)).toHaveLength(8);
      expect(right(await lab.exec('alone', ['ip', '-o', 'link'])()).stdout).not.toContain('tun');
    });
    expectAsBefore(before);
  });
});

describe('devices', () => {
  systemTest('a packet longer than the buffer is cut, one that is no packet is refused', () =>
    withLab(ALONE, async (lab) => {
      const tun = right(await lab.openTun('alone', { addresses: ['10.9.0.1/24'] })());
      expect(errorOf(tun.write(new Uint8Array(100)))).toMatchObject({ errno: 22 });
      expect(errorOf(tun.write(new Uint8Array(10), 11))).toMatchObject({ errno: 22 });
      expect(errorOf(tun.write(new Uint8Array(10), -1))).toMatchObject({ errno: 22 });
      expect(tun.stats()).toMatchObject({ packetsWritten: 0 });
      void lab.exec('alone', [process.execPath, script('udp.mjs'), '10.9.0.2', '5000', '1'])();
      const short = new Uint8Array(20);
      const length = right(await tun.nextInto(short)());
      expect(length).toBe(20);
    }),
  );

  systemTest('two queues of one device share its flows', () =>
    withLab(ALONE, async (lab) => {
      const addresses = ['10.9.0.1/24'];
      const one = right(await lab.openTun('alone', { multiQueue: true, addresses })());
      const two = right(await lab.openTun('alone', { multiQueue: true })());
      echo(one);
      echo(two);
      const argv = [process.execPath, script('udp.mjs'), '10.9.0.2', '5000', '200'] as const;
      await Promise.all(Array.from({ length: 16 }, () => lab.exec('alone', argv)()));
      const read = [one, two].map((tun) => tun.stats().packetsRead);
      expect(read.reduce((sum, packets) => sum + packets, 0)).toBeGreaterThanOrEqual(3200);
      expect(Math.min(...read)).toBeGreaterThan(0);
    }),
  );

  systemTest('a name in use is a Conflict, a namespace that is not there NotFound', () =>
    withLab(ALONE, async (lab) => {
      right(await lab.openTun('alone')());
      expect(await lab.openTun('alone')()).toMatchObject(E.left({ _tag: 'Conflict' }));
      const missing = await openTun({ namespace: 'lq-no-such' })();
      expect(missing).toMatchObject(E.left({ _tag: 'NotFound' }));
    }),
  );

  systemTest('taken away from outside, it ends and says so', async () => {
    const before = lookAt();
    const lab = await open(ALONE);
    const tun = right(await lab.openTun('alone')());
    let packets = 0;
    tun.receive(() => packets++);
    right(await lab.exec('alone', ['ip', 'link', 'del', 'tun0'])());
    expect(await tun.closed).toMatchObject(E.left({ _tag: 'Io' }));
    await until(() => lab.stats().running === 0);
    right(await lab.stop());
    expectAsBefore(before);
  });
});
