/**
 * Profile 0x0004 against packets put together by hand from RFC 3095 sections 5.7, 5.8, 5.11 and RFC 3843 section 3:
 * nothing of the compressor takes part.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { crc3, crc7, crc8 } from '../src/crc.js';
import { IP_FORMATS, IpDecompressorContext } from '../src/profiles/ip/index.js';
import { onesSum } from '../src/internal/header-chain.js';
import { decompressed } from './ip-support.js';

const PAYLOAD = [0xaa, 0xbb, 0xcc];

/** An IPv4 header with 10.0.0.x → 10.0.0.y addresses in front of `inner`. */
const ipv4 = (
  inner: readonly number[],
  o: { tos?: number; ttl?: number; id?: number; df?: boolean; protocol?: number } = {},
): number[] => {
  const length = 20 + inner.length;
  const id = o.id ?? 0;
  const header = [0x45, o.tos ?? 0, length >> 8, length & 255, id >> 8, id & 255];
  header.push(o.df === true ? 0x40 : 0, 0, o.ttl ?? 64, o.protocol ?? 17, 0, 0);
  header.push(10, 0, 0, 1, 10, 0, 0, 2);
  const checksum = ~onesSum(Uint8Array.from(header), 0, 20) & 0xffff;
  header[10] = checksum >> 8;
  header[11] = checksum & 255;
  return [...header, ...inner];
};

const ADDRESSES = Array.from({ length: 32 }, (_, i) => i + 1);

const ipv6 = (
  inner: readonly number[],
  o: { tc?: number; hl?: number; next?: number } = {},
): number[] => {
  const tc = o.tc ?? 0;
  const base = [0x60 | (tc >> 4), ((tc & 15) << 4) | 0x1, 0x23, 0x45];
  base.push(inner.length >> 8, inner.length & 255, o.next ?? 17, o.hl ?? 64, ...ADDRESSES);
  return [...base, ...inner];
};

const withCrc8 = (
  start: readonly number[],
  rest: readonly number[],
  payload: readonly number[],
) => {
  const header = [...start, 0, ...rest];
  header[start.length] = crc8(Uint8Array.from(header));
  return Uint8Array.from([...header, ...payload]);
};

const STATIC4 = [0x40, 17, 10, 0, 0, 1, 10, 0, 0, 2];
const STATIC6 = [0x61, 0x23, 0x45, 17, ...ADDRESSES];

const u16 = (value: number): number[] => [value >> 8, value & 255];

/** CRC over CRC-STATIC then CRC-DYNAMIC octets; `levels` are the places of IP headers in the header. */
const headerCrc = (
  crc: (b: Uint8Array) => number,
  header: readonly number[],
  levels: readonly number[],
): number => {
  const fixed: number[] = [];
  const dynamic: number[] = [];
  const all = [...levels, header.length];
  for (let i = 0; i < levels.length; i++) {
    const part = header.slice(all[i], all[i + 1]);
    const four = (part[0] as number) >> 4 === 4;
    part.forEach((octet, k) => {
      const isDynamic = four ? [2, 3, 4, 5, 10, 11].includes(k) : k === 4 || k === 5;
      (isDynamic ? dynamic : fixed).push(octet);
    });
  }
  return crc(Uint8Array.from([...fixed, ...dynamic]));
};

const crc3Of = (h: readonly number[], levels = [0]): number => headerCrc(crc3, h, levels);
const crc7Of = (h: readonly number[], levels = [0]): number => headerCrc(crc7, h, levels);

const headerOf = (packet: readonly number[]): number[] => packet.slice(0, -PAYLOAD.length);

