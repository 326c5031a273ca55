/** Quantities: text against exact decimal arithmetic in bigint, arithmetic against bigint. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  bandwidthDelayProduct,
  BitsPerSecond,
  Bytes,
  Bytes64,
  Cores,
  Count,
  Microseconds,
  Milliseconds,
  millisecondsToMicroseconds,
  millisecondsToSeconds,
  microsecondsToMilliseconds,
  Nanoseconds,
  OperationsPerSecond,
  Packets,
  type Quantity,
  Ratio,
  Seconds,
  secondsToMilliseconds,
  transferRate,
  transferSize,
  transferTime,
  Watts,
} from '../src/index.js';
import { cases } from './cases.js';

const MAX = Number.MAX_SAFE_INTEGER;
const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

const all = [
  Bytes,
  BitsPerSecond,
  Microseconds,
  Milliseconds,
  Seconds,
  Count,
  Packets,
  Ratio,
  Cores,
  OperationsPerSecond,
  Watts,
] as unknown as ReadonlyArray<Quantity<number>>;

describe('parse', () => {
  test('knows the prefixes', () => {
    const sizes: ReadonlyArray<readonly [string, number]> = [
      ['0', 0],
      ['1', 1],
      ['1500', 1500],
      ['1500B', 1500],
      ['1500 bytes', 1500],
      ['1 kB', 1e3],
      ['1 KB', 1e3],
      ['1MB', 1e6],
      ['1 GB', 1e9],
      ['1 TB', 1e12],
      ['1 PB', 1e15],
      ['1 KiB', 2 ** 10],
      ['1MiB', 2 ** 20],
      ['1 GiB', 2 ** 30],
      ['1 TiB', 2 ** 40],
      ['1 PiB', 2 ** 50],
      ['1.5 KiB', 1536],
      ['0.5 kB', 500],
      ['1e3', 1000],
      ['1.5e3 B', 1500],
      ['  7 B ', 7],
    ];
    for (const [text, value] of sizes)
      expect([text, Bytes.parse(text)]).toEqual([text, E.right(value)]);
    const rates: ReadonlyArray<readonly [string, number]> = [
      ['9600', 9600],
      ['9600 bit/s', 9600],
      ['9600bps', 9600],
      ['5 Mbit/s', 5e6],
      ['5Mbps', 5e6],
      ['5 mbit/s', NaN],
      ['1 Gbit', 1e9],
      ['1.5 Gb/s', 1.5e9],
      ['2 MB/s', 16e6],
      ['1 MiB/s', 8 * 2 ** 20],
      ['3 B/s', 24],
    ];
    for (const [text, value] of rates) {
      const result = BitsPerSecond.parse(text);
      expect([text, E.isRight(result) ? result.right : NaN]).toEqual([text, value]);
    }
    expect(right(Milliseconds.parse('300 ms'))).toBe(300);
    expect(right(Milliseconds.parse('1.5 s'))).toBe(1500);
    expect(right(Milliseconds.parse('250 µs'))).toBe(0.25);
    expect(right(Milliseconds.parse('250 \u03bcs'))).toBe(0.25);
    expect(right(Milliseconds.parse('250us'))).toBe(0.25);
    expect(right(Seconds.parse('1 d'))).toBe(86_400);
    expect(right(Ratio.parse('2.5 %'))).toBe(0.025);
    expect(right(Cores.parse('250m'))).toBe(0.25);
  });
  test('refuses what is no amount, and what is out of range', () => {
    for (const text of [
      '',
      ' ',
      '-1',
      '+1',
      'B',
      '1 XB',
      '1 b',
      '0x10',
      '1,5',
      '1_000',
      '1.',
      '.5',
      '1..2',
      'NaN',
      'Infinity',
      '1 kB kB',
      '1e99',
      '1e',
      '0.1',
      '9007199254740992',
      '1'.repeat(81),
    ]) {
      expect([text, E.isLeft(Bytes.parse(text))]).toEqual([text, true]);
    }
    expect(E.isLeft(Ratio.parse('101 %'))).toBe(true);
  });
  test('is the nearest double of the exact decimal', () => {
    // Oracle: JavaScript's own decimal literal conversion, which rounds correctly.
    fc.assert(
      fc.property(
        fc.nat(2 ** 31 - 1),
        fc.nat(999_999),
        fc.constantFrom(['k', 3], ['M', 6], ['', 0]),
        (whole, part, [prefix, power]) => {
          const text = `${whole}.${part}`;
          const value = right(BitsPerSecond.parse(`${text} ${prefix}bit/s`));
          expect(value).toBe(Number(`${text}e${power}`));
        },
      ),
      cases(0.1),
    );
    // Division that does not end in binary: parts of a minute in seconds are decimal literals too.
    fc.assert(
      fc.property(fc.nat(1e9), (ns) => {
        expect(right(Seconds.parse(`${ns} ns`))).toBe(Number(`${ns}e-9`));
      }),
      cases(0.05),
    );
  });
  test('of whole quantities is exact or refused', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 30),
        fc.nat(999),
        fc.constantFrom(1000n, 1024n),
        (whole, part, base) => {
          const text = `${whole}.${String(part).padStart(3, '0')} ${base === 1000n ? 'kB' : 'KiB'}`;
          const thousandths = (BigInt(whole) * 1000n + BigInt(part)) * base;
          const expected =
            thousandths % 1000n === 0n ? E.right(Number(thousandths / 1000n)) : undefined;
          const result = Bytes.parse(text);
          if (expected === undefined) expect(E.isLeft(result)).toBe(true);
          else expect(result).toEqual(expected);
        },
      ),
      cases(0.1),
    );
  });
  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        for (const quantity of all) quantity.parse(text);
        Bytes64.parse(text);
      }),
      cases(0.1),
    );
  });
});

describe('print', () => {
  test('chooses a unit that is exact', () => {
    expect(
      [0, 1, 999, 1000, 1024, 1500, 65536, 1_500_000, 1e9, 2 ** 30].map((n) =>
        Bytes.print(Bytes.clamp(n)),
      ),
    ).toEqual([
      '0 B',
      '1 B',
      '999 B',
      '1 kB',
      '1 KiB',
      '1500 B',
      '64 KiB',
      '1500 kB',
      '1 GB',
      '1 GiB',
    ]);
    expect(BitsPerSecond.print(BitsPerSecond.clamp(5e6))).toBe('5 Mbit/s');
    expect(Milliseconds.print(Milliseconds.clamp(300))).toBe('300 ms');
    expect(Milliseconds.print(Milliseconds.clamp(0.25))).toBe('250 µs');
    expect(Ratio.print(Ratio.clamp(0.05))).toBe('5 %');
  });
  test('is read back as the same value, and so is its FromText codec', () => {
    for (const quantity of all) {
      const value = quantity.whole
        ? fc.oneof(
            fc.maxSafeNat(),
            fc.nat(5000),
            fc.nat(9).map((n) => n * 1024 ** 3),
          )
        : fc.oneof(
            fc.double({ min: 0, max: quantity.max, noNaN: true }),
            fc.nat(100).map((n) => Math.min(quantity.max, n / 10)),
          );
      fc.assert(
        fc.property(value, (n) => {
          const q = right(quantity.of(n));
          expect(quantity.parse(quantity.print(q))).toEqual(E.right(q));
          expect(quantity.FromText.decode(quantity.FromText.encode(q))).toEqual(E.right(q));
          expect(quantity.FromText.decode(q)).toEqual(E.right(q));
        }),
        cases(0.01),
      );
    }
  });
  test('approximates to three digits', () => {
    const near = (n: number): string => BitsPerSecond.approximate(BitsPerSecond.clamp(n));
    expect([0, 0.5, 1, 999.4, 999.6, 1000, 94_123_456, 999_999, 9e15].map(near)).toEqual([
      '0 bit/s',
      '0.5 bit/s',
      '1 bit/s',
      '999 bit/s',
      '1 kbit/s',
      '1 kbit/s',
      '94.1 Mbit/s',
      '1 Mbit/s',
      '9 Pbit/s',
    ]);
    expect(Milliseconds.approximate(Milliseconds.clamp(0.0123))).toBe('12.3 µs');
    expect(Bytes.approximate(Bytes.clamp(1234567), 2)).toBe('1.2 MiB');
    // Within half a unit of the third digit, whatever the value.
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 8.9e15, noNaN: true }), (n) => {
        const back = right(BitsPerSecond.parse(near(n)));
        expect(Math.abs(back - n) / n).toBeLessThanOrEqual(0.00501);
      }),
      cases(0.05),
    );
  });
});

describe('of, clamp and codec', () => {
  test('agree on what a value is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), fc.integer(), fc.constantFrom(MAX, MAX + 1, -0, NaN, Infinity)),
        (n) => {
          for (const quantity of all) {
            const valid = n >= 0 && n <= quantity.max && (!quantity.whole || Number.isInteger(n));
            expect(E.isRight(quantity.of(n))).toBe(valid);
            expect(quantity.is(n)).toBe(valid);
            expect(E.isRight(quantity.decode(n))).toBe(valid);
            const clamped = quantity.clamp(n);
            expect(quantity.is(clamped)).toBe(true);
            if (valid) expect(clamped).toBe(n + 0);
          }
        },
      ),
      cases(0.05),
    );
  });
  test('clamp rounds and cuts', () => {
    expect([NaN, -1, 0.4, 0.5, 1e300, Infinity].map((n) => Bytes.clamp(n))).toEqual([
      0,
      0,
      0,
      1,
      MAX,
      MAX,
    ]);
    expect(Object.is(Bytes.clamp(-0), 0)).toBe(true);
    expect(Object.is(right(Bytes.of(-0)), 0)).toBe(true);
  });
});

describe('arithmetic', () => {
  const value = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(100),
    fc.nat(100).map((n) => MAX - n),
  );
  test('of bytes equals bigint arithmetic, or says so', () => {
    fc.assert(
      fc.property(value, value, (x, y) => {
        const [a, b] = [Bytes.clamp(x), Bytes.clamp(y)];
        const sum = BigInt(a) + BigInt(b);
        const difference = BigInt(a) - BigInt(b);
        const added = Bytes.add(b)(a);
        expect(E.isRight(added) ? BigInt(added.right) : -1n).toBe(sum <= BigInt(MAX) ? sum : -1n);
        expect(BigInt(Bytes.addSaturating(b)(a))).toBe(sum <= BigInt(MAX) ? sum : BigInt(MAX));
        const subtracted = Bytes.subtract(b)(a);
        expect(E.isRight(subtracted) ? BigInt(subtracted.right) : -1n).toBe(
          difference >= 0n ? difference : -1n,
        );
        expect(BigInt(Bytes.subtractSaturating(b)(a))).toBe(difference >= 0n ? difference : 0n);
      }),
      cases(),
    );
  });
  test('scale rounds and refuses', () => {
    const ten = Bytes.clamp(10);
    expect(Bytes.scale(0.25)(ten)).toEqual(E.right(3));
    for (const factor of [-1, NaN, Infinity, 1e300])
      expect(E.isLeft(Bytes.scale(factor)(ten))).toBe(true);
    expect(E.isLeft(BitsPerSecond.scale(-1)(BitsPerSecond.zero))).toBe(true);
    expect(E.isLeft(Bytes.scale(-1)(Bytes.zero))).toBe(true);
    expect(Ratio.scale(0.5)(Ratio.clamp(1))).toEqual(E.right(0.5));
  });
  test('sum stops at the limit', () => {
    expect(Bytes.sum([])).toEqual(E.right(0));
    expect(Bytes.sum([Bytes.clamp(1), Bytes.clamp(2)])).toEqual(E.right(3));
    expect(E.isLeft(Bytes.sum([Bytes.max, Bytes.clamp(1)]))).toBe(true);
  });
});

describe('64-bit quantities', () => {
  const value = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: 0n, max: 100n }),
  );
  test('print and read back', () => {
    fc.assert(
      fc.property(value, (n) => {
        const q = right(Bytes64.of(n));
        expect(Bytes64.parse(Bytes64.print(q))).toEqual(E.right(q));
        expect(Bytes64.decode(JSON.parse(JSON.stringify(Bytes64.encode(q))))).toEqual(E.right(q));
        const ns = right(Nanoseconds.of(n));
        expect(Nanoseconds.parse(Nanoseconds.print(ns))).toEqual(E.right(ns));
      }),
      cases(0.1),
    );
  });
  test('keep to their range', () => {
    const max = Bytes64.max;
    expect(max).toBe(2n ** 64n - 1n);
    expect(E.isLeft(Bytes64.of(2n ** 64n))).toBe(true);
    expect(E.isLeft(Bytes64.of(-1))).toBe(true);
    expect(E.isLeft(Bytes64.of(0.5))).toBe(true);
    expect(E.isLeft(Bytes64.parse('18446744073709551616'))).toBe(true);
    expect(right(Bytes64.parse('18446744073709551615'))).toBe(max);
    expect(E.isLeft(Bytes64.add(Bytes64.clamp(1n))(max))).toBe(true);
    expect(Bytes64.addSaturating(Bytes64.clamp(1n))(max)).toBe(max);
    expect(E.isLeft(Bytes64.subtract(max)(Bytes64.zero))).toBe(true);
    expect(Bytes64.subtractSaturating(max)(Bytes64.zero)).toBe(0n);
    expect(Bytes64.scale(1n, 3n)(Bytes64.clamp(10n))).toEqual(E.right(3n));
    expect(E.isLeft(Bytes64.scale(1n, 0n)(max))).toBe(true);
    expect(E.isLeft(Bytes64.scale(-1n, 3n)(Bytes64.clamp(1n)))).toBe(true);
    expect(Bytes64.clamp(-5n)).toBe(0n);
    expect(Bytes64.decode(5)).toEqual(E.right(5n));
    expect(E.isLeft(Bytes64.decode(null))).toBe(true);
  });
});

describe('conversions', () => {
  test('match figures known from elsewhere', () => {
    // 1500 bytes at 150 Mbit/s last 80 µs; Ethernet's 12,304 bits at 10 Gbit/s.
    expect(right(transferTime(BitsPerSecond.clamp(150e6))(Bytes.clamp(1500)))).toBe(80);
    expect(right(transferTime(BitsPerSecond.clamp(10e9))(Bytes.clamp(1538)))).toBeCloseTo(
      1.2304,
      10,
    );
    expect(
      right(bandwidthDelayProduct(BitsPerSecond.clamp(1e9))(Microseconds.clamp(100_000))),
    ).toBe(12_500_000);
    expect(right(transferRate(Microseconds.clamp(80))(Bytes.clamp(1500)))).toBe(150e6);
    expect(right(transferSize(BitsPerSecond.clamp(150e6))(Microseconds.clamp(80)))).toBe(1500);
  });
  test('say when there is no finite answer', () => {
    expect(E.isLeft(transferTime(BitsPerSecond.zero)(Bytes.clamp(1)))).toBe(true);
    expect(right(transferTime(BitsPerSecond.zero)(Bytes.zero))).toBe(0);
    expect(E.isLeft(transferRate(Microseconds.zero)(Bytes.clamp(1)))).toBe(true);
    expect(right(transferRate(Microseconds.zero)(Bytes.zero))).toBe(0);
    expect(E.isLeft(bandwidthDelayProduct(BitsPerSecond.max)(Microseconds.max))).toBe(true);
  });
  test('of durations go there and back', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (ms) => {
        const q = Milliseconds.clamp(ms);
        expect(microsecondsToMilliseconds(millisecondsToMicroseconds(q))).toBe(q);
        expect(secondsToMilliseconds(millisecondsToSeconds(q))).toBeCloseTo(q, 6);
      }),
      cases(0.02),
    );
  });
});
