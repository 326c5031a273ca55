/** IPv6 addresses: every text form of RFC 4291, 2.2 is read, the one of RFC 5952 is written. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { structureCodec, textCodec } from './internal/text-codec.js';
import { ipv4FromUint32, ipv4ToUint32, parseIpv4 } from './ipv4.js';

/**
 * An IPv6 address as its one canonical text (RFC 5952), as in `2001:db8::1`. Two are the same address
 * exactly when the strings are equal. It has no zone; see {@link ScopedIpv6}.
 *
 * @since 0.1.0
 */
export type Ipv6 = string & t.Brand<{ readonly Ipv6: unique symbol }>;

/** Bytes of an IPv6 address. @since 0.1.0 */
export const IPV6_BYTES = 16;

const GROUPS = 8;
const EXPECTED = 'an IPv6 address, as in 2001:db8::1';

/** Eight groups of four digits with an embedded IPv4 address: the longest text that can be one. */
const LONGEST = 45;

const refuse = (text: string, expected = EXPECTED): E.Either<Decode, never> =>
  E.left(decodeError({ what: 'address', expected, actual: text }));

/** The groups of one side of `::`, or undefined. Only the last side may end in dotted decimal. */
const readGroups = (side: string, mayEmbed: boolean): Array<number> | undefined => {
  if (side === '') return [];
  const parts = side.split(':');
  const groups: Array<number> = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const embedded = mayEmbed && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (embedded === undefined || E.isLeft(embedded)) return undefined;
    const value = ipv4ToUint32(embedded.right);
    groups.push(value >>> 16, value & 0xffff);
  }
  return groups;
};

/** The eight groups that a text stands for, or undefined. */
const groupsOf = (text: string): ReadonlyArray<number> | undefined => {
  if (text.length > LONGEST) return undefined;
  const [before = '', after, ...tooMany] = text.split('::');
  if (tooMany.length > 0) return undefined;
  const head = readGroups(before, after === undefined);
  if (head === undefined || after === undefined) {
    return head?.length === GROUPS ? head : undefined;
  }
  const tail = readGroups(after, true);
  if (tail === undefined) return undefined;
  // "::" stands for at least one group of zeros.
  const zeros = GROUPS - head.length - tail.length;
  return zeros < 1 ? undefined : [...head, ...Array.from({ length: zeros }, () => 0), ...tail];
};

/** Where the longest run of at least two zero groups begins and ends; the first of equal ones. */
const longestZeros = (groups: ReadonlyArray<number>): readonly [number, number] => {
  let best: readonly [number, number] = [-1, -1];
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to++;
    if (to - from >= 2 && to - from > best[1] - best[0]) best = [from, to];
    from = Math.max(from, to - 1);
  }
  return best;
};

const isMapped = (groups: ReadonlyArray<number>): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);

const print = (groups: ReadonlyArray<number>): Ipv6 => {
  // RFC 5952, 5: the IPv4-mapped prefix is well known, so its tail is written as an IPv4 address.
  if (isMapped(groups)) {
    const value = (groups[6] ?? 0) * 0x10000 + (groups[7] ?? 0);
    return `::ffff:${ipv4FromUint32(value)}` as Ipv6;
  }
  const hex = groups.map((group) => group.toString(16));
  const [from, to] = longestZeros(groups);
  return (
    from < 0 ? hex.join(':') : `${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}`
  ) as Ipv6;
};

/**
 * Reads any text form of RFC 4291: leading zeros, upper case, `::`, an IPv4 address at the end. The
 * result is canonical. A zone (`%eth0`) is refused with a word about it.
 *
 * @example
 * ```ts
 * import { parseIpv6 } from '@liquid/types'
 *
 * console.log(parseIpv6('2001:0DB8:0:0::0:1')) // { _tag: 'Right', right: '2001:db8::1' }
 * console.log(parseIpv6('::FFFF:C000:0201')) // { _tag: 'Right', right: '::ffff:192.0.2.1' }
 * console.log(parseIpv6('fe80::1%eth0')._tag) // Left
 * ```
 * @since 0.1.0
 */
