/**
 * The compressor's side of one ROHC-TCP flow: what the decompressor surely knows, which format says the rest in the
 * fewest octets, and when to refresh (RFC 6846 section 5.2).
 */
import { NO_ROOM, NOT_ELIGIBLE, UNCOMPRESSIBLE } from '../../internal/codes.js';
import { cidLength, writeAddCid, writeLargeCid } from '../../internal/cid.js';
import { type HeaderChain, IPV4, IPV6, tcpChecksum } from '../../internal/header-chain.js';
import type { CompressorContext } from '../../internal/profile.js';
import { crc3, crc7, crc8 } from '../../crc.js';
import {
  createFeedbackRecord,
  FEEDBACK_ACK,
  FEEDBACK_STATIC_NACK,
  readFeedbackData,
} from '../../feedback.js';
import { copyOctets } from '../../internal/copy.js';
import { swap16, u16, u32, put } from '../../internal/octets.js';
import {
  fitsScaled,
  indicatorOf,
  randomFormat,
  sequentialFormat,
  ttlFits,
} from './choose-format.js';
import { needsDynamic, sameStatic } from './header-compare.js';
import { isWithin, NO_GENERIC, SentItems } from './sent-items.js';
import { encodeTcpDynamic, encodeTcpReplicate, RSF_INDEX } from './tcp-item-encode.js';
import { countStride, createStrideWatch, nextStride, type StrideWatch } from './ack-stride.js';
import { type BaseRecord, createBaseRecord, encodeBaseHeader } from './base-header.js';
import {
  encodeDynamicChain,
  encodeIrregularChain,
  encodeReplicateChain,
  encodeStaticChain,
  hasSequence,
  sequenceOf,
} from './chains-encode.js';
import { CO_COMMON, IR, IR_CR, IR_DYN, RANDOM, RND, SEQ, SEQUENTIAL_SWAPPED } from './formats.js';
import { createIpIdWatch, impliedBehavior, type IpIdWatch, nextIpId, startIpId } from './ip-id.js';
import { encodeList, encodeOptionsIrregular } from './options-encode.js';
import { createParsedOptions, type ParsedOptions, parseOptions } from './options-parse.js';
import * as R from './sent-headers.js';

/** Octets that a compressed packet may be longer than the original: chains with every optional field, and the CID. */
export const EXPANSION_MAX = 128;
/** Packets with unchanged ECN bits after which they are taken for static again. */
const ECN_QUIET = 64;
/** RARE's parts. */
const TTL_BITS = 0xff;
const DSCP_BITS = 0x3f00;
const DF_BIT = 0x4000;
const BEHAVIOR_BITS = 0x18000;
const ECN_USED_BIT = 0x20000;
const ECN_BITS = 0x3fc0000;
const LIST_COUNT_BITS = 0x3c000000;
/** TCP's ECN and reserved bits: IR-CR takes them from the base unless ecn_used is set. */
const REPLICATED_BITS = 0x3f00000;
/** References that the four bits of the MSN can tell apart (p = 4): deeper windows gain nothing from more. */
const MSN_DEPTH_MAX = 11;

/** What all ROHC-TCP compressor contexts of a channel share while one packet is in work. */
export interface TcpCompressorScratch {
  readonly base: BaseRecord;
  readonly options: ParsedOptions;
}

export const createTcpCompressorScratch = (): TcpCompressorScratch => ({
  base: createBaseRecord(),
  options: createParsedOptions(),
});

/** What a compressor context is told at its creation. */
export interface TcpCompressorParameters {
  readonly cid: number;
  readonly large: boolean;
  readonly scratch: TcpCompressorScratch;
  /** References that the decompressor may hold for LSB-coded fields, 1–256. */
  readonly window: number;
  /** Packets in a row that carry a changed field: one of them is taken to arrive (the optimistic approach's L). */
  readonly repetitions: number;
  /** Packets between IR refreshes and between IR-DYN refreshes in unidirectional operation; 0 for none. */
  readonly refreshIr: number;
  readonly refreshFo: number;
  /** Master sequence number of the first packet, 16 bits. */
  readonly msn: number;
  readonly elideChecksum: boolean;
  /** Whether the decompressor may hold another flow of this profile under the CID. */
  readonly successor: boolean;
}

export class TcpCompressorContext implements CompressorContext {
  readonly profile = 0x0006;
  readonly cid: number;
  lastFormat = IR;
  /** MSN of the last packet sent. */
  msn: number;
  /** Whether the MSN was ever set from outside. */
  msnSet = false;
  /** Whether the channel still has this context under its CID. */
  live = true;
  /** The decompressor refuses the flow (REJECT): the channel sends it uncompressed. */
  rejected = false;
  /** The decompressor lacks memory for this context (CONTEXT_MEMORY): the channel sends it under a smaller profile. */
  tooLarge = false;
  /** Kinds of the headers, and their octets as last seen: statics to compare with, and contents to watch. */
  private signature = 0;
  private headers = new Uint8Array(0);
  private headersLength = 0;
  private behaviors = new Uint8Array(0);
  private readonly watch = createIpIdWatch();
  private readonly strides = createStrideWatch();
  private sent: R.SentHeaders = R.createSentHeaders(1, 0);
  private sequences = 0;
  /** IR, and IR or IR-DYN, packets sent since the decompressor's context was last in doubt, and the first one's MSN. */
  private irSent = 0;
  private irMsn = 0;
  private dynamicSent = 0;
  private dynamicMsn = 0;
  private sinceIr = 0;
  private sinceFo = 0;
  private feedbackSeen = false;
  private ecnUsed = 0;
  private ecnQuiet = 0;
  private outerTtlVersion = 0;
  private outerTosVersion = 0;
  private readonly items = new SentItems();
  private base: TcpCompressorContext | undefined = undefined;
  private readonly parameters: TcpCompressorParameters;

