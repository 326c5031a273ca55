/** The parts of the tunnel that need no network: order, payloads, counts, samples, controls, report. */
import { COMPRESSED_EXPANSION_MAX } from '@liquid/rohc';
import { io } from '@liquid/types';
import { createTestContext } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createOrder,
  FRAME_BYTES,
  PLAIN,
  ROHC,
  sequenceOf,
  writeFrame,
} from '../src/tunnel/frame.js';
import { createHeaderCounts } from '../src/tunnel/header-counts.js';
import { FEEDBACK_ROOM, tunnelMtu } from '../src/tunnel/options.js';
import { tcpPayloadLength } from '../src/tunnel/payload.js';
import { tunnelReport } from '../src/tunnel/report.js';
import { createSampler } from '../src/tunnel/sampler.js';
import { createSwitchboard } from '../src/tunnel/switchboard.js';
import { snapshotOf } from './snapshots.js';

/** Cases of a property, scaled by `LIQUID_CASES` (100,000 by default). */
const numRuns = Math.max(20, Math.round(Number(process.env['LIQUID_CASES'] ?? 100_000) * 0.02));

describe('frame', () => {
  it('carries its kind and 16 bits of the sequence number', () => {
    fc.assert(
      fc.property(fc.nat(0x7fff_ffff), fc.constantFrom(PLAIN, ROHC), (sequence, kind) => {
        const datagram = new Uint8Array(5);
        writeFrame(datagram, kind, sequence);
        expect(datagram[0]).toBe(kind);
        expect(sequenceOf(datagram)).toBe(sequence & 0xffff);
        expect([datagram[3], datagram[4]]).toEqual([0, 0]);
      }),
      { numRuns },
    );
  });

  it('counts nothing where all come in order, from any number on, across the wrap', () => {
    const order = createOrder();
    for (let i = 65_000; i < 200_000; i++) order.take(i & 0xffff);
    expect([order.missing(), order.late(), order.farthest()]).toEqual([0, 0, 0]);
  });

  it('counts what is left out, and what comes late by how many places', () => {
    const order = createOrder();
    for (const sequence of [7, 8, 10, 9, 11, 15, 16, 12]) order.take(sequence);
    // 13 and 14 never came; 9 came behind 10, 12 behind 16
    expect([order.missing(), order.late(), order.farthest()]).toEqual([2, 2, 4]);
  });

  it('agrees with a sorted list, whatever is dropped or swapped', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.record({ drop: fc.boolean(), later: fc.nat(20) }), { maxLength: 300 }),
        (first, fates) => {
          const sent = fates
            .map(({ drop, later }, index) => ({ index, drop, at: index + later }))
            .filter(({ drop }) => !drop)
            .sort((a, b) => a.at - b.at || a.index - b.index)
            .map(({ index }) => index);
          const order = createOrder();
          for (const index of sent) order.take((first + index) & 0xffff);
          let highest = -1;
          const late = sent.filter((index) => {
            const isLate = index < highest;
            highest = Math.max(highest, index);
            return isLate;
          });
          // What was sent before the first that came is not known to be missing.
          const [start = 0] = sent;
          const expected = sent.length === 0 ? 0 : highest - start + 1 - sent.length;
          expect([order.late(), order.missing()]).toEqual([late.length, Math.max(0, expected)]);
        },
      ),
      { numRuns },
    );
  });
});

/** An IPv4 packet with TCP: so many octets of options and of payload. */
const tcpPacket = (options: number, payload: number): Uint8Array => {
  const packet = new Uint8Array(40 + options + payload);
  packet[0] = 0x45;
  packet[9] = 6;
  packet[32] = ((20 + options) / 4) << 4;
  return packet;
};

describe('payload', () => {
  it('is what is behind the TCP header', () => {
    expect(tcpPayloadLength(tcpPacket(0, 0), 40)).toBe(0);
    expect(tcpPayloadLength(tcpPacket(12, 0), 52)).toBe(0);
    expect(tcpPayloadLength(tcpPacket(12, 1000), 1052)).toBe(1000);
  });

  it('is none where it is no whole TCP packet over IPv4', () => {
    const udp = tcpPacket(0, 8);
    udp[9] = 17;
    const six = tcpPacket(0, 8);
    six[0] = 0x60;
    const fragment = tcpPacket(0, 8);
    fragment[6] = 0x20;
    const claiming = tcpPacket(0, 0);
    claiming[32] = 0xf0;
    for (const packet of [udp, six, fragment, claiming, new Uint8Array(3), new Uint8Array(39)]) {
      expect(tcpPayloadLength(packet, packet.length)).toBe(-1);
    }
  });

  it('stays within the packet, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (packet) => {
        const payload = tcpPayloadLength(packet, packet.length);
        expect(payload).toBeGreaterThanOrEqual(-1);
        expect(payload).toBeLessThanOrEqual(Math.max(-1, packet.length - 40));
      }),
      { numRuns },
    );
  });
});

