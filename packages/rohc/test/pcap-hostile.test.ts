/** Captures made to hurt: lengths that lie, mutations, and what they may cost. */
import { describe, expect, it } from 'vitest';
import {
  type CaptureReaderOptions,
  createCaptureReader,
  createCaptureWriter,
  createIpSpan,
  ipPacketInto,
} from '../src/pcap/index.js';
import { cases, concat, hex, random, readAll, right } from './pcap-support.js';

const SECTION = hex('0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000');
const INTERFACE = hex('01000000 14000000 0100 0000 00000000 14000000');
const PCAP = hex('d4c3b2a1 0200 0400 00000000 00000000 00000000 01000000');

const uint32 = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
};

/** The largest array that is allocated while `run` runs. */
const largestAllocation = (run: () => void): number => {
  const Plain = globalThis.Uint8Array;
  let largest = 0;
  globalThis.Uint8Array = new Proxy(Plain, {
    construct(target, [first, ...rest], newTarget) {
      if (typeof first === 'number') largest = Math.max(largest, first);
      return Reflect.construct(
        target,
        [first, ...rest],
        newTarget === proxyOf() ? target : newTarget,
      );
    },
  });
  const proxy = globalThis.Uint8Array;
  const proxyOf = (): typeof Plain => proxy;
  try {
    run();
  } finally {
    globalThis.Uint8Array = Plain;
  }
  return largest;
};