describe('profile 0x0004, one IPv4 header', () => {
  let context: IpDecompressorContext;
  const SN = 0x1234;
  const ID = 0x2000;
  /** NBO set, neither RND nor SID. */
  const DYNAMIC = [0, 64, ...u16(ID), 0x20, 0];

  const send = (octets: readonly number[]): number[] | number => {
    const got = decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
    return typeof got === 'number' ? got : [...got];
  };

  const expectPacket = (octets: readonly number[], packet: readonly number[], format: string) => {
    expect(send(octets)).toEqual(packet);
    expect(IP_FORMATS[context.lastFormat]).toBe(format);
  };

  const restart = (dynamic: readonly number[]): void => {
    context = new IpDecompressorContext({ cid: 0, large: false });
    const ir = withCrc8([0xfd, 4], [...STATIC4, ...dynamic, ...u16(SN)], PAYLOAD);
    const id = ((dynamic[2] as number) << 8) | (dynamic[3] as number);
    const df = ((dynamic[4] as number) & 0x80) !== 0;
    expect(decompressed(context, ir, false)).toEqual(
      Uint8Array.from(
        ipv4(PAYLOAD, { tos: dynamic[0] as number, ttl: dynamic[1] as number, id, df }),
      ),
    );
  };

  beforeEach(() => restart(DYNAMIC));

  it('UO-0: SN in four bits, the IP-ID keeps its distance', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 1 });
    expectPacket([(5 << 3) | crc3Of(headerOf(packet))], packet, 'UO-0');
    // sixteen packets further is the last that four bits reach
    const later = ipv4(PAYLOAD, { id: ID + 17 });
    expectPacket([(5 << 3) | crc3Of(headerOf(later))], later, 'UO-0');
  });

  it('UO-1: IP-ID offset in six bits', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 1 + 20 });
    const offset = (ID + 21 - (SN + 1)) & 0x3f;
    const octets = [0x80 | offset, (((SN + 1) & 31) << 3) | crc3Of(headerOf(packet))];
    expectPacket(octets, packet, 'UO-1');
  });

  it('UOR-2 without extension', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 3 });
    expectPacket([0xc0 | ((SN + 3) & 31), crc7Of(headerOf(packet))], packet, 'UOR-2');
  });

  it('extension 0: three bits of SN, three of the offset', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 100 + 5 });
    const sn = SN + 100;
    const offset = (ID + 105 - sn) & 7;
    const octets = [
      0xc0 | ((sn >> 3) & 31),
      0x80 | crc7Of(headerOf(packet)),
      ((sn & 7) << 3) | offset,
    ];
    expectPacket(octets, packet, 'UOR-2-ext0');
  });

  it('extension 1: eleven bits of the offset', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 1 + 1900 });
    const sn = SN + 1;
    const offset = (ID + 1901 - sn) & 0x7ff;
    const octets = [0xc0 | ((sn >> 3) & 31), 0x80 | crc7Of(headerOf(packet))];
    octets.push(0x40 | ((sn & 7) << 3) | (offset >> 8), offset & 255);
    expectPacket(octets, packet, 'UOR-2-ext1');
  });

  it('extension 2 has no place with one identification', () => {
    const packet = ipv4(PAYLOAD, { id: ID + 1 });
    expect(send([0xc2, 0x80 | crc7Of(headerOf(packet)), 0x80, 0, 0])).toBe(-5);
  });

  it('extension 3: SN, inner flags and fields, IP-ID, in this order', () => {
    const sn = SN + 3000;
    const id = 0x0102;
    const packet = ipv4(PAYLOAD, { tos: 0x10, ttl: 7, id, df: true, protocol: 6 });
    const octets = [0xc0 | ((sn >> 8) & 31), 0x80 | crc7Of(headerOf(packet))];
    // S, mode O, I, ip; TOS, TTL, DF, PR, NBO
    octets.push(0xc0 | 0x20 | (2 << 3) | 4 | 2, 0x80 | 0x40 | 0x20 | 0x10 | 0x04);
    octets.push(sn & 255, 0x10, 7, 6, ...u16((id - sn) & 0xffff));
    expectPacket(octets, packet, 'UOR-2-ext3');
    // and all of it stays
    const next = ipv4(PAYLOAD, { tos: 0x10, ttl: 7, id: id + 1, df: true, protocol: 6 });
    expectPacket([(((sn + 1) & 15) << 3) | crc3Of(headerOf(next))], next, 'UO-0');
  });

  it('RND by extension 3: the identification follows verbatim, in the same packet already', () => {
    const packet = ipv4(PAYLOAD, { id: 0xbeef });
    const octets = [
      0xc0 | ((SN + 1) & 31),
      0x80 | crc7Of(headerOf(packet)),
      0xc0 | 8 | 2,
      0x04 | 0x02,
    ];
    expectPacket([...octets, 0xbe, 0xef], packet, 'UOR-2-ext3');
    const next = ipv4(PAYLOAD, { id: 0x1111 });
    expectPacket([(((SN + 2) & 15) << 3) | crc3Of(headerOf(next)), 0x11, 0x11], next, 'UO-0');
  });

  it('NBO = 0: the octets of the identification are exchanged', () => {
    restart([0, 64, 0x34, 0x12, 0x00, 0]);
    const packet = ipv4(PAYLOAD, { id: 0x3512 });
    expectPacket([(5 << 3) | crc3Of(headerOf(packet))], packet, 'UO-0');
  });

  it('SID: the identification stays; bits that the base header has for it are ignored', () => {
    restart([0, 64, 0x77, 0x88, 0xb0, 0]);
    const packet = ipv4(PAYLOAD, { id: 0x7788, df: true });
    expectPacket([(5 << 3) | crc3Of(headerOf(packet))], packet, 'UO-0');
    expectPacket([0x80 | 33, (0x16 << 3) | crc3Of(headerOf(packet))], packet, 'UO-1');
  });

  it('IR-DYN sets all dynamic fields', () => {
    const packet = ipv4(PAYLOAD, { tos: 1, ttl: 2, id: 0x0304, df: true });
    const sent = withCrc8([0xf8, 4], [1, 2, 3, 4, 0xa0, 0, ...u16(0x4321)], PAYLOAD);
    expect(decompressed(context, sent, false)).toEqual(Uint8Array.from(packet));
    expect(context.msn).toBe(0x4321);
  });

  it('IR and IR-DYN without payload deliver nothing, but update the context', () => {
    const sent = withCrc8([0xf8, 4], [1, 2, 3, 4, 0xa0, 0, ...u16(0x4321)], []);
    expect(decompressed(context, sent, false)).toEqual(new Uint8Array(0));
    const packet = ipv4(PAYLOAD, { tos: 1, ttl: 2, id: 0x0305, df: true });
    expectPacket([(2 << 3) | crc3Of(headerOf(packet))], packet, 'UO-0');
  });

  it('a static chain may end at any header by the first bit of its version', () => {
    const inner = ipv4(PAYLOAD, { id: 9 });
    const packet = ipv4(inner, { id: 7, protocol: 4 });
    const fixed = [0xc0, 4, ...STATIC4.slice(2)];
    const sent = withCrc8([0xfd, 4], [...fixed, 0, 64, 0, 7, 0x20, 0, 0, 1], inner);
    context = new IpDecompressorContext({ cid: 0, large: false });
    expect(decompressed(context, sent, false)).toEqual(Uint8Array.from(packet));
  });

  it('an IR packet without dynamic chain sets the static part alone', () => {
    context = new IpDecompressorContext({ cid: 0, large: false });
    expect(decompressed(context, withCrc8([0xfc, 4], STATIC4, []), false)).toEqual(
      new Uint8Array(0),
    );
    const packet = ipv4(PAYLOAD, { id: ID + 1 });
    expect(send([(5 << 3) | crc3Of(headerOf(packet))])).toBe(-12);
    expect(
      decompressed(context, withCrc8([0xf8, 4], [...DYNAMIC, ...u16(SN)], PAYLOAD), false),
    ).toEqual(Uint8Array.from(ipv4(PAYLOAD, { id: ID })));
    expect(decompressed(context, withCrc8([0xfc, 4], STATIC4, PAYLOAD), false)).toBe(-5);
  });

  it('large CIDs stand behind the first octet', () => {
    context = new IpDecompressorContext({ cid: 300, large: true });
    const ir = withCrc8([0xfd, 0x81, 0x2c, 4], [...STATIC4, ...DYNAMIC, ...u16(SN)], PAYLOAD);
    expect(decompressed(context, ir, true)).toEqual(Uint8Array.from(ipv4(PAYLOAD, { id: ID })));
    const packet = ipv4(PAYLOAD, { id: ID + 1 });
    const offset = (ID - SN) & 0x3f;
    const uo1 = [0x80 | offset, 0x81, 0x2c, (((SN + 1) & 31) << 3) | crc3Of(headerOf(packet))];
    expect(decompressed(context, Uint8Array.from([...uo1, ...PAYLOAD]), true)).toEqual(
      Uint8Array.from(packet),
    );
  });
});