describe('header counts', () => {
  it('tell acknowledgements from data, compressed from plain, and leave out the rest', () => {
    const counts = createHeaderCounts();
    counts.add(0, 40, 5);
    counts.addPlain(0, 52);
    counts.add(1000, 1040, 1006);
    counts.add(-1, 100, 10);
    const { acknowledgements, data } = counts.stats();
    expect(acknowledgements).toEqual({
      packets: 2,
      headerBytesIn: 92,
      headerBytesOut: 57,
      plainPackets: 1,
      plainHeaderBytes: 52,
    });
    expect([data.packets, data.headerBytesIn, data.headerBytesOut]).toEqual([1, 40, 6]);
  });

  it('count the CID as one octet and the checksum not, in CO formats of profile 6 alone', () => {
    const counts = createHeaderCounts();
    counts.addSize(0x0004, 5, 0, 9);
    for (let format = 0; format < 20; format++) counts.addSize(0x0006, format, 0, 4);
    counts.addSize(0x0006, 19, 3, 5);
    const sizes = counts.stats().acknowledgementSizes;
    expect(sizes.map(([size]) => size)).toEqual([3]);
    // IR, IR-DYN and IR-CR are among the formats and not counted
    expect(sizes[0]?.[1]).toBeLessThan(21);
    expect(sizes[0]?.[1]).toBeGreaterThan(10);
  });
});

it('no datagram exceeds the MTU of the link', () => {
  const longest = tunnelMtu(1500) + COMPRESSED_EXPANSION_MAX + FEEDBACK_ROOM + FRAME_BYTES;
  expect(longest + 20 + 8).toBe(1500);
});

describe('sampler', () => {
  const setUp = () => {
    const test = createTestContext();
    const sampler = createSampler({
      directions: ['far-to-near'],
      compression: 'rohc',
      warmUpSeconds: 1,
      point: test.context.point,
    });
    const take = (seconds: number, received: number, more = {}): void =>
      sampler.take(seconds, snapshotOf({ received, cpuSeconds: seconds / 10, ...more }));
    return { test, sampler, take };
  };

  it('gives goodput of each interval, and sums what follows the warm-up', () => {
    const { test, sampler, take } = setUp();
    take(0, 0);
    take(1, 125_000);
    take(2, 375_000);
    take(3, 625_000);
    expect(test.points.filter(({ series }) => series === 'goodput-far-to-near')).toEqual([
      { series: 'goodput-far-to-near', x: 1, y: 1 },
      { series: 'goodput-far-to-near', x: 2, y: 2 },
      { series: 'goodput-far-to-near', x: 3, y: 2 },
    ]);
    const { seconds, receivedBytes, cpuSeconds } = sampler.period('rohc');
    expect([seconds, receivedBytes['far-to-near']]).toEqual([2, 500_000]);
    expect(cpuSeconds).toBeCloseTo(0.4);
    expect(sampler.period('none').seconds).toBe(0);
  });

  it('leaves out the interval of a change and the next', () => {
    const { sampler, take } = setUp();
    take(0, 0);
    take(1, 0);
    take(2, 100);
    sampler.changed('none');
    take(3, 300);
    take(4, 600);
    take(5, 1000);
    expect(sampler.period('rohc').receivedBytes['far-to-near']).toBe(100);
    expect(sampler.period('none').receivedBytes['far-to-near']).toBe(400);
    expect(sampler.period('none').seconds).toBe(1);
  });

  it('gives header sizes only where packets passed, and what feedback leaves of the saving', () => {
    const { test, take } = setUp();
    take(0, 0);
    take(1, 0);
    take(2, 0, { acknowledgements: 10 });
    const of = (name: string) => test.points.filter(({ series }) => series === name);
    expect(of('acknowledgements-before')).toEqual([
      { series: 'acknowledgements-before', x: 2, y: 40 },
    ]);
    expect(of('acknowledgements-after')).toEqual([
      { series: 'acknowledgements-after', x: 2, y: 5 },
    ]);
    expect(of('data-before')).toEqual([]);
    expect(of('saved').at(-1)?.y).toBeCloseTo((10 * 35 - 7) / 1000);
  });
});

