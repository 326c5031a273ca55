/** The server: it answers, or it accepts and never reads, so that only the kernel acknowledges. */

import { createServer, type Socket } from 'node:net';
import { loadOf } from './load.ts';

const [port = '0', name] = process.argv.slice(2);
const quiet = loadOf(name) === 'quiet';
/** A socket that nobody holds would be collected, and closed. */
const held = new Set<Socket>();
const server = createServer({ pauseOnConnect: quiet }, (socket) => {
  held.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => held.delete(socket));
  if (!quiet) socket.on('data', (bytes) => socket.write(bytes));
});
server.listen(Number(port), () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
