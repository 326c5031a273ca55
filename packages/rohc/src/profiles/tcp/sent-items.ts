/**
 * The compressor's side of the TCP option item table: what each item last held, and how surely the decompressor holds
 * it too (RFC 6846 section 6.3.2).
 */
import { i32, u16 } from '../../internal/octets.js';
import { timestampOctets } from './options-encode.js';
import type { ParsedOptions } from './options-parse.js';
import * as R from './sent-headers.js';
import * as S from './state.js';

/** In place of a count: acknowledged. */
const KNOWN = 255;
/** Counts stop here. */
const COUNT_MAX = 254;

/** Places in the array of marks: one array costs less than four. */
const LAST = 16;
const GENERIC_FIRST = 32;
const GENERIC_LAST = /* @__PURE__ */ (() => GENERIC_FIRST + S.GENERIC_ITEMS)();
const MARKS = /* @__PURE__ */ (() => GENERIC_LAST + S.GENERIC_ITEMS)();

/** Whether an MSN lies in the run of MSNs from `first` to `last`, both included. */
export const isWithin = (msn: number, first: number, last: number): boolean =>
  ((msn - first) & 0xffff) <= ((last - first) & 0xffff);

export class SentItems {
  /** Items of the packet before, one bit each. */
  private listed = 0;
  /** How often each item of the table went out with its present contents in a row, and first and last with which MSN. */
  readonly itemSent = new Uint8Array(16);
  /** First and last MSNs: of the items, then of the generic items' contents. */
  private readonly marks = new Uint16Array(MARKS);
  private readonly items = new Uint32Array(4);
  private sackBlocks = 0;
  private readonly sack = new Uint32Array(8);
  private sackSent = 0;
  private sackFirst = 0;
  private sackLast = 0;
  generic: Uint8Array = NO_GENERIC;
  /** Times each generic item's contents went out, for the "unchanged" form. */
  private readonly genericSent = new Uint8Array(S.GENERIC_ITEMS);

  /** The timestamps last sent. */
  get tsValue(): number {
    return this.items[2] as number;
  }

  get tsEcho(): number {
    return this.items[3] as number;
  }

  /** Takes over new contents of the items; a changed one is no longer known to the decompressor. */
  update(b: Uint8Array, options: ParsedOptions, repetitions: number): void {
    let listed = 0;
    for (let i = 0; i < options.count; i++) listed |= 1 << (options.index[i] as number);
    if (listed !== this.listed) {
      this.interrupt(listed, repetitions);
      this.listed = listed;
    }
    const { items, itemSent } = this;
    for (let i = 0; i < options.count; i++) {
      const at = options.at[i] as number;
      const index = options.index[i] as number;
      switch (index) {
        case S.INDEX_NOP:
        case S.INDEX_SACK_PERMITTED:
          itemSent[index] = KNOWN;
          break;
        case S.INDEX_EOL: {
          const length = options.length[i] as number;
          if (length !== (items[0] as number) >>> 16) {
            items[0] = (length << 16) | ((items[0] as number) & 0xffff);
            itemSent[index] = 0;
          }
          break;
        }
        case S.INDEX_MSS: {
          const mss = u16(b, at + 2);
          if (mss !== ((items[0] as number) & 0xffff)) {
            items[0] = (((items[0] as number) & 0xffff0000) | mss) >>> 0;
            itemSent[index] = 0;
          }
          break;
        }
        case S.INDEX_WINDOW_SCALE:
          if (b[at + 2] !== items[1]) {
            items[1] = b[at + 2] as number;
            itemSent[index] = 0;
          }
          break;
        case S.INDEX_TIMESTAMP:
          items[2] = i32(b, at + 2);
          items[3] = i32(b, at + 6);
          break;
        case S.INDEX_SACK: {
          const blocks = ((options.length[i] as number) - 2) >>> 3;
          let changed = blocks !== this.sackBlocks;
          for (let j = 0; j < blocks * 2; j++) {
            const edge = i32(b, at + 2 + j * 4);
            if (((this.sack[j] as number) ^ edge) !== 0) {
              this.sack[j] = edge;
              changed = true;
            }
          }
          this.sackBlocks = blocks;
          if (changed) this.sackSent = 0;
          break;
        }
        default:
          this.updateGeneric(b, at, options.length[i] as number, index);
          break;
      }
    }
  }

