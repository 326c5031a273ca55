/** What is written is read again, whatever the records, the format and the cuts between chunks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CaptureWriterOptions,
  createCaptureReader,
  createCaptureWriter,
  recordOf,
  WRITE_INVALID,
  WRITE_NO_ROOM,
} from '../src/pcap/index.js';
import { cases, concat, readAll, readChunks, right } from './pcap-support.js';

const record = fc.record({
  data: fc.uint8Array({ maxLength: 200 }),
  seconds: fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0xffff_ffff, 0x7fff_ffff)),
  nanoseconds: fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 999, 1000, 999_999_999)),
  more: fc.nat(70_000),
  pick: fc.nat(2),
  timed: fc.boolean(),
});

const options = fc.record({
  format: fc.constantFrom('pcap' as const, 'pcapng' as const),
  byteOrder: fc.constantFrom('little' as const, 'big' as const),
  resolution: fc.constantFrom('microseconds' as const, 'nanoseconds' as const),
  snapLength: fc.constantFrom(0, 200, 262_144),
});

/** A file, and what must be read from it. */
const capture = fc.tuple(options, fc.array(record, { maxLength: 12 })).map(([given, items]) => {
  const { format, byteOrder, resolution, snapLength } = given;
  const linkTypes = format === 'pcap' ? [1] : [1, 101, 276];
  const writing: CaptureWriterOptions = {
    format,
    byteOrder,
    resolution,
    interfaces: linkTypes.map((linkType) => ({ linkType, snapLength })),
  };
  const writer = right(createCaptureWriter(writing));
  const parts = [writer.header()];
  const expected = items.map(({ data, seconds, nanoseconds, more, pick, timed }) => {
    const interfaceId = pick % linkTypes.length;
    const originalLength = data.length + more;
    const exact = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    const timestampNs = timed || format === 'pcap' ? exact : null;
    parts.push(right(writer.record({ data, timestampNs, interfaceId, originalLength })));
    const kept = resolution === 'nanoseconds' ? exact : exact - (exact % 1000n);
    // A packet without time is simple only where its length follows; elsewhere the time becomes 0.
    const simple =
      timestampNs === null &&
      interfaceId === 0 &&
      data.length === Math.min(originalLength, snapLength || originalLength);
    return {
      interfaceId,
      linkType: linkTypes[interfaceId],
      timestampNs: simple ? null : timestampNs === null ? 0n : kept,
      originalLength,
      data,
    };
  });
  return { file: concat(parts), expected, parts };
});

describe('round trip', () => {
  it('gives every record back', () => {
    fc.assert(
      fc.property(capture, ({ file, expected }) => {
        const { records, error } = readAll(file);
        expect(error).toBeNull();
        expect(records).toHaveLength(expected.length);
        records.forEach((found, index) => expect(found).toMatchObject(expected[index] ?? {}));
      }),
      { numRuns: cases(0.01) },
    );
  });

  it('does not depend on where chunks are cut', () => {
    fc.assert(
      fc.property(
        capture,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (made, cuts) => {
          const chunks: Uint8Array[] = [];
          for (let at = 0, i = 0; at < made.file.length; i += 1) {
            const size = cuts[i % cuts.length] ?? 1;
            // Chunks of a stream are windows into larger buffers, and may be Node's subclass.
            const slab = Buffer.alloc(size + 8, 0xee);
            slab.set(made.file.subarray(at, at + size), 5);
            chunks.push(slab.subarray(5, 5 + Math.min(size, made.file.length - at)));
            at += size;
          }
          const whole = readAll(made.file);
          expect(readChunks(chunks)).toEqual(whole);
          expect(readChunks(chunks, { borrow: true }).error).toBeNull();
          for (const found of readChunks(chunks).records) {
            expect(Object.getPrototypeOf(found.data)).toBe(Uint8Array.prototype);
          }
        },
      ),
      { numRuns: cases(0.003) },
    );
  });

  it('a file cut anywhere gives all whole records, then Truncated', () => {
    fc.assert(
      fc.property(
        capture,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (made, where) => {
          const cut = Math.floor(where * made.file.length);
          let whole = 0;
          let at = 0;
          const ends = made.parts.map((part) => (at += part.length));
          while (whole < ends.length - 1 && (ends[whole + 1] ?? 0) <= cut) whole += 1;
          const { records, error } = readAll(made.file.subarray(0, cut));
          expect(records).toHaveLength(cut < (ends[0] ?? 0) ? 0 : whole);
          const clean = cut >= (ends[0] ?? 0) && ends.includes(cut);
          // The header of pcapng is several blocks: a cut between them is clean, too.
          if (clean) expect(error).toBeNull();
          else if (error !== null) {
            expect(error._tag).toBe('Truncated');
            if (error._tag === 'Truncated') expect(error.offset + error.actual).toBe(cut);
          } else expect(cut).toBeLessThan(ends[0] ?? 0);
        },
      ),
      { numRuns: cases(0.01) },
    );
  });

  it('copies a capture frame by frame without objects', () => {
    fc.assert(
      fc.property(capture, ({ file }) => {
        const reader = right(createCaptureReader());
        const writer = right(
          createCaptureWriter({
            format: 'pcapng',
            resolution: 'nanoseconds',
            interfaces: [1, 101, 276].map((linkType) => ({ linkType, snapLength: 0 })),
          }),
        );
        const out = new Uint8Array(20_000);
        out.set(writer.header());
        let length = writer.header().length;
        reader.feed(file);
        reader.finish();
        const seen = [];
        for (let step = reader.step(); step !== 'end'; step = reader.step()) {
          if (step !== 'record') continue;
          seen.push(recordOf(reader.record));
          const count = writer.recordInto(out, length, reader.record);
          expect(count).toBeGreaterThan(0);
          length += count;
        }
        const again = readAll(out.subarray(0, length));
        expect(again.error).toBeNull();
        expect(again.records.map(({ data, originalLength }) => [data, originalLength])).toEqual(
          seen.map(({ data, originalLength }) => [data, originalLength]),
        );
        expect(again.records.map((found) => found.timestampNs ?? 0n)).toEqual(
          seen.map((found) => found.timestampNs ?? 0n),
        );
      }),
      { numRuns: cases(0.003) },
    );
  });
});

