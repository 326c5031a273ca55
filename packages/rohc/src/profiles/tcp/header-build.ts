/**
 * Rebuilds the octets of the headers from a template and a state row, inferring lengths and checksums
 * (RFC 6846 section 6.4).
 */
import { NO_ROOM, OVER_LIMIT } from '../../internal/codes.js';
import { AH, GRE, IPV4, IPV6, MINE, onesSum } from '../../internal/header-chain.js';
import { SEQUENTIAL, SEQUENTIAL_SWAPPED, ZERO } from './formats.js';
import type { HeaderTemplate } from './header-template.js';
import { buildOptions } from './options-decode.js';
import type { TcpScratch } from './scratch.js';
import * as S from './state.js';
import { put32 } from '../../internal/octets.js';

/** Most octets that TCP's header takes. */
const TCP_OCTETS_MAX = 60;
/** Largest total of an IPv4 packet, and largest payload length of an IPv6 one. */
const LENGTH_MAX = 65535;

/** Resolves the innermost IPv4 header's IP-ID from MSN and offset, or keeps the one received. */
export const resolveIpId = (state: Uint32Array, row: number, ip: number): void => {
  const q = row + S.IP + ip * S.IP_WORDS;
  const behavior = state[q + S.IP_BEHAVIOR];
  if (behavior === SEQUENTIAL || behavior === SEQUENTIAL_SWAPPED) {
    const id = ((state[row + S.MSN] as number) + (state[row + S.IP_ID_OFFSET] as number)) & 0xffff;
    state[q + S.IP_ID] = behavior === SEQUENTIAL ? id : ((id & 0xff) << 8) | (id >>> 8);
  } else if (behavior === ZERO) {
    state[q + S.IP_ID] = 0;
  }
};

/** Sets the row's IP-ID offset from the IP-ID itself, as IR, IR-DYN, IR-CR and the long form carry it. */
export const setIpIdOffset = (state: Uint32Array, row: number, ip: number): void => {
  const q = row + S.IP + ip * S.IP_WORDS;
  const wire = state[q + S.IP_ID] as number;
  const id =
    state[q + S.IP_BEHAVIOR] === SEQUENTIAL_SWAPPED ? ((wire & 0xff) << 8) | (wire >>> 8) : wire;
  state[row + S.IP_ID_OFFSET] = (id - (state[row + S.MSN] as number)) & 0xffff;
};

/**
 * Writes all headers to `out` at `to`; `packet` is the compressed packet, for the parts that it carries verbatim.
 *
 * Returns the headers' length, or a negative code. A payload of `payloadLength` octets is to follow.
 */
