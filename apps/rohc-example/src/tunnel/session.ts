/** The tunnel and the transfers through it, opened in a lab: what the scenario asks and tells as one. */
import type { Netlab } from '@liquid/netlab';
import type { LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { keepOrder } from './keep-order.js';
import {
  type Direction,
  type Host,
  HOSTS,
  INNER,
  LINK_MTU,
  OTHER,
  OUTER,
  SENDER,
  TRAFFIC_PORT,
  TUNNEL_DEVICE,
  TUNNEL_PORT,
} from './network.js';
import { type Compression, tunnelMtu, type TunnelStats } from './options.js';
import type { TrafficStats } from './worker-messages.js';
import {
  startTrafficEnd,
  startTunnelEnd,
  type TrafficEnd,
  type TunnelEnd,
} from './worker-process.js';

/** What all ends have counted, taken in the same moment as far as messages go. */
export interface Snapshot {
  readonly tunnel: Readonly<Record<Host, TunnelStats>>;
  readonly traffic: Readonly<Record<Host, TrafficStats>>;
}

export interface SessionOptions {
  readonly directions: ReadonlyArray<Direction>;
  readonly compression: Compression;
  readonly lossPercent: number;
  /** For the octets sent and the datagrams lost. */
  readonly seed: number;
}

/** A tunnel with transfers through it. */
export interface Session {
  readonly snapshot: TaskEither<LiquidError, Snapshot>;
  /** Right once both ends send so; none waits for the other, since each datagram says what it carries. */
  readonly setCompression: (compression: Compression) => TaskEither<LiquidError, void>;
  readonly setLoss: (percent: number) => TaskEither<LiquidError, void>;
  /** Starts the transfers. */
  readonly begin: TaskEither<LiquidError, void>;
  /** Sends no more; what is on its way still arrives. */
  readonly finish: TaskEither<LiquidError, void>;
}

/** All results, or the first failure. */
const all = async <A>(
  tasks: ReadonlyArray<TaskEither<LiquidError, A>>,
): Promise<E.Either<LiquidError, ReadonlyArray<A>>> => {
  const results = await Promise.all(tasks.map((task) => task()));
  const values: A[] = [];
  for (const result of results) {
    if (E.isLeft(result)) return result;
    values.push(result.right);
  }
  return E.right(values);
};

const done = E.map((): void => undefined);

const ofBoth = <A>([near, far]: ReadonlyArray<A>): Readonly<Record<Host, A>> =>
  // `all` gives one for each host, in the order of HOSTS
  ({ near: near as A, far: far as A });

/** Opens both ends of the tunnel, then those of the transfers; the lab ends them with itself. */
export const openSession =
  (lab: Netlab, options: SessionOptions): TaskEither<LiquidError, Session> =>
  async () => {
    const { directions, compression, lossPercent, seed } = options;
    const startTunnel = (host: Host, index: number): TaskEither<LiquidError, TunnelEnd> =>
      startTunnelEnd(lab, host, {
        local: { address: OUTER[host], port: TUNNEL_PORT },
        remote: { address: OUTER[OTHER[host]], port: TUNNEL_PORT },
        device: TUNNEL_DEVICE,
        addresses: [`${INNER[host]}/24`],
        mtu: tunnelMtu(LINK_MTU),
        compression,
        lossPercent,
        seed: seed + index,
      });
    const startTraffic = (host: Host, index: number): TaskEither<LiquidError, TrafficEnd> =>
      startTrafficEnd(lab, host, {
        serve: directions.some((direction) => SENDER[direction] === host) ? TRAFFIC_PORT : null,
        fetch: directions.some((direction) => SENDER[direction] !== host)
          ? { address: INNER[OTHER[host]], port: TRAFFIC_PORT }
          : null,
        seed: seed + index,
      });
    const ordered = await keepOrder(lab, HOSTS)();
    if (E.isLeft(ordered)) return ordered;
    const tunnels = await all(HOSTS.map(startTunnel));
    if (E.isLeft(tunnels)) return tunnels;
    const traffics = await all(HOSTS.map(startTraffic));
    if (E.isLeft(traffics)) return traffics;
    const told =
      <A>(ends: ReadonlyArray<A>, tell: (end: A) => TaskEither<LiquidError, void>) =>
      async (): Promise<E.Either<LiquidError, void>> =>
        done(await all(ends.map(tell)));
    return E.right({
      snapshot: async () => {
        const [tunnel, traffic] = await Promise.all([
          all(tunnels.right.map(({ stats }) => stats)),
          all(traffics.right.map(({ stats }) => stats)),
        ]);
        if (E.isLeft(tunnel)) return tunnel;
        if (E.isLeft(traffic)) return traffic;
        return E.right({ tunnel: ofBoth(tunnel.right), traffic: ofBoth(traffic.right) });
      },
      setCompression: (wanted) => told(tunnels.right, (end) => end.setCompression(wanted)),
      setLoss: (percent) => told(tunnels.right, (end) => end.setLoss(percent)),
      begin: told(traffics.right, ({ begin }) => begin),
      finish: told(traffics.right, ({ finish }) => finish),
    });
  };
