/** Prefixes, MAC addresses, endpoints, five-tuples: Node's BlockList and bigint masks are the oracles. */
import { createHash } from 'node:crypto';
import { BlockList } from 'node:net';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  addressAt,
  Endpoint,
  endpointFromBytes,
  endpointToBytes,
  FiveTuple,
  fiveTupleFromBytes,
  fiveTupleToBytes,
  InterfaceAddress,
  type IpAddress,
  ipAddressFromBytes,
  ipAddressToBytes,
  ipProtocols,
  ipVersion,
  isGroupMac,
  isLocalMac,
  Mac,
  macFromBytes,
  macToBytes,
  OrdEndpoint,
  OrdFiveTuple,
  OrdMac,
  OrdPrefix,
  parseEndpoint,
  parseFiveTuple,
  parseInterfaceAddress,
  parseMac,
  parsePort,
  parsePrefix,
  port,
  Prefix,
  prefixAddress,
  prefixContains,
  prefixCovers,
  prefixLength,
  prefixOf,
  prefixSize,
  printEndpoint,
  printFiveTuple,
  printInterfaceAddress,
  reverseFiveTuple,
} from '../src/index.js';
import { cases } from './cases.js';

const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};
const address = fc
  .constantFrom(4, 16)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  .map((bytes) => right(ipAddressFromBytes(bytes)));
const width = (a: IpAddress): number => (ipVersion(a) === 4 ? 32 : 128);
const number = (a: IpAddress): bigint =>
  ipAddressToBytes(a).reduce((n, byte) => n * 256n + BigInt(byte), 0n);
const prefix = fc
  .tuple(address, fc.nat(128))
  .map(([a, n]) => right(prefixOf(n % (width(a) + 1))(a)));

describe('prefixes', () => {
  test('clear host bits as a bigint mask does', () => {
    fc.assert(
      fc.property(address, fc.nat(128), (a, n) => {
        const bits = width(a);
        const length = n % (bits + 1);
        const p = right(prefixOf(length)(a));
        const host = BigInt(bits - length);
        expect(number(prefixAddress(p))).toBe((number(a) >> host) << host);
        expect(prefixLength(p)).toBe(length);
        expect(prefixSize(p)).toBe(1n << host);
        expect(parsePrefix(p)).toEqual(E.right(p));
        expect(Prefix.is(p)).toBe(true);
        expect(prefixContains(p)(a)).toBe(true);
      }),
      cases(0.1),
    );
  });
  test('contain what the BlockList of Node contains', () => {
    fc.assert(
      fc.property(prefix, address, fc.nat(255), (p, other, flip) => {
        const list = new BlockList();
        list.addSubnet(
          prefixAddress(p),
          prefixLength(p),
          ipVersion(prefixAddress(p)) === 4 ? 'ipv4' : 'ipv6',
        );
        // Often a neighbour of the prefix, where the decision is close.
        const bytes = ipAddressToBytes(prefixAddress(p));
        const at = (flip >> 1) % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (flip & 7));
        for (const a of [other, right(ipAddressFromBytes(bytes))]) {
          // The BlockList takes a mapped address for its IPv4 address; here that is the caller's step.
          if (ipVersion(a) !== ipVersion(prefixAddress(p))) {
            expect(prefixContains(p)(a)).toBe(false);
          } else {
            expect(prefixContains(p)(a)).toBe(list.check(a, ipVersion(a) === 4 ? 'ipv4' : 'ipv6'));
          }
        }
      }),
      cases(0.1),
    );
  });
  test('cover each other in one order', () => {
    fc.assert(
      fc.property(prefix, prefix, fc.nat(128), (p, q, n) => {
        const wider = right(prefixOf(n % (prefixLength(p) + 1))(prefixAddress(p)));
        expect(prefixCovers(wider)(p)).toBe(true);
        expect(prefixCovers(p)(wider)).toBe(p === wider);
        if (prefixCovers(p)(q) && prefixCovers(q)(p)) expect(p).toBe(q);
        expect(OrdPrefix.equals(p, q)).toBe(p === q);
        expect(OrdPrefix.compare(p, q)).toBe(-OrdPrefix.compare(q, p) + 0);
      }),
      cases(0.05),
    );
  });
  test('count their addresses', () => {
    const p = right(parsePrefix('10.0.0.0/30'));
    expect([0n, 1n, 3n, -1n, -4n].map((i) => right(addressAt(i)(p)))).toEqual([
      '10.0.0.0',
      '10.0.0.1',
      '10.0.0.3',
      '10.0.0.3',
      '10.0.0.0',
    ]);
    expect(E.isLeft(addressAt(4n)(p))).toBe(true);
    expect(E.isLeft(addressAt(-5n)(p))).toBe(true);
    expect(addressAt(1n << 64n)(right(parsePrefix('2001:db8::/32')))).toEqual(
      E.right('2001:db8:0:1::'),
    );
    fc.assert(
      fc.property(prefix, fc.bigInt({ min: 0n, max: 2n ** 128n }), (q, n) => {
        const index = n % prefixSize(q);
        const a = right(addressAt(index)(q));
        expect(number(a) - number(prefixAddress(q))).toBe(index);
        expect(prefixContains(q)(a)).toBe(true);
      }),
      cases(0.05),
    );
  });
  test.each([
    '',
    '10.0.0.0',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    '10.0.0.1/8',
    '::1/64',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parsePrefix(text))).toBe(true);
  });
  test('prefixOf refuses lengths outside', () => {
    const a = right(addressAt(0n)(right(parsePrefix('10.0.0.0/8'))));
    for (const length of [-1, 33, 1.5, NaN]) expect(E.isLeft(prefixOf(length)(a))).toBe(true);
  });
  test('interface addresses keep their host bits', () => {
    const parsed = right(parseInterfaceAddress('2001:DB8::1/64'));
    expect(parsed).toEqual({ address: '2001:db8::1', length: 64 });
    expect(printInterfaceAddress(parsed)).toBe('2001:db8::1/64');
    expect(InterfaceAddress.decode('10.0.0.1/8')).toEqual(
      E.right({ address: '10.0.0.1', length: 8 }),
    );
    expect(InterfaceAddress.is({ address: '10.0.0.1', length: 33 })).toBe(false);
  });
});

