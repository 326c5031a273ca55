/** Names and owners: whose a namespace is, and whether its owner still runs. */
import * as E from 'fp-ts/lib/Either.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDeviceName, isNodeName, parseNamespaceName, printNamespaceName } from '../src/index.js';
import { readOwner, startTicksOf, stateOfOwner } from '../src/owner.js';
import { cases } from './arbitrary.js';

const name = fc.record({
  owner: fc.record({
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    startTicks: fc.maxSafeNat(),
    scope: fc.stringMatching(/^[0-9a-f]{8}$/),
  }),
  lab: fc.nat(999_999_999),
  node: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}[A-Za-z0-9]$/),
});

test('a name printed and parsed is the same', () => {
  fc.assert(
    fc.property(name, (parts) => {
      const printed = printNamespaceName(parts);
      expect(parseNamespaceName(printed)).toEqual(E.right(parts));
      expect(printed.length).toBeLessThan(256);
    }),
    { numRuns: cases(1 / 20) },
  );
});

test('no other text is taken for one of ours', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const parsed = parseNamespaceName(`${before}lq-1-1-00000000-0-a${after}`);
      if (E.isRight(parsed)) expect(before).toBe('');
      expect(E.isLeft(parseNamespaceName(before))).toBe(true);
    }),
    { numRuns: cases(1 / 20) },
  );
});

test.each([
  'lq-0-1-00000000-0-a',
  'lq-01-1-00000000-0-a',
  'lq-1-01-00000000-0-a',
  'lq-1-1-0-0-a',
  'lq-1-1-00000000-00-a',
  'lq-1-1-00000000-0-',
  'lq-1-1-00000000-0-../a',
  'LQ-1-1-00000000-0-a',
])('%s is not ours', (text) => {
  expect(E.isLeft(parseNamespaceName(text))).toBe(true);
});

test('interface and node names', () => {
  expect(['eth0', 'a', 'up.5', 'fifteen-letters'].every(isDeviceName)).toBe(true);
  expect(
    ['', 'lo', 'all', 'default', '0eth', '..', 'a/b', 'a b', 'sixteen-letters0'].some(isDeviceName),
  ).toBe(false);
  expect(['a', 'client-1', 'h_2'].every(isNodeName)).toBe(true);
  expect(['', '1', 'a-', 'ä', 'a.b', 'a'.repeat(64)].some(isNodeName)).toBe(false);
});

describe('owners', () => {
  test('the start is found behind whatever the command is called', () => {
    const tail = Array.from({ length: 18 }, (_, i) => i).join(' ');
    expect(startTicksOf(`12 (a) b) (c) S ${tail} 4711 0`)).toBe(4711);
    expect(startTicksOf(`12 (zombie) Z ${tail} 4711 0`)).toBeUndefined();
    expect(startTicksOf('nonsense')).toBeUndefined();
  });

  test.runIf(process.platform === 'linux')(
    'this process is alive, a later one with its pid is not',
    () => {
      const self = readOwner();
      if (self === undefined) throw new Error('/proc is not mounted');
      expect(stateOfOwner(self)).toBe('alive');
      expect(stateOfOwner({ ...self, startTicks: self.startTicks - 1 })).toBe('dead');
      // Larger than any pid that Linux gives out.
      expect(stateOfOwner({ ...self, pid: 2 ** 30 })).toBe('dead');
      expect(stateOfOwner({ ...self, scope: '00000000' })).toBe('foreign');
    },
  );
});
