/** The headers that a decompressor context knows: octets of the last packet, where its IP headers lie, their flags. */
import { MALFORMED, NO_ROOM, OVER_LIMIT, TRUNCATED } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import { HEADER_OCTETS_MAX, IP_HEADERS_MAX, onesSum } from '../../internal/header-chain.js';
import {
  AT,
  copyIpLayout,
  createIpLayout,
  IPV4_OCTETS,
  IPV6_OCTETS,
  type IpLayout,
  isIp,
  LEVEL_WORDS,
  PROTOCOL,
  SIZE,
  VERSION,
} from './layout.js';
import type { ListDecoder, StagedList } from './list-decoder.js';

/** Headers without lengths and checksums, which are inferred for each packet. */
export interface IpTemplate {
  octets: Uint8Array;
  readonly layout: IpLayout;
  /** FLAG_RND, FLAG_NBO, FLAG_SID by level. */
  readonly flags: Uint8Array;
}

export const createIpTemplate = (octets: number): IpTemplate => ({
  octets: new Uint8Array(octets),
  layout: createIpLayout(),
  flags: new Uint8Array(IP_HEADERS_MAX),
});

/** Copies a template; the target grows where it must. */
export const copyIpTemplate = (from: IpTemplate, to: IpTemplate): void => {
  const length = from.layout.end;
  if (to.octets.length < length) to.octets = new Uint8Array(length);
  copyOctets(from.octets, 0, length, to.octets, 0);
  copyIpLayout(from.layout, to.layout);
  for (let i = 0; i < IP_HEADERS_MAX; i++) to.flags[i] = from.flags[i] as number;
};

/** Reads the static chain of an IR packet into an empty template; returns the next place or a negative code. */
export const readStaticChain = (
  t: IpTemplate,
  b: Uint8Array,
  start: number,
  end: number,
): number => {
  const { levels } = t.layout;
  let at = start;
  let place = 0;
  let count = 0;
  let expected = 0;
  while (true) {
    if (at >= end) return TRUNCATED;
    if (count === IP_HEADERS_MAX) return OVER_LIMIT;
    const first = b[at] as number;
    const version = (first >>> 4) & 7;
    if ((version !== 4 && version !== 6) || (expected !== 0 && version !== expected)) {
      return MALFORMED;
    }
    const w = count * LEVEL_WORDS;
    const four = version === 4;
    const size = four ? IPV4_OCTETS : IPV6_OCTETS;
    if (at + (four ? 10 : 36) > end) return TRUNCATED;
    const protocol = b[at + (four ? 1 : 3)] as number;
    levels[w + AT] = place;
    levels[w + SIZE] = size;
    levels[w + VERSION] = version;
    levels[w + PROTOCOL] = protocol;
    t.flags[count] = 0;
    t.octets.fill(0, place, place + size);
    if (four) {
      t.octets[place] = 0x45;
      t.octets[place + 9] = protocol;
      copyOctets(b, at + 2, at + 10, t.octets, place + 12);
      at += 10;
    } else {
      t.octets[place] = 0x60;
      t.octets[place + 1] = first & 0x0f;
      t.octets[place + 2] = b[at + 1] as number;
      t.octets[place + 3] = b[at + 2] as number;
      t.octets[place + 6] = protocol;
      copyOctets(b, at + 4, at + 36, t.octets, place + 8);
      at += 36;
    }
    place += size;
    count++;
    // the chain ends where no IP header follows, or where the version's first bit says so
    if (!isIp(protocol) || first >= 0x80) break;
    expected = protocol === 4 ? 4 : 6;
  }
  t.layout.count = count;
  t.layout.end = place;
  return at;
};

/** Sets the DSCP/ECN octet or the traffic class. */
export const setTos = (t: IpTemplate, level: number, value: number): void => {
  const w = level * LEVEL_WORDS;
  const at = t.layout.levels[w + AT] as number;
  if (t.layout.levels[w + VERSION] === 4) {
    t.octets[at + 1] = value;
    return;
  }
  t.octets[at] = 0x60 | (value >>> 4);
  t.octets[at + 1] = ((value & 15) << 4) | ((t.octets[at + 1] as number) & 15);
};

export const setTtl = (t: IpTemplate, level: number, value: number): void => {
  const w = level * LEVEL_WORDS;
  t.octets[(t.layout.levels[w + AT] as number) + (t.layout.levels[w + VERSION] === 4 ? 8 : 7)] =
    value;
};

