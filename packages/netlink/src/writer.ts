/** Messages, written: headers, attributes and nests into one growing buffer, patched in place. */

import { NLA_F_NESTED, NLA_HEADER } from './attribute.js';
import { HOST_LITTLE } from './host-order.js';
import { align4, NLMSG_HEADER } from './message.js';

/** Enough for nearly every request; it doubles when a message is longer. */
const FIRST_SIZE = 256;

const utf8 = /* @__PURE__ */ new TextEncoder();

/**
 * Writes one message after another into the same buffer: `begin`, a fixed part (`raw…`), attributes,
 * `finish`. A writer is made once and used often; what `finish` gives is overwritten by the next
 * `begin`. An attribute longer than 65,535 bytes can't be expressed and is a bug of the caller.
 *
 * @since 0.1.0
 */
export class MessageWriter {
  /** The buffer, which grows; valid up to `length`. */
  bytes = new Uint8Array(FIRST_SIZE);
  view = new DataView(this.bytes.buffer);
  /** Bytes written so far. */
  length = 0;

  /** Starts a message; `sequence` and `portId` are set by the socket that sends it. */
  begin(type: number, flags: number, sequence = 0): this {
    this.length = 0;
    this.#reserve(NLMSG_HEADER);
    this.bytes.fill(0, 0, NLMSG_HEADER);
    this.view.setUint16(4, type, HOST_LITTLE);
    this.view.setUint16(6, flags, HOST_LITTLE);
    this.view.setUint32(8, sequence, HOST_LITTLE);
    this.length = NLMSG_HEADER;
    return this;
  }

  /** Makes room for `size` zero bytes of a fixed part and gives where they begin. */
  raw(size: number): number {
    const at = this.length;
    this.#reserve(align4(size));
    this.bytes.fill(0, at, at + align4(size));
    this.length = at + align4(size);
    return at;
  }

  /** Starts an attribute of `size` bytes and gives where its value begins. */
  attribute(type: number, size: number): number {
    const length = NLA_HEADER + size;
    if (length > 0xffff) throw new RangeError(`bug: attribute ${type} of ${size} bytes`);
    const at = this.length;
    this.#reserve(align4(length));
    this.view.setUint16(at, length, HOST_LITTLE);
    this.view.setUint16(at + 2, type, HOST_LITTLE);
    this.bytes.fill(0, at + length, at + align4(length));
    this.length = at + align4(length);
    return at + NLA_HEADER;
  }

  /** A byte. */
  u8(type: number, value: number): this {
    const at = this.attribute(type, 1);
    this.view.setUint8(at, value);
    return this;
  }
  /** Sixteen bits in host order. */
  u16(type: number, value: number): this {
    const at = this.attribute(type, 2);
    this.view.setUint16(at, value, HOST_LITTLE);
    return this;
  }
  /** Sixteen bits in network order. */
  be16(type: number, value: number): this {
    const at = this.attribute(type, 2);
    this.view.setUint16(at, value, false);
    return this;
  }
  /** 32 bits in host order. */
  u32(type: number, value: number): this {
    const at = this.attribute(type, 4);
    this.view.setUint32(at, value, HOST_LITTLE);
    return this;
  }
  /** 32 bits in host order, with a sign. */
  s32(type: number, value: number): this {
    return this.u32(type, value >>> 0);
  }
  /** 32 bits in network order. */
  be32(type: number, value: number): this {
    const at = this.attribute(type, 4);
    this.view.setUint32(at, value, false);
    return this;
  }
  /** 64 bits in host order. */
  u64(type: number, value: bigint): this {
    const at = this.attribute(type, 8);
    this.view.setBigUint64(at, value, HOST_LITTLE);
    return this;
  }
  /** Bytes as they are. */
  put(type: number, value: Uint8Array): this {
    const at = this.attribute(type, value.length);
    this.bytes.set(value, at);
    return this;
  }
  /** Text with its closing zero byte. */
  string(type: number, value: string): this {
    const text = utf8.encode(value);
    const at = this.attribute(type, text.length + 1);
    this.bytes.set(text, at);
    this.bytes[at + text.length] = 0;
    return this;
  }
  /** An attribute that says all by being there. */
  flag(type: number): this {
    this.attribute(type, 0);
    return this;
  }

  /** Opens a nest; give what it returns to {@link close}. */
  open(type: number): number {
    const at = this.length;
    this.attribute(type | NLA_F_NESTED, 0);
    return at;
  }
  /** Closes the nest that `open` began at `at`. */
  close(at: number): this {
    const length = this.length - at;
    if (length > 0xffff) throw new RangeError(`bug: a nest of ${length} bytes`);
    this.view.setUint16(at, length, HOST_LITTLE);
    return this;
  }

  /** Sets the header's length; the bytes are borrowed until the next `begin`. */
  finish(): Uint8Array {
    this.view.setUint32(0, this.length, HOST_LITTLE);
    return this.bytes.subarray(0, this.length);
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    let size = this.bytes.length * 2;
    while (size < this.length + more) size *= 2;
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
