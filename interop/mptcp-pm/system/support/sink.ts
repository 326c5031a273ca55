/** Takes what comes on each connection, and at its end says how much, how long and which hash. */

import { createHash } from 'node:crypto';
import { listenOn } from './socket.ts';

const [port = '0'] = process.argv.slice(2);

await listenOn(Number(port), (socket) => {
  const hash = createHash('sha256');
  let bytes = 0;
  let beganMs = 0;
  socket.on('data', (chunk) => {
    if (bytes === 0) beganMs = performance.now();
    bytes += chunk.length;
    hash.update(chunk);
  });
  socket.on('end', () => {
    const ms = performance.now() - beganMs;
    process.send?.({ bytes, ms, sha256: hash.digest('hex') });
    socket.end();
  });
  socket.on('error', ({ message }) => process.send?.({ bytes, error: message }));
});
process.once('disconnect', () => process.exit());