/** Sets the protocol number of what follows this level's last header. */
export const setProtocol = (t: IpTemplate, level: number, value: number): void => {
  const w = level * LEVEL_WORDS;
  const { levels } = t.layout;
  const at = levels[w + AT] as number;
  levels[w + PROTOCOL] = value;
  if (levels[w + VERSION] === 4) {
    t.octets[at + 9] = value;
    return;
  }
  let place = at + 6;
  const end = at + (levels[w + SIZE] as number);
  for (let header = at + IPV6_OCTETS; header < end; ) {
    place = header;
    header += ((t.octets[header + 1] as number) + 1) * 8;
  }
  t.octets[place] = value;
};

/** Sets an IPv4 header's don't fragment bit and its flags. */
export const setFlags = (t: IpTemplate, level: number, df: boolean, flags: number): void => {
  t.octets[(t.layout.levels[level * LEVEL_WORDS + AT] as number) + 6] = df ? 0x40 : 0;
  t.flags[level] = flags;
};

/**
 * Replaces the extension headers of a level: what follows moves. Returns 0, or `OVER_LIMIT` with nothing changed.
 */
export const setExtensionHeaders = (
  t: IpTemplate,
  level: number,
  list: ListDecoder,
  staged: StagedList,
  b: Uint8Array,
): number => {
  const { levels } = t.layout;
  const w = level * LEVEL_WORDS;
  const at = levels[w + AT] as number;
  const before = levels[w + SIZE] as number;
  const after = IPV6_OCTETS + list.size(staged);
  const shift = after - before;
  const length = t.layout.end + shift;
  if (length > HEADER_OCTETS_MAX) return OVER_LIMIT;
  if (length > t.octets.length) {
    const grown = new Uint8Array(length);
    grown.set(t.octets);
    t.octets = grown;
  }
  t.octets.copyWithin(at + after, at + before, t.layout.end);
  const protocol = levels[w + PROTOCOL] as number;
  t.octets[at + 6] = list.write(staged, b, t.octets, at + IPV6_OCTETS, protocol);
  levels[w + SIZE] = after;
  for (let i = level + 1; i < t.layout.count; i++) {
    levels[i * LEVEL_WORDS + AT] = (levels[i * LEVEL_WORDS + AT] as number) + shift;
  }
  t.layout.end = length;
  return 0;
};

/**
 * Writes the headers to `out` with the identifications `ids` and the lengths and checksums that follow from the
 * payload's size. Returns the headers' length or `NO_ROOM`.
 */
export const buildHeaders = (
  t: IpTemplate,
  ids: Uint16Array,
  payload: number,
  out: Uint8Array,
  to: number,
): number => {
  const { count, end, levels } = t.layout;
  if (to + end + payload > out.length) return NO_ROOM;
  copyOctets(t.octets, 0, end, out, to);
  for (let i = 0, w = 0; i < count; i++, w += LEVEL_WORDS) {
    const place = levels[w + AT] as number;
    const at = to + place;
    const length = end - place + payload;
    if (length > 0xffff) return OVER_LIMIT;
    if (levels[w + VERSION] === 4) {
      const id = ids[i] as number;
      out[at + 2] = length >>> 8;
      out[at + 3] = length;
      out[at + 4] = id >>> 8;
      out[at + 5] = id;
      out[at + 10] = 0;
      out[at + 11] = 0;
      const checksum = ~onesSum(out, at, at + IPV4_OCTETS) & 0xffff;
      out[at + 10] = checksum >>> 8;
      out[at + 11] = checksum;
    } else {
      out[at + 4] = (length - IPV6_OCTETS) >>> 8;
      out[at + 5] = length - IPV6_OCTETS;
    }
  }
  return end;
};

/** Whether two templates agree in all that a static chain carries. */
export const equalStatic = (a: IpTemplate, b: IpTemplate): boolean => {
  if (a.layout.count !== b.layout.count) return false;
  for (let i = 0, w = 0; i < a.layout.count; i++, w += LEVEL_WORDS) {
    const four = a.layout.levels[w + VERSION] === 4;
    if (a.layout.levels[w + VERSION] !== b.layout.levels[w + VERSION]) return false;
    if (a.layout.levels[w + PROTOCOL] !== b.layout.levels[w + PROTOCOL]) return false;
    const at = a.layout.levels[w + AT] as number;
    const to = b.layout.levels[w + AT] as number;
    for (let k = four ? 12 : 8; k < (four ? IPV4_OCTETS : IPV6_OCTETS); k++) {
      if (a.octets[at + k] !== b.octets[to + k]) return false;
    }
    if (four) continue;
    if ((((a.octets[at + 1] as number) ^ (b.octets[to + 1] as number)) & 15) !== 0) return false;
    if (a.octets[at + 2] !== b.octets[to + 2] || a.octets[at + 3] !== b.octets[to + 3])
      return false;
  }
  return true;
};
