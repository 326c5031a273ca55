/** Shaping as `tc` says it: defaults, and changes without an unshaped moment. */
import * as E from 'fp-ts/lib/Either.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultBurstBytes, Shaping, shapingCommands } from '../src/index.js';
import { cases, shaping } from './arbitrary.js';

const place = { namespace: 'n', device: 'd', mtu: 1500 };
const text = (wanted: Shaping | null, previous: Shaping | null = null): string[] =>
  shapingCommands(place, wanted, previous).map((argv) => argv.join(' '));

describe('commands', () => {
  test.each<[Shaping, string[]]>([
    [
      { kind: 'tbf', rateBps: 100e6, burstBytes: 32_768, latencyMs: 20 },
      // 32768 + 100 Mbit/s × 20 ms ÷ 8
      [
        'tc -n n qdisc replace dev d root handle 1: tbf rate 100000000bit burst 32768b limit 282768b',
      ],
    ],
    [
      { kind: 'tbf', rateBps: 8000, limitBytes: 5000 },
      ['tc -n n qdisc replace dev d root handle 1: tbf rate 8000bit burst 15140b limit 5000b'],
    ],
    [
      { kind: 'htb', rateBps: 1e9, ceilBps: 2e9, queue: { kind: 'fq_codel', targetMs: 3 } },
      [
        'tc -n n qdisc replace dev d root handle 2: htb default 1',
        'tc -n n class replace dev d parent 2: classid 2:1 htb rate 1000000000bit ceil 2000000000bit burst 500000b cburst 1000000b quantum 1514',
        'tc -n n qdisc replace dev d parent 2:1 handle 13: fq_codel target 3ms',
      ],
    ],
    [{ kind: 'fifo' }, ['tc -n n qdisc replace dev d root handle 5: pfifo limit 1000']],
    [
      { kind: 'fifo', limitBytes: 9 },
      ['tc -n n qdisc replace dev d root handle 4: bfifo limit 9b'],
    ],
    [
      { kind: 'fq_codel', limitPackets: 9, flows: 8, intervalMs: 50, ecn: false },
      ['tc -n n qdisc replace dev d root handle 3: fq_codel limit 9 flows 8 interval 50ms noecn'],
    ],
  ])('%o', (wanted, expected) => {
    expect(text(wanted)).toEqual(expected);
  });

  test('unshaping removes what is there, and nothing where nothing is', () => {
    expect(text(null, { kind: 'fifo' })).toEqual(['tc -n n qdisc del dev d root']);
    expect(text(null)).toEqual([]);
  });

  test('a rate of one htb changes without touching its qdisc', () => {
    const [first] = text({ kind: 'htb', rateBps: 2e6 }, { kind: 'htb', rateBps: 1e6 });
    expect(first).toContain('class replace');
  });
});

describe('any shaping', () => {
  test('passes its codec and replaces, whatever was there', () => {
    fc.assert(
      fc.property(shaping, fc.option(shaping), (wanted, previous) => {
        expect(E.isRight(Shaping.decode(wanted))).toBe(true);
        const commands = text(wanted, previous);
        expect(commands.length).toBeGreaterThan(0);
        expect(commands.every((line) => / (?:qdisc|class) replace /.test(line))).toBe(true);
      }),
      { numRuns: cases(1 / 50) },
    );
  });

  test('gets at least ten frames of burst, and what 4 ms carry', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 1e11 }),
        fc.integer({ min: 68, max: 65_535 }),
        (rate, mtu) => {
          const burst = defaultBurstBytes(rate, mtu);
          expect(burst).toBeGreaterThanOrEqual(10 * (mtu + 14));
          expect(burst * 8).toBeGreaterThanOrEqual(rate * 0.004);
          expect(burst).toBeLessThan(2 ** 32);
        },
      ),
      { numRuns: cases(1 / 50) },
    );
  });
});

test.each([
  ['an unknown kind', { kind: 'netem' }],
  ['no rate', { kind: 'tbf' }],
  ['a rate as text', { kind: 'tbf', rateBps: '10mbit' }],
  ['a fraction', { kind: 'tbf', rateBps: 10.5 }],
  ['no number', { kind: 'tbf', rateBps: Number.NaN }],
  ['latency beside a limit', { kind: 'tbf', rateBps: 1e6, latencyMs: 5, limitBytes: 5 }],
  ['two limits', { kind: 'fifo', limitBytes: 5, limitPackets: 5 }],
  ['a misspelt key', { kind: 'htb', rateBps: 1e6, burst: 5 }],
])('%s is refused', (_, value) => {
  expect(E.isLeft(Shaping.decode(value))).toBe(true);
});
