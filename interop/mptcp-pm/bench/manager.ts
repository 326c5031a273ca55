/** Our manager as an application starts it: the public API, one policy, in a process of its own. */

import { fullMesh, openPathManager } from '@liquid/mptcp-pm';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

const opened = await openPathManager({ policies: [fullMesh()] })();
if (E.isLeft(opened)) process.send?.(renderError(opened.left));
else {
  const manager = opened.right;
  process.send?.('ready');
  // Any message asks what it manages and what processor time it has used, in µs.
  process.on('message', () => {
    let subflows = 0;
    for (const connection of manager.view().connections()) subflows += connection.subflows.length;
    const { user, system } = process.cpuUsage();
    process.send?.({ subflows, cpuUs: user + system });
  });
}
process.once('disconnect', () => process.exit());
