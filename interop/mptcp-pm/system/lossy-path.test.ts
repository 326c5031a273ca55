/** A link begins to lose three of ten segments: its subflow is given up by a RST, and the stream is the quicker for it. */

import { type AnyPolicy, fullMesh, lossyPath } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { clientAddress, impairmentOf, type LinkKind, linked } from './support/links.ts';
import {
  boundOfSpeed,
  quantile,
  right,
  sleep,
  systemTest,
  until,
  withLab,
} from './support/machine.ts';
import { FLAG, segmentOf } from './support/segments.ts';
import { beginTransfer, manage } from './support/transfer.ts';

const GOOD: LinkKind = { rateBps: 40e6, queueBytes: 200_000, rttMs: 80 };
const OTHER: LinkKind = { rateBps: 10e6, queueBytes: 60_000, rttMs: 20 };
const LOSS_PERCENT = 30;

/**
 * Twice what the good link keeps under way: whatever the lossy link holds back until it is sent again
 * keeps all else from being sent. Much less, and MPTCP of Linux 6.18 may stand still for good, its
 * memory full of what came out of order. With reno a sender of three lost in ten falls silent for
 * seconds, now and then, as its timer doubles; BBR goes on sending. So runs without the policy differ less.
 */
const SYSCTLS = {
  'net.ipv4.tcp_rmem': '4096 131072 1000000',
  'net.ipv4.tcp_congestion_control': 'bbr',
};

const LINKS = linked([GOOD, OTHER], SYSCTLS);

/** From the second subflow until the loss begins; then a fixed time, whatever comes in it. */
const QUIET_MS = 1000;
const LOSSY_MS = 8000;

/** Runs with and without the policy take turns, each pair with losses of its own. */
const PAIRS = 3;

interface Ran {
  /** Goodput from the first loss on, the policy's finding out included. */
  readonly bps: number;
  /** RSTs that the client sent on the lossy link. */
  readonly resets: number;
}

const run = (seed: number, policies: ReadonlyArray<AnyPolicy>): Promise<Ran> =>
  withLab(LINKS, async (lab) => {
    const manager = await manage(lab, policies);
    let resets = 0;
    const capture = right(
      await lab.openCapture('client', {
        device: 'eth1',
        direction: 'out',
        snapLength: 120,
        onPacket: (packet) => {
          const segment = segmentOf(packet);
          if (segment?.source === clientAddress(1) && (segment.flags & FLAG.RST) !== 0) resets++;
        },
      })(),
    );
    const lose = async (lossPercent: number): Promise<void> => {
      const impairment = { ...impairmentOf({ ...OTHER, lossPercent }, 'client'), seed };
      right(await lab.reimpair('client', 'eth1', impairment)());
    };
    const { done, source, sink } = await beginTransfer(lab, Number.MAX_SAFE_INTEGER);
    const arrived: Array<{ readonly total: number; readonly atMs: number }> = [];
    sink.events.onTag('Message', ({ message }) => {
      if (typeof message === 'object' && message !== null && 'atMs' in message) {
        arrived.push(message as (typeof arrived)[0]);
      }
    });
    await until('two subflows', () =>
      [...manager.view().connections()].some(
        ({ subflows }) => subflows.filter(({ phase }) => phase === 'established').length === 2,
      ),
    );
    await sleep(QUIET_MS);
    await lose(LOSS_PERCENT);
    const from = arrived.at(-1);
    await sleep(LOSSY_MS);
    const to = arrived.at(-1);
    const resetsSeen = resets;
    // With the policy all comes whole. Without it nobody waits for what the lossy link still holds.
    if (policies.length > 1) {
      await lose(0);
      right(await source.send('end')());
      const { received, sent } = await done;
      expect(received.sha256).toBe(sent.sha256);
    }
    await Promise.all([source.stop(), sink.stop()]);
    right(await capture.stop());
    await manager.stop();
    if (from === undefined || to === undefined) throw new Error('nothing came');
    const bps = (8000 * (to.total - from.total)) / (to.atMs - from.atMs);
    return { bps, resets: resetsSeen };
  });

systemTest('a lossy path is reset, and goodput is more than half again as much', async () => {
  const gains: number[] = [];
  for (let seed = 1; seed <= PAIRS; seed++) {
    const without = await run(seed, [fullMesh()]);
    const policy = lossyPath({ windowMs: 1500, holdMs: 1000 });
    const withPolicy = await run(seed, [policy, fullMesh()]);
    const gain = withPolicy.bps / without.bps;
    console.log(
      `Mbit/s: ${(without.bps / 1e6).toFixed(2)} without, ${(withPolicy.bps / 1e6).toFixed(2)} with the policy, ${gain.toFixed(2)} times the goodput`,
    );
    expect(without.resets).toBe(0);
    expect(withPolicy.resets).toBeGreaterThanOrEqual(1);
    gains.push(gain);
  }
  boundOfSpeed('goodput beside that without the policy', () => {
    expect(quantile(gains, 0.5), gains.join(', ')).toBeGreaterThanOrEqual(1.5);
  });
});
