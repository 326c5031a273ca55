/** Self-describing variable-length values: RFC 5795 section 5.1.2 and the boundaries of each form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSdvl, SDVL_MAX, sdvlLength, sdvlLengthOf, writeSdvl } from '../src/sdvl.js';
import { cases, hex } from './pcap-support.js';

/** The encoding as text: prefix and bits, written down from the RFC's table. */
const asBits = (value: number): string => {
  const form = [
    ['0', 7],
    ['10', 14],
    ['110', 21],
    ['111', 29],
  ] as const;
  for (const [prefix, bits] of form) {
    if (value < 2 ** bits) return prefix + value.toString(2).padStart(bits, '0');
  }
  return '';
};

const fromBits = (bits: string): Uint8Array =>
  Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));

/** Values of every size alike, and around each boundary. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 29 }).chain((bits) => fc.nat(2 ** bits - 1)),
  fc.constantFrom(0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0x1fff_ffff),
);

describe('SDVL (RFC 5795 section 5.1.2)', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8080'],
    [300, '812c'],
    [16_383, 'bfff'],
    [16_384, 'c04000'],
    [0x1f_ffff, 'dfffff'],
    [0x20_0000, 'e0200000'],
    [0x1fff_ffff, 'ffffffff'],
  ])('%i is %s', (number, text) => {
    const expected = hex(text);
    const out = new Uint8Array(expected.length);
    expect(writeSdvl(number, out, 0)).toBe(expected.length);
    expect(out).toEqual(expected);
    expect(readSdvl(expected, 0)).toBe(number);
    expect(sdvlLength(number)).toBe(expected.length);
  });

  it('names the largest value of each form', () => {
    expect([...SDVL_MAX]).toEqual([2 ** 7 - 1, 2 ** 14 - 1, 2 ** 21 - 1, 2 ** 29 - 1]);
    SDVL_MAX.forEach((most, index) => {
      expect(sdvlLength(most)).toBe(index + 1);
      expect(sdvlLength(most + 1)).toBe(index === 3 ? 0 : index + 2);
    });
  });

  it('refuses what needs more than 29 bits, and what is no length', () => {
    const out = new Uint8Array(8);
    for (const number of [0x2000_0000, 2 ** 32, 2 ** 53, -1, -(2 ** 31), Infinity, -Infinity]) {
      expect(sdvlLength(number)).toBe(0);
      expect(writeSdvl(number, out, 0)).toBe(0);
    }
    expect(out).toEqual(new Uint8Array(8));
  });

  it('tells the length from any first octet', () => {
    for (let first = 0; first < 256; first += 1) {
      const prefix = /^(0|10|110|111)/.exec(first.toString(2).padStart(8, '0'))?.[1] ?? '';
      expect(sdvlLengthOf(first)).toBe(['0', '10', '110', '111'].indexOf(prefix) + 1);
    }
  });

  it('writes the shortest form, touches nothing else, and reads it back', () => {
    fc.assert(
      fc.property(value, fc.nat(6), (number, at) => {
        const out = new Uint8Array(12).fill(0xaa);
        const length = writeSdvl(number, out, at);
        const expected = fromBits(asBits(number));
        expect(length).toBe(expected.length);
        expect(out.slice(at, at + length)).toEqual(expected);
        out.fill(0xaa, at, at + length);
        expect(out.every((octet) => octet === 0xaa)).toBe(true);
        out.set(expected, at);
        expect(readSdvl(out, at)).toBe(number);
        expect(sdvlLengthOf(out[at] ?? 0)).toBe(length);
      }),
      { numRuns: cases(1) },
    );
  });

  it('without room writes nothing, and reads nothing behind the end', () => {
    fc.assert(
      fc.property(value, fc.nat(3), (number, short) => {
        const expected = fromBits(asBits(number));
        const room = Math.max(0, expected.length - 1 - (short % expected.length));
        const out = new Uint8Array(2 + room).fill(0xaa);
        expect(writeSdvl(number, out, 2)).toBe(0);
        expect(out.every((octet) => octet === 0xaa)).toBe(true);
        expect(readSdvl(expected.subarray(0, room), 0)).toBe(-1);
        expect(readSdvl(expected, 0, room)).toBe(-1);
        expect(readSdvl(expected, expected.length)).toBe(-1);
      }),
      { numRuns: cases(0.2) },
    );
  });

  it('reads longer forms than needed, as the RFC allows', () => {
    expect(readSdvl(hex('8001'), 0)).toBe(1);
    expect(readSdvl(hex('c00001'), 0)).toBe(1);
    expect(readSdvl(hex('e0000001'), 0)).toBe(1);
  });
});
