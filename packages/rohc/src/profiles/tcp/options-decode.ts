/**
 * Reads TCP options: the compressed list with its items, their irregular chain, and back to the octets of a header
 * (RFC 6846 section 6.3).
 */
import { MALFORMED, NO_CONTEXT, TRUNCATED } from '../../internal/codes.js';
import { lsbDecode32 } from '../../wlsb.js';
import type { TcpScratch } from './scratch.js';
import * as S from './state.js';
import { put32, u16, u32 } from '../../internal/octets.js';

/** Items without contents need no entry in the table: their index says everything. */
const EMPTY_ITEMS = (1 << S.INDEX_NOP) | (1 << S.INDEX_SACK_PERMITTED);
/** Most octets of options that a TCP header has room for. */
const OPTIONS_MAX = 40;

/**
 * Reads a compressed list at `from`: the list and the items that come with it go to the row.
 *
 * `all` demands that every item is present, as in the dynamic chain. SACK items stay unread until the acknowledgement
 * number, their base, is known: in the dynamic and replicate chains and in CO headers it precedes the list.
 */
export const decodeList = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
  all: boolean,
): number => {
  let at = from;
  if (at >= end) return TRUNCATED;
  const head = b[at++] as number;
  if (head >= 0x20) return MALFORMED;
  const wide = (head & 0x10) !== 0;
  const m = head & 15;
  const indexes = wide ? m : (m + 1) >>> 1;
  if (at + indexes > end) return TRUNCATED;
  if (!wide && (m & 1) === 1 && ((b[at + indexes - 1] as number) & 15) !== 0) return MALFORMED;
  const xi = at;
  at += indexes;
  let low = 0;
  let high = 0;
  let present = 0;
  for (let i = 0; i < m; i++) {
    sc.steps++;
    let x: number;
    let index: number;
    if (wide) {
      const octet = b[xi + i] as number;
      if ((octet & 0x70) !== 0) return MALFORMED;
      x = octet >>> 7;
      index = octet & 15;
    } else {
      const octet = b[xi + (i >>> 1)] as number;
      const nibble = (i & 1) === 0 ? octet >>> 4 : octet & 15;
      x = nibble >>> 3;
      index = nibble & 7;
    }
    if (i < 8) low |= index << (i * 4);
    else high |= index << ((i - 8) * 4);
    if (x === 1) {
      present |= 1 << i;
      at = decodeItem(state, row, b, at, end, sc, index);
      if (at < 0) return at;
    } else if (all) {
      return MALFORMED;
    } else if (((((state[row + S.TABLE] as number) | EMPTY_ITEMS) >>> index) & 1) === 0) {
      return NO_CONTEXT;
    }
  }
  state[row + S.LIST_COUNT] = m;
  state[row + S.LIST_LOW] = low;
  state[row + S.LIST_HIGH] = high;
  sc.present = present;
  return at;
};

const decodeItem = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
  index: number,
): number => {
  let at = from;
  switch (index) {
    case S.INDEX_NOP:
    case S.INDEX_SACK_PERMITTED:
      break;
    case S.INDEX_EOL: {
      if (at >= end) return TRUNCATED;
      // the length is in bits
      const bits = b[at++] as number;
      if ((bits & 7) !== 0) return MALFORMED;
      state[row + S.EOL_PADDING] = bits >>> 3;
      break;
    }
    case S.INDEX_MSS:
      if (at + 2 > end) return TRUNCATED;
      state[row + S.MSS] = u16(b, at);
      at += 2;
      break;
    case S.INDEX_WINDOW_SCALE:
      if (at >= end) return TRUNCATED;
      state[row + S.WINDOW_SCALE] = b[at++] as number;
      break;
    case S.INDEX_TIMESTAMP:
      if (at + 8 > end) return TRUNCATED;
      state[row + S.TS_VALUE] = u32(b, at);
      state[row + S.TS_ECHO] = u32(b, at + 4);
      at += 8;
      break;
    case S.INDEX_SACK: {
      if (at >= end) return TRUNCATED;
      const blocks = b[at++] as number;
      if (blocks < 1 || blocks > 4) return MALFORMED;
      at = decodeSackBlocks(state, row, b, at, end, blocks);
      break;
    }
    default: {
      if (at + 2 > end) return TRUNCATED;
      const octet = b[at + 1] as number;
      const length = octet & 0x7f;
      if (length < 2 || length > OPTIONS_MAX) return MALFORMED;
      if (at + length > end) return TRUNCATED;
      const g = (index - S.INDEX_GENERIC) * S.GENERIC_OCTETS;
      sc.genericTouched = true;
      sc.generic[g + S.GENERIC_STATIC] = octet >>> 7;
      sc.generic[g + S.GENERIC_LENGTH] = length;
      sc.generic[g + S.GENERIC_KIND] = b[at] as number;
      for (let i = 2; i < length; i++)
        sc.generic[g + S.GENERIC_CONTENTS + i - 2] = b[at + i] as number;
      at += length;
      break;
    }
  }
  if (at >= 0) state[row + S.TABLE] = (state[row + S.TABLE] as number) | (1 << index);
  return at;
};

