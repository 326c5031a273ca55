/**
 * IPv6 extension headers in compressed form, the decompressor's side: translation table, reference lists and the four
 * encoding types (RFC 3095 sections 5.8.1 to 5.8.6, RFC 4815 sections 5.3 to 5.7).
 */
import { MALFORMED, OVER_LIMIT, TRUNCATED } from '../../internal/codes.js';
import {
  PROTOCOL_DESTINATION,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
} from '../../internal/header-chain.js';
import { LIST_MAX, TABLE_MAX } from './formats.js';

/** Octets that the items of one table may take: what a hostile stream can make a context keep. */
const TABLE_OCTETS_MAX = 1024;
/** Generations kept as candidates for references: a compressor refers to the last one that it repeated enough. */
const GENERATIONS = 4;
/** Octets of a kept list: generation, count, indexes. */
const LIST_OCTETS = 2 + LIST_MAX;

/** A list as read from a packet, before its CRC is known to match. */
export interface StagedList {
  /** Whether the packet carried a list. */
  present: boolean;
  /** Generation, or -1 for a list that does not enter the context. */
  generation: number;
  /** Generation that it was built on, or -1. */
  reference: number;
  count: number;
  readonly indexes: Uint8Array;
  /** Items that came along: place in the packet and length by index, length 0 for none. */
  readonly itemAt: Int32Array;
  readonly itemLength: Int32Array;
}

export const createStagedList = (): StagedList => ({
  present: false,
  generation: -1,
  reference: -1,
  count: 0,
  indexes: new Uint8Array(LIST_MAX),
  itemAt: new Int32Array(TABLE_MAX),
  itemLength: new Int32Array(TABLE_MAX),
});

/** Items that an insertion adds, and the reference list while it is edited. */
const inserted = /* @__PURE__ */ new Uint8Array(LIST_MAX);
const edited = /* @__PURE__ */ new Uint8Array(2 * LIST_MAX);

/** Extension headers of one IPv6 header. */
export class ListDecoder {
  private readonly table: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(
    TABLE_MAX,
  ).fill(undefined);
  private tableOctets = 0;
  private readonly generations = new Uint8Array(GENERATIONS * LIST_OCTETS);
  /** Lists held among the generations, and where the next one goes. */
  private held = 0;
  private next = 0;

  /**
   * Reads the list at `[at, end)` into `staged` without touching the context; returns the next place or a negative
   * code. An item that is neither in the packet nor in the table makes the list undecodable.
   */
  read(b: Uint8Array, start: number, end: number, staged: StagedList): number {
    let at = start;
    if (at >= end) return TRUNCATED;
    const first = b[at++] as number;
    const encoding = first >>> 6;
    staged.present = true;
    staged.generation = -1;
    staged.reference = -1;
    staged.itemLength.fill(0);
    if ((first & 0x20) !== 0) {
      if (at >= end) return TRUNCATED;
      staged.generation = b[at++] as number;
    }
    const wide = (first & 0x10) !== 0;
    if (encoding === 0) {
      const count = first & 15;
      staged.count = count;
      return this.readItems(b, at, end, staged, staged.indexes, count, wide, -1);
    }
    if (at >= end) return TRUNCATED;
    const reference = b[at++] as number;
    const held = this.find(reference);
    // an unknown or empty reference list can't be built on (RFC 4815 section 5.7)
    if (held < 0 || this.generations[held + 1] === 0) return MALFORMED;
    staged.reference = reference;
    let count = this.generations[held + 1] as number;
    for (let i = 0; i < count; i++) edited[i] = this.generations[held + 2 + i] as number;
    if (encoding >= 2) {
      if (encoding === 2 && (first & 15) !== count) return MALFORMED;
      const mask = readMask(b, at, end);
      if (mask < 0) return mask;
      at += maskOctets(b, at);
      count = remove(mask, count);
      if (count < 0) return MALFORMED;
    }
    if (encoding !== 2) {
      const mask = readMask(b, at, end);
      if (mask < 0) return mask;
      at += maskOctets(b, at);
      const added = ones(mask);
      at = this.readItems(b, at, end, staged, inserted, added, wide, wide ? -1 : first & 15);
      if (at < 0) return at;
      count = insert(mask, count, staged.indexes);
      if (count < 0) return OVER_LIMIT;
    } else {
      for (let i = 0; i < count; i++) staged.indexes[i] = edited[i] as number;
    }
    staged.count = count;
    return this.complete(staged) ? at : MALFORMED;
  }

