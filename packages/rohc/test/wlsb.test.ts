/** LSB and W-LSB (RFC 4997 section 4.11.5, RFC 6846) against exhaustive and exact oracles. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWlsbWindow, lsbDecode16, lsbDecode32, lsbFits16, lsbFits32 } from '../src/wlsb.js';
import { cases } from './pcap-support.js';

const FORMS = [
  { width: 16, decode: lsbDecode16, fits: lsbFits16 },
  { width: 32, decode: lsbDecode32, fits: lsbFits32 },
] as const;

/**
 * (bits, p) of every LSB field of RFC 6846: sequence and acknowledgement numbers, their scaled forms,
 * the MSN, IP-ID offset, window, TTL, co_common's short forms, and the four forms of timestamps.
 */
const RFC6846_FIELDS = [
  [18, 65_535],
  [16, 32_767],
  [16, 65_535],
  [16, 16_383],
  [15, 8191],
  [14, 8191],
  [15, 16_383],
  [16, 63],
  [8, 63],
  [8, 3],
  [7, 3],
  [5, 3],
  [4, 3],
  [3, 1],
  [3, 3],
  [4, 4],
  [4, 7],
  [7, -1],
  [14, -1],
  [21, 0x4_0000],
  [29, 0x400_0000],
] as const;

const modulo = (value: bigint, width: number): number => Number(BigInt.asUintN(width, value));

/** The value of the interval [reference − p, reference + 2^k − 1 − p] that ends in `bits`, exactly. */
const decodeExactly = (reference: number, bits: number, k: number, p: number, width: number) => {
  const low = BigInt(reference) - BigInt(p);
  const distance = BigInt.asUintN(k, BigInt(bits) - low);
  return modulo(low + distance, width);
};

/** The same by trying the whole interval. */
const decodeBySearch = (reference: number, bits: number, k: number, p: number, width: number) => {
  const found: number[] = [];
  for (let i = 0; i < 2 ** k; i += 1) {
    const value = modulo(BigInt(reference) - BigInt(p) + BigInt(i), width);
    if ((BigInt(value) & ((1n << BigInt(k)) - 1n)) === BigInt(bits)) found.push(value);
  }
  return found;
};

const fitsExactly = (reference: number, value: number, k: number, p: number, width: number) =>
  BigInt.asUintN(width, BigInt(value) - BigInt(reference) + BigInt(p)) < 1n << BigInt(k);

const lowBits = (value: number, k: number): number => Number(BigInt.asUintN(k, BigInt(value)));

/** Counters anywhere, and often about to wrap. */
const counter = (width: number) =>
  fc.oneof(
    fc.nat(2 ** width - 1),
    fc.nat(40).map((near) => near),
    fc.nat(40).map((near) => 2 ** width - 1 - near),
    fc.nat(40).map((near) => 2 ** (width - 1) - 20 + near),
  );

const offset = (k: number) =>
  fc.oneof(
    fc.constantFrom(-1, 0, 1, 3),
    fc.integer({ min: -1, max: Math.max(0, 2 ** Math.min(k, 30) - 1) }),
  );

const bitsAndOffset = (width: number) =>
  fc.nat(width).chain((k) => fc.tuple(fc.constant(k), offset(k)));

describe.each(FORMS)('LSB of $width-bit values', ({ width, decode, fits }) => {
  it('decodes as a search through the interval does, p = −1 and wrap included', () => {
    const top = 2 ** width;
    for (const reference of [0, 1, 7, 8, 100, top / 2, top - 9, top - 8, top - 1]) {
      for (let k = 0; k <= 6; k += 1) {
        for (const p of [-1, 0, 1, 2 ** k - 1, 2 ** k]) {
          for (let bits = 0; bits < 2 ** k; bits += 1) {
            expect(decodeBySearch(reference, bits, k, p, width)).toEqual([
              decode(reference, bits, k, p),
            ]);
          }
        }
      }
    }
  });

  it('decodes exactly', () => {
    fc.assert(
      fc.property(
        counter(width),
        counter(width),
        bitsAndOffset(width),
        (reference, value, [k, p]) => {
          const bits = lowBits(value, k);
          expect(decode(reference, bits, k, p)).toBe(decodeExactly(reference, bits, k, p, width));
        },
      ),
      { numRuns: cases(1) },
    );
  });

  it('ignores what stands above the k bits, as formats hand it over', () => {
    fc.assert(
      fc.property(
        counter(width),
        counter(width),
        bitsAndOffset(width),
        (reference, value, [k, p]) => {
          expect(decode(reference, value, k, p)).toBe(decode(reference, lowBits(value, k), k, p));
        },
      ),
      { numRuns: cases(0.2) },
    );
  });

  it('a value fits exactly when its bits decode to it', () => {
    fc.assert(
      fc.property(
        counter(width),
        fc.oneof(counter(width), fc.constant(null)),
        fc.integer({ min: -300, max: 300 }),
        bitsAndOffset(width),
        (reference, far, near, [k, p]) => {
          const value = far ?? modulo(BigInt(reference) + BigInt(near), width);
          const expected = fitsExactly(reference, value, k, p, width);
          expect(fits(reference, value, k, p)).toBe(expected);
          expect(decode(reference, lowBits(value, k), k, p) === value).toBe(expected);
        },
      ),
      { numRuns: cases(1) },
    );
  });

  it.each(RFC6846_FIELDS.filter(([k, p]) => k <= width && p < 2 ** width))(
    'lsb(%i, %i): both ends of the interval fit, their neighbours do not',
    (k, p) => {
      for (const reference of [0, 1, 0x7fff, 2 ** width - 1, 2 ** (width - 1)]) {
        const at = (distance: number): number =>
          modulo(BigInt(reference) + BigInt(distance), width);
        const first = -p;
        const last = 2 ** k - 1 - p;
        for (const distance of [first, last]) {
          const value = at(distance);
          expect(fits(reference, value, k, p)).toBe(true);
          expect(decode(reference, lowBits(value, k), k, p)).toBe(value);
        }
        const whole = k === width;
        expect(fits(reference, at(first - 1), k, p)).toBe(whole);
        expect(fits(reference, at(last + 1), k, p)).toBe(whole);
      }
    },
  );
});