  constructor(parameters: TcpCompressorParameters) {
    this.cid = parameters.cid;
    this.parameters = parameters;
    this.msn = (parameters.msn - 1) & 0xffff;
  }

  /** Whether the decompressor surely holds this context's static part. */
  get established(): boolean {
    return this.irSent >= this.parameters.repetitions;
  }

  /** Has the flow's first packets go out as IR-CR, replicated from `base` where the headers allow (RFC 4164). */
  replicate(base: TcpCompressorContext): void {
    this.base = base;
  }

  matches(b: Uint8Array, chain: HeaderChain): boolean {
    if (!chain.tcp || chain.signature !== this.signature) return false;
    const h = this.headers;
    const tcp = chain.inner;
    const base = chain.start;
    const ports = tcp - base;
    if (
      ports + 4 !== this.headersLength ||
      h[ports] !== b[tcp] ||
      h[ports + 1] !== b[tcp + 1] ||
      h[ports + 2] !== b[tcp + 2] ||
      h[ports + 3] !== b[tcp + 3]
    ) {
      return false;
    }
    for (let i = 0; i < chain.count; i++) {
      if (!sameStatic(this.headers, b, chain, i)) return false;
    }
    return true;
  }

  /** Sets the context up for the flow of this packet; MSN goes on where the CID's last one stood. */
  private begin(b: Uint8Array, chain: HeaderChain): void {
    const length = chain.inner + 4 - chain.start;
    this.signature = chain.signature;
    if (this.headers.length < length) this.headers = new Uint8Array(length);
    this.headersLength = length;
    let sequences = 0;
    for (let i = 0; i < chain.count; i++) if (hasSequence(b, chain, i)) sequences++;
    this.sequences = sequences;
    const { window, repetitions } = this.parameters;
    this.sent = R.createSentHeaders(Math.max(window, repetitions), sequences);
    this.behaviors = new Uint8Array(chain.ipCount);
    let ip = 0;
    for (let i = 0; i < chain.count; i++) {
      const o = chain.offset[i] as number;
      const kind = chain.kind[i];
      if (kind === IPV4) {
        const id = u16(b, o + 4);
        if (i === chain.innermost) startIpId(this.watch, id);
        else this.behaviors[ip] = impliedBehavior(id, false);
        ip++;
      } else if (kind === IPV6) {
        this.behaviors[ip++] = RANDOM;
      }
    }
    this.remember(b, chain);
  }

  private remember(b: Uint8Array, chain: HeaderChain): void {
    const h = this.headers;
    const from = chain.start;
    for (let i = 0; i < this.headersLength; i++) h[i] = b[from + i] as number;
  }

