/** Threads load the transport, watch, and end: orderly, by terminate, by an error, under load. */
import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ask, open, report, sleep, transportName } from './kit.mjs';

const descriptors = () => readdirSync('/proc/self/fd').length;

if (isMainThread) {
  const run = async (how) => {
    const worker = new Worker(new URL(import.meta.url), {
      argv: [transportName],
      workerData: how,
    });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('error', () => undefined);
    await new Promise((resolve) => worker.once('message', resolve));
    if (how.endsWith('terminate')) await worker.terminate();
    return ended;
  };
  // The first thread brings what stays open: its loop's own descriptors are gone with it.
  await run('leave');
  const before = descriptors();
  const codes = {};
  for (const how of ['leave', 'terminate', 'busy-terminate', 'throw', 'exit', 'leave']) {
    for (let round = 0; round < 5; round++) codes[how] = await run(how);
  }
  await sleep(100);
  report({ codes, leaked: descriptors() - before });
} else {
  const channels = Array.from({ length: 5 }, () => open());
  for (const channel of channels) {
    channel.watch(new Uint8Array(65536), () => {
      if (workerData === 'busy-terminate') ask(channel);
    });
    ask(channel);
  }
  await sleep(10);
  parentPort?.postMessage('running');
  if (workerData === 'leave') for (const channel of channels) channel.ref(false);
  if (workerData === 'throw') {
    setTimeout(() => {
      throw new Error('the thread ends');
    }, 5);
  }
  if (workerData === 'exit') setTimeout(() => process.exit(7), 5);
}
