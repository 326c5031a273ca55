/**
 * Sends so many bytes, none like another's position, at full speed or in pieces at a rate, and says
 * how long it took and which hash they have. A message ends it before its time.
 */

import { createCipheriv, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from './socket.ts';

const [address = '', port = '0', count = '0', rateBps = '0'] = process.argv.slice(2);

/** Bytes of a piece: at a rate, one is sent every `8 × PIECE / rate` seconds. */
const PIECE = 16_384;

// The stream of a cipher: long, without repetition, and the same in every run.
const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
const zeros = Buffer.alloc(PIECE);
const hash = createHash('sha256');

const socket = await connectTo(address, Number(port));
socket.on('error', (error) => {
  process.send?.({ error: error.message });
  process.disconnect?.();
});
process.send?.('connected');
const begin = performance.now();
let total = Number(count);
process.once('message', () => {
  total = 0;
});
const pauseMs = Number(rateBps) === 0 ? 0 : (8000 * PIECE) / Number(rateBps);
for (let sent = 0; sent < total; ) {
  const piece = stream.update(zeros.subarray(0, Math.min(PIECE, total - sent)));
  hash.update(piece);
  sent += piece.length;
  if (!socket.write(piece)) await new Promise<void>((resolve) => socket.once('drain', resolve));
  if (pauseMs > 0) {
    const ahead = begin + (sent / PIECE) * pauseMs - performance.now();
    if (ahead > 0) await sleep(ahead);
  }
}
socket.resume();
await new Promise<void>((resolve) => {
  socket.once('close', () => resolve());
  socket.end();
});
process.send?.({ ms: performance.now() - begin, sha256: hash.digest('hex') });
process.disconnect?.();
