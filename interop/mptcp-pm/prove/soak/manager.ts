/** The manager under test, with the policies that answer faults; tells when asked what it uses. */

import { readdirSync } from 'node:fs';
import { fullMesh, lossyPath, maxRtt, openPathManager, resetReaction } from '@liquid/mptcp-pm';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

let unhandled = 0;
process.on('unhandledRejection', (reason) => {
  unhandled++;
  console.error('unhandled rejection:', reason);
});

const policies = [lossyPath(), maxRtt({ maxMs: 300 }), resetReaction(), fullMesh()];
const opened = await openPathManager({ policies })();
if (E.isLeft(opened)) process.send?.(renderError(opened.left));
else {
  const manager = opened.right;
  process.send?.('ready');
  process.on('message', () => {
    // What a collection gives back is no growth: without it the young generation's size, which
    // swings by tens of megabytes, would be measured.
    globalThis.gc?.();
    process.send?.({
      rssBytes: process.memoryUsage.rss(),
      heapBytes: process.memoryUsage().heapUsed,
      descriptors: readdirSync('/proc/self/fd').length,
      unhandled,
      stats: manager.stats(),
    });
  });
}
process.once('disconnect', () => process.exit());
