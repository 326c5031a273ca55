/** Everything is forgotten while it is watched, and collected: the callback still comes. */
import { ask, open, report, sleep } from './kit.mjs';

let calls = 0;
const asks = [];
const begin = () => {
  for (let count = 0; count < 50; count++) {
    const channel = open();
    channel.watch(new Uint8Array(65536), () => calls++);
    asks.push(new WeakRef(channel));
    channel.ref(false);
    ask(channel);
  }
};
begin();
const { gc } = globalThis;
for (let round = 0; round < 10; round++) {
  gc?.();
  await sleep(5);
  for (const reference of asks) {
    const channel = reference.deref();
    if (channel !== undefined) ask(channel);
  }
}
// Closed ones are collected, watch and all.
const handles = [];
for (let count = 0; count < 200; count++) {
  const channel = open();
  channel.watch(new Uint8Array(65536), () => undefined);
  handles.push(new WeakRef(channel));
  channel.close();
}
for (let round = 0; round < 10; round++) {
  await sleep(5);
  gc?.();
}
report({
  calls,
  kept: asks.filter((reference) => reference.deref() !== undefined).length,
  leaked: handles.filter((reference) => reference.deref() !== undefined).length,
});
