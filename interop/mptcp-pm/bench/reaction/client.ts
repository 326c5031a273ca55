/**
 * Makes one connection after the other: connects, lets things settle, sends the byte whose
 * acknowledgement establishes the connection, waits for what the manager does, and is gone.
 */

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [address = '', port = '0', count = '0', holdMs = '0'] = process.argv.slice(2);

/** Between connection and byte, and between connections. */
const SETTLE_MS = 4;

for (let done = 0; done < Number(count); done++) {
  const socket = connect(Number(port), address);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  await sleep(SETTLE_MS);
  socket.write('x');
  await sleep(Number(holdMs));
  socket.resetAndDestroy();
  await sleep(SETTLE_MS);
}
process.send?.('done');
process.disconnect?.();
