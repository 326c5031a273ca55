/** Resets: a middlebox's is answered at once on the other interface, the peer's own as the peer says. */

import {
  DEFAULT_RESET_REACTION,
  type PathManager,
  type PmEvent,
  resetReaction,
} from '@liquid/mptcp-pm';
import type { CapturedPacket, Netlab } from '@liquid/netlab';
import { expect } from 'vitest';
import { clientAddress, linked, SERVER } from './support/links.ts';
import {
  boundOfSpeed,
  quantile,
  right,
  sleep,
  systemTest,
  until,
  withLab,
} from './support/machine.ts';
import { FLAG, type Segment, segmentOf } from './support/segments.ts';
import { beginTransfer, manage, PORT } from './support/transfer.ts';

const ONE_MEGABIT = 1e6;

/** Enough of a packet for its headers. */
const SNAP_LENGTH = 120;

/** What a middlebox needs to meet one segment of a stream of a megabit a second. */
const RESET_MS = 150;

const eventsOf = (manager: PathManager): PmEvent[] => {
  const seen: PmEvent[] = [];
  manager.events.onTag('Event', ({ event }) => void seen.push(event));
  return seen;
};

/** All segments that the client sends and receives, until the lab ends. */
const segmentsOf = async (lab: Netlab): Promise<Segment[]> => {
  const segments: Segment[] = [];
  const onPacket = (packet: CapturedPacket): void => {
    const segment = segmentOf(packet);
    if (segment !== undefined) segments.push(segment);
  };
  for (const device of ['eth0', 'eth1']) {
    right(await lab.openCapture('client', { device, onPacket, snapLength: SNAP_LENGTH })());
  }
  return segments;
};

const subflowsOf = (manager: PathManager) =>
  [...manager.view().connections()].flatMap(({ subflows }) => subflows);

const established = (manager: PathManager) =>
  subflowsOf(manager).filter(({ phase }) => phase === 'established');

/** Resets the only established subflow, from the middle of the network. */
const resetOnly = async (lab: Netlab, manager: PathManager): Promise<string> => {
  await until('one subflow', () => established(manager).length === 1, 8000);
  const [{ local, localPort } = { local: '', localPort: 0 }] = established(manager);
  const match = { source: local, sourcePort: localPort, destinationPort: PORT };
  right(await lab.resetConnections('server', { ...match, forMs: RESET_MS })());
  return local;
};

systemTest('a middlebox resets the only subflow: the other interface takes over', () =>
  withLab(linked([{}, {}]), async (lab) => {
    const manager = await manage(lab, [resetReaction()]);
    const segments = await segmentsOf(lab);
    const reactionsMs: number[] = [];
    for (let repeat = 0; repeat < 7; repeat++) {
      const seen = eventsOf(manager);
      segments.length = 0;
      const { done, sink, source } = await beginTransfer(lab, 100_000, ONE_MEGABIT);
      await until('established', () => established(manager).length === 1);
      const local = await resetOnly(lab, manager);
      expect(local).toBe(clientAddress(0));
      await until('a replacement', () => established(manager).length === 1, 3000);
      const closed = seen.find(({ _tag }) => _tag === 'SubClosed');
      // No reason: whoever reset it knows nothing of MPTCP.
      expect(closed).toMatchObject({ error: 104, local });
      expect(closed).not.toHaveProperty('reset');
      const up = seen.find(({ _tag }) => _tag === 'SubEstablished');
      expect(up).toMatchObject({ local: clientAddress(1), remote: SERVER });
      const { sent, received } = await done;
      expect(received.sha256).toBe(sent.sha256);
      // On the wire, from the RST to the peer's SYN/ACK on the other interface.
      const reset = segments.find(
        ({ direction, flags }) => direction === 'in' && (flags & FLAG.RST) !== 0,
      );
      const answer = segments.find(
        ({ destination, flags }) =>
          destination === clientAddress(1) && flags === (FLAG.SYN | FLAG.ACK),
      );
      reactionsMs.push((answer?.atMs ?? Number.NaN) - (reset?.atMs ?? Number.NaN));
      await Promise.all([sink.stop(), source.stop()]);
      await until('closed', () => subflowsOf(manager).length === 0);
    }
    const shown = reactionsMs.map((ms) => ms.toFixed(2)).join(', ');
    console.log(`replaced after ${shown} ms`);
    boundOfSpeed('time from a reset to the replacement', () => {
      expect(quantile(reactionsMs, 0.5), shown).toBeLessThanOrEqual(10);
    });
    await manager.stop();
  }),
);

