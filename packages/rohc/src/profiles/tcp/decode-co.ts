/**
 * Decodes CO packets: against the reference, the one before it, and what repair makes likely, until a CRC fits
 * (RFC 6846 sections 5.3.1 and 5.3.2).
 */
import { crc3, crc7 } from '../../crc.js';
import { BAD_CRC, DAMAGED, MALFORMED, NO_CONTEXT, NO_ROOM } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import { NO_CONTEXT_STATE, STATIC_CONTEXT_STATE } from '../../internal/damage.js';
import { IPV4, tcpChecksum } from '../../internal/header-chain.js';
import { lsbDecode16, lsbDecode32 } from '../../wlsb.js';
import { decodeBaseHeader } from './base-header.js';
import {
  countFailure,
  setScaled,
  takeOver,
  type TcpDecompressorState,
} from './decompressor-state.js';
import { CO_COMMON, isStrong, RANDOM } from './formats.js';
import { buildHeaders, resolveIpId, setIpIdOffset } from './header-build.js';
import type { HeaderTemplate } from './header-template.js';
import { decodeIrregularChain } from './irregular-chain-decode.js';
import { decodeList, decodeOptionsIrregular } from './options-decode.js';
import { readCommon } from './read-common.js';
import { rsfOf } from './replicate-chain-decode.js';
import * as S from './state.js';

const ROW = S.STATE_WORDS;

/**
 * Decodes the packet: `first` is its first octet, `at` the place behind the first octet and the CID. Returns the length
 * of what it wrote to `out` from `to` on, or a negative code.
 */
