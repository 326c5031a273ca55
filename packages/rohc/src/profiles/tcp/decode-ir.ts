/**
 * Decodes IR, IR-CR and IR-DYN packets: the chains under their CRC-8, and which of them update the context
 * (RFC 6846 sections 5.3.1.1 and 7.2).
 */
import { CRC8_INIT, crc7, crc8 } from '../../crc.js';
import { BAD_CRC, MALFORMED, NO_CONTEXT, TRUNCATED } from '../../internal/codes.js';
import { copyOctets } from '../../internal/copy.js';
import { FULL_CONTEXT_STATE, NO_CONTEXT_STATE } from '../../internal/damage.js';
import { IPV4 } from '../../internal/header-chain.js';
import { readSdvl, sdvlLengthOf } from '../../sdvl.js';
import { setScaled, takeOver, type TcpDecompressorState } from './decompressor-state.js';
import { decodeDynamicChain } from './dynamic-chain-decode.js';
import { IR, IR_CR, IR_DYN } from './formats.js';
import { buildHeaders, setIpIdOffset } from './header-build.js';
import {
  clearHeaderTemplate,
  copyHeaderTemplate,
  createHeaderTemplate,
  sameHeaderTemplate,
} from './header-template.js';
import { decodeReplicateChain } from './replicate-chain-decode.js';
import * as S from './state.js';
import { decodeStaticChain } from './static-chain-decode.js';

const ROW = S.STATE_WORDS;
const ZERO_OCTET = /* @__PURE__ */ new Uint8Array(1);

/**
 * Packets by which a refresh may come late: as many as the MSN's four bits bear (p = 4). A refresh further back comes
 * right in time: the MSN here is wrong then, by 16 after a long loss.
 */
const LATE_MAX = 4;

/**
 * Decodes the packet; `start` is the place of the Add-CID or first octet, `at` that of the CRC-8 octet. Returns the
 * length of what it wrote to `out` from `to` on, or a negative code, the context then unchanged.
 */
export const decodeIr = (
  s: TcpDecompressorState,
  packet: Uint8Array,
  start: number,
  type: number,
  at: number,
  end: number,
  out: Uint8Array,
  to: number,
): number => {
  const sc = s.parameters.scratch;
  const { state, next } = s;
  if (at >= end) return TRUNCATED;
  sc.genericTouched = false;
  let place = at + 1;
  let format = IR;
  let originalCrc = -1;
  const dynamicOnly = type === 0xf8;
  if (type === 0xfd) {
    clearHeaderTemplate(sc.template);
    if (s.mode === NO_CONTEXT_STATE) state.fill(0, next, next + ROW);
    else state.copyWithin(next, s.current, s.current + ROW);
    place = decodeStaticChain(sc.template, packet, place, end, sc);
  } else if (dynamicOnly) {
    if (s.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
    format = IR_DYN;
    copyHeaderTemplate(s.template, sc.template);
    state.copyWithin(next, s.current, s.current + ROW);
  } else if (type === 0xfc) {
    format = IR_CR;
    place = copyBase(s, packet, place, end);
    if (place < 0) return place;
    originalCrc = (packet[at + 1] as number) & 0x7f;
  } else {
    return MALFORMED;
  }
  if (place < 0) return place;
  if (type !== 0xfc && s.generic !== undefined) sc.generic.set(s.generic);
  const t = sc.template;
  place =
    type === 0xfc
      ? decodeReplicateChain(t, state, next, packet, place, end, sc)
      : decodeDynamicChain(t, state, next, packet, place, end, sc);
  if (place < 0) return place;
  let crc = crc8(packet, start, at, CRC8_INIT);
  crc = crc8(ZERO_OCTET, 0, 1, crc);
  crc = crc8(packet, at + 1, place, crc);
  if (crc !== packet[at]) return BAD_CRC;
  const payload = end - place;
  if (t.kind[t.innermost] === IPV4) setIpIdOffset(state, next, t.ipCount - 1);
  setScaled(s, payload);
  const length = buildHeaders(t, state, next, sc.generic, packet, sc, payload, out, to);
  if (length < 0) return length;
  if (originalCrc >= 0 && crc7(out, to, to + length) !== originalCrc) return BAD_CRC;
  const late =
    (((state[next + S.MSN] as number) - (state[s.current + S.MSN] as number)) << 16) >> 16;
  if (
    s.mode === FULL_CONTEXT_STATE &&
    !s.overtaken &&
    late < 0 &&
    late >= -LATE_MAX &&
    format !== IR_CR &&
    sameHeaderTemplate(t, s.template)
  ) {
    // overtaken on its way: the reference is newer (RFC 6846 section 5.3.1.1); but if the next refresh seems late as
    // well, the reference is wrong
    s.overtaken = true;
    s.lastFormat = format;
    copyOctets(packet, place, end, out, to + length);
    return length + payload;
  }
  // the checksum of an IR header vouches for its static part: take it over by exchange
  if (s.templateShared) {
    s.template = createHeaderTemplate();
    copyHeaderTemplate(t, s.template);
    s.templateShared = false;
  } else {
    sc.template = s.template;
    s.template = t;
  }
  takeOver(s, format, packet, place, end, out, to + length);
  s.failures = 0;
  s.refreshed = dynamicOnly;
  s.overtaken = false;
  if (!dynamicOnly) s.staticFailures = 0;
  return length + payload;
};

/**
 * Copies the context that an IR-CR packet builds on to the row in work and the scratch (RFC 4164 section 3.5.1.1).
 * Returns the place behind the base CID, or a negative code.
 */
const copyBase = (
  s: TcpDecompressorState,
  packet: Uint8Array,
  from: number,
  end: number,
): number => {
  const sc = s.parameters.scratch;
  const { state, next } = s;
  let at = from;
  if (at >= end) return TRUNCATED;
  const octet = packet[at++] as number;
  let base: TcpDecompressorState | undefined = s;
  if (octet >= 0x80) {
    if (at >= end) return TRUNCATED;
    if (s.parameters.large) {
      const cid = readSdvl(packet, at, end);
      if (cid < 0) return TRUNCATED;
      if (cid > 16383) return MALFORMED;
      at += sdvlLengthOf(packet[at] as number);
      base = s.parameters.base(cid);
    } else {
      const cid = packet[at++] as number;
      if (cid > 15) return MALFORMED;
      base = s.parameters.base(cid);
    }
  }
  if (base === undefined || base.mode === NO_CONTEXT_STATE) return NO_CONTEXT;
  copyHeaderTemplate(base.template, sc.template);
  for (let i = 0; i < ROW; i++) state[next + i] = base.state[base.current + i] as number;
  if (base.generic !== undefined) {
    sc.generic.set(base.generic);
    sc.genericTouched = base !== s;
  }
  return at;
};
