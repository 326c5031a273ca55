/**
 * Compressor of profile 0x0004: decides for each packet which headers' fields the decompressor may not know yet and
 * writes the smallest format that brings them (RFC 3843, RFC 3095 sections 5.3 and 5.4).
 */
import { crc8 } from '../../crc.js';
import {
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_STATIC_NACK,
  MODE_OPTIMISTIC,
  MODE_RELIABLE,
  MODE_UNIDIRECTIONAL,
  readFeedbackData,
} from '../../feedback.js';
import { cidLength, writeAddCid, writeLargeCid } from '../../internal/cid.js';
import { NO_ROOM, NOT_ELIGIBLE } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import { type HeaderChain, IP_HEADERS_MAX } from '../../internal/header-chain.js';
import type { CompressorContext } from '../../internal/profile.js';
import {
  FLAG_NBO,
  FLAG_RND,
  FLAG_SID,
  IR,
  IR_DYN,
  MODE_CANCEL,
  PROFILE_IP,
  TYPE_IR,
  TYPE_IR_DYN,
  UO_0,
  UO_1,
  UOR_2,
  UOR_2_EXT,
  UOR_2_EXT3,
} from './formats.js';
import { chooseIpIdFlags, NO_RUNS, observeIpId } from './ip-id.js';
import {
  AT,
  copyIpLayout,
  createIpLayout,
  crcDynamic,
  crcStatic,
  IPV4_OCTETS,
  IPV6_OCTETS,
  isIp,
  isIpEligible,
  layOut,
  LEVEL_WORDS,
  PROTOCOL,
  SIZE,
  swap16,
  u16,
  VERSION,
} from './layout.js';
import { ListEncoder } from './list-encoder.js';
import { ReferenceWindow } from './reference-window.js';

/** What a compressor context of this profile is made with. */
export interface IpCompressorOptions {
  readonly cid: number;
  readonly large: boolean;
  /** Width of the W-LSB window, 1 to 256. */
  readonly windowWidth: number;
  /** Packets in a row that carry a change until the decompressor is believed to know it (optimistic approach). */
  readonly repetitions: number;
  /** Packets between refreshes of the whole context, and of its dynamic part, in unidirectional mode. */
  readonly refreshIr: number;
  readonly refreshFo: number;
  /** SN of the first packet, 16 bits; RFC 3843 section 3.5 wants it random. */
  readonly sn: number;
}

/** Levels that compressed headers carry in compressed form; those behind travel as dynamic chains. */
const COMPRESSED_LEVELS = 2;

/** Fields that change together; for each level and group: packets left that must carry it, and since which SN. */
const TOS = 0;
const TTL = 1;
/** DF, NBO, RND: the flags octet of extension 3. */
const FLAGS = 2;
/** SID: only IR and IR-DYN carry it. */
const SID = 3;
const LIST = 4;
const GROUPS = 5;

/** Scratch of all contexts: what the packet in work would change. */
const layout = /* @__PURE__ */ createIpLayout();
const record = /* @__PURE__ */ createFeedbackRecord();
const runs = /* @__PURE__ */ new Uint16Array(COMPRESSED_LEVELS);
const flags = /* @__PURE__ */ new Uint8Array(COMPRESSED_LEVELS);
const changed = /* @__PURE__ */ new Uint8Array(COMPRESSED_LEVELS * GROUPS);
const offsets = /* @__PURE__ */ new Uint16Array(COMPRESSED_LEVELS);
const bits = /* @__PURE__ */ new Uint8Array(COMPRESSED_LEVELS);
const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);