export const decodeCo = (
  s: TcpDecompressorState,
  packet: Uint8Array,
  first: number,
  at: number,
  end: number,
  out: Uint8Array,
  to: number,
): number => {
  if (s.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
  const sc = s.parameters.scratch;
  const { state, template: t } = s;
  const ip = s.current + S.IP + (t.ipCount - 1) * S.IP_WORDS;
  const sequential = t.kind[t.innermost] === IPV4 && (state[ip + S.IP_BEHAVIOR] as number) < RANDOM;
  const base = sc.base;
  const behind = decodeBaseHeader(base, first, sequential, packet, at, end);
  if (behind < 0) {
    countFailure(s, false);
    return behind;
  }
  const format = base.format;
  const strong = isStrong(format);
  if (s.mode === STATIC_CONTEXT_STATE && !strong) return DAMAGED;
  // an older packet than the reference (RFC 6846 section 5.3.1.1): the one before it is the better reference
  const msn = lsbDecode16(state[s.current + S.MSN] as number, base.msn, 4, 4);
  const ahead = ((msn - (state[s.current + S.MSN] as number)) << 16) >> 16;
  let code = BAD_CRC;
  if (ahead <= 0 && s.hasPrevious) {
    code = tryCo(s, packet, behind, end, out, to, s.previous, msn, ahead > 0);
    if (code >= 0) return code;
  }
  code = tryCo(s, packet, behind, end, out, to, s.current, msn, ahead > 0);
  if (code >= 0) return code;
  if (code === BAD_CRC && format !== CO_COMMON) {
    // RFC 6846 has these formats imply ACK = 1 and URG = 0; some peers keep the reference's flags instead
    const flags = ((state[s.current + S.FLAGS] as number) >>> 4) & 3;
    if (flags !== 1) {
      base.ackFlag = flags & 1;
      base.urg = flags >>> 1;
      const again = tryCo(s, packet, behind, end, out, to, s.current, msn, ahead > 0);
      if (again >= 0) {
        s.repairs++;
        return again;
      }
      base.ackFlag = 1;
      base.urg = 0;
    }
  }
  if (code === BAD_CRC && s.parameters.repair && sequential && ahead > 0) {
    // more packets lost than the MSN's bits count: the IP-ID followed the MSN around once more
    const again = tryCo(s, packet, behind, end, out, to, s.current, (msn + 16) & 0xffff, true);
    if (again >= 0) {
      s.repairs++;
      return again;
    }
  }
  // a stride or an item that never came is named as such: it is no sign of further damage
  if (code !== NO_ROOM && code !== NO_CONTEXT) countFailure(s, false);
  return code;
};

/** One attempt to decode the CO packet whose base header is in the scratch, against the reference row `from`. */
const tryCo = (
  s: TcpDecompressorState,
  packet: Uint8Array,
  behind: number,
  end: number,
  out: Uint8Array,
  to: number,
  from: number,
  msn: number,
  update: boolean,
): number => {
  const sc = s.parameters.scratch;
  const base = sc.base;
  const { state, next, template: t } = s;
  state.copyWithin(next, from, from + ROW);
  sc.present = 0;
  sc.genericTouched = false;
  if (s.generic !== undefined) sc.generic.set(s.generic);
  state[next + S.MSN] = msn;
  const inner = next + S.IP + (t.ipCount - 1) * S.IP_WORDS;
  const v4 = t.kind[t.innermost] === IPV4;
  let at = behind;
  let idLong = -1;
  if (base.format === CO_COMMON) {
    // the fields that the indicators announce (RFC 6846, co_common), acknowledgement number before the list
    at = readCommon(s, packet, at, end, v4);
    if (at < 0) return at;
    idLong = base.idIndicator === 1 && base.idK === 16 ? base.id : -1;
  }
  if (base.ecnUsed >= 0) state[next + S.ECN_USED] = base.ecnUsed;
  const ackBits = base.ackK;
  if (ackBits > 0) {
    state[next + S.ACK] = lsbDecode32(state[from + S.ACK] as number, base.ack, ackBits, base.ackP);
  } else if (ackBits < 0) {
    const stride = state[next + S.ACK_STRIDE] as number;
    // the packets that announced the stride never came
    if (stride === 0) return NO_CONTEXT;
    const scaled = lsbDecode32(state[from + S.ACK_SCALED] as number, base.ack, 4, base.ackP);
    state[next + S.ACK] = Math.imul(scaled, stride) + (state[from + S.ACK_RESIDUE] as number);
  }
  if (base.list === 1) {
    at = decodeList(state, next, packet, at, end, sc, false);
    if (at < 0) return at;
  }
  if (base.windowK === 16) state[next + S.WINDOW] = base.window;
  else if (base.windowK === 15) {
    state[next + S.WINDOW] = lsbDecode16(
      state[from + S.WINDOW] as number,
      base.window,
      15,
      base.windowP,
    );
  }
  if (base.ttlK === 3) {
    const ttl = inner + S.IP_TTL;
    state[ttl] = lsbDecode16(state[ttl] as number, base.ttl, 3, 3) & 0xff;
  }
  if (v4 && base.idK > 0 && idLong < 0) {
    state[next + S.IP_ID_OFFSET] = lsbDecode16(
      state[from + S.IP_ID_OFFSET] as number,
      base.id,
      base.idK,
      base.idP,
    );
  }
  const elided = s.parameters.elideChecksum;
  at = decodeIrregularChain(t, state, next, packet, at, end, sc, elided);
  if (at < 0) return at;
  at = decodeOptionsIrregular(state, next, packet, at, end, sc);
  if (at < 0) return at;
  const payload = end - at;
  if (elided && payload !== 0) return MALFORMED;
  const seqBits = base.seqK;
  if (seqBits > 0) {
    state[next + S.SEQ] = lsbDecode32(state[from + S.SEQ] as number, base.seq, seqBits, base.seqP);
  } else if (seqBits < 0) {
    if (payload === 0) return MALFORMED;
    const scaled = lsbDecode32(state[from + S.SEQ_SCALED] as number, base.seq, 4, base.seqP);
    state[next + S.SEQ] = Math.imul(scaled, payload) + (state[from + S.SEQ_RESIDUE] as number);
  }
  if (v4) {
    if (idLong >= 0) {
      state[inner + S.IP_ID] = idLong;
      setIpIdOffset(state, next, t.ipCount - 1);
    }
    resolveIpId(state, next, t.ipCount - 1);
    if ((state[inner + S.IP_BEHAVIOR] as number) >= RANDOM)
      setIpIdOffset(state, next, t.ipCount - 1);
  }
  state[next + S.FLAGS] = (base.urg << 5) | (base.ackFlag << 4) | (base.psh << 3) | rsfOf(base.rsf);
  setScaled(s, payload);
  if (elided) state[next + S.CHECKSUM] = 0;
  const length = buildHeaders(t, state, next, sc.generic, packet, sc, payload, out, to);
  if (length < 0) return length;
  const format = base.format;
  if (elided) restoreChecksum(t, out, to, length);
  const strong = isStrong(format);
  const crc = strong ? crc7(out, to, to + length) : crc3(out, to, to + length);
  if (crc !== base.crc) return BAD_CRC;
  if (update) {
    takeOver(s, format, packet, at, end, out, to + length);
  } else {
    s.lastFormat = format;
    copyOctets(packet, at, end, out, to + length);
  }
  s.failures <<= 1;
  if (strong) {
    s.refreshed = false;
    s.overtaken = false;
    s.staticFailures = 0;
  }
  return length + payload;
};

/** Recomputes the TCP checksum that the compressor elided after verifying it; the header has no payload. */
const restoreChecksum = (t: HeaderTemplate, out: Uint8Array, to: number, length: number): void => {
  const tcp = to + t.size;
  const checksum = tcpChecksum(out, to + (t.offset[t.innermost] as number), tcp, to + length);
  out[tcp + 16] = checksum >>> 8;
  out[tcp + 17] = checksum;
};