describe('lengths that lie', () => {
  it.each([0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 262_145])('pcap record of %i', (length) => {
    const file = concat([
      PCAP,
      uint32(0),
      uint32(0),
      uint32(length),
      uint32(60),
      new Uint8Array(99),
    ]);
    let error: unknown;
    const largest = largestAllocation(() => {
      error = readAll(file).error;
    });
    expect(error).toMatchObject({
      _tag: 'LimitExceeded',
      offset: 32,
      expected: 262_144,
      actual: length,
    });
    expect(largest).toBeLessThan(5000);
  });

  it('a record at the limit is not allocated before it arrives', () => {
    const header = concat([uint32(0), uint32(0), uint32(262_144), uint32(262_144)]);
    const file = concat([PCAP, header, new Uint8Array(84)]);
    let error: unknown;
    const largest = largestAllocation(() => {
      const reader = right(createCaptureReader());
      for (const octet of file) for (const _ of reader.push(Uint8Array.of(octet))) continue;
      for (const _ of reader.end()) continue;
      error = reader.error;
    });
    expect(error).toMatchObject({ _tag: 'Truncated', offset: 24, expected: 262_160, actual: 100 });
    // It did allocate, so the count counts.
    expect(largest).toBeGreaterThanOrEqual(16);
    expect(largest).toBeLessThan(5000);
  });

  it.each([
    ['0', 0],
    ['8', 8],
    ['12, shorter than its body', 12],
    ['33, no multiple of 4', 33],
    ['4294967295', 0xffff_ffff],
  ])('pcapng block of %s', (_, total) => {
    const file = concat([SECTION, INTERFACE, uint32(6), uint32(total), new Uint8Array(64)]);
    const { error, events } = readAll(file);
    expect(events).toHaveLength(2);
    expect(error).toMatchObject({ _tag: 'Decode', offset: 52, actual: String(total) });
  });

  it('pcapng block beyond the limit', () => {
    const file = concat([SECTION, INTERFACE, uint32(6), uint32(0xffff_fffc), new Uint8Array(64)]);
    let error: unknown;
    const largest = largestAllocation(() => {
      error = readAll(file).error;
    });
    expect(error).toMatchObject({ _tag: 'LimitExceeded', offset: 52, actual: 0xffff_fffc });
    expect(largest).toBeLessThan(5000);
  });

  it('a skipped block may be as long as it likes: it is not stored', () => {
    const body = 8_000_000;
    const reader = right(createCaptureReader({ maxBlockBytes: 64, maxRecordBytes: 64 }));
    const largest = largestAllocation(() => {
      for (const _ of reader.push(concat([SECTION, uint32(0xbad), uint32(body + 12)]))) continue;
    });
    const chunk = new Uint8Array(100_000);
    const stored = largestAllocation(() => {
      for (let at = 0; at < body; at += chunk.length) {
        for (const _ of reader.push(chunk)) continue;
      }
      for (const _ of reader.push(concat([uint32(body + 12), INTERFACE]))) continue;
    });
    expect(reader.error).toBeNull();
    expect(reader.interfaces).toHaveLength(1);
    expect(reader.stats().skippedBlocks).toBe(1);
    expect(Math.max(largest, stored)).toBeLessThan(5000);
  });

  it('a skipped block of 4 GiB in a short file is truncated', () => {
    const file = concat([SECTION, uint32(0xbad), uint32(0xffff_fffc), new Uint8Array(16)]);
    expect(readAll(file).error).toMatchObject({ _tag: 'Truncated', offset: 52, actual: 0 });
  });

  it.each([
    ['of a packet', 6, 32],
    ['of a skipped block', 0xbad, 32],
  ])('two total lengths %s that differ', (_, type, total) => {
    const file = concat([SECTION, INTERFACE, uint32(type), uint32(total), new Uint8Array(24)]);
    const { error } = readAll(file);
    expect(error).toMatchObject({ _tag: 'Corrupt', offset: 48 + 28, expected: '32', actual: '0' });
  });

  it('a captured length beyond its block', () => {
    const packet = hex(
      '06000000 24000000 00000000 00000000 00000000 05000000 05000000 aabbccdd 24000000',
    );
    expect(readAll(concat([SECTION, INTERFACE, packet])).error).toMatchObject({
      _tag: 'Corrupt',
      offset: 68,
      expected: 'at most 4',
    });
  });

  it('an interface that was not described, also in the section before', () => {
    const packet = hex('03000000 10000000 00000000 10000000');
    expect(readAll(concat([SECTION, packet])).error).toMatchObject({ _tag: 'Corrupt', offset: 36 });
    const second = readAll(concat([SECTION, INTERFACE, packet, SECTION, packet]));
    expect(second.records).toHaveLength(1);
    expect(second.error?._tag).toBe('Corrupt');
  });

  it('a section length that lies is not believed', () => {
    const packet = hex('03000000 10000000 00000000 10000000');
    for (const lie of [
      '0000000000000000',
      'ffffffffffffff7f',
      '0300000000000000',
      '00000000000000ff',
    ]) {
      const section = SECTION.slice();
      section.set(hex(lie), 16);
      const { records, error } = readAll(concat([section, INTERFACE, packet, packet]));
      expect(error).toBeNull();
      expect(records).toHaveLength(2);
    }
  });

  it('more interfaces than allowed', () => {
    const many = concat([SECTION, ...Array.from({ length: 4 }, () => INTERFACE)]);
    expect(readAll(many, { maxInterfaces: 4 }).error).toBeNull();
    expect(readAll(many, { maxInterfaces: 3 }).error).toMatchObject({
      _tag: 'LimitExceeded',
      expected: 3,
      actual: 4,
    });
  });

  it('options that overrun their block, or have the wrong length', () => {
    const block = (option: string): Uint8Array =>
      concat([SECTION, hex(`01000000 1c000000 0100 0000 00000000 ${option} 1c000000`)]);
    expect(readAll(block('0200 0500 00000000')).error?._tag).toBe('Corrupt');
    expect(readAll(block('0900 0200 00000000')).error?._tag).toBe('Decode');
    expect(readAll(block('0e00 0400 00000000')).error?._tag).toBe('Decode');
    expect(readAll(block('0200 0200 ff000000')).error).toBeNull();
  });

  it('versions that are not read', () => {
    const pcap = PCAP.slice();
    pcap[4] = 3;
    expect(readAll(pcap).error).toMatchObject({ _tag: 'Unsupported', actual: '3.4' });
    const section = SECTION.slice();
    section[12] = 2;
    expect(readAll(section).error).toMatchObject({ _tag: 'Unsupported', actual: '2.0' });
  });
});

