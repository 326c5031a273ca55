/**
 * A server that accepts and never reads: the kernel acknowledges what comes, and no process wakes up
 * beside the manager that is being measured.
 */

import { createServer, type Socket } from 'node:net';

const [port = '0'] = process.argv.slice(2);
const held = new Set<Socket>();
const server = createServer({ pauseOnConnect: true }, (socket) => {
  held.add(socket);
  socket.on('error', () => undefined);
});
server.listen(Number(port), () => process.send?.('listening'));
process.once('disconnect', () => process.exit());
