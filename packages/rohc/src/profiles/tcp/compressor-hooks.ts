/**
 * Compressor contexts without an IR, and roll-backs: for protocols that can't be sure what the peer has seen.
 */
import { NOT_ELIGIBLE } from '../../internal/codes.js';
import { type HeaderChain, IPV4 } from '../../internal/header-chain.js';
import { u16, u32 } from '../../internal/octets.js';
import type { StrideWatch } from './ack-stride.js';
import { fillSequences, type TcpCompressorState } from './compressor-state.js';
import { beginFlow } from './flow-headers.js';
import { RANDOM } from './formats.js';
import type { IpIdWatch } from './ip-id.js';
import { parseOptions } from './options-parse.js';
import * as R from './sent-headers.js';
import { NO_GENERIC, type SentItems } from './sent-items.js';

/**
 * Takes this packet, which both ends have seen uncompressed, for the context's reference: no IR follows. What a
 * decompressor would learn from an IR is settled by rule: see `impliedBehavior`.
 */
export const adoptFlow = (
  s: TcpCompressorState,
  b: Uint8Array,
  chain: HeaderChain,
  msn: number,
): number => {
  const { options } = s.parameters.scratch;
  const tcp = chain.inner;
  if (!chain.tcp || !parseOptions(b, tcp + 20, chain.payload, NO_GENERIC, options)) {
    return NOT_ELIGIBLE;
  }
  s.ecnUsed = 0;
  s.strides.stride = 0;
  s.strides.divisor = 0;
  s.strides.seen = 0;
  s.base = undefined;
  beginFlow(s, b, chain);
  s.items.adopt(b, options);
  const ip = chain.offset[chain.innermost] as number;
  const v4 = chain.kind[chain.innermost] === IPV4;
  const tos = v4
    ? (b[ip + 1] as number)
    : (((b[ip] as number) & 15) << 4) | ((b[ip + 1] as number) >>> 4);
  const flags = b[tcp + 13] as number;
  const ecnBits = (((b[tcp + 12] as number) & 15) << 4) | ((flags >>> 6) << 2) | (tos & 3);
  const behavior = v4 ? s.watch.behavior : RANDOM;
  s.behaviors[chain.ipCount - 1] = behavior;
  const row = R.rowInWork(s.sent);
  const { rows } = s.sent;
  const seq = u32(b, tcp + 4);
  const payload = chain.payloadLength;
  rows[row + R.MSN] = msn;
  rows[row + R.SEQ] = seq;
  rows[row + R.ACK] = u32(b, tcp + 8);
  rows[row + R.WINDOW] = u16(b, tcp + 14);
  rows[row + R.IP_ID_OFFSET] = v4 ? (u16(b, ip + 4) - msn) & 0xffff : 0;
  rows[row + R.TS_VALUE] = s.items.tsValue;
  rows[row + R.TS_ECHO] = s.items.tsEcho;
  rows[row + R.ACK_RESIDUE] = u32(b, tcp + 8);
  rows[row + R.PAYLOAD] = payload;
  rows[row + R.SEQ_SCALED] = payload === 0 ? 0 : Math.floor(seq / payload);
  rows[row + R.SEQ_RESIDUE] = payload === 0 ? seq : seq % payload;
  rows[row + R.RARE] =
    (b[ip + (v4 ? 8 : 7)] as number) |
    ((tos >>> 2) << 8) |
    ((v4 ? ((b[ip + 6] as number) >>> 6) & 1 : 0) << 14) |
    (behavior << 15) |
    (ecnBits << 18) |
    (options.count << 26);
  rows[row + R.LIST_LOW] = options.low;
  rows[row + R.LIST_HIGH] = options.high;
  rows[row + R.STRIDE_URGENT] = u16(b, tcp + 18);
  fillSequences(s, b, chain, row, row);
  R.pushRow(s.sent, row);
  s.irSent = 255;
  s.dynamicSent = 255;
  s.sinceIr = 0;
  s.sinceFo = 0;
  s.msn = msn;
  return 0;
};

/** A roll-back point of a compressor context. */
export interface TcpCompressorSnapshot {
  readonly owner: TcpCompressorState;
  readonly sent: R.SentHeaders;
  readonly headers: Uint8Array;
  readonly signature: number;
  readonly behaviors: Uint8Array;
  readonly watch: IpIdWatch;
  readonly strides: StrideWatch;
  readonly numbers: Uint32Array;
  readonly items: SentItems;
}

/** Copies everything that sending a packet changes; the cost depends on the window's width alone. */
export const saveCompressor = (s: TcpCompressorState): TcpCompressorSnapshot => ({
  owner: s,
  sent: R.copySentHeaders(s.sent),
  headers: s.headers.slice(0, s.headersLength),
  signature: s.signature,
  behaviors: s.behaviors.slice(),
  watch: { ...s.watch },
  strides: { ...s.strides },
  numbers: Uint32Array.of(
    s.sequences,
    s.irSent,
    s.irMsn,
    s.dynamicSent,
    s.dynamicMsn,
    s.sinceIr,
    s.sinceFo,
    s.ecnUsed,
    s.ecnQuiet,
    s.outerTtlVersion,
    s.outerTosVersion,
    s.msn,
  ),
  items: s.items.copy(),
});

/** Goes back to a snapshot of this context; the snapshot stays good for another time. */
export const restoreCompressor = (s: TcpCompressorState, from: TcpCompressorSnapshot): void => {
  s.sent = R.copySentHeaders(from.sent);
  s.headers = from.headers.slice();
  s.headersLength = from.headers.length;
  s.signature = from.signature;
  s.behaviors = from.behaviors.slice();
  Object.assign(s.watch, from.watch);
  Object.assign(s.strides, from.strides);
  const n = (i: number): number => from.numbers[i] as number;
  s.sequences = n(0);
  s.irSent = n(1);
  s.irMsn = n(2);
  s.dynamicSent = n(3);
  s.dynamicMsn = n(4);
  s.sinceIr = n(5);
  s.sinceFo = n(6);
  s.ecnUsed = n(7);
  s.ecnQuiet = n(8);
  s.outerTtlVersion = n(9);
  s.outerTosVersion = n(10);
  s.msn = n(11);
  s.items.take(from.items);
};
