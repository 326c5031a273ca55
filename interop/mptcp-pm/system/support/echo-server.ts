/** Sends back what comes. */

import { createServer } from 'node:net';

const [port = '0'] = process.argv.slice(2);

createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('end', () => socket.end());
}).listen(Number(port), () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
