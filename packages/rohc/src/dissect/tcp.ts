/** Headers of profile 0x0006: IR, IR-CR and IR-DYN by their chains, CO packets by their base header. */
import { MALFORMED, NO_CONTEXT } from '../internal/codes.js';
import { IPV4 } from '../internal/header-chain.js';
import { decodeIrregularChain } from '../profiles/tcp/irregular-chain-decode.js';
import { decodeList } from '../profiles/tcp/options-decode.js';
import {
  BASE_FIELDS,
  type BaseField,
  CO_COMMON,
  formatOf,
  RANDOM,
  TCP_FORMAT_NAMES,
} from '../profiles/tcp/formats.js';
import * as S from '../profiles/tcp/state.js';
import { lsbDecode16, lsbDecode32 } from '../wlsb.js';
import { dissectSdvl } from './fields.js';
import {
  BEHAVIORS,
  dissectDynamicChain,
  dissectIrregularChain,
  dissectStaticChain,
} from './tcp-chains.js';
import { dissectList, dissectOptionsIrregular } from './tcp-options.js';
import { dissectReplicateChain } from './tcp-replicate.js';
import { createTcpWork, type TcpContextState, type TcpWork } from './tcp-work.js';
import type { Note, Walk } from './walk.js';

/** What is behind the header: everything up to the packet's end. */
const dissectPayload = (walk: Walk): void =>
  walk.octets('payload', walk.left, { meaning: 'as it is in the original packet' });

/** Notes the identification of the innermost IPv4 header of a row, when it has one. */
const resolveIpId = (walk: Walk, work: TcpWork): void => {
  const { template: t, row } = work;
  if (t.kind[t.innermost] !== IPV4) return;
  const q = S.IP + (t.ipCount - 1) * S.IP_WORDS;
  walk.resolved['ip_id'] = row[q + S.IP_ID] as number;
};

/** What follows the CRC-8 of an IR header. */
export const dissectTcpIr = (walk: Walk): void => {
  const work = createTcpWork(undefined);
  dissectStaticChain(walk, work);
  if (!walk.failed) dissectDynamicChain(walk, work);
  if (!walk.failed) resolveIpId(walk, work);
  dissectPayload(walk);
};

/** What follows the CRC-8 of an IR-DYN header; the context tells which headers there are. */
export const dissectTcpIrDyn = (walk: Walk, context: TcpContextState | undefined): void => {
  if (context === undefined) return walk.fail(NO_CONTEXT);
  const work = createTcpWork(context);
  dissectDynamicChain(walk, work);
  if (!walk.failed) resolveIpId(walk, work);
  dissectPayload(walk);
};

/** What follows the CRC-8 of an IR-CR header; `contextOf` finds the base context. */
export const dissectTcpIrCr = (
  walk: Walk,
  cid: number,
  large: boolean,
  contextOf: (cid: number) => TcpContextState | undefined,
): void => {
  const present = walk.field('B', 1, { meaning: '1: another context is the base' });
  walk.field('CRC-7', 7, { meaning: 'over the uncompressed header', section: 'RFC 6846 7.2' });
  let base = cid;
  if (present === 1) {
    if (large) base = dissectSdvl(walk, 'base CID');
    else {
      walk.reserved(4, MALFORMED);
      base = walk.field('base CID', 4);
    }
  }
  if (walk.failed) return;
  const context = contextOf(base);
  if (context === undefined) return walk.fail(NO_CONTEXT);
  const work = createTcpWork(context);
  dissectReplicateChain(walk, work);
  if (!walk.failed) resolveIpId(walk, work);
  dissectPayload(walk);
};

