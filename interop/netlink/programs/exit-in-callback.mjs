/** The process ends inside a callback: with that code and no crash. */
import { ask, open, sleep } from './kit.mjs';

for (let count = 0; count < 5; count++) {
  const channel = open();
  channel.watch(new Uint8Array(65536), () => process.exit(42));
  ask(channel);
}
await sleep(5000);
