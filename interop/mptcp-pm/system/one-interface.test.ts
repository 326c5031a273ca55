/** One interface is enough: the second is used while the first falls short, and not otherwise. */

import { oneInterface } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { clientAddress, linked } from './support/links.ts';
import { boundOfSpeed, right, sleep, systemTest, until, withLab } from './support/machine.ts';
import { beginTransfer, manage } from './support/transfer.ts';

const POLL_MS = 300;
const ENOUGH_BPS = 3e6;
const SENT_BPS = 4e6;
const SETTLE_MS = 2000;
const CLOSE_MS = 3000;

const queue = { queueBytes: 60_000 };
const wide = { rateBps: 8e6, ...queue };
const narrow = { rateBps: 1.5e6, ...queue };

systemTest('the second interface comes with a shortage and goes after it', () =>
  withLab(linked([wide, wide]), async (lab) => {
    const policy = oneInterface({
      thresholdBps: ENOUGH_BPS,
      settleMs: SETTLE_MS,
      holdMs: 1000,
      closeMs: CLOSE_MS,
    });
    const manager = await manage(lab, [policy], POLL_MS);
    const begin = performance.now();
    const changes: Array<{ readonly atMs: number; readonly tag: string }> = [];
    manager.events.onTag('Outcome', ({ command: { action } }) => {
      changes.push({ atMs: performance.now(), tag: action._tag });
    });
    const onSecond = (): boolean =>
      [...manager.view().connections()].some(({ subflows }) =>
        subflows.some(({ local, phase }) => local === clientAddress(1) && phase === 'established'),
      );
    const { source, sink } = await beginTransfer(lab, (60 * SENT_BPS) / 8, SENT_BPS);
    // Enough: slow start is no shortage.
    await sleep(SETTLE_MS + 3000);
    expect(changes).toEqual([]);

    const { rateBps } = narrow;
    const short = performance.now();
    right(await lab.reshape('client', 'eth0', { kind: 'tbf', rateBps, limitBytes: 60_000 })());
    await until('the second interface', onSecond, 10_000);
    const onMs = performance.now() - short;
    // A second of slack: what is in the shaper's and the socket's queues is no shortage yet.
    console.log(`on ${(onMs / POLL_MS).toFixed(1)} polls after the first became narrow`);
    boundOfSpeed('polls until the second interface is on', () => {
      expect(onMs).toBeLessThanOrEqual(3 * POLL_MS + 100);
    });

    await sleep(3000);
    expect(onSecond()).toBe(true);
    right(
      await lab.reshape('client', 'eth0', {
        kind: 'tbf',
        rateBps: wide.rateBps,
        limitBytes: 60_000,
      })(),
    );
    const enough = performance.now();
    await until('one interface again', () => !onSecond(), 20_000);
    const offMs = performance.now() - enough;
    console.log(`off ${(offMs / 1000).toFixed(1)} s after the first became wide`);
    expect(offMs).toBeGreaterThanOrEqual(CLOSE_MS - POLL_MS);
    await sleep(2000);
    console.log(
      changes.map(({ tag, atMs }) => `${tag} ${((atMs - begin) / 1000).toFixed(1)}`).join(', '),
    );
    expect(changes.map(({ tag }) => tag)).toEqual(['CreateSubflow', 'Destroy']);
    await Promise.all([source.stop(), sink.stop()]);
    await manager.stop();
  }),
);
