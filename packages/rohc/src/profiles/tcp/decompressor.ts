/**
 * The decompressor's side of one ROHC-TCP flow: states NC, SC and FC, verification, repair and damage detection
 * (RFC 6846 section 5.3).
 */
import {
  BAD_CRC,
  DAMAGED,
  MALFORMED,
  NO_CONTEXT,
  NO_ROOM,
  NOT_ELIGIBLE,
  TRUNCATED,
} from '../../internal/codes.js';
import { type HeaderChain, IPV4, tcpChecksum } from '../../internal/header-chain.js';
import type { DecompressorContext } from '../../internal/profile.js';
import { readSdvl, sdvlLengthOf } from '../../sdvl.js';
import { CRC8_INIT, crc3, crc7, crc8 } from '../../crc.js';
import { lsbDecode16, lsbDecode32 } from '../../wlsb.js';
import { decodeBaseHeader } from './base-header.js';
import { decodeDynamicChain } from './dynamic-chain-decode.js';
import { decodeIrregularChain } from './irregular-chain-decode.js';
import { decodeReplicateChain, rsfOf } from './replicate-chain-decode.js';
import { decodeStaticChain } from './static-chain-decode.js';
import {
  CO_COMMON,
  IR,
  IR_CR,
  IR_DYN,
  SEQUENTIAL_SWAPPED,
  RANDOM,
  SEQ as SEQ_FORMATS,
  RND,
} from './formats.js';
import { buildHeaders, resolveIpId, setIpIdOffset } from './header-build.js';
import {
  clearHeaderTemplate,
  copyHeaderTemplate,
  createHeaderTemplate,
  type HeaderTemplate,
  sameHeaderTemplate,
} from './header-template.js';
import { decodeList, decodeOptionsIrregular } from './options-decode.js';
import { itemsOf, templateOf } from './implicit.js';
import { type ParsedOptions, parseOptions } from './options-parse.js';
import type { TcpScratch } from './scratch.js';
import * as S from './state.js';
import { copyOctets } from '../../internal/copy.js';
import { u16, u32 } from '../../internal/octets.js';

const NO_GENERIC = /* @__PURE__ */ new Uint8Array(S.GENERIC_TABLE_OCTETS);
const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);

/** Decompressor states (RFC 6846 section 5.3.1). */
const NO_CONTEXT_STATE = 0;
const STATIC_CONTEXT_STATE = 1;
const FULL_CONTEXT_STATE = 2;

/**
 * Packets by which a refresh may come late: as many as the MSN's four bits bear (p = 4). A refresh further back comes
 * right in time: the MSN here is wrong then, by 16 after a long loss.
 */
const LATE_MAX = 4;

/** Reasons to doubt the static part that make it count as damaged. */
const STATIC_FAILURES_MAX = 3;

/** How failures make a context count as damaged: `k` of the last `n` packets (n at most 31). */
export interface DamageRule {
  readonly k: number;
  readonly n: number;
}

/** What a decompressor context is told at its creation. */
export interface TcpDecompressorParameters {
  readonly cid: number;
  readonly large: boolean;
  readonly scratch: TcpScratch;
  readonly damage: DamageRule;
  readonly repair: boolean;
  /** Finds the base context of an IR-CR packet among the channel's ROHC-TCP contexts. */
  readonly base: (cid: number) => TcpDecompressorContext | undefined;
  /** Whether pure acknowledgements come without their TCP checksum (not RFC 6846; see `createDecompressor`). */
  readonly elideChecksum: boolean;
}

const ROW = S.STATE_WORDS;

/** A roll-back point: everything that a CO packet can change, in a size that does not depend on the flow's past. */
export interface TcpDecompressorSnapshot {
  readonly owner: TcpDecompressorContext;
  readonly rows: Uint32Array;
  readonly hasPrevious: boolean;
  readonly generic: Uint8Array | undefined;
  readonly template: HeaderTemplate;
  readonly mode: number;
  readonly failures: number;
  readonly staticFailures: number;
  readonly refreshed: boolean;
  readonly overtaken: boolean;
}

