/**
 * IPv6 extension headers in compressed form, the compressor's side: a translation table and lists of encoding type 0
 * (RFC 3095 sections 5.8.1.2 and 5.8.6.1, RFC 4815 section 5.6).
 */
import {
  DESTINATION,
  HOP_BY_HOP,
  type HeaderChain,
  IPV6,
  PROTOCOL_DESTINATION,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
  ROUTING,
} from '../../internal/header-chain.js';
import { LIST_MAX, TABLE_MAX } from './formats.js';

/** ET = 0 with GP set: a gen_id follows, so that the list stays in the decompressor's context. */
const GENERIC_WITH_GENERATION = 0x20;
/** PS: 8-bit XI fields. */
const WIDE_INDEXES = 0x10;
/** Largest index of a 4-bit XI field. */
const NARROW_INDEX_MAX = 7;

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

/** Protocol number of an extension header of this kind. */
const typeOf = (kind: number): number =>
  kind === HOP_BY_HOP
    ? PROTOCOL_HOP_BY_HOP
    : kind === DESTINATION
      ? PROTOCOL_DESTINATION
      : PROTOCOL_ROUTING;

/** Extension headers of one IPv6 header. */
export class ListEncoder {
  /** Items by index; the first octet of an item is its own type. */
  private readonly table: Uint8Array[] = [];
  /** How often each (index, item) pair was sent. */
  private readonly sent = new Uint8Array(TABLE_MAX);
  private readonly current = new Uint8Array(LIST_MAX);
  private count = 0;
  private generation = 0;

  /** Takes over the extension headers behind the IP header with index `header` in the chain. */
  update(packet: Uint8Array, chain: HeaderChain, header: number): void {
    let count = 0;
    let used = 0;
    const next = new Uint8Array(LIST_MAX);
    for (let i = header + 1; i < chain.count && count < LIST_MAX; i++) {
      const kind = chain.kind[i] as number;
      if (kind < IPV6 + 1 || kind > ROUTING) break;
      const at = chain.offset[i] as number;
      const index = this.find(packet, at, chain.length[i] as number, typeOf(kind), used);
      used |= 1 << index;
      next[count++] = index;
    }
    this.current.set(next);
    this.count = count;
    this.generation = (this.generation + 1) & 0xff;
  }

  /** Index of the item, a new one when the table does not have it; `used` are those that the list needs already. */
  private find(b: Uint8Array, at: number, length: number, type: number, used: number): number {
    let vacant = -1;
    for (let index = 0; index < TABLE_MAX; index++) {
      const item = this.table[index] ?? EMPTY;
      if (item.length === length && item[0] === type && equalTail(item, b, at, length))
        return index;
      if (vacant < 0 && (used & (1 << index)) === 0 && !this.inCurrent(index)) vacant = index;
    }
    // 16 places for two lists of at most nine headers: where no place is vacant, one of the old list gives way
    for (let index = 0; vacant < 0; index++) if ((used & (1 << index)) === 0) vacant = index;
    const item = b.slice(at, at + length);
    item[0] = type;
    this.table[vacant] = item;
    this.sent[vacant] = 0;
    return vacant;
  }

  private inCurrent(index: number): boolean {
    for (let i = 0; i < this.count; i++) if (this.current[i] === index) return true;
    return false;
  }

  /**
   * Writes the list and returns the next place. Items that the decompressor is believed to know stay away unless
   * `whole`. Each item sent counts towards that belief.
   */
  write(out: Uint8Array, start: number, whole: boolean, repetitions: number): number {
    let at = start;
    let wide = 0;
    for (let i = 0; i < this.count; i++) {
      if ((this.current[i] as number) > NARROW_INDEX_MAX) wide = WIDE_INDEXES;
    }
    out[at++] = GENERIC_WITH_GENERATION | wide | this.count;
    out[at++] = this.generation;
    for (let i = 0; i < this.count; i++) {
      const index = this.current[i] as number;
      const x = whole || (this.sent[index] as number) < repetitions;
      if (wide !== 0) out[at++] = (x ? 0x80 : 0) | index;
      else if ((i & 1) === 0) out[at++] = ((x ? 8 : 0) | index) << 4;
      else out[at - 1] = (out[at - 1] as number) | (x ? 8 : 0) | index;
    }
    for (let i = 0; i < this.count; i++) {
      const index = this.current[i] as number;
      if (!whole && (this.sent[index] as number) >= repetitions) continue;
      const item = this.table[index] ?? EMPTY;
      for (let k = 0; k < item.length; k++) out[at++] = item[k] as number;
    }
    return at;
  }

  /** Counts the items that the packet just written carried. */
  commit(whole: boolean, repetitions: number): void {
    let counted = 0;
    for (let i = 0; i < this.count; i++) {
      const index = this.current[i] as number;
      const bit = 1 << index;
      const sent = this.sent[index] as number;
      if ((counted & bit) !== 0 || (!whole && sent >= repetitions)) continue;
      counted |= bit;
      if (sent < 0xff) this.sent[index] = sent + 1;
    }
  }

  /** The decompressor may have lost the table: send every item anew. */
  forget(): void {
    this.sent.fill(0);
  }
}

const equalTail = (item: Uint8Array, b: Uint8Array, at: number, length: number): boolean => {
  for (let i = 1; i < length; i++) if (item[i] !== b[at + i]) return false;
  return true;
};