export const parseIpv6 = (text: string): E.Either<Decode, Ipv6> => {
  const groups = groupsOf(text);
  if (groups !== undefined) return E.right(print(groups));
  return refuse(text, text.includes('%') ? 'an IPv6 address without a zone' : EXPECTED);
};

/**
 * Codec of {@link Ipv6}: decodes every text form to the canonical one.
 *
 * @example
 * ```ts
 * import { Ipv6 } from '@liquid/types'
 *
 * console.log(Ipv6.decode('0:0:0:0:0:0:0:1')) // { _tag: 'Right', right: '::1' }
 * ```
 * @since 0.1.0
 */
export const Ipv6: t.Type<Ipv6, string, unknown> = /* @__PURE__ */ textCodec('Ipv6', parseIpv6);

/**
 * From exactly sixteen bytes in network order; copies.
 *
 * @example
 * ```ts
 * import { ipv6FromBytes } from '@liquid/types'
 *
 * console.log(ipv6FromBytes(new Uint8Array(16))) // { _tag: 'Right', right: '::' }
 * ```
 * @since 0.1.0
 */
export const ipv6FromBytes = (bytes: Uint8Array): E.Either<Decode, Ipv6> => {
  if (bytes.length !== IPV6_BYTES) {
    return E.left(decodeError({ what: 'IPv6 address', expected: '16 bytes', actual: bytes }));
  }
  const groups: Array<number> = [];
  for (let i = 0; i < IPV6_BYTES; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  return E.right(print(groups));
};

/** The sixteen bytes in network order, a fresh array. @since 0.1.0 */
export const ipv6ToBytes = (address: Ipv6): Uint8Array => {
  const bytes = new Uint8Array(IPV6_BYTES);
  for (const [i, group] of (groupsOf(address) ?? []).entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group;
  }
  return bytes;
};

/**
 * An IPv6 address that holds on one link only, with the link's zone (RFC 4007), as in `fe80::1%eth0`.
 *
 * @since 0.1.0
 */
export interface ScopedIpv6 {
  readonly address: Ipv6;
  /** Interface name or index: 1 to 64 printable characters without `%`, `/`, `[`, `]`. */
  readonly zone: string;
}

const ZONE = /^[!-$&-.0-Z\\^-~]{1,64}$/;

/**
 * Reads an address with its zone; the zone is required.
 *
 * @example
 * ```ts
 * import { parseScopedIpv6 } from '@liquid/types'
 *
 * console.log(parseScopedIpv6('FE80::1%eth0'))
 * // { _tag: 'Right', right: { address: 'fe80::1', zone: 'eth0' } }
 * ```
 * @since 0.1.0
 */
export const parseScopedIpv6 = (text: string): E.Either<Decode, ScopedIpv6> => {
  const at = text.indexOf('%');
  const zone = text.slice(at + 1, at + 66);
  const address = at < 0 ? undefined : groupsOf(text.slice(0, at));
  return address === undefined || !ZONE.test(zone)
    ? refuse(text, 'an IPv6 address with a zone, as in fe80::1%eth0')
    : E.right({ address: print(address), zone });
};

/** The text that {@link parseScopedIpv6} reads. @since 0.1.0 */
export const printScopedIpv6 = ({ address, zone }: ScopedIpv6): string => `${address}%${zone}`;

const isScoped = (value: unknown): value is ScopedIpv6 => {
  const { address, zone } = (value ?? {}) as {
    readonly address?: unknown;
    readonly zone?: unknown;
  };
  return Ipv6.is(address) && typeof zone === 'string' && ZONE.test(zone);
};

/** Codec of {@link ScopedIpv6} in text form. @since 0.1.0 */
export const ScopedIpv6: t.Type<ScopedIpv6, string, unknown> = /* @__PURE__ */ structureCodec(
  'ScopedIpv6',
  isScoped,
  parseScopedIpv6,
  printScopedIpv6,
);
