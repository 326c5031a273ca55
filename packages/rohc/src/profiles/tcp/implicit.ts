/**
 * A decompressor context read off an uncompressed packet that both ends have seen: what an IR packet would have said,
 * with control fields settled by rule.
 */
import { AH, GRE, type HeaderChain, IPV4, IPV6, MINE } from '../../internal/header-chain.js';
import { hasSequence, sequenceOf } from './chains-encode.js';
import { RANDOM } from './formats.js';
import { addHeader, clearHeaderTemplate, type HeaderTemplate } from './header-template.js';
import { impliedBehavior } from './ip-id.js';
import type { ParsedOptions } from './options-parse.js';
import * as S from './state.js';
import { u16, u32 } from '../../internal/octets.js';

/** Fills the template and the row's part for headers in front of TCP. */
export const templateOf = (
  b: Uint8Array,
  chain: HeaderChain,
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
): void => {
  clearHeaderTemplate(t);
  let ip = 0;
  for (let i = 0; i < chain.count; i++) {
    const from = chain.offset[i] as number;
    const kind = chain.kind[i] as number;
    const length = chain.length[i] as number;
    const o = addHeader(t, kind, length);
    t.bytes.set(b.subarray(from, from + length), o);
    if (kind === IPV4) {
      const q = row + S.IP + ip++ * S.IP_WORDS;
      t.innermost = i;
      t.ipCount++;
      state[q + S.IP_TOS] = b[from + 1] as number;
      state[q + S.IP_TTL] = b[from + 8] as number;
      state[q + S.IP_DF] = ((b[from + 6] as number) >>> 6) & 1;
      state[q + S.IP_ID] = u16(b, from + 4);
      state[q + S.IP_BEHAVIOR] = impliedBehavior(u16(b, from + 4), i === chain.innermost);
      t.bytes.fill(0, o + 10, o + 12);
    } else if (kind === IPV6) {
      const q = row + S.IP + ip++ * S.IP_WORDS;
      t.innermost = i;
      t.ipCount++;
      state[q + S.IP_TOS] = (((b[from] as number) & 15) << 4) | ((b[from + 1] as number) >>> 4);
      state[q + S.IP_TTL] = b[from + 7] as number;
      state[q + S.IP_BEHAVIOR] = RANDOM;
      // the builder adds the traffic class to these octets
      t.bytes[o] = 0x60;
      t.bytes[o + 1] = (b[from + 1] as number) & 15;
    } else if (kind === MINE) {
      // the builder sums the header with these octets in it
      t.bytes.fill(0, o + 2, o + 4);
    } else if ((kind === AH || kind === GRE) && hasSequence(b, chain, i)) {
      state[row + S.SEQUENCE + i] = sequenceOf(b, chain, i);
    }
  }
  t.sourcePort = u16(b, chain.inner);
  t.destinationPort = u16(b, chain.inner + 2);
};

/** Fills the row's list and items, and returns the generic items where there are any. */
export const itemsOf = (
  b: Uint8Array,
  options: ParsedOptions,
  state: Uint32Array,
  row: number,
): Uint8Array | undefined => {
  let generic: Uint8Array | undefined;
  let table = 0;
  for (let i = 0; i < options.count; i++) {
    const at = options.at[i] as number;
    const length = options.length[i] as number;
    const index = options.index[i] as number;
    table |= 1 << index;
    switch (index) {
      case S.INDEX_NOP:
      case S.INDEX_SACK_PERMITTED:
        break;
      case S.INDEX_EOL:
        state[row + S.EOL_PADDING] = length - 1;
        break;
      case S.INDEX_MSS:
        state[row + S.MSS] = u16(b, at + 2);
        break;
      case S.INDEX_WINDOW_SCALE:
        state[row + S.WINDOW_SCALE] = b[at + 2] as number;
        break;
      case S.INDEX_TIMESTAMP:
        state[row + S.TS_VALUE] = u32(b, at + 2);
        state[row + S.TS_ECHO] = u32(b, at + 6);
        break;
      case S.INDEX_SACK:
        state[row + S.SACK_BLOCKS] = (length - 2) >>> 3;
        for (let j = 0; j < (length - 2) >>> 2; j++) {
          state[row + S.SACK + j] = u32(b, at + 2 + j * 4);
        }
        break;
      default: {
        generic ??= new Uint8Array(S.GENERIC_TABLE_OCTETS);
        const g = (index - S.INDEX_GENERIC) * S.GENERIC_OCTETS;
        generic[g + S.GENERIC_KIND] = b[at] as number;
        generic[g + S.GENERIC_LENGTH] = length;
        generic.set(b.subarray(at + 2, at + length), g + S.GENERIC_CONTENTS);
        break;
      }
    }
  }
  state[row + S.TABLE] = table;
  state[row + S.LIST_COUNT] = options.count;
  state[row + S.LIST_LOW] = options.low;
  state[row + S.LIST_HIGH] = options.high;
  return generic;
};
