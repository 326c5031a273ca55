/**
 * Takes what comes on each connection, says how much it is every so often, and at the end how long it
 * took and which hash it has.
 */

import { createHash } from 'node:crypto';
import { listenOn } from './socket.ts';

const PROGRESS_MS = 100;

const [port = '0'] = process.argv.slice(2);

await listenOn(Number(port), (socket) => {
  const hash = createHash('sha256');
  let bytes = 0;
  let beganMs = 0;
  const progress = setInterval(() => {
    process.send?.({ total: bytes, atMs: performance.timeOrigin + performance.now() });
  }, PROGRESS_MS);
  socket.once('close', () => clearInterval(progress));
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
