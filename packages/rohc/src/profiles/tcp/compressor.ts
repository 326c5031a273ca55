/**
 * The compressor's side of one ROHC-TCP flow: what the decompressor surely knows, which format says the rest in the
 * fewest octets, and when to refresh (RFC 6846 section 5.2).
 */
import { NO_ROOM, NOT_ELIGIBLE, UNCOMPRESSIBLE } from '../../internal/codes.js';
import { type HeaderChain, tcpChecksum } from '../../internal/header-chain.js';
import { u16 } from '../../internal/octets.js';
import type { CompressorContext } from '../../internal/profile.js';
import { chooseCo } from './choose-co.js';
import { takeFeedback } from './compressor-feedback.js';
import {
  adoptFlow,
  restoreCompressor,
  saveCompressor,
  type TcpCompressorSnapshot,
} from './compressor-hooks.js';
import { sequencesFit, TcpCompressorState } from './compressor-state.js';
import { beginFlow, followOuter, matchesFlow, rememberHeaders } from './flow-headers.js';
import { IR, IR_CR, IR_DYN } from './formats.js';
import { needsDynamic } from './header-compare.js';
import { parseOptions } from './options-parse.js';
import type { PacketInWork } from './packet-in-work.js';
import { readFields } from './read-fields.js';
import { canReplicate } from './replication.js';
import * as R from './sent-headers.js';
import { RSF_INDEX } from './tcp-item-encode.js';
import { writeCo } from './write-co.js';
import { writeIr } from './write-ir.js';

export { createTcpCompressorScratch } from './compressor-state.js';
export type { TcpCompressorSnapshot } from './compressor-hooks.js';

/** Octets that a compressed packet may be longer than the original: chains with every optional field, and the CID. */
export const EXPANSION_MAX = 128;
/** References that the four bits of the MSN can tell apart (p = 4): deeper windows gain nothing from more. */
const MSN_DEPTH_MAX = 11;

export class TcpCompressorContext extends TcpCompressorState implements CompressorContext {
  readonly profile = 0x0006;
  lastFormat = IR;

  /** Has the flow's first packets go out as IR-CR, replicated from `base` where the headers allow (RFC 4164). */
  replicate(base: TcpCompressorContext): void {
    this.base = base;
  }

  matches(b: Uint8Array, chain: HeaderChain): boolean {
    return matchesFlow(this, b, chain);
  }

  compress(b: Uint8Array, chain: HeaderChain, out: Uint8Array, to: number): number {
    const { parameters, items } = this;
    const { options, packet } = parameters.scratch;
    if (to + (chain.end - chain.start) + EXPANSION_MAX > out.length) return NO_ROOM;
    if (!parseOptions(b, chain.inner + 20, chain.payload, items.generic, options)) {
      return UNCOMPRESSIBLE;
    }
    const fresh = this.headersLength === 0;
    // refusals come before anything changes
    if (parameters.elideChecksum && (fresh || !elidable(this, b, chain))) return NOT_ELIGIBLE;
    if (fresh) beginFlow(this, b, chain);
    else if (chain.count > 1) {
      // what may only change by IR-DYN: outer DF and IP-ID behaviour, extension headers' contents, AH's reserved bits
      if (needsDynamic(this.headers, this.behaviors, b, chain)) this.dynamicSent = 0;
      followOuter(this, b, chain);
    }
    readFields(this, packet, b, chain, options, fresh);
    const { sent } = this;

    let format = setUpFormat(this, packet, b, chain);
    let written: number;
    if (format >= 0) {
      written = writeIr(this, packet, format, b, chain, out, to);
    } else {
      packet.present = items.present(b, options, sent, packet.depthW, parameters.repetitions);
      chooseCo(this, packet);
      written = writeCo(this, packet, b, chain, out, to);
      format = packet.base.format;
    }
    R.pushRow(sent, packet.row);
    if (chain.count > 1) rememberHeaders(this, b, chain);
    this.msn = packet.base.msn;
    this.lastFormat = format;
    return written;
  }

  feedback(bytes: Uint8Array, from: number, to: number): number {
    return takeFeedback(this, bytes, from, to);
  }

  /** Makes the context from a packet that both ends have seen uncompressed: see {@link adoptFlow}. */
  adopt(b: Uint8Array, chain: HeaderChain, msn: number): number {
    return adoptFlow(this, b, chain, msn);
  }

  save(): TcpCompressorSnapshot {
    return saveCompressor(this);
  }

  restore(snapshot: TcpCompressorSnapshot): void {
    restoreCompressor(this, snapshot);
  }
}

/** Whether a refresh is due after so many packets without one; an interval of 0 is none. */
const due = (since: number, interval: number): boolean => interval > 0 && since >= interval;

/**
 * IR, IR-CR or IR-DYN where the decompressor's context is not sure, by refresh, or where nothing else can say it; else
 * a negative number.
 */
const setUpFormat = (
  s: TcpCompressorState,
  p: PacketInWork,
  b: Uint8Array,
  chain: HeaderChain,
): number => {
  const { parameters, sent } = s;
  const { repetitions } = parameters;
  const { base, depthW } = p;
  let format = -1;
  // feedback tells of what is missing, but not of a wrong context whose CRCs happen to fit: IR-DYN goes on with it
  const refreshing = !parameters.elideChecksum;
  const irDue = refreshing && !s.feedbackSeen && due(s.sinceIr, parameters.refreshIr);
  if (s.irSent < repetitions) format = canReplicate(s, b, chain) ? IR_CR : IR;
  else if (irDue) format = IR;
  else if (s.dynamicSent < repetitions || base.rsf < 0 || sent.count === 0) format = IR_DYN;
  else if (refreshing && due(s.sinceFo, parameters.refreshFo)) format = IR_DYN;
  else if (s.sequences > 0 && !sequencesFit(s, b, chain, depthW)) format = IR_DYN;
  // the four bits of the MSN must tell this packet from the references: only a caller's own MSN can break that
  else if (s.msnSet && !msnFits(s, depthW, base.msn)) format = IR_DYN;
  // until an acknowledgement came, a decompressor that missed the flow's start would take an IR-DYN for the flow before
  return format === IR_DYN && parameters.successor && s.irSent < 255 ? IR : format;
};

const msnFits = (s: TcpCompressorState, depthW: number, msn: number): boolean =>
  R.allFit16(s.sent, R.MSN, Math.min(depthW, MSN_DEPTH_MAX), msn, 4, 4);

/** Whether the packet can go out as a CO packet without its TCP checksum: a pure acknowledgement, the sum right. */
const elidable = (s: TcpCompressorState, b: Uint8Array, chain: HeaderChain): boolean => {
  const { repetitions, window } = s.parameters;
  const { sent } = s;
  const tcp = chain.inner;
  if (chain.payloadLength !== 0 || sent.count === 0) return false;
  if (s.irSent < repetitions || s.dynamicSent < repetitions) return false;
  if ((RSF_INDEX[(b[tcp + 13] as number) & 7] as number) < 0) return false;
  const depthW = Math.min(sent.count, window);
  if (!msnFits(s, depthW, (s.msn + 1) & 0xffff)) return false;
  if (chain.count > 1 && needsDynamic(s.headers, s.behaviors, b, chain)) return false;
  if (s.sequences > 0 && !sequencesFit(s, b, chain, depthW)) return false;
  const ip = chain.offset[chain.innermost] as number;
  return tcpChecksum(b, ip, tcp, chain.end) === u16(b, tcp + 16);
};
