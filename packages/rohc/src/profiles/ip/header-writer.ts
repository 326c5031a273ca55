/**
 * Writes the headers of profile 0x0004: static and dynamic chains, base headers, extensions 0 to 3
 * (RFC 3095 sections 5.7.5, 5.7.7 and 5.11, RFC 3843 sections 3.1 to 3.3).
 */
import { writeLargeCid } from '../../internal/cid.js';
import { copyOctets } from '../../internal/copy.js';
import {
  COMPRESSED_LEVELS,
  FLAG_NBO,
  FLAG_RND,
  UO_0,
  UO_1,
  UOR_2,
  UOR_2_EXT,
  UOR_2_EXT3,
} from './formats.js';
import { type FieldTracker, LIST, type PacketFields, TOS, TTL } from './field-tracker.js';
import {
  AT,
  IPV4_OCTETS,
  IPV6_OCTETS,
  type IpLayout,
  isIp,
  LEVEL_WORDS,
  PROTOCOL,
  VERSION,
} from './layout.js';

/** A packet in work: where its headers lie, what they change, and how many bits its counters need. */
export interface PacketInWork {
  readonly layout: IpLayout;
  readonly fields: PacketFields;
  sn: number;
  snBits: number;
  /** Bits of the IP-ID offsets, 0 to 16, by level. */
  readonly idBits: Uint8Array;
  /** The level that base headers mean by IP-ID: the innermost IPv4 header without RND, or -1. */
  coded: number;
  /** Mode field of extension 3. */
  mode: number;
}

/** Writes the static chain. */
export const writeStaticChain = (
  packet: Uint8Array,
  layout: IpLayout,
  out: Uint8Array,
  start: number,
): number => {
  let at = start;
  const { levels, count } = layout;
  for (let i = 0, w = 0; i < count; i++, w += LEVEL_WORDS) {
    const from = levels[w + AT] as number;
    const protocol = levels[w + PROTOCOL] as number;
    // the version's first bit ends a chain that the protocol number would continue (RFC 3843 section 3.1)
    const last = i === count - 1 && isIp(protocol) ? 0x80 : 0;
    if (levels[w + VERSION] === 4) {
      out[at++] = 0x40 | last;
      out[at++] = protocol;
      copyOctets(packet, from + 12, from + IPV4_OCTETS, out, at);
      at += 8;
    } else {
      out[at++] = 0x60 | last | ((packet[from + 1] as number) & 0x0f);
      out[at++] = packet[from + 2] as number;
      out[at++] = packet[from + 3] as number;
      out[at++] = protocol;
      copyOctets(packet, from + 8, from + IPV6_OCTETS, out, at);
      at += 32;
    }
  }
  return at;
};

/** Writes one level's part of the dynamic chain. */
export const writeDynamicPart = (
  packet: Uint8Array,
  level: number,
  tracker: FieldTracker,
  repetitions: number,
  work: PacketInWork,
  out: Uint8Array,
  start: number,
): number => {
  let at = start;
  const w = level * LEVEL_WORDS;
  const from = work.layout.levels[w + AT] as number;
  if (work.layout.levels[w + VERSION] === 4) {
    out[at++] = packet[from + 1] as number;
    out[at++] = packet[from + 8] as number;
    out[at++] = packet[from + 4] as number;
    out[at++] = packet[from + 5] as number;
    const flags = level < COMPRESSED_LEVELS ? (work.fields.flags[level] as number) : FLAG_NBO;
    out[at++] = (((packet[from + 6] as number) & 0x40) << 1) | flags;
    // no extension headers
    out[at++] = 0;
    return at;
  }
  out[at++] = trafficClass(packet, from);
  out[at++] = packet[from + 7] as number;
  const list = tracker.lists[level];
  if (list !== undefined) return list.write(out, at, true, repetitions);
  out[at++] = 0;
  return at;
};