describe('mutations', () => {
  const seeds: readonly Uint8Array[] = [
    { format: 'pcap' as const },
    { format: 'pcap' as const, byteOrder: 'big' as const },
    { format: 'pcapng' as const, resolution: 'nanoseconds' as const },
  ].map((given) => {
    const writer = right(createCaptureWriter({ ...given, interfaces: [{ linkType: 1 }] }));
    const packet = new Uint8Array(60);
    packet.set([8, 0, 0x45, 0, 0, 40], 12);
    const records = [60, 0, 23, 41].map((length) =>
      right(writer.record({ data: packet.subarray(0, length), timestampNs: 1_000_000_000n })),
    );
    const twice = given.format === 'pcapng' ? [writer.header(), ...records] : [];
    const skipped = given.format === 'pcapng' ? [hex('ad0b0000 10000000 deadbeef 10000000')] : [];
    return concat([writer.header(), ...records, ...skipped, ...twice]);
  });
  const interesting = [0, 1, 2, 4, 8, 12, 16, 0x7f, 0x80, 0xff];
  const limits: CaptureReaderOptions = {
    maxRecordBytes: 512,
    maxBlockBytes: 1024,
    maxInterfaces: 4,
  };

  it('never throw, never take more memory than the limits, and take a bounded number of steps', () => {
    const below = random(2_026_073);
    const tags = new Map<string, number>();
    const span = createIpSpan();
    const total = cases(1);
    const largest = largestAllocation(() => {
      for (let round = 0; round < total; round += 1) {
        const file = (seeds[below(seeds.length)] ?? PCAP).slice();
        for (let edits = below(4); edits >= 0; edits -= 1) {
          const at = below(file.length);
          const kind = below(3);
          if (kind === 0) file[at] = below(256);
          else if (kind === 1) file[at] = interesting[below(interesting.length)] ?? 0;
          else file.copyWithin(at, below(file.length), below(file.length));
        }
        const length = below(3) === 0 ? below(file.length + 1) : file.length;
        const reader = right(createCaptureReader(limits));
        const chunk = 1 + below(64);
        let steps = 0;
        let at = 0;
        for (;;) {
          const step = reader.step();
          steps += 1;
          if (step === 'record') {
            const { linkType, bytes, start, length: captured } = reader.record;
            if (captured > 512 || start + captured > bytes.length) throw new Error('out of bounds');
            ipPacketInto(linkType, bytes, start, captured, span);
            if (span.offset + span.length > start + captured) throw new Error('span out of bounds');
          }
          if (step === 'end' || step === 'failed') {
            const tag = reader.error?._tag ?? 'whole';
            tags.set(tag, (tags.get(tag) ?? 0) + 1);
            break;
          }
          if (step === 'more') {
            if (at >= length) reader.finish();
            else reader.feed(file.subarray(at, Math.min(length, at + chunk)));
            at += chunk;
          }
        }
        // One step a chunk, and at most one a pcapng block or pcap record, of 12 octets at least.
        if (steps > length / chunk + length / 12 + 6) throw new Error(`${steps} steps`);
      }
    });
    // Seeds are copied by slice, which the count sees as well: none is longer than 1024.
    expect(largest).toBeLessThanOrEqual(2048);
    // Each way to end is reached, so the mutations do reach the checks.
    const reached = [...tags.keys()].sort();
    expect(reached).toEqual([
      'Corrupt',
      'Decode',
      'LimitExceeded',
      'Truncated',
      'Unsupported',
      'whole',
    ]);
  });
});

describe('a reader that was used wrongly', () => {
  it('keeps its order when it is fed before it was asked', () => {
    const packet = hex('00000000 00000000 02000000 02000000 abcd');
    const reader = right(createCaptureReader());
    for (const part of [PCAP, packet, packet.subarray(0, 5), packet.subarray(5)]) reader.feed(part);
    reader.finish();
    const steps: string[] = [];
    for (let i = 0; i < 6; i += 1) steps.push(reader.step());
    expect(steps).toEqual(['section', 'interface', 'record', 'record', 'end', 'end']);
  });

  it('goes on where an iteration was left', () => {
    const packet = hex('00000000 00000000 02000000 02000000 abcd');
    const reader = right(createCaptureReader());
    for (const _ of reader.push(concat([PCAP, packet]))) break;
    expect([...reader.push(packet)]).toHaveLength(3);
    expect([...reader.end()]).toEqual([]);
  });

  it('yields an error once, and keeps nothing behind it', () => {
    const reader = right(createCaptureReader());
    expect([...reader.push(new Uint8Array(10))]).toHaveLength(1);
    expect([...reader.push(PCAP), ...reader.end()]).toEqual([]);
    expect(reader.step()).toBe('failed');
    expect(reader.stats().bytes).toBe(0);
  });
});
