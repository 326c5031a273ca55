/** A link of a lab that keeps order, as ROHC may expect of a wire (RFC 5795, section 3). */
import type { Netlab } from '@liquid/netlab';
import type { LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

/**
 * Makes `eth0` of these hosts deliver in order. A veth does not always: each processor has a backlog of its own, and
 * where a shaped sender moves between them, a few datagrams in a million come some places late. Receive packet steering
 * puts all into the backlog of the first processor. A kernel without it is left as it is.
 */
export const keepOrder =
  (lab: Netlab, hosts: ReadonlyArray<string>): TaskEither<LiquidError, void> =>
  async () => {
    const steer = 'echo 1 > /sys/class/net/eth0/queues/rx-0/rps_cpus';
    for (const host of hosts) {
      const done = await lab.exec(host, ['sh', '-c', steer])();
      if (E.isLeft(done)) return done;
    }
    return E.right(undefined);
  };
