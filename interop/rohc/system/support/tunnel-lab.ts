/** Two hosts and the link between them, tunnels across it, and TCP through the tunnels. */

import type { Netlab, NetworkDescription, Shaping } from '@liquid/netlab';
import {
  startTunnelEnd,
  tunnelMtu,
  type TunnelOptions,
  type TunnelStats,
} from '@liquid/rohc-example/tunnel';
import * as t from 'io-ts';
import { mustEnd, right, start } from './lab.ts';
import { Received, Sent, type SlicePlan } from './slice-plan.ts';

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

/** Near and far, and a link that is shaped at both ends or runs as fast as the machine. */
export const pair = (shaping?: Shaping): NetworkDescription => {
  const shaped = shaping === undefined ? {} : { shaping };
  return {
    hosts: { near: { sysctls }, far: { sysctls } },
    links: [
      {
        ends: [
          { node: 'near', addresses: ['192.0.2.1/24'], ...shaped },
          { node: 'far', addresses: ['192.0.2.2/24'], ...shaped },
        ],
        mtu: LINK_MTU,
      },
    ],
  };
};

export const HOSTS = ['near', 'far'] as const;
export type Host = (typeof HOSTS)[number];

const KINDS = {
  rohc: { port: 4000, device: 'tun0' },
  none: { port: 4001, device: 'tun1' },
} as const;
export type Kind = keyof typeof KINDS;

const outer: Record<Host, string> = { near: '192.0.2.1', far: '192.0.2.2' };
const inner: Record<Kind, Record<Host, string>> = {
  rohc: { near: '10.1.0.1', far: '10.1.0.2' },
  none: { near: '10.2.0.1', far: '10.2.0.2' },
};
export const other: Record<Host, Host> = { near: 'far', far: 'near' };

const Ready = t.type({ ready: t.literal(true) });

/** Starts both ends of a tunnel; what comes back ends them and gives what they counted. */
export const openTunnel = async (lab: Netlab, kind: Kind, more: Partial<TunnelOptions> = {}) => {
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
    const end = right(await startTunnelEnd(lab, host, options)());
    mustEnd(end.pid);
    return end;
  };
  const ends = { near: await open('near'), far: await open('far') };
  return async (): Promise<Record<Host, TunnelStats>> => {
    const stats = { near: right(await ends.near.stats()), far: right(await ends.far.stats()) };
    for (const host of HOSTS) right(await ends[host].stop());
    return stats;
  };
};

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};

/** How long a transfer takes. */
export type Times = Pick<SlicePlan, 'slices' | 'sliceMs' | 'warmUpMs'>;

/** What one tunnel carried. */
export interface Carried {
  readonly kind: Kind;
  readonly sent: Sent;
  readonly received: Received;
}

/** Median over the slices that count. */
export const goodputBps = ({ received }: Carried): number => median(received.goodputBps.slice(1));

/** Sends from one host to the other through the tunnels in turn; gives what was sent and what arrived, by tunnel. */
export const transfer = async (
  lab: Netlab,
  from: Host,
  kinds: ReadonlyArray<Kind>,
  times: Times,
): Promise<ReadonlyArray<Carried>> => {
  const port = 5001;
  const source = await start(lab, from, 'slices.ts', 'source', String(port));
  await source.next(Ready);
  const sources = kinds.map((name) => ({ name, address: inner[name][from], port }));
  const plan: SlicePlan = { sources, ...times };
  const sink = await start(lab, other[from], 'slices.ts', 'sink', JSON.stringify(plan));
  const done: Carried[] = [];
  for (const { name } of sources) {
    const received = await sink.next(Received);
    done.push({ kind: name, received, sent: await source.next(Sent) });
  }
  right(await source.process.stop());
  right(await sink.process.stop());
  return done;
};