describe('switchboard', () => {
  const session = (
    told: unknown[],
    result: E.Either<ReturnType<typeof io>, void> = E.right(undefined),
  ) => ({
    setCompression: (value: unknown) => {
      told.push(value);
      return TE.fromEither(result);
    },
    setLoss: (value: unknown) => {
      told.push(value);
      return TE.fromEither(result);
    },
  });

  it('passes on what changes, and what had changed before there was a tunnel', () => {
    const test = createTestContext();
    const board = createSwitchboard({ compression: true, lossPercent: 0 }, test.context);
    const opened = { compression: board.compression(), lossPercent: board.lossPercent() };
    test.control('compression', false);
    const told: unknown[] = [];
    let changes = 0;
    board.connect(session(told), opened, () => changes++);
    test.control('compression', false);
    test.control('compression', true);
    test.control('lossPercent', 2);
    expect(told).toEqual(['none', 'rohc', 2]);
    expect([changes, board.switches(), board.wasLossy()]).toEqual([3, 2, true]);
    board.disconnect();
    test.control('compression', false);
    expect(told.length).toBe(3);
    expect(board.compression()).toBe('rohc');
  });

  it('takes no value of another type, and keeps the first failure', async () => {
    const test = createTestContext();
    const board = createSwitchboard({ compression: true, lossPercent: 0 }, test.context);
    const told: unknown[] = [];
    const opened = { compression: board.compression(), lossPercent: 0 };
    board.connect(session(told, E.left(io({ message: 'gone' }))), opened, () => undefined);
    test.control('compression', 'off');
    test.control('seconds', 3);
    expect(told).toEqual([]);
    test.control('compression', false);
    await Promise.resolve();
    await Promise.resolve();
    expect(board.failure()?.message).toBe('gone');
  });
});

describe('report', () => {
  const report = (more: { timestamps?: boolean; lossy?: boolean; none?: number } = {}) =>
    tunnelReport({
      directions: ['far-to-near'],
      rateMbps: 20,
      timestamps: more.timestamps ?? false,
      lossy: more.lossy ?? false,
      switches: 1,
      last: snapshotOf({ received: 1000, acknowledgements: 10 }),
      period: (compression) => ({
        seconds: compression === 'rohc' ? 2 : (more.none ?? 2),
        receivedBytes: {
          'far-to-near': compression === 'rohc' ? 5_000_000 : 4_000_000,
          'near-to-far': 0,
        },
        cpuSeconds: 0.02,
        datagrams: 1000,
      }),
    });
  const figure = (it: ReturnType<typeof report>, id: string) =>
    it.figures.find((one) => one.id === id)?.value;

  it('says what was gained where both were seen', () => {
    const it = report();
    expect(figure(it, 'goodput-far-to-near-rohc')).toBe(20);
    expect(figure(it, 'goodput-far-to-near-none')).toBe(16);
    expect(figure(it, 'gain-far-to-near')).toBe(25);
    expect(figure(it, 'cpu-rohc')).toBe(20);
    expect(figure(it, 'acknowledgements-gone')).toBe(87.5);
    expect(figure(it, 'acknowledgements-gone-with-feedback')).toBe(85.75);
    expect([...it.figures, ...it.tables, ...it.comparisons].every(({ varies }) => varies)).toBe(
      true,
    );
  });

  it('compares sizes only where the deliverable gives them', () => {
    const reached = (it: ReturnType<typeof report>) => it.comparisons.map((one) => one.reached);
    expect(reached(report())).toEqual([true, true, null]);
    expect(reached(report({ timestamps: true }))).toEqual([null, null, null]);
    expect(reached(report({ lossy: true }))).toEqual([null, null, null]);
  });

  it('names no goodput of a period too short to tell', () => {
    const it = report({ none: 0.2 });
    expect(figure(it, 'goodput-far-to-near-none')).toBeUndefined();
    expect(figure(it, 'gain-far-to-near')).toBeUndefined();
    expect(it.notes.join(' ')).toContain('Switch compression while it runs');
  });
});
