/**
 * Reads the replicate chain of an IR-CR packet: the template and the row hold the base context and become the new one
 * (RFC 6846 section 6.2, RFC 4164).
 */
import { MALFORMED, TRUNCATED } from '../../internal/codes.js';
import {
  AH,
  DESTINATION,
  GRE,
  HOP_BY_HOP,
  IPV4,
  IPV6,
  ROUTING,
} from '../../internal/header-chain.js';
import { u16, u32 } from '../../internal/octets.js';
import { lsbDecode32 } from '../../wlsb.js';
import { RANDOM, ZERO } from './formats.js';
import { type HeaderTemplate } from './header-template.js';
import { decodeList } from './options-decode.js';
import { type TcpScratch } from './scratch.js';
import { extensionOctets } from './static-chain-decode.js';
import * as S from './state.js';

/**
 * Reads the replicate chain of an IR-CR packet: the row and the template hold the base context and become the new one.
 */
export const decodeReplicateChain = (
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
    if (at >= end) return TRUNCATED;
    const o = t.offset[i] as number;
    const length = t.length[i] as number;
    const first = b[at] as number;
    switch (t.kind[i]) {
      case IPV4: {
        if (at + 2 > end) return TRUNCATED;
        if ((first & 0xf0) !== 0) return MALFORMED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const behavior = (first >>> 2) & 3;
        if (behavior < RANDOM && i !== t.innermost) return MALFORMED;
        const ttlFlag = (first & 2) !== 0;
        state[q + S.IP_BEHAVIOR] = behavior;
        state[q + S.IP_DF] = first & 1;
        state[q + S.IP_TOS] = b[at + 1] as number;
        at += 2;
        if (at + (behavior === ZERO ? 0 : 2) + (ttlFlag ? 1 : 0) > end) return TRUNCATED;
        if (behavior === ZERO) {
          state[q + S.IP_ID] = 0;
        } else {
          state[q + S.IP_ID] = u16(b, at);
          at += 2;
        }
        if (ttlFlag) state[q + S.IP_TTL] = b[at++] as number;
        break;
      }
      case IPV6: {
        if (at + 2 > end) return TRUNCATED;
        const q = row + S.IP + ip++ * S.IP_WORDS;
        state[q + S.IP_TOS] = first;
        const label = b[at + 1] as number;
        if ((label & 0xe0) !== 0) return MALFORMED;
        at += 2;
        if ((label & 0x10) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          t.bytes[o + 1] = label & 15;
          t.bytes[o + 2] = b[at] as number;
          t.bytes[o + 3] = b[at + 1] as number;
          at += 2;
        } else {
          if ((label & 15) !== 0) return MALFORMED;
          t.bytes.fill(0, o + 1, o + 4);
        }
        break;
      }
      case HOP_BY_HOP:
      case DESTINATION:
      case ROUTING:
        if (first === 0x80) {
          if (at + 2 > end) return TRUNCATED;
          // a new length would move every header behind it; RFC 6846 allows it, this decompressor does not
          if (extensionOctets(b[at + 1] as number) !== length) return MALFORMED;
          if (at + length > end) return TRUNCATED;
          t.bytes.set(b.subarray(at + 2, at + length), o + 2);
          at += length;
        } else if (first === 0) {
          at++;
        } else {
          return MALFORMED;
        }
        break;
      case AH:
        if (first === 0x80) {
          if (at + 2 > end) return TRUNCATED;
          if (((b[at + 1] as number) + 2) * 4 !== length) return MALFORMED;
          if (at + length > end) return TRUNCATED;
          t.bytes.set(b.subarray(at + 2, at + 8), o + 2);
          state[row + S.SEQUENCE + i] = u32(b, at + 8);
          sc.opaque[i] = at + 12;
          at += length;
        } else if (first === 0) {
          if (at + length - 7 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at + 1);
          sc.opaque[i] = at + 5;
          at += length - 7;
        } else {
          return MALFORMED;
        }
        break;
      case GRE: {
        const flags = t.bytes[o] as number;
        at++;
        if ((first & 0xf8) === 0x80) {
          const sent =
            ((first & 4) !== 0 ? 0x80 : 0) |
            ((first & 2) !== 0 ? 0x20 : 0) |
            ((first & 1) !== 0 ? 0x10 : 0);
          if (sent !== flags) return MALFORMED;
        } else if (first !== 0) {
          return MALFORMED;
        }
        if ((flags & 0x80) !== 0) {
          if (at + 2 > end) return TRUNCATED;
          sc.opaque[i] = at;
          at += 2;
        }
        if (first !== 0 && (flags & 0x20) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          t.bytes.set(b.subarray(at, at + 4), o + ((flags & 0x80) !== 0 ? 8 : 4));
          at += 4;
        }
        if ((flags & 0x10) !== 0) {
          if (at + 4 > end) return TRUNCATED;
          state[row + S.SEQUENCE + i] = u32(b, at);
          at += 4;
        }
        break;
      }
      default: {
        // MINE
        at++;
        if (first === 0x80) {
          if (at >= end) return TRUNCATED;
          if (((b[at] as number) >= 0x80 ? 12 : 8) !== length) return MALFORMED;
          if (at + length - 3 > end) return TRUNCATED;
          t.bytes[o + 1] = b[at] as number;
          t.bytes.set(b.subarray(at + 1, at + length - 3), o + 4);
          at += length - 3;
        } else if (first !== 0) {
          return MALFORMED;
        }
        break;
      }
    }
  }
  return decodeTcpReplicate(t, state, row, b, at, end, sc);
};

