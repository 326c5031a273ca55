/**
 * Profile 0x0000: packets that no other profile takes travel as they are, under a context of their own
 * (RFC 5795 section 5.4).
 */
import { crc8 } from '../crc.js';
import { createFeedbackRecord, readFeedbackData } from '../feedback.js';
import { cidLength, writeAddCid, writeLargeCid } from '../internal/cid.js';
import {
  BAD_CRC,
  MALFORMED,
  NO_CONTEXT,
  NO_ROOM,
  TRUNCATED,
  UNCOMPRESSIBLE,
} from '../internal/codes.js';
import { copyOctets } from '../internal/copy.js';
import type { HeaderChain } from '../internal/header-chain.js';
import type { CompressorContext, DecompressorContext } from '../internal/profile.js';

/** Profile identifier. */
const PROFILE_UNCOMPRESSED = 0x0000;

/** Names of the packet formats, by `lastFormat`. */
export const UNCOMPRESSED_FORMATS = ['IR', 'Normal'] as const;
const FORMAT_IR = 0;
const FORMAT_NORMAL = 1;

const IR = 0xfc;
/** First octets from here on are packet types of the framework. */
const RESERVED = 0xe0;

/** What a compressor context of this profile is made with. */
export interface UncompressedCompressorOptions {
  readonly cid: number;
  readonly large: boolean;
  /** IR packets in a row until the decompressor is believed to know the context. */
  readonly repetitions: number;
  /** Packets between two refreshes, until feedback comes. */
  readonly refreshIr: number;
}

const record = /* @__PURE__ */ createFeedbackRecord();

/**
 * Compressor side. Takes every packet; sends IR `repetitions` times, then Normal packets, and IR again on each refresh.
 */
export class UncompressedCompressorContext implements CompressorContext {
  readonly profile = PROFILE_UNCOMPRESSED;
  readonly cid: number;
  lastFormat = FORMAT_IR;
  private readonly large: boolean;
  private readonly repetitions: number;
  private readonly refreshIr: number;
  /** IR packets that must still be sent. */
  private irLeft: number;
  private sinceIr = 0;
  /** Whether the decompressor has answered: refreshes may then stop (RFC 5795 section 5.4.3). */
  private acknowledged = false;

  constructor(options: UncompressedCompressorOptions) {
    this.cid = options.cid;
    this.large = options.large;
    this.repetitions = options.repetitions;
    this.refreshIr = options.refreshIr;
    this.irLeft = options.repetitions;
  }

  matches(_packet: Uint8Array, _chain: HeaderChain): boolean {
    return true;
  }

  compress(packet: Uint8Array, chain: HeaderChain, out: Uint8Array, at: number): number {
    const { start, end } = chain;
    if (start >= end) return UNCOMPRESSIBLE;
    const first = packet[start] as number;
    const refresh = !this.acknowledged && this.sinceIr >= this.refreshIr;
    // what looks like another packet type can only travel inside an IR
    const forced = first >= RESERVED;
    const length = cidLength(this.cid, this.large) + end - start;
    if (this.irLeft > 0 || refresh || forced) {
      if (at + length + 3 > out.length) return NO_ROOM;
      let place = writeAddCid(out, at, this.cid, this.large);
      out[place++] = IR;
      place = writeLargeCid(out, place, this.cid, this.large);
      out[place++] = PROFILE_UNCOMPRESSED;
      out[place] = crc8(out, at, place);
      copyOctets(packet, start, end, out, place + 1);
      if (refresh && this.irLeft === 0) this.irLeft = this.repetitions;
      if (this.irLeft > 0) this.irLeft--;
      this.sinceIr = 0;
      this.lastFormat = FORMAT_IR;
      return length + 3;
    }
    if (at + length > out.length) return NO_ROOM;
    let place = writeAddCid(out, at, this.cid, this.large);
    out[place++] = first;
    place = writeLargeCid(out, place, this.cid, this.large);
    copyOctets(packet, start + 1, end, out, place);
    this.sinceIr++;
    this.lastFormat = FORMAT_NORMAL;
    return length;
  }

  /**
   * An ACK ends the IR phase and the refreshes. A STATIC-NACK is not defined for this profile (`MALFORMED`), yet it can
   * only mean that the decompressor lost the context or never had it: IR packets follow again.
   */
  feedback(bytes: Uint8Array, from: number, to: number): number {
    const code = readFeedbackData(PROFILE_UNCOMPRESSED, bytes, from, from, to, record);
    if (code < 0) {
      if (to - from > 1) {
        this.irLeft = this.repetitions;
        this.acknowledged = false;
      }
      return code;
    }
    this.irLeft = 0;
    this.acknowledged = true;
    return 0;
  }
}

/**
 * Decompressor side. There is nothing to damage: a Normal packet is delivered once an IR packet came.
 */
export class UncompressedDecompressorContext implements DecompressorContext {
  readonly profile = PROFILE_UNCOMPRESSED;
  readonly cid: number;
  lastFormat = FORMAT_IR;
  /** There are no sequence numbers and nothing to repair. */
  readonly msn = 0;
  readonly repairs = 0;
  private readonly large: boolean;
  private established = false;

  constructor(options: { readonly cid: number; readonly large: boolean }) {
    this.cid = options.cid;
    this.large = options.large;
  }

  /** No context, or a full one. */
  get mode(): number {
    return this.established ? 2 : 0;
  }

  /** The compressor may leave its IR state once an IR packet has come. */
  get significant(): boolean {
    return this.lastFormat === FORMAT_IR;
  }

  /** Returns 0 for an IR packet without an IP packet: the context stands, nothing is delivered. */
  decompressIr(
    packet: Uint8Array,
    start: number,
    type: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    if (at >= end) return TRUNCATED;
    if (crc8(packet, start, at) !== packet[at]) return BAD_CRC;
    if (type !== IR) return MALFORMED;
    const length = end - at - 1;
    if (to + length > out.length) return NO_ROOM;
    copyOctets(packet, at + 1, end, out, to);
    this.established = true;
    this.lastFormat = FORMAT_IR;
    return length;
  }

  decompressCo(
    packet: Uint8Array,
    first: number,
    at: number,
    end: number,
    out: Uint8Array,
    to: number,
  ): number {
    if (!this.established) return NO_CONTEXT;
    if (first >= RESERVED) return MALFORMED;
    const length = end - at + 1;
    if (to + length > out.length) return NO_ROOM;
    out[to] = first;
    copyOctets(packet, at, end, out, to + 1);
    this.lastFormat = FORMAT_NORMAL;
    return length;
  }
}
