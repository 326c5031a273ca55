/** A callback throws: each error surfaces as an uncaught exception, and the watch goes on. */
import { ask, open, report, sleep } from './kit.mjs';

const caught = [];
process.on('uncaughtException', (error) => caught.push(error.message));
const channel = open();
let calls = 0;
channel.watch(new Uint8Array(65536), () => {
  throw new Error(`thrown ${++calls}`);
});
ask(channel);
await sleep(50);
ask(channel);
await sleep(50);
channel.close();
report({ caught });
