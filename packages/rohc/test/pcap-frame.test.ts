/** From frames to IP and ROHC packets, link type by link type. */
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  createIpSpan,
  ETHERTYPE_ROHC,
  FRAME_NOT_IP,
  FRAME_TRUNCATED,
  FRAME_UNSUPPORTED,
  frameErrorOf,
  ipPacketInto,
  ipPacketOf,
  ipSpanInto,
  linkHeaderInto,
  linkTypeName,
  rohcLinkType,
  rohcPacketInto,
  supportedLinkTypes,
} from '../src/pcap/index.js';
import { cases, concat, hex, left, random, right } from './pcap-support.js';

/** An IPv4 packet of 24 octets and an IPv6 packet of 44, each with 4 octets of payload. */
const IPV4 = hex('45000018 00000000 40060000 c0000201 c0000202 aabbccdd');
const IPV6 = hex(`60000000 00043b40 ${'20010db8'.repeat(8)} aabbccdd`);
const MACS = '020000000001 020000000002';

const ETHERNET: readonly (readonly [string, string, number])[] = [
  ['plain', '', 14],
  ['802.1Q', '8100 0064', 18],
  ['802.1ad with 802.1Q', '88a8 0001 8100 0064', 22],
  ['QinQ of old', '9100 0001 8100 0064', 22],
  ['LLC with SNAP', '0020 aaaa03 000000', 22],
  ['802.1Q with LLC and SNAP', '8100 0064 0020 aaaa03 000000', 26],
];