const MEANINGS: Readonly<Record<string, readonly [meaning: string, section: string]>> = {
  msn: ['low bits of the master sequence number', '6.1.1'],
  psh_flag: ['PSH', '8.2'],
  ack_flag: ['ACK', '8.2'],
  urg_flag: ['URG', '8.2'],
  rsf_flags: ['0 none, 1 RST, 2 SYN, 3 FIN', '8.2'],
  header_crc: ['over the uncompressed header', '7.3'],
  seq_number: ['low bits of the sequence number', '8.2'],
  ack_number: ['low bits of the acknowledgement number', '8.2'],
  seq_number_scaled: ['sequence number by the payload size', '6.4.8.1'],
  ack_number_scaled: ['acknowledgement number by ack_stride', '6.4.8.2'],
  window: ['receive window', '8.2'],
  ip_id: ['low bits of IP-ID minus MSN', '6.1.2'],
  ttl_hopl: ['low bits of TTL or hop limit', '8.2'],
  ecn_used: ['1: the irregular chain carries ECN', '6.1.3'],
  list_present: ['1: a list of TCP options follows', '6.3'],
  seq_indicator: ['octets of the sequence number: 0, 1, 2 or 4', '8.2'],
  ack_indicator: ['octets of the acknowledgement number: 0, 1, 2 or 4', '8.2'],
  ack_stride_indicator: ['1: ack_stride follows', '8.2'],
  window_indicator: ['1: the window follows', '8.2'],
  ip_id_indicator: ['octets of a sequential IP-ID: 1 or 2', '8.2'],
  urg_ptr_present: ['1: the urgent pointer follows', '8.2'],
  dscp_present: ['1: DSCP follows', '8.2'],
  ttl_hopl_present: ['1: TTL or hop limit follows', '8.2'],
  ttl_hopl_outer_flag: ['1: the irregular chain carries the TTL of outer headers', '8.2'],
  reserved: ['must be 0', '8.2'],
  df: ["don't fragment", '8.2'],
};

/** The fields of a base header by name, as sent. */
type Sent = Map<string, number>;

/** How the value of a field in its place is found. */
type Decoder = (field: BaseField, raw: number) => number | undefined;

/**
 * The fixed part of a base header. The CID of a large-CID channel stands behind the first octet, inside a field where
 * one crosses that place: such a field is noted in two pieces, its value with the second.
 */
const dissectFields = (
  walk: Walk,
  fields: readonly BaseField[],
  cid: (() => void) | undefined,
  decode: Decoder,
): Sent => {
  const sent: Sent = new Map();
  let until = cid === undefined ? -1 : 8;
  const pass = (bits: number): void => {
    if (until < 0) return;
    until -= bits;
    if (until === 0) {
      until = -1;
      cid?.();
    }
  };
  for (const field of fields) {
    const [meaning, section] = MEANINGS[field.name] ?? [undefined, '8.2'];
    const about: Note = { meaning, section: `RFC 6846 ${section}` };
    const note = (raw: number): Note => ({
      ...about,
      ...(field.name === 'ip_id_behavior_innermost' ? { meaning: BEHAVIORS[raw] } : undefined),
      value: decode(field, raw),
    });
    const { name, bits } = field;
    if (until > 0 && bits > until) {
      const high = until;
      const first = walk.field(`${name}[${bits - 1}:${bits - high}]`, high);
      pass(high);
      const low = bits - high;
      let whole = 0;
      walk.field(`${name}[${low - 1}:0]`, low, (raw) => {
        whole = first * 2 ** low + raw;
        return note(whole);
      });
      sent.set(name, whole);
    } else {
      sent.set(name, walk.field(name, bits, note));
      pass(bits);
    }
  }
  return sent;
};

/** What to take for the reference of a CO header. */
export interface TcpAttempt {
  /** Whether the packet before the last one is the reference, as for a packet that came late. */
  readonly previous: boolean;
  /** Added to the MSN: 16 where more packets were lost than its bits count. */
  readonly shift: number;
}

const INDICATED = [0, 8, 16, 32] as const;