  /** Reads `count` XI fields, the first of them given when `xi1` is not negative, and the items they announce. */
  private readItems(
    b: Uint8Array,
    start: number,
    end: number,
    staged: StagedList,
    indexes: Uint8Array,
    count: number,
    wide: boolean,
    xi1: number,
  ): number {
    const behindFirst = xi1 >= 0 && count > 0 ? count - 1 : count;
    const octets = wide ? behindFirst : (behindFirst + 1) >>> 1;
    if (start + octets > end) return TRUNCATED;
    let at = start + octets;
    for (let i = 0; i < count; i++) {
      const k = i - (count - behindFirst);
      let xi: number;
      if (k < 0) xi = xi1;
      else if (wide) xi = b[start + k] as number;
      else xi = ((b[start + (k >>> 1)] as number) >>> ((k & 1) === 0 ? 4 : 0)) & 15;
      const index = xi & (wide ? 0x7f : 7);
      if (index >= TABLE_MAX) return OVER_LIMIT;
      indexes[i] = index;
      if ((xi & (wide ? 0x80 : 8)) === 0) {
        if (this.table[index] === undefined && staged.itemLength[index] === 0) return MALFORMED;
        continue;
      }
      const length = itemLength(b, at, end);
      if (length < 0) return length;
      staged.itemAt[index] = at;
      staged.itemLength[index] = length;
      at += length;
    }
    let total = this.tableOctets;
    for (let index = 0; index < TABLE_MAX; index++) {
      const length = staged.itemLength[index] as number;
      if (length > 0) total += length - (this.table[index]?.length ?? 0);
    }
    return total > TABLE_OCTETS_MAX ? OVER_LIMIT : at;
  }

  private complete(staged: StagedList): boolean {
    for (let i = 0; i < staged.count; i++) {
      const index = staged.indexes[i] as number;
      if (this.table[index] === undefined && staged.itemLength[index] === 0) return false;
    }
    return true;
  }

  /** Octets of the extension headers that the staged list makes. */
  size(staged: StagedList): number {
    let total = 0;
    for (let i = 0; i < staged.count; i++) {
      const index = staged.indexes[i] as number;
      const length = staged.itemLength[index] as number;
      total += length > 0 ? length : (this.table[index]?.length ?? 0);
    }
    return total;
  }

  /**
   * Writes the extension headers to `out`; each one's Next Header is the type of the following one, the last one's is
   * `protocol`. Returns the type of the first, for the IP header.
   */
  write(
    staged: StagedList,
    b: Uint8Array,
    out: Uint8Array,
    start: number,
    protocol: number,
  ): number {
    let at = start;
    let type = protocol;
    // where the type of the following header goes
    let before = -1;
    for (let i = 0; i < staged.count; i++) {
      const index = staged.indexes[i] as number;
      const sent = staged.itemLength[index] as number;
      const source = sent > 0 ? b : this.table[index];
      if (source === undefined) continue;
      const from = sent > 0 ? (staged.itemAt[index] as number) : 0;
      const length = sent > 0 ? sent : source.length;
      const own = source[from] as number;
      if (before < 0) type = own;
      else out[before] = own;
      for (let k = 0; k < length; k++) out[at + k] = source[from + k] as number;
      before = at;
      at += length;
    }
    if (before >= 0) out[before] = protocol;
    return type;
  }

