/** The watched buffer's memory is given away: an error comes instead of a write into foreign memory. */
import { ask, open, report, sleep } from './kit.mjs';

const channel = open();
const lengths = [];
const buffer = new Uint8Array(65536);
channel.watch(buffer, (length) => lengths.push(length));
structuredClone(buffer, { transfer: [buffer.buffer] });
ask(channel);
await sleep(50);
channel.close();
report({ lengths });