const RSF = /* @__PURE__ */ Uint8Array.of(0, 4, 2, 1);

/** TCP's RST, SYN and FIN bits behind the two-bit index (RFC 6846, `rsf_index_enc`). */
export const rsfOf = (index: number): number => RSF[index] as number;

const decodePort = (presence: number, port: number, b: Uint8Array, at: number): number =>
  presence === 0
    ? port
    : presence === 1
      ? lsbDecode32(port, b[at] as number, 8, 64) & 0xffff
      : u16(b, at);

const decodeTcpReplicate = (
  t: HeaderTemplate,
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
  if (first >= 0x80) return MALFORMED;
  const windowPresent = (first >>> 6) & 1;
  const listPresent = (first & 0x20) !== 0;
  const source = (first >>> 3) & 3;
  const destination = (first >>> 1) & 3;
  const strideFlag = first & 1;
  const ackPresent = second >>> 7;
  const urgPtrPresent = (second >>> 6) & 1;
  const ecnUsed = second & 1;
  if (source === 3 || destination === 3) return MALFORMED;
  state[row + S.FLAGS] =
    (((second >>> 5) & 1) << 5) |
    (((second >>> 4) & 1) << 4) |
    (((second >>> 3) & 1) << 3) |
    rsfOf((second >>> 1) & 3);
  state[row + S.ECN_USED] = ecnUsed;
  state[row + S.MSN] = u16(b, at + 2);
  state[row + S.SEQ] = u32(b, at + 4);
  at += 8;
  const rest =
    source +
    destination +
    (windowPresent + urgPtrPresent) * 2 +
    ackPresent * 4 +
    ecnUsed +
    2 +
    strideFlag * 2;
  if (at + rest > end) return TRUNCATED;
  t.sourcePort = decodePort(source, t.sourcePort, b, at);
  at += source;
  t.destinationPort = decodePort(destination, t.destinationPort, b, at);
  at += destination;
  if (windowPresent === 1) {
    state[row + S.WINDOW] = u16(b, at);
    at += 2;
  }
  if (urgPtrPresent === 1) {
    state[row + S.URG_PTR] = u16(b, at);
    at += 2;
  }
  if (ackPresent === 1) {
    state[row + S.ACK] = u32(b, at);
    at += 4;
  }
  if (ecnUsed === 1) {
    const octet = b[at] as number;
    if (octet >= 0x40) return MALFORMED;
    state[row + S.RES_FLAGS] = octet >>> 2;
    state[row + S.TCP_ECN] = octet & 3;
    at++;
  }
  state[row + S.CHECKSUM] = u16(b, at);
  at += 2;
  if (strideFlag === 1) {
    state[row + S.ACK_STRIDE] = u16(b, at);
    at += 2;
  }
  sc.present = 0;
  return listPresent ? decodeList(state, row, b, at, end, sc, false) : at;
};