/** Fields that co_common's indicators announce, the list apart. */
const dissectCommon = (
  walk: Walk,
  work: TcpWork,
  from: Uint32Array,
  sent: Sent,
  v4: boolean,
): void => {
  const { row } = work;
  const q = S.IP + (work.template.ipCount - 1) * S.IP_WORDS;
  const given = (name: string): number => sent.get(name) ?? 0;
  const number = (name: string, word: number, indicator: number): void => {
    const bits = INDICATED[indicator] as number;
    if (bits === 0) return;
    walk.field(name, bits, (raw) => {
      const p = indicator === 1 ? 63 : 16383;
      row[word] = bits === 32 ? raw : lsbDecode32(from[word] as number, raw, bits, p);
      return { value: row[word], section: 'RFC 6846 8.2' };
    });
  };
  walk.group('indicated fields', { section: 'RFC 6846 8.2' }, () => {
    number('seq_number', S.SEQ, given('seq_indicator'));
    number('ack_number', S.ACK, given('ack_indicator'));
    if (given('ack_stride_indicator') === 1) row[S.ACK_STRIDE] = walk.field('ack_stride', 16);
    if (given('window_indicator') === 1) row[S.WINDOW] = walk.field('window', 16);
    const behavior = given('ip_id_behavior_innermost');
    if (v4 && behavior < RANDOM) {
      if (given('ip_id_indicator') === 1) {
        const id = walk.field('ip_id', 16, { meaning: 'as it is' });
        const plain = behavior === 1 ? ((id & 0xff) << 8) | (id >>> 8) : id;
        row[S.IP_ID_OFFSET] = (plain - (row[S.MSN] as number)) & 0xffff;
      } else {
        walk.field('ip_id', 8, (raw) => {
          const offset = lsbDecode16(from[S.IP_ID_OFFSET] as number, raw, 8, 3);
          row[S.IP_ID_OFFSET] = offset;
          return { value: offset, meaning: 'low bits of IP-ID minus MSN' };
        });
      }
    }
    if (given('urg_ptr_present') === 1) row[S.URG_PTR] = walk.field('urg_ptr', 16);
    if (given('dscp_present') === 1) {
      walk.field('dscp', 6);
      walk.reserved(2, MALFORMED);
    }
    if (given('ttl_hopl_present') === 1) row[q + S.IP_TTL] = walk.field('ttl_hopl', 8);
  });
  if (v4) {
    row[q + S.IP_BEHAVIOR] = given('ip_id_behavior_innermost');
  } else if (given('ip_id_behavior_innermost') < RANDOM || given('df') !== 0) {
    walk.fail(MALFORMED);
  }
};

/** Decodes the fields of a base header into the row of `work`; scaled ones give the scaled value. */
const decoderOf =
  (work: TcpWork, context: TcpContextState, from: Uint32Array, attempt: TcpAttempt): Decoder =>
  ({ name, bits, p = 0 }, raw) => {
    const { row } = work;
    switch (name) {
      case 'msn': {
        const reference = context.row[S.MSN] as number;
        row[S.MSN] = (lsbDecode16(reference, raw, 4, 4) + attempt.shift) & 0xffff;
        return row[S.MSN];
      }
      case 'seq_number':
        row[S.SEQ] = lsbDecode32(from[S.SEQ] as number, raw, bits, p);
        return row[S.SEQ];
      case 'ack_number':
        row[S.ACK] = lsbDecode32(from[S.ACK] as number, raw, bits, p);
        return row[S.ACK];
      case 'seq_number_scaled':
        row[S.SEQ_SCALED] = lsbDecode32(from[S.SEQ_SCALED] as number, raw, 4, p);
        return row[S.SEQ_SCALED];
      case 'ack_number_scaled': {
        const scaled = lsbDecode32(from[S.ACK_SCALED] as number, raw, 4, p);
        row[S.ACK] =
          Math.imul(scaled, row[S.ACK_STRIDE] as number) + (from[S.ACK_RESIDUE] as number);
        return scaled;
      }
      case 'window':
        row[S.WINDOW] = bits === 16 ? raw : lsbDecode16(from[S.WINDOW] as number, raw, bits, p);
        return row[S.WINDOW];
      case 'ip_id':
        row[S.IP_ID_OFFSET] = lsbDecode16(from[S.IP_ID_OFFSET] as number, raw, bits, p);
        return row[S.IP_ID_OFFSET];
      case 'ttl_hopl': {
        const q = S.IP + (work.template.ipCount - 1) * S.IP_WORDS + S.IP_TTL;
        row[q] = lsbDecode16(from[q] as number, raw, bits, p) & 0xff;
        return row[q];
      }
      case 'ecn_used':
        row[S.ECN_USED] = raw;
        return raw;
      default:
        return undefined;
    }
  };

