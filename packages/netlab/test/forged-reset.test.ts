/** Forged RSTs: byte by byte, their checksums, and what is left alone (RFC 9293, RFC 8684 section 3.6). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forgeReset } from '../src/internal/impair/forged-reset.js';
import { cases } from './arbitrary.js';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

const FLAG = { SYN: 2, RST: 4, PSH: 8, ACK: 16 };

interface Segment {
  readonly v6: boolean;
  readonly flags: number;
  /** Words of IP options, of IPv4 only. */
  readonly optionWords: number;
  readonly payload: Uint8Array;
  readonly addresses: Uint8Array;
  readonly header: Uint8Array;
}

/** A TCP segment whose checksums are not right, as they needn't be. */
const packetOf = ({ v6, flags, optionWords, payload, addresses, header }: Segment): Uint8Array => {
  const at = v6 ? 40 : 20 + 4 * optionWords;
  const packet = new Uint8Array(at + 20 + payload.length);
  const view = new DataView(packet.buffer);
  if (v6) {
    packet[0] = 0x60;
    view.setUint16(4, 20 + payload.length);
    packet.set([6, 64], 6);
    packet.set(addresses, 8);
  } else {
    packet[0] = 0x40 | (at / 4);
    view.setUint16(2, packet.length);
    packet.set([64, 6], 8);
    packet.set(addresses.subarray(0, 8), 12);
  }
  packet.set(header, at);
  packet[at + 12] = 0x50;
  packet[at + 13] = flags;
  packet.set(payload, at + 20);
  return packet;
};

/** RFC 1071, in another way than the code has it: end-around carry at each step. */
const folded = (...parts: ReadonlyArray<Uint8Array>): number =>
  parts.reduce((sum, part) => {
    for (let at = 0; at < part.length; at += 2) {
      sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
      if (sum > 0xffff) sum = (sum & 0xffff) + 1;
    }
    return sum;
  }, 0);

const segment = fc.record({
  v6: fc.boolean(),
  flags: fc.constantFrom(FLAG.ACK, FLAG.ACK | FLAG.PSH, FLAG.ACK | FLAG.SYN, FLAG.ACK | 1),
  optionWords: fc.integer({ min: 0, max: 10 }),
  payload: fc.uint8Array({ maxLength: 40 }),
  addresses: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  header: fc.uint8Array({ minLength: 20, maxLength: 20 }),
});

const option = fc.option(
  fc.record({ reason: fc.integer({ min: 0, max: 255 }), transient: fc.boolean() }),
  { nil: undefined },
);

describe('a forged RST', () => {
  test('takes the place of a segment, with MP_TCPRST', () => {
    const data = bytes(`
      4500 002e 1234 4000 4006 0000 0a000001 0a000002
      1234 0050 01020304 05060708 5018 01f6 ffff 0000 616263646566`);
    const reset = forgeReset(data, { reason: 6, transient: true });
    expect(reset).toEqual(
      bytes(`
        4500 002c 1234 4000 4006 1496 0a000001 0a000002
        1234 0050 01020304 05060708 6014 0000 ca27 0000 1e048106`),
    );
  });

  test('keeps ends and numbers, and its checksums are right', () => {
    fc.assert(
      fc.property(segment, option, (described, said) => {
        const packet = packetOf(described);
        const before = packet.slice();
        const reset = forgeReset(packet, said);
        if (reset === undefined) throw new Error('not forged');
        expect(packet).toEqual(before);
        const { v6 } = described;
        const at = v6 ? 40 : 20 + 4 * described.optionWords;
        const length = said === undefined ? 20 : 24;
        expect(reset).toHaveLength(at + length);
        const view = new DataView(reset.buffer);
        expect(view.getUint16(v6 ? 4 : 2)).toBe(v6 ? length : reset.length);
        // Ports, sequence number, acknowledgement.
        expect(reset.subarray(at, at + 12)).toEqual(packet.subarray(at, at + 12));
        expect(reset.subarray(at + 12, at + 14)).toEqual(
          Uint8Array.of((length / 4) << 4, FLAG.RST | FLAG.ACK),
        );
        const addresses = packet.subarray(v6 ? 8 : 12, v6 ? 40 : 20);
        expect(reset.subarray(v6 ? 8 : 12, v6 ? 40 : 20)).toEqual(addresses);
        expect(folded(addresses, Uint8Array.of(0, 6, 0, length), reset.subarray(at))).toBe(0xffff);
        if (!v6) expect(folded(reset.subarray(0, at))).toBe(0xffff);
        expect([...reset.subarray(at + 20)]).toEqual(
          said === undefined ? [] : [30, 4, 0x80 | (said.transient ? 1 : 0), said.reason],
        );
      }),
      { numRuns: cases(0.1) },
    );
  });

  test('is not made of SYNs, RSTs, fragments and what is cut', () => {
    const whole: Segment = {
      v6: false,
      flags: FLAG.ACK,
      optionWords: 0,
      payload: new Uint8Array(0),
      addresses: new Uint8Array(32),
      header: new Uint8Array(20),
    };
    for (const flags of [FLAG.SYN, FLAG.RST, FLAG.RST | FLAG.ACK, 0]) {
      expect(forgeReset(packetOf({ ...whole, flags }), undefined)).toBeUndefined();
    }
    for (const offset of [0x2000, 1]) {
      const fragment = packetOf(whole);
      new DataView(fragment.buffer).setUint16(6, offset);
      expect(forgeReset(fragment, undefined)).toBeUndefined();
    }
    for (const v6 of [false, true]) {
      const packet = packetOf({ ...whole, v6 });
      for (let length = 0; length < packet.length; length++) {
        expect(forgeReset(packet.subarray(0, length), undefined)).toBeUndefined();
      }
      const udp = packet.slice();
      udp[v6 ? 6 : 9] = 17;
      expect(forgeReset(udp, undefined)).toBeUndefined();
    }
  });

  test('of any bytes: none, or one that is whole', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x45, 0x4f, 0x60),
        (tail, first) => {
          const reset = forgeReset(Uint8Array.of(first, ...tail), { reason: 1, transient: false });
          if (reset !== undefined) expect(reset.length).toBeGreaterThanOrEqual(44);
        },
      ),
      { numRuns: cases(0.1) },
    );
  });
});
