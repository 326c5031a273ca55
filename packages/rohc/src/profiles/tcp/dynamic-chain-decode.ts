/**
 * Reads the dynamic chain of IR and IR-DYN packets into a header template and a state row (RFC 6846 section 6.2).
 */
import { MALFORMED, TRUNCATED } from '../../internal/codes.js';
import { AH, DESTINATION, GRE, HOP_BY_HOP, IPV4, IPV6 } from '../../internal/header-chain.js';
import { u16, u32 } from '../../internal/octets.js';
import { RANDOM, ZERO } from './formats.js';
import { type HeaderTemplate } from './header-template.js';
import { decodeList } from './options-decode.js';
import { type TcpScratch } from './scratch.js';
import * as S from './state.js';

/** Reads the dynamic chain; ext header contents go to the template, the rest to the row `at` of `state`. */
export const decodeDynamicChain = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    sc.steps++;
    const o = t.offset[i] as number;
    const length = t.length[i] as number;
    switch (t.kind[i]) {
      case IPV4: {
        if (at + 3 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const first = b[at] as number;
        if ((first & 0xf8) !== 0) return MALFORMED;
        const behavior = first & 3;
        // only the innermost IP-ID can follow the MSN (RFC 6846 section 6.1.2)
        if (behavior < RANDOM && i !== t.innermost) return MALFORMED;
        state[q + S.IP_DF] = (first >>> 2) & 1;
        state[q + S.IP_BEHAVIOR] = behavior;
        state[q + S.IP_TOS] = b[at + 1] as number;
        state[q + S.IP_TTL] = b[at + 2] as number;
        at += 3;
        if (behavior === ZERO) {
          state[q + S.IP_ID] = 0;
        } else {
          if (at + 2 > end) return TRUNCATED;
          state[q + S.IP_ID] = u16(b, at);
          at += 2;
        }
        break;
      }
      case IPV6: {
        if (at + 2 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        state[q + S.IP_BEHAVIOR] = RANDOM;
        state[q + S.IP_TOS] = b[at] as number;
        state[q + S.IP_TTL] = b[at + 1] as number;
        at += 2;
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
        if (at + length - 2 > end) return TRUNCATED;
        t.bytes.set(b.subarray(at, at + length - 2), o + 2);
        at += length - 2;
        break;
      case AH:
        if (at + length - 6 > end) return TRUNCATED;
        t.bytes[o + 2] = b[at] as number;
        t.bytes[o + 3] = b[at + 1] as number;
        state[row + S.SEQUENCE + i] = u32(b, at + 2);
        sc.opaque[i] = at + 6;
        at += length - 6;
        break;
      case GRE: {
        const flags = t.bytes[o] as number;
        if ((flags & 0x80) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          sc.opaque[i] = at;
          at += 2;
        }
        if ((flags & 0x10) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at);
          at += 4;
        }
        break;
      }
      default:
        break;
    }
  }
  return decodeTcpDynamic(state, row, b, at, end, sc);
};

const decodeTcpDynamic = (
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
): number => {
  let at = from;
  if (at + 8 > end) return TRUNCATED;
  const first = b[at] as number;
  const second = b[at + 1] as number;
  state[row + S.ECN_USED] = first >>> 7;
  const strideFlag = (first & 0x40) !== 0;
  const ackZero = (first & 0x20) !== 0;
  const urgPtrZero = (first & 0x10) !== 0;
  state[row + S.RES_FLAGS] = first & 15;
  state[row + S.TCP_ECN] = second >>> 6;
  state[row + S.FLAGS] = second & 0x3f;
  state[row + S.MSN] = u16(b, at + 2);
  state[row + S.SEQ] = u32(b, at + 4);
  at += 8;
  if (at + (ackZero ? 4 : 8) + (urgPtrZero ? 0 : 2) + (strideFlag ? 2 : 0) > end) return TRUNCATED;
  if (ackZero) {
    state[row + S.ACK] = 0;
  } else {
    state[row + S.ACK] = u32(b, at);
    at += 4;
  }
  state[row + S.WINDOW] = u16(b, at);
  state[row + S.CHECKSUM] = u16(b, at + 2);
  at += 4;
  if (urgPtrZero) {
    state[row + S.URG_PTR] = 0;
  } else {
    state[row + S.URG_PTR] = u16(b, at);
    at += 2;
  }
  if (strideFlag) {
    state[row + S.ACK_STRIDE] = u16(b, at);
    at += 2;
  }
  return decodeList(state, row, b, at, end, sc, true);
};