  compress(b: Uint8Array, chain: HeaderChain, out: Uint8Array, to: number): number {
    const { parameters } = this;
    const options = parameters.scratch.options;
    const packetLength = chain.end - chain.start;
    if (to + packetLength + EXPANSION_MAX > out.length) return NO_ROOM;
    const tcp = chain.inner;
    if (!parseOptions(b, tcp + 20, chain.payload, this.items.generic, options))
      return UNCOMPRESSIBLE;
    const payload = chain.payloadLength;
    const innerAt = chain.offset[chain.innermost] as number;
    const fresh = this.headersLength === 0;
    // refusals come before anything changes
    if (parameters.elideChecksum && (fresh || !this.elidable(b, chain))) return NOT_ELIGIBLE;
    if (fresh) this.begin(b, chain);
    const msn = (this.msn + 1) & 0xffff;
    const v4 = chain.kind[chain.innermost] === IPV4;
    const innerIp = chain.ipCount - 1;

    // what may only change by IR-DYN: outer DF and IP-ID behaviour, extension headers' contents, AH's reserved bits
    if (!fresh && chain.count > 1) {
      if (needsDynamic(this.headers, this.behaviors, b, chain)) this.dynamicSent = 0;
      this.followOuter(b, chain);
    }

    // the innermost IP header
    let tos: number;
    let ttl: number;
    let df = 0;
    let offset = 0;
    let behavior = RANDOM;
    if (v4) {
      tos = b[innerAt + 1] as number;
      ttl = b[innerAt + 8] as number;
      df = ((b[innerAt + 6] as number) >>> 6) & 1;
      const id = u16(b, innerAt + 4);
      behavior = fresh ? this.watch.behavior : nextIpId(this.watch, id);
      offset = ((behavior === SEQUENTIAL_SWAPPED ? swap16(id) : id) - msn) & 0xffff;
    } else {
      tos = (((b[innerAt] as number) & 15) << 4) | ((b[innerAt + 1] as number) >>> 4);
      ttl = b[innerAt + 7] as number;
    }
    this.behaviors[innerIp] = behavior;

    // the TCP header
    const seq =
      (((b[tcp + 4] as number) << 24) |
        ((b[tcp + 5] as number) << 16) |
        ((b[tcp + 6] as number) << 8) |
        (b[tcp + 7] as number)) >>>
      0;
    const ack =
      (((b[tcp + 8] as number) << 24) |
        ((b[tcp + 9] as number) << 16) |
        ((b[tcp + 10] as number) << 8) |
        (b[tcp + 11] as number)) >>>
      0;
    const reserved = (b[tcp + 12] as number) & 15;
    const flags = b[tcp + 13] as number;
    const window = u16(b, tcp + 14);
    const urgent = u16(b, tcp + 18);
    const ackFlag = (flags >>> 4) & 1;
    const urg = (flags >>> 5) & 1;
    const psh = (flags >>> 3) & 1;
    const rsf = RSF_INDEX[flags & 7] as number;
    const ecnBits = (reserved << 4) | ((flags >>> 6) << 2) | (tos & 3);

    const { sent } = this;
    const stale = sent.count === 0;
    const { rows, runs } = sent;
    const last = sent.newest;
    const stride = stale
      ? this.strides.stride
      : nextStride(this.strides, (ack - (sent.rows[last + R.ACK] as number)) >>> 0);
    const ackScaled = stride === 0 ? 0 : Math.floor(ack / stride);
    const ackResidue = stride === 0 ? ack : ack - ackScaled * stride;
    const seqScaled = payload === 0 ? 0 : Math.floor(seq / payload);
    const seqResidue = payload === 0 ? seq : seq - seqScaled * payload;

    const depthL = sent.count < parameters.repetitions ? sent.count : parameters.repetitions;
    const depthW = sent.count < parameters.window ? sent.count : parameters.window;

    // ECN: sent with each packet once it changes, dropped again after a quiet while
    const outer = ((this.outerTtlVersion << 16) | this.outerTosVersion) >>> 0;
    const outerDiff = chain.ipCount > 1 ? R.difference(sent, R.OUTER, depthL, outer) : 0;
    let rare =
      ttl |
      ((tos >>> 2) << 8) |
      (df << 14) |
      (behavior << 15) |
      (this.ecnUsed << 17) |
      (ecnBits << 18) |
      (options.count << 26);
    let rareDiff =
      rows[last + R.RARE] === rare && (runs[R.RARE] as number) >= depthL
        ? 0
        : R.difference(sent, R.RARE, depthL, rare);
    if (this.ecnUsed === 1) {
      const lastRare = stale ? rare : (rows[last + R.RARE] as number);
      const quiet =
        ((lastRare ^ rare) & ECN_BITS) === 0 &&
        (stale || ((sent.rows[last + R.OUTER] as number) & 0xffff) === this.outerTosVersion);
      this.ecnQuiet = quiet ? this.ecnQuiet + 1 : 0;
      if (this.ecnQuiet >= ECN_QUIET && (rareDiff & ECN_BITS) === 0 && (outerDiff & 0xffff) === 0) {
        this.ecnUsed = 0;
        rare &= ~ECN_USED_BIT;
        rareDiff |= ECN_USED_BIT;
      }
    } else if ((rareDiff & ECN_BITS) !== 0 || (outerDiff & 0xffff) !== 0) {
      this.ecnUsed = 1;
      this.ecnQuiet = 0;
      rare |= ECN_USED_BIT;
      rareDiff |= ECN_USED_BIT;
    }
    if (this.ecnUsed === 1) rareDiff &= ~ECN_BITS;

    this.items.update(b, options, parameters.repetitions);

    // IR, IR-CR and IR-DYN where the decompressor's context is not sure, by refresh, or where nothing else can say it
    let format = -1;
    // feedback tells of what is missing, but not of a wrong context whose CRCs happen to fit: IR-DYN goes on with it
    const refreshing = !parameters.elideChecksum;
    const irDue = refreshing && !this.feedbackSeen && due(this.sinceIr, parameters.refreshIr);
    if (this.irSent < parameters.repetitions) format = this.canReplicate(b, chain) ? IR_CR : IR;
    else if (irDue) format = IR;
    else if (this.dynamicSent < parameters.repetitions || rsf < 0 || stale) format = IR_DYN;
    else if (refreshing && due(this.sinceFo, parameters.refreshFo)) format = IR_DYN;
    if (format < 0 && this.sequences > 0 && !this.sequencesFit(b, chain, depthW)) format = IR_DYN;
    // the four bits of the MSN must tell this packet from the references: only a caller's own MSN can break that
    if (format < 0 && this.msnSet) {
      const msnDepth = Math.min(depthW, MSN_DEPTH_MAX);
      if (!R.allFit16(sent, R.MSN, msnDepth, msn, 4, 4)) format = IR_DYN;
    }

    // until an acknowledgement came, a decompressor that missed the flow's start would take an IR-DYN for the flow before
    if (format === IR_DYN && parameters.successor && this.irSent < 255) format = IR;

    let written: number;
    if (format >= 0) {
      written = this.writeIr(format, b, chain, options, msn, stride, out, to);
    } else {
      // no CRC covers the stride: it goes out until it has surely arrived
      const carryStride = stride !== 0 && this.strides.sent < parameters.repetitions;
      const strideUrgent = ((stride << 16) | urgent) >>> 0;
      const strideDiff =
        rows[last + R.STRIDE_URGENT] === strideUrgent && (runs[R.STRIDE_URGENT] as number) >= depthL
          ? 0
          : R.difference(sent, R.STRIDE_URGENT, depthL, strideUrgent);
      const listChanged =
        (rareDiff & LIST_COUNT_BITS) !== 0 ||
        rows[last + R.LIST_LOW] !== options.low ||
        (runs[R.LIST_LOW] as number) < depthL ||
        (options.count > 8 && !R.unchanged(sent, R.LIST_HIGH, depthL, options.high));
      const present = this.items.present(b, options, sent, depthW, parameters.repetitions);
      const list = listChanged || present !== 0 ? 1 : 0;
      const seqChanged = rows[last + R.SEQ] !== seq || (runs[R.SEQ] as number) < depthL;
      const ackChanged = rows[last + R.ACK] !== ack || (runs[R.ACK] as number) < depthL;
      const windowChanged = rows[last + R.WINDOW] !== window || (runs[R.WINDOW] as number) < depthL;
      const sequential = behavior <= SEQUENTIAL_SWAPPED;
      const ackScales =
        stride !== 0 &&
        !carryStride &&
        (strideDiff & 0xffff0000) === 0 &&
        rows[last + R.ACK_RESIDUE] === ackResidue &&
        (runs[R.ACK_RESIDUE] as number) >= depthL &&
        fitsScaled(
          sent,
          depthW,
          R.ACK_SCALED,
          ackScaled,
          3,
          R.ACK_RESIDUE,
          ackResidue,
          R.STRIDE_URGENT,
          stride,
          16,
        );
      const seqScales =
        payload !== 0 &&
        rows[last + R.PAYLOAD] === payload &&
        (runs[R.PAYLOAD] as number) >= depthL &&
        rows[last + R.SEQ_RESIDUE] === seqResidue &&
        (runs[R.SEQ_RESIDUE] as number) >= depthL &&
        fitsScaled(
          sent,
          depthW,
          R.SEQ_SCALED,
          seqScaled,
          7,
          R.SEQ_RESIDUE,
          seqResidue,
          R.PAYLOAD,
          payload,
          0,
        );
      const rareOutside =
        (rareDiff & (DSCP_BITS | DF_BIT | BEHAVIOR_BITS)) !== 0 ||
        carryStride ||
        (strideDiff & 0xffff) !== 0 ||
        (outerDiff & 0xffff0000) !== 0 ||
        ackFlag === 0 ||
        urg === 1;
      const plain =
        !rareOutside && (rareDiff & (TTL_BITS | ECN_USED_BIT)) === 0 && rsf === 0 && list === 0;
      format = -1;
      if (plain) {
        format = sequential
          ? sequentialFormat(
              sent,
              depthW,
              seqChanged,
              ackChanged,
              windowChanged,
              seqScales,
              ackScales,
              seq,
              ack,
              window,
              offset,
            )
          : randomFormat(
              sent,
              depthW,
              seqChanged,
              ackChanged,
              windowChanged,
              seqScales,
              ackScales,
              seq,
              ack,
            );
      }
      let seqIndicator = 0;
      let ackIndicator = 0;
      let idIndicator = 0;
      if (format < 0) {
        seqIndicator = !seqChanged ? 0 : indicatorOf(sent, R.SEQ, depthW, seq);
        ackIndicator = !ackChanged ? 0 : indicatorOf(sent, R.ACK, depthW, ack);
        const idShort =
          sequential &&
          (rareDiff & BEHAVIOR_BITS) === 0 &&
          R.allFit16(sent, R.IP_ID_OFFSET, depthW, offset, 8, 3);
        idIndicator = sequential && !idShort ? 1 : 0;
        const commonLength =
          5 +
          (OCTETS[seqIndicator] as number) +
          (OCTETS[ackIndicator] as number) +
          (carryStride ? 2 : 0) +
          (windowChanged ? 2 : 0) +
          (sequential ? 1 + idIndicator : 0) +
          ((strideDiff & 0xffff) !== 0 ? 2 : 0) +
          ((rareDiff & DSCP_BITS) !== 0 ? 1 : 0) +
          ((rareDiff & TTL_BITS) !== 0 ? 1 : 0);
        const eighth =
          !rareOutside &&
          !windowChanged &&
          commonLength >= 7 &&
          ((rareDiff & TTL_BITS) === 0 || ttlFits(sent, depthW, ttl)) &&
          (sequential
            ? R.allFit16(sent, R.IP_ID_OFFSET, depthW, offset, 4, 3) &&
              R.allFit32(sent, R.SEQ, depthW, seq, 14, 8191) &&
              R.allFit32(sent, R.ACK, depthW, ack, 15, 8191)
            : R.allFit32(sent, R.SEQ, depthW, seq, 16, 65535) &&
              R.allFit32(sent, R.ACK, depthW, ack, 16, 16383));
        format = eighth ? (sequential ? SEQ + 8 : RND + 8) : CO_COMMON;
      }

      // the base header
      const base = parameters.scratch.base;
      const strong = format === CO_COMMON || format === RND + 8 || format === SEQ + 8;
      base.format = format;
      base.crc = strong ? crc7(b, chain.start, chain.payload) : crc3(b, chain.start, chain.payload);
      base.msn = msn;
      base.psh = psh;
      base.ackFlag = ackFlag;
      base.urg = urg;
      base.rsf = rsf;
      base.ecnUsed = this.ecnUsed;
      base.list = list;
      base.ttl = ttl;
      base.window = window;
      base.id = offset;
      base.ack = format === RND + 4 || format === SEQ + 4 ? ackScaled : ack;
      base.seq =
        format === RND + 2 || format === RND + 6 || format === SEQ + 2 || format === SEQ + 6
          ? seqScaled
          : seq;
      if (format === CO_COMMON) {
        base.outerTtl = (outerDiff & 0xffff0000) !== 0 ? 1 : 0;
        base.seqIndicator = seqIndicator;
        base.ackIndicator = ackIndicator;
        base.stride = carryStride ? 1 : 0;
        base.windowK = windowChanged ? 16 : 0;
        base.idIndicator = idIndicator;
        base.urgPtr = (strideDiff & 0xffff) !== 0 ? 1 : 0;
        base.dscp = (rareDiff & DSCP_BITS) !== 0 ? 1 : 0;
        base.ttlK = (rareDiff & TTL_BITS) !== 0 ? 8 : 0;
        base.behavior = behavior;
        base.df = df;
      } else {
        base.outerTtl = 0;
      }
      const first = writeAddCid(out, to, this.cid, parameters.large);
      let at = encodeBaseHeader(
        base,
        out,
        first,
        writeLargeCid(out, first + 1, this.cid, parameters.large),
      );
      if (format === CO_COMMON) {
        at = put(out, at, seq, OCTETS[seqIndicator] as number);
        at = put(out, at, ack, OCTETS[ackIndicator] as number);
        if (carryStride) {
          at = put(out, at, stride, 2);
          countStride(this.strides, msn);
        }
        if (windowChanged) at = put(out, at, window, 2);
        if (sequential) {
          // the short form carries the offset, the long one the IP-ID as it stands in the header
          at = idIndicator === 1 ? put(out, at, u16(b, innerAt + 4), 2) : put(out, at, offset, 1);
        }
        if (base.urgPtr === 1) at = put(out, at, urgent, 2);
        if (base.dscp === 1) out[at++] = tos & 0xfc;
        if (base.ttlK === 8) out[at++] = ttl;
      }
      if (list === 1) at = encodeList(b, options, present, ack, out, at);
      // one IPv4 header whose IP-ID follows the MSN has nothing irregular
      if (chain.count > 1 || behavior === RANDOM)
        at = encodeIrregularChain(
          b,
          chain,
          this.behaviors,
          this.ecnUsed === 1,
          base.outerTtl === 1,
          sent,
          depthW,
          out,
          at,
        );
      if (this.ecnUsed === 1) {
        out[at++] = ((tos & 3) << 6) | (reserved << 2) | (flags >>> 6);
      }
      if (!parameters.elideChecksum) {
        out[at] = b[tcp + 16] as number;
        out[at + 1] = b[tcp + 17] as number;
        at += 2;
      }
      if (options.count > 0) {
        at = encodeOptionsIrregular(
          b,
          options,
          present,
          this.items.unchanged(options, parameters.repetitions),
          ack,
          sent,
          depthW,
          out,
          at,
        );
        this.items.count(options, present, msn, parameters.repetitions);
      }
      copyOctets(b, chain.payload, chain.end, out, at);
      at += payload;
      written = at - to;
      this.sinceIr++;
      this.sinceFo++;
    }

    // this header is the newest reference; runs are counted against the row before, which a ring of one overwrites
    if (stale) runs.fill(0);
    const { tsValue, tsEcho } = this.items;
    const urgentStride = ((stride << 16) | urgent) >>> 0;
    runs[R.SEQ] = rows[last + R.SEQ] === seq ? (runs[R.SEQ] as number) + 1 : 1;
    runs[R.ACK] = rows[last + R.ACK] === ack ? (runs[R.ACK] as number) + 1 : 1;
    runs[R.WINDOW] = rows[last + R.WINDOW] === window ? (runs[R.WINDOW] as number) + 1 : 1;
    runs[R.IP_ID_OFFSET] =
      rows[last + R.IP_ID_OFFSET] === offset ? (runs[R.IP_ID_OFFSET] as number) + 1 : 1;
    runs[R.TS_VALUE] = rows[last + R.TS_VALUE] === tsValue ? (runs[R.TS_VALUE] as number) + 1 : 1;
    runs[R.TS_ECHO] = rows[last + R.TS_ECHO] === tsEcho ? (runs[R.TS_ECHO] as number) + 1 : 1;
    runs[R.ACK_RESIDUE] =
      rows[last + R.ACK_RESIDUE] === ackResidue ? (runs[R.ACK_RESIDUE] as number) + 1 : 1;
    runs[R.PAYLOAD] = rows[last + R.PAYLOAD] === payload ? (runs[R.PAYLOAD] as number) + 1 : 1;
    runs[R.SEQ_RESIDUE] =
      rows[last + R.SEQ_RESIDUE] === seqResidue ? (runs[R.SEQ_RESIDUE] as number) + 1 : 1;
    runs[R.RARE] = rows[last + R.RARE] === rare ? (runs[R.RARE] as number) + 1 : 1;
    runs[R.LIST_LOW] =
      rows[last + R.LIST_LOW] === options.low ? (runs[R.LIST_LOW] as number) + 1 : 1;
    runs[R.LIST_HIGH] =
      rows[last + R.LIST_HIGH] === options.high ? (runs[R.LIST_HIGH] as number) + 1 : 1;
    runs[R.STRIDE_URGENT] =
      rows[last + R.STRIDE_URGENT] === urgentStride ? (runs[R.STRIDE_URGENT] as number) + 1 : 1;
    runs[R.OUTER] = rows[last + R.OUTER] === outer ? (runs[R.OUTER] as number) + 1 : 1;
    if (this.sequences > 0) this.countSequenceRuns(b, chain, last);
    const row = R.pushRow(sent, sent.capacity);
    rows[row + R.MSN] = msn;
    rows[row + R.SEQ] = seq;
    rows[row + R.ACK] = ack;
    rows[row + R.WINDOW] = window;
    rows[row + R.IP_ID_OFFSET] = offset;
    rows[row + R.TS_VALUE] = tsValue;
    rows[row + R.TS_ECHO] = tsEcho;
    rows[row + R.ACK_SCALED] = ackScaled;
    rows[row + R.ACK_RESIDUE] = ackResidue;
    rows[row + R.PAYLOAD] = payload;
    rows[row + R.SEQ_SCALED] = seqScaled;
    rows[row + R.SEQ_RESIDUE] = seqResidue;
    rows[row + R.RARE] = rare;
    rows[row + R.LIST_LOW] = options.low;
    rows[row + R.LIST_HIGH] = options.high;
    rows[row + R.STRIDE_URGENT] = urgentStride;
    rows[row + R.OUTER] = outer;
    if (this.sequences > 0) {
      let column = R.SEQUENCES;
      for (let i = 0; i < chain.count; i++) {
        if (hasSequence(b, chain, i)) rows[row + column++] = sequenceOf(b, chain, i);
      }
    }
    if (chain.count > 1) this.remember(b, chain);
    this.msn = msn;
    this.lastFormat = format;
    return written;
  }