export class IpCompressorContext implements CompressorContext {
  readonly profile = PROFILE_IP;
  readonly cid: number;
  lastFormat = IR;
  /** The decompressor refuses this flow or its size: the channel should send it under another profile. */
  rejected = false;
  /** SN of the last packet. */
  sn: number;
  /** Mode that the decompressor asked for: 1 unidirectional, 2 optimistic. */
  mode = MODE_UNIDIRECTIONAL;
  private readonly large: boolean;
  private readonly repetitions: number;
  private readonly refreshIr: number;
  private readonly refreshFo: number;
  private readonly window: ReferenceWindow;
  private started = false;
  /** The last packet's headers and where they lie in `header`. */
  private header: Uint8Array = new Uint8Array(IPV6_OCTETS);
  private readonly layout = createIpLayout();
  private readonly flags = new Uint8Array(COMPRESSED_LEVELS).fill(FLAG_NBO);
  private readonly runs = new Uint16Array(COMPRESSED_LEVELS).fill(NO_RUNS);
  private readonly left = new Uint8Array(COMPRESSED_LEVELS * GROUPS);
  private readonly since = new Uint16Array(COMPRESSED_LEVELS * GROUPS);
  private readonly lists: (ListEncoder | undefined)[] = [];
  /** IR and IR-DYN packets still to send, and the SN of the first of them. */
  private irLeft: number;
  private irSince: number;
  private dynamicLeft = 0;
  private dynamicSince = 0;
  /** Packets since the last whole and the last dynamic refresh. */
  private sinceIr = 0;
  private sinceFo = 0;
  /** SN of the first packet that declined a mode transition, or -1 (RFC 3843 section 3.4). */
  private declinedSince = -1;
  /** Packets sent, as far as feedback may refer to them. */
  private sentCount = 0;
  /** CRC registers behind the CRC-STATIC octets, or -1 when these changed. */
  private static3 = -1;
  private static7 = -1;

  constructor(options: IpCompressorOptions) {
    this.cid = options.cid;
    this.large = options.large;
    this.repetitions = Math.min(255, Math.max(1, options.repetitions));
    this.refreshIr = options.refreshIr;
    this.refreshFo = options.refreshFo;
    this.window = new ReferenceWindow(options.windowWidth);
    this.sn = (options.sn - 1) & 0xffff;
    this.irLeft = this.repetitions;
    this.irSince = options.sn & 0xffff;
  }

  /** Equal IP versions, addresses, flow labels and protocols. A context without packets matches whatever is eligible. */
  matches(packet: Uint8Array, chain: HeaderChain): boolean {
    layOut(chain, packet, layout);
    if (!isIpEligible(chain, layout)) return false;
    return !this.started || this.equalStatic(packet);
  }

  private equalStatic(packet: Uint8Array): boolean {
    const { header } = this;
    const mine = this.layout.levels;
    const { levels, count } = layout;
    if (count !== this.layout.count) return false;
    for (let i = 0, w = 0; i < count; i++, w += LEVEL_WORDS) {
      const version = levels[w + VERSION];
      if (version !== mine[w + VERSION] || levels[w + PROTOCOL] !== mine[w + PROTOCOL])
        return false;
      const a = levels[w + AT] as number;
      const b = mine[w + AT] as number;
      const from = version === 4 ? 12 : 8;
      const to = version === 4 ? IPV4_OCTETS : IPV6_OCTETS;
      for (let k = from; k < to; k++) if (packet[a + k] !== header[b + k]) return false;
      if (version === 6) {
        if ((((packet[a + 1] as number) ^ (header[b + 1] as number)) & 0x0f) !== 0) return false;
        if (packet[a + 2] !== header[b + 2] || packet[a + 3] !== header[b + 3]) return false;
      }
    }
    return true;
  }

