/** Lists of attributes as values: what each type means is said once, and both directions follow from it. */

import { decodeError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { AttributeCursor, NLA_HEADER } from './attribute.js';
import {
  be16,
  be32,
  be64,
  binary,
  blame,
  bool8,
  flag,
  ip,
  hardwareAddress,
  s32,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueCodec,
  longs,
  words,
} from './attribute-value.js';
import type { NetlinkError } from './errors.js';
import type { MessageCursor } from './message.js';
import type { MessageWriter } from './writer.js';

/** An attribute that is not known here, kept as it came. @since 0.1.0 */
export interface UnknownAttribute {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The part of every attribute list that keeps what is not known; left out when there is none. @since 0.1.0 */
export interface WithUnknown {
  readonly unknown?: ReadonlyArray<UnknownAttribute>;
}

/**
 * Attributes by name: for each field of `A` its type number and how its value is read and written.
 *
 * @since 0.1.0
 */
export type AttributeSpec<A> = {
  readonly [K in Exclude<keyof A, 'unknown'>]-?: readonly [
    type: number,
    codec: ValueCodec<Exclude<A[K], undefined>>,
  ];
};

/** Reads and writes a list of attributes as one value. @since 0.1.0 */
export interface AttributeSet<A> {
  /** Reads the list that the cursor stands before; whether it was whole, its `malformedAt` says. */
  readonly read: (cursor: AttributeCursor) => A & WithUnknown;
  /** Writes those fields that are there, and the unknown ones after them. */
  readonly write: (writer: MessageWriter, value: A & WithUnknown) => void;
  /** Type numbers that have a meaning here. */
  readonly types: ReadonlyArray<number>;
}

type AnyCodec = readonly [number, ValueCodec<unknown>];

/**
 * The set that a spec describes. Fields whose attribute is missing are left out; of an attribute that
 * comes twice the last counts; unknown ones are kept.
 *
 * @example
 * ```ts
 * import { AttributeCursor, attributeSet, MessageWriter, NLA, NLMSG_HEADER, sourceOf } from '@liquid/netlink'
 *
 * const pair = attributeSet<{ readonly name?: string; readonly size?: number }>({
 *   name: [1, NLA.text],
 *   size: [2, NLA.u32],
 * })
 * const writer = new MessageWriter().begin(16, 0)
 * pair.write(writer, { name: 'a', size: 7 })
 * const cursor = new AttributeCursor()
 * cursor.reset(sourceOf(writer.finish()), NLMSG_HEADER, writer.length)
 * console.log(pair.read(cursor)) // { name: 'a', size: 7 }
 * ```
 * @since 0.1.0
 */
export const attributeSet = <A extends object>(spec: AttributeSpec<A>): AttributeSet<A> => {
  const fields = Object.entries(spec) as unknown as ReadonlyArray<readonly [string, AnyCodec]>;
  const byType = new Map<number, readonly [string, ValueCodec<unknown>]>(
    fields.map(([name, [type, codec]]) => [type, [name, codec]]),
  );
  return {
    types: fields.map(([, [type]]) => type),
    read: (cursor) => {
      const value: Record<string, unknown> = {};
      const unknown: Array<UnknownAttribute> = [];
      while (cursor.next()) {
        const field = byType.get(cursor.type);
        if (field !== undefined) value[field[0]] = field[1].read(cursor);
        else unknown.push({ type: cursor.type, bytes: cursor.copyBytes() });
      }
      if (unknown.length > 0) value['unknown'] = unknown;
      return value as unknown as A & WithUnknown;
    },
    write: (writer, value) => {
      const record = value as Record<string, unknown>;
      for (const [name, [type, codec]] of fields) {
        const field = record[name];
        if (field !== undefined) codec.write(writer, type, field);
      }
      for (const { type, bytes } of value.unknown ?? []) writer.put(type, bytes);
    },
  };
};

/** A list of attributes as an attribute's value. `flagged: false` for families older than `NLA_F_NESTED`. */
export const nest = <A>(
  set: () => AttributeSet<A>,
  { flagged = true }: { readonly flagged?: boolean } = {},
): ValueCodec<A & WithUnknown> => ({
  read: (cursor) => {
    const inner = new AttributeCursor();
    inner.enter(cursor);
    const value = set().read(inner);
    if (inner.malformedAt >= 0) blame(cursor, inner.malformedAt);
    return value;
  },
  write: (writer, type, value) => {
    const at = flagged ? writer.open(type) : writer.length;
    if (!flagged) writer.attribute(type, 0);
    set().write(writer, value);
    writer.close(at);
  },
});

/** A list of attributes of one meaning, whose types only count them. */
export const list = <A>(
  item: ValueCodec<A>,
  { first = 1 }: { readonly first?: number } = {},
): ValueCodec<ReadonlyArray<A>> => ({
  read: (cursor) => {
    const inner = new AttributeCursor();
    inner.enter(cursor);
    const values: Array<A> = [];
    while (inner.next()) values.push(item.read(inner));
    if (inner.malformedAt >= 0) blame(cursor, inner.malformedAt);
    return values;
  },
  write: (writer, type, values) => {
    const at = writer.open(type);
    values.forEach((value, i) => item.write(writer, first + i, value));
    writer.close(at);
  },
});

/** A list of attributes whose types say something themselves: pairs of type and value. */
export const keyed = <A>(
  item: ValueCodec<A>,
): ValueCodec<ReadonlyArray<readonly [type: number, value: A]>> => ({
  read: (cursor) => {
    const inner = new AttributeCursor();
    inner.enter(cursor);
    const values: Array<readonly [number, A]> = [];
    while (inner.next()) values.push([inner.type, item.read(inner)]);
    if (inner.malformedAt >= 0) blame(cursor, inner.malformedAt);
    return values;
  },
  write: (writer, type, values) => {
    const at = writer.open(type);
    for (const [key, value] of values) item.write(writer, key, value);
    writer.close(at);
  },
});

/** A list of attributes of one type; others in it are passed over. */
export const repeated = <A>(of: number, item: ValueCodec<A>): ValueCodec<ReadonlyArray<A>> => ({
  read: (cursor) => {
    const inner = new AttributeCursor();
    inner.enter(cursor);
    const values: Array<A> = [];
    while (inner.next()) if (inner.type === of) values.push(item.read(inner));
    if (inner.malformedAt >= 0) blame(cursor, inner.malformedAt);
    return values;
  },
  write: (writer, type, values) => {
    const at = writer.open(type);
    for (const value of values) item.write(writer, of, value);
    writer.close(at);
  },
});

/**
 * Kinds of attribute values, for an {@link attributeSet}: numbers in host order (`u8 u16 u32 s32
 * u64`) and in network order (`be16 be32 be64`), `bool8`, `flag` (true by being there), `text`, `binary`,
 * `ip`, `hardwareAddress`, `struct`, `words` and `longs` (structs of fixed layout, longer ones accepted), `nest` (an
 * attribute set as a value), `list` (values that are only counted) and `keyed` (pairs of type and
 * value) and `repeated` (values of one type in a nest).
 *
 * @since 0.1.0
 */
export const NLA = {
  u8,
  u16,
  u32,
  s32,
  u64,
  be16,
  be32,
  be64,
  bool8,
  flag,
  text,
  binary,
  ip,
  hardwareAddress,
  struct,
  words,
  longs,
  nest,
  list,
  keyed,
  repeated,
} as const;

/**
 * Reads a message that is a fixed part of `fixed` bytes and a list of attributes. Left `Decode` where
 * either is not whole.
 *
 * @since 0.1.0
 */
export const readAttributes = <A>(
  message: MessageCursor,
  what: string,
  fixed: number,
  set: AttributeSet<A>,
): E.Either<NetlinkError, A & WithUnknown> => {
  if (message.end - message.payload < fixed) {
    return E.left(
      decodeError({
        what,
        offset: message.payload,
        expected: `${fixed} bytes before the attributes`,
        actualText: `${message.end - message.payload}`,
      }),
    );
  }
  const cursor = new AttributeCursor();
  cursor.reset(message.source, message.payload + fixed, message.end);
  const value = set.read(cursor);
  return cursor.malformedAt < 0 ? E.right(value) : E.left(malformed(what, cursor.malformedAt));
};

/** The error of an attribute whose length contradicts its list or its meaning. */
export const malformed = (what: string, offset: number): NetlinkError =>
  decodeError({
    what,
    offset,
    expected: `whole attributes of at least ${NLA_HEADER} bytes`,
    actualText: 'a length that contradicts them',
  });
