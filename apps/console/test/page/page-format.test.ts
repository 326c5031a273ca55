/** Numbers and times as people read them; numbers as the terminal prints them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  titleWithUnit,
  withUnit,
} from '../../page/src/format.ts';
import { formatNumber as inTerminal } from '../../src/terminal.ts';

test('page and terminal print every number alike', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
      (value) => {
        expect(formatNumber(value)).toBe(inTerminal(value));
      },
    ),
    { numRuns: Number(process.env['LIQUID_CASES'] ?? 1000) },
  );
});

test('what is no number is a dash', () => {
  expect(formatNumber(Number.NaN)).toBe('–');
  expect(withUnit(null, 'B')).toBe('–');
  expect(withUnit(4.25, 'B/packet')).toBe('4.25 B/packet');
  expect(withUnit(4, '')).toBe('4');
  expect(titleWithUnit('size', 'B')).toBe('size (B)');
  expect(titleWithUnit('size', '')).toBe('size');
});

test.for([
  [0, '0 ms'],
  [-5, '0 ms'],
  [999, '999 ms'],
  [999.6, '1.0 s'],
  [4210, '4.2 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
] as const)('%d ms is %s', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});

test.for([
  [0, '0 B'],
  [1023, '1023 B'],
  [2048, '2 KiB'],
  [64 * 2 ** 20, '64 MiB'],
  [5.5 * 2 ** 40, '5632 GiB'],
] as const)('%d octets are %s', ([bytes, text]) => {
  expect(formatBytes(bytes)).toBe(text);
});