  /** Whether the longer form reaches the sequence numbers of all AH and GRE headers. */
  private sequencesFit(b: Uint8Array, chain: HeaderChain, depth: number): boolean {
    let column = R.SEQUENCES;
    for (let i = 0; i < chain.count; i++) {
      if (!hasSequence(b, chain, i)) continue;
      if (!R.allFit32(this.sent, column++, depth, sequenceOf(b, chain, i), 31, 256)) return false;
    }
    return true;
  }

  private countSequenceRuns(b: Uint8Array, chain: HeaderChain, last: number): void {
    const { rows, runs } = this.sent;
    let column = R.SEQUENCES;
    for (let i = 0; i < chain.count; i++) {
      if (hasSequence(b, chain, i)) countRun(rows, runs, last, column++, sequenceOf(b, chain, i));
    }
  }

  /** Whether the packet can go out as a CO packet without its TCP checksum: a pure acknowledgement, the sum right. */
  private elidable(b: Uint8Array, chain: HeaderChain): boolean {
    const { repetitions, window } = this.parameters;
    const { sent } = this;
    const tcp = chain.inner;
    if (chain.payloadLength !== 0 || sent.count === 0) return false;
    if (this.irSent < repetitions || this.dynamicSent < repetitions) return false;
    if ((RSF_INDEX[(b[tcp + 13] as number) & 7] as number) < 0) return false;
    const depth = Math.min(sent.count, window, MSN_DEPTH_MAX);
    if (!R.allFit16(sent, R.MSN, depth, (this.msn + 1) & 0xffff, 4, 4)) return false;
    if (chain.count > 1 && needsDynamic(this.headers, this.behaviors, b, chain)) return false;
    const depthW = Math.min(sent.count, window);
    if (this.sequences > 0 && !this.sequencesFit(b, chain, depthW)) return false;
    const ip = chain.offset[chain.innermost] as number;
    return tcpChecksum(b, ip, tcp, chain.end) === u16(b, tcp + 16);
  }