  /**
   * Starts the count of items over that are missing from this packet before they went out often enough: only
   * repetitions in a row bear a run of losses. A timestamp always starts over, for the decompressor may hold one that
   * no packet of the window carries any more.
   */
  private interrupt(listed: number, repetitions: number): void {
    const { itemSent, genericSent } = this;
    for (let index = 0; index < itemSent.length; index++) {
      if (((listed >>> index) & 1) === 1) continue;
      if ((itemSent[index] as number) < repetitions) itemSent[index] = 0;
      if (index >= S.INDEX_GENERIC) {
        const item = index - S.INDEX_GENERIC;
        if ((genericSent[item] as number) < repetitions) genericSent[item] = 0;
      }
    }
    if (((listed >>> S.INDEX_SACK) & 1) === 0 && this.sackSent < repetitions) this.sackSent = 0;
    if (((listed >>> S.INDEX_TIMESTAMP) & 1) === 0) itemSent[S.INDEX_TIMESTAMP] = 0;
  }

  private updateGeneric(b: Uint8Array, at: number, length: number, index: number): void {
    if (this.generic === NO_GENERIC) this.generic = new Uint8Array(S.GENERIC_TABLE_OCTETS);
    const { generic } = this;
    const item = index - S.INDEX_GENERIC;
    const g = item * S.GENERIC_OCTETS;
    if (generic[g + S.GENERIC_KIND] !== b[at] || generic[g + S.GENERIC_LENGTH] !== length) {
      generic[g + S.GENERIC_KIND] = b[at] as number;
      generic[g + S.GENERIC_LENGTH] = length;
      this.itemSent[index] = 0;
    }
    let changed = false;
    for (let j = 2; j < length; j++) {
      const place = g + S.GENERIC_CONTENTS + j - 2;
      if (generic[place] !== b[at + j]) {
        generic[place] = b[at + j] as number;
        changed = true;
      }
    }
    if (changed) this.genericSent[item] = 0;
  }

  /** Items that must go out whole: the decompressor may not hold them, or no irregular form reaches their value. */
  present(
    b: Uint8Array,
    options: ParsedOptions,
    sent: R.SentHeaders,
    depth: number,
    repetitions: number,
  ): number {
    let present = 0;
    for (let i = 0; i < options.count; i++) {
      const index = options.index[i] as number;
      if ((this.itemSent[index] as number) < repetitions) {
        present |= 1 << i;
      } else if (index === S.INDEX_TIMESTAMP) {
        const at = options.at[i] as number;
        if (
          timestampOctets(sent, R.TS_VALUE, depth, i32(b, at + 2)) > 4 ||
          timestampOctets(sent, R.TS_ECHO, depth, i32(b, at + 6)) > 4
        ) {
          present |= 1 << i;
        }
      }
    }
    return present;
  }

  /** SACK and generic items whose contents the decompressor surely holds. */
  unchanged(options: ParsedOptions, repetitions: number): number {
    let unchanged = 0;
    for (let i = 0; i < options.count; i++) {
      const index = options.index[i] as number;
      if (index === S.INDEX_SACK) {
        if (this.sackSent >= repetitions) unchanged |= 1 << i;
      } else if (index >= S.INDEX_GENERIC) {
        if ((this.genericSent[index - S.INDEX_GENERIC] as number) >= repetitions) {
          unchanged |= 1 << i;
        }
      }
    }
    return unchanged;
  }

