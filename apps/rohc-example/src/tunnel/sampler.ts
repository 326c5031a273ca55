/** Turns snapshots into points of the series, and adds up what was carried with and without compression. */
import type { KindStats } from './header-counts.js';
import { type Direction, HOSTS, OTHER, SENDER } from './network.js';
import type { Compression, TunnelStats } from './options.js';
import type { Snapshot } from './session.js';

/** What was measured while compression was on, or off, and nothing was being switched. */
export interface Period {
  readonly seconds: number;
  /** Octets of payload that arrived, by direction. */
  readonly receivedBytes: Readonly<Record<Direction, number>>;
  /** CPU seconds of both ends of the tunnel, and datagrams that they sent and received. */
  readonly cpuSeconds: number;
  readonly datagrams: number;
}

export interface Sampler {
  /** Takes a snapshot, `seconds` after the start. */
  readonly take: (seconds: number, snapshot: Snapshot) => void;
  /** Compression was switched, or loss: what comes until the queues hold nothing older counts for neither. */
  readonly changed: (compression: Compression) => void;
  readonly period: (compression: Compression) => Period;
}

export interface SamplerOptions {
  readonly directions: ReadonlyArray<Direction>;
  readonly compression: Compression;
  /** Seconds at the start that count for neither: TCP begins slowly. */
  readonly warmUpSeconds: number;
  readonly point: (series: string, x: number, y: number) => void;
}

/** Intervals that a change spoils: the one in which it happens, and the next, while the queues empty. */
const SPOILED = 2;

/** Octets of headers that compression kept off the link so far, feedback taken off. */
export const savedBytes = ({ tunnel }: Snapshot): number =>
  HOSTS.reduce((sum, host) => {
    const { compressor, feedbackBytes } = tunnel[host];
    return sum + compressor.headerBytesIn - compressor.headerBytesOut - feedbackBytes;
  }, 0);

/** Counts of one kind of packets at both ends. */
export const headersOf = ({ tunnel }: Snapshot, kind: 'acknowledgements' | 'data'): KindStats => {
  const [near, far] = [tunnel.near.headers[kind], tunnel.far.headers[kind]];
  return {
    packets: near.packets + far.packets,
    headerBytesIn: near.headerBytesIn + far.headerBytesIn,
    headerBytesOut: near.headerBytesOut + far.headerBytesOut,
    plainPackets: near.plainPackets + far.plainPackets,
    plainHeaderBytes: near.plainHeaderBytes + far.plainHeaderBytes,
  };
};

const datagramsOf = ({ udp }: TunnelStats): number => udp.datagramsSent + udp.datagramsReceived;

interface Sum {
  seconds: number;
  readonly receivedBytes: Record<Direction, number>;
  cpuSeconds: number;
  datagrams: number;
}

const emptySum = (): Sum => ({
  seconds: 0,
  receivedBytes: { 'far-to-near': 0, 'near-to-far': 0 },
  cpuSeconds: 0,
  datagrams: 0,
});

export const createSampler = (options: SamplerOptions): Sampler => {
  const { directions, point } = options;
  const sums: Record<Compression, Sum> = { rohc: emptySum(), none: emptySum() };
  let { compression } = options;
  let spoiled = 0;
  let before: { readonly seconds: number; readonly snapshot: Snapshot } | undefined;

  const received = (snapshot: Snapshot, direction: Direction): number =>
    snapshot.traffic[OTHER[SENDER[direction]]].receivedBytes;

  const pointsOfHeaders = (seconds: number, from: Snapshot, to: Snapshot): void => {
    for (const kind of ['acknowledgements', 'data'] as const) {
      const [then, now] = [headersOf(from, kind), headersOf(to, kind)];
      const packets = now.packets - then.packets;
      if (packets === 0) continue;
      point(`${kind}-before`, seconds, (now.headerBytesIn - then.headerBytesIn) / packets);
      point(`${kind}-after`, seconds, (now.headerBytesOut - then.headerBytesOut) / packets);
    }
    point('saved', seconds, savedBytes(to) / 1000);
  };

  const add = (sum: Sum, elapsed: number, from: Snapshot, to: Snapshot): void => {
    sum.seconds += elapsed;
    for (const direction of directions) {
      sum.receivedBytes[direction] += received(to, direction) - received(from, direction);
    }
    for (const host of HOSTS) {
      sum.cpuSeconds += to.tunnel[host].cpuSeconds - from.tunnel[host].cpuSeconds;
      sum.datagrams += datagramsOf(to.tunnel[host]) - datagramsOf(from.tunnel[host]);
    }
  };

  return {
    take: (seconds, snapshot) => {
      const from = before;
      before = { seconds, snapshot };
      if (from === undefined || seconds <= from.seconds) return;
      const elapsed = seconds - from.seconds;
      for (const direction of directions) {
        const bytes = received(snapshot, direction) - received(from.snapshot, direction);
        point(`goodput-${direction}`, seconds, (bytes * 8) / elapsed / 1e6);
      }
      pointsOfHeaders(seconds, from.snapshot, snapshot);
      if (spoiled > 0) spoiled--;
      else if (from.seconds >= options.warmUpSeconds) {
        add(sums[compression], elapsed, from.snapshot, snapshot);
      }
    },
    changed: (wanted) => {
      compression = wanted;
      spoiled = SPOILED;
    },
    period: (of) => sums[of],
  };
};
