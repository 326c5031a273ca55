/** A persistent table by token: a new version shares all but one bucket with the old one. */

import type { Token } from './model.js';

/**
 * Tokens are hashes of keys, so their low bits spread evenly. Copying 256 pointers costs about
 * 100 ns, less than any tree of this size, and 10,000 entries are still found within 40 compares.
 */
const BUCKETS = 256;

interface Keyed {
  readonly token: Token;
}

/**
 * An immutable table of what belongs to connections, by token.
 *
 * @typeParam A - the entries, which hold their token
 * @since 0.1.0
 */
export interface Table<A extends Keyed> {
  readonly size: number;
  /** @internal */
  readonly buckets: ReadonlyArray<ReadonlyArray<A>>;
}

const NO_ENTRIES: ReadonlyArray<never> = Object.freeze([]);

const EMPTY: Table<never> = Object.freeze({
  size: 0,
  buckets: Object.freeze(Array.from({ length: BUCKETS }, () => NO_ENTRIES)),
});

/** A table without entries. @since 0.1.0 */
export const emptyTable = <A extends Keyed>(): Table<A> => EMPTY;

/** The entry of a token; a scan of one bucket. @since 0.1.0 */
export const tableGet = <A extends Keyed>(table: Table<A>, token: Token): A | undefined => {
  const bucket = table.buckets[token & (BUCKETS - 1)] ?? NO_ENTRIES;
  for (const entry of bucket) if (entry.token === token) return entry;
  return undefined;
};

const withEntry = <A extends Keyed>(bucket: ReadonlyArray<A>, entry: A): ReadonlyArray<A> => {
  const copy = bucket.slice();
  for (let i = 0; i < copy.length; i++) {
    if (copy[i]?.token === entry.token) {
      copy[i] = entry;
      return copy;
    }
  }
  copy.push(entry);
  return copy;
};

/** The table with an entry added or in the place of its predecessor. @since 0.1.0 */
export const tableSet = <A extends Keyed>(table: Table<A>, entry: A): Table<A> => {
  const index = entry.token & (BUCKETS - 1);
  const old = table.buckets[index] ?? NO_ENTRIES;
  const bucket = withEntry(old, entry);
  const buckets = table.buckets.slice();
  buckets[index] = bucket;
  return { size: table.size + bucket.length - old.length, buckets };
};

/** The table without the entry of a token; the same table where there is none. @since 0.1.0 */
export const tableDelete = <A extends Keyed>(table: Table<A>, token: Token): Table<A> => {
  const index = token & (BUCKETS - 1);
  const old = table.buckets[index] ?? NO_ENTRIES;
  const bucket = old.filter((entry) => entry.token !== token);
  if (bucket.length === old.length) return table;
  const buckets = table.buckets.slice();
  buckets[index] = bucket;
  return { size: table.size - 1, buckets };
};

/** All entries, in no order that means anything but always the same for the same history. @since 0.1.0 */
export function* tableEntries<A extends Keyed>(table: Table<A>): IterableIterator<A> {
  for (const bucket of table.buckets) yield* bucket;
}

/**
 * A table with every entry replaced by what `change` makes of it; `undefined` drops it, the same
 * entry costs nothing. For changes to all entries at once, as after a poll.
 *
 * @since 0.1.0
 */
export const tableMap = <A extends Keyed>(
  table: Table<A>,
  change: (entry: A) => A | undefined,
): Table<A> => {
  let size = 0;
  let changed = false;
  const buckets = table.buckets.map((bucket) => {
    let copy: Array<A> | undefined;
    for (let i = 0; i < bucket.length; i++) {
      const entry = bucket[i] as A;
      const next = change(entry);
      if (next === entry) copy?.push(entry);
      else {
        copy ??= bucket.slice(0, i);
        if (next !== undefined) copy.push(next);
      }
    }
    if (copy !== undefined) changed = true;
    size += (copy ?? bucket).length;
    return copy ?? bucket;
  });
  return changed ? { size, buckets } : table;
};