export const buildHeaders = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  generic: Uint8Array,
  packet: Uint8Array,
  sc: TcpScratch,
  payloadLength: number,
  out: Uint8Array,
  to: number,
): number => {
  if (to + t.size + TCP_OCTETS_MAX > out.length) {
    // options are at most 40 octets: near the end of the buffer count exactly what they take
    if (to + t.size + 20 + optionsOctets(state, row, generic) + payloadLength > out.length)
      return NO_ROOM;
    return buildInCopy(t, state, row, generic, packet, sc, payloadLength, out, to);
  }
  const tcp = to + t.size;
  const behindOptions = buildOptions(state, row, generic, out, tcp + 20);
  if (behindOptions < 0) return behindOptions;
  const end = behindOptions + payloadLength;
  if (end > out.length) return NO_ROOM;
  const size = t.size;
  const bytes = t.bytes;
  for (let i = 0; i < size; i++) out[to + i] = bytes[i] as number;
  let ip = 0;
  for (let i = 0; i < t.count; i++) {
    const o = to + (t.offset[i] as number);
    switch (t.kind[i]) {
      case IPV4: {
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const total = end - o;
        if (total > LENGTH_MAX) return OVER_LIMIT;
        const id = state[q + S.IP_ID] as number;
        out[o + 1] = state[q + S.IP_TOS] as number;
        out[o + 2] = total >>> 8;
        out[o + 3] = total;
        out[o + 4] = id >>> 8;
        out[o + 5] = id;
        out[o + 6] = (state[q + S.IP_DF] as number) << 6;
        out[o + 8] = state[q + S.IP_TTL] as number;
        const sum = ~onesSum(out, o, o + 20);
        out[o + 10] = sum >>> 8;
        out[o + 11] = sum;
        break;
      }
      case IPV6: {
        const q = row + S.IP + ip++ * S.IP_WORDS;
        const length = end - o - 40;
        if (length > LENGTH_MAX) return OVER_LIMIT;
        const tos = state[q + S.IP_TOS] as number;
        out[o] = 0x60 | (tos >>> 4);
        out[o + 1] = ((tos & 15) << 4) | (out[o + 1] as number);
        out[o + 4] = length >>> 8;
        out[o + 5] = length;
        out[o + 7] = state[q + S.IP_TTL] as number;
        break;
      }
      case AH: {
        put32(out, o + 8, state[row + S.SEQUENCE + i] as number);
        const from = sc.opaque[i] as number;
        const icv = (t.length[i] as number) - 12;
        for (let j = 0; j < icv; j++) out[o + 12 + j] = packet[from + j] as number;
        break;
      }
      case GRE: {
        const flags = out[o] as number;
        if ((flags & 0x80) !== 0) {
          const from = sc.opaque[i] as number;
          out[o + 4] = packet[from] as number;
          out[o + 5] = packet[from + 1] as number;
        }
        if ((flags & 0x10) !== 0)
          put32(out, o + (t.length[i] as number) - 4, state[row + S.SEQUENCE + i] as number);
        break;
      }
      case MINE: {
        const sum = ~onesSum(out, o, o + (t.length[i] as number));
        out[o + 2] = sum >>> 8;
        out[o + 3] = sum;
        break;
      }
      default:
        break;
    }
  }
  out[tcp] = t.sourcePort >>> 8;
  out[tcp + 1] = t.sourcePort;
  out[tcp + 2] = t.destinationPort >>> 8;
  out[tcp + 3] = t.destinationPort;
  put32(out, tcp + 4, state[row + S.SEQ] as number);
  put32(out, tcp + 8, state[row + S.ACK] as number);
  out[tcp + 12] = ((behindOptions - tcp) << 2) | (state[row + S.RES_FLAGS] as number);
  out[tcp + 13] = ((state[row + S.TCP_ECN] as number) << 6) | (state[row + S.FLAGS] as number);
  out[tcp + 14] = (state[row + S.WINDOW] as number) >>> 8;
  out[tcp + 15] = state[row + S.WINDOW] as number;
  out[tcp + 16] = (state[row + S.CHECKSUM] as number) >>> 8;
  out[tcp + 17] = state[row + S.CHECKSUM] as number;
  out[tcp + 18] = (state[row + S.URG_PTR] as number) >>> 8;
  out[tcp + 19] = state[row + S.URG_PTR] as number;
  return behindOptions - to;
};

/** Octets that the row's options take, 40 at most counted. */
const optionsOctets = (state: Uint32Array, row: number, generic: Uint8Array): number => {
  const probe = new Uint8Array(40);
  const length = buildOptions(state, row, generic, probe, 0);
  return length < 0 ? 40 : length;
};

/** The rare case of an output buffer that only just suffices: build aside, then copy. */
const buildInCopy = (
  t: HeaderTemplate,
  state: Uint32Array,
  row: number,
  generic: Uint8Array,
  packet: Uint8Array,
  sc: TcpScratch,
  payloadLength: number,
  out: Uint8Array,
  to: number,
): number => {
  const aside = new Uint8Array(t.size + TCP_OCTETS_MAX + payloadLength);
  const length = buildHeaders(t, state, row, generic, packet, sc, payloadLength, aside, 0);
  if (length < 0) return length;
  if (to + length + payloadLength > out.length) return NO_ROOM;
  out.set(aside.subarray(0, length), to);
  return length;
};
