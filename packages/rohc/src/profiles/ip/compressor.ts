/**
 * Compressor of profile 0x0004: decides for each packet which fields the decompressor may not know yet and writes the
 * smallest format that brings them (RFC 3843, RFC 3095 sections 5.3 and 5.4).
 */
import { crc8 } from '../../crc.js';
import {
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_STATIC_NACK,
  MODE_RELIABLE,
  MODE_UNIDIRECTIONAL,
  readFeedbackData,
} from '../../feedback.js';
import { cidLength, writeAddCid, writeLargeCid } from '../../internal/cid.js';
import { NO_ROOM, NOT_ELIGIBLE } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import { type HeaderChain, IP_HEADERS_MAX } from '../../internal/header-chain.js';
import type { CompressorContext } from '../../internal/profile.js';
import { createPacketFields, FieldTracker, FLAGS, reached, SID } from './field-tracker.js';
import {
  COMPRESSED_LEVELS,
  FLAG_RND,
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
import {
  type PacketInWork,
  writeCompressedHeader,
  writeDynamicPart,
  writeStaticChain,
} from './header-writer.js';
import {
  AT,
  copyIpLayout,
  createIpLayout,
  crcDynamic,
  crcStatic,
  IPV4_OCTETS,
  IPV6_OCTETS,
  isIpEligible,
  layOut,
  LEVEL_WORDS,
  PROTOCOL,
  VERSION,
} from './layout.js';
import { ReferenceWindow } from './reference-window.js';

/** What a compressor context of this profile is made with. */
export interface IpCompressorOptions {
  readonly cid: number;
  readonly large: boolean;
  /** Width of the W-LSB window, 1 to 256. */
  readonly windowWidth: number;
  /** Packets in a row that carry a change until the decompressor is believed to know it (optimistic approach). */
  readonly repetitions: number;
  /** Packets between refreshes of the whole context in unidirectional mode; 0 for none. */
  readonly refreshIr: number;
  /** Packets between refreshes of its dynamic part; 0 for none. */
  readonly refreshFo: number;
  /**
   * IP headers of a packet to compress, 1 to 4 (the default): more save more, but flows that differ only in an inner
   * header then need contexts of their own.
   */
  readonly levels?: number;
  /** SN of the first packet, 16 bits; RFC 3843 section 3.5 wants it random. */
  readonly sn: number;
}

/** Scratch of all contexts. */
const layout = /* @__PURE__ */ createIpLayout();
const fields = /* @__PURE__ */ createPacketFields();
const record = /* @__PURE__ */ createFeedbackRecord();
const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);
const work: PacketInWork = {
  layout,
  fields,
  sn: 0,
  snBits: 0,
  idBits: /* @__PURE__ */ new Uint8Array(COMPRESSED_LEVELS),
  coded: -1,
  mode: MODE_UNIDIRECTIONAL,
};

/** A flow of IP packets in the compressor. */
export class IpCompressorContext implements CompressorContext {
  readonly profile = PROFILE_IP;
  readonly cid: number;
  lastFormat = IR;
  /** The decompressor refuses this flow: the channel should send it under another profile. */
  rejected = false;
  /** SN of the last packet. */
  sn: number;
  /** Mode that the decompressor asked for: 1 unidirectional, 2 optimistic. */
  mode = MODE_UNIDIRECTIONAL;
  private readonly large: boolean;
  private readonly repetitions: number;
  private readonly refreshIr: number;
  private readonly refreshFo: number;
  private readonly levels: number;
  private readonly window: ReferenceWindow;
  private readonly tracker: FieldTracker;
  private started = false;
  /** The last packet's headers, and where they lie. */
  private header: Uint8Array = new Uint8Array(IPV6_OCTETS);
  private readonly layout = createIpLayout();
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
  /** CRC registers behind the CRC-STATIC octets, or -1. */
  private static3 = -1;
  private static7 = -1;
  /** Packets that must use a CRC-7 because a CRC-3 can't tell the last change from its absence. */
  private strongLeft = 0;

  constructor(options: IpCompressorOptions) {
    this.cid = options.cid;
    this.large = options.large;
    this.repetitions = Math.min(255, Math.max(1, options.repetitions));
    this.refreshIr = options.refreshIr;
    this.refreshFo = options.refreshFo;
    this.levels = Math.min(IP_HEADERS_MAX, Math.max(1, options.levels ?? IP_HEADERS_MAX));
    this.window = new ReferenceWindow(options.windowWidth);
    this.tracker = new FieldTracker(this.repetitions);
    this.sn = (options.sn - 1) & 0xffff;
    this.irLeft = this.repetitions;
    this.irSince = options.sn & 0xffff;
  }

