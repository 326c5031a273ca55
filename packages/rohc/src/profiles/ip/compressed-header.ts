/**
 * Reads the compressed headers of profile 0x0004 into a record: base headers UO-0, UO-1 and UOR-2, extensions 0 to 3,
 * dynamic parts (RFC 3095 sections 5.7.5, 5.7.7 and 5.11, RFC 3843 sections 3.3 and 3.6).
 */
import { MALFORMED, TRUNCATED } from '../../internal/codes.js';
import { IP_HEADERS_MAX } from '../../internal/header-chain.js';
import {
  COMPRESSED_LEVELS,
  FLAG_NBO,
  FLAG_RND,
  FLAG_SID,
  UO_0,
  UO_1,
  UOR_2,
  UOR_2_EXT,
} from './formats.js';
import { LEVEL_WORDS, PROTOCOL, u16, VERSION } from './layout.js';
import { createStagedList, ListDecoder, type StagedList } from './list-decoder.js';
import {
  type IpTemplate,
  setExtensionHeaders,
  setFlags,
  setProtocol,
  setTos,
  setTtl,
} from './template.js';

/** What one header brings; fields that are absent are -1. */
export interface CompressedHeader {
  format: number;
  snBits: number;
  snLength: number;
  crc: number;
  mode: number;
  /** Bits of the IP-ID's offset of the innermost IPv4 header without RND, and how many. */
  idBits: number;
  idLength: number;
  /** The same of the outer header, where that is another one. */
  outerBits: number;
  outerLength: number;
  /** By level: DSCP/ECN or traffic class, TTL or hop limit, protocol, DF with flags, verbatim identification. */
  readonly tos: Int16Array;
  readonly ttl: Int16Array;
  readonly protocol: Int16Array;
  readonly flags: Int16Array;
  readonly id: Int32Array;
  readonly lists: readonly StagedList[];
  /** Whether a list without generation in extension 3 must not stay in the context. */
  passing: boolean;
}

export const createCompressedHeader = (): CompressedHeader => ({
  format: 0,
  snBits: 0,
  snLength: 0,
  crc: 0,
  mode: -1,
  idBits: 0,
  idLength: 0,
  outerBits: 0,
  outerLength: 0,
  tos: new Int16Array(IP_HEADERS_MAX),
  ttl: new Int16Array(IP_HEADERS_MAX),
  protocol: new Int16Array(IP_HEADERS_MAX),
  flags: new Int16Array(IP_HEADERS_MAX),
  id: new Int32Array(IP_HEADERS_MAX),
  lists: Array.from({ length: IP_HEADERS_MAX }, createStagedList),
  passing: false,
});

/** DF beside the flags of the dynamic part, in the place that it has there. */
const DF = 0x80;

/** For reading lists of a level whose context has no table yet. */
const NO_TABLE = /* @__PURE__ */ new ListDecoder();

export const clearLevels = (h: CompressedHeader): void => {
  for (let i = 0; i < IP_HEADERS_MAX; i++) {
    h.tos[i] = -1;
    h.ttl[i] = -1;
    h.protocol[i] = -1;
    h.flags[i] = -1;
    h.id[i] = -1;
    (h.lists[i] as StagedList).present = false;
  }
  h.mode = -1;
  h.passing = false;
};

/**
 * Reads the base header and extensions 0 to 2 of the packet with first octet `first`; `at` lies behind the CID.
 * Returns the next place, where extension 3 begins when the format says so, or a negative code.
 */