  compress(packet: Uint8Array, chain: HeaderChain, out: Uint8Array, start: number): number {
    layOut(chain, packet, layout);
    if (this.rejected || !isIpEligible(chain, layout)) return NOT_ELIGIBLE;
    if (this.started && !this.equalStatic(packet)) return NOT_ELIGIBLE;
    const sn = (this.sn + 1) & 0xffff;
    const refreshing = this.mode === MODE_UNIDIRECTIONAL;
    const refreshIr = refreshing && this.sinceIr >= this.refreshIr;
    const refreshFo = refreshing && this.sinceFo >= this.refreshFo;
    const whole = !this.started || this.irLeft > 0 || refreshIr;
    const staticChanged = this.compare(packet, chain, sn, whole || this.dynamicLeft > 0);
    const snBits = this.window.snBits(sn);
    const dynamic =
      whole ||
      this.dynamicLeft > 0 ||
      refreshFo ||
      snBits > 13 ||
      this.due(0, SID) ||
      this.due(1, SID);
    let at = writeAddCid(out, start, this.cid, this.large);
    let format: number;
    if (dynamic) {
      format = whole ? IR : IR_DYN;
      out[at++] = whole ? TYPE_IR : TYPE_IR_DYN;
      at = writeLargeCid(out, at, this.cid, this.large);
      out[at++] = PROFILE_IP;
      const crcAt = at++;
      if (whole) at = this.writeStatic(packet, out, at);
      for (let i = 0; i < layout.count; i++) at = this.writeDynamic(packet, i, out, at);
      out[at++] = sn >>> 8;
      out[at++] = sn;
      if (at + chain.end - layout.end > out.length) return NO_ROOM;
      const register = crc8(ZERO_OCTET, 0, 1, crc8(out, start, crcAt));
      out[crcAt] = crc8(out, crcAt + 1, at, register);
    } else {
      format = this.chooseFormat(snBits);
      const three = format === UO_0 || format === UO_1;
      const crc = this.headerCrc(three, packet, staticChanged);
      at = this.writeCompressed(format, sn, snBits, crc, packet, out, at);
      at = this.writeTail(packet, out, at);
      if (at + chain.end - layout.end > out.length) return NO_ROOM;
    }
    copyOctets(packet, layout.end, chain.end, out, at);
    this.commit(packet, chain, sn, format, refreshIr, refreshFo, staticChanged);
    return at + chain.end - layout.end - start;
  }

  /** Finds what changed against the last packet; tells whether CRC-STATIC octets did. */
  private compare(packet: Uint8Array, chain: HeaderChain, sn: number, free: boolean): boolean {
    const { header } = this;
    const { levels, count } = layout;
    const mine = this.layout.levels;
    changed.fill(0);
    let any = !this.started || count > COMPRESSED_LEVELS;
    for (let i = 0, w = 0; i < count && i < COMPRESSED_LEVELS; i++, w += LEVEL_WORDS) {
      const a = levels[w + AT] as number;
      const b = mine[w + AT] as number;
      const group = i * GROUPS;
      flags[i] = this.flags[i] as number;
      runs[i] = this.runs[i] as number;
      offsets[i] = 0;
      if (levels[w + VERSION] === 4) {
        const id = u16(packet, a + 4);
        if (this.started) {
          if (packet[a + 1] !== header[b + 1]) changed[group + TOS] = 1;
          if (packet[a + 8] !== header[b + 8]) changed[group + TTL] = 1;
          if (packet[a + 6] !== header[b + 6]) changed[group + FLAGS] = 1;
          if ((changed[group + TOS] as number) + (changed[group + TTL] as number) > 0) any = true;
          if (changed[group + FLAGS] === 1) any = true;
          const evidence = observeIpId(this.runs[i] as number, u16(header, b + 4), id);
          const before = this.flags[i] as number;
          const chosen = chooseIpIdFlags(
            before,
            evidence,
            free || (this.left[group + SID] as number) > 0,
          );
          runs[i] = evidence;
          flags[i] = chosen;
          if (((before ^ chosen) & FLAG_SID) !== 0) changed[group + SID] = 1;
          else if (before !== chosen) changed[group + FLAGS] = 1;
        }
        const value = ((flags[i] as number) & FLAG_NBO) !== 0 ? id : swap16(id);
        offsets[i] = (value - sn) & 0xffff;
      } else if (this.started) {
        const tc = (packet[a] as number) ^ (header[b] as number);
        if (tc !== 0 || (((packet[a + 1] as number) ^ (header[b + 1] as number)) & 0xf0) !== 0) {
          changed[group + TOS] = 1;
        }
        if (packet[a + 7] !== header[b + 7]) changed[group + TTL] = 1;
        if (!this.equalLists(packet, w)) {
          changed[group + LIST] = 1;
          this.updateList(packet, chain, i);
        }
        if (
          changed[group + TOS] === 1 ||
          changed[group + TTL] === 1 ||
          changed[group + LIST] === 1
        ) {
          any = true;
        }
      } else if ((levels[w + SIZE] as number) > IPV6_OCTETS) this.updateList(packet, chain, i);
    }
    for (let i = COMPRESSED_LEVELS, w = i * LEVEL_WORDS; i < count; i++, w += LEVEL_WORDS) {
      if (levels[w + VERSION] !== 6) continue;
      const listed = this.started ? !this.equalLists(packet, w) : (levels[w + SIZE] as number) > 40;
      if (listed) this.updateList(packet, chain, i);
    }
    return any;
  }

