/** Interactive traffic leaves a path that becomes slow, and comes back to it when it recovers. */

import { fullMesh, maxRtt } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { impairmentOf, linked, SERVER } from './support/links.ts';
import {
  boundOfSpeed,
  messageOf,
  quantile,
  right,
  script,
  sleep,
  systemTest,
  until,
  withLab,
} from './support/machine.ts';
import { manage, PORT } from './support/transfer.ts';

const QUICK = { rttMs: 10 };
const GOOD = { rttMs: 30 };
const SLOW = { rttMs: 800 };
const EVERY_MS = 50;
const HOLD_MS = 2000;

/** From the step until nothing of it is in the delays any more, and how long they are looked at. */
const SETTLE_MS = 3000;
const STEADY_MS = 5000;

interface Echo {
  readonly sentAtMs: number;
  readonly delayMs: number;
}

systemTest(
  'one of two paths becomes slow: echoes keep to the good one, and the other comes back',
  () =>
    withLab(linked([QUICK, GOOD]), async (lab) => {
      const policy = maxRtt({
        maxMs: 200,
        holdMs: HOLD_MS,
        backoff: { initialMs: HOLD_MS, factor: 2, capMs: 60_000, resetMs: 60_000 },
      });
      const manager = await manage(lab, [policy, fullMesh()]);
      const switched: Array<{
        readonly atMs: number;
        readonly subflow: string;
        readonly backup: boolean;
      }> = [];
      manager.events.onTag('Outcome', ({ command: { action }, error }) => {
        if (action._tag !== 'SetBackup' || error !== undefined) return;
        const { subflow, backup } = action;
        switched.push({ atMs: performance.now(), subflow, backup });
      });
      const server = right(
        await lab.spawnNode('server', script('echo-server.ts'), { args: [String(PORT)] })(),
      );
      await messageOf(server);
      const client = right(
        await lab.spawnNode('client', script('echo-client.ts'), {
          args: [SERVER, String(PORT), String(EVERY_MS)],
        })(),
      );
      await messageOf(client);
      const echoes: Echo[] = [];
      client.events.onTag('Message', ({ message }) => void echoes.push(message as Echo));
      await until('two subflows', () => {
        const [connection] = manager.view().connections();
        return connection?.subflows.filter(({ phase }) => phase === 'established').length === 2;
      });
      const now = (): number => performance.timeOrigin + performance.now();
      const step = async (kind: { readonly rttMs: number }): Promise<void> => {
        right(await lab.reimpair('client', 'eth0', impairmentOf(kind, 'client'))());
        right(await lab.reimpair('server', 'eth0', impairmentOf(kind, 'server'))());
      };
      await sleep(1500);
      const steppedAtMs = now();
      await step(SLOW);
      await sleep(SETTLE_MS + STEADY_MS);
      const between = (from: number, to: number): number[] =>
        echoes
          .filter(({ sentAtMs }) => sentAtMs >= from && sentAtMs < to)
          .map(({ delayMs }) => delayMs);
      const steady = between(steppedAtMs + SETTLE_MS, steppedAtMs + SETTLE_MS + STEADY_MS);
      const p95 = quantile(steady, 0.95);
      const worst = Math.max(...between(steppedAtMs, steppedAtMs + SETTLE_MS));
      console.log(
        `steady: p50 ${quantile(steady, 0.5).toFixed(1)}, p95 ${p95.toFixed(1)} ms of ${steady.length} echoes; worst during the step ${worst.toFixed(0)} ms`,
      );
      boundOfSpeed('delay of the echoes', () => {
        expect(steady.length).toBeGreaterThan((0.9 * STEADY_MS) / EVERY_MS);
        expect(p95).toBeLessThanOrEqual(1.3 * GOOD.rttMs);
      });
      expect(switched.map(({ backup }) => backup).at(0)).toBe(true);

      await step(QUICK);
      await until('the path is back', () => switched.at(-1)?.backup === false, 30_000);
      await sleep(1000);
      const [connection] = manager.view().connections();
      expect(connection?.subflows.filter(({ backup }) => backup)).toEqual([]);
      // Never twice within a hold time.
      for (const [i, { subflow, atMs }] of switched.entries()) {
        const next = switched.slice(i + 1).find((other) => other.subflow === subflow);
        expect((next?.atMs ?? Number.POSITIVE_INFINITY) - atMs).toBeGreaterThanOrEqual(HOLD_MS - 1);
      }
      console.log(
        `${switched.length} switches: ${switched.map(({ backup }) => (backup ? 'off' : 'on')).join(', ')}`,
      );
      await Promise.all([client.stop(), server.stop()]);
      await manager.stop();
    }),
);
