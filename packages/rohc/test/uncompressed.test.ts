/** Profile 0x0000 (RFC 5795 section 5.4). */
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc8 } from '../src/crc.js';
import {
  UNCOMPRESSED_FORMATS,
  UncompressedCompressorContext,
  UncompressedDecompressorContext,
} from '../src/profiles/uncompressed.js';
import { compressed, decompressed } from './ip-support.js';
import { cases } from './pcap-support.js';

const PACKET = Uint8Array.of(0x45, 1, 2, 3);

const create = (
  o: Partial<ConstructorParameters<typeof UncompressedCompressorContext>[0]> = {},
) => {
  const options = { cid: 0, large: false, repetitions: 2, refreshIr: 5, ...o };
  return {
    compressor: new UncompressedCompressorContext(options),
    decompressor: new UncompressedDecompressorContext(options),
  };
};

describe('profile 0x0000', () => {
  it('IR: type, profile, CRC-8 over what stands in front of it, packet', () => {
    const { compressor } = create({ cid: 3 });
    const crc = crc8(Uint8Array.of(0xe3, 0xfc, 0));
    expect(compressed(compressor, PACKET)).toEqual(Uint8Array.of(0xe3, 0xfc, 0, crc, ...PACKET));
    const large = create({ cid: 300, large: true });
    const largeCrc = crc8(Uint8Array.of(0xfc, 0x81, 0x2c, 0));
    expect(compressed(large.compressor, PACKET)).toEqual(
      Uint8Array.of(0xfc, 0x81, 0x2c, 0, largeCrc, ...PACKET),
    );
  });

  it('Normal: the large CID stands behind the first octet', () => {
    const { compressor } = create({ cid: 300, large: true, repetitions: 0 });
    expect(compressed(compressor, PACKET)).toEqual(Uint8Array.of(0x45, 0x81, 0x2c, 1, 2, 3));
    const small = create({ cid: 3, repetitions: 0 });
    expect(compressed(small.compressor, PACKET)).toEqual(Uint8Array.of(0xe3, 0x45, 1, 2, 3));
  });

  it('repeats IR, refreshes it, and stops refreshing once feedback came', () => {
    const { compressor } = create();
    const formats = (n: number): string =>
      Array.from({ length: n }, () => {
        compressed(compressor, PACKET);
        return (UNCOMPRESSED_FORMATS[compressor.lastFormat] as string)[0];
      }).join('');
    expect(formats(16)).toBe('IINNNNNIINNNNNII');
    expect(compressor.feedback(Uint8Array.of(0), 0, 1)).toBe(0);
    expect(formats(12)).toBe('NNNNNNNNNNNN');
    // not an ACK of this profile
    expect(compressor.feedback(Uint8Array.of(7), 0, 1)).toBe(-5);
  });

  it('a first octet that the framework reserves travels in an IR', () => {
    const { compressor, decompressor } = create({ repetitions: 0, refreshIr: 1000 });
    for (let first = 0; first < 256; first++) {
      const packet = Uint8Array.of(first, 9, 9);
      const sent = compressed(compressor, packet);
      if (typeof sent === 'number') throw new Error(`code ${sent}`);
      expect(UNCOMPRESSED_FORMATS[compressor.lastFormat]).toBe(first >= 0xe0 ? 'IR' : 'Normal');
      if (first === 0)
        decompressed(decompressor, compressed(create().compressor, PACKET) as Uint8Array, false);
      expect(decompressed(decompressor, sent, false)).toEqual(packet);
    }
  });

  it('gives every packet back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(
          [0, false],
          [15, false],
          [0, true],
          [127, true],
          [128, true],
          [16383, true],
        ),
        (packets, [cid, large]) => {
          const { compressor, decompressor } = create({
            cid: cid as number,
            large: large as boolean,
          });
          for (const packet of packets) {
            const sent = compressed(compressor, packet);
            if (typeof sent === 'number') throw new Error(`code ${sent}`);
            expect(decompressed(decompressor, sent, large as boolean)).toEqual(packet);
          }
        },
      ),
      { numRuns: cases(0.02) },
    );
  });

  it('an IR without packet sets up the context and delivers nothing', () => {
    const { decompressor } = create();
    expect(decompressed(decompressor, PACKET, false)).toBe(-3);
    const ir = Uint8Array.of(0xfc, 0, crc8(Uint8Array.of(0xfc, 0)));
    expect(decompressed(decompressor, ir, false)).toEqual(new Uint8Array(0));
    expect(decompressed(decompressor, PACKET, false)).toEqual(PACKET);
  });

  it('discards a wrong CRC and the reserved bit, and keeps its state', () => {
    const { decompressor } = create();
    const before = serialize(decompressor);
    const ir = (type: number, flip: number): Uint8Array =>
      Uint8Array.of(type, 0, crc8(Uint8Array.of(type, 0)) ^ flip, ...PACKET);
    expect(decompressed(decompressor, ir(0xfc, 1), false)).toBe(-2);
    expect(decompressed(decompressor, ir(0xfd, 0), false)).toBe(-5);
    expect(decompressed(decompressor, Uint8Array.of(0xfc, 0), false)).toBe(-1);
    expect(serialize(decompressor)).toEqual(before);
  });

  it('writes nothing where there is no room', () => {
    const { compressor } = create();
    const before = serialize(compressor);
    expect(compressed(compressor, PACKET, PACKET.length + 2)).toBe(-6);
    expect(serialize(compressor)).toEqual(before);
  });
});