export class TcpDecompressorContext implements DecompressorContext {
  readonly profile = 0x0006;
  readonly cid: number;
  lastFormat = IR;
  mode = NO_CONTEXT_STATE;
  /** Packets decoded after a repair since creation. */
  repairs = 0;
  private readonly parameters: TcpDecompressorParameters;
  /** Three rows that take turns: the reference, the one before it, and the packet in work. */
  private readonly state = new Uint32Array(3 * ROW);
  private current = 0;
  private previous = ROW;
  private next = 2 * ROW;
  private hasPrevious = false;
  private template: HeaderTemplate = createHeaderTemplate();
  private templateShared = false;
  private generic: Uint8Array | undefined = undefined;
  /** One bit a packet, the newest lowest: 1 for a failure. */
  private failures = 0;
  /** Reasons to doubt the static part since the last IR, or the last CO packet that came out right. */
  private staticFailures = 0;
  /** Whether an IR-DYN came since the last CO packet that came out right. */
  private refreshed = false;
  /** Whether the last refresh seemed to come late, and no CO packet with more than a CRC-3 came right since. */
  private overtaken = false;

  constructor(parameters: TcpDecompressorParameters) {
    this.cid = parameters.cid;
    this.parameters = parameters;
  }

  /** MSN of the last packet decoded, 16 bits. */
  get msn(): number {
    return this.state[this.current + S.MSN] as number;
  }

  /** Whether the last decoded format carried more than a CRC-3: worth a positive feedback. */
  get significant(): boolean {
    const f = this.lastFormat;
    return f <= CO_COMMON || f === RND + 8 || f === SEQ_FORMATS + 8;
  }

  decompressIr(
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    const code = this.tryIr(packet, start, type, at, end, out, to);
    if (code === BAD_CRC || code === MALFORMED || code === TRUNCATED) this.failed(true);
    return code;
  }

