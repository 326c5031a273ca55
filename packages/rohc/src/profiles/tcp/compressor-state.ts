/**
 * What a ROHC-TCP compressor context remembers of its flow; the functions of the other files work on it.
 */
import type { HeaderChain } from '../../internal/header-chain.js';
import { createStrideWatch } from './ack-stride.js';
import { hasSequence, sequenceOf } from './chains-encode.js';
import { createIpIdWatch } from './ip-id.js';
import { createParsedOptions, type ParsedOptions } from './options-parse.js';
import { createPacketInWork, type PacketInWork } from './packet-in-work.js';
import { allFit32, createSentHeaders, SEQUENCES, type SentHeaders } from './sent-headers.js';
import { SentItems } from './sent-items.js';

/** What all ROHC-TCP compressor contexts of a channel share while one packet is in work. */
export interface TcpCompressorScratch {
  readonly packet: PacketInWork;
  readonly options: ParsedOptions;
}

export const createTcpCompressorScratch = (): TcpCompressorScratch => ({
  packet: createPacketInWork(),
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

export class TcpCompressorState {
  readonly cid: number;
  readonly parameters: TcpCompressorParameters;
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
  signature = 0;
  headers: Uint8Array = new Uint8Array(0);
  headersLength = 0;
  /** IP-ID behaviour of each IP header. */
  behaviors: Uint8Array = new Uint8Array(0);
  readonly watch = createIpIdWatch();
  readonly strides = createStrideWatch();
  sent: SentHeaders = createSentHeaders(1, 0);
  /** Columns of AH and GRE sequence numbers. */
  sequences = 0;
  readonly items = new SentItems();
  /** IR, and IR or IR-DYN, packets sent since the decompressor's context was last in doubt, and the first one's MSN. */
  irSent = 0;
  irMsn = 0;
  dynamicSent = 0;
  dynamicMsn = 0;
  sinceIr = 0;
  sinceFo = 0;
  feedbackSeen = false;
  ecnUsed = 0;
  ecnQuiet = 0;
  outerTtlVersion = 0;
  outerTosVersion = 0;
  /** The flow's first packets go out as IR-CR, replicated from this context, where the headers allow (RFC 4164). */
  base: TcpCompressorState | undefined = undefined;

  constructor(parameters: TcpCompressorParameters) {
    this.cid = parameters.cid;
    this.parameters = parameters;
    this.msn = (parameters.msn - 1) & 0xffff;
  }

  /** Whether the decompressor surely holds this context's static part. */
  get established(): boolean {
    return this.irSent >= this.parameters.repetitions;
  }
}

/** Whether the longer form reaches the sequence numbers of all AH and GRE headers. */
export const sequencesFit = (
  s: TcpCompressorState,
  b: Uint8Array,
  chain: HeaderChain,
  depth: number,
): boolean => {
  let column = SEQUENCES;
  for (let i = 0; i < chain.count; i++) {
    if (!hasSequence(b, chain, i)) continue;
    if (!allFit32(s.sent, column++, depth, sequenceOf(b, chain, i), 31, 256)) return false;
  }
  return true;
};

/** Writes the sequence numbers of AH and GRE headers to `row`, and returns which columns are not as in row `last`. */
export const fillSequences = (
  s: TcpCompressorState,
  b: Uint8Array,
  chain: HeaderChain,
  row: number,
  last: number,
): number => {
  const { rows } = s.sent;
  let column = SEQUENCES;
  let changed = 0;
  for (let i = 0; i < chain.count; i++) {
    if (!hasSequence(b, chain, i)) continue;
    const sequence = sequenceOf(b, chain, i);
    if (rows[last + column] !== sequence) changed |= 1 << column;
    rows[row + column++] = sequence;
  }
  return changed;
};