  private equalLists(packet: Uint8Array, w: number): boolean {
    const size = layout.levels[w + SIZE] as number;
    if (size !== this.layout.levels[w + SIZE]) return false;
    const a = layout.levels[w + AT] as number;
    const b = this.layout.levels[w + AT] as number;
    if (size > IPV6_OCTETS && packet[a + 6] !== this.header[b + 6]) return false;
    for (let k = IPV6_OCTETS; k < size; k++) if (packet[a + k] !== this.header[b + k]) return false;
    return true;
  }

  private updateList(packet: Uint8Array, chain: HeaderChain, level: number): void {
    let list = this.lists[level];
    if (list === undefined) {
      list = new ListEncoder();
      // filled in order: a hole would make the array a slower kind
      while (this.lists.length < IP_HEADERS_MAX) this.lists.push(undefined);
      this.lists[level] = list;
    }
    const at = layout.levels[level * LEVEL_WORDS + AT] as number;
    for (let i = 0; i < chain.count; i++) {
      if (chain.offset[i] === at) return list.update(packet, chain, i);
    }
  }

  private due(level: number, group: number): boolean {
    const at = level * GROUPS + group;
    return changed[at] === 1 || (this.left[at] as number) > 0;
  }

  /** Whether extension 3 must carry the flags octet of this level. */
  private flagsOctetDue(level: number): boolean {
    return (
      this.due(level, TOS) ||
      this.due(level, TTL) ||
      this.due(level, FLAGS) ||
      this.due(level, LIST)
    );
  }

  /** The level that base headers and extensions 0 and 1 mean by IP-ID: the innermost IPv4 without RND, or -1. */
  private innermostOffset(): number {
    for (let i = Math.min(layout.count, COMPRESSED_LEVELS) - 1; i >= 0; i--) {
      const version = layout.levels[i * LEVEL_WORDS + VERSION];
      if (version === 4 && ((flags[i] as number) & FLAG_RND) === 0) return i;
    }
    return -1;
  }

  private chooseFormat(snBits: number): number {
    const levels = Math.min(layout.count, COMPRESSED_LEVELS);
    let fields = this.declinedSince >= 0;
    for (let i = 0; i < levels; i++) {
      bits[i] = 0;
      if (this.flagsOctetDue(i)) fields = true;
      const version = layout.levels[i * LEVEL_WORDS + VERSION];
      if (version !== 4 || ((flags[i] as number) & (FLAG_RND | FLAG_SID)) !== 0) continue;
      // while the flags are being established, earlier offsets may mean another value
      bits[i] = this.due(i, FLAGS) ? 16 : this.window.offsetBits(i, offsets[i] as number);
    }
    const inner = this.innermostOffset();
    const innerBits = inner < 0 ? 0 : (bits[inner] as number);
    const outerBits = inner === 1 ? (bits[0] as number) : 0;
    if (fields) return UOR_2_EXT3;
    if (outerBits === 0) {
      if (snBits <= 4 && innerBits === 0) return UO_0;
      if (snBits <= 5 && innerBits <= 6) return UO_1;
      if (inner >= 0 && snBits <= 8 && innerBits <= 3) return UOR_2_EXT;
      if (inner >= 0 && snBits <= 8 && innerBits <= 11) return UOR_2_EXT + 1;
    } else if (snBits <= 8 && outerBits <= 11 && innerBits <= 8) return UOR_2_EXT + 2;
    return UOR_2_EXT3;
  }

