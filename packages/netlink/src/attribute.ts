/** Netlink attributes, read: length, type and value, four-byte aligned, nested by containing others. */

import { HOST_LITTLE } from './host-order.js';
import { align4, type Source, sourceOf } from './message.js';

/** Bytes of `struct nlattr`. @since 0.1.0 */
export const NLA_HEADER = 4;

/** The value is itself a list of attributes (`NLA_F_NESTED`). @since 0.1.0 */
export const NLA_F_NESTED = 0x8000;

/** The value is in network order (`NLA_F_NET_BYTEORDER`); families seldom set it where it is. @since 0.1.0 */
export const NLA_F_NET_BYTEORDER = 0x4000;

const TYPE_MASK = 0x3fff;

/**
 * Walks a list of attributes: `reset`, then `next` until it says false; `type` says which it is, and
 * the reading methods read its value. Nothing is allocated, and nothing outside the list is read:
 * a value shorter than what is read from it, or a length that contradicts the list, gives 0 and sets
 * {@link malformedAt}, which is checked once at the end. Longer values are read from their start.
 *
 * @example
 * ```ts
 * import { AttributeCursor, MessageWriter, NLMSG_HEADER, sourceOf } from '@liquid/netlink'
 *
 * const writer = new MessageWriter()
 * writer.begin(16, 0, 0)
 * writer.u16(1, 2)
 * const source = sourceOf(writer.finish())
 * const attributes = new AttributeCursor()
 * attributes.reset(source, NLMSG_HEADER, source.bytes.length)
 * while (attributes.next()) console.log(attributes.type, attributes.readU16()) // 1 2
 * ```
 * @since 0.1.0
 */
export class AttributeCursor {
  /** The buffer that is read; borrowed. */
  source: Source = EMPTY;
  /** The attribute's type without its flags. */
  type = 0;
  /** Whether it says that it holds attributes; old families leave the flag out. */
  nested = false;
  /** Where the value begins. */
  start = 0;
  /** One past the value's last byte. */
  end = 0;
  /** Where the first contradiction stood, or −1. Stays set until `reset`. */
  malformedAt = -1;
  #next = 0;
  #limit = 0;

  /** Begins a list from `start` up to, not including, `limit`. */
  reset(source: Source, start: number, limit: number): void {
    this.source = source;
    this.malformedAt = -1;
    this.#next = start;
    this.#limit = Math.min(limit, source.bytes.length);
  }

  /** Begins the list inside the current value of `outer`, which may go on afterwards. */
  enter(outer: AttributeCursor): void {
    this.reset(outer.source, outer.start, outer.end);
  }

  /** Moves to the next attribute; false at the end, or where the rest is malformed. */
  next(): boolean {
    const at = this.#next;
    const left = this.#limit - at;
    if (left < NLA_HEADER) {
      // Up to three bytes of padding may stand at the end.
      return false;
    }
    const { view } = this.source;
    const length = view.getUint16(at, HOST_LITTLE);
    if (length < NLA_HEADER || length > left) {
      if (this.malformedAt < 0) this.malformedAt = at;
      return false;
    }
    const type = view.getUint16(at + 2, HOST_LITTLE);
    this.type = type & TYPE_MASK;
    this.nested = (type & NLA_F_NESTED) !== 0;
    this.start = at + NLA_HEADER;
    this.end = at + length;
    this.#next = Math.min(this.#limit, at + align4(length));
    return true;
  }

  /** Bytes of the value. */
  get length(): number {
    return this.end - this.start;
  }

  #holds(bytes: number): boolean {
    if (this.end - this.start >= bytes) return true;
    if (this.malformedAt < 0) this.malformedAt = this.start;
    return false;
  }

  /** The first byte of the value. */
  readU8(): number {
    return this.#holds(1) ? this.source.view.getUint8(this.start) : 0;
  }
  /** Sixteen bits in host order. */
  readU16(): number {
    return this.#holds(2) ? this.source.view.getUint16(this.start, HOST_LITTLE) : 0;
  }
  /** Sixteen bits in network order, as ports mostly are. */
  readBe16(): number {
    return this.#holds(2) ? this.source.view.getUint16(this.start, false) : 0;
  }
  /** 32 bits in host order. */
  readU32(): number {
    return this.#holds(4) ? this.source.view.getUint32(this.start, HOST_LITTLE) : 0;
  }
  /** 32 bits in host order, with a sign. */
  readS32(): number {
    return this.#holds(4) ? this.source.view.getInt32(this.start, HOST_LITTLE) : 0;
  }
  /** 32 bits in network order, as IPv4 addresses are. */
  readBe32(): number {
    return this.#holds(4) ? this.source.view.getUint32(this.start, false) : 0;
  }
  /** 64 bits in host order. */
  readU64(): bigint {
    return this.#holds(8) ? this.source.view.getBigUint64(this.start, HOST_LITTLE) : 0n;
  }

  /** The value's bytes; borrowed. */
  readBytes(): Uint8Array {
    return this.source.bytes.subarray(this.start, this.end);
  }

  /** A copy of the value's bytes. */
  copyBytes(): Uint8Array {
    return this.source.bytes.slice(this.start, this.end);
  }

  /** The value as text, up to its first zero byte. Bytes above 127 are read as UTF-8. */
  readString(): string {
    const { bytes } = this.source;
    let end = this.start;
    while (end < this.end && bytes[end] !== 0) end++;
    return utf8.decode(bytes.subarray(this.start, end));
  }
}

const utf8 = /* @__PURE__ */ new TextDecoder();

const EMPTY: Source = /* @__PURE__ */ sourceOf(new Uint8Array(0));
