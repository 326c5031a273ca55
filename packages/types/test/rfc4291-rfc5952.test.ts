/** IPv6 text: RFC 4291 2.2 is read, RFC 5952 is written; Node's parsers are the oracle. */
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  IpAddress,
  ipAddressFromBytes,
  ipAddressToBytes,
  ipv4FromBytes,
  ipv4FromUint32,
  ipv4ToBytes,
  ipv4ToUint32,
  Ipv6,
  ipv6FromBytes,
  ipv6ToBytes,
  isIpv4,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isPrivate,
  isUnspecified,
  mapIpv4,
  OrdIpAddress,
  parseIpAddress,
  parseIpv4,
  parseIpv6,
  parseScopedIpv6,
  printScopedIpv6,
  ScopedIpv6,
  unmapIpv4,
} from '../src/index.js';
import { cases } from './cases.js';

const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};
const canonical = (text: string): string => right(parseIpv6(text));

/** Sixteen bytes with runs of zeros as addresses have them. */
const bytes16 = fc
  .array(
    fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }),
    {
      minLength: 8,
      maxLength: 8,
    },
  )
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])));
const bytes4 = fc.uint8Array({ minLength: 4, maxLength: 4 });

/** Text that is nearly an address: its own alphabet, in a likely order. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        ':',
        '.',
        '0',
        'ffff',
        '1',
        '255',
        '256',
        '01',
        'g',
        '%',
        ' ',
        '::ffff:',
        '1.2.3.4',
      ),
      fc.nat(0xfffff).map((n) => n.toString(16)),
      fc.nat(300).map(String),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(''));

describe('RFC 5952', () => {
  test.each([
    // 4.1 leading zeros, 4.2 `::` as short as can be, not for one group, the longest, the first; 4.3 case.
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA', '2001:db8::aaaa'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    // 5: the IPv4-mapped prefix is known.
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:FFFF:129.144.52.38', '::ffff:129.144.52.38'],
    ['::13.1.68.3', '::d01:4403'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, wanted) => {
    expect(canonical(text)).toBe(wanted);
    expect(canonical(wanted)).toBe(wanted);
  });
  test('prints as the URL parser does, but for mapped addresses', () => {
    fc.assert(
      fc.property(bytes16, (bytes) => {
        const text = right(ipv6FromBytes(bytes));
        const url = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        if (text.includes('.')) expect(url).toMatch(/^::ffff:/);
        else expect(text).toBe(url);
        expect(ipv6ToBytes(text)).toEqual(bytes);
        expect(Ipv6.is(text)).toBe(true);
      }),
      cases(0.3),
    );
  });
});

describe('RFC 4291', () => {
  test('accepts what Node accepts, without a zone', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        expect([text, E.isRight(parseIpv6(text))]).toEqual([
          text,
          isIPv6(text) && !text.includes('%'),
        ]);
        expect([text, E.isRight(parseIpv4(text))]).toEqual([text, isIPv4(text)]);
        expect(E.isRight(parseIpAddress(text))).toBe(
          E.isRight(parseIpv4(text)) || E.isRight(parseIpv6(text)),
        );
      }),
      cases(),
    );
  });
  test('every spelling of an address gives the same text and bytes', () => {
    const spell = fc.tuple(bytes16, fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(spell, ([bytes, upper, padded, embedded]) => {
        const groups = Array.from({ length: 8 }, (_, i) =>
          ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16),
        );
        const written = groups.map((group) => (padded ? group.padStart(4, '0') : group));
        const tail = [...bytes.subarray(12)].join('.');
        const text = embedded ? `${written.slice(0, 6).join(':')}:${tail}` : written.join(':');
        const address = right(parseIpv6(upper ? text.toUpperCase() : text));
        expect(address).toBe(right(ipv6FromBytes(bytes)));
      }),
      cases(0.1),
    );
  });
  test.each([
    '',
    ':',
    ':::',
    '1',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '::12345',
    '::g',
    '1::2::3',
    '::1.2.3',
    '::1.2.3.4:1',
    '1.2.3.4::',
    '::01.2.3.4',
    '::1%eth0',
    ' ::1',
    '::1 ',
    '[::1]',
    '::1/64',
    `${'0'.repeat(60)}::`,
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseIpv6(text))).toBe(true);
  });
});

describe('IPv4', () => {
  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.04',
    '0x1.2.3.4',
    '1..2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4 ',
    '1.2.3.+4',
    '1.2.3.٣',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseIpv4(text))).toBe(true);
  });
  test('bytes, number and text agree', () => {
    fc.assert(
      fc.property(bytes4, (bytes) => {
        const address = right(ipv4FromBytes(bytes));
        expect(address).toBe([...bytes].join('.'));
        expect(parseIpv4(address)).toEqual(E.right(address));
        expect(ipv4ToBytes(address)).toEqual(bytes);
        const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
        expect(ipv4ToUint32(address)).toBe(number);
        expect(ipv4FromUint32(number)).toBe(address);
      }),
      cases(0.1),
    );
  });
  test('wants the right number of bytes', () => {
    for (const n of [0, 3, 5, 15, 17])
      expect(E.isLeft(ipAddressFromBytes(new Uint8Array(n)))).toBe(true);
    expect(E.isLeft(ipv4FromBytes(new Uint8Array(16)))).toBe(true);
    expect(E.isLeft(ipv6FromBytes(new Uint8Array(4)))).toBe(true);
  });
});

describe('either version', () => {
  const either = fc.oneof(bytes4, bytes16).map((bytes) => right(ipAddressFromBytes(bytes)));
  test('is ordered by bytes, and equal in text is equal in bytes', () => {
    fc.assert(
      fc.property(either, either, (a, b) => {
        const [x, y] = [ipAddressToBytes(a), ipAddressToBytes(b)];
        const oracle =
          x.length === y.length ? Buffer.compare(x, y) : Math.sign(x.length - y.length);
        expect(OrdIpAddress.compare(a, b)).toBe(oracle);
        expect(OrdIpAddress.equals(a, b)).toBe(a === b);
      }),
      cases(0.1),
    );
  });
  test('maps and unmaps', () => {
    fc.assert(
      fc.property(bytes4, (bytes) => {
        const v4 = right(ipv4FromBytes(bytes));
        const mapped = mapIpv4(v4);
        expect(Ipv6.is(mapped)).toBe(true);
        expect(ipv6ToBytes(mapped)).toEqual(
          Uint8Array.of(...new Array<number>(10).fill(0), 255, 255, ...bytes),
        );
        expect(unmapIpv4(mapped)).toBe(v4);
        expect(unmapIpv4(v4)).toBe(v4);
        expect(isIpv4(mapped)).toBe(false);
      }),
      cases(0.02),
    );
    expect(unmapIpv4(right(parseIpv6('::1')))).toBe('::1');
  });
  test('knows the special ranges, also of mapped addresses', () => {
    const of = (text: string) => right(parseIpAddress(text));
    const yes = {
      loopback: ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1'],
      linkLocal: ['169.254.0.1', 'fe80::1', 'febf::1', '::ffff:169.254.9.9'],
      multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', '::ffff:224.0.0.1'],
      private: [
        '10.0.0.0',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.1.1',
        'fd00::1',
        'fc00::1',
        '::ffff:10.0.0.1',
      ],
      unspecified: ['0.0.0.0', '::', '::ffff:0.0.0.0'],
      none: [
        '8.8.8.8',
        '2001:db8::1',
        '172.32.0.1',
        '172.15.255.255',
        '169.253.1.1',
        'fec0::1',
        '240.0.0.1',
        '128.0.0.1',
        '7f00::1',
        '192.169.0.1',
        'fe00::1',
      ],
    };
    const kinds = {
      loopback: isLoopback,
      linkLocal: isLinkLocal,
      multicast: isMulticast,
      private: isPrivate,
      unspecified: isUnspecified,
    };
    for (const [kind, addresses] of Object.entries(yes)) {
      for (const address of addresses) {
        const found = Object.entries(kinds)
          .filter(([, is]) => is(of(address)))
          .map(([name]) => name);
        expect([address, found]).toEqual([address, kind === 'none' ? [] : [kind]]);
      }
    }
  });
  test('has a codec that makes canonical', () => {
    expect(IpAddress.decode('::FFFF:1.2.3.4')).toEqual(E.right('::ffff:1.2.3.4'));
    expect(IpAddress.is('::FFFF:1.2.3.4')).toBe(false);
    expect(E.isLeft(IpAddress.decode(5))).toBe(true);
  });
});

describe('RFC 4007', () => {
  test('zones are read and printed', () => {
    const scoped = right(parseScopedIpv6('FE80::1%eth0.100'));
    expect(scoped).toEqual({ address: 'fe80::1', zone: 'eth0.100' });
    expect(printScopedIpv6(scoped)).toBe('fe80::1%eth0.100');
    expect(ScopedIpv6.decode('fe80::1%2')).toEqual(E.right({ address: 'fe80::1', zone: '2' }));
  });
  test.each([
    'fe80::1',
    'fe80::1%',
    '%eth0',
    'fe80::1%a%b',
    'fe80::1%a/b',
    'fe80::1%a b',
    'fe80::1%[',
    `fe80::1%${'x'.repeat(65)}`,
    '1.2.3.4%eth0',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseScopedIpv6(text))).toBe(true);
  });
});