describe('ipPacketOf', () => {
  it.each(ETHERNET)('Ethernet, %s', (_, tags, offset) => {
    const four = concat([hex(MACS), hex(tags), hex('0800'), IPV4]);
    expect(right(ipPacketOf(1, four))).toEqual({ version: 4, offset, length: 24, missing: 0 });
    const six = concat([hex(MACS), hex(tags), hex('86dd'), IPV6]);
    expect(right(ipPacketOf(1, six))).toEqual({ version: 6, offset, length: 44, missing: 0 });
  });

  it.each([
    ['RAW', 101, '', ''],
    ['RAW as DLT 12', 12, '', ''],
    ['RAW as DLT 14', 14, '', ''],
    [
      'LINUX_SLL',
      113,
      '0000 0001 0006 020000000001 0000 0800',
      '0000 0001 0006 020000000001 0000 86dd',
    ],
    [
      'LINUX_SLL2',
      276,
      '0800 0000 00000001 0001 00 06 0200000000010000',
      '86dd 0000 00000001 0001 00 06 0200000000010000',
    ],
    [
      'LINUX_SLL2 with a tag',
      276,
      `8100 0000 ${'00'.repeat(16)} 0064 0800`,
      `8100 0000 ${'00'.repeat(16)} 0064 86dd`,
    ],
    ['NULL, little-endian host', 0, '02000000', '1e000000'],
    ['NULL, big-endian host', 0, '00000002', '00000018'],
    ['LOOP', 108, '00000002', '0000001c'],
  ])('%s', (_, linkType, header4, header6) => {
    const four = concat([hex(header4), IPV4]);
    const offset = hex(header4).length;
    expect(right(ipPacketOf(linkType, four))).toEqual({
      version: 4,
      offset,
      length: 24,
      missing: 0,
    });
    const six = concat([hex(header6), IPV6]);
    expect(right(ipPacketOf(linkType, six))).toEqual({
      version: 6,
      offset,
      length: 44,
      missing: 0,
    });
  });

  it('IPV4 and IPV6', () => {
    expect(right(ipPacketOf(228, IPV4)).version).toBe(4);
    expect(right(ipPacketOf(229, IPV6)).version).toBe(6);
  });

  it('takes off padding and frame check sequence by the IP length', () => {
    const padding = new Uint8Array(22).fill(0xee);
    const four = concat([hex(MACS), hex('0800'), IPV4, padding]);
    expect(right(ipPacketOf(1, four))).toMatchObject({ offset: 14, length: 24 });
    const six = concat([hex(MACS), hex('86dd'), IPV6, padding]);
    expect(right(ipPacketOf(1, six))).toMatchObject({ offset: 14, length: 44 });
    const empty = IPV6.slice(0, 40);
    empty.set([0, 0], 4);
    expect(right(ipPacketOf(101, concat([empty, padding])))).toMatchObject({
      length: 40,
      missing: 0,
    });
  });

  it('says how much of the packet the snap length cut off', () => {
    expect(right(ipPacketOf(101, IPV4.subarray(0, 21)))).toMatchObject({ length: 21, missing: 3 });
    expect(right(ipPacketOf(101, IPV6.subarray(0, 40)))).toMatchObject({ length: 40, missing: 4 });
    expect(right(ipPacketOf(101, IPV4.subarray(0, 1)))).toMatchObject({ length: 1, missing: 0 });
  });

  it.each([
    ['0, of a segment captured before segmentation', 0],
    ['shorter than a header', 19],
    ['shorter than this header', 20],
  ])('leaves the packet whole when its length is %s', (_, total) => {
    const packet = IPV4.slice();
    packet[0] = 0x46;
    packet[3] = total;
    expect(right(ipPacketOf(101, packet))).toMatchObject({ length: 24, missing: 0 });
  });

  it('leaves a jumbogram whole', () => {
    const jumbo = IPV6.slice();
    jumbo.set([0, 0, 0], 4);
    expect(right(ipPacketOf(101, jumbo))).toMatchObject({ length: 44, missing: 0 });
  });

  it('names what is not IP', () => {
    const arp = concat([hex(MACS), hex('0806'), new Uint8Array(46)]);
    expect(left(ipPacketOf(1, arp))).toEqual({
      _tag: 'NotIp',
      message: 'the frame carries no IP packet: its protocol is 0x0806',
      protocol: 0x0806,
      offset: 14,
    });
    const spanningTree = concat([hex(MACS), hex('0026 424203'), new Uint8Array(43)]);
    expect(left(ipPacketOf(1, spanningTree))).toMatchObject({ _tag: 'NotIp', protocol: 0x26 });
    expect(left(ipPacketOf(101, hex('90000000')))).toMatchObject({ _tag: 'NotIp', protocol: 0 });
    expect(left(ipPacketOf(0, hex('07000000 45')))).toMatchObject({ _tag: 'NotIp', protocol: 7 });
    expect(left(ipPacketOf(0, hex('02000002 45')))).toMatchObject({ _tag: 'NotIp' });
    const deep = concat([
      hex(MACS),
      ...Array.from({ length: 5 }, () => hex('8100 0001')),
      hex('0800'),
      IPV4,
    ]);
    expect(left(ipPacketOf(1, deep))).toMatchObject({ _tag: 'NotIp', protocol: 0x8100 });
  });

  it('reports link headers that were cut', () => {
    const frame = concat([hex(MACS), hex('8100 0064 0800'), IPV4]);
    for (const length of [0, 12, 13, 15, 16, 17, 18]) {
      expect(left(ipPacketOf(1, frame.subarray(0, length)))).toMatchObject({ _tag: 'Truncated' });
    }
    expect(right(ipPacketOf(1, frame.subarray(0, 19))).length).toBe(1);
    for (const linkType of [0, 108, 113, 276, 101]) {
      expect(left(ipPacketOf(linkType, hex(''))), linkTypeName(linkType)).toMatchObject({
        _tag: 'Truncated',
      });
    }
  });

  it('names an unknown link type and those that are supported', () => {
    const error = left(ipPacketOf(147, IPV4));
    expect(error._tag).toBe('Unsupported');
    expect(error.message).toContain('147');
    for (const linkType of supportedLinkTypes) expect(error.message).toContain(String(linkType));
  });

  it('agrees with the form without allocation on any octets', () => {
    const below = random(7);
    const span = createIpSpan();
    const linkTypes = [...supportedLinkTypes, 147];
    for (let round = cases(0.5); round > 0; round -= 1) {
      const slab = Uint8Array.from({ length: 90 }, () => (below(3) === 0 ? below(256) : 0));
      slab.set(below(2) === 0 ? IPV4 : IPV6.subarray(0, 40), 20 + below(20));
      const offset = below(40);
      const length = below(slab.length - offset + 1);
      const linkType = linkTypes[below(linkTypes.length)] ?? 1;
      const code = ipPacketInto(linkType, slab, offset, length, span);
      const rich = ipPacketOf(linkType, slab.subarray(offset, offset + length));
      if (E.isRight(rich)) {
        expect(code).toBe(rich.right.length);
        expect({ ...rich.right, offset: rich.right.offset + offset }).toEqual({
          version: span.version,
          offset: span.offset,
          length: span.length,
          missing: span.missing,
        });
        expect(span.offset + span.length).toBeLessThanOrEqual(offset + length);
      } else {
        expect(code).toBeLessThan(0);
        expect(frameErrorOf(code, linkType, span)._tag).toBe(rich.left._tag);
      }
    }
  });
});

