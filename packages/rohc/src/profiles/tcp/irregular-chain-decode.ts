/**
 * Reads the irregular chain of CO packets in front of the TCP options (RFC 6846 section 6.2).
 */
import { TRUNCATED } from '../../internal/codes.js';
import { AH, GRE, IPV4, IPV6 } from '../../internal/header-chain.js';
import { u16, u32 } from '../../internal/octets.js';
import { lsbDecode32 } from '../../wlsb.js';
import { RANDOM } from './formats.js';
import { type HeaderTemplate } from './header-template.js';
import { type TcpScratch } from './scratch.js';
import * as S from './state.js';

/** Reads `lsb_7_or_31` against `reference`; the value goes to `state[word]`. */
const decodeLsb7or31 = (
  state: Uint32Array,
  word: number,
  b: Uint8Array,
  at: number,
  end: number,
): number => {
  if (at >= end) return TRUNCATED;
  const first = b[at] as number;
  const reference = state[word] as number;
  if (first < 0x80) {
    state[word] = lsbDecode32(reference, first, 7, 8);
    return at + 1;
  }
  if (at + 4 > end) return TRUNCATED;
  state[word] = lsbDecode32(reference, u32(b, at) & 0x7fffffff, 31, 256);
  return at + 4;
};

/** Reads the irregular chain in front of the TCP options: IP headers, extension headers and TCP itself. */
export const decodeIrregularChain = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  sc: TcpScratch,
  elided: boolean,
): number => {
  let at = from;
  const ecnUsed = state[row + S.ECN_USED] === 1;
  const outerTtl = sc.base.outerTtl === 1;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    sc.steps++;
    const kind = t.kind[i] as number;
    if (kind === IPV4 || kind === IPV6) {
      const q = row + S.IP + ip++ * S.IP_WORDS;
      if (kind === IPV4 && state[q + S.IP_BEHAVIOR] === RANDOM) {
        if (at + 2 > end) return TRUNCATED;
        state[q + S.IP_ID] = u16(b, at);
        at += 2;
      }
      if (i !== t.innermost) {
        if (at + (ecnUsed ? 1 : 0) + (outerTtl ? 1 : 0) > end) return TRUNCATED;
        if (ecnUsed) state[q + S.IP_TOS] = b[at++] as number;
        if (outerTtl) state[q + S.IP_TTL] = b[at++] as number;
      }
    } else if (kind === AH) {
      at = decodeLsb7or31(state, row + S.SEQUENCE + i, b, at, end);
      if (at < 0) return at;
      const icv = (t.length[i] as number) - 12;
      if (at + icv > end) return TRUNCATED;
      sc.opaque[i] = at;
      at += icv;
    } else if (kind === GRE) {
      const flags = t.bytes[t.offset[i] as number] as number;
      if ((flags & 0x80) !== 0) {
        if (at + 2 > end) return TRUNCATED;
        sc.opaque[i] = at;
        at += 2;
      }
      if ((flags & 0x10) !== 0) {
        at = decodeLsb7or31(state, row + S.SEQUENCE + i, b, at, end);
        if (at < 0) return at;
      }
    }
  }
  if (ecnUsed) {
    if (at >= end) return TRUNCATED;
    const octet = b[at++] as number;
    const q = row + S.IP + (t.ipCount - 1) * S.IP_WORDS + S.IP_TOS;
    state[q] = ((state[q] as number) & 0xfc) | (octet >>> 6);
    state[row + S.RES_FLAGS] = (octet >>> 2) & 15;
    state[row + S.TCP_ECN] = octet & 3;
  }
  if (elided) return at;
  if (at + 2 > end) return TRUNCATED;
  state[row + S.CHECKSUM] = u16(b, at);
  return at + 2;
};
