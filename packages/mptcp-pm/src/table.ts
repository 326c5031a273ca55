/** A persistent table by token: a new version shares all but one short page with the old one. */

import type { Token } from './model.js';

/**
 * Tokens are hashes of keys, so their low bits spread evenly. Two levels of 32 make 1024 chains: a
 * change copies 64 pointers, which stay in the processor's first cache where 1024 would not, and of
 * 10,000 entries one is found within ten compares.
 */
const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;

/** What can stand in a {@link Table}. @since 0.1.0 */
export interface Keyed {
  readonly token: Token;
}

/** Entries that fall together. */
interface Chain<A> {
  readonly entry: A;
  readonly next: Chain<A> | undefined;
}

type Page<A> = ReadonlyArray<Chain<A> | undefined>;

/**
 * An immutable table of what belongs to connections, by token.
 *
 * @typeParam A - the entries, which hold their token
 * @since 0.1.0
 */
export interface Table<A extends Keyed> {
  readonly size: number;
  /** @internal */
  readonly pages: ReadonlyArray<Page<A>>;
}

// Not frozen: what is frozen has another shape than what is made later, and the compiled code of a
// warmed-up manager would meet a table that it has never seen.
const NO_CHAINS: Page<never> = Array.from({ length: WIDTH }, () => undefined);

const tableOf = <A extends Keyed>(size: number, pages: ReadonlyArray<Page<A>>): Table<A> => ({
  size,
  pages,
});

const EMPTY: Table<never> = /* @__PURE__ */ tableOf(
  0,
  Array.from({ length: WIDTH }, () => NO_CHAINS),
);

/** A table without entries. @since 0.1.0 */
export const emptyTable = <A extends Keyed>(): Table<A> => EMPTY;

const pageOf = <A extends Keyed>(table: Table<A>, token: Token): Page<A> =>
  table.pages[(token >>> BITS) & MASK] ?? NO_CHAINS;

/** The entry of a token; a walk along one chain. @since 0.1.0 */
export const tableGet = <A extends Keyed>(table: Table<A>, token: Token): A | undefined => {
  let chain = pageOf(table, token)[token & MASK];
  while (chain !== undefined) {
    if (chain.entry.token === token) return chain.entry;
    chain = chain.next;
  }
  return undefined;
};

const without = <A extends Keyed>(
  chain: Chain<A> | undefined,
  token: Token,
): Chain<A> | undefined => {
  if (chain === undefined) return undefined;
  if (chain.entry.token === token) return chain.next;
  const next = without(chain.next, token);
  return next === chain.next ? chain : { entry: chain.entry, next };
};

/** The table with another chain where those of a token are. */
const withChain = <A extends Keyed>(
  table: Table<A>,
  token: Token,
  chain: Chain<A> | undefined,
  size: number,
): Table<A> => {
  const page = pageOf(table, token).slice();
  page[token & MASK] = chain;
  const pages = table.pages.slice();
  pages[(token >>> BITS) & MASK] = page;
  return tableOf(size, pages);
};

/** The table with an entry added or in the place of its predecessor. @since 0.1.0 */
export const tableSet = <A extends Keyed>(table: Table<A>, entry: A): Table<A> => {
  const { token } = entry;
  const old = pageOf(table, token)[token & MASK];
  const rest = without(old, token);
  const size = rest === old ? table.size + 1 : table.size;
  return withChain(table, token, { entry, next: rest }, size);
};

/** The table without the entry of a token; the same table where there is none. @since 0.1.0 */
export const tableDelete = <A extends Keyed>(table: Table<A>, token: Token): Table<A> => {
  const old = pageOf(table, token)[token & MASK];
  const rest = without(old, token);
  return rest === old ? table : withChain(table, token, rest, table.size - 1);
};

/** All entries, in no order that means anything but always the same for the same history. @since 0.1.0 */
export function* tableEntries<A extends Keyed>(table: Table<A>): IterableIterator<A> {
  for (const page of table.pages) {
    if (page === NO_CHAINS) continue;
    for (let chain of page) {
      for (; chain !== undefined; chain = chain.next) yield chain.entry;
    }
  }
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
  let { size } = table;
  const changeChain = (chain: Chain<A> | undefined): Chain<A> | undefined => {
    if (chain === undefined) return undefined;
    const next = changeChain(chain.next);
    const entry = change(chain.entry);
    if (entry === undefined) {
      size--;
      return next;
    }
    return entry === chain.entry && next === chain.next ? chain : { entry, next };
  };
  let changed = false;
  const pages = table.pages.map((page) => {
    if (page === NO_CHAINS) return page;
    let copy: Array<Chain<A> | undefined> | undefined;
    for (let i = 0; i < WIDTH; i++) {
      const old = page[i];
      const made = changeChain(old);
      if (made !== old) (copy ??= page.slice())[i] = made;
    }
    if (copy !== undefined) changed = true;
    return copy ?? page;
  });
  return changed ? tableOf(size, pages) : table;
};