/** Notes the values that the packet leaves in the context. */
const resolve = (walk: Walk, work: TcpWork): void => {
  const { row, template: t } = work;
  walk.resolved['msn'] = row[S.MSN] as number;
  walk.resolved['seq_number'] = row[S.SEQ] as number;
  walk.resolved['ack_number'] = row[S.ACK] as number;
  walk.resolved['window'] = row[S.WINDOW] as number;
  const q = S.IP + (t.ipCount - 1) * S.IP_WORDS;
  walk.resolved['ttl_hopl'] = row[q + S.IP_TTL] as number;
  if (t.kind[t.innermost] !== IPV4) return;
  const behavior = row[q + S.IP_BEHAVIOR] as number;
  if (behavior < RANDOM) {
    const id = ((row[S.IP_ID_OFFSET] as number) + (row[S.MSN] as number)) & 0xffff;
    row[q + S.IP_ID] = behavior === 1 ? ((id & 0xff) << 8) | (id >>> 8) : id;
  } else if (behavior !== RANDOM) row[q + S.IP_ID] = 0;
  resolveIpId(walk, work);
};

/**
 * The CO packet whose first octet the walk stands at; `cid` notes the CID behind that octet, where there is one.
 * Returns the format number, or -1.
 */
export const dissectTcpCo = (
  walk: Walk,
  context: TcpContextState,
  cid: (() => void) | undefined,
  attempt: TcpAttempt,
  elided: boolean,
): number => {
  const { template: t } = context;
  const v4 = t.kind[t.innermost] === IPV4;
  const q = S.IP + (t.ipCount - 1) * S.IP_WORDS;
  const sequential = v4 && (context.row[q + S.IP_BEHAVIOR] as number) < RANDOM;
  const format = formatOf(walk.peek(), sequential);
  if (format < 0) {
    walk.fail(MALFORMED);
    return -1;
  }
  const from = attempt.previous ? (context.previous ?? context.row) : context.row;
  const work = createTcpWork({ ...context, row: from });
  const { row, scratch } = work;
  const name = TCP_FORMAT_NAMES[format] as string;
  let sent: Sent = new Map();
  walk.group(`${name} base header`, { section: 'RFC 6846 8.2' }, () => {
    const fields = BASE_FIELDS[format] as readonly BaseField[];
    sent = dissectFields(walk, fields, cid, decoderOf(work, context, from, attempt));
  });
  if (sent.get('reserved') === 1) walk.fail(MALFORMED);
  if (format === CO_COMMON && !walk.failed) dissectCommon(walk, work, from, sent, v4);
  if (sent.get('list_present') === 1 && !walk.failed) {
    const place = decodeList(row, 0, walk.bytes, walk.octet, walk.limit, scratch, false);
    dissectList(walk, work);
    walk.agree(place, MALFORMED);
  }
  if (walk.failed) return format;
  scratch.base.outerTtl = sent.get('ttl_hopl_outer_flag') ?? 0;
  const place = decodeIrregularChain(
    work.template,
    row,
    0,
    walk.bytes,
    walk.octet,
    walk.limit,
    scratch,
    elided,
  );
  walk.group('irregular chain', { section: 'RFC 6846 6.2' }, () => {
    dissectIrregularChain(walk, work, elided);
    walk.agree(place, MALFORMED);
    dissectOptionsIrregular(walk, work);
  });
  if (walk.failed) return format;
  const payload = walk.left;
  if (sent.has('seq_number_scaled')) {
    row[S.SEQ] = Math.imul(row[S.SEQ_SCALED] as number, payload) + (from[S.SEQ_RESIDUE] as number);
  }
  resolve(walk, work);
  dissectPayload(walk);
  return format;
};

/** A co_common header without its context: the fixed part says what it is by itself. */
export const dissectCommonAlone = (walk: Walk, cid: (() => void) | undefined): void => {
  walk.group('co_common base header', { section: 'RFC 6846 8.2' }, () => {
    dissectFields(walk, BASE_FIELDS[CO_COMMON] as readonly BaseField[], cid, () => undefined);
  });
  walk.fail(NO_CONTEXT);
};
