/** Values of attributes: for each kind of the kernel's, how it is read and how it is written. */

import { type IpAddress, ipAddressFromBytes, ipAddressToBytes } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { AttributeCursor } from './attribute.js';
import { HOST_LITTLE } from './host-order.js';
import type { MessageWriter } from './writer.js';

/**
 * How one attribute's value is read and written. A reader that finds the value too short sets the
 * cursor's `malformedAt` and gives anything.
 *
 * @since 0.1.0
 */
export interface ValueCodec<A> {
  /** Reads the value that the cursor stands on. */
  readonly read: (cursor: AttributeCursor) => A;
  /** Writes an attribute of this type. */
  readonly write: (writer: MessageWriter, type: number, value: A) => void;
}

export const u8: ValueCodec<number> = {
  read: (cursor) => cursor.readU8(),
  write: (writer, type, value) => writer.u8(type, value),
};
export const u16: ValueCodec<number> = {
  read: (cursor) => cursor.readU16(),
  write: (writer, type, value) => writer.u16(type, value),
};
export const u32: ValueCodec<number> = {
  read: (cursor) => cursor.readU32(),
  write: (writer, type, value) => writer.u32(type, value),
};
export const s32: ValueCodec<number> = {
  read: (cursor) => cursor.readS32(),
  write: (writer, type, value) => writer.s32(type, value),
};
export const u64: ValueCodec<bigint> = {
  read: (cursor) => cursor.readU64(),
  write: (writer, type, value) => writer.u64(type, value),
};
export const be16: ValueCodec<number> = {
  read: (cursor) => cursor.readBe16(),
  write: (writer, type, value) => writer.be16(type, value),
};
export const be32: ValueCodec<number> = {
  read: (cursor) => cursor.readBe32(),
  write: (writer, type, value) => writer.be32(type, value),
};
/** 64 bits in network order. */
export const be64: ValueCodec<bigint> = {
  read: (cursor) => {
    if (cursor.length >= 8) return cursor.source.view.getBigUint64(cursor.start, false);
    blame(cursor, cursor.start);
    return 0n;
  },
  write: (writer, type, value) => {
    const at = writer.attribute(type, 8);
    writer.view.setBigUint64(at, value, false);
  },
};
/** A byte that says yes or no. */
export const bool8: ValueCodec<boolean> = {
  read: (cursor) => cursor.readU8() !== 0,
  write: (writer, type, value) => writer.u8(type, value ? 1 : 0),
};
/** True by being there. */
export const flag: ValueCodec<boolean> = {
  read: () => true,
  write: (writer, type, value) => {
    if (value) writer.flag(type);
  },
};
/** Text that a zero byte ends. */
export const text: ValueCodec<string> = {
  read: (cursor) => cursor.readString(),
  write: (writer, type, value) => writer.string(type, value),
};
/** Bytes as they are; a copy. */
export const binary: ValueCodec<Uint8Array> = {
  read: (cursor) => cursor.copyBytes(),
  write: (writer, type, value) => writer.put(type, value),
};

/** Marks the list as contradicting itself there. */
export const blame = (cursor: AttributeCursor, at: number): void => {
  if (cursor.malformedAt < 0) cursor.malformedAt = at;
};

/** An IP address; its length says which. */
export const ip: ValueCodec<IpAddress> = {
  read: (cursor) => {
    const address = ipAddressFromBytes(cursor.readBytes());
    if (E.isRight(address)) return address.right;
    blame(cursor, cursor.start);
    return '' as never;
  },
  write: (writer, type, value) => writer.put(type, ipAddressToBytes(value)),
};

/** A struct of at least `size` bytes. */
export const struct = <A>(
  size: number,
  read: (view: DataView, at: number, length: number) => A,
  write: (view: DataView, at: number, value: A) => void,
): ValueCodec<A> => ({
  read: (cursor) => {
    if (cursor.length >= size) return read(cursor.source.view, cursor.start, cursor.length);
    blame(cursor, cursor.start);
    // Zeros, so that what the reader gives has its type; the list is refused as a whole.
    return read(new DataView(new ArrayBuffer(size)), 0, size);
  },
  write: (writer, type, value) => {
    const at = writer.attribute(type, size);
    writer.bytes.fill(0, at, at + size);
    write(writer.view, at, value);
  },
});

/** A struct of 32-bit numbers, by its length: those that a shorter one lacks are 0. */
export const words = <const Names extends ReadonlyArray<string>>(
  ...names: Names
): ValueCodec<{ readonly [K in Names[number]]: number }> => ({
  read: (cursor) => {
    const record: Record<string, number> = {};
    names.forEach((name, i) => {
      record[name] =
        cursor.length >= 4 * i + 4
          ? cursor.source.view.getUint32(cursor.start + 4 * i, HOST_LITTLE)
          : 0;
    });
    return record as { readonly [K in Names[number]]: number };
  },
  write: (writer, type, value) => {
    const at = writer.attribute(type, 4 * names.length);
    names.forEach((name, i) => {
      writer.view.setUint32(at + 4 * i, value[name as Names[number]], HOST_LITTLE);
    });
  },
});

/** A struct of 64-bit numbers, by its length: those that a shorter one lacks are 0. */
export const longs = <const Names extends ReadonlyArray<string>>(
  ...names: Names
): ValueCodec<{ readonly [K in Names[number]]: bigint }> => ({
  read: (cursor) => {
    const record: Record<string, bigint> = {};
    names.forEach((name, i) => {
      record[name] =
        cursor.length >= 8 * i + 8
          ? cursor.source.view.getBigUint64(cursor.start + 8 * i, HOST_LITTLE)
          : 0n;
    });
    return record as { readonly [K in Names[number]]: bigint };
  },
  write: (writer, type, value) => {
    const at = writer.attribute(type, 8 * names.length);
    names.forEach((name, i) => {
      writer.view.setBigUint64(at + 8 * i, value[name as Names[number]], HOST_LITTLE);
    });
  },
});

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/** A link-layer address of any length as hex with colons; of Ethernet that is a MAC address. */
export const hardwareAddress: ValueCodec<string> = {
  read: (cursor) => Array.from(cursor.readBytes(), hex).join(':'),
  write: (writer, type, value) =>
    writer.put(
      type,
      Uint8Array.from(value === '' ? [] : value.split(':'), (part) => Number.parseInt(part, 16)),
    ),
};
