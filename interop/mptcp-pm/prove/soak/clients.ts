/**
 * Holds connections and sends a numbered line on each about every second; what comes back must be what
 * was sent, in its order. A connection that ends is counted and replaced.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from '../../system/support/socket.ts';

const [address = '', port = '0', count = '0'] = process.argv.slice(2);

const LINE = 128;
const EVERY_MS = 1000;

const counted = { open: 0, lines: 0, wrong: 0, ended: 0, refused: 0 };

const hold = async (): Promise<void> => {
  const socket = await connectTo(address, Number(port));
  counted.open++;
  let sent = 0;
  let received = 0;
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    rest += text;
    for (; rest.length >= LINE; rest = rest.slice(LINE)) {
      if (Number.parseInt(rest, 10) !== received++) counted.wrong++;
      counted.lines++;
    }
  });
  const timer = setInterval(() => {
    socket.write(String(sent++).padEnd(LINE));
  }, EVERY_MS);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  counted.open--;
  counted.ended++;
};

const keep = async (): Promise<void> => {
  for (;;) {
    try {
      await hold();
    } catch {
      counted.refused++;
      await sleep(EVERY_MS);
    }
  }
};

for (let started = 0; started < Number(count); started++) {
  void keep();
  await sleep(5);
}
process.send?.('ready');
process.on('message', () => process.send?.(counted));
process.once('disconnect', () => process.exit());
