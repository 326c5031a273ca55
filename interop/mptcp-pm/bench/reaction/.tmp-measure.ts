/** One run of the reaction benchmark: a fresh network, one manager, a hundred connections. */

import { fileURLToPath } from 'node:url';
import { openNetlab } from '@liquid/netlab';
import {
  ascending,
  messageOf,
  MPTCPIZED,
  quantile,
  right,
} from '/work/main/interop/mptcp-pm/bench/support.ts';
import type { Load } from '/work/main/interop/mptcp-pm/bench/reaction/load.ts';
import type { Manager } from '/work/main/interop/mptcp-pm/bench/reaction/managers.ts';
import {
  reactionNetwork,
  SERVER_ADDRESS,
  SERVER_PORT,
} from '/work/main/interop/mptcp-pm/bench/reaction/network.ts';
import { createReactionMeter } from '/work/main/interop/mptcp-pm/bench/reaction/wire.ts';

const CONNECTIONS = Number(process.env.N ?? 100);

/** How long a connection waits for its reaction, and what one that never came counts as. */
const HOLD_MS = Number(process.env.H ?? 30);

/** Enough of a packet for all its headers. */
const SNAP_LENGTH = 160;

export interface Run {
  /** Microseconds; missing reactions counted as {@link HOLD_MS}. */
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  /** The first connection's, when nothing is warm but what the manager warmed itself. */
  readonly firstUs: number;
  readonly missing: number;
}

const file = (name: string): string => '/work/main/interop/mptcp-pm/bench/reaction/' + name;

export const measureReactions = async (manager: Manager, load: Load): Promise<Run> => {
  const lab = right(await openNetlab(reactionNetwork(manager.pathManager))());
  try {
    const server = right(
      await lab.spawnNode('server', file('server.ts'), {
        args: [String(SERVER_PORT), load],
        env: MPTCPIZED,
      })(),
    );
    await messageOf(server);
    await manager.start(lab);
    const { onPacket, reactions } = createReactionMeter(SERVER_PORT);
    const captures = await Promise.all(
      ['eth0', 'eth1'].map(async (device) =>
        right(await lab.openCapture('client', { device, onPacket, snapLength: SNAP_LENGTH })()),
      ),
    );
    const client = right(
      await lab.spawnNode('client', file('client.ts'), {
        args: [SERVER_ADDRESS, String(SERVER_PORT), String(CONNECTIONS), String(HOLD_MS), load],
        env: MPTCPIZED,
      })(),
    );
    await messageOf(client);
    for (const capture of captures) right(await capture.stop());
    const { reactionsUs, established } = reactions();
    if (established !== CONNECTIONS) {
      throw new Error(`${established} of ${CONNECTIONS} connections were seen established`);
    }
    const missing = established - reactionsUs.length;
    const all = ascending([...reactionsUs, ...Array<number>(missing).fill(HOLD_MS * 1000)]);
    return {
      p50Us: quantile(all, 0.5),
      p90Us: quantile(all, 0.9),
      p99Us: quantile(all, 0.99),
      firstUs: reactionsUs[0] ?? Number.NaN,
      missing,
    };
  } finally {
    await lab.stop();
  }
};
