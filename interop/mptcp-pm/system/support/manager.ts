/** A path manager in a process of its own, which a test may kill: tells what it adopted and what it does. */

import { fullMesh, openPathManager } from '@liquid/mptcp-pm';
import { right } from './machine.ts';

const manager = right(await openPathManager({ policies: [fullMesh()] })());
const connections = (): ReadonlyArray<{ readonly subflows: number; readonly adopted: boolean }> =>
  [...manager.view().connections()].map(({ subflows, adopted }) => ({
    subflows: subflows.filter(({ phase }) => phase === 'established').length,
    adopted,
  }));
process.send?.({ started: connections() });
setInterval(() => process.send?.({ connections: connections() }), 50);
process.once('disconnect', () => process.exit());
