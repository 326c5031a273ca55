/**
 * Decompressor of profile 0x0004 in unidirectional and bidirectional optimistic mode (RFC 3843, RFC 3095 section 5.3.2).
 *
 * Reliable mode is never asked for and therefore never met: the R-0, R-0-CRC and R-1 formats, which share their first
 * octets with UO-0 and UO-1, are not decoded.
 */
import { CRC8_INIT, crc8 } from '../../crc.js';
import { BAD_CRC, DAMAGED, MALFORMED, NO_CONTEXT, TRUNCATED } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import {
  type DamageRule,
  FULL_CONTEXT_STATE,
  isDamaged,
  NO_CONTEXT_STATE,
  STATIC_CONTEXT_STATE,
  withFailure,
} from '../../internal/damage.js';
import { HEADER_OCTETS_MAX, IP_HEADERS_MAX } from '../../internal/header-chain.js';
import type { DecompressorContext } from '../../internal/profile.js';
import { lsbDecode16 } from '../../wlsb.js';
import {
  applyLevels,
  clearLevels,
  createCompressedHeader,
  readBaseHeader,
  readDynamicPart,
  readExtension3,
  readRandomIds,
} from './compressed-header.js';
import {
  COMPRESSED_LEVELS,
  IR,
  IR_DYN,
  PROFILE_IP,
  SN_P,
  TYPE_IR,
  TYPE_IR_DYN,
  TYPE_IR_STATIC,
  UO_0,
  UO_1,
  UOR_2_EXT,
  UOR_2_EXT3,
} from './formats.js';
import { codedLevel, decodeIpIds, usesOffset } from './ip-id-decode.js';
import { crcDynamic, crcStatic, LEVEL_WORDS, u16, VERSION } from './layout.js';
import { ListDecoder } from './list-decoder.js';
import {
  buildHeaders,
  copyIpTemplate,
  createIpTemplate,
  equalStatic,
  type IpTemplate,
  readStaticChain,
} from './template.js';

/** What a decompressor context of this profile is made with. */
export interface IpDecompressorOptions {
  readonly cid: number;
  readonly large: boolean;
  /** When failures of the CRC make the context count as damaged. */
  readonly damage?: DamageRule;
  /** Whether to try other reference SNs after a failure (RFC 3095 sections 5.3.2.2.4 and 5.3.2.2.5). */
  readonly repair?: boolean;
}

/** Three failures among ten packets are no longer residual bit errors of single packets. */
const DAMAGE: DamageRule = { k: 3, n: 10 };
/** Headers in a row that must pass before the last of them is delivered, once a repair was tried. */
const REPAIR_PROBATION = 3;

/** Scratch of all contexts. */
const header = /* @__PURE__ */ createCompressedHeader();
const work = /* @__PURE__ */ createIpTemplate(HEADER_OCTETS_MAX);
const passing = /* @__PURE__ */ createIpTemplate(HEADER_OCTETS_MAX);
const newIds = /* @__PURE__ */ new Uint16Array(IP_HEADERS_MAX);
const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);

export class IpDecompressorContext implements DecompressorContext {
  readonly profile = PROFILE_IP;
  readonly cid: number;
  lastFormat = IR;
  /** One of the states of `internal/damage.ts`. */
  mode = NO_CONTEXT_STATE;
  /** SN of the last packet decoded, 16 bits. */
  msn = 0;
  /** Repairs that were completed. */
  repairs = 0;
  private readonly large: boolean;
  private readonly repair: boolean;
  private readonly damage: DamageRule;
  private template: IpTemplate | undefined = undefined;
  private readonly lists: (ListDecoder | undefined)[] = [];
  /** Identifications of the last packet, and of the one before it. */
  private readonly ids = new Uint16Array(IP_HEADERS_MAX);
  private readonly previousIds = new Uint16Array(IP_HEADERS_MAX);
  private previousSn = 0;
  private hasPrevious = false;
  /** CRC registers behind the CRC-STATIC octets of the template, or -1. */
  private static3 = -1;
  private static7 = -1;
  /** One bit a packet, the newest lowest: 1 for a failure. */
  private failures = 0;
  private staticFailures = 0;
  /** Packets that must still pass before a repair counts, and the references to go back to if one does not. */
  private probation = 0;
  private readonly savedIds = new Uint16Array(IP_HEADERS_MAX);
  private savedSn = 0;

  constructor(options: IpDecompressorOptions) {
    this.cid = options.cid;
    this.large = options.large;
    this.repair = options.repair ?? true;
    this.damage = options.damage ?? DAMAGE;
  }

  /** What the dissector needs to know: the IP headers, outermost first, and the reference SN. */
  view():
    | {
        readonly versions: readonly number[];
        readonly flags: readonly number[];
        readonly sn: number;
      }
    | undefined {
    const t = this.template;
    if (t === undefined) return undefined;
    const { count, levels } = t.layout;
    return {
      versions: Array.from(
        { length: count },
        (_, i) => levels[i * LEVEL_WORDS + VERSION] as number,
      ),
      flags: [...t.flags.subarray(0, count)],
      sn: this.msn,
    };
  }

