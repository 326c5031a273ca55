/** IP addresses of either version: reading, comparing, and the ranges that every program asks for. */

import * as E from 'fp-ts/lib/Either.js';
import { fromCompare, type Ord } from 'fp-ts/lib/Ord.js';
import type * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { compareBytes } from './internal/bytes.js';
import { textCodec } from './internal/text-codec.js';
import { type Ipv4, IPV4_BYTES, ipv4FromBytes, ipv4ToBytes, parseIpv4 } from './ipv4.js';
import { type Ipv6, IPV6_BYTES, ipv6FromBytes, ipv6ToBytes, parseIpv6 } from './ipv6.js';

/** An IPv4 or IPv6 address in canonical text. @since 0.1.0 */
export type IpAddress = Ipv4 | Ipv6;

/**
 * Which of the two it is; narrows nothing, but costs nothing either.
 *
 * @since 0.1.0
 */
export const ipVersion = (address: IpAddress): 4 | 6 => (address.includes(':') ? 6 : 4);

/** Whether it is an IPv4 address; a mapped one (`::ffff:192.0.2.1`) is not. @since 0.1.0 */
export const isIpv4 = (address: IpAddress): address is Ipv4 => !address.includes(':');

/** Whether it is an IPv6 address, mapped or not. @since 0.1.0 */
export const isIpv6 = (address: IpAddress): address is Ipv6 => address.includes(':');

/**
 * Reads an address of either version.
 *
 * @example
 * ```ts
 * import { parseIpAddress } from '@liquid/types'
 *
 * console.log(parseIpAddress('::1'), parseIpAddress('127.0.0.1'))
 * // { _tag: 'Right', right: '::1' } { _tag: 'Right', right: '127.0.0.1' }
 * ```
 * @since 0.1.0
 */
export const parseIpAddress = (text: string): E.Either<Decode, IpAddress> => {
  const result: E.Either<Decode, IpAddress> = text.includes(':')
    ? parseIpv6(text)
    : parseIpv4(text);
  return E.isRight(result) || text.includes(':')
    ? result
    : E.left(decodeError({ what: 'address', expected: 'an IPv4 or IPv6 address', actual: text }));
};

/** Codec of {@link IpAddress} in text form. @since 0.1.0 */
export const IpAddress: t.Type<IpAddress, string, unknown> = /* @__PURE__ */ textCodec(
  'IpAddress',
  parseIpAddress,
);

/**
 * From four or sixteen bytes in network order; copies.
 *
 * @example
 * ```ts
 * import { ipAddressFromBytes } from '@liquid/types'
 *
 * console.log(ipAddressFromBytes(Uint8Array.of(127, 0, 0, 1))) // { _tag: 'Right', right: '127.0.0.1' }
 * ```
 * @since 0.1.0
 */
export const ipAddressFromBytes = (bytes: Uint8Array): E.Either<Decode, IpAddress> => {
  switch (bytes.length) {
    case IPV4_BYTES:
      return ipv4FromBytes(bytes);
    case IPV6_BYTES:
      return ipv6FromBytes(bytes);
    default:
      return E.left(decodeError({ what: 'IP address', expected: '4 or 16 bytes', actual: bytes }));
  }
};

/** The four or sixteen bytes in network order, a fresh array. @since 0.1.0 */
export const ipAddressToBytes = (address: IpAddress): Uint8Array =>
  isIpv4(address) ? ipv4ToBytes(address) : ipv6ToBytes(address);

/**
 * By version, then by bytes: the order of routing tables. Its `equals` is equality of the strings.
 *
 * @example
 * ```ts
 * import { OrdIpAddress, parseIpAddress } from '@liquid/types'
 * import * as E from 'fp-ts/lib/Either.js'
 * import * as A from 'fp-ts/lib/ReadonlyArray.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 *
 * const sorted = pipe(
 *   ['10.0.0.10', '::1', '10.0.0.9'],
 *   E.traverseArray(parseIpAddress),
 *   E.map(A.sort(OrdIpAddress)),
 * )
 * console.log(sorted) // { _tag: 'Right', right: [ '10.0.0.9', '10.0.0.10', '::1' ] }
 * ```
 * @since 0.1.0
 */
export const OrdIpAddress: Ord<IpAddress> = /* @__PURE__ */ fromCompare((a, b) =>
  a === b ? 0 : compareBytes(ipAddressToBytes(a), ipAddressToBytes(b)),
);

const MAPPED = '::ffff:';

/**
 * The IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), as dual-stack sockets show IPv4 peers.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { mapIpv4, parseIpv4 } from '@liquid/types'
 *
 * console.log(E.map(mapIpv4)(parseIpv4('192.0.2.1'))) // { _tag: 'Right', right: '::ffff:192.0.2.1' }
 * ```
 * @since 0.1.0
 */
export const mapIpv4 = (address: Ipv4): Ipv6 => `${MAPPED}${address}` as Ipv6;

/**
 * A mapped IPv6 address as the IPv4 address that it stands for, any other unchanged. Apply it before
 * an address of a peer meets a filter or a list.
 *
 * @since 0.1.0
 */
export const unmapIpv4 = (address: IpAddress): IpAddress =>
  // Only mapped addresses are printed with dots.
  address.startsWith(MAPPED) && address.includes('.')
    ? (address.slice(MAPPED.length) as Ipv4)
    : address;

/** First and second byte of an address, mapped ones as IPv4. */
const headOf = (address: IpAddress): readonly [4 | 6, number, number] => {
  const plain = unmapIpv4(address);
  const [first = 0, second = 0] = ipAddressToBytes(plain);
  return [ipVersion(plain), first, second];
};

/** 127.0.0.0/8 or ::1; a mapped address counts as its IPv4 address. @since 0.1.0 */
export const isLoopback = (address: IpAddress): boolean =>
  address === '::1' || (headOf(address)[0] === 4 && headOf(address)[1] === 127);

/** `0.0.0.0` or `::`; a mapped address counts as its IPv4 address. @since 0.1.0 */
export const isUnspecified = (address: IpAddress): boolean =>
  address === '::' || unmapIpv4(address) === '0.0.0.0';

/** 169.254.0.0/16 (RFC 3927) or fe80::/10; a mapped address counts as its IPv4 address. @since 0.1.0 */
export const isLinkLocal = (address: IpAddress): boolean => {
  const [version, first, second] = headOf(address);
  return version === 4
    ? first === 169 && second === 254
    : first === 0xfe && (second & 0xc0) === 0x80;
};

/** 224.0.0.0/4 or ff00::/8; a mapped address counts as its IPv4 address. @since 0.1.0 */
export const isMulticast = (address: IpAddress): boolean => {
  const [version, first] = headOf(address);
  return version === 4 ? first >= 224 && first < 240 : first === 0xff;
};

/**
 * The private networks of RFC 1918, or fc00::/7 (RFC 4193); a mapped address counts as its IPv4
 * address.
 *
 * @since 0.1.0
 */
export const isPrivate = (address: IpAddress): boolean => {
  const [version, first, second] = headOf(address);
  if (version === 6) return (first & 0xfe) === 0xfc;
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168)
  );
};
