/** Looks at the established subflows of a client every 10 ms, by the kernel's socket diagnosis. */

import type { Netlab } from '@liquid/netlab';
import { diagEach, NETLINK, openNetlink, stateMask, TCP_STATE } from '@liquid/netlink';
import { right, sleep } from './machine.ts';

const EVERY_MS = 10;

export interface Watch {
  /** Ends it; how often it looked, and the least and the most that it saw before the stream's end. */
  readonly stop: () => Promise<{
    readonly looks: number;
    readonly least: number;
    readonly most: number;
  }>;
}

/** Begins at once. Counts the subflows to a port of the server. */
export const watchSubflows = async (lab: Netlab, serverPort: number): Promise<Watch> => {
  const namespace = right(lab.namespaceOf('client'));
  const socket = right(await openNetlink({ protocol: NETLINK.SOCK_DIAG, namespace })());
  const states = stateMask(TCP_STATE.ESTABLISHED);
  let looks = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let none = false;
  let going = true;
  const run = async (): Promise<void> => {
    for (let next = performance.now(); going; next += EVERY_MS) {
      let count = 0;
      right(
        await diagEach(
          socket,
          { family: 4, states },
          ({ remotePort, subflow }) => {
            if (subflow.present && remotePort === serverPort) count++;
          },
          () => {
            count = 0;
          },
        )(),
      );
      looks++;
      // None at all counts once one is seen again: at the end of the stream they all go.
      if (count > 0) least = Math.min(least, none ? 0 : count);
      none = count === 0;
      most = Math.max(most, count);
      await sleep(Math.max(0, next + EVERY_MS - performance.now()));
    }
  };
  const ended = run();
  return {
    stop: async () => {
      going = false;
      await ended;
      await socket.stop();
      return { looks, least, most };
    },
  };
};