describe('profile 0x0004, two and more IP headers', () => {
  const SN = 100;
  const stack = (outer: number, inner: number, o: { tos?: number } = {}): number[] =>
    ipv4(ipv4(PAYLOAD, { id: inner }), { id: outer, protocol: 4, ...o });
  const create = (dynamic: readonly number[]): IpDecompressorContext => {
    const context = new IpDecompressorContext({ cid: 0, large: false });
    const fixed = [0x40, 4, ...STATIC4.slice(2), ...STATIC4];
    const sent = withCrc8([0xfd, 4], [...fixed, ...dynamic, ...u16(SN)], PAYLOAD);
    expect(decompressed(context, sent, false)).toBeInstanceOf(Uint8Array);
    return context;
  };
  const both = [0, 64, ...u16(1000), 0x20, 0, 0, 64, ...u16(5000), 0x20, 0];
  const crc7Two = (packet: readonly number[]): number => crc7Of(headerOf(packet), [0, 20]);

  it('extension 2: eleven bits for the outer identification, eight for the inner', () => {
    const context = create(both);
    const packet = stack(1001 + 1500, 5001 + 200);
    const sn = SN + 1;
    const outer = (2501 - sn) & 0x7ff;
    const inner = (5201 - sn) & 0xff;
    const octets = [
      0xc0 | (sn >> 3),
      0x80 | crc7Two(packet),
      0x80 | ((sn & 7) << 3) | (outer >> 8),
    ];
    octets.push(outer & 255, inner);
    const got = decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
    expect(got).toEqual(Uint8Array.from(packet));
  });

  it('extension 3: inner before outer, I before the outer fields, I2 last', () => {
    const context = create(both);
    const sn = SN + 1;
    const packet = ipv4(ipv4(PAYLOAD, { id: 77, ttl: 9 }), {
      id: 88,
      protocol: 4,
      tos: 3,
      df: true,
    });
    const octets = [0xc0 | (sn & 31), 0x80 | crc7Two(packet), 0xc0 | (1 << 3) | 4 | 2 | 1];
    // inner: TTL, NBO; outer: TOS2, DF2, NBO2, I2
    octets.push(0x40 | 0x04, 0x80 | 0x20 | 0x04 | 0x01);
    octets.push(9, ...u16((77 - sn) & 0xffff), 3, ...u16((88 - sn) & 0xffff));
    const got = decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
    expect(got).toEqual(Uint8Array.from(packet));
  });

  it('with a random inner identification the base header means the outer one', () => {
    const context = create([0, 64, ...u16(1000), 0x20, 0, 0, 64, ...u16(5000), 0x60, 0]);
    const sn = SN + 1;
    const packet = stack(1001 + 10, 0xcafe);
    const offset = (1011 - sn) & 0x3f;
    const octets = [
      0x80 | offset,
      ((sn & 31) << 3) | crc3Of(headerOf(packet), [0, 20]),
      0xca,
      0xfe,
    ];
    const got = decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
    expect(got).toEqual(Uint8Array.from(packet));
  });

  it('a third header comes as a dynamic part behind the compressed header', () => {
    const context = new IpDecompressorContext({ cid: 0, large: false });
    const outer4 = [0x40, 4, ...STATIC4.slice(2)];
    const dynamic = [...both, 0, 64, ...u16(9), 0x20, 0];
    const sent = withCrc8(
      [0xfd, 4],
      [...outer4, ...outer4, ...STATIC4, ...dynamic, 0, 100],
      PAYLOAD,
    );
    expect(decompressed(context, sent, false)).toBeInstanceOf(Uint8Array);
    const innermost = ipv4(PAYLOAD, { id: 0xabcd, ttl: 3, tos: 8 });
    const packet = ipv4(ipv4(innermost, { id: 5001, protocol: 4 }), { id: 1001, protocol: 4 });
    const crc = crc3Of(headerOf(packet), [0, 20, 40]);
    const octets = [((101 & 15) << 3) | crc, 8, 3, 0xab, 0xcd, 0x20, 0];
    const got = decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
    expect(got).toEqual(Uint8Array.from(packet));
  });
});