/** Creations that came before the path had rested for as long as its failures ask; listens until the manager ends. */
const tooEarly = (manager: PathManager): ReadonlyArray<string> => {
  const { initialMs, factor, capMs } = DEFAULT_RESET_REACTION.backoff;
  const found: string[] = [];
  const paths = new Map<string, { readonly failed: number; readonly notBeforeMs: number }>();
  const failedOn = (local: string): void => {
    const failed = (paths.get(local)?.failed ?? 0) + 1;
    const delayMs = Math.min(capMs, initialMs * factor ** (failed - 1));
    paths.set(local, { failed, notBeforeMs: performance.now() + delayMs });
  };
  manager.events.onTag('Event', ({ event }) => {
    if (event._tag === 'SubClosed' && event.error !== 0) failedOn(event.local);
  });
  manager.events.onTag('Outcome', ({ command: { action }, error }) => {
    if (action._tag !== 'CreateSubflow') return;
    const early = (paths.get(action.local)?.notBeforeMs ?? 0) - performance.now();
    // Listeners hear of things a little later than the policy does.
    if (early > 50) found.push(`${action.local} ${early.toFixed(0)} ms before its time`);
    if (error !== undefined) failedOn(action.local);
  });
  return found;
};

const RESETS = 20;

/** Enough for the slowest of the rests: with six there is always one that may be tried. */
const MANY_LINKS = 6;

for (const links of [MANY_LINKS, 2]) {
  const name =
    links === MANY_LINKS
      ? 'twenty subflows are reset within twenty seconds: each is replaced elsewhere, the stream comes whole'
      : 'a middlebox on both of two interfaces, twenty times in twenty seconds: tries back off, the stream comes whole';
  systemTest(name, () =>
    withLab(linked(Array.from({ length: links }, () => ({}))), async (lab) => {
      const manager = await manage(lab, [resetReaction()]);
      const seen = eventsOf(manager);
      const early = tooEarly(manager);
      let created = 0;
      manager.events.onTag('Outcome', ({ command }) => {
        if (command.action._tag === 'CreateSubflow') created++;
      });
      const resetSoFar = (): number =>
        seen.filter((event) => event._tag === 'SubClosed' && event.error === 104).length;
      const seconds = RESETS + 4;
      const { done } = await beginTransfer(lab, (seconds * ONE_MEGABIT) / 8, ONE_MEGABIT);
      await until('established', () => established(manager).length === 1);
      const begin = performance.now();
      for (let reset = 0; reset < RESETS; reset++) {
        await sleep(Math.max(0, begin + reset * 1000 - performance.now()));
        const [subflow] = established(manager);
        const source = subflow?.local ?? clientAddress(reset % links);
        const match = { source, destinationPort: PORT };
        right(await lab.resetConnections('server', { ...match, forMs: 2 * RESET_MS })());
      }
      const lastedMs = performance.now() - begin;
      const resets = resetSoFar();
      const { sent, received } = await done;
      expect(received.sha256).toBe(sent.sha256);
      console.log(
        `${links} links: ${resets} subflows reset in ${(lastedMs / 1000).toFixed(1)} s, ${created} asked for`,
      );
      expect(early).toEqual([]);
      expect(created).toBeGreaterThanOrEqual(resets - 1);
      // A try while the middlebox is at it fails too; without back-off they would be hundreds.
      expect(created).toBeLessThanOrEqual(2 * RESETS);
      if (links === MANY_LINKS) {
        boundOfSpeed('time of twenty resets', () => expect(lastedMs).toBeLessThanOrEqual(20_000));
        expect(resets).toBeGreaterThanOrEqual(RESETS);
      } else {
        expect(resets).toBeGreaterThanOrEqual(5);
      }
      await manager.stop();
    }),
  );
}

