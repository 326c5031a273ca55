/** MAC addresses: EUI-48 in the colon form that Linux prints. */

import * as E from 'fp-ts/lib/Either.js';
import { fromCompare, type Ord } from 'fp-ts/lib/Ord.js';
import type * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { textCodec } from './internal/text-codec.js';

/**
 * A MAC address as its canonical text: lower case, colons, as in `02:00:5e:10:00:01`.
 *
 * @since 0.1.0
 */
export type Mac = string & t.Brand<{ readonly Mac: unique symbol }>;

/** Bytes of a MAC address. @since 0.1.0 */
export const MAC_BYTES = 6;

/** Six pairs joined by the same sign, or three groups of four joined by dots, or none at all. */
const SPELLINGS = [
  /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{2}(?:-[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i,
  /^[0-9a-f]{12}$/i,
];

const print = (hex: string): Mac => (hex.match(/../g) ?? []).join(':').toLowerCase() as Mac;

/**
 * Reads `02:00:5e:10:00:01`, `02-00-5E-10-00-01`, `0200.5e10.0001` and `02005e100001`.
 *
 * @example
 * ```ts
 * import { parseMac } from '@liquid/types'
 *
 * console.log(parseMac('02-00-5E-10-00-01')) // { _tag: 'Right', right: '02:00:5e:10:00:01' }
 * ```
 * @since 0.1.0
 */
export const parseMac = (text: string): E.Either<Decode, Mac> =>
  SPELLINGS.some((spelling) => spelling.test(text))
    ? E.right(print(text.replace(/[:.-]/g, '')))
    : E.left(
        decodeError({
          what: 'address',
          expected: 'a MAC address, as in 02:00:5e:10:00:01',
          actual: text,
        }),
      );

/** Codec of {@link Mac}: decodes every spelling to the canonical one. @since 0.1.0 */
export const Mac: t.Type<Mac, string, unknown> = /* @__PURE__ */ textCodec('Mac', parseMac);

/**
 * From exactly six bytes; copies.
 *
 * @example
 * ```ts
 * import { macFromBytes } from '@liquid/types'
 *
 * console.log(macFromBytes(Uint8Array.of(2, 0, 94, 16, 0, 1)))
 * // { _tag: 'Right', right: '02:00:5e:10:00:01' }
 * ```
 * @since 0.1.0
 */
export const macFromBytes = (bytes: Uint8Array): E.Either<Decode, Mac> =>
  bytes.length === MAC_BYTES
    ? E.right(print(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')))
    : E.left(decodeError({ what: 'MAC address', expected: '6 bytes', actual: bytes }));

/** The six bytes as sent, a fresh array. @since 0.1.0 */
export const macToBytes = (mac: Mac): Uint8Array =>
  Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));

/** By bytes; the canonical text sorts the same way. @since 0.1.0 */
export const OrdMac: Ord<Mac> = /* @__PURE__ */ fromCompare((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** Whether the group bit is set: multicast or broadcast. @since 0.1.0 */
export const isGroupMac = (mac: Mac): boolean => ((macToBytes(mac)[0] ?? 0) & 1) === 1;

/** Whether the local bit is set: chosen here, not by a maker (as for veth pairs). @since 0.1.0 */
export const isLocalMac = (mac: Mac): boolean => ((macToBytes(mac)[0] ?? 0) & 2) === 2;
