/** Lines and events, however the octets are cut, and however hostile they are. */
import { RunEvent } from '@liquid/types/scenario';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineSplitter } from '../src/lines.js';
import { parseRunEvent } from '../src/run-events.js';

const CASES = Math.min(Number(process.env['LIQUID_CASES'] ?? 2000), 20_000);

/** Splits octets that come in pieces of these sizes, over and over. */
const split = (bytes: Uint8Array, sizes: ReadonlyArray<number>, limit = 1e9) => {
  const lines: Array<string> = [];
  let long = 0;
  const splitter = createLineSplitter({
    limit,
    onLine: (line) => lines.push(line),
    onTooLong: () => (long += 1),
  });
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? 1);
    // One buffer for all pieces, overwritten after each: whoever keeps a piece sees another.
    const piece = bytes.slice(at, at + size);
    splitter.push(piece);
    piece.fill(0x58);
    at += size;
  }
  splitter.end();
  return { lines, long };
};

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('lines', () => {
  test('are the same however the octets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (texts, sizes) => {
          const bytes = encode(texts.join('\n'));
          const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
          const expected = whole
            .split('\n')
            .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
            .filter((line) => line !== '');
          expect(split(bytes, sizes).lines).toEqual(expected);
        },
      ),
      { numRuns: CASES },
    );
  });
  test('that are too long are left out whole, once each, and the next ones come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 40 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1 }),
        (lengths, sizes) => {
          const text = lengths.map((n) => 'x'.repeat(n)).join('\n');
          const { lines, long } = split(encode(text), sizes, 16);
          expect(lines).toEqual(lengths.filter((n) => n > 0 && n <= 16).map((n) => 'x'.repeat(n)));
          expect(long).toBe(lengths.filter((n) => n > 16).length);
        },
      ),
      { numRuns: CASES },
    );
  });
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const event: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ type: fc.constant('start' as const), scenario: fc.string(), seed: fc.string() }),
  fc.record({ type: fc.constant('point' as const), series: fc.string(), x: finite, y: finite }),
  fc.record({ type: fc.constant('progress' as const), done: finite }),
  fc.record({ type: fc.constant('control' as const), name: fc.string(), value: fc.jsonValue() }),
  fc.record({ type: fc.constant('log' as const), level: fc.string(), message: fc.string() }),
);

describe('events', () => {
  test('come back from their lines', () => {
    fc.assert(
      fc.property(event, (told) => {
        const line = JSON.stringify(told);
        expect(parseRunEvent(line)).toEqual(JSON.parse(line));
      }),
      { numRuns: CASES },
    );
  });
  test('are those of the codec, and nothing else', () => {
    const near = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          type: fc.constantFrom('point', 'log', 'progress', 'start', 'control', 'x'),
          series: fc.jsonValue(),
          x: fc.oneof(finite, fc.jsonValue()),
          y: fc.oneof(finite, fc.jsonValue()),
          done: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(near, (value) => {
        const line = JSON.stringify(value);
        expect(parseRunEvent(line) !== undefined).toBe(RunEvent.is(JSON.parse(line)));
      }),
      { numRuns: CASES },
    );
    for (const text of ['', '{', 'null', 'NaN', '{"type":"point","series":"a","x":1e999,"y":0}']) {
      expect(parseRunEvent(text)).toBe(undefined);
    }
  });
});