export const readBaseHeader = (
  h: CompressedHeader,
  first: number,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  h.idLength = 0;
  h.idBits = 0;
  h.outerLength = 0;
  h.outerBits = 0;
  if (first < 0x80) {
    h.format = UO_0;
    h.snBits = first >>> 3;
    h.snLength = 4;
    h.crc = first & 7;
    return at;
  }
  if (at >= end) return TRUNCATED;
  const second = b[at] as number;
  if (first < 0xc0) {
    h.format = UO_1;
    h.idBits = first & 0x3f;
    h.idLength = 6;
    h.snBits = second >>> 3;
    h.snLength = 5;
    h.crc = second & 7;
    return at + 1;
  }
  if (first >= 0xe0) return MALFORMED;
  h.format = UOR_2;
  h.snBits = first & 0x1f;
  h.snLength = 5;
  h.crc = second & 0x7f;
  if (second < 0x80) return at + 1;
  if (at + 1 >= end) return TRUNCATED;
  const extension = b[at + 1] as number;
  const type = extension >>> 6;
  h.format = UOR_2_EXT + type;
  if (type === 3) return at + 1;
  if (at + 2 + type > end) return TRUNCATED;
  h.snBits = (h.snBits << 3) | ((extension >>> 3) & 7);
  h.snLength = 8;
  const high = extension & 7;
  if (type === 0) {
    h.idBits = high;
    h.idLength = 3;
  } else if (type === 1) {
    h.idBits = (high << 8) | (b[at + 2] as number);
    h.idLength = 11;
  } else {
    h.outerBits = (high << 8) | (b[at + 2] as number);
    h.outerLength = 11;
    h.idBits = b[at + 3] as number;
    h.idLength = 8;
  }
  return at + 2 + type;
};

/** Reads extension 3 at `at`; the levels of `h` are clear. Returns the next place or a negative code. */
export const readExtension3 = (
  h: CompressedHeader,
  t: IpTemplate,
  lists: readonly (ListDecoder | undefined)[],
  b: Uint8Array,
  start: number,
  end: number,
): number => {
  let at = start;
  const first = b[at++] as number;
  const withSn = (first & 0x20) !== 0;
  const withId = (first & 4) !== 0;
  const ip = (first & 2) !== 0;
  const ip2 = (first & 1) !== 0;
  h.mode = (first >>> 3) & 3;
  const { count } = t.layout;
  if (ip2 && count < 2) return MALFORMED;
  if (at + (withSn ? 1 : 0) + (ip ? 1 : 0) + (ip2 ? 1 : 0) > end) return TRUNCATED;
  const innerFlags = ip ? (b[at++] as number) : 0;
  const outerFlags = ip2 ? (b[at++] as number) : 0;
  if (withSn) {
    h.snBits = (h.snBits << 8) | (b[at++] as number);
    h.snLength = 13;
  }
  // with one IP header the "inner" one is that
  const inner = count > 1 ? 1 : 0;
  if (ip) {
    at = readFields(h, t, inner, lists, innerFlags, b, at, end);
    if (at < 0) return at;
  }
  if (withId) {
    if (at + 2 > end) return TRUNCATED;
    h.idBits = u16(b, at);
    h.idLength = 16;
    at += 2;
  }
  if (ip2) {
    at = readFields(h, t, 0, lists, outerFlags, b, at, end);
    if (at < 0) return at;
    if ((outerFlags & 1) !== 0) {
      if (at + 2 > end) return TRUNCATED;
      h.outerBits = u16(b, at);
      h.outerLength = 16;
      at += 2;
    }
  }
  return at;
};

/** One IP header's flags octet and the fields that it announces. */
const readFields = (
  h: CompressedHeader,
  t: IpTemplate,
  level: number,
  lists: readonly (ListDecoder | undefined)[],
  octet: number,
  b: Uint8Array,
  start: number,
  end: number,
): number => {
  let at = start;
  const four = t.layout.levels[level * LEVEL_WORDS + VERSION] === 4;
  if (four) {
    h.flags[level] =
      ((octet & 0x20) !== 0 ? DF : 0) |
      ((octet & 4) !== 0 ? FLAG_NBO : 0) |
      ((octet & 2) !== 0 ? FLAG_RND : 0) |
      // extension 3 can't change SID
      ((t.flags[level] as number) & FLAG_SID);
  }
  const fields = (octet >>> 7) + ((octet >>> 6) & 1) + ((octet >>> 4) & 1) + ((octet >>> 3) & 1);
  if (at + fields > end) return TRUNCATED;
  if ((octet & 0x80) !== 0) h.tos[level] = b[at++] as number;
  if ((octet & 0x40) !== 0) h.ttl[level] = b[at++] as number;
  if ((octet & 0x10) !== 0) h.protocol[level] = b[at++] as number;
  if ((octet & 0x08) === 0) return at;
  const contents = b[at++] as number;
  // sequence numbers of AH, ESP and GRE belong to headers that this decoder does not follow
  if (four || (contents & 0x70) !== 0) return MALFORMED;
  if ((contents & 0x80) === 0) return at;
  const staged = h.lists[level] as StagedList;
  at = (lists[level] ?? NO_TABLE).read(b, at, end, staged);
  if (staged.generation < 0) h.passing = true;
  return at;
};

