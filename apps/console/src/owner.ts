/** A run that ends with the process that wanted it, even where it is too busy to notice. */

import { Worker } from 'node:worker_threads';

/** Between two looks. */
const LOOK_MS = 500;

/** Time for a run to end in order, after the end of its standard input has told it to. */
const GRACE_MS = 5000;

/** In a thread of its own, for a scenario that never yields holds up all else. */
const WATCH = `
const { workerData: { owner, look, grace } } = require('node:worker_threads');
const timer = setInterval(() => {
  if (process.ppid === owner) return;
  clearInterval(timer);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), grace);
}, look);
`;

/**
 * Kills this process some seconds after its owner has gone.
 *
 * @param owner id of the process that started this one
 */
export const endWithOwner = (owner: number): void => {
  const workerData = { owner, look: LOOK_MS, grace: GRACE_MS };
  new Worker(WATCH, { eval: true, workerData }).unref();
};