  /** The packet's CRC matched: items enter the table; the list becomes a candidate for references. */
  commit(staged: StagedList, b: Uint8Array): void {
    for (let index = 0; index < TABLE_MAX; index++) {
      const length = staged.itemLength[index] as number;
      if (length === 0) continue;
      const from = staged.itemAt[index] as number;
      this.tableOctets += length - (this.table[index]?.length ?? 0);
      this.table[index] = b.slice(from, from + length);
    }
    if (staged.generation < 0) return;
    // one list a generation; a compressor that began anew may use a number again
    const held = this.find(staged.generation);
    const at = held >= 0 ? held : this.next * LIST_OCTETS;
    this.generations[at] = staged.generation;
    this.generations[at + 1] = staged.count;
    for (let i = 0; i < staged.count; i++) {
      this.generations[at + 2 + i] = staged.indexes[i] as number;
    }
    if (held >= 0) return;
    this.next = (this.next + 1) % GENERATIONS;
    if (this.held < GENERATIONS) this.held++;
  }

  /** Place of a generation's list, or -1. */
  private find(generation: number): number {
    for (let i = 0; i < this.held; i++) {
      if (this.generations[i * LIST_OCTETS] === generation) return i * LIST_OCTETS;
    }
    return -1;
  }
}

/** Octets of the item at `at`, told by its own length field; its first octet is its type. */
const itemLength = (b: Uint8Array, at: number, end: number): number => {
  if (at + 2 > end) return TRUNCATED;
  const type = b[at] as number;
  if (type !== PROTOCOL_HOP_BY_HOP && type !== PROTOCOL_DESTINATION && type !== PROTOCOL_ROUTING) {
    // AH, GRE, ESP and minimal encapsulation carry per-packet data that this decoder does not follow
    return MALFORMED;
  }
  const length = ((b[at + 1] as number) + 1) * 8;
  return at + length > end ? TRUNCATED : length;
};

/** The mask's bits, the first one highest, in bits 23 to 9; its length (7 or 15) in the lowest octet. */
const readMask = (b: Uint8Array, at: number, end: number): number => {
  if (at >= end) return TRUNCATED;
  const first = b[at] as number;
  if (first < 0x80) return (first << 17) | 7;
  if (at + 1 >= end) return TRUNCATED;
  return ((first & 0x7f) << 17) | ((b[at + 1] as number) << 9) | 15;
};

const maskOctets = (b: Uint8Array, at: number): number => ((b[at] as number) < 0x80 ? 1 : 2);

const bitOf = (mask: number, i: number): number => (mask >>> (23 - i)) & 1;

const ones = (mask: number): number => {
  let count = 0;
  for (let i = 0; i < (mask & 15); i++) count += bitOf(mask, i);
  return count;
};

/** Removes from `edited` what the mask marks; the new count, or -1 when the mask keeps more than there is. */
const remove = (mask: number, count: number): number => {
  const length = mask & 15;
  let kept = 0;
  for (let i = 0; i < Math.max(length, count); i++) {
    // items behind a 7-bit mask stay (RFC 4815 section 5.3)
    const marked = i < length && bitOf(mask, i) === 1;
    if (marked) continue;
    if (i >= count) return -1;
    edited[kept++] = edited[i] as number;
  }
  return kept;
};

/** Builds the list from `edited` and `inserted`; the new count, or -1 when it grows too long. */
const insert = (mask: number, count: number, list: Uint8Array): number => {
  const length = mask & 15;
  let built = 0;
  let taken = 0;
  let added = 0;
  for (let i = 0; i < length || taken < count; i++) {
    if (i < length && bitOf(mask, i) === 1) {
      if (built >= LIST_MAX) return -1;
      list[built++] = inserted[added++] as number;
    } else if (taken < count) {
      if (built >= LIST_MAX) return -1;
      list[built++] = edited[taken++] as number;
    }
  }
  return built;
};