  /** Counts new versions of the outer headers' TTLs and TOS octets; takes over their IP-IDs' behaviour. */
  private followOuter(b: Uint8Array, chain: HeaderChain): void {
    const h = this.headers;
    let ip = 0;
    let ttl = false;
    let tos = false;
    for (let i = 0; i < chain.innermost; i++) {
      const o = chain.offset[i] as number;
      const r = o - chain.start;
      const kind = chain.kind[i];
      if (kind === IPV4) {
        if (h[r + 8] !== b[o + 8]) ttl = true;
        if (h[r + 1] !== b[o + 1]) tos = true;
        if (u16(b, o + 4) !== 0) this.behaviors[ip] = RANDOM;
        ip++;
      } else if (kind === IPV6) {
        if (h[r + 7] !== b[o + 7]) ttl = true;
        if (h[r] !== b[o] || (((h[r + 1] as number) ^ (b[o + 1] as number)) & 0xf0) !== 0)
          tos = true;
        ip++;
      }
    }
    if (ttl) this.outerTtlVersion = (this.outerTtlVersion + 1) & 0xffff;
    if (tos) this.outerTosVersion = (this.outerTosVersion + 1) & 0xffff;
  }

  /** Whether this flow can still be announced by replication from its base context. */
  private canReplicate(b: Uint8Array, chain: HeaderChain): boolean {
    const { base } = this;
    if (base === undefined) return false;
    if (!base.live || !base.established || base.signature !== chain.signature) {
      this.base = undefined;
      return false;
    }
    if (base.headersLength !== chain.inner + 4 - chain.start) return false;
    // combinations of RST, SYN and FIN have no index, and without ecn_used the base's ECN and reserved bits stay
    const tcp = chain.inner;
    const flags = b[tcp + 13] as number;
    if ((RSF_INDEX[flags & 7] as number) < 0) return false;
    const ecn = ((((b[tcp + 12] as number) & 15) << 4) | ((flags >>> 6) << 2)) << 18;
    const depth = Math.min(base.sent.count, base.parameters.repetitions);
    if (depth === 0 || (R.difference(base.sent, R.RARE, depth, ecn) & REPLICATED_BITS) !== 0) {
      return false;
    }
    for (let i = 0; i < chain.count; i++) {
      if (!sameStatic(base.headers, b, chain, i)) return false;
      // an IPv6 header's replicate item has no hop limit: it must surely be the base's
      if (chain.kind[i] === IPV6 && !base.sameHopLimit(b, chain, i, depth)) return false;
    }
    return true;
  }