  private headerCrc(three: boolean, packet: Uint8Array, staticChanged: boolean): number {
    let state = staticChanged ? -1 : three ? this.static3 : this.static7;
    if (state < 0) {
      state = crcStatic(three, packet, 0, layout);
      if (!staticChanged) {
        if (three) this.static3 = state;
        else this.static7 = state;
      }
    }
    return crcDynamic(three, packet, 0, layout, state);
  }

  private writeCompressed(
    format: number,
    sn: number,
    snBits: number,
    crc: number,
    packet: Uint8Array,
    out: Uint8Array,
    start: number,
  ): number {
    let at = start;
    const inner = this.innermostOffset();
    const offset = inner < 0 ? 0 : (offsets[inner] as number);
    if (format === UO_0) {
      out[at++] = ((sn & 0x0f) << 3) | crc;
      return writeLargeCid(out, at, this.cid, this.large);
    }
    if (format === UO_1) {
      out[at++] = 0x80 | (offset & 0x3f);
      at = writeLargeCid(out, at, this.cid, this.large);
      out[at++] = ((sn & 0x1f) << 3) | crc;
      return at;
    }
    // the SN's more significant bits come first, in the base header
    const snExtension = format === UOR_2_EXT3 ? (snBits > 5 ? 8 : 0) : format === UOR_2 ? 0 : 3;
    out[at++] = 0xc0 | ((sn >>> snExtension) & 0x1f);
    at = writeLargeCid(out, at, this.cid, this.large);
    out[at++] = (format === UOR_2 ? 0 : 0x80) | crc;
    const snLow = (sn & 7) << 3;
    switch (format) {
      case UOR_2:
        return at;
      case UOR_2_EXT:
        out[at++] = snLow | (offset & 7);
        return at;
      case UOR_2_EXT + 1:
        out[at++] = 0x40 | snLow | ((offset >>> 8) & 7);
        out[at++] = offset;
        return at;
      case UOR_2_EXT + 2: {
        const outer = offsets[0] as number;
        out[at++] = 0x80 | snLow | ((outer >>> 8) & 7);
        out[at++] = outer;
        out[at++] = offset;
        return at;
      }
      default:
        return this.writeExtension3(sn, snExtension > 0, packet, out, at);
    }
  }

  private writeExtension3(
    sn: number,
    withSn: boolean,
    packet: Uint8Array,
    out: Uint8Array,
    start: number,
  ): number {
    let at = start;
    // "inner" is the only header where there is one
    const inner = layout.count > 1 ? 1 : 0;
    const coded = this.innermostOffset();
    const withId = coded >= 0 && (bits[coded] as number) > 0;
    const withOuterId = coded === 1 && (bits[0] as number) > 0;
    const ip = this.flagsOctetDue(inner);
    const ip2 = inner === 1 && (this.flagsOctetDue(0) || withOuterId);
    const mode = this.declinedSince >= 0 ? MODE_CANCEL : this.mode;
    out[at++] =
      0xc0 | (withSn ? 0x20 : 0) | (mode << 3) | (withId ? 4 : 0) | (ip ? 2 : 0) | (ip2 ? 1 : 0);
    if (ip) out[at++] = this.flagsOctet(inner, packet);
    if (ip2) out[at++] = this.flagsOctet(0, packet) | (withOuterId ? 1 : 0);
    if (withSn) out[at++] = sn;
    if (ip) at = this.writeFields(inner, packet, out, at);
    if (withId) {
      out[at++] = (offsets[coded] as number) >>> 8;
      out[at++] = offsets[coded] as number;
    }
    if (ip2) at = this.writeFields(0, packet, out, at);
    if (withOuterId) {
      out[at++] = (offsets[0] as number) >>> 8;
      out[at++] = offsets[0] as number;
    }
    return at;
  }