/** Reads one IP header's part of a dynamic chain. Returns the next place or a negative code. */
export const readDynamicPart = (
  h: CompressedHeader,
  t: IpTemplate,
  level: number,
  lists: readonly (ListDecoder | undefined)[],
  b: Uint8Array,
  start: number,
  end: number,
): number => {
  const four = t.layout.levels[level * LEVEL_WORDS + VERSION] === 4;
  let at = start + (four ? 5 : 2);
  if (at > end) return TRUNCATED;
  h.tos[level] = b[start] as number;
  h.ttl[level] = b[start + 1] as number;
  const staged = h.lists[level] as StagedList;
  if (four) {
    h.id[level] = u16(b, start + 2);
    h.flags[level] = (b[start + 4] as number) & (DF | FLAG_RND | FLAG_NBO | FLAG_SID);
    at = NO_TABLE.read(b, at, end, staged);
    // IPv4 has none of the extension headers that this decoder follows
    if (at >= 0 && staged.count > 0) return MALFORMED;
    staged.present = false;
    return at;
  }
  return (lists[level] ?? NO_TABLE).read(b, at, end, staged);
};

/**
 * Puts what the header brought into a template; `all` includes the lists that must not stay in the context.
 * Returns 0 or a negative code, after which the template is of no use.
 */
export const applyLevels = (
  h: CompressedHeader,
  t: IpTemplate,
  lists: readonly (ListDecoder | undefined)[],
  b: Uint8Array,
  all: boolean,
): number => {
  for (let i = 0; i < t.layout.count; i++) {
    const tos = h.tos[i] as number;
    const ttl = h.ttl[i] as number;
    const flags = h.flags[i] as number;
    const protocol = h.protocol[i] as number;
    if (tos >= 0) setTos(t, i, tos);
    if (ttl >= 0) setTtl(t, i, ttl);
    if (flags >= 0) setFlags(t, i, (flags & DF) !== 0, flags & ~DF);
    if (protocol >= 0) {
      // a further IP header of the static chain keeps its own number in front of it
      if (i + 1 < t.layout.count && protocol !== t.layout.levels[i * LEVEL_WORDS + PROTOCOL]) {
        return MALFORMED;
      }
      setProtocol(t, i, protocol);
    }
    const staged = h.lists[i] as StagedList;
    const stays = all || staged.generation >= 0 || i >= COMPRESSED_LEVELS;
    if (!staged.present || !stays) continue;
    const code = setExtensionHeaders(t, i, lists[i] ?? NO_TABLE, staged, b);
    if (code < 0) return code;
  }
  return 0;
};

/** Verbatim identifications of the compressed levels with RND: outer first. Returns the next place or a code. */
export const readRandomIds = (
  h: CompressedHeader,
  t: IpTemplate,
  b: Uint8Array,
  start: number,
  end: number,
): number => {
  let at = start;
  for (let i = 0; i < COMPRESSED_LEVELS && i < t.layout.count; i++) {
    if (t.layout.levels[i * LEVEL_WORDS + VERSION] !== 4) continue;
    const flags = (h.flags[i] as number) >= 0 ? (h.flags[i] as number) : (t.flags[i] as number);
    if ((flags & FLAG_RND) === 0) continue;
    if (at + 2 > end) return TRUNCATED;
    h.id[i] = u16(b, at);
    at += 2;
  }
  return at;
};
