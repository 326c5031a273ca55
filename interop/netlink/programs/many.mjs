/** A hundred thousand sockets come and go; every hundredth also hears and asks. */
import { readdirSync } from 'node:fs';
import { ask, open, report, sleep } from './kit.mjs';

const count = Number(process.argv[3] ?? 100_000);
const descriptors = () => readdirSync('/proc/self/fd').length;
const before = descriptors();
const rss = () => Math.round(process.memoryUsage.rss() / 1024 / 1024);
let early = 0;
for (let round = 0; round < count; round++) {
  const channel = open();
  if (round % 100 === 0) {
    channel.watch(new Uint8Array(4096), () => undefined);
    ask(channel);
  }
  channel.close();
  // Handles are given back on the next turn of the loop.
  if (round % 1000 === 999) await sleep(0);
  if (round === Math.floor(count / 5)) early = rss();
}
await sleep(20);
report({ leaked: descriptors() - before, grownMb: rss() - early });