  private flagsOctet(level: number, packet: Uint8Array): number {
    const w = level * LEVEL_WORDS;
    const four = layout.levels[w + VERSION] === 4;
    const value = flags[level] as number;
    const at = layout.levels[w + AT] as number;
    return (
      (this.due(level, TOS) ? 0x80 : 0) |
      (this.due(level, TTL) ? 0x40 : 0) |
      (four && ((packet[at + 6] as number) & 0x40) !== 0 ? 0x20 : 0) |
      (this.due(level, LIST) ? 0x08 : 0) |
      (four && (value & FLAG_NBO) !== 0 ? 0x04 : 0) |
      (four && (value & FLAG_RND) !== 0 ? 0x02 : 0)
    );
  }

  private writeFields(level: number, packet: Uint8Array, out: Uint8Array, start: number): number {
    let at = start;
    const w = level * LEVEL_WORDS;
    const from = layout.levels[w + AT] as number;
    const four = layout.levels[w + VERSION] === 4;
    if (this.due(level, TOS)) {
      out[at++] = four ? (packet[from + 1] as number) : trafficClass(packet, from);
    }
    if (this.due(level, TTL)) out[at++] = packet[from + (four ? 8 : 7)] as number;
    const list = this.lists[level];
    if (this.due(level, LIST) && list !== undefined) {
      // CL: a compressed header list follows
      out[at++] = 0x80;
      at = list.write(out, at, false, this.repetitions);
    }
    return at;
  }

  /** Random IP-IDs, outer first, and the dynamic parts of the levels behind the second. */
  private writeTail(packet: Uint8Array, out: Uint8Array, start: number): number {
    let at = start;
    for (let i = 0; i < layout.count; i++) {
      const w = i * LEVEL_WORDS;
      if (i >= COMPRESSED_LEVELS) at = this.writeDynamic(packet, i, out, at);
      else if (layout.levels[w + VERSION] === 4 && ((flags[i] as number) & FLAG_RND) !== 0) {
        const from = (layout.levels[w + AT] as number) + 4;
        out[at++] = packet[from] as number;
        out[at++] = packet[from + 1] as number;
      }
    }
    return at;
  }