describe('profile 0x0004, extension header lists (RFC 3095 section 5.8)', () => {
  const item = (type: number, fill: number, extra = 0): number[] => [
    type,
    extra,
    ...Array.from({ length: 6 + 8 * extra }, () => fill),
  ];
  const A = item(0, 0xa1);
  const B = item(60, 0xb2, 1);
  const C = item(43, 0xc3);
  const D = item(60, 0xd4);
  const SN = 50;

  /** The IPv6 packet with these items as extension headers. */
  const packetOf = (items: readonly (readonly number[])[]): number[] => {
    const chained = items.flatMap((x, i) => [items[i + 1]?.[0] ?? 17, ...x.slice(1)]);
    return ipv6([...chained, ...PAYLOAD], { next: items[0]?.[0] ?? 17 });
  };

  /** A context whose list of generation 1 is A, B, C under indexes 0, 1, 2. */
  const create = (): IpDecompressorContext => {
    const context = new IpDecompressorContext({ cid: 0, large: false, damage: { k: 9, n: 9 } });
    const list = [0x20 | 3, 1, 0x89, 0xa0, ...A, ...B, ...C];
    const sent = withCrc8([0xfd, 4], [...STATIC6, 0, 64, ...list, ...u16(SN)], PAYLOAD);
    expect(decompressed(context, sent, false)).toEqual(Uint8Array.from(packetOf([A, B, C])));
    return context;
  };

  /** UOR-2 with extension 3 that carries a list for the packet with these items. */
  const sendList = (
    context: IpDecompressorContext,
    sn: number,
    list: readonly number[],
    items: readonly (readonly number[])[],
  ): Uint8Array | number => {
    const packet = packetOf(items);
    const octets = [
      0xc0 | (sn & 31),
      0x80 | crc7Of(headerOf(packet)),
      0xc0 | 8 | 2,
      0x08,
      0x80,
      ...list,
    ];
    return decompressed(context, Uint8Array.from([...octets, ...PAYLOAD]), false);
  };

  const expectNext = (
    context: IpDecompressorContext,
    sn: number,
    items: readonly (readonly number[])[],
  ): void => {
    const packet = packetOf(items);
    const octets = [((sn & 15) << 3) | crc3Of(headerOf(packet)), ...PAYLOAD];
    expect(decompressed(context, Uint8Array.from(octets), false)).toEqual(Uint8Array.from(packet));
  };

  it('type 0 by indexes alone', () => {
    const context = create();
    const items = [C, A];
    expect(sendList(context, 51, [0x20 | 2, 2, 0x20], items)).toEqual(
      Uint8Array.from(packetOf(items)),
    );
    expectNext(context, 52, items);
  });

  it('type 0 with 8-bit indexes and a new item', () => {
    const context = create();
    const items = [A, D];
    const list = [0x20 | 0x10 | 2, 2, 0x00, 0x89, ...D];
    expect(sendList(context, 51, list, items)).toEqual(Uint8Array.from(packetOf(items)));
    expectNext(context, 52, items);
  });

  it('type 0 without generation serves one packet and stays out of the context', () => {
    const context = create();
    expect(sendList(context, 51, [1, 0x10], [B])).toEqual(Uint8Array.from(packetOf([B])));
    expectNext(context, 52, [A, B, C]);
  });

  it('type 1 inserts behind what the mask skips', () => {
    const context = create();
    const items = [A, D, B, C];
    // mask 0100000: one item copied, one inserted
    const list = [0x40 | 0x20 | 0x0b, 2, 1, 0x20, ...D];
    expect(sendList(context, 51, list, items)).toEqual(Uint8Array.from(packetOf(items)));
    expectNext(context, 52, items);
  });

  it('type 1 with a 15-bit mask and two insertions, one known', () => {
    const context = create();
    const items = [C, A, B, D, C];
    // mask 100100000000000; XI 1 in the first octet, XI 2 in a nibble, padded
    const list = [0x40 | 0x20 | 0x02, 2, 1, 0x80 | 0x48, 0x00, 0xb0, ...D];
    expect(sendList(context, 51, list, items)).toEqual(Uint8Array.from(packetOf(items)));
  });

  it('type 2 removes', () => {
    const context = create();
    const items = [A, C];
    // mask 0101111: padded with ones
    expect(sendList(context, 51, [0x80 | 0x20 | 3, 2, 1, 0x2f], items)).toEqual(
      Uint8Array.from(packetOf(items)),
    );
    expectNext(context, 52, items);
    // the list of generation 2 is a reference in turn
    expect(sendList(context, 53, [0x80 | 0x20 | 2, 3, 2, 0x5f], [C])).toEqual(
      Uint8Array.from(packetOf([C])),
    );
  });

  it('type 3 removes, then inserts', () => {
    const context = create();
    const items = [D, B, C];
    const list = [0xc0 | 0x20 | 0x0b, 2, 1, 0x4f, 0x40, ...D];
    expect(sendList(context, 51, list, items)).toEqual(Uint8Array.from(packetOf(items)));
    expectNext(context, 52, items);
  });

  it('refuses unknown references, unknown items and foreign headers, and keeps the context', () => {
    const context = create();
    expect(sendList(context, 51, [0x80 | 3, 9, 0x2f], [A, C])).toBe(-5);
    expect(sendList(context, 51, [0x20 | 1, 2, 0x50], [A])).toBe(-5);
    expect(
      sendList(context, 51, [0x20 | 1, 2, 0x80 | 0x30, 51, 1, ...Array(10).fill(0)], [A]),
    ).toBe(-5);
    expectNext(context, 52, [A, B, C]);
  });

  it('bounds what a table keeps', () => {
    const context = create();
    const big = item(60, 0, 110);
    const list = [0x20 | 2, 2, 0xbc, ...big, ...item(43, 1, 110)];
    expect(sendList(context, 51, list, [big])).toBe(-9);
    expectNext(context, 52, [A, B, C]);
  });
});
