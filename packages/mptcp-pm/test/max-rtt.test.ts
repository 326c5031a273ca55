/** Maximum round-trip time: which subflow is kept. */
import { expect, test } from 'vitest';
import { createEngine, stepEngine } from '../src/engine.js';
import type { EngineInput } from '../src/input.js';
import { maxRtt } from '../src/policy/max-rtt.js';
import { addresses, connectionFields, sample, subflowFields, tuple } from './support/build.js';

const TOKEN = 5;

/** Keys of the subflows that are sent to rest; `undefined`: it has come up after the poll. */
const rested = (...rttMs: ReadonlyArray<number | undefined>): ReadonlyArray<string> => {
  const ports = rttMs.map((_, i) => tuple(i === 0 ? 0 : 1, 40_000 + i));
  const inputs: ReadonlyArray<EngineInput> = [
    { _tag: 'Addresses', atMs: 0, addresses: addresses(0, 1) },
    { _tag: 'Event', atMs: 1, event: { _tag: 'Created', ...connectionFields(TOKEN) } },
    { _tag: 'Event', atMs: 2, event: { _tag: 'Established', ...connectionFields(TOKEN) } },
    ...ports.slice(1).map(
      (at): EngineInput => ({
        _tag: 'Event',
        atMs: 3,
        event: { _tag: 'SubEstablished', ...subflowFields(TOKEN, at) },
      }),
    ),
    {
      _tag: 'Samples',
      atMs: 300,
      complete: false,
      samples: ports.flatMap((at, i) => {
        const ms = rttMs[i];
        return ms === undefined ? [] : [sample(TOKEN, at, { rttUs: ms * 1000, join: i > 0 })];
      }),
    },
  ];
  let engine = createEngine({ policies: [maxRtt({ maxMs: 200 })] });
  return inputs.flatMap((input) => {
    const stepped = stepEngine(engine, input);
    ({ engine } = stepped);
    return stepped.commands.flatMap(({ action }) =>
      action._tag === 'SetBackup' ? [String(action.subflow.split('>')[0]?.split(':')[1])] : [],
    );
  });
};

test('the quickest that is known stays, wherever it stands', () => {
  expect(rested(20, 800)).toEqual(['40001']);
  expect(rested(800, 20)).toEqual(['40000']);
  expect(rested(900, 800)).toEqual(['40000']);
});

test('one that has no sample yet is neither kept for it nor rested', () => {
  expect(rested(20, undefined, 800)).toEqual(['40002']);
  expect(rested(800, undefined, 20)).toEqual(['40000']);
  // The only one that is known to carry anything.
  expect(rested(800, undefined)).toEqual([]);
});