  /** Equal IP versions, addresses, flow labels and protocols. A context without packets matches all that is eligible. */
  matches(packet: Uint8Array, chain: HeaderChain): boolean {
    layOut(chain, packet, this.levels, layout);
    return isIpEligible(chain, layout) && (!this.started || this.equalStatic(packet));
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
      const to = version === 4 ? IPV4_OCTETS : IPV6_OCTETS;
      for (let k = version === 4 ? 12 : 8; k < to; k++) {
        if (packet[a + k] !== header[b + k]) return false;
      }
      if (version === 6) {
        if ((((packet[a + 1] as number) ^ (header[b + 1] as number)) & 0x0f) !== 0) return false;
        if (packet[a + 2] !== header[b + 2] || packet[a + 3] !== header[b + 3]) return false;
      }
    }
    return true;
  }

  /** `NOT_ELIGIBLE` for a packet that does not match or whose flow was rejected: another profile can carry it. */
  compress(packet: Uint8Array, chain: HeaderChain, out: Uint8Array, start: number): number {
    if (this.rejected || !this.matches(packet, chain)) return NOT_ELIGIBLE;
    const { tracker } = this;
    const sn = (this.sn + 1) & 0xffff;
    const unidirectional = this.mode === MODE_UNIDIRECTIONAL;
    const refreshIr = unidirectional && this.refreshIr > 0 && this.sinceIr >= this.refreshIr;
    // feedback does not tell of a wrong context whose CRCs happen to fit: these go on with it
    const refreshFo = this.refreshFo > 0 && this.sinceFo >= this.refreshFo;
    const whole = !this.started || this.irLeft > 0 || refreshIr;
    const free = whole || this.dynamicLeft > 0;
    let staticChanged = true;
    if (!this.started) tracker.begin(packet, chain, layout, sn, fields);
    else {
      const { header, layout: before } = this;
      staticChanged = tracker.compare(packet, chain, layout, header, before, sn, free, fields);
    }
    work.sn = sn;
    work.snBits = this.window.snBits(sn);
    const dynamic =
      free ||
      refreshFo ||
      work.snBits > 13 ||
      tracker.due(0, SID, fields) ||
      tracker.due(1, SID, fields);
    const payload = chain.end - layout.end;
    let at = writeAddCid(out, start, this.cid, this.large);
    let format = IR;
    if (dynamic) {
      if (!whole) format = IR_DYN;
      out[at++] = whole ? TYPE_IR : TYPE_IR_DYN;
      at = writeLargeCid(out, at, this.cid, this.large);
      out[at++] = PROFILE_IP;
      const crcAt = at++;
      if (whole) at = writeStaticChain(packet, layout, out, at);
      for (let i = 0; i < layout.count; i++) {
        at = writeDynamicPart(packet, i, tracker, this.repetitions, work, out, at);
      }
      out[at++] = sn >>> 8;
      out[at++] = sn;
      if (at + payload > out.length) return NO_ROOM;
      const register = crc8(ZERO_OCTET, 0, 1, crc8(out, start, crcAt));
      out[crcAt] = crc8(out, crcAt + 1, at, register);
    } else {
      format = this.chooseFormat();
      const crc = this.headerCrc(format === UO_0 || format === UO_1, packet, staticChanged);
      const { cid, large, repetitions } = this;
      at = writeCompressedHeader(
        format,
        crc,
        cid,
        large,
        packet,
        tracker,
        repetitions,
        work,
        out,
        at,
      );
      if (at + payload > out.length) return NO_ROOM;
    }
    copyOctets(packet, layout.end, chain.end, out, at);
    this.commit(packet, chain.start, format, refreshIr, refreshFo, staticChanged);
    return at + payload - start;
  }

  /** The smallest format that carries what is due; counts the bits of the IP-ID offsets on the way. */
  private chooseFormat(): number {
    const { tracker } = this;
    const { idBits, snBits } = work;
    const levels = Math.min(layout.count, COMPRESSED_LEVELS);
    let due = this.declinedSince >= 0;
    work.mode = due ? MODE_CANCEL : this.mode;
    work.coded = -1;
    for (let i = 0; i < levels; i++) {
      idBits[i] = 0;
      if (tracker.flagsOctetDue(i, fields)) due = true;
      const four = layout.levels[i * LEVEL_WORDS + VERSION] === 4;
      if (four && ((fields.flags[i] as number) & FLAG_RND) === 0) work.coded = i;
      if (!tracker.usesOffset(i, layout, fields)) continue;
      // while the flags are being established, earlier offsets may mean another value
      idBits[i] = tracker.due(i, FLAGS, fields)
        ? 16
        : this.window.offsetBits(i, fields.offsets[i] as number);
    }
    if (due) return UOR_2_EXT3;
    const { coded } = work;
    const inner = coded < 0 ? 0 : (idBits[coded] as number);
    const outer = coded === 1 ? (idBits[0] as number) : 0;
    if (outer > 0) {
      return snBits <= 8 && outer <= 11 && inner <= 8 ? UOR_2_EXT + 2 : UOR_2_EXT3;
    }
    if (this.strongLeft === 0) {
      if (snBits <= 4 && inner === 0) return UO_0;
      // without an IP-ID to carry, UOR-2 is as short and has the longer CRC; not all decompressors take a UO-1 there
      if (coded >= 0 && snBits <= 5 && inner <= 6) return UO_1;
    }
    if (snBits <= 5 && inner === 0) return UOR_2;
    // extensions 0 and 1 are about an IP-ID; not all decompressors take them without one
    if (coded >= 0 && snBits <= 8 && inner <= 3) return UOR_2_EXT;
    return coded >= 0 && snBits <= 8 && inner <= 11 ? UOR_2_EXT + 1 : UOR_2_EXT3;
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

  /** The packet is written: the context moves on. */
  private commit(
    packet: Uint8Array,
    start: number,
    format: number,
    refreshIr: boolean,
    refreshFo: boolean,
    staticChanged: boolean,
  ): void {
    const { sn } = work;
    if (refreshIr && this.irLeft === 0) {
      this.irLeft = this.repetitions;
      this.irSince = sn;
    } else if (refreshFo && this.dynamicLeft === 0) {
      this.dynamicLeft = this.repetitions;
      this.dynamicSince = sn;
    }
    if (this.strongLeft > 0) this.strongLeft--;
    if (staticChanged) {
      if (this.started) this.guardAgainstAlias(packet);
      this.static3 = -1;
      this.static7 = -1;
    }
    const restarted = this.tracker.commit(layout, sn, format <= IR_DYN, fields);
    for (let i = 0; i < COMPRESSED_LEVELS; i++) {
      if ((restarted & (1 << i)) !== 0) this.window.restart(i);
    }
    this.window.add(sn, fields.offsets[0] as number, fields.offsets[1] as number);
    this.keepHeader(packet, start);
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

  /**
   * Where old and new CRC-STATIC octets leave the same CRC-3 register, a decompressor that missed the change would not
   * notice: the packets behind the repetitions then carry a CRC-7 for a while (RFC 3095 section 5.9.2).
   */
  private guardAgainstAlias(packet: Uint8Array): void {
    if (layout.count > COMPRESSED_LEVELS) return;
    if (crcStatic(true, packet, 0, layout) === crcStatic(true, this.header, 0, this.layout)) {
      this.strongLeft = 2 * this.repetitions;
    }
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

  /** `[from, to)` are the FEEDBACK data; the CID octets, if any, stand in front: the CRC covers them. */
  feedback(bytes: Uint8Array, from: number, to: number): number {
    const crcFrom = from - cidLength(this.cid, this.large);
    const code = readFeedbackData(PROFILE_IP, bytes, crcFrom, from, to, record);
    if (code < 0) {
      // a decompressor without a context does not know its profile: it answers in the form of ROHC-TCP
      const other = readFeedbackData(0x0006, bytes, crcFrom, from, to, record);
      if (other < 0 || record.ackType !== FEEDBACK_STATIC_NACK || record.snValid) return code;
    }
    if (record.reject || record.contextMemory) this.rejected = true;
    // only feedback with a CRC may change the mode (RFC 4815 section 3.2); reliable mode is declined
    if (record.crc && this.declinedSince < 0) {
      if (record.mode === MODE_RELIABLE) this.declinedSince = (this.sn + 1) & 0xffff;
      else if (record.mode !== 0) this.mode = record.mode;
    }
    if (record.ackType === FEEDBACK_ACK) this.acknowledged();
    else if (record.ackType === FEEDBACK_STATIC_NACK) {
      this.irLeft = this.repetitions;
      this.irSince = (this.sn + 1) & 0xffff;
      this.tracker.forgetLists();
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
    this.tracker.acknowledge(sn);
    if (this.irLeft > 0 && reached(sn, this.irSince)) this.irLeft = 0;
    if (this.dynamicLeft > 0 && reached(sn, this.dynamicSince)) this.dynamicLeft = 0;
    if (this.declinedSince >= 0 && reached(sn, this.declinedSince)) this.declinedSince = -1;
  }
}