  /** Counts which contents went out with this packet. */
  count(options: ParsedOptions, present: number, msn: number, repetitions: number): void {
    const { itemSent, genericSent } = this;
    for (let i = 0; i < options.count; i++) {
      const index = options.index[i] as number;
      const whole = ((present >>> i) & 1) === 1;
      if (whole) {
        if (itemSent[index] === 0) this.marks[index] = msn;
        this.marks[LAST + index] = msn;
        if ((itemSent[index] as number) < COUNT_MAX)
          itemSent[index] = (itemSent[index] as number) + 1;
      }
      if (index === S.INDEX_SACK) {
        if (this.sackSent === 0) this.sackFirst = msn;
        if (whole || this.sackSent < repetitions) this.sackLast = msn;
        if (this.sackSent < COUNT_MAX) this.sackSent++;
      } else if (index >= S.INDEX_GENERIC) {
        const item = index - S.INDEX_GENERIC;
        const sent = genericSent[item] as number;
        if (sent === 0) this.marks[GENERIC_FIRST + item] = msn;
        if (whole || sent < repetitions) this.marks[GENERIC_LAST + item] = msn;
        if (sent < COUNT_MAX) genericSent[item] = sent + 1;
      }
    }
  }

  /**
   * Takes for known what the packet of this MSN carried, which was acknowledged. A later packet proves nothing: no CRC
   * covers the table.
   */
  acknowledge(msn: number): void {
    const { itemSent, genericSent } = this;
    for (let index = 0; index < itemSent.length; index++) {
      if (
        (itemSent[index] as number) > 0 &&
        isWithin(msn, this.marks[index] as number, this.marks[LAST + index] as number)
      ) {
        itemSent[index] = KNOWN;
      }
    }
    if (this.sackSent > 0 && isWithin(msn, this.sackFirst, this.sackLast)) this.sackSent = KNOWN;
    for (let item = 0; item < S.GENERIC_ITEMS; item++) {
      if (
        (genericSent[item] as number) > 0 &&
        isWithin(
          msn,
          this.marks[GENERIC_FIRST + item] as number,
          this.marks[GENERIC_LAST + item] as number,
        )
      ) {
        genericSent[item] = KNOWN;
      }
    }
  }

  /** After a refresh, which a new decompressor may have started from: items that it did not list are unknown. */
  refresh(): void {
    for (let index = 0; index < this.itemSent.length; index++) {
      if (((this.listed >>> index) & 1) === 0) this.itemSent[index] = 0;
    }
  }

  /** Takes nothing for known any more. */
  forget(): void {
    this.itemSent.fill(0);
    this.sackSent = 0;
    this.genericSent.fill(0);
  }

  /** Starts over from the options of a packet that the decompressor surely has. */
  adopt(b: Uint8Array, options: ParsedOptions): void {
    this.generic = NO_GENERIC;
    this.forget();
    this.update(b, options, KNOWN);
    for (let i = 0; i < options.count; i++) this.itemSent[options.index[i] as number] = KNOWN;
    this.sackSent = KNOWN;
    this.genericSent.fill(KNOWN);
  }

  /** A copy that shares nothing. */
  copy(): SentItems {
    const other = new SentItems();
    other.take(this);
    return other;
  }

  /** Becomes as `other` is. */
  take(other: SentItems): void {
    this.listed = other.listed;
    this.itemSent.set(other.itemSent);
    this.marks.set(other.marks);
    this.items.set(other.items);
    this.sackBlocks = other.sackBlocks;
    this.sack.set(other.sack);
    this.sackSent = other.sackSent;
    this.sackFirst = other.sackFirst;
    this.sackLast = other.sackLast;
    this.generic = other.generic === NO_GENERIC ? NO_GENERIC : other.generic.slice();
    this.genericSent.set(other.genericSent);
  }
}

/** The table of generic items of a flow that has none: shared, never written. */
export const NO_GENERIC = /* @__PURE__ */ new Uint8Array(S.GENERIC_TABLE_OCTETS);
