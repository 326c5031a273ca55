/** pcap and pcapng octet by octet: captures written by hand from the specifications. */
import { describe, expect, it } from 'vitest';
import {
  createCaptureReader,
  createCaptureWriter,
  LINKTYPE_ETHERNET,
  LINKTYPE_RAW,
} from '../src/pcap/index.js';
import { concat, hex, left, readAll, readChunks, right } from './pcap-support.js';

const PCAP_BIG_NS = hex(`
  a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000065
  00000001 00000002 00000003 00000005  aabbcc
  ffffffff 3b9ac9ff 00000000 00000000
`);
const PCAP_LITTLE_US = hex(`
  d4c3b2a1 0200 0400 00000000 00000000 00000000 01000000
  01000000 3f420f00 02000000 02000000  4500
`);

/** Two sections of different byte order, four kinds of packet, blocks to be skipped. */
const PCAPNG = hex(`
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
  00000bad 00000010 deadbeef 00000010
  00000001 00000028 0065 0000 00000000
    0002 0004 65746830 0009 0001 09000000 0000 0000 00000028
  00000001 00000028 0001 0000 00000004
    0009 0001 8a000000 000e 0008 000000000000000a 00000028
  00000006 00000024 00000000 17979cfe 362a0004 00000001 00000064 45000000 00000024
  00000006 0000002c 00000001 00000000 00000600 00000003 00000003 010203 00 0002 0000 0000 0000 0000002c
  00000003 00000014 00000003 aabbcc00 00000014
  00000002 00000024 0001 ffff 00000000 00000400 00000002 00000002 beef0000 00000024
  0a0d0d0a 1c000000 4d3c2b1a 0100 0000 0000000000000000 1c000000
  01000000 14000000 7100 0000 00000100 14000000
  06000000 20000000 00000000 00000000 40420f00 00000000 00000000 20000000
`);

describe('pcap (draft-ietf-opsawg-pcap)', () => {
  it('reads big-endian nanoseconds', () => {
    const { events, records, error } = readAll(PCAP_BIG_NS);
    expect(error).toBeNull();
    expect(events.map((event) => event._tag)).toEqual(['Section', 'Interface', 'Record', 'Record']);
    expect(events[0]).toEqual({
      _tag: 'Section',
      section: { format: 'pcap', byteOrder: 'big', majorVersion: 2, minorVersion: 4, offset: 0 },
    });
    expect(events[1]).toEqual({
      _tag: 'Interface',
      interface: {
        id: 0,
        linkType: LINKTYPE_RAW,
        snapLength: 65_535,
        unitsPerSecond: 1_000_000_000n,
        offsetSeconds: 0,
        name: null,
      },
    });
    expect(records).toEqual([
      {
        index: 0,
        interfaceId: 0,
        linkType: LINKTYPE_RAW,
        timestampNs: 1_000_000_002n,
        originalLength: 5,
        data: hex('aabbcc'),
        offset: 24,
      },
      {
        index: 1,
        interfaceId: 0,
        linkType: LINKTYPE_RAW,
        timestampNs: 4_294_967_295_999_999_999n,
        originalLength: 0,
        data: hex(''),
        offset: 43,
      },
    ]);
  });

  it('reads little-endian microseconds with snap length 0', () => {
    const { records, error } = readAll(PCAP_LITTLE_US);
    expect(error).toBeNull();
    expect(records.map((record) => record.timestampNs)).toEqual([1_999_999_000n]);
    expect(records[0]?.data).toEqual(hex('4500'));
    expect(records[0]?.linkType).toBe(LINKTYPE_ETHERNET);
  });

  it('takes a fraction of more than a second at its word', () => {
    const file = PCAP_LITTLE_US.slice();
    file.set(hex('ffffffff'), 28);
    expect(readAll(file).records[0]?.timestampNs).toBe(1_000_000_000n + 4_294_967_295_000n);
  });

  it('ignores the frame check sequence bits beside the link type', () => {
    const file = PCAP_LITTLE_US.slice();
    file.set(hex('01000024'), 20);
    expect(readAll(file).records[0]?.linkType).toBe(LINKTYPE_ETHERNET);
  });

  it('swaps the lengths that versions before 2.4 wrote in the other order', () => {
    const file = PCAP_LITTLE_US.slice();
    file.set(hex('0200 0300'), 4);
    file.set(hex('3c000000 02000000'), 32);
    const { records, error } = readAll(file);
    expect(error).toBeNull();
    expect(records[0]).toMatchObject({ originalLength: 60, data: hex('4500') });
  });

  it('writes the same octets', () => {
    const big = right(
      createCaptureWriter({
        interfaces: [{ linkType: LINKTYPE_RAW, snapLength: 65_535 }],
        byteOrder: 'big',
        resolution: 'nanoseconds',
      }),
    );
    const first = big.record({
      data: hex('aabbcc'),
      timestampNs: 1_000_000_002n,
      originalLength: 5,
    });
    const last = big.record({ data: hex(''), timestampNs: 4_294_967_295_999_999_999n });
    expect(concat([big.header(), right(first), right(last)])).toEqual(PCAP_BIG_NS);
    const little = right(
      createCaptureWriter({ interfaces: [{ linkType: LINKTYPE_ETHERNET, snapLength: 0 }] }),
    );
    const only = little.record({ data: hex('4500'), timestampNs: 1_999_999_999n });
    expect(concat([little.header(), right(only)])).toEqual(PCAP_LITTLE_US);
  });
});

