/** A path manager in a process of its own, which a test may kill: tells what it adopted and what it does. */

import { fullMesh, openPathManager } from '@liquid/mptcp-pm';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

const opened = await openPathManager({ policies: [fullMesh()] })();
if (E.isLeft(opened)) throw new Error(renderError(opened.left));
const manager = opened.right;
const connections = (): ReadonlyArray<{ readonly subflows: number; readonly adopted: boolean }> =>
  [...manager.view().connections()].map(({ subflows, adopted }) => ({
    subflows: subflows.filter(({ phase }) => phase === 'established').length,
    adopted,
  }));
process.send?.({ started: connections() });
setInterval(() => process.send?.({ connections: connections() }), 50);
process.once('disconnect', () => process.exit());
