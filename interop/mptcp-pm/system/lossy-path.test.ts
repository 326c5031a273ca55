/** A link that loses three of ten segments is given up by a RST, and the stream is the quicker for it. */

import { type AnyPolicy, fullMesh, lossyPath } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { clientAddress, linked } from './support/links.ts';
import { boundOfSpeed, right, systemTest, withLab } from './support/machine.ts';
import { FLAG, segmentOf } from './support/segments.ts';
import { beginTransfer, manage } from './support/transfer.ts';

const BYTES = 15_000_000;

/**
 * Little more than what the good link keeps under way: whatever the lossy link holds back until its
 * retransmission timer ends keeps all else from being sent.
 */
const WINDOW = { 'net.ipv4.tcp_rmem': '4096 131072 512000' };

const LINKS = linked(
  [
    { rateBps: 40e6, queueBytes: 200_000, rttMs: 80 },
    { rateBps: 10e6, queueBytes: 60_000, rttMs: 20, lossPercent: 30 },
  ],
  WINDOW,
);

interface Ran {
  readonly ms: number;
  /** RSTs that the client sent on the lossy link. */
  readonly resets: number;
}

const run = (policies: ReadonlyArray<AnyPolicy>): Promise<Ran> =>
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
    const { done } = await beginTransfer(lab, BYTES);
    const { received, sent } = await done;
    expect(received.sha256).toBe(sent.sha256);
    right(await capture.stop());
    await manager.stop();
    return { ms: received.ms, resets };
  });

systemTest('a lossy path is reset, and goodput is more than half again as much', async () => {
  const without = await run([fullMesh()]);
  const policy = lossyPath({ windowMs: 1500, holdMs: 1000 });
  const withPolicy = await run([policy, fullMesh()]);
  const gain = without.ms / withPolicy.ms;
  console.log(
    `15 MB: ${(without.ms / 1000).toFixed(2)} s without, ${(withPolicy.ms / 1000).toFixed(2)} s with the policy, ${gain.toFixed(2)} times the goodput`,
  );
  expect(without.resets).toBe(0);
  expect(withPolicy.resets).toBeGreaterThanOrEqual(1);
  boundOfSpeed('goodput beside that without the policy', () => {
    expect(gain).toBeGreaterThanOrEqual(1.5);
  });
});
