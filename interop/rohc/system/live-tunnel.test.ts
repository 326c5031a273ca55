/**
 * Kernel TCP through ROHC over UDP, with feedback, between two namespaces: what arrives, what the headers shrink to,
 * and what it costs in goodput beside the same tunnel without compression.
 */

import type { Netlab } from '@liquid/netlab';
import type { CompressorStats } from '@liquid/rohc';
import { keepOrder, type TunnelStats } from '@liquid/rohc-example/tunnel';
import { expect, test } from 'vitest';
import { tcpChecksumOfPacketHolds } from '../captures/checksum.ts';
import { asked, leftovers, NOT_ASKED, right, withLab } from './support/lab.ts';
import {
  type Carried,
  goodputBps,
  type Host,
  HOSTS,
  type Kind,
  openTunnel,
  other,
  pair,
  type Times,
  transfer,
} from './support/tunnel-lab.ts';

/** 10 s each way through each tunnel, a second of the one after a second of the other. */
const FULL: Times = { slices: 10, sliceMs: 1000, warmUpMs: 1500 };

/** A home line: slower than the processes at its ends, also where they share two processors with others. */
const LINE = pair({ kind: 'tbf', rateBps: 100e6 });

/** A queue of 16 packets behind a slow line: what a tunnel that does not feel its end overruns again and again. */
const SHORT_QUEUE = pair({ kind: 'tbf', rateBps: 20e6, burstBytes: 3028, limitBytes: 24_000 });

/** A counter of the kernel's TCP in a namespace. */
const tcpCounter = async (lab: Netlab, host: Host, name: string): Promise<number> => {
  const { stdout } = right(await lab.exec(host, ['cat', '/proc/net/snmp'])());
  const [names = [], values = []] = stdout
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf(name)]);
};

/** TCP packets that the kernel hands to a TUN device, and those whose checksum is wrong. */
const watchChecksums = async (lab: Netlab, host: Host, device: string) => {
  const seen = { packets: 0, wrong: 0 };
  const capture = right(
    await lab.openCapture(host, {
      device,
      direction: 'out',
      onPacket: ({ bytes }) => {
        const holds = tcpChecksumOfPacketHolds(bytes);
        if (holds !== undefined) seen.packets++;
        if (holds === false) seen.wrong++;
      },
    })(),
  );
  return async () => {
    right(await capture.stop());
    return { ...seen, pending: capture.stats().checksumsPending };
  };
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const mbps = (bps: number): string => `${(bps / 1e6).toFixed(1)} Mbit/s`;

/** Sends through tunnels, and expects every octet at the other end; gives what was carried, by tunnel. */
const carry = async (lab: Netlab, from: Host, kinds: ReadonlyArray<Kind>, times: Times) => {
  const carried = await transfer(lab, from, kinds, times);
  for (const { kind, sent, received } of carried) {
    expect(received.bytes, `${kind}: octets sent and received`).toBe(sent.bytes);
    expect(received.sha256, `${kind}: hashes of both ends`).toBe(sent.sha256);
  }
  const find = (kind: Kind): Carried => {
    const found = carried.find((one) => one.kind === kind);
    if (found === undefined) throw new Error(`bug: nothing went through ${kind}`);
    return found;
  };
  return find;
};

const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (ctx) => {
    if (!asked) ctx.skip(NOT_ASKED);
    await run();
    expect(leftovers()).toEqual([]);
  });
};

/** What compression and its opposite counted, as lines; and the share of the acknowledgements' headers that is gone. */
const describeEnds = (from: Host, ends: Record<Host, TunnelStats>) => {
  const to = other[from];
  const acks = ends[to].compressor;
  const data = ends[from].compressor;
  const gone = 1 - acks.headerBytesOut / acks.headerBytesIn;
  const goneWithFeedback = 1 - (acks.headerBytesOut + ends[to].feedbackBytes) / acks.headerBytesIn;
  const shrunk = ({ headerBytesIn, headerBytesOut, packets }: CompressorStats): string =>
    `${packets} packets, headers of ${(headerBytesIn / packets).toFixed(1)} octets sent in ${(headerBytesOut / packets).toFixed(1)}`;
  const lost = HOSTS.map(
    (host) => ends[host].udp.datagramsSent - ends[other[host]].udp.datagramsReceived,
  );
  const failed = HOSTS.map((host) => JSON.stringify(ends[host].decompressor.failures));
  const lines = [
    `  acknowledgements: ${shrunk(acks)}: ${percent(gone)} gone, ${percent(goneWithFeedback)} with the feedback for the data counted in`,
    `  data: ${shrunk(data)}; all octets ${percent(1 - data.bytesOut / data.bytesIn)} fewer`,
    `  feedback applied: ${acks.feedback.applied} and ${data.feedback.applied}; datagrams lost: ${lost.join(' and ')}; not decompressed: ${failed.join(' and ')}`,
    `  acknowledgements by format: ${JSON.stringify(acks.formats)}`,
  ];
  return { gone, goneWithFeedback, lines };
};