describe('MAC addresses', () => {
  test('are equal in every spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.boolean(), (bytes, upper) => {
        const mac = right(macFromBytes(bytes));
        const hex = Buffer.from(bytes).toString('hex');
        const pairs = hex.match(/../g) ?? [];
        for (const text of [
          pairs.join(':'),
          pairs.join('-'),
          hex,
          (hex.match(/.{4}/g) ?? []).join('.'),
        ]) {
          expect(parseMac(upper ? text.toUpperCase() : text)).toEqual(E.right(mac));
        }
        expect(macToBytes(mac)).toEqual(bytes);
        expect(Mac.is(mac)).toBe(true);
      }),
      cases(0.05),
    );
  });
  test.each([
    '',
    '02:00:5e:10:00',
    '02:00:5e:10:00:01:02',
    '02:00:5e-10:00:01',
    '2:0:5e:10:0:1',
    '02:00:5e:10:00:0g',
    ' 02:00:5e:10:00:01',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseMac(text))).toBe(true);
  });
  test('know their bits and order', () => {
    const of = (text: string) => right(parseMac(text));
    expect(isGroupMac(of('01:00:5e:00:00:01'))).toBe(true);
    expect(isGroupMac(of('02:00:00:00:00:01'))).toBe(false);
    expect(isLocalMac(of('02:00:00:00:00:01'))).toBe(true);
    expect(isLocalMac(of('00:16:3e:00:00:01'))).toBe(false);
    expect(OrdMac.compare(of('02:00:00:00:00:01'), of('02:00:00:00:00:02'))).toBe(-1);
    expect(E.isLeft(macFromBytes(new Uint8Array(8)))).toBe(true);
  });
});

const endpoint = fc
  .tuple(address, fc.nat(65535))
  .map(([a, p]): Endpoint => ({ address: a, port: right(port(p)) }));

