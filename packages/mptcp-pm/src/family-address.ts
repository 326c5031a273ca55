/** Addresses between the wire and their canonical text, remembered, as a host has few of them. */

import {
  type IpAddress,
  type Ipv6,
  isIpv6,
  ipv4FromUint32,
  ipv4ToUint32,
  ipv6FromBytes,
  ipv6ToBytes,
} from '@liquid/types';
import { AF, type AttributeCursor, type MessageWriter } from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { PM_ADDR_ATTR } from './family.js';

/** Slots of each table; a power of two. An address that meets another in its slot takes its place. */
const SLOTS = 256;

/** Multiplies and takes the high bits: neighbours in a subnet come to different slots (Knuth 6.4). */
const slotOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> 24;

/** 32 bits in network order. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

/**
 * Gives the text of addresses that are read from attributes. Text that was made before is given
 * again, so that an address that is seen often costs a comparison and no memory. The tables have a
 * fixed size, whatever addresses a peer announces.
 */
export class AddressTexts {
  readonly #words4 = new Uint32Array(SLOTS);
  readonly #texts4 = new Array<IpAddress | undefined>(SLOTS).fill(undefined);
  readonly #words6 = new Uint32Array(4 * SLOTS);
  readonly #texts6 = new Array<IpAddress | undefined>(SLOTS).fill(undefined);

  /** The address of the four bytes at `at`, which must be there. */
  ipv4At(bytes: Uint8Array, at: number): IpAddress {
    const word = wordAt(bytes, at);
    const slot = slotOf(word);
    const known = this.#texts4[slot];
    if (known !== undefined && this.#words4[slot] === word) return known;
    const text: IpAddress = ipv4FromUint32(word);
    this.#words4[slot] = word;
    this.#texts4[slot] = text;
    return text;
  }

  /** The address of the sixteen bytes at `at`, which must be there. IPv4-mapped ones stay IPv6. */
  ipv6At(bytes: Uint8Array, at: number): IpAddress {
    const a = wordAt(bytes, at);
    const b = wordAt(bytes, at + 4);
    const c = wordAt(bytes, at + 8);
    const d = wordAt(bytes, at + 12);
    const slot = slotOf(a ^ Math.imul(b, 31) ^ Math.imul(c, 961) ^ Math.imul(d, 29791));
    const first = 4 * slot;
    const words = this.#words6;
    const known = this.#texts6[slot];
    if (
      known !== undefined &&
      words[first] === a &&
      words[first + 1] === b &&
      words[first + 2] === c &&
      words[first + 3] === d
    ) {
      return known;
    }
    const text = ipv6FromBytes(bytes.subarray(at, at + 16));
    if (E.isLeft(text)) throw new Error('bug: an IPv6 address has sixteen bytes');
    words[first] = a;
    words[first + 1] = b;
    words[first + 2] = c;
    words[first + 3] = d;
    this.#texts6[slot] = text.right;
    return text.right;
  }

  /** The value as an IPv4 address; undefined where it is too short. */
  ipv4(attribute: AttributeCursor): IpAddress | undefined {
    if (attribute.length < 4) return undefined;
    return this.ipv4At(attribute.source.bytes, attribute.start);
  }

  /** The value as an IPv6 address; undefined where it is too short. */
  ipv6(attribute: AttributeCursor): IpAddress | undefined {
    if (attribute.length < 16) return undefined;
    return this.ipv6At(attribute.source.bytes, attribute.start);
  }
}

/** Bytes of IPv6 addresses that were written before; few, and forgotten when they are many. */
const written6 = new Map<IpAddress, Uint8Array>();
const bytesOf6 = (address: Ipv6): Uint8Array => {
  const known = written6.get(address);
  if (known !== undefined) return known;
  if (written6.size >= SLOTS) written6.clear();
  const bytes = ipv6ToBytes(address);
  written6.set(address, bytes);
  return bytes;
};

/** Writes an address as one of two attributes, by its version. */
export const putAddress = (
  writer: MessageWriter,
  type4: number,
  type6: number,
  address: IpAddress,
): void => {
  if (isIpv6(address)) writer.put(type6, bytesOf6(address));
  else writer.be32(type4, ipv4ToUint32(address));
};

/** The kernel's number of the address's family. */
export const familyOf = (address: IpAddress): number => (isIpv6(address) ? AF.INET6 : AF.INET);

/** FAMILY and ADDR4 or ADDR6, inside an address's nest. */
export const putNestAddress = (writer: MessageWriter, address: IpAddress): void => {
  writer.u16(PM_ADDR_ATTR.FAMILY, familyOf(address));
  putAddress(writer, PM_ADDR_ATTR.ADDR4, PM_ADDR_ATTR.ADDR6, address);
};