/** Reads one edge of a SACK block against `base`; the value goes to `state[word]`. */
const decodeSackEdge = (
  state: Uint32Array,
  word: number,
  base: number,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  if (at + 2 > end) return TRUNCATED;
  const first = b[at] as number;
  if (first < 0x80) {
    state[word] = base + u16(b, at);
    return at + 2;
  }
  if (first < 0xc0) {
    if (at + 3 > end) return TRUNCATED;
    state[word] = base + (((first & 0x3f) << 16) | u16(b, at + 1));
    return at + 3;
  }
  if (first < 0xe0) {
    if (at + 4 > end) return TRUNCATED;
    state[word] = base + (u32(b, at) & 0x1fffffff);
    return at + 4;
  }
  if (first !== 0xff) return MALFORMED;
  if (at + 5 > end) return TRUNCATED;
  state[word] = base + u32(b, at + 1);
  return at + 5;
};

const decodeSackBlocks = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  blocks: number,
): number => {
  let at = from;
  let base = state[row + S.ACK] as number;
  for (let i = 0; i < blocks * 2; i++) {
    const word = row + S.SACK + i;
    at = decodeSackEdge(state, word, base, b, at, end);
    if (at < 0) return at;
    base = state[word] as number;
  }
  state[row + S.SACK_BLOCKS] = blocks;
  return at;
};

/** Reads a timestamp (`ts_lsb`) against the row's word. */
const decodeTimestamp = (
  state: Uint32Array,
  word: number,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  if (at >= end) return TRUNCATED;
  const first = b[at] as number;
  const reference = state[word] as number;
  if (first < 0x80) {
    state[word] = lsbDecode32(reference, first, 7, -1);
    return at + 1;
  }
  if (first < 0xc0) {
    if (at + 2 > end) return TRUNCATED;
    state[word] = lsbDecode32(reference, u16(b, at) & 0x3fff, 14, -1);
    return at + 2;
  }
  if (first < 0xe0) {
    if (at + 3 > end) return TRUNCATED;
    state[word] = lsbDecode32(reference, ((first & 0x1f) << 16) | u16(b, at + 1), 21, 0x40000);
    return at + 3;
  }
  if (at + 4 > end) return TRUNCATED;
  state[word] = lsbDecode32(reference, u32(b, at) & 0x1fffffff, 29, 0x4000000);
  return at + 4;
};