/** Writes a compressed header without its Add-CID octet: base header, CID, extension, random IP-IDs, further levels. */
export const writeCompressedHeader = (
  format: number,
  crc: number,
  cid: number,
  large: boolean,
  packet: Uint8Array,
  tracker: FieldTracker,
  repetitions: number,
  work: PacketInWork,
  out: Uint8Array,
  start: number,
): number => {
  let at = start;
  const { sn, coded, layout, fields } = work;
  const offset = coded < 0 ? 0 : (fields.offsets[coded] as number);
  if (format === UO_0) {
    out[at++] = ((sn & 0x0f) << 3) | crc;
    at = writeLargeCid(out, at, cid, large);
  } else if (format === UO_1) {
    out[at++] = 0x80 | (offset & 0x3f);
    at = writeLargeCid(out, at, cid, large);
    out[at++] = ((sn & 0x1f) << 3) | crc;
  } else {
    // the SN's more significant bits come first, in the base header
    const behind = format === UOR_2_EXT3 ? (work.snBits > 5 ? 8 : 0) : format === UOR_2 ? 0 : 3;
    out[at++] = 0xc0 | ((sn >>> behind) & 0x1f);
    at = writeLargeCid(out, at, cid, large);
    out[at++] = (format === UOR_2 ? 0 : 0x80) | crc;
    const snLow = (sn & 7) << 3;
    if (format === UOR_2_EXT) out[at++] = snLow | (offset & 7);
    else if (format === UOR_2_EXT + 1) {
      out[at++] = 0x40 | snLow | ((offset >>> 8) & 7);
      out[at++] = offset;
    } else if (format === UOR_2_EXT + 2) {
      const outer = fields.offsets[0] as number;
      out[at++] = 0x80 | snLow | ((outer >>> 8) & 7);
      out[at++] = outer;
      out[at++] = offset;
    } else if (format === UOR_2_EXT3) {
      at = writeExtension3(packet, tracker, repetitions, work, out, at);
    }
  }
  for (let i = 0; i < layout.count; i++) {
    const w = i * LEVEL_WORDS;
    if (i >= COMPRESSED_LEVELS) {
      at = writeDynamicPart(packet, i, tracker, repetitions, work, out, at);
    } else if (layout.levels[w + VERSION] === 4 && ((fields.flags[i] as number) & FLAG_RND) !== 0) {
      const from = (layout.levels[w + AT] as number) + 4;
      out[at++] = packet[from] as number;
      out[at++] = packet[from + 1] as number;
    }
  }
  return at;
};

const writeExtension3 = (
  packet: Uint8Array,
  tracker: FieldTracker,
  repetitions: number,
  work: PacketInWork,
  out: Uint8Array,
  start: number,
): number => {
  let at = start;
  const { layout, fields, coded } = work;
  // "inner" is the only header where there is one
  const inner = layout.count > 1 ? 1 : 0;
  const withSn = work.snBits > 5;
  const withId = coded >= 0 && work.idBits[coded] !== 0;
  const withOuterId = coded === 1 && work.idBits[0] !== 0;
  const ip = tracker.flagsOctetDue(inner, fields);
  const ip2 = inner === 1 && (withOuterId || tracker.flagsOctetDue(0, fields));
  out[at++] =
    0xc0 | (withSn ? 0x20 : 0) | (work.mode << 3) | (withId ? 4 : 0) | (ip ? 2 : 0) | (ip2 ? 1 : 0);
  if (ip) out[at++] = flagsOctet(packet, inner, tracker, work);
  if (ip2) out[at++] = flagsOctet(packet, 0, tracker, work) | (withOuterId ? 1 : 0);
  if (withSn) out[at++] = work.sn;
  if (ip) at = writeFields(packet, inner, tracker, repetitions, work, out, at);
  if (withId) {
    const offset = fields.offsets[coded] as number;
    out[at++] = offset >>> 8;
    out[at++] = offset;
  }
  if (ip2) at = writeFields(packet, 0, tracker, repetitions, work, out, at);
  if (withOuterId) {
    const offset = fields.offsets[0] as number;
    out[at++] = offset >>> 8;
    out[at++] = offset;
  }
  return at;
};

const flagsOctet = (
  packet: Uint8Array,
  level: number,
  tracker: FieldTracker,
  work: PacketInWork,
): number => {
  const { layout, fields } = work;
  const w = level * LEVEL_WORDS;
  const four = layout.levels[w + VERSION] === 4;
  const flags = four ? (fields.flags[level] as number) : 0;
  const df = four && ((packet[(layout.levels[w + AT] as number) + 6] as number) & 0x40) !== 0;
  return (
    (tracker.due(level, TOS, fields) ? 0x80 : 0) |
    (tracker.due(level, TTL, fields) ? 0x40 : 0) |
    (df ? 0x20 : 0) |
    (tracker.due(level, LIST, fields) ? 0x08 : 0) |
    ((flags & FLAG_NBO) !== 0 ? 0x04 : 0) |
    ((flags & FLAG_RND) !== 0 ? 0x02 : 0)
  );
};

const writeFields = (
  packet: Uint8Array,
  level: number,
  tracker: FieldTracker,
  repetitions: number,
  work: PacketInWork,
  out: Uint8Array,
  start: number,
): number => {
  let at = start;
  const { layout, fields } = work;
  const w = level * LEVEL_WORDS;
  const from = layout.levels[w + AT] as number;
  const four = layout.levels[w + VERSION] === 4;
  if (tracker.due(level, TOS, fields)) {
    out[at++] = four ? (packet[from + 1] as number) : trafficClass(packet, from);
  }
  if (tracker.due(level, TTL, fields)) out[at++] = packet[from + (four ? 8 : 7)] as number;
  const list = tracker.lists[level];
  if (list !== undefined && tracker.due(level, LIST, fields)) {
    // CL: a compressed header list follows
    out[at++] = 0x80;
    at = list.write(out, at, false, repetitions);
  }
  return at;
};

const trafficClass = (b: Uint8Array, at: number): number =>
  (((b[at] as number) & 0x0f) << 4) | ((b[at + 1] as number) >>> 4);
