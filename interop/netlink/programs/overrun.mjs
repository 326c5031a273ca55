/** More comes than the socket's buffer holds: the loss is told, and what comes afterwards is heard. */
import { ask, open, report, sleep } from './kit.mjs';

const channel = open();
const lengths = [];
channel.watch(new Uint8Array(65536), (length) => lengths.push(length));
for (let count = 0; count < 2000; count++) ask(channel);
await sleep(100);
const lost = lengths.filter((length) => length === -105).length;
const wrong = lengths.filter((length) => length < 0 && length !== -105);
const before = lengths.length;
for (let round = 0; round < 5; round++) {
  ask(channel);
  await sleep(20);
}
channel.close();
report({ lost: lost > 0, wrong, after: lengths.length - before });
