/** Goodput of kernel TCP through a ROHC tunnel over a link as fast as the machine, beside the same tunnel without. */

import { keepOrder } from '@liquid/rohc-example/tunnel';
import { right, withLab } from '../system/support/lab.ts';
import { HOSTS, openTunnel, pair, transfer } from '../system/support/tunnel-lab.ts';

/** Mbit/s of each slice. */
export interface Goodput {
  readonly rohc: ReadonlyArray<number>;
  readonly none: ReadonlyArray<number>;
}

export const tunnelGoodput = async (slices: number): Promise<Goodput> => {
  const measured = { rohc: [] as number[], none: [] as number[] };
  await withLab(pair(), async (lab) => {
    right(await keepOrder(lab, HOSTS)());
    const stops = [await openTunnel(lab, 'rohc'), await openTunnel(lab, 'none')];
    const times = { slices, sliceMs: 1000, warmUpMs: 4000 };
    for (const { kind, sent, received } of await transfer(lab, 'far', ['rohc', 'none'], times)) {
      if (sent.sha256 !== received.sha256) throw new Error(`bug: ${kind} changed what it carried`);
      measured[kind].push(...received.goodputBps.slice(1).map((bps) => bps / 1e6));
    }
    for (const stop of stops) await stop();
  });
  return measured;
};
