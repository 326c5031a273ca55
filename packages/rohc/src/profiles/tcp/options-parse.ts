/**
 * Sorts the TCP options of a header into items of the table that list compression uses (RFC 6846 section 6.3.4).
 */
import { LIST_ITEMS_MAX } from '../../internal/header-chain.js';
import * as S from './state.js';

/** The options of one packet: table index and place of each; reused from packet to packet. */
export interface ParsedOptions {
  count: number;
  readonly index: Uint8Array;
  readonly at: Int32Array;
  readonly length: Uint8Array;
  /** The list as the context keeps it: indexes, four bits each. */
  low: number;
  high: number;
  steps: number;
}

export const createParsedOptions = (): ParsedOptions => ({
  count: 0,
  index: new Uint8Array(LIST_ITEMS_MAX),
  at: new Int32Array(LIST_ITEMS_MAX),
  length: new Uint8Array(LIST_ITEMS_MAX),
  low: 0,
  high: 0,
  steps: 0,
});

/** Octets of padding that an EOL item can stand for: 248 bits. */
const EOL_PADDING_MAX = 31;

const EXPECTED_LENGTH = /* @__PURE__ */ Uint8Array.of(0, 0, 4, 3, 2, 0, 0, 0, 10);
const INDEX_OF_KIND = /* @__PURE__ */ Uint8Array.of(
  S.INDEX_EOL,
  S.INDEX_NOP,
  S.INDEX_MSS,
  S.INDEX_WINDOW_SCALE,
  S.INDEX_SACK_PERMITTED,
  S.INDEX_SACK,
  0,
  0,
  S.INDEX_TIMESTAMP,
);

/**
 * Parses the options `[from, end)`. `generic` is the context's table of generic items: an option without an index of
 * its own keeps the one that its kind and length already have.
 *
 * Returns whether list compression can express them: at most 15 well-formed options, EOL padded with zeros.
 */
export const parseOptions = (
  b: Uint8Array,
  from: number,
  end: number,
  generic: Uint8Array,
  parsed: ParsedOptions,
): boolean => {
  let at = from;
  let count = 0;
  let low = 0;
  let high = 0;
  let used = 0;
  while (at < end) {
    parsed.steps++;
    if (count === LIST_ITEMS_MAX) return false;
    const kind = b[at] as number;
    let length = 1;
    let index: number;
    if (kind === S.KIND_NOP) {
      index = S.INDEX_NOP;
    } else if (kind === S.KIND_EOL) {
      for (let i = at + 1; i < end; i++) if (b[i] !== 0) return false;
      length = end - at;
      // the list item counts the padding in bits, in eight of them
      if (length - 1 > EOL_PADDING_MAX) return false;
      index = S.INDEX_EOL;
    } else {
      if (at + 1 >= end) return false;
      length = b[at + 1] as number;
      if (length < 2 || at + length > end) return false;
      const wellKnown =
        kind === S.KIND_SACK
          ? length >= 10 && length <= 34 && ((length - 2) & 7) === 0
          : kind <= S.KIND_TIMESTAMP && EXPECTED_LENGTH[kind] === length;
      index = wellKnown ? (INDEX_OF_KIND[kind] as number) : S.INDEX_MAX + 1;
      // a second option of a kind gets a generic index: one index holds one content
      if (wellKnown && ((used >>> index) & 1) === 1) index = S.INDEX_MAX + 1;
      if (index > S.INDEX_MAX) {
        index = genericIndex(b, at, length, kind, generic, used);
        if (index < 0) return false;
      }
      used |= 1 << index;
    }
    parsed.index[count] = index;
    parsed.at[count] = at;
    parsed.length[count] = length;
    if (count < 8) low |= index << (count * 4);
    else high |= index << ((count - 8) * 4);
    count++;
    at += length;
  }
  parsed.count = count;
  parsed.low = low >>> 0;
  parsed.high = high >>> 0;
  return true;
};

/** The generic index for an option: its own from before, a free one, or one not used in this packet; -1 if none. */
const genericIndex = (
  b: Uint8Array,
  at: number,
  length: number,
  kind: number,
  generic: Uint8Array,
  used: number,
): number => {
  let free = -1;
  let sameKind = -1;
  for (let i = 0; i < S.GENERIC_ITEMS; i++) {
    const index = S.INDEX_GENERIC + i;
    if (((used >>> index) & 1) === 1) continue;
    const g = i * S.GENERIC_OCTETS;
    const held = generic[g + S.GENERIC_LENGTH] as number;
    if (held === 0) {
      if (free < 0) free = index;
    } else if (generic[g + S.GENERIC_KIND] === kind) {
      if (held === length) {
        let same = true;
        for (let j = 2; j < length && same; j++) {
          same = generic[g + S.GENERIC_CONTENTS + j - 2] === b[at + j];
        }
        if (same) return index;
        sameKind = index;
      } else if (sameKind < 0) {
        sameKind = index;
      }
    }
  }
  if (sameKind >= 0) return sameKind;
  if (free >= 0) return free;
  for (let index = S.INDEX_MAX; index >= S.INDEX_GENERIC; index--) {
    if (((used >>> index) & 1) === 0) return index;
  }
  return -1;
};