systemTest('the peer resets with MP_TCPRST: its reason is told, and its own branch taken', () =>
  withLab(linked([{}, {}]), async (lab) => {
    const manager = await manage(lab, [resetReaction({ onPeer: 'none', onMiddlebox: 'same' })]);
    const seen = eventsOf(manager);
    const created: string[] = [];
    manager.events.onTag('Outcome', ({ command: { by, action } }) => {
      if (action._tag === 'CreateSubflow') created.push(by);
    });
    const { source, sink } = await beginTransfer(lab, 10 * ONE_MEGABIT, ONE_MEGABIT);
    // The kernel takes no subflow before the peer has acknowledged data: ENOTCONN.
    await until('established', () =>
      [...manager.view().connections()].some((connection) => connection.established),
    );
    const [connection] = manager.view().connections();
    if (connection === undefined) throw new Error('no connection');
    const { token, initial } = connection;
    right(
      await manager.apply({
        _tag: 'CreateSubflow',
        token,
        local: clientAddress(1) as typeof initial.local,
        remote: initial.remote,
        remotePort: initial.remotePort,
        backup: false,
      })(),
    );
    await until('a second subflow', () => established(manager).length === 2);
    const second = established(manager).find(({ initial: first }) => !first);
    // Killed on the peer's host: its kernel says so with MP_TCPRST.
    const port = `:${second?.localPort ?? 0}`;
    right(await lab.exec('server', ['ss', '-K', 'dport', '=', port])());
    await until('its end', () => seen.some(({ _tag }) => _tag === 'SubClosed'));
    expect(seen.find(({ _tag }) => _tag === 'SubClosed')).toMatchObject({
      error: 104,
      reset: { reason: 0, transient: false },
    });
    await sleep(500);
    expect(created).toEqual(['user']);
    // The same, done by a middlebox, is answered.
    const [first] = established(manager);
    const match = { source: first?.local ?? '', sourcePort: first?.localPort ?? 0 };
    right(await lab.resetConnections('server', { ...match, forMs: RESET_MS })());
    await until('a replacement', () => created.includes('reset-reaction'), 3000);
    await Promise.all([source.stop(), sink.stop()]);
    await manager.stop();
  }),
);

systemTest('a RST with a reason and the flag T is told with both, and is the peer’s', () =>
  withLab(linked([{}, {}]), async (lab) => {
    const manager = await manage(lab, [resetReaction({ onPeer: 'other', onMiddlebox: 'none' })]);
    const seen = eventsOf(manager);
    const { done } = await beginTransfer(lab, 200_000, ONE_MEGABIT);
    await until('one subflow', () => established(manager).length === 1, 8000);
    const [{ local, localPort } = { local: '', localPort: 0 }] = established(manager);
    const match = { source: local, sourcePort: localPort, destinationPort: PORT };
    const resets = { ...match, forMs: 5000, count: 1, direction: 'forward' } as const;
    const said = { ...resets, reason: 2, transient: true };
    expect(right(await lab.resetConnections('server', said)())).toBe(1);
    await until('its end', () => seen.some(({ _tag }) => _tag === 'SubClosed'));
    await until('a replacement', () => established(manager).length === 1, 3000);
    expect(seen.find(({ _tag }) => _tag === 'SubClosed')).toMatchObject({
      error: 104,
      local,
      reset: { reason: 2, transient: true },
    });
    expect(established(manager)).toMatchObject([{ local: clientAddress(1) }]);
    const { sent, received } = await done;
    expect(received.sha256).toBe(sent.sha256);
    await manager.stop();
  }),
);