describe('timestamps', () => {
  it('of every resolution equal exact arithmetic', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.tuple(fc.boolean(), fc.nat(127)),
        fc.bigInt({ min: -(1n << 40n), max: 1n << 40n }),
        (units, [binary, exponent], offset) => {
          const file = new Uint8Array(28 + 40 + 32);
          const view = new DataView(file.buffer);
          view.setUint32(0, 0x0a0d_0d0a, true);
          view.setUint32(4, 28, true);
          view.setUint32(8, 0x1a2b_3c4d, true);
          view.setUint16(12, 1, true);
          view.setUint32(24, 28, true);
          view.setUint32(28, 1, true);
          view.setUint32(32, 40, true);
          view.setUint16(44, 9, true);
          view.setUint16(46, 1, true);
          view.setUint8(48, (binary ? 0x80 : 0) | exponent);
          view.setUint16(52, 14, true);
          view.setUint16(54, 8, true);
          view.setBigInt64(56, offset, true);
          view.setUint32(64, 40, true);
          view.setUint32(68, 6, true);
          view.setUint32(72, 32, true);
          view.setUint32(80, Number(units >> 32n), true);
          view.setUint32(84, Number(units & 0xffff_ffffn), true);
          view.setUint32(96, 32, true);
          const { records, error } = readAll(file);
          expect(error).toBeNull();
          const perSecond = (binary ? 2n : 10n) ** BigInt(exponent);
          const seconds = units / perSecond + offset;
          // Seconds are a double: beyond 2^53, in the year 285 million, they are rounded.
          if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) return;
          const fraction = ((units % perSecond) * 1_000_000_000n) / perSecond;
          expect(records[0]?.timestampNs).toBe(seconds * 1_000_000_000n + fraction);
        },
      ),
      { numRuns: cases(0.05) },
    );
  });
});

describe('recordInto', () => {
  const frame = {
    interfaceId: 0,
    hasTimestamp: true,
    seconds: 1,
    nanoseconds: 0,
    originalLength: 100,
    bytes: new Uint8Array(100).fill(7),
    start: 0,
    length: 100,
  };

  it('writes nothing where there is no room', () => {
    for (const format of ['pcap', 'pcapng'] as const) {
      const writer = right(createCaptureWriter({ format, interfaces: [{ linkType: 1 }] }));
      const out = new Uint8Array(writer.recordBytes(100) - 1);
      expect(writer.recordInto(out, 0, frame)).toBe(WRITE_NO_ROOM);
      expect(out.every((octet) => octet === 0)).toBe(true);
      expect(writer.recordInto(new Uint8Array(out.length + 1), 0, frame)).toBe(out.length + 1);
    }
  });

  it('reads nothing outside of the bytes', () => {
    const writer = right(createCaptureWriter({ interfaces: [{ linkType: 1 }] }));
    const out = new Uint8Array(1000);
    expect(writer.recordInto(out, 0, { ...frame, start: 1 })).toBe(WRITE_INVALID);
    expect(writer.recordInto(out, 0, { ...frame, start: -1 })).toBe(WRITE_INVALID);
    expect(writer.recordInto(out, 0, { ...frame, length: Number.NaN })).toBe(WRITE_INVALID);
    expect(writer.recordInto(out, 0, { ...frame, nanoseconds: 1e9 })).toBe(WRITE_INVALID);
    expect(writer.errorOf(WRITE_INVALID, { ...frame, start: 1 })._tag).toBe('Decode');
  });
});
