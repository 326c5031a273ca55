/** Sends back what comes, and knows nothing of MPTCP. */

import { createServer } from 'node:net';

const [port = '0'] = process.argv.slice(2);

createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => socket.write(bytes));
}).listen(Number(port), () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