describe('ipSpanInto', () => {
  it('covers everything when the version is neither 4 nor 6', () => {
    const span = createIpSpan();
    expect(ipSpanInto(hex('ff 90 00 00'), 1, 3, span)).toBe(FRAME_NOT_IP);
    expect(span).toMatchObject({ offset: 1, length: 3, version: 0 });
    expect(ipSpanInto(hex('45'), 1, 0, span)).toBe(FRAME_TRUNCATED);
  });
});

describe('ROHC frames', () => {
  const ROHC = hex('fd 06 9d 00');

  it.each([
    ['Ethernet', 1, 14, concat([hex(MACS), hex('0800'), IPV4])],
    ['Ethernet with a tag', 1, 14, concat([hex(MACS), hex('8100 0064 0800'), IPV4])],
    ['LINUX_SLL', 113, 16, concat([hex('0000 0001 0006 020000000001 0000 0800'), IPV4])],
    ['LINUX_SLL2', 276, 20, concat([hex('0800 0000 00000001 0001 00 06 0200000000010000'), IPV4])],
    ['RAW', 101, 0, IPV4],
    ['IPV4', 228, 0, IPV4],
    ['NULL', 0, 0, concat([hex('02000000'), IPV4])],
  ])('%s: what is written is found again', (_, linkType, header, frame) => {
    const out = new Uint8Array(40).fill(0xee);
    const length = linkHeaderInto(linkType, frame, 0, frame.length, ETHERTYPE_ROHC, out, 3);
    expect(length).toBe(header);
    out.set(ROHC, 3 + length);
    const span = createIpSpan();
    const target = rohcLinkType(linkType) ?? -1;
    expect(rohcPacketInto(target, out, 3, length + ROHC.length, span)).toBe(ROHC.length);
    expect(out.subarray(span.offset, span.offset + span.length)).toEqual(ROHC);
    expect(out[2]).toBe(0xee);
    expect(out[3 + length + ROHC.length]).toBe(0xee);
    // Back again: the header of an IP frame, from the ROHC frame's.
    const back = new Uint8Array(20 + IPV4.length);
    const again = linkHeaderInto(target, out, 3, length + ROHC.length, 0x0800, back, 0);
    back.set(IPV4, again);
    const found = right(ipPacketOf(target, back.subarray(0, again + IPV4.length)));
    expect(back.subarray(found.offset, found.offset + found.length)).toEqual(IPV4);
  });

  it('finds ROHC behind VLAN tags', () => {
    const span = createIpSpan();
    const frame = concat([hex(MACS), hex('8100 0064 22f1'), ROHC]);
    expect(rohcPacketInto(1, frame, 0, frame.length, span)).toBe(4);
    expect(span).toMatchObject({ offset: 18, length: 4, version: 0, missing: 0 });
  });

  it('an empty ROHC frame has length 0, and other frames none', () => {
    const span = createIpSpan();
    const empty = concat([hex(MACS), hex('22f1')]);
    expect(rohcPacketInto(1, empty, 0, empty.length, span)).toBe(0);
    const ip = concat([hex(MACS), hex('0800'), IPV4]);
    expect(rohcPacketInto(1, ip, 0, ip.length, span)).toBe(FRAME_NOT_IP);
    expect(rohcPacketInto(1, ip, 0, 13, span)).toBe(FRAME_TRUNCATED);
    expect(rohcPacketInto(147, ip, 0, ip.length, span)).toBe(FRAME_UNSUPPORTED);
    expect(rohcLinkType(147)).toBeUndefined();
    const out = new Uint8Array(20);
    expect(linkHeaderInto(1, ip, 0, 13, ETHERTYPE_ROHC, out, 0)).toBe(FRAME_TRUNCATED);
    expect(linkHeaderInto(147, ip, 0, 60, ETHERTYPE_ROHC, out, 0)).toBe(FRAME_UNSUPPORTED);
    expect(out.every((octet) => octet === 0)).toBe(true);
  });
});