describe('timestamps of RFC 6846 (p = −1)', () => {
  it('an unchanged one needs the third form, the next one the first', () => {
    const reference = 0xffff_ffff;
    expect(lsbFits32(reference, reference, 7, -1)).toBe(false);
    expect(lsbFits32(reference, reference, 14, -1)).toBe(false);
    expect(lsbFits32(reference, reference, 21, 0x4_0000)).toBe(true);
    expect(lsbFits32(reference, 0, 7, -1)).toBe(true);
    expect(lsbFits32(reference, 127, 7, -1)).toBe(true);
    expect(lsbFits32(reference, 128, 7, -1)).toBe(false);
    expect(lsbDecode32(reference, 0, 7, -1)).toBe(0);
  });
});

/** The window as the text has it: a list, newest last. */
interface Entry {
  readonly sn: number;
  readonly value: number;
}

interface Model {
  readonly width: number;
  readonly entries: Entry[];
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), value: counter(32) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('near' as const),
      by: fc.integer({ min: -3, max: 90 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ack' as const), back: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stranger' as const) }) },
);

describe('W-LSB window', () => {
  it.each([1, 2, 3, 4, 63, 64, 255, 256])('of width %i keeps the newest', (width) => {
    const window = createWlsbWindow(width);
    expect(window.size).toBe(0);
    for (let i = 0; i < 3 * width; i += 1) {
      window.add(i, i);
      expect(window.size).toBe(Math.min(i + 1, width));
      const oldest = Math.max(0, i + 1 - width);
      // Down to the oldest reference 2^k values fit, and only a reference that left would object.
      expect(window.fits(oldest + 2 ** 9 - 1, 9, 0)).toBe(2 ** 9 - 1 + oldest >= i);
      expect(window.fits(oldest + 2 ** 9, 9, 0)).toBe(false);
    }
  });

  it.each([
    [0, 1],
    [-5, 1],
    [257, 256],
    [1e9, 256],
    [4.9, 4],
  ])('a width of %d is taken as %i', (asked, width) => {
    const window = createWlsbWindow(asked);
    for (let i = 0; i < 600; i += 1) window.add(i, i);
    expect(window.size).toBe(width);
  });

  it('an empty one fits nothing but all 32 bits', () => {
    const window = createWlsbWindow(4);
    expect(window.fits(0, 31, 0)).toBe(false);
    expect(window.fits(0, 32, 0)).toBe(true);
    expect(window.bitsNeeded(0, 0)).toBe(32);
    expect(window.acknowledge(0)).toBe(0);
  });

  it('equals a list, for widths 1 to 256, over wraps of the value and of the sequence number', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 256 })),
        fc.nat(0xffff),
        fc.array(step, { maxLength: 40 }),
        counter(32),
        bitsAndOffset(32),
        (width, firstSn, steps, probe, [k, p]) => {
          const window = createWlsbWindow(width);
          const model: Model = { width, entries: [] };
          let sn = firstSn;
          let last = probe;
          for (const action of steps) {
            if (action.do === 'add' || action.do === 'near') {
              last = action.do === 'add' ? action.value : (last + action.by) >>> 0;
              window.add(sn, last);
              model.entries.push({ sn, value: last });
              if (model.entries.length > width) model.entries.shift();
              sn = (sn + 1) & 0xffff;
            } else {
              const acked = action.do === 'ack' ? (sn - action.back) & 0xffff : (sn + 5) & 0xffff;
              const index = model.entries.findIndex((entry) => entry.sn === acked);
              expect(window.acknowledge(acked)).toBe(Math.max(0, index));
              if (index > 0) model.entries.splice(0, index);
            }
            expect(window.size).toBe(model.entries.length);
          }
          for (const value of [probe, last, (last + 1) >>> 0, (last + 77) >>> 0]) {
            const all = (bits: number): boolean =>
              bits >= 32 ||
              (model.entries.length > 0 &&
                model.entries.every((entry) => fitsExactly(entry.value, value, bits, p, 32)));
            expect(window.fits(value, k, p)).toBe(all(k));
            let needed = 0;
            while (!all(needed)) needed += 1;
            expect(window.bitsNeeded(value, p)).toBe(needed);
            // What fits is decoded by a receiver that holds any of the references.
            if (!all(k)) continue;
            for (const { value: reference } of model.entries) {
              expect(lsbDecode32(reference, lowBits(value, k), k, p)).toBe(value);
            }
          }
        },
      ),
      { numRuns: cases(0.2) },
    );
  });

  it('after a wrapped sequence number the newest reference of that number is meant', () => {
    const window = createWlsbWindow(256);
    for (let i = 0; i < 4; i += 1) window.add(0xfffe + i, 100 + i);
    expect(window.acknowledge(0)).toBe(2);
    expect(window.size).toBe(2);
    expect(window.acknowledge(0x1_0001)).toBe(1);
  });
});
