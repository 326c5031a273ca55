/** IPv4 addresses: dotted decimal (RFC 1123, 2.1), canonical by construction. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { textCodec } from './internal/text-codec.js';

/**
 * An IPv4 address as its one canonical text, as in `192.0.2.1`. Two are the same address exactly when
 * the strings are equal, so it is a key of maps and JSON as it stands.
 *
 * @since 0.1.0
 */
export type Ipv4 = string & t.Brand<{ readonly Ipv4: unique symbol }>;

/** Bytes of an IPv4 address. @since 0.1.0 */
export const IPV4_BYTES = 4;

const EXPECTED = 'an IPv4 address, as in 192.0.2.1';

/** "." as seen from "0". */
const DOT = -2;

/** `255.255.255.255` */
const LONGEST = 15;

/** The value of strict dotted decimal, or −1. */
const valueOf = (text: string): number => {
  if (text.length > LONGEST) return -1;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i <= text.length; i++) {
    // The end of the text closes the last number as a dot closes the others.
    const digit = i === text.length ? DOT : text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      // A leading zero means octal to some parsers: RFC 6943, 3.1.1, and a way around filters.
      if (octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet * 10) + digit;
      if (octet > 255) return -1;
    } else {
      if (octet < 0 || digit !== DOT) return -1;
      value = value * 256 + octet;
      octet = -1;
      if (i < text.length) dots++;
    }
  }
  return dots === 3 ? value : -1;
};

const print = (value: number): Ipv4 =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4;

/**
 * Reads strict dotted decimal: four decimal numbers from 0 to 255 without leading zeros. The short,
 * octal and hexadecimal forms of inet_aton are refused, for parsers disagree on them.
 *
 * @example
 * ```ts
 * import { parseIpv4 } from '@liquid/types'
 *
 * console.log(parseIpv4('192.0.2.1')) // { _tag: 'Right', right: '192.0.2.1' }
 * console.log(parseIpv4('192.0.2.01')._tag) // Left
 * ```
 * @since 0.1.0
 */
export const parseIpv4 = (text: string): E.Either<Decode, Ipv4> =>
  valueOf(text) < 0
    ? E.left(decodeError({ what: 'address', expected: EXPECTED, actual: text }))
    : E.right(text as Ipv4);

/**
 * Codec of {@link Ipv4} in text form.
 *
 * @example
 * ```ts
 * import { Ipv4 } from '@liquid/types'
 *
 * console.log(Ipv4.is('10.0.0.1'), Ipv4.is('10.1')) // true false
 * ```
 * @since 0.1.0
 */
export const Ipv4: t.Type<Ipv4, string, unknown> = /* @__PURE__ */ textCodec('Ipv4', parseIpv4);

/**
 * From exactly four bytes in network order; copies.
 *
 * @example
 * ```ts
 * import { ipv4FromBytes } from '@liquid/types'
 *
 * console.log(ipv4FromBytes(Uint8Array.of(192, 0, 2, 1))) // { _tag: 'Right', right: '192.0.2.1' }
 * ```
 * @since 0.1.0
 */
export const ipv4FromBytes = (bytes: Uint8Array): E.Either<Decode, Ipv4> => {
  const [a, b, c, d] = bytes;
  return bytes.length === IPV4_BYTES
    ? E.right(`${a}.${b}.${c}.${d}` as Ipv4)
    : E.left(decodeError({ what: 'IPv4 address', expected: '4 bytes', actual: bytes }));
};

/** The four bytes in network order, a fresh array. @since 0.1.0 */
export const ipv4ToBytes = (address: Ipv4): Uint8Array => {
  const value = ipv4ToUint32(address);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
};

/**
 * From the 32-bit number that the four bytes form; only the low 32 bits count.
 *
 * @example
 * ```ts
 * import { ipv4FromUint32 } from '@liquid/types'
 *
 * console.log(ipv4FromUint32(0xc0000201)) // 192.0.2.1
 * ```
 * @since 0.1.0
 */
export const ipv4FromUint32 = (value: number): Ipv4 => print(value >>> 0);

/** The 32-bit number that the four bytes form, 0 to 2^32 − 1. @since 0.1.0 */
export const ipv4ToUint32 = (address: Ipv4): number => valueOf(address);
