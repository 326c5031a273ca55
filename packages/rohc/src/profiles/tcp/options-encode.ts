/**
 * Writes TCP options: the compressed list with its items, and their irregular chain (RFC 6846 section 6.3).
 */
import type { ParsedOptions } from './options-parse.js';
import { allFit32, type SentHeaders, TS_ECHO, TS_VALUE } from './sent-headers.js';
import * as S from './state.js';
import { i32 } from '../../internal/octets.js';

/** Writes one edge of a SACK block against `base`. */
const encodeSackEdge = (base: number, value: number, out: Uint8Array, at: number): number => {
  const offset = (value - base) >>> 0;
  if (offset <= 0x7fff) {
    out[at] = offset >>> 8;
    out[at + 1] = offset;
    return at + 2;
  }
  if (offset <= 0x3fffff) {
    out[at] = 0x80 | (offset >>> 16);
    out[at + 1] = offset >>> 8;
    out[at + 2] = offset;
    return at + 3;
  }
  if (offset <= 0x1fffffff) {
    out[at] = 0xc0 | (offset >>> 24);
    out[at + 1] = offset >>> 16;
    out[at + 2] = offset >>> 8;
    out[at + 3] = offset;
    return at + 4;
  }
  out[at] = 0xff;
  out[at + 1] = offset >>> 24;
  out[at + 2] = offset >>> 16;
  out[at + 3] = offset >>> 8;
  out[at + 4] = offset;
  return at + 5;
};

/** Writes a SACK option's discriminator and blocks. */
const encodeSack = (
  b: Uint8Array,
  from: number,
  length: number,
  ack: number,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  out[at++] = (length - 2) >>> 3;
  let base = ack;
  for (let i = 2; i < length; i += 4) {
    const edge = i32(b, from + i);
    at = encodeSackEdge(base, edge, out, at);
    base = edge;
  }
  return at;
};

/** Writes the compressed list; `present` has a bit for each item that is sent whole (X = 1). */
export const encodeList = (
  b: Uint8Array,
  parsed: ParsedOptions,
  present: number,
  ack: number,
  out: Uint8Array,
  to: number,
): number => {
  const { count, index, at: places, length } = parsed;
  let wide = false;
  for (let i = 0; i < count; i++) if ((index[i] as number) > 7) wide = true;
  let at = to;
  out[at++] = (wide ? 0x10 : 0) | count;
  if (wide) {
    for (let i = 0; i < count; i++) {
      out[at++] = (((present >>> i) & 1) << 7) | (index[i] as number);
    }
  } else {
    for (let i = 0; i < count; i += 2) {
      const first = (((present >>> i) & 1) << 3) | (index[i] as number);
      const second =
        i + 1 < count ? (((present >>> (i + 1)) & 1) << 3) | (index[i + 1] as number) : 0;
      out[at++] = (first << 4) | second;
    }
  }
  for (let i = 0; i < count; i++) {
    if (((present >>> i) & 1) === 0) continue;
    const from = places[i] as number;
    switch (index[i]) {
      case S.INDEX_NOP:
      case S.INDEX_SACK_PERMITTED:
        break;
      case S.INDEX_EOL:
        // in bits, the option's own octet not counted
        out[at++] = ((length[i] as number) - 1) << 3;
        break;
      case S.INDEX_MSS:
        out[at] = b[from + 2] as number;
        out[at + 1] = b[from + 3] as number;
        at += 2;
        break;
      case S.INDEX_WINDOW_SCALE:
        out[at++] = b[from + 2] as number;
        break;
      case S.INDEX_TIMESTAMP:
        for (let j = 0; j < 8; j++) out[at + j] = b[from + 2 + j] as number;
        at += 8;
        break;
      case S.INDEX_SACK:
        at = encodeSack(b, from, length[i] as number, ack, out, at);
        break;
      default:
        out[at] = b[from] as number;
        out[at + 1] = length[i] as number;
        for (let j = 2; j < (length[i] as number); j++) out[at + j] = b[from + j] as number;
        at += length[i] as number;
        break;
    }
  }
  return at;
};

/** Octets that `ts_lsb` needs for a timestamp: 1 to 4, or 5 when no form reaches it. */
export const timestampOctets = (
  sent: SentHeaders,
  column: number,
  depth: number,
  value: number,
): number =>
  allFit32(sent, column, depth, value, 7, -1)
    ? 1
    : allFit32(sent, column, depth, value, 14, -1)
      ? 2
      : allFit32(sent, column, depth, value, 21, 0x40000)
        ? 3
        : allFit32(sent, column, depth, value, 29, 0x4000000)
          ? 4
          : 5;

const encodeTimestamp = (value: number, octets: number, out: Uint8Array, at: number): number => {
  switch (octets) {
    case 1:
      out[at] = value & 0x7f;
      break;
    case 2:
      out[at] = 0x80 | ((value >>> 8) & 0x3f);
      out[at + 1] = value;
      break;
    case 3:
      out[at] = 0xc0 | ((value >>> 16) & 0x1f);
      out[at + 1] = value >>> 8;
      out[at + 2] = value;
      break;
    default:
      out[at] = 0xe0 | ((value >>> 24) & 0x1f);
      out[at + 1] = value >>> 16;
      out[at + 2] = value >>> 8;
      out[at + 3] = value;
      break;
  }
  return at + octets;
};

/**
 * Writes the irregular items of the options that are not in the list. `unchanged` has a bit for each SACK or generic
 * item that the decompressor surely holds with the same contents.
 */
export const encodeOptionsIrregular = (
  b: Uint8Array,
  parsed: ParsedOptions,
  present: number,
  unchanged: number,
  ack: number,
  sent: SentHeaders,
  depth: number,
  out: Uint8Array,
  to: number,
): number => {
  let at = to;
  for (let i = 0; i < parsed.count; i++) {
    if (((present >>> i) & 1) === 1) continue;
    const from = parsed.at[i] as number;
    const length = parsed.length[i] as number;
    const index = parsed.index[i] as number;
    if (index === S.INDEX_TIMESTAMP) {
      const value = i32(b, from + 2);
      const echo = i32(b, from + 6);
      at = encodeTimestamp(value, timestampOctets(sent, TS_VALUE, depth, value), out, at);
      at = encodeTimestamp(echo, timestampOctets(sent, TS_ECHO, depth, echo), out, at);
    } else if (index === S.INDEX_SACK) {
      if (((unchanged >>> i) & 1) === 1) out[at++] = 0;
      else at = encodeSack(b, from, length, ack, out, at);
    } else if (index >= S.INDEX_GENERIC) {
      if (((unchanged >>> i) & 1) === 1) {
        out[at++] = 0xff;
      } else {
        out[at++] = 0;
        for (let j = 2; j < length; j++) out[at + j - 2] = b[from + j] as number;
        at += length - 2;
      }
    }
  }
  return at;
};
