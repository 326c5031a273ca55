/**
 * Kernel TCP through ROHC over UDP, with feedback, between two namespaces: what arrives, what the headers shrink to,
 * and what it costs in goodput beside the same tunnel without compression.
 */

import type { Netlab, NetworkDescription, Shaping } from '@liquid/netlab';
import type { CompressorStats } from '@liquid/rohc';
import * as t from 'io-ts';
import { expect, test } from 'vitest';
import { tcpChecksumOfPacketHolds } from '../captures/checksum.ts';
import { asked, namespacesLeft, NOT_ASKED, right, start, withLab } from './support/lab.ts';
import { Received, Sent, type SlicePlan } from './support/slice-plan.ts';
import { tunnelMtu, type TunnelOptions, TunnelStats } from './support/tunnel-endpoint.ts';

/** 10 s each way through each tunnel, a second of the one after a second of the other. */
const FULL = { slices: 10, sliceMs: 1000, warmUpMs: 1500 };

const LINK_MTU = 1500;

const sysctls = {
  // Known to every kernel, and to every namespace.
  'net.ipv4.tcp_congestion_control': 'reno',
  'net.ipv4.tcp_no_metrics_save': 1,
  // A second's pause between two slices is no reason to begin anew.
  'net.ipv4.tcp_slow_start_after_idle': 0,
  // A window that the tunnel's queues can hold: what is measured is the tunnel, not how TCP recovers.
  'net.ipv4.tcp_rmem': '4096 131072 262144',
};

const pair = (shaping: Shaping): NetworkDescription => ({
  hosts: { near: { sysctls }, far: { sysctls } },
  links: [
    {
      ends: [
        { node: 'near', addresses: ['192.0.2.1/24'], shaping },
        { node: 'far', addresses: ['192.0.2.2/24'], shaping },
      ],
      mtu: LINK_MTU,
    },
  ],
});

/** A home line: slower than the processes at its ends, also where they share two processors with others. */
const LINE = pair({ kind: 'tbf', rateBps: 100e6 });

/** A queue of 16 packets behind a slow line: what a tunnel that does not feel its end overruns again and again. */
const SHORT_QUEUE = pair({ kind: 'tbf', rateBps: 20e6, burstBytes: 3028, limitBytes: 24_000 });

const HOSTS = ['near', 'far'] as const;
type Host = (typeof HOSTS)[number];

const KINDS = {
  rohc: { port: 4000, device: 'tun0' },
  none: { port: 4001, device: 'tun1' },
} as const;
type Kind = keyof typeof KINDS;

const outer: Record<Host, string> = { near: '192.0.2.1', far: '192.0.2.2' };
const inner: Record<Kind, Record<Host, string>> = {
  rohc: { near: '10.1.0.1', far: '10.1.0.2' },
  none: { near: '10.2.0.1', far: '10.2.0.2' },
};
const other: Record<Host, Host> = { near: 'far', far: 'near' };

const Ready = t.type({ ready: t.literal(true) });

/** Starts both ends of a tunnel; what comes back ends them and gives what they counted. */
const openTunnel = async (lab: Netlab, kind: Kind, more: Partial<TunnelOptions> = {}) => {
  const { port, device } = KINDS[kind];
  const open = async (host: Host) => {
    const options: TunnelOptions = {
      local: { address: outer[host], port },
      remote: { address: outer[other[host]], port },
      device,
      addresses: [`${inner[kind][host]}/24`],
      mtu: tunnelMtu(LINK_MTU),
      compression: kind,
      ...more,
    };
    const program = await start(lab, host, 'tunnel-worker.ts', JSON.stringify(options));
    await program.next(Ready);
    return program;
  };
  const ends = { near: await open('near'), far: await open('far') };
  return async (): Promise<Record<Host, TunnelStats>> => {
    const stop = async (host: Host) => {
      const stopping = ends[host].process.stop();
      const stats = await ends[host].next(TunnelStats);
      right(await stopping);
      return stats;
    };
    return { near: await stop('near'), far: await stop('far') };
  };
};

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

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const mbps = (bps: number): string => `${(bps / 1e6).toFixed(1)} Mbit/s`;