describe('pcapng (draft-ietf-opsawg-pcapng)', () => {
  it('reads sections, interfaces and all kinds of packet', () => {
    const { events, records, error } = readAll(PCAPNG);
    expect(error).toBeNull();
    expect(events.map((event) => event._tag).join(' ')).toBe(
      'Section Interface Interface Record Record Record Record Section Interface Record',
    );
    const interfaces = events.flatMap((event) =>
      event._tag === 'Interface' ? [event.interface] : [],
    );
    expect(interfaces).toEqual([
      {
        id: 0,
        linkType: 101,
        snapLength: 0,
        unitsPerSecond: 1_000_000_000n,
        offsetSeconds: 0,
        name: 'eth0',
      },
      {
        id: 1,
        linkType: 1,
        snapLength: 4,
        unitsPerSecond: 1024n,
        offsetSeconds: 10,
        name: null,
      },
      {
        id: 0,
        linkType: 113,
        snapLength: 65_536,
        unitsPerSecond: 1_000_000n,
        offsetSeconds: 0,
        name: null,
      },
    ]);
    expect(
      records.map(({ interfaceId, linkType, timestampNs, originalLength, data }) => [
        interfaceId,
        linkType,
        timestampNs,
        originalLength,
        Buffer.from(data).toString('hex'),
      ]),
    ).toEqual([
      [0, 101, 0x17979cfe362a0004n, 100, '45'],
      [1, 1, 11_500_000_000n, 3, '010203'],
      [0, 101, null, 3, 'aabbcc'],
      [1, 1, 11_000_000_000n, 2, 'beef'],
      [0, 113, 1_000_000_000n, 0, ''],
    ]);
  });

  it('reads the same however the file is cut in two', () => {
    const whole = readAll(PCAPNG);
    for (let cut = 0; cut <= PCAPNG.length; cut += 1) {
      expect(readChunks([PCAPNG.subarray(0, cut), PCAPNG.subarray(cut)])).toEqual(whole);
    }
  });

  it('counts skipped blocks', () => {
    const reader = right(createCaptureReader());
    for (const _ of reader.push(PCAPNG)) continue;
    expect(reader.stats()).toEqual({
      bytes: PCAPNG.length,
      sections: 2,
      records: 5,
      recordBytes: 9,
      skippedBlocks: 1,
    });
  });

  it('writes section, interface and packets octet by octet', () => {
    const writer = right(
      createCaptureWriter({
        format: 'pcapng',
        byteOrder: 'big',
        resolution: 'nanoseconds',
        interfaces: [{ linkType: LINKTYPE_RAW, snapLength: 0 }],
      }),
    );
    expect(writer.header()).toEqual(
      hex(`0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
           00000001 00000020 0065 0000 00000000 0009 0001 09000000 0000 0000 00000020`),
    );
    const enhanced = writer.record({
      data: hex('45'),
      timestampNs: 0x17979cfe362a0004n,
      originalLength: 100,
    });
    expect(right(enhanced)).toEqual(
      hex(`00000006 00000024 00000000 17979cfe 362a0004 00000001 00000064 45000000 00000024`),
    );
    const simple = writer.record({ data: hex('aabbcc'), timestampNs: null });
    expect(right(simple)).toEqual(hex(`00000003 00000014 00000003 aabbcc00 00000014`));
  });
});

describe('a file that is none', () => {
  it.each([
    ['text', new TextEncoder().encode('Hello, world, this is no capture.'), 'Decode'],
    ['an ELF program', hex('7f454c46 02010100'), 'Decode'],
    ['gzip', hex('1f8b0808 00000000'), 'Unsupported'],
    ['the patched pcap of the nineties', hex('34cdb2a1 02000400'), 'Unsupported'],
    ['nothing', hex(''), 'Truncated'],
    ['three octets', hex('d4c3b2'), 'Truncated'],
  ])('%s', (_, bytes, tag) => {
    const { events, error } = readAll(bytes);
    expect(events).toEqual([]);
    expect(error).toMatchObject({ _tag: tag, offset: 0 });
    expect(error?.message).not.toMatch(/undefined|\n/);
  });
});

describe('options', () => {
  it.each([{ maxRecordBytes: 0 }, { maxBlockBytes: 1.5 }, { maxInterfaces: Number.NaN }])(
    'a reader rejects %j',
    (options) => {
      expect(left(createCaptureReader(options))._tag).toBe('Decode');
    },
  );

  it('a writer rejects what the format has no room for', () => {
    expect(left(createCaptureWriter({ interfaces: [] }))).toMatchObject({ path: 'interfaces' });
    const raw = { linkType: LINKTYPE_RAW };
    expect(left(createCaptureWriter({ interfaces: [raw, raw] }))._tag).toBe('Decode');
    expect(left(createCaptureWriter({ interfaces: [{ linkType: 65_536 }] }))._tag).toBe('Decode');
  });

  it('a writer rejects frames and times out of range', () => {
    const writer = right(createCaptureWriter({ interfaces: [{ linkType: 1, snapLength: 4 }] }));
    const data = new Uint8Array(4);
    expect(left(writer.record({ data: new Uint8Array(5), timestampNs: 0n }))._tag).toBe(
      'LimitExceeded',
    );
    expect(left(writer.record({ data, timestampNs: -1n }))._tag).toBe('Unsupported');
    expect(left(writer.record({ data, timestampNs: 4_294_967_296_000_000_000n }))._tag).toBe(
      'Unsupported',
    );
    expect(left(writer.record({ data, timestampNs: 0n, interfaceId: 1 }))._tag).toBe('Decode');
    expect(left(writer.record({ data, timestampNs: 0n, originalLength: 2 ** 32 }))._tag).toBe(
      'Decode',
    );
  });
});
