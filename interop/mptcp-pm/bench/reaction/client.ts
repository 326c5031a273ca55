/**
 * Makes one connection after the other: connects, sends the byte whose acknowledgement establishes
 * the connection, waits for what the manager does, and is gone.
 */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOf } from './load.ts';

const [address = '', port = '0', count = '0', holdMs = '0', name] = process.argv.slice(2);
const quiet = loadOf(name) === 'quiet';

/** Between connections, and before the byte of the quiet load. */
const SETTLE_MS = 4;

for (let done = 0; done < Number(count); done++) {
  const socket = connect(Number(port), address);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  if (quiet) await sleep(SETTLE_MS);
  socket.write('x');
  await sleep(Number(holdMs));
  socket.resetAndDestroy();
  await sleep(SETTLE_MS);
}
process.send?.('done');
process.disconnect?.();