  private tryIr(
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    const sc = this.parameters.scratch;
    const { state, next } = this;
    if (at >= end) return TRUNCATED;
    sc.genericTouched = false;
    let place = at + 1;
    let format = IR;
    let originalCrc = -1;
    const dynamicOnly = type === 0xf8;
    if (type === 0xfd) {
      clearHeaderTemplate(sc.template);
      if (this.mode === NO_CONTEXT_STATE) state.fill(0, next, next + ROW);
      else state.copyWithin(next, this.current, this.current + ROW);
      place = decodeStaticChain(sc.template, packet, place, end, sc);
    } else if (dynamicOnly) {
      if (this.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
      format = IR_DYN;
      copyHeaderTemplate(this.template, sc.template);
      state.copyWithin(next, this.current, this.current + ROW);
    } else if (type === 0xfc) {
      format = IR_CR;
      if (place >= end) return TRUNCATED;
      const octet = packet[place++] as number;
      originalCrc = octet & 0x7f;
      let base: TcpDecompressorContext | undefined = this;
      if (octet >= 0x80) {
        if (place >= end) return TRUNCATED;
        if (this.parameters.large) {
          const cid = readSdvl(packet, place, end);
          if (cid < 0) return TRUNCATED;
          if (cid > 16383) return MALFORMED;
          place += sdvlLengthOf(packet[place] as number);
          base = this.parameters.base(cid);
        } else {
          const cid = packet[place++] as number;
          if (cid > 15) return MALFORMED;
          base = this.parameters.base(cid);
        }
      }
      if (base === undefined || base.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
      copyHeaderTemplate(base.template, sc.template);
      for (let i = 0; i < ROW; i++) state[next + i] = base.state[base.current + i] as number;
      if (base.generic !== undefined) {
        sc.generic.set(base.generic);
        sc.genericTouched = base !== this;
      }
    } else {
      return MALFORMED;
    }
    if (place < 0) return place;
    if (type !== 0xfc && this.generic !== undefined) sc.generic.set(this.generic);
    const t = sc.template;
    place =
      type === 0xfc
        ? decodeReplicateChain(t, state, next, packet, place, end, sc)
        : decodeDynamicChain(t, state, next, packet, place, end, sc);
    if (place < 0) return place;
    let crc = crc8(packet, start, at, CRC8_INIT);
    crc = crc8(ZERO_OCTET, 0, 1, crc);
    crc = crc8(packet, at + 1, place, crc);
    if (crc !== packet[at]) return BAD_CRC;
    const payload = end - place;
    if (t.kind[t.innermost] === IPV4) setIpIdOffset(state, next, t.ipCount - 1);
    this.setScaled(payload);
    const length = buildHeaders(t, state, next, sc.generic, packet, sc, payload, out, to);
    if (length < 0) return length;
    if (originalCrc >= 0 && crc7(out, to, to + length) !== originalCrc) return BAD_CRC;
    const late =
      (((state[next + S.MSN] as number) - (state[this.current + S.MSN] as number)) << 16) >> 16;
    if (
      this.mode === FULL_CONTEXT_STATE &&
      !this.overtaken &&
      late < 0 &&
      late >= -LATE_MAX &&
      format !== IR_CR &&
      sameHeaderTemplate(t, this.template)
    ) {
      // overtaken on its way: the reference is newer (RFC 6846 section 5.3.1.1); but if the next refresh seems late as
      // well, the reference is wrong
      this.overtaken = true;
      this.lastFormat = format;
      copyOctets(packet, place, end, out, to + length);
      return length + payload;
    }
    // the checksum of an IR header vouches for its static part: take it over by exchange
    if (this.templateShared) {
      this.template = createHeaderTemplate();
      copyHeaderTemplate(t, this.template);
      this.templateShared = false;
    } else {
      sc.template = this.template;
      this.template = t;
    }
    this.finish(format, packet, place, end, out, to + length);
    this.failures = 0;
    this.refreshed = dynamicOnly;
    this.overtaken = false;
    if (!dynamicOnly) this.staticFailures = 0;
    return length + payload;
  }

  decompressCo(
    packet: Uint8Array,
    first: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    if (this.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
    const sc = this.parameters.scratch;
    const { state, template: t } = this;
    const ip = this.current + S.IP + (t.ipCount - 1) * S.IP_WORDS;
    const sequential =
      t.kind[t.innermost] === IPV4 && (state[ip + S.IP_BEHAVIOR] as number) < RANDOM;
    const base = sc.base;
    const behind = decodeBaseHeader(base, first, sequential, packet, at, end);
    if (behind < 0) {
      this.failed(false);
      return behind;
    }
    const format = base.format;
    const strong = format === CO_COMMON || format === RND + 8 || format === SEQ_FORMATS + 8;
    if (this.mode === STATIC_CONTEXT_STATE && !strong) return DAMAGED;
    // an older packet than the reference (RFC 6846 section 5.3.1.1): the one before it is the better reference
    const msn = lsbDecode16(state[this.current + S.MSN] as number, base.msn, 4, 4);
    const ahead = ((msn - (state[this.current + S.MSN] as number)) << 16) >> 16;
    let code = BAD_CRC;
    if (ahead <= 0 && this.hasPrevious) {
      code = this.tryCo(packet, behind, end, out, to, this.previous, msn, ahead > 0);
      if (code >= 0) return code;
    }
    code = this.tryCo(packet, behind, end, out, to, this.current, msn, ahead > 0);
    if (code >= 0) return code;
    if (code === BAD_CRC && format !== CO_COMMON) {
      // RFC 6846 has these formats imply ACK = 1 and URG = 0; some peers keep the reference's flags instead
      const flags = ((state[this.current + S.FLAGS] as number) >>> 4) & 3;
      if (flags !== 1) {
        base.ackFlag = flags & 1;
        base.urg = flags >>> 1;
        const again = this.tryCo(packet, behind, end, out, to, this.current, msn, ahead > 0);
        if (again >= 0) {
          this.repairs++;
          return again;
        }
        base.ackFlag = 1;
        base.urg = 0;
      }
    }
    if (code === BAD_CRC && this.parameters.repair && sequential && ahead > 0) {
      // more packets lost than the MSN's bits count: the IP-ID followed the MSN around once more
      const again = this.tryCo(
        packet,
        behind,
        end,
        out,
        to,
        this.current,
        (msn + 16) & 0xffff,
        true,
      );
      if (again >= 0) {
        this.repairs++;
        return again;
      }
    }
    // a stride or an item that never came is named as such: it is no sign of further damage
    if (code !== NO_ROOM && code !== NO_CONTEXT) this.failed(false);
    return code;
  }

  /** One attempt to decode the CO packet whose base header is in the scratch, against the reference row `from`. */
  private tryCo(
    packet: Uint8Array,
    behind: number,
    end: number,
    out: Uint8Array,
    to: number,
    from: number,
    msn: number,
    update: boolean,
  ): number {
    const sc = this.parameters.scratch;
    const base = sc.base;
    const { state, next, template: t } = this;
    state.copyWithin(next, from, from + ROW);
    sc.present = 0;
    sc.genericTouched = false;
    if (this.generic !== undefined) sc.generic.set(this.generic);
    state[next + S.MSN] = msn;
    const inner = next + S.IP + (t.ipCount - 1) * S.IP_WORDS;
    const v4 = t.kind[t.innermost] === IPV4;
    let at = behind;
    let idLong = -1;
    if (base.format === CO_COMMON) {
      // the fields that the indicators announce (RFC 6846, co_common), acknowledgement number before the list
      at = this.readCommon(packet, at, end, v4);
      if (at < 0) return at;
      idLong = base.idIndicator === 1 && base.idK === 16 ? base.id : -1;
    }
    if (base.ecnUsed >= 0) state[next + S.ECN_USED] = base.ecnUsed;
    const ackBits = base.ackK;
    if (ackBits > 0) {
      state[next + S.ACK] = lsbDecode32(
        state[from + S.ACK] as number,
        base.ack,
        ackBits,
        base.ackP,
      );
    } else if (ackBits < 0) {
      const stride = state[next + S.ACK_STRIDE] as number;
      // the packets that announced the stride never came
      if (stride === 0) return NO_CONTEXT;
      const scaled = lsbDecode32(state[from + S.ACK_SCALED] as number, base.ack, 4, base.ackP);
      state[next + S.ACK] = Math.imul(scaled, stride) + (state[from + S.ACK_RESIDUE] as number);
    }
    if (base.list === 1) {
      at = decodeList(state, next, packet, at, end, sc, false);
      if (at < 0) return at;
    }
    if (base.windowK === 16) state[next + S.WINDOW] = base.window;
    else if (base.windowK === 15) {
      state[next + S.WINDOW] = lsbDecode16(
        state[from + S.WINDOW] as number,
        base.window,
        15,
        base.windowP,
      );
    }
    if (base.ttlK === 3) {
      const ttl = inner + S.IP_TTL;
      state[ttl] = lsbDecode16(state[ttl] as number, base.ttl, 3, 3) & 0xff;
    }
    if (v4 && base.idK > 0 && idLong < 0) {
      state[next + S.IP_ID_OFFSET] = lsbDecode16(
        state[from + S.IP_ID_OFFSET] as number,
        base.id,
        base.idK,
        base.idP,
      );
    }
    const elided = this.parameters.elideChecksum;
    at = decodeIrregularChain(t, state, next, packet, at, end, sc, elided);
    if (at < 0) return at;
    at = decodeOptionsIrregular(state, next, packet, at, end, sc);
    if (at < 0) return at;
    const payload = end - at;
    if (elided && payload !== 0) return MALFORMED;
    const seqBits = base.seqK;
    if (seqBits > 0) {
      state[next + S.SEQ] = lsbDecode32(
        state[from + S.SEQ] as number,
        base.seq,
        seqBits,
        base.seqP,
      );
    } else if (seqBits < 0) {
      if (payload === 0) return MALFORMED;
      const scaled = lsbDecode32(state[from + S.SEQ_SCALED] as number, base.seq, 4, base.seqP);
      state[next + S.SEQ] = Math.imul(scaled, payload) + (state[from + S.SEQ_RESIDUE] as number);
    }
    if (v4) {
      if (idLong >= 0) {
        state[inner + S.IP_ID] = idLong;
        setIpIdOffset(state, next, t.ipCount - 1);
      }
      resolveIpId(state, next, t.ipCount - 1);
      if ((state[inner + S.IP_BEHAVIOR] as number) >= RANDOM)
        setIpIdOffset(state, next, t.ipCount - 1);
    }
    state[next + S.FLAGS] =
      (base.urg << 5) | (base.ackFlag << 4) | (base.psh << 3) | rsfOf(base.rsf);
    this.setScaled(payload);
    if (elided) state[next + S.CHECKSUM] = 0;
    const length = buildHeaders(t, state, next, sc.generic, packet, sc, payload, out, to);
    if (length < 0) return length;
    const format = base.format;
    if (elided) restoreChecksum(t, out, to, length);
    const strong = format === CO_COMMON || format === RND + 8 || format === SEQ_FORMATS + 8;
    const crc = strong ? crc7(out, to, to + length) : crc3(out, to, to + length);
    if (crc !== base.crc) return BAD_CRC;
    if (update) {
      this.finish(format, packet, at, end, out, to + length);
    } else {
      this.lastFormat = format;
      copyOctets(packet, at, end, out, to + length);
    }
    this.failures <<= 1;
    if (strong) {
      this.refreshed = false;
      this.overtaken = false;
      this.staticFailures = 0;
    }
    return length + payload;
  }

  /** Reads what follows co_common's fixed part, but for the list; results go to the base record and the row. */
  private readCommon(packet: Uint8Array, from: number, end: number, v4: boolean): number {
    const base = this.parameters.scratch.base;
    const { state, next, template: t } = this;
    const inner = next + S.IP + (t.ipCount - 1) * S.IP_WORDS;
    const sequentialId = v4 && base.behavior <= SEQUENTIAL_SWAPPED;
    const seqOctets = INDICATED_OCTETS[base.seqIndicator] as number;
    const ackOctets = INDICATED_OCTETS[base.ackIndicator] as number;
    const idOctets = sequentialId ? 1 + base.idIndicator : 0;
    const need =
      seqOctets +
      ackOctets +
      base.stride * 2 +
      (base.windowK === 16 ? 2 : 0) +
      idOctets +
      base.urgPtr * 2 +
      base.dscp +
      (base.ttlK === 8 ? 1 : 0);
    if (from + need > end) return TRUNCATED;
    let at = from;
    base.seqK = seqOctets * 8;
    base.seqP = base.seqIndicator === 1 ? 63 : 16383;
    base.seq = readBits(packet, at, seqOctets);
    at += seqOctets;
    base.ackK = ackOctets * 8;
    base.ackP = base.ackIndicator === 1 ? 63 : 16383;
    base.ack = readBits(packet, at, ackOctets);
    at += ackOctets;
    if (base.stride === 1) {
      state[next + S.ACK_STRIDE] = readBits(packet, at, 2);
      at += 2;
    }
    if (base.windowK === 16) {
      base.window = readBits(packet, at, 2);
      at += 2;
    }
    base.idK = idOctets * 8;
    base.idP = 3;
    base.id = readBits(packet, at, idOctets);
    at += idOctets;
    if (base.urgPtr === 1) {
      state[next + S.URG_PTR] = readBits(packet, at, 2);
      at += 2;
    }
    if (base.dscp === 1) {
      const octet = packet[at++] as number;
      if ((octet & 3) !== 0) return MALFORMED;
      state[inner + S.IP_TOS] = octet | ((state[inner + S.IP_TOS] as number) & 3);
    }
    if (base.ttlK === 8) state[inner + S.IP_TTL] = packet[at++] as number;
    if (v4) {
      state[inner + S.IP_BEHAVIOR] = base.behavior;
      state[inner + S.IP_DF] = base.df;
    } else if (base.behavior < RANDOM || base.df !== 0) {
      return MALFORMED;
    }
    return at;
  }

  /** Derives the scaled values and residues of the row in work (RFC 6846, `field_scaling`). */
  private setScaled(payload: number): void {
    const { state, next } = this;
    const stride = state[next + S.ACK_STRIDE] as number;
    const ack = state[next + S.ACK] as number;
    if (stride !== 0) {
      const scaled = Math.floor(ack / stride);
      state[next + S.ACK_SCALED] = scaled;
      state[next + S.ACK_RESIDUE] = ack - scaled * stride;
    }
    if (payload !== 0) {
      const seq = state[next + S.SEQ] as number;
      const scaled = Math.floor(seq / payload);
      state[next + S.SEQ_SCALED] = scaled;
      state[next + S.SEQ_RESIDUE] = seq - scaled * payload;
    }
  }

  /** Takes over the row in work as the reference and copies the payload. */
  private finish(
    format: number,
    packet: Uint8Array,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): void {
    const sc = this.parameters.scratch;
    copyOctets(packet, at, end, out, to);
    if (sc.genericTouched) {
      if (this.generic === undefined) this.generic = new Uint8Array(S.GENERIC_TABLE_OCTETS);
      this.generic.set(sc.generic);
    }
    const spare = this.previous;
    this.previous = this.current;
    this.current = this.next;
    this.next = spare;
    this.hasPrevious = this.mode === FULL_CONTEXT_STATE && format > IR_DYN;
    this.mode = FULL_CONTEXT_STATE;
    this.lastFormat = format;
  }

  /**
   * Takes this packet, which both ends have seen uncompressed, for the context's reference, as the compressor's
   * `adopt` does.
   */
  adopt(b: Uint8Array, chain: HeaderChain, options: ParsedOptions, msn: number): number {
    const tcp = chain.inner;
    if (!chain.tcp || !parseOptions(b, tcp + 20, chain.payload, NO_GENERIC, options)) {
      return NOT_ELIGIBLE;
    }
    const { state, next } = this;
    if (this.templateShared) {
      this.template = createHeaderTemplate();
      this.templateShared = false;
    }
    const t = this.template;
    state.fill(0, next, next + ROW);
    templateOf(b, chain, t, state, next);
    state[next + S.MSN] = msn;
    state[next + S.SEQ] = u32(b, tcp + 4);
    state[next + S.ACK] = u32(b, tcp + 8);
    state[next + S.RES_FLAGS] = (b[tcp + 12] as number) & 15;
    state[next + S.TCP_ECN] = (b[tcp + 13] as number) >>> 6;
    state[next + S.FLAGS] = (b[tcp + 13] as number) & 0x3f;
    state[next + S.WINDOW] = u16(b, tcp + 14);
    state[next + S.CHECKSUM] = u16(b, tcp + 16);
    state[next + S.URG_PTR] = u16(b, tcp + 18);
    this.generic = itemsOf(b, options, state, next);
    if (t.kind[t.innermost] === IPV4) setIpIdOffset(state, next, t.ipCount - 1);
    this.setScaled(chain.payloadLength);
    const spare = this.current;
    this.current = next;
    this.next = spare;
    this.hasPrevious = false;
    this.mode = FULL_CONTEXT_STATE;
    this.failures = 0;
    this.staticFailures = 0;
    this.overtaken = false;
    return 0;
  }

  /** Copies everything that decoding a packet changes. */
  save(): TcpDecompressorSnapshot {
    this.templateShared = true;
    return {
      owner: this,
      rows: Uint32Array.from([
        ...this.state.subarray(this.current, this.current + ROW),
        ...this.state.subarray(this.previous, this.previous + ROW),
      ]),
      hasPrevious: this.hasPrevious,
      generic: this.generic?.slice(),
      template: this.template,
      mode: this.mode,
      failures: this.failures,
      staticFailures: this.staticFailures,
      refreshed: this.refreshed,
      overtaken: this.overtaken,
    };
  }

  /** Goes back to a snapshot of this context; the snapshot stays good for another time. */
  restore(s: TcpDecompressorSnapshot): void {
    this.state.set(s.rows.subarray(0, ROW), this.current);
    this.state.set(s.rows.subarray(ROW), this.previous);
    this.hasPrevious = s.hasPrevious;
    this.generic = s.generic?.slice();
    this.template = s.template;
    this.templateShared = true;
    this.mode = s.mode;
    this.failures = s.failures;
    this.staticFailures = s.staticFailures;
    this.refreshed = s.refreshed;
    this.overtaken = s.overtaken;
  }

  /**
   * Counts a failure and lowers the state where the damage rule says so (RFC 6846 section 5.3.1.2). `refresh` is for a
   * failed IR, IR-CR or IR-DYN.
   *
   * A CO packet that fails in the SC state speaks against the dynamic part alone, which is in doubt already; the static
   * part falls when refreshes fail, or when the context is damaged again right after them.
   */
  private failed(refresh: boolean): void {
    const { k, n } = this.parameters.damage;
    this.failures = ((this.failures << 1) | 1) & (n >= 31 ? 0x7fffffff : (1 << n) - 1);
    if (this.mode === FULL_CONTEXT_STATE) {
      let count = 0;
      for (let bits = this.failures; bits !== 0; bits &= bits - 1) count++;
      if (count < k) return;
      this.mode = STATIC_CONTEXT_STATE;
      this.failures = 0;
      if (this.refreshed) this.staticFailures++;
    } else if (this.mode === STATIC_CONTEXT_STATE && refresh) {
      this.staticFailures++;
    }
    if (this.staticFailures >= STATIC_FAILURES_MAX) {
      this.mode = NO_CONTEXT_STATE;
      this.staticFailures = 0;
    }
  }
}

const INDICATED_OCTETS = /* @__PURE__ */ Uint8Array.of(0, 1, 2, 4);

const readBits = (b: Uint8Array, at: number, octets: number): number => {
  let value = 0;
  for (let i = 0; i < octets; i++) value = (value << 8) | (b[at + i] as number);
  return value;
};

/** Recomputes the TCP checksum that the compressor elided after verifying it; the header has no payload. */
const restoreChecksum = (t: HeaderTemplate, out: Uint8Array, to: number, length: number): void => {
  const tcp = to + t.size;
  const checksum = tcpChecksum(out, to + (t.offset[t.innermost] as number), tcp, to + length);
  out[tcp + 16] = checksum >>> 8;
  out[tcp + 17] = checksum;
};