/** Sends from one host to the other through both tunnels in turn; gives what arrived, by tunnel. */
const transfer = async (
  lab: Netlab,
  from: Host,
  kinds: ReadonlyArray<Kind>,
  times: Pick<SlicePlan, 'slices' | 'sliceMs' | 'warmUpMs'>,
) => {
  const port = 5001;
  const source = await start(lab, from, 'slices.ts', 'source', String(port));
  await source.next(Ready);
  const sources = kinds.map((name) => ({ name, address: inner[name][from], port }));
  const plan: SlicePlan = { sources, ...times };
  const sink = await start(lab, other[from], 'slices.ts', 'sink', JSON.stringify(plan));
  const received: Record<string, Received> = {};
  for (const { name } of sources) {
    const arrived = await sink.next(Received);
    const sent = await source.next(Sent);
    expect(arrived.bytes, `${name}: octets sent and received`).toBe(sent.bytes);
    expect(arrived.sha256, `${name}: hashes of both ends`).toBe(sent.sha256);
    received[name] = arrived;
  }
  right(await source.process.stop());
  right(await sink.process.stop());
  return received;
};

const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (ctx) => {
    if (!asked) ctx.skip(NOT_ASKED);
    await run();
    expect(namespacesLeft()).toEqual([]);
  });
};

const counted = (stats: CompressorStats | null): CompressorStats => {
  if (stats === null) throw new Error('bug: a tunnel with compression has compressors');
  return stats;
};

/** What compression and its opposite counted, as lines; and the share of the acknowledgements' headers that is gone. */
const describeEnds = (from: Host, ends: Record<Host, TunnelStats>) => {
  const to = other[from];
  const acks = counted(ends[to].compressor);
  const data = counted(ends[from].compressor);
  const gone = 1 - acks.headerBytesOut / acks.headerBytesIn;
  const goneWithFeedback = 1 - (acks.headerBytesOut + ends[to].feedbackBytes) / acks.headerBytesIn;
  const shrunk = ({ headerBytesIn, headerBytesOut, packets }: CompressorStats): string =>
    `${packets} packets, headers of ${(headerBytesIn / packets).toFixed(1)} octets sent in ${(headerBytesOut / packets).toFixed(1)}`;
  const lost = HOSTS.map(
    (host) => ends[host].udp.datagramsSent - ends[other[host]].udp.datagramsReceived,
  );
  const failed = HOSTS.map((host) => JSON.stringify(ends[host].decompressor?.failures));
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
    await transfer(lab, 'far', ['rohc'], { slices: 1, sliceMs: 50, warmUpMs: 50 });
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
      const stopRohc = await openTunnel(lab, 'rohc');
      const stopPlain = await openTunnel(lab, 'none');
      const received = await transfer(lab, from, ['rohc', 'none'], FULL);
      const [rohc, plain] = [await stopRohc(), await stopPlain()];
      const goodput = (kind: Kind): number => median(received[kind]?.goodputBps.slice(1) ?? []);
      const ratio = goodput('rohc') / goodput('none');
      const cpu = ({ cpuSeconds, udp }: TunnelStats): string =>
        `${((1e6 * cpuSeconds) / (udp.datagramsSent + udp.datagramsReceived)).toFixed(1)} µs`;
      const { gone, goneWithFeedback, lines } = describeEnds(from, rohc);
      const heading = `${from} to ${other[from]}: ${mbps(goodput('rohc'))} through ROHC, ${mbps(goodput('none'))} without: ratio ${ratio.toFixed(2)}; ${received['rohc']?.bytes} octets, hashes equal`;
      const cost = `  CPU a datagram, Node's start and all: ${HOSTS.map((host) => `${cpu(rohc[host])} (without ${cpu(plain[host])})`).join(' and ')}`;
      console.log([heading, ...lines, cost].join('\n'));
      for (const host of HOSTS) {
        expect(await tcpCounter(lab, host, 'InCsumErrors'), 'packets corrupted').toBe(0);
      }
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
    const { rohc: received } = await transfer(lab, 'far', ['rohc'], times);
    const ends = await stop();
    const wrong = await tcpCounter(lab, 'near', 'InCsumErrors');
    const { lines } = describeEnds('far', ends);
    const heading = `short queue: ${mbps(median(received?.goodputBps ?? []))} of 20, ${received?.bytes} octets, hashes equal; ${wrong} packets whose CRC passed and whose checksum did not`;
    console.log([heading, ...lines].join('\n'));
    const lost = ends.far.udp.datagramsSent - ends.near.udp.datagramsReceived;
    expect(lost, 'the queue was overrun').toBeGreaterThan(10);
    expect(counted(ends.far.compressor).feedback.applied).toBeGreaterThan(0);
    // A burst may damage a context; it is repaired by feedback, within a round trip or so.
    const delivered = ends.near.decompressor?.delivered ?? 0;
    expect(delivered / ends.near.udp.datagramsReceived).toBeGreaterThan(0.9);
  }),
);
