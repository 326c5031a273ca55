/** More comes than the buffer holds while a triggered send waits for what doesn't: the loss is told all the same. */
import { ask, open, report, sleep } from './kit.mjs';

const channel = open();
const other = open();
const lengths = [];
const sent = [];
channel.watch(new Uint8Array(65536), (length, bytes) => {
  lengths.push(length);
  sent.push(bytes);
});
channel.arm(new Uint8Array(20).fill(255), other, new Uint8Array(20));
for (let count = 0; count < 2000; count++) ask(channel);
await sleep(100);
channel.close();
other.close();
report({
  lost: lengths.some((length) => length === -105),
  wrong: lengths.filter((length) => length < 0 && length !== -105),
  sent: sent.filter((bytes) => bytes !== 0),
});
