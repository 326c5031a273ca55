/** Under a limited window a slow subflow costs more than it brings; the policy lets it rest. */

import { type AnyPolicy, fullMesh, slowSubflow } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { type LinkKind, linked } from './support/links.ts';
import { boundOfSpeed, quantile, sleep, systemTest, withLab } from './support/machine.ts';
import { beginTransfer, manage } from './support/transfer.ts';

const FAST: LinkKind = { rateBps: 20e6, queueBytes: 60_000, rttMs: 20 };
const SLOW: LinkKind = { rateBps: 1e6, queueBytes: 60_000, rttMs: 100 };

/** The receiver's memory: a few round trips of the fast path, a fraction of the slow one's. */
const WINDOW = { 'net.ipv4.tcp_rmem': '4096 131072 131072' };

/** Until policies have done what they do, and how long it is measured then. */
const SETTLE_MS = 4000;
const MEASURED_MS = 6000;

interface Ran {
  readonly bps: number;
  readonly switches: ReadonlyArray<string>;
}

/** Goodput at the server, once it is settled. */
const run = (links: ReadonlyArray<LinkKind>, policies: ReadonlyArray<AnyPolicy>): Promise<Ran> =>
  withLab(linked(links, WINDOW), async (lab) => {
    const manager = await manage(lab, policies);
    const switches: string[] = [];
    manager.events.onTag('Outcome', ({ command: { action } }) => void switches.push(action._tag));
    const { sink, source } = await beginTransfer(lab, 1e9);
    const progress: Array<{ readonly total: number; readonly atMs: number }> = [];
    sink.events.onTag(
      'Message',
      ({ message }) => void progress.push(message as (typeof progress)[0]),
    );
    await sleep(SETTLE_MS + MEASURED_MS);
    await Promise.all([source.stop(), sink.stop()]);
    await manager.stop();
    const [first] = progress;
    if (first === undefined) throw new Error('nothing came');
    const at = (ms: number) => progress.find(({ atMs }) => atMs >= first.atMs + ms) ?? first;
    // The median of seconds: what else the machine does costs one of them, not all.
    const seconds: number[] = [];
    for (let ms = SETTLE_MS; ms + 1500 < SETTLE_MS + MEASURED_MS; ms += 1000) {
      const from = at(ms);
      const to = at(ms + 1000);
      seconds.push((8000 * (to.total - from.total)) / (to.atMs - from.atMs));
    }
    const bps = quantile(seconds, 0.5);
    return { bps, switches };
  });

systemTest(
  'goodput with the policy is that of the fast path alone, without it is less',
  async () => {
    const alone = await run([FAST], []);
    const without = await run([FAST, SLOW], [fullMesh()]);
    const withPolicy = await run([FAST, SLOW], [slowSubflow(), fullMesh()]);
    const megabits = ({ bps }: Ran): string => (bps / 1e6).toFixed(2);
    console.log(
      `Mbit/s: fast path alone ${megabits(alone)}, both without policy ${megabits(without)}, ` +
        `with the policy ${megabits(withPolicy)} (${withPolicy.switches.join(', ')})`,
    );
    expect(withPolicy.switches).toContain('SetBackup');
    expect(without.bps).toBeLessThan(0.9 * alone.bps);
    boundOfSpeed('goodput beside that of the fast path alone', () => {
      // What two runs of the same differ by.
      expect(withPolicy.bps).toBeGreaterThanOrEqual(0.98 * alone.bps);
    });
  },
);
