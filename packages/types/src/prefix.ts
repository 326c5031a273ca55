/** IP prefixes in CIDR form (RFC 4632, RFC 4291 2.3), and addresses that carry a prefix length. */

import * as E from 'fp-ts/lib/Either.js';
import { fromCompare, type Ord } from 'fp-ts/lib/Ord.js';
import type * as t from 'io-ts';

import { type Decode, decodeError, limitExceeded, type LimitExceeded } from './errors.js';
import { compareBytes } from './internal/bytes.js';
import { structureCodec, textCodec } from './internal/text-codec.js';
import {
  IpAddress,
  ipAddressFromBytes,
  ipAddressToBytes,
  ipVersion,
  parseIpAddress,
} from './ip-address.js';

/**
 * A prefix as its canonical text, as in `192.0.2.0/24` or `2001:db8::/32`: no host bit is set.
 *
 * @since 0.1.0
 */
export type Prefix = string & t.Brand<{ readonly Prefix: unique symbol }>;

/**
 * An address with the length of its network's prefix, as an interface carries it: `192.0.2.1/24`.
 *
 * @since 0.1.0
 */
export interface InterfaceAddress {
  readonly address: IpAddress;
  /** Bits of the prefix: 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** Bits of an address of this version. */
const width = (address: IpAddress): number => (ipVersion(address) === 4 ? 32 : 128);

const LENGTH = /^(?:0|[1-9]\d{0,2})$/;

/** Clears the bits behind the first `length`, in place. */
const mask = (bytes: Uint8Array, length: number): Uint8Array => {
  for (let i = 0; i < bytes.length; i++) {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    bytes[i] = (bytes[i] ?? 0) & (0xff00 >> kept);
  }
  return bytes;
};

/** From bytes that came from an address, so their number is right. */
const addressOf = (bytes: Uint8Array): IpAddress =>
  E.getOrElse<Decode, IpAddress>((error) => {
    throw new Error(`bug: ${error.message}`);
  })(ipAddressFromBytes(bytes));

const isLength = (address: IpAddress, length: number): boolean =>
  Number.isInteger(length) && length >= 0 && length <= width(address);

/**
 * Reads an address with a prefix length; host bits may be set.
 *
 * @example
 * ```ts
 * import { parseInterfaceAddress } from '@liquid/types'
 *
 * console.log(parseInterfaceAddress('192.0.2.1/24'))
 * // { _tag: 'Right', right: { address: '192.0.2.1', length: 24 } }
 * ```
 * @since 0.1.0
 */
export const parseInterfaceAddress = (text: string): E.Either<Decode, InterfaceAddress> => {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (slash >= 0 && E.isRight(address) && LENGTH.test(digits)) {
    const length = Number(digits);
    if (isLength(address.right, length)) return E.right({ address: address.right, length });
  }
  return E.left(
    decodeError({
      what: 'address',
      expected: 'an address with a prefix length, as in 192.0.2.1/24',
      actual: text,
    }),
  );
};

/** The text that {@link parseInterfaceAddress} reads. @since 0.1.0 */
export const printInterfaceAddress = ({ address, length }: InterfaceAddress): string =>
  `${address}/${length}`;

const isInterfaceAddress = (value: unknown): value is InterfaceAddress => {
  const fields = (value ?? {}) as { readonly address?: unknown; readonly length?: unknown };
  return (
    IpAddress.is(fields.address) &&
    typeof fields.length === 'number' &&
    isLength(fields.address, fields.length)
  );
};

/** Codec of {@link InterfaceAddress} in text form. @since 0.1.0 */
export const InterfaceAddress: t.Type<InterfaceAddress, string, unknown> =
  /* @__PURE__ */ structureCodec(
    'InterfaceAddress',
    isInterfaceAddress,
    parseInterfaceAddress,
    printInterfaceAddress,
  );

/**
 * The prefix of an address: host bits are cleared.
 *
 * @param length - bits kept, 0 to 32 or 0 to 128
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { parseIpAddress, prefixOf } from '@liquid/types'
 *
 * console.log(E.chain(prefixOf(24))(parseIpAddress('192.0.2.77')))
 * // { _tag: 'Right', right: '192.0.2.0/24' }
 * ```
 * @since 0.1.0
 */
export const prefixOf =
  (length: number) =>
  (address: IpAddress): E.Either<Decode, Prefix> =>
    isLength(address, length)
      ? E.right(`${addressOf(mask(ipAddressToBytes(address), length))}/${length}` as Prefix)
      : E.left(
          decodeError({
            what: 'prefix length',
            expected: `a whole number from 0 to ${width(address)}`,
            actual: length,
          }),
        );

/**
 * Reads a prefix. A host bit that is set is an error, whose remedy names both things that may have
 * been meant.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { parsePrefix } from '@liquid/types'
 *
 * console.log(parsePrefix('2001:DB8::/32')) // { _tag: 'Right', right: '2001:db8::/32' }
 * const wrong = parsePrefix('10.0.0.1/8')
 * console.log(E.isLeft(wrong) && wrong.left.remedy) // write 10.0.0.0/8, or 10.0.0.1/32 for the one address
 * ```
 * @since 0.1.0
 */
export const parsePrefix = (text: string): E.Either<Decode, Prefix> => {
  const parsed = parseInterfaceAddress(text);
  const expected = 'a prefix, as in 192.0.2.0/24';
  if (E.isLeft(parsed)) return E.left(decodeError({ what: 'prefix', expected, actual: text }));
  const { address, length } = parsed.right;
  const network = `${addressOf(mask(ipAddressToBytes(address), length))}/${length}` as Prefix;
  if (network === `${address}/${length}`) return E.right(network);
  return E.left(
    decodeError({
      what: 'prefix',
      expected: `${expected}, without host bits`,
      actual: text,
      remedy: `write ${network}, or ${address}/${width(address)} for the one address`,
    }),
  );
};

/** Codec of {@link Prefix}. @since 0.1.0 */
export const Prefix: t.Type<Prefix, string, unknown> = /* @__PURE__ */ textCodec(
  'Prefix',
  parsePrefix,
);

/** The prefix's first address. @since 0.1.0 */
export const prefixAddress = (prefix: Prefix): IpAddress =>
  prefix.slice(0, prefix.indexOf('/')) as IpAddress;

/** The prefix's length in bits. @since 0.1.0 */
export const prefixLength = (prefix: Prefix): number =>
  Number(prefix.slice(prefix.indexOf('/') + 1));

/** How many addresses it holds, up to 2^128. @since 0.1.0 */
export const prefixSize = (prefix: Prefix): bigint =>
  1n << BigInt(width(prefixAddress(prefix)) - prefixLength(prefix));

/**
 * Whether an address lies in the prefix. Versions never match each other: apply `unmapIpv4` to what
 * a dual-stack socket reports.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { parseIpAddress, parsePrefix, prefixContains } from '@liquid/types'
 *
 * const inside = E.ap(parseIpAddress('10.1.2.3'))(E.map(prefixContains)(parsePrefix('10.0.0.0/8')))
 * console.log(inside) // { _tag: 'Right', right: true }
 * ```
 * @since 0.1.0
 */
export const prefixContains =
  (prefix: Prefix) =>
  (address: IpAddress): boolean => {
    const network = prefixAddress(prefix);
    if (ipVersion(network) !== ipVersion(address)) return false;
    const masked = mask(ipAddressToBytes(address), prefixLength(prefix));
    return compareBytes(masked, ipAddressToBytes(network)) === 0;
  };

/** Whether every address of `inner` lies in `outer`. @since 0.1.0 */
export const prefixCovers =
  (outer: Prefix) =>
  (inner: Prefix): boolean =>
    prefixLength(inner) >= prefixLength(outer) && prefixContains(outer)(prefixAddress(inner));

/**
 * The address with this number in the prefix, the first one being 0; negative numbers count from the
 * end, so −1 is the last (in IPv4 the broadcast address). Left `LimitExceeded` outside.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { addressAt, parsePrefix } from '@liquid/types'
 *
 * console.log(E.chainW(addressAt(-1n))(parsePrefix('10.0.0.0/24'))) // { _tag: 'Right', right: '10.0.0.255' }
 * ```
 * @since 0.1.0
 */
export const addressAt =
  (index: bigint) =>
  (prefix: Prefix): E.Either<LimitExceeded, IpAddress> => {
    const size = prefixSize(prefix);
    const at = index < 0n ? size + index : index;
    if (at < 0n || at >= size) {
      return E.left(
        limitExceeded({
          what: `address of ${prefix}`,
          expected: `${size} addresses`,
          actual: String(index),
        }),
      );
    }
    const bytes = ipAddressToBytes(prefixAddress(prefix));
    let rest = at;
    for (let i = bytes.length - 1; i >= 0; i--) {
      bytes[i] = (bytes[i] ?? 0) | Number(rest & 0xffn);
      rest >>= 8n;
    }
    return E.right(addressOf(bytes));
  };

/** By first address, then the shorter prefix first. @since 0.1.0 */
export const OrdPrefix: Ord<Prefix> = /* @__PURE__ */ fromCompare((a, b) => {
  const order = compareBytes(
    ipAddressToBytes(prefixAddress(a)),
    ipAddressToBytes(prefixAddress(b)),
  );
  if (order !== 0) return order;
  const difference = prefixLength(a) - prefixLength(b);
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
});