  /** Whether the last decoded format carried more than a CRC-3: worth a positive feedback. */
  get significant(): boolean {
    return this.lastFormat !== UO_0 && this.lastFormat !== UO_1;
  }

  /** Returns 0 when an IR or IR-DYN packet without payload updated the context: nothing is delivered then. */
  decompressIr(
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    const length = this.readIr(packet, start, type, at, end, out, to);
    if (length === BAD_CRC || length === MALFORMED || length === TRUNCATED) this.failed(true);
    return length;
  }

  private readIr(
    packet: Uint8Array,
    start: number,
    type: number,
    crcAt: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    if (crcAt >= end) return TRUNCATED;
    let at = crcAt + 1;
    if (type === TYPE_IR_DYN) {
      if (this.template === undefined || this.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
      copyIpTemplate(this.template, work);
    } else {
      if (type !== TYPE_IR && type !== TYPE_IR_STATIC) return MALFORMED;
      at = readStaticChain(work, packet, at, end);
      if (at < 0) return at;
    }
    clearLevels(header);
    let sn = 0;
    if (type !== TYPE_IR_STATIC) {
      for (let i = 0; i < work.layout.count; i++) {
        at = readDynamicPart(header, work, i, this.lists, packet, at, end);
        if (at < 0) return at;
      }
      if (at + 2 > end) return TRUNCATED;
      sn = u16(packet, at);
      at += 2;
    }
    const crc = crc8(ZERO_OCTET, 0, 1, crc8(packet, start, crcAt, CRC8_INIT));
    if (crc8(packet, crcAt + 1, at, crc) !== packet[crcAt]) return BAD_CRC;
    if (type === TYPE_IR_STATIC) return this.adoptStatic(at < end);
    const code = applyLevels(header, work, this.lists, packet, true);
    if (code < 0) return code;
    for (let i = 0; i < IP_HEADERS_MAX; i++) newIds[i] = Math.max(0, header.id[i] as number);
    let length = 0;
    if (at < end) {
      const built = buildHeaders(work, newIds, end - at, out, to);
      if (built < 0) return built;
      copyOctets(packet, at, end, out, to + built);
      length = built + end - at;
    }
    this.adopt(packet);
    this.probation = 0;
    this.hasPrevious = false;
    this.moveOn(sn, type === TYPE_IR ? IR : IR_DYN);
    return length;
  }

  /**
   * An IR packet without dynamic chain updates the static part alone. It can't carry a packet: nothing says what the
   * dynamic fields are.
   */
  private adoptStatic(payload: boolean): number {
    if (payload) return MALFORMED;
    const mine = this.template;
    if (mine !== undefined && this.mode !== NO_CONTEXT_STATE && equalStatic(mine, work)) return 0;
    if (mine !== undefined && equalStatic(mine, work)) {
      this.mode = STATIC_CONTEXT_STATE;
      return 0;
    }
    this.template = createIpTemplate(work.layout.end);
    copyIpTemplate(work, this.template);
    this.mode = STATIC_CONTEXT_STATE;
    this.static3 = -1;
    this.static7 = -1;
    this.hasPrevious = false;
    this.probation = 0;
    return 0;
  }

  decompressCo(
    packet: Uint8Array,
    first: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    if (this.template === undefined || this.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
    const length = this.readCo(this.template, packet, first, at, end, out, to);
    if (length === BAD_CRC || length === MALFORMED || length === TRUNCATED) {
      this.failed(first >= 0xc0);
    }
    return length;
  }

  private readCo(
    mine: IpTemplate,
    packet: Uint8Array,
    first: number,
    start: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    let at = readBaseHeader(header, first, packet, start, end);
    if (at < 0) return at;
    const three = header.format === UO_0 || header.format === UO_1;
    if (three && this.mode !== FULL_CONTEXT_STATE) return DAMAGED;
    const { count } = mine.layout;
    let t = mine;
    if (header.format === UOR_2_EXT3 || count > COMPRESSED_LEVELS) {
      clearLevels(header);
      if (header.format === UOR_2_EXT3) {
        at = readExtension3(header, mine, this.lists, packet, at, end);
        if (at < 0) return at;
      }
      t = work;
      copyIpTemplate(mine, work);
    } else {
      for (let i = 0; i < count; i++) header.flags[i] = -1;
    }
    at = readRandomIds(header, mine, packet, at, end);
    if (at < 0) return at;
    if (t === work) {
      for (let i = COMPRESSED_LEVELS; i < count; i++) {
        at = readDynamicPart(header, work, i, this.lists, packet, at, end);
        if (at < 0) return at;
      }
      if (header.passing) copyIpTemplate(mine, passing);
      const code = applyLevels(header, work, this.lists, packet, true);
      if (code < 0) return code;
    }
    const coded = codedLevel(t);
    // extension 2 is for two identifications
    if (header.format === UOR_2_EXT + 2 && coded !== 1) return MALFORMED;
    const payload = end - at;
    let sn = lsbDecode16(this.msn, header.snBits, header.snLength, SN_P);
    let built = this.attempt(t, mine, three, coded, sn, this.msn, this.ids, payload, out, to);
    if (built === BAD_CRC) {
      if (this.probation > 0) {
        this.msn = this.savedSn;
        this.ids.set(this.savedIds);
        this.probation = 0;
        this.hasPrevious = false;
        return BAD_CRC;
      }
      if (!this.repair || this.mode !== FULL_CONTEXT_STATE || !usesOffset(t)) return BAD_CRC;
      // more packets lost than the SN's bits count
      const received = sn;
      sn = (received + (1 << header.snLength)) & 0xffff;
      built = this.attempt(t, mine, three, coded, sn, this.msn, this.ids, payload, out, to);
      if (built === BAD_CRC && this.hasPrevious) {
        // or the last packet passed its CRC although its SN was wrong
        const before = this.previousSn;
        sn = lsbDecode16(before, header.snBits, header.snLength, SN_P);
        if (sn === received) return BAD_CRC;
        const ids = this.previousIds;
        built = this.attempt(t, mine, three, coded, sn, before, ids, payload, out, to);
      }
      if (built < 0) return built;
      this.savedSn = this.msn;
      this.savedIds.set(this.ids);
      this.probation = REPAIR_PROBATION;
    }
    if (built < 0) return built;
    copyOctets(packet, at, end, out, to + built);
    this.previousSn = this.msn;
    for (let i = 0; i < COMPRESSED_LEVELS; i++) this.previousIds[i] = this.ids[i] as number;
    this.hasPrevious = true;
    if (t === work) {
      if (header.passing) {
        // never fails: the list that stays away was the larger part
        applyLevels(header, passing, this.lists, packet, false);
        copyIpTemplate(passing, work);
      }
      this.adopt(packet);
    }
    this.moveOn(sn, header.format);
    if (this.probation > 0) {
      this.probation--;
      if (this.probation > 0) return DAMAGED;
      this.repairs++;
    }
    return built + payload;
  }

  /**
   * Builds the headers for one reading of the SN and checks their CRC. Returns their length or a negative code; what it
   * wrote to `out` means nothing after the latter.
   */
  private attempt(
    t: IpTemplate,
    mine: IpTemplate,
    three: boolean,
    coded: number,
    sn: number,
    referenceSn: number,
    references: Uint16Array,
    payload: number,
    out: Uint8Array,
    to: number,
  ): number {
    decodeIpIds(header, t, coded, sn, referenceSn, references, newIds);
    const built = buildHeaders(t, newIds, payload, out, to);
    if (built < 0) return built;
    let state = t === mine ? (three ? this.static3 : this.static7) : -1;
    if (state < 0) {
      state = crcStatic(three, out, to, t.layout);
      if (t === mine) {
        if (three) this.static3 = state;
        else this.static7 = state;
      }
    }
    return crcDynamic(three, out, to, t.layout, state) === header.crc ? built : BAD_CRC;
  }

  /** Takes the template in `work` and the lists of the packet over into the context. */
  private adopt(packet: Uint8Array): void {
    if (this.template === undefined) this.template = createIpTemplate(work.layout.end);
    copyIpTemplate(work, this.template);
    this.static3 = -1;
    this.static7 = -1;
    for (let i = 0; i < work.layout.count; i++) {
      const staged = header.lists[i];
      if (staged === undefined || !staged.present) continue;
      let list = this.lists[i];
      if (list === undefined) {
        if (staged.count === 0 && staged.generation < 0) continue;
        list = new ListDecoder();
        while (this.lists.length < IP_HEADERS_MAX) this.lists.push(undefined);
        this.lists[i] = list;
      }
      list.commit(staged, packet);
    }
  }

  /** A packet was decoded: its SN and identifications are the references of the next one. */
  private moveOn(sn: number, format: number): void {
    this.msn = sn;
    for (let i = 0; i < IP_HEADERS_MAX; i++) this.ids[i] = newIds[i] as number;
    this.mode = FULL_CONTEXT_STATE;
    this.failures <<= 1;
    if (format <= IR_DYN) this.failures = 0;
    this.staticFailures = 0;
    this.lastFormat = format;
  }

  /** A packet could not be decoded; `update` tells whether it had a CRC-7 or CRC-8. */
  private failed(update: boolean): void {
    const { k, n } = this.damage;
    this.failures = withFailure(this.failures, n);
    if (this.mode === FULL_CONTEXT_STATE) {
      if (isDamaged(this.failures, k)) {
        this.mode = STATIC_CONTEXT_STATE;
        this.staticFailures = 0;
      }
    } else if (this.mode === STATIC_CONTEXT_STATE && update) {
      this.staticFailures++;
      if (this.staticFailures >= k) this.mode = NO_CONTEXT_STATE;
    }
  }
}