  /** Whether the decompressor surely holds the hop limit of this packet's IPv6 header `i` in this context. */
  private sameHopLimit(b: Uint8Array, chain: HeaderChain, i: number, depth: number): boolean {
    const { sent } = this;
    const o = chain.offset[i] as number;
    const hopLimit = b[o + 7] as number;
    if (i === chain.innermost)
      return (R.difference(sent, R.RARE, depth, hopLimit) & TTL_BITS) === 0;
    const outer = (this.outerTtlVersion << 16) >>> 0;
    return (
      this.headers[o - chain.start + 7] === hopLimit &&
      (R.difference(sent, R.OUTER, depth, outer) & 0xffff0000) === 0
    );
  }

  /** Writes an IR, IR-CR or IR-DYN packet. */
  private writeIr(
    format: number,
    b: Uint8Array,
    chain: HeaderChain,
    options: ParsedOptions,
    msn: number,
    stride: number,
    out: Uint8Array,
    to: number,
  ): number {
    const { parameters } = this;
    let at = writeAddCid(out, to, this.cid, parameters.large);
    out[at++] = format === IR ? 0xfd : format === IR_CR ? 0xfc : 0xf8;
    at = writeLargeCid(out, at, this.cid, parameters.large);
    out[at++] = 0x06;
    const crcAt = at;
    out[at++] = 0;
    if (format === IR_CR) {
      const cid = (this.base as TcpCompressorContext).cid;
      const other = cid !== this.cid;
      out[at++] = (other ? 0x80 : 0) | crc7(b, chain.start, chain.payload);
      if (other) {
        if (parameters.large) at = writeLargeCid(out, at, cid, true);
        else out[at++] = cid;
      }
      at = encodeReplicateChain(b, chain, this.behaviors, out, at);
      const ports = chain.inner - chain.start;
      const { headers } = this.base as TcpCompressorContext;
      at = encodeTcpReplicate(
        b,
        chain,
        options,
        msn,
        stride,
        this.ecnUsed,
        u16(headers, ports),
        u16(headers, ports + 2),
        out,
        at,
      );
    } else {
      if (format === IR) at = encodeStaticChain(b, chain, out, at);
      at = encodeDynamicChain(b, chain, this.behaviors, out, at);
      at = encodeTcpDynamic(b, chain, options, msn, stride, this.ecnUsed, out, at);
    }
    out[crcAt] = crc8(out, to, at);
    copyOctets(b, chain.payload, chain.end, out, at);
    at += chain.payloadLength;
    if (format !== IR_DYN) {
      if (this.irSent === 0) this.irMsn = msn;
      if (this.irSent < 254) this.irSent++;
      this.sinceIr = 0;
    } else {
      this.sinceIr++;
    }
    if (this.dynamicSent === 0) this.dynamicMsn = msn;
    if (this.dynamicSent < 255) this.dynamicSent++;
    this.sinceFo = 0;
    this.items.count(options, 0x7fff, msn, parameters.repetitions);
    if (stride !== 0) countStride(this.strides, msn);
    this.items.refresh();
    return at - to;
  }

