/** What a path manager can do for somebody without rights: run as such, tells it as one JSON object. */

import { anyPolicy, diagnose, openPathManager } from '@liquid/mptcp-pm';
import * as E from 'fp-ts/lib/Either.js';

const policy = anyPolicy({ name: 'idle', init: 0, step: () => ({ state: 0, actions: [] }) });

const manage = await openPathManager({ policies: [policy] })();
if (E.isRight(manage)) await manage.right.stop();
const observe = await openPathManager()();
const result: Record<string, unknown> = { manage: E.isLeft(manage) ? manage.left : 'opened' };
if (E.isLeft(observe)) result['observe'] = observe.left;
else {
  const manager = observe.right;
  const [connection] = manager.view().connections();
  const token = connection?.token ?? 0;
  const applied = await manager.apply({ _tag: 'Remove', token, id: 1 })();
  result['observe'] = {
    mode: manager.mode,
    subflows: connection?.subflows.map(({ key, sample }) => ({ key, rttUs: sample?.rttUs })),
    apply: E.isLeft(applied) ? applied.left : 'done',
  };
  // Polls alone tell of what comes and goes.
  await new Promise((resolve) => setTimeout(resolve, 700));
  result['polls'] = manager.stats().completePolls;
  await manager.stop();
}
result['doctor'] = (await diagnose()()).findings;
process.stdout.write(`${JSON.stringify(result)}\n`);
