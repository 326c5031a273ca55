/**
 * Reads what follows co_common's fixed part: the fields that its indicators announce (RFC 6846 section 8.2).
 */
import { MALFORMED, TRUNCATED } from '../../internal/codes.js';
import type { TcpDecompressorState } from './decompressor-state.js';
import { RANDOM, SEQUENTIAL_SWAPPED } from './formats.js';
import * as S from './state.js';

const INDICATED_OCTETS = /* @__PURE__ */ Uint8Array.of(0, 1, 2, 4);

const readBits = (b: Uint8Array, at: number, octets: number): number => {
  let value = 0;
  for (let i = 0; i < octets; i++) value = (value << 8) | (b[at + i] as number);
  return value;
};

/** Reads what follows co_common's fixed part, but for the list; results go to the base record and the row in work. */
export const readCommon = (
  s: TcpDecompressorState,
  packet: Uint8Array,
  from: number,
  end: number,
  v4: boolean,
): number => {
  const base = s.parameters.scratch.base;
  const { state, next, template: t } = s;
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
};