  feedback(bytes: Uint8Array, from: number, to: number): number {
    const crcFrom = from - cidLength(this.cid, this.parameters.large);
    const code = readFeedbackData(this.profile, bytes, crcFrom, from, to, record);
    if (code < 0) return code;
    this.feedbackSeen = true;
    if (record.reject) this.rejected = true;
    if (record.contextMemory) this.tooLarge = true;
    // a negative acknowledgement also acknowledges the packet that its MSN names (RFC 6846 section 8.3.1)
    const known = record.snValid && this.acknowledge(record.sn, record.snBits);
    if (record.ackType === FEEDBACK_ACK) return 0;
    const static_ =
      record.ackType === FEEDBACK_STATIC_NACK ||
      !record.snValid ||
      this.isBeforeFlow(record.sn, record.snBits);
    const answered = static_ ? this.irSent : this.dynamicSent;
    if (answered > 0 && answered < this.parameters.repetitions) {
      // the answer to this, or to the one before, is still on its way
      return 0;
    }
    if (static_ || !known) {
      this.base = undefined;
      if (static_) this.irSent = 0;
    }
    this.dynamicSent = 0;
    this.sent.count = 0;
    this.items.forget();
    this.strides.sent = 0;
    return 0;
  }

  /** Whether this MSN belongs to a packet before the flow's first IR: the decompressor holds another flow then. */
  private isBeforeFlow(sn: number, bits: number): boolean {
    if (this.irSent === 255) return false;
    const mask = bits >= 16 ? 0xffff : (1 << bits) - 1;
    // the newest MSN that ends in these bits
    const msn = (this.msn - ((this.msn - sn) & mask)) & 0xffff;
    return ((msn - this.irMsn) & 0xffff) >= 0x8000;
  }

  /** Drops what is older than the packet with this MSN, and counts as known what it or an earlier one carried. */
  private acknowledge(sn: number, bits: number): boolean {
    const { sent } = this;
    if (!R.acknowledgeRow(sent, sn, bits >= 16 ? 0xffff : (1 << bits) - 1)) return false;
    const row = oldestRow(sent);
    const msn = sent.rows[row + R.MSN] as number;
    const covers = (since: number): boolean => ((msn - since) & 0xffff) < 0x8000;
    if (this.irSent > 0 && covers(this.irMsn)) this.irSent = 255;
    if (this.dynamicSent > 0 && covers(this.dynamicMsn)) this.dynamicSent = 255;
    this.items.acknowledge(msn);
    const { strides } = this;
    if (strides.sent > 0 && isWithin(msn, strides.first, strides.last)) strides.sent = 255;
    return true;
  }

