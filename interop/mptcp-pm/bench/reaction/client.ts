/**
 * Makes one connection after the other: connects, sends the byte whose acknowledgement establishes
 * the connection, waits for what the manager does, and is gone.
 */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOf, PAUSE_MS } from './load.ts';

const [address = '', port = '0', count = '0', holdMs = '0', name] = process.argv.slice(2);
const pauseMs = PAUSE_MS[loadOf(name)];

/** Between connections. */
const SETTLE_MS = 4;

for (let done = 0; done < Number(count); done++) {
  const socket = connect(Number(port), address);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  if (pauseMs > 0) await sleep(pauseMs);
  socket.write('x');
  await sleep(Number(holdMs));
  socket.resetAndDestroy();
  await sleep(SETTLE_MS);
}
process.send?.('done');
process.disconnect?.();