describe('ports and endpoints', () => {
  test('print and read back, as text and as bytes; the URL parser agrees', () => {
    fc.assert(
      fc.property(endpoint, endpoint, (e, other) => {
        const text = printEndpoint(e);
        expect(parseEndpoint(text)).toEqual(E.right(e));
        expect(endpointFromBytes(endpointToBytes(e))).toEqual(E.right(e));
        expect(Endpoint.decode(text)).toEqual(E.right(e));
        expect(Endpoint.is(e)).toBe(true);
        const url = new URL(`x-test://${text}/`);
        expect(Number(url.port)).toBe(e.port);
        expect(OrdEndpoint.equals(e, other)).toBe(text === printEndpoint(other));
      }),
      cases(0.05),
    );
  });
  test.each([
    '',
    ':80',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '1.2.3.4:080',
    '::1:80',
    '[::1]',
    '[::1]80',
    '[1.2.3.4]:80',
    '[::1%eth0]:80',
    '1.2.3.4:80 ',
    '[::1]:8x',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseEndpoint(text))).toBe(true);
  });
  test('tells about missing brackets', () => {
    expect(parseEndpoint('::1:80')).toMatchObject(
      E.left({ remedy: 'put brackets around the IPv6 address' }),
    );
  });
  test('ports are whole numbers up to 65535', () => {
    for (const n of [-1, 65536, 1.5, NaN]) expect(E.isLeft(port(n))).toBe(true);
    expect(parsePort('65535')).toEqual(E.right(65535));
    for (const text of ['', '-0', '00', '1e2', '65536', '999999'])
      expect(E.isLeft(parsePort(text))).toBe(true);
  });
});

describe('five-tuples', () => {
  const tuple = fc
    .tuple(endpoint, endpoint, fc.nat(255))
    .filter(([a, b]) => ipVersion(a.address) === ipVersion(b.address))
    .map(([source, destination, protocol]) =>
      right(
        fiveTupleFromBytes(
          Uint8Array.of(
            ...ipAddressToBytes(source.address),
            ...ipAddressToBytes(destination.address),
            source.port >> 8,
            source.port & 255,
            destination.port >> 8,
            destination.port & 255,
            protocol,
          ),
        ),
      ),
    );
  test('print and read back, as text and as bytes', () => {
    fc.assert(
      fc.property(tuple, tuple, (a, b) => {
        expect(parseFiveTuple(printFiveTuple(a))).toEqual(E.right(a));
        expect(fiveTupleFromBytes(fiveTupleToBytes(a))).toEqual(E.right(a));
        expect(FiveTuple.decode(FiveTuple.encode(a))).toEqual(E.right(a));
        expect(FiveTuple.is(a)).toBe(true);
        expect(reverseFiveTuple(reverseFiveTuple(a))).toEqual(a);
        expect(OrdFiveTuple.equals(a, b)).toBe(printFiveTuple(a) === printFiveTuple(b));
      }),
      cases(0.05),
    );
  });
  test('have the bytes over which flow identifiers are hashed', () => {
    const flow = right(parseFiveTuple('tcp 10.77.0.2:5201 > 10.77.0.1:51500'));
    const bytes = fiveTupleToBytes(flow);
    expect(Buffer.from(bytes).toString('hex')).toBe('0a4d00020a4d00011451c92c06');
    expect(createHash('md5').update(bytes).digest('hex')).toBe('061d17bb38723d064e45920b4d35d578');
  });
  test('have named protocols', () => {
    expect(right(parseFiveTuple('UDP 1.2.3.4:1 → 5.6.7.8:2')).protocol).toBe(ipProtocols.udp);
    expect(right(parseFiveTuple('89 1.2.3.4:1 > 5.6.7.8:2')).protocol).toBe(89);
  });
  test.each([
    '',
    'tcp',
    'tcp 1.2.3.4:1 > [::1]:2',
    'foo 1.2.3.4:1 > 1.2.3.4:2',
    'tcp 1.2.3.4 > 1.2.3.4:2',
    '256 1.2.3.4:1 > 1.2.3.4:2',
    'tcp 1.2.3.4:1 < 1.2.3.4:2',
    'toString 1.2.3.4:1 > 1.2.3.4:2',
  ])('refuses "%s"', (text) => {
    expect(E.isLeft(parseFiveTuple(text))).toBe(true);
  });
  test('refuse mixed versions and odd lengths', () => {
    for (const n of [0, 5, 12, 14, 36, 38])
      expect(E.isLeft(fiveTupleFromBytes(new Uint8Array(n)))).toBe(true);
  });
});
