/** The soak: 200 connections, random faults for as long as one likes, and what the manager used meanwhile. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Netlab, openNetlab, type RunningProcess } from '@liquid/netlab';
import { createRng, type Rng } from '@liquid/types';
import { median, messageOf, right } from '../bench/support.ts';
import {
  CLIENT_ADDRESSES,
  CLIENT_DEVICES,
  SERVER_ADDRESS,
  SERVER_PORT,
  SOAK_NETWORK,
} from './soak/network.ts';

const CONNECTIONS = 200;
const SAMPLE_MS = 5000;
const MOST_GROWTH_BYTES = 20e6;

/** Share of the run after which the manager is what it will stay: compiled, its tables filled. */
const SETTLED = 0.2;

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Used {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  readonly unhandled: number;
  readonly stats: { readonly connections: number; readonly subflows: number };
}

interface Counted {
  readonly open: number;
  readonly lines: number;
  readonly wrong: number;
  readonly ended: number;
  readonly refused: number;
}

const ask = async <A>(running: RunningProcess): Promise<A> => {
  const answer = messageOf(running);
  right(await running.send('?')());
  return (await answer) as A;
};

/** One fault, and the calm after it. */
const fault = async (lab: Netlab, rng: Rng, told: Record<string, number>): Promise<void> => {
  const path = rng.integer(0, 1) as 0 | 1;
  const device = CLIENT_DEVICES[path];
  const kind = rng.integer(0, 2);
  const forMs = rng.integer(100, 3000);
  const usual = { delayMs: path === 0 ? 5 : 10 };
  if (kind === 0) {
    told['reset'] = (told['reset'] ?? 0) + 1;
    const source = CLIENT_ADDRESSES[path];
    const resets = { source, destinationPort: SERVER_PORT, forMs: Math.min(forMs, 500) };
    right(await lab.resetConnections('server', resets)());
  } else {
    const impairment =
      kind === 1
        ? { delayMs: rng.integer(20, 600) }
        : { ...usual, lossPercent: rng.integer(5, 60) };
    const name = kind === 1 ? 'delay' : 'loss';
    told[name] = (told[name] ?? 0) + 1;
    right(await lab.reimpair('client', device, impairment)());
    await sleep(forMs);
    right(await lab.reimpair('client', device, usual)());
  }
  await sleep(rng.integer(100, 2000));
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Runs it; a line every half minute goes to stdout.
 *
 * @returns whether memory, descriptors and promises stayed as they should, and no line was wrong
 */
export const proveSoak = async (minutes: number, seed: number): Promise<boolean> => {
  console.log(`soak: ${CONNECTIONS} connections, ${minutes} minutes, seed ${seed}`);
  const rng = createRng(seed);
  const lab = right(await openNetlab(SOAK_NETWORK)());
  const begin = performance.now();
  const samples: Array<Used & { readonly share: number }> = [];
  const faults: Record<string, number> = {};
  try {
    const server = right(
      await lab.spawnNode('server', file('../system/support/echo-server.ts'), {
        args: [String(SERVER_PORT)],
      })(),
    );
    await messageOf(server);
    const manager = right(
      await lab.spawnNode('client', file('soak/manager.ts'), { execArgv: ['--expose-gc'] })(),
    );
    const ready = await messageOf(manager);
    if (ready !== 'ready') throw new Error(String(ready));
    const clients = right(
      await lab.spawnNode('client', file('soak/clients.ts'), {
        args: [SERVER_ADDRESS, String(SERVER_PORT), String(CONNECTIONS)],
      })(),
    );
    await messageOf(clients);
    const endMs = performance.now() + minutes * 60_000;
    const faulting = (async () => {
      while (performance.now() < endMs) await fault(lab, rng, faults);
    })();
    // It is awaited at the end; until then its failure is nobody's unhandled rejection.
    faulting.catch(() => undefined);
    let told = 0;
    while (performance.now() < endMs) {
      await sleep(SAMPLE_MS);
      const used = await ask<Used>(manager);
      const share = 1 - (endMs - performance.now()) / (minutes * 60_000);
      samples.push({ ...used, share });
      if (performance.now() - begin < told * 30_000) continue;
      told++;
      const counted = await ask<Counted>(clients);
      const seconds = Math.round((performance.now() - begin) / 1000);
      const { connections, subflows } = used.stats;
      console.log(
        `${seconds} s: RSS ${megabytes(used.rssBytes)}, heap ${megabytes(used.heapBytes)}, ` +
          `${used.descriptors} descriptors, ${connections} connections, ${subflows} subflows, ` +
          `${counted.lines} lines, ${counted.wrong} wrong, ${counted.ended} ended; ${JSON.stringify(faults)}`,
      );
    }
    await faulting;
    const counted = await ask<Counted>(clients);
    const last = await ask<Used>(manager);
    return verdict(samples, last, counted);
  } finally {
    await lab.stop();
  }
};

const verdict = (
  samples: ReadonlyArray<Used & { readonly share: number }>,
  last: Used,
  counted: Counted,
): boolean => {
  const between = (from: number, to: number) =>
    samples.filter(({ share }) => share >= from && share <= to);
  const rss = (from: number, to: number): number =>
    median(between(from, to).map(({ rssBytes }) => rssBytes));
  const early = rss(SETTLED / 2, SETTLED);
  const late = rss(1 - SETTLED / 2, 1.1);
  const descriptors = between(SETTLED / 2, 1.1).map((sample) => sample.descriptors);
  const most = Math.max(...descriptors);
  const least = Math.min(...descriptors);
  const good =
    late - early < MOST_GROWTH_BYTES &&
    most - least <= 1 &&
    last.unhandled === 0 &&
    counted.wrong === 0;
  console.log(
    `soak: RSS ${megabytes(early)} → ${megabytes(late)}, descriptors ${least}–${most}, ` +
      `${last.unhandled} unhandled rejections, ${counted.lines} lines, ${counted.wrong} wrong, ` +
      `${counted.ended} connections ended, ${counted.refused} refused: ${good ? 'holds' : 'FAILS'}`,
  );
  return good;
};
