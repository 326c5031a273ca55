/**
 * What a ROHC-TCP decompressor context remembers of its flow: the reference rows, the static part, and signs of damage.
 */
import { copyOctets } from '../../internal/copy.js';
import {
  type DamageRule,
  FULL_CONTEXT_STATE,
  isDamaged,
  NO_CONTEXT_STATE,
  STATIC_CONTEXT_STATE,
  withFailure,
} from '../../internal/damage.js';
import { IR, IR_DYN } from './formats.js';
import { createHeaderTemplate, type HeaderTemplate } from './header-template.js';
import type { TcpScratch } from './scratch.js';
import * as S from './state.js';

/** Reasons to doubt the static part that make it count as damaged. */
const STATIC_FAILURES_MAX = 3;

/** What a decompressor context is told at its creation. */
export interface TcpDecompressorParameters {
  readonly cid: number;
  readonly large: boolean;
  readonly scratch: TcpScratch;
  readonly damage: DamageRule;
  readonly repair: boolean;
  /** Finds the base context of an IR-CR packet among the channel's ROHC-TCP contexts. */
  readonly base: (cid: number) => TcpDecompressorState | undefined;
  /** Whether pure acknowledgements come without their TCP checksum (not RFC 6846; see `createDecompressor`). */
  readonly elideChecksum: boolean;
}

const ROW = S.STATE_WORDS;

export class TcpDecompressorState {
  readonly cid: number;
  readonly parameters: TcpDecompressorParameters;
  lastFormat = IR;
  mode = NO_CONTEXT_STATE;
  /** Packets decoded after a repair since creation. */
  repairs = 0;
  /** Three rows that take turns: the reference, the one before it, and the packet in work. */
  readonly state = new Uint32Array(3 * ROW);
  current = 0;
  previous = ROW;
  next = 2 * ROW;
  hasPrevious = false;
  template: HeaderTemplate = createHeaderTemplate();
  /** Whether a snapshot holds the template too: it is replaced then, not changed. */
  templateShared = false;
  generic: Uint8Array | undefined = undefined;
  /** One bit a packet, the newest lowest: 1 for a failure. */
  failures = 0;
  /** Reasons to doubt the static part since the last IR, or the last CO packet that came out right. */
  staticFailures = 0;
  /** Whether an IR-DYN came since the last CO packet that came out right. */
  refreshed = false;
  /** Whether the last refresh seemed to come late, and no CO packet with more than a CRC-3 came right since. */
  overtaken = false;

  constructor(parameters: TcpDecompressorParameters) {
    this.cid = parameters.cid;
    this.parameters = parameters;
  }

  /** MSN of the last packet decoded, 16 bits. */
  get msn(): number {
    return this.state[this.current + S.MSN] as number;
  }
}

/** Derives the scaled values and residues of the row in work (RFC 6846, `field_scaling`). */
export const setScaled = (s: TcpDecompressorState, payload: number): void => {
  const { state, next } = s;
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
};

/** Takes over the row in work as the reference and copies the payload. */
export const takeOver = (
  s: TcpDecompressorState,
  format: number,
  packet: Uint8Array,
  at: number,
  end: number,
  out: Uint8Array,
  to: number,
): void => {
  const sc = s.parameters.scratch;
  copyOctets(packet, at, end, out, to);
  if (sc.genericTouched) {
    if (s.generic === undefined) s.generic = new Uint8Array(S.GENERIC_TABLE_OCTETS);
    s.generic.set(sc.generic);
  }
  const spare = s.previous;
  s.previous = s.current;
  s.current = s.next;
  s.next = spare;
  s.hasPrevious = s.mode === FULL_CONTEXT_STATE && format > IR_DYN;
  s.mode = FULL_CONTEXT_STATE;
  s.lastFormat = format;
};

/**
 * Counts a failure and lowers the state where the damage rule says so (RFC 6846 section 5.3.1.2). `refresh` is for a
 * failed IR, IR-CR or IR-DYN.
 *
 * A CO packet that fails in the SC state speaks against the dynamic part alone, which is in doubt already; the static
 * part falls when refreshes fail, or when the context is damaged again right after them.
 */
export const countFailure = (s: TcpDecompressorState, refresh: boolean): void => {
  const { k, n } = s.parameters.damage;
  s.failures = withFailure(s.failures, n);
  if (s.mode === FULL_CONTEXT_STATE) {
    if (!isDamaged(s.failures, k)) return;
    s.mode = STATIC_CONTEXT_STATE;
    s.failures = 0;
    if (s.refreshed) s.staticFailures++;
  } else if (s.mode === STATIC_CONTEXT_STATE && refresh) {
    s.staticFailures++;
  }
  if (s.staticFailures >= STATIC_FAILURES_MAX) {
    s.mode = NO_CONTEXT_STATE;
    s.staticFailures = 0;
  }
};
