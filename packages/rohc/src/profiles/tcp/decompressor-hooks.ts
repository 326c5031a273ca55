/**
 * Decompressor contexts without an IR, and roll-backs: for protocols that can't be sure what the peer has sent.
 */
import { NOT_ELIGIBLE } from '../../internal/codes.js';
import { FULL_CONTEXT_STATE } from '../../internal/damage.js';
import { type HeaderChain, IPV4 } from '../../internal/header-chain.js';
import { u16, u32 } from '../../internal/octets.js';
import { setScaled, type TcpDecompressorState } from './decompressor-state.js';
import { setIpIdOffset } from './header-build.js';
import { createHeaderTemplate, type HeaderTemplate } from './header-template.js';
import { itemsOf, templateOf } from './implicit.js';
import { type ParsedOptions, parseOptions } from './options-parse.js';
import { NO_GENERIC } from './sent-items.js';
import * as S from './state.js';

const ROW = S.STATE_WORDS;

/**
 * Takes s packet, which both ends have seen uncompressed, for the context's reference, as the compressor's
 * `adopt` does.
 */
export const adoptReference = (
  s: TcpDecompressorState,
  b: Uint8Array,
  chain: HeaderChain,
  options: ParsedOptions,
  msn: number,
): number => {
  const tcp = chain.inner;
  if (!chain.tcp || !parseOptions(b, tcp + 20, chain.payload, NO_GENERIC, options)) {
    return NOT_ELIGIBLE;
  }
  const { state, next } = s;
  if (s.templateShared) {
    s.template = createHeaderTemplate();
    s.templateShared = false;
  }
  const t = s.template;
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
  s.generic = itemsOf(b, options, state, next);
  if (t.kind[t.innermost] === IPV4) setIpIdOffset(state, next, t.ipCount - 1);
  setScaled(s, chain.payloadLength);
  const spare = s.current;
  s.current = next;
  s.next = spare;
  s.hasPrevious = false;
  s.mode = FULL_CONTEXT_STATE;
  s.failures = 0;
  s.staticFailures = 0;
  s.overtaken = false;
  return 0;
};

/** A roll-back point: everything that a CO packet can change, in a size that does not depend on the flow's past. */
export interface TcpDecompressorSnapshot {
  readonly owner: TcpDecompressorState;
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

/** Copies everything that decoding a packet changes. */
export const saveDecompressor = (s: TcpDecompressorState): TcpDecompressorSnapshot => {
  s.templateShared = true;
  return {
    owner: s,
    rows: Uint32Array.from([
      ...s.state.subarray(s.current, s.current + ROW),
      ...s.state.subarray(s.previous, s.previous + ROW),
    ]),
    hasPrevious: s.hasPrevious,
    generic: s.generic?.slice(),
    template: s.template,
    mode: s.mode,
    failures: s.failures,
    staticFailures: s.staticFailures,
    refreshed: s.refreshed,
    overtaken: s.overtaken,
  };
};

/** Goes back to a snapshot of this context; the snapshot stays good for another time. */
export const restoreDecompressor = (
  s: TcpDecompressorState,
  from: TcpDecompressorSnapshot,
): void => {
  s.state.set(from.rows.subarray(0, ROW), s.current);
  s.state.set(from.rows.subarray(ROW), s.previous);
  s.hasPrevious = from.hasPrevious;
  s.generic = from.generic?.slice();
  s.template = from.template;
  s.templateShared = true;
  s.mode = from.mode;
  s.failures = from.failures;
  s.staticFailures = from.staticFailures;
  s.refreshed = from.refreshed;
  s.overtaken = from.overtaken;
};
