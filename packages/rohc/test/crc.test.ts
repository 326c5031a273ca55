/** CRC-3, CRC-7 and CRC-8 of RFC 5795 section 5.3.1 against catalogue values and long division. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRC3_INIT, CRC7_INIT, CRC8_INIT, crc3, crc7, crc8 } from '../src/crc.js';
import { cases } from './pcap-support.js';

/** The generators as the RFC prints them: bit i is the coefficient of x^i. */
const GENERATORS = [
  { name: 'CRC-3', width: 3, generator: 0b1011n, crc: crc3, init: CRC3_INIT, check: 0x6 },
  { name: 'CRC-7', width: 7, generator: 0b1100_1111n, crc: crc7, init: CRC7_INIT, check: 0x53 },
  { name: 'CRC-8', width: 8, generator: 0b1_0000_0111n, crc: crc8, init: CRC8_INIT, check: 0xd0 },
] as const;

/**
 * The remainder of the message's polynomial, by long division: bits in the order in which they are
 * sent (the least significant of an octet first), the first `width` inverted, `width` zeros behind.
 */
const longDivision = (message: Uint8Array, width: number, generator: bigint): number => {
  let dividend = 0n;
  for (const octet of message) {
    for (let bit = 0; bit < 8; bit += 1) dividend = (dividend << 1n) | BigInt((octet >> bit) & 1);
  }
  dividend <<= BigInt(width);
  const length = 8 * message.length + width;
  dividend ^= ((1n << BigInt(width)) - 1n) << BigInt(length - width);
  for (let degree = length - 1; degree >= width; degree -= 1) {
    if ((dividend >> BigInt(degree)) & 1n) dividend ^= generator << BigInt(degree - width);
  }
  // The coefficient of the highest power is sent first, that is, as the least significant bit.
  let register = 0;
  for (let i = 0; i < width; i += 1) {
    if ((dividend >> BigInt(width - 1 - i)) & 1n) register |= 1 << i;
  }
  return register;
};

const digits = new TextEncoder().encode('123456789');

describe.each(GENERATORS)('$name', ({ width, generator, crc, init, check }) => {
  it('has the catalogue check value', () => {
    expect(crc(digits)).toBe(check);
    expect(longDivision(digits, width, generator)).toBe(check);
  });

  it('of nothing is all ones', () => {
    expect(init).toBe(2 ** width - 1);
    expect(crc(new Uint8Array(0))).toBe(init);
  });

  it('equals long division for every octet', () => {
    for (let octet = 0; octet < 256; octet += 1) {
      const message = Uint8Array.of(octet);
      expect(crc(message)).toBe(longDivision(message, width, generator));
    }
  });

  it('equals long division', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (message) => {
        expect(crc(message)).toBe(longDivision(message, width, generator));
      }),
      { numRuns: cases(1) },
    );
  });

  it('chains over pieces, and reads no octet outside of its range', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(100),
        fc.nat(100),
        fc.nat(100),
        (message, a, b, c) => {
          const cut = [a, b, c].map((at) => at % (message.length + 1)).sort((x, y) => x - y);
          const [from = 0, middle = 0, to = 0] = cut;
          const whole = crc(message.slice(from, to));
          expect(crc(message, from, to)).toBe(whole);
          expect(crc(message, middle, to, crc(message, from, middle))).toBe(whole);
          expect(whole).toBeLessThan(2 ** width);
        },
      ),
      { numRuns: cases(1) },
    );
  });

  it('sees every single flipped bit, and every burst no longer than itself', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 1, max: 2 ** width - 1 }),
        (message, where, pattern) => {
          const damaged = message.slice();
          const start = where % (8 * message.length - width + 1);
          for (let i = 0; i < width; i += 1) {
            const at = start + i;
            damaged[at >> 3] = (damaged[at >> 3] ?? 0) ^ (((pattern >> i) & 1) << (at & 7));
          }
          expect(crc(damaged)).not.toBe(crc(message));
        },
      ),
      { numRuns: cases(0.5) },
    );
  });
});