/** Reads the irregular chain of the options: one item for each of the list that did not come with it. */
export const decodeOptionsIrregular = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  const count = state[row + S.LIST_COUNT] as number;
  for (let i = 0; i < count; i++) {
    sc.steps++;
    if (((sc.present >>> i) & 1) === 1) continue;
    const index = S.listItem(state, row, i);
    if (index === S.INDEX_TIMESTAMP) {
      at = decodeTimestamp(state, row + S.TS_VALUE, b, at, end);
      if (at < 0) return at;
      at = decodeTimestamp(state, row + S.TS_ECHO, b, at, end);
      if (at < 0) return at;
    } else if (index === S.INDEX_SACK) {
      if (at >= end) return TRUNCATED;
      const blocks = b[at++] as number;
      if (blocks > 4) return MALFORMED;
      if (blocks > 0) {
        at = decodeSackBlocks(state, row, b, at, end, blocks);
        if (at < 0) return at;
      }
    } else if (index >= S.INDEX_GENERIC) {
      const g = (index - S.INDEX_GENERIC) * S.GENERIC_OCTETS;
      if (sc.generic[g + S.GENERIC_STATIC] === 1) continue;
      if (at >= end) return TRUNCATED;
      const discriminator = b[at++] as number;
      if (discriminator === 0xff) continue;
      if (discriminator !== 0) return MALFORMED;
      const contents = (sc.generic[g + S.GENERIC_LENGTH] as number) - 2;
      if (at + contents > end) return TRUNCATED;
      sc.genericTouched = true;
      for (let j = 0; j < contents; j++)
        sc.generic[g + S.GENERIC_CONTENTS + j] = b[at + j] as number;
      at += contents;
    }
  }
  return at;
};

/**
 * Writes the options of the row's list at `from`, where 40 octets must be free; returns the place behind, or a
 * negative code when they don't make a valid header.
 */
export const buildOptions = (
  state: Uint32Array,
  row: number,
  generic: Uint8Array,
  out: Uint8Array,
  from: number,
): number => {
  let at = from;
  const limit = from + OPTIONS_MAX;
  const count = state[row + S.LIST_COUNT] as number;
  for (let i = 0; i < count; i++) {
    const index = S.listItem(state, row, i);
    switch (index) {
      case S.INDEX_NOP:
        if (at + 1 > limit) return MALFORMED;
        out[at++] = S.KIND_NOP;
        break;
      case S.INDEX_EOL: {
        const padding = state[row + S.EOL_PADDING] as number;
        if (at + 1 + padding > limit) return MALFORMED;
        out.fill(0, at, at + 1 + padding);
        at += 1 + padding;
        break;
      }
      case S.INDEX_MSS:
        if (at + 4 > limit) return MALFORMED;
        out[at] = S.KIND_MSS;
        out[at + 1] = 4;
        out[at + 2] = (state[row + S.MSS] as number) >>> 8;
        out[at + 3] = state[row + S.MSS] as number;
        at += 4;
        break;
      case S.INDEX_WINDOW_SCALE:
        if (at + 3 > limit) return MALFORMED;
        out[at] = S.KIND_WINDOW_SCALE;
        out[at + 1] = 3;
        out[at + 2] = state[row + S.WINDOW_SCALE] as number;
        at += 3;
        break;
      case S.INDEX_TIMESTAMP:
        if (at + 10 > limit) return MALFORMED;
        out[at] = S.KIND_TIMESTAMP;
        out[at + 1] = 10;
        put32(out, at + 2, state[row + S.TS_VALUE] as number);
        put32(out, at + 6, state[row + S.TS_ECHO] as number);
        at += 10;
        break;
      case S.INDEX_SACK_PERMITTED:
        if (at + 2 > limit) return MALFORMED;
        out[at] = S.KIND_SACK_PERMITTED;
        out[at + 1] = 2;
        at += 2;
        break;
      case S.INDEX_SACK: {
        const blocks = state[row + S.SACK_BLOCKS] as number;
        if (at + 2 + blocks * 8 > limit) return MALFORMED;
        out[at] = S.KIND_SACK;
        out[at + 1] = 2 + blocks * 8;
        at += 2;
        for (let j = 0; j < blocks * 2; j++) {
          put32(out, at, state[row + S.SACK + j] as number);
          at += 4;
        }
        break;
      }
      default: {
        const g = (index - S.INDEX_GENERIC) * S.GENERIC_OCTETS;
        const length = generic[g + S.GENERIC_LENGTH] as number;
        if (at + length > limit) return MALFORMED;
        out[at] = generic[g + S.GENERIC_KIND] as number;
        out[at + 1] = length;
        for (let j = 2; j < length; j++)
          out[at + j] = generic[g + S.GENERIC_CONTENTS + j - 2] as number;
        at += length;
        break;
      }
    }
  }
  return ((at - from) & 3) === 0 ? at : MALFORMED;
};