  private writeStatic(packet: Uint8Array, out: Uint8Array, start: number): number {
    let at = start;
    const { levels, count } = layout;
    for (let i = 0, w = 0; i < count; i++, w += LEVEL_WORDS) {
      const from = levels[w + AT] as number;
      const protocol = levels[w + PROTOCOL] as number;
      // the most significant bit of the version ends a chain that the protocol number would continue
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
  }

  private writeDynamic(packet: Uint8Array, level: number, out: Uint8Array, start: number): number {
    let at = start;
    const w = level * LEVEL_WORDS;
    const from = layout.levels[w + AT] as number;
    if (layout.levels[w + VERSION] === 4) {
      out[at++] = packet[from + 1] as number;
      out[at++] = packet[from + 8] as number;
      out[at++] = packet[from + 4] as number;
      out[at++] = packet[from + 5] as number;
      const df = ((packet[from + 6] as number) & 0x40) << 1;
      out[at++] = df | (level < COMPRESSED_LEVELS ? (flags[level] as number) : FLAG_NBO);
      out[at++] = 0;
      return at;
    }
    out[at++] = trafficClass(packet, from);
    out[at++] = packet[from + 7] as number;
    const list = this.lists[level];
    if (list !== undefined) return list.write(out, at, true, this.repetitions);
    out[at++] = 0;
    return at;
  }

  /** The packet is written: the context moves on. */
  private commit(
    packet: Uint8Array,
    chain: HeaderChain,
    sn: number,
    format: number,
    refreshIr: boolean,
    refreshFo: boolean,
    staticChanged: boolean,
  ): void {
    if (refreshIr && this.irLeft === 0) {
      this.irLeft = this.repetitions;
      this.irSince = sn;
    } else if (refreshFo && this.dynamicLeft === 0) {
      this.dynamicLeft = this.repetitions;
      this.dynamicSince = sn;
    }
    for (let i = 0; i < this.lists.length; i++) {
      const list = this.lists[i];
      if (list === undefined) continue;
      if (format <= IR_DYN || i >= COMPRESSED_LEVELS) list.commit(true, this.repetitions);
      else if (format === UOR_2_EXT3 && this.due(i, LIST)) list.commit(false, this.repetitions);
    }
    for (let i = 0; i < COMPRESSED_LEVELS && i < layout.count; i++) {
      for (let g = 0; g < GROUPS; g++) {
        const at = i * GROUPS + g;
        if (changed[at] === 1) {
          this.left[at] = this.repetitions;
          this.since[at] = sn;
        }
        // a group that is due travels in whatever format was chosen
        if ((this.left[at] as number) > 0) this.left[at] = (this.left[at] as number) - 1;
      }
      if (this.flags[i] !== flags[i]) this.window.restart(i);
      this.flags[i] = flags[i] as number;
      this.runs[i] = runs[i] as number;
    }
    this.window.add(sn, offsets[0] as number, offsets[1] as number);
    this.keepHeader(packet, chain.start);
    if (staticChanged) {
      this.static3 = -1;
      this.static7 = -1;
    }
    this.sinceIr++;
    this.sinceFo++;
    if (format <= IR_DYN) {
      this.sinceFo = 0;
      if (this.dynamicLeft > 0) this.dynamicLeft--;
      if (format === IR) {
        this.sinceIr = 0;
        if (this.irLeft > 0) this.irLeft--;
      }
    }
    this.sn = sn;
    this.started = true;
    this.lastFormat = format;
    if (this.sentCount < 0xffff) this.sentCount++;
  }

  private keepHeader(packet: Uint8Array, start: number): void {
    const length = layout.end - start;
    if (length > this.header.length) this.header = new Uint8Array(length);
    copyOctets(packet, start, layout.end, this.header, 0);
    copyIpLayout(layout, this.layout);
    for (let i = 0, w = 0; i < layout.count; i++, w += LEVEL_WORDS) {
      this.layout.levels[w + AT] = (layout.levels[w + AT] as number) - start;
    }
    this.layout.end = length;
  }

  feedback(bytes: Uint8Array, from: number, to: number): number {
    const crcFrom = from - cidLength(this.cid, this.large);
    const code = readFeedbackData(PROFILE_IP, bytes, crcFrom, from, to, record);
    if (code < 0) return code;
    if (record.reject || record.contextMemory) this.rejected = true;
    // only feedback with a CRC may change the mode (RFC 4815 section 3.2)
    if (record.crc && this.declinedSince < 0) {
      if (record.mode === MODE_RELIABLE) this.declinedSince = (this.sn + 1) & 0xffff;
      else if (record.mode !== 0) this.mode = record.mode;
    }
    if (record.ackType === FEEDBACK_ACK) this.acknowledged();
    else if (record.ackType === FEEDBACK_STATIC_NACK) {
      this.irLeft = this.repetitions;
      this.irSince = (this.sn + 1) & 0xffff;
      for (const list of this.lists) list?.forget();
    } else {
      this.dynamicLeft = this.repetitions;
      this.dynamicSince = (this.sn + 1) & 0xffff;
    }
    return 0;
  }

  private acknowledged(): void {
    if (!record.snValid) return;
    const mask = record.snBits >= 16 ? 0xffff : (1 << record.snBits) - 1;
    // the most recent packet whose SN ends in these bits
    const age = (this.sn - record.sn) & mask;
    if (age >= this.sentCount) return;
    const sn = (this.sn - age) & 0xffff;
    this.window.acknowledge(sn);
    if (this.irLeft > 0 && reached(sn, this.irSince)) this.irLeft = 0;
    if (this.dynamicLeft > 0 && reached(sn, this.dynamicSince)) this.dynamicLeft = 0;
    if (this.declinedSince >= 0 && reached(sn, this.declinedSince)) this.declinedSince = -1;
    for (let at = 0; at < this.left.length; at++) {
      if ((this.left[at] as number) > 0 && reached(sn, this.since[at] as number)) this.left[at] = 0;
    }
  }
}

/** Whether `sn` is `since` or later, modulo 2^16. */
const reached = (sn: number, since: number): boolean => ((sn - since) & 0x8000) === 0;

const trafficClass = (b: Uint8Array, at: number): number =>
  (((b[at] as number) & 0x0f) << 4) | ((b[at + 1] as number) >>> 4);
