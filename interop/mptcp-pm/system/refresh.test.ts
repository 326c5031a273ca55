/** Refresh: subflows are replaced while a stream runs, and it never lacks one. */

import { type AnyPolicy, fullMesh, refresh } from '@liquid/mptcp-pm';
import { expect } from 'vitest';
import { type LinkKind, linked } from './support/links.ts';
import { systemTest, until, withLab } from './support/machine.ts';
import { beginTransfer, manage, PORT } from './support/transfer.ts';
import { watchSubflows } from './support/watch-subflows.ts';

const BYTES = 20_000_000;
const LINK: LinkKind = { rateBps: 20e6, queueBytes: 60_000 };

const everySecond = refresh({ n: 2, everyMs: 1000 });

/** A stream under refreshing; how many subflows it had one after the other. */
const refreshed = (
  name: string,
  links: ReadonlyArray<LinkKind>,
  policies: ReadonlyArray<AnyPolicy>,
  leastReplaced: number,
): void =>
  systemTest(name, () =>
    withLab(linked(links), async (lab) => {
      const manager = await manage(lab, policies);
      let established = 0;
      manager.events.onTag('Event', ({ event }) => {
        if (event._tag === 'SubEstablished') established++;
      });
      const { done, source } = await beginTransfer(lab, BYTES);
      await until('two subflows', () => established >= 1, 3000);
      const watch = await watchSubflows(lab, PORT);
      let ending = false;
      // The source ends its side when all is written: from then on subflows may close.
      void source.exited.then(() => (ending = true));
      const { received, sent } = await done;
      const { looks, least, most } = await watch.stop();
      console.log(
        `${name}: ${(received.ms / 1000).toFixed(2)} s, ${established} joined, ${looks} looks, ` +
          `${least} to ${most} established`,
      );
      expect(received.bytes).toBe(BYTES);
      expect(received.sha256).toBe(sent.sha256);
      expect(ending || least >= 1).toBe(true);
      expect(least).toBeGreaterThanOrEqual(1);
      expect(established).toBeGreaterThanOrEqual(leastReplaced);
      await manager.stop();
    }),
  );

refreshed('refresh, one link', [LINK], [everySecond], 6);
refreshed('refresh and full mesh, two links', [LINK, LINK], [everySecond, fullMesh()], 3);