systemTest('what a TUN device hands out has whole checksums', () =>
  withLab(LINE, async (lab) => {
    const stop = await openTunnel(lab, 'rohc');
    const watches = await Promise.all(HOSTS.map((host) => watchChecksums(lab, host, 'tun0')));
    await carry(lab, 'far', ['rohc'], { slices: 1, sliceMs: 50, warmUpMs: 50 });
    for (const watch of watches) {
      const { packets, wrong, pending } = await watch();
      expect(packets).toBeGreaterThan(10);
      expect({ wrong, pending }).toEqual({ wrong: 0, pending: 0 });
    }
    await stop();
  }),
);

for (const from of ['far', 'near'] as const) {
  systemTest(`10 s of kernel TCP from ${from} to ${other[from]}`, () =>
    withLab(LINE, async (lab) => {
      right(await keepOrder(lab, HOSTS)());
      const stopRohc = await openTunnel(lab, 'rohc');
      const stopPlain = await openTunnel(lab, 'none');
      const carried = await carry(lab, from, ['rohc', 'none'], FULL);
      const [rohc, plain] = [await stopRohc(), await stopPlain()];
      const [ours, theirs] = [goodputBps(carried('rohc')), goodputBps(carried('none'))];
      const ratio = ours / theirs;
      const cpu = ({ cpuSeconds, udp }: TunnelStats): string =>
        `${((1e6 * cpuSeconds) / (udp.datagramsSent + udp.datagramsReceived)).toFixed(1)} µs`;
      const corrupted = [
        await tcpCounter(lab, 'near', 'InCsumErrors'),
        await tcpCounter(lab, 'far', 'InCsumErrors'),
      ];
      const { gone, goneWithFeedback, lines } = describeEnds(from, rohc);
      const heading = `${from} to ${other[from]}: ${mbps(ours)} through ROHC, ${mbps(theirs)} without: ratio ${ratio.toFixed(2)}; ${carried('rohc').received.bytes} octets, hashes equal; packets corrupted: ${corrupted.join(' and ')}`;
      const cost = `  CPU a datagram, Node's start and all: ${HOSTS.map((host) => `${cpu(rohc[host])} (without ${cpu(plain[host])})`).join(' and ')}`;
      console.log([heading, ...lines, cost].join('\n'));
      expect(corrupted, 'packets corrupted').toEqual([0, 0]);
      expect(gone, 'share of header octets gone').toBeGreaterThanOrEqual(0.7);
      expect(goneWithFeedback, 'the same with feedback').toBeGreaterThanOrEqual(0.7);
      expect(ratio, 'goodput beside no compression').toBeGreaterThanOrEqual(0.8);
    }),
  );
}

systemTest('datagrams lost in bursts: contexts recover, and every octet arrives', () =>
  withLab(SHORT_QUEUE, async (lab) => {
    // A socket that takes everything never feels the link's end.
    const stop = await openTunnel(lab, 'rohc', { sendBytes: 4 << 20 });
    const times = { slices: 3, sliceMs: 1000, warmUpMs: 500 };
    const { received } = (await carry(lab, 'far', ['rohc'], times))('rohc');
    const ends = await stop();
    const wrong = await tcpCounter(lab, 'near', 'InCsumErrors');
    const { lines } = describeEnds('far', ends);
    const heading = `short queue: ${received.goodputBps.map((bps) => (bps / 1e6).toFixed(1)).join(', ')} of 20 Mbit/s, ${received.bytes} octets, hashes equal; ${wrong} packets whose CRC passed and whose checksum did not`;
    console.log([heading, ...lines].join('\n'));
    const lost = ends.far.udp.datagramsSent - ends.near.udp.datagramsReceived;
    expect(lost, 'the queue was overrun').toBeGreaterThan(10);
    expect(ends.far.compressor.feedback.applied).toBeGreaterThan(0);
    // A burst may damage a context; it is repaired by feedback, within a round trip or so.
    const delivered = ends.near.decompressor.delivered;
    expect(delivered / ends.near.udp.datagramsReceived).toBeGreaterThan(0.9);
  }),
);
