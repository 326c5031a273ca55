/** Sends back what comes. */

import { listenOn } from './socket.ts';

const [port = '0'] = process.argv.slice(2);

await listenOn(Number(port), (socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('end', () => socket.end());
});
process.once('disconnect', () => process.exit());