  /**
   * Takes this packet, which both ends have seen uncompressed, for the context's reference: no IR follows. What a
   * decompressor would learn from an IR is settled by rule: see {@link impliedBehavior}.
   */
  adopt(b: Uint8Array, chain: HeaderChain, msn: number): number {
    const options = this.parameters.scratch.options;
    const tcp = chain.inner;
    if (!chain.tcp || !parseOptions(b, tcp + 20, chain.payload, NO_GENERIC, options)) {
      return NOT_ELIGIBLE;
    }
    this.ecnUsed = 0;
    this.strides.stride = 0;
    this.strides.divisor = 0;
    this.strides.seen = 0;
    this.base = undefined;
    this.begin(b, chain);
    this.items.adopt(b, options);
    const innerAt = chain.offset[chain.innermost] as number;
    const v4 = chain.kind[chain.innermost] === IPV4;
    const tos = v4
      ? (b[innerAt + 1] as number)
      : (((b[innerAt] as number) & 15) << 4) | ((b[innerAt + 1] as number) >>> 4);
    const flags = b[tcp + 13] as number;
    const ecnBits = (((b[tcp + 12] as number) & 15) << 4) | ((flags >>> 6) << 2) | (tos & 3);
    const behavior = v4 ? this.watch.behavior : RANDOM;
    this.behaviors[chain.ipCount - 1] = behavior;
    const row = R.pushRow(this.sent, this.sent.capacity);
    const { rows } = this.sent;
    const seq = u32(b, tcp + 4);
    const payload = chain.payloadLength;
    rows[row + R.MSN] = msn;
    rows[row + R.SEQ] = seq;
    rows[row + R.ACK] = u32(b, tcp + 8);
    rows[row + R.WINDOW] = u16(b, tcp + 14);
    rows[row + R.IP_ID_OFFSET] = v4 ? (u16(b, innerAt + 4) - msn) & 0xffff : 0;
    rows[row + R.TS_VALUE] = this.items.tsValue;
    rows[row + R.TS_ECHO] = this.items.tsEcho;
    rows[row + R.ACK_RESIDUE] = u32(b, tcp + 8);
    rows[row + R.PAYLOAD] = payload;
    rows[row + R.SEQ_SCALED] = payload === 0 ? 0 : Math.floor(seq / payload);
    rows[row + R.SEQ_RESIDUE] = payload === 0 ? seq : seq % payload;
    rows[row + R.RARE] =
      (b[innerAt + (v4 ? 8 : 7)] as number) |
      ((tos >>> 2) << 8) |
      ((v4 ? ((b[innerAt + 6] as number) >>> 6) & 1 : 0) << 14) |
      (behavior << 15) |
      (ecnBits << 18) |
      (options.count << 26);
    rows[row + R.LIST_LOW] = options.low;
    rows[row + R.LIST_HIGH] = options.high;
    rows[row + R.STRIDE_URGENT] = u16(b, tcp + 18);
    let column = R.SEQUENCES;
    for (let i = 0; i < chain.count; i++) {
      if (hasSequence(b, chain, i)) rows[row + column++] = sequenceOf(b, chain, i);
    }
    this.sent.runs.fill(1);
    this.irSent = 255;
    this.dynamicSent = 255;
    this.sinceIr = 0;
    this.sinceFo = 0;
    this.msn = msn;
    return 0;
  }

  /** Copies everything that sending a packet changes; the cost depends on the window's width alone. */
  save(): TcpCompressorSnapshot {
    return {
      owner: this,
      sent: {
        ...this.sent,
        rows: this.sent.rows.slice(),
        runs: this.sent.runs.slice(),
      },
      headers: this.headers.slice(0, this.headersLength),
      signature: this.signature,
      behaviors: this.behaviors.slice(),
      watch: { ...this.watch },
      strides: { ...this.strides },
      numbers: Uint32Array.of(
        this.sequences,
        this.irSent,
        this.irMsn,
        this.dynamicSent,
        this.dynamicMsn,
        this.sinceIr,
        this.sinceFo,
        this.ecnUsed,
        this.ecnQuiet,
        this.outerTtlVersion,
        this.outerTosVersion,
        this.msn,
      ),
      items: this.items.copy(),
    };
  }

  /** Goes back to a snapshot of this context; the snapshot stays good for another time. */
  restore(s: TcpCompressorSnapshot): void {
    this.sent = { ...s.sent, rows: s.sent.rows.slice(), runs: s.sent.runs.slice() };
    this.headers = s.headers.slice();
    this.headersLength = s.headers.length;
    this.signature = s.signature;
    this.behaviors = s.behaviors.slice();
    Object.assign(this.watch, s.watch);
    Object.assign(this.strides, s.strides);
    const n = (i: number): number => s.numbers[i] as number;
    this.sequences = n(0);
    this.irSent = n(1);
    this.irMsn = n(2);
    this.dynamicSent = n(3);
    this.dynamicMsn = n(4);
    this.sinceIr = n(5);
    this.sinceFo = n(6);
    this.ecnUsed = n(7);
    this.ecnQuiet = n(8);
    this.outerTtlVersion = n(9);
    this.outerTosVersion = n(10);
    this.msn = n(11);
    this.items.take(s.items);
  }
}

/** A roll-back point of a compressor context. */
export interface TcpCompressorSnapshot {
  readonly owner: TcpCompressorContext;
  readonly sent: R.SentHeaders;
  readonly headers: Uint8Array;
  readonly signature: number;
  readonly behaviors: Uint8Array;
  readonly watch: IpIdWatch;
  readonly strides: StrideWatch;
  readonly numbers: Uint32Array;
  readonly items: SentItems;
}

const record = /* @__PURE__ */ createFeedbackRecord();

/** Offset of the oldest row that is still valid. */
const oldestRow = (sent: R.SentHeaders): number => {
  const size = sent.capacity * sent.columns;
  return (sent.newest - (sent.count - 1) * sent.columns + size) % size;
};

/** Whether a refresh is due after so many packets without one; an interval of 0 is none. */
const due = (since: number, interval: number): boolean => interval > 0 && since >= interval;

/** Counts one more, or a first, row in which the column holds `value`. */
const countRun = (
  rows: Uint32Array,
  runs: Uint32Array,
  last: number,
  column: number,
  value: number,
): void => {
  runs[column] = rows[last + column] === value ? (runs[column] as number) + 1 : 1;
};

const OCTETS = /* @__PURE__ */ Uint8Array.of(0, 1, 2, 4);
