/** Types: sends a short line every so often, and tells how long each echo took, when it was sent. */

import { connectTo } from './socket.ts';

const [address = '', port = '0', everyMs = '50'] = process.argv.slice(2);

/** Bytes of a line: its number, padded. */
const LINE = 64;

const sentAt: number[] = [];
const socket = await connectTo(address, Number(port));
socket.setNoDelay(true);
let rest = '';
socket.setEncoding('latin1');
socket.on('data', (text: string) => {
  rest += text;
  for (; rest.length >= LINE; rest = rest.slice(LINE)) {
    const number = Number.parseInt(rest, 10);
    const at = sentAt[number];
    // The clock of the whole machine, so that the test can say what happened before.
    if (at !== undefined) process.send?.({ sentAtMs: at, delayMs: now() - at });
  }
});
socket.on('error', ({ message }) => process.send?.({ error: message }));
const now = (): number => performance.timeOrigin + performance.now();
process.send?.('connected');
setInterval(() => {
  const number = sentAt.push(now()) - 1;
  socket.write(String(number).padEnd(LINE));
}, Number(everyMs));
process.once('disconnect', () => process.exit());
