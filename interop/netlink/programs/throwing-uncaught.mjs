/** A callback throws and nobody listens: the process ends with the error. */
import { ask, open, sleep } from './kit.mjs';

const channel = open();
channel.watch(new Uint8Array(65536), () => {
  throw new Error('nobody catches this');
});
ask(channel);
await sleep(5000);
