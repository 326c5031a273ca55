/**
 * The static, dynamic and irregular chains of ROHC-TCP, header by header (RFC 6846 section 6.2): the decoders of
 * `profiles/tcp` say what the headers are, the functions here say which bits they read it from.
 */
import { MALFORMED } from '../internal/codes.js';
import {
  AH,
  DESTINATION,
  GRE,
  HOP_BY_HOP,
  IPV4,
  IPV6,
  MINE,
  ROUTING,
} from '../internal/header-chain.js';
import { decodeDynamicChain } from '../profiles/tcp/dynamic-chain-decode.js';
import { decodeStaticChain } from '../profiles/tcp/static-chain-decode.js';
import { RANDOM, ZERO } from '../profiles/tcp/formats.js';
import * as S from '../profiles/tcp/state.js';
import { dissectAddress, dissectPort, dissectProtocol } from './fields.js';
import { dissectList } from './tcp-options.js';
import type { TcpWork } from './tcp-work.js';
import type { Walk } from './walk.js';

/** Names of the header kinds. */
export const HEADER_NAMES: Readonly<Record<number, string>> = {
  [IPV4]: 'IPv4',
  [IPV6]: 'IPv6',
  [HOP_BY_HOP]: 'hop-by-hop options',
  [DESTINATION]: 'destination options',
  [ROUTING]: 'routing header',
  [AH]: 'AH',
  [GRE]: 'GRE',
  [MINE]: 'minimal encapsulation',
};

const SECTION = { section: 'RFC 6846 8.2' };
/** Names of the IP-ID behaviours. */
export const BEHAVIORS = ['sequential', 'sequential, octets swapped', 'random', 'zero'] as const;

/** Calls `body` in a group for each header in front of TCP, with its kind and index. */
export const eachHeader = (
  walk: Walk,
  work: TcpWork,
  part: string,
  body: (kind: number, index: number, length: number, flags: number) => void,
): void => {
  const t = work.template;
  for (let i = 0; i < t.count; i++) {
    const kind = t.kind[i] as number;
    walk.group(`${HEADER_NAMES[kind]} ${part}`, SECTION, () =>
      body(kind, i, t.length[i] as number, t.bytes[t.offset[i] as number] as number),
    );
  }
};

const staticHeader = (walk: Walk, kind: number, length: number): void => {
  switch (kind) {
    case IPV4:
      walk.field('version_flag', 1, { meaning: 'IPv4' });
      walk.reserved(7, MALFORMED);
      dissectProtocol(walk, 'protocol');
      dissectAddress(walk, 'src_addr', 4);
      dissectAddress(walk, 'dst_addr', 4);
      break;
    case IPV6:
      walk.field('version_flag', 1, { meaning: 'IPv6' });
      walk.reserved(2, MALFORMED);
      if (walk.field('flow_label_enc', 1, { meaning: '1: the flow label is sent' }) === 1) {
        walk.field('flow_label', 20);
      } else walk.reserved(4, MALFORMED);
      dissectProtocol(walk, 'next_header');
      dissectAddress(walk, 'src_addr', 6);
      dissectAddress(walk, 'dst_addr', 6);
      break;
    case HOP_BY_HOP:
    case DESTINATION:
    case ROUTING:
      dissectProtocol(walk, 'next_header');
      walk.field('length', 8, { meaning: `${length} octets` });
      if (kind === ROUTING) walk.octets('value', length - 2);
      break;
    case AH:
      dissectProtocol(walk, 'next_header');
      walk.field('length', 8, { meaning: `${length} octets` });
      walk.field('spi', 32);
      break;
    case GRE: {
      walk.field('protocol', 1, (raw) => ({ value: raw === 1 ? 'IPv6' : 'IPv4' }));
      walk.field('c_flag', 1, { meaning: 'checksum present' });
      const key = walk.field('k_flag', 1, { meaning: 'key present' });
      walk.field('s_flag', 1, { meaning: 'sequence number present' });
      walk.reserved(4, MALFORMED);
      if (key === 1) walk.field('key', 32);
      break;
    }
    default:
      dissectProtocol(walk, 'next_header');
      walk.field('s_bit', 1, { meaning: 'source address present' });
      walk.field('res_bits', 7);
      dissectAddress(walk, 'orig_dest', 4);
      if (length === 12) dissectAddress(walk, 'orig_src', 4);
      break;
  }
};

/** The static chain; fills the template of `work`. */
export const dissectStaticChain = (walk: Walk, work: TcpWork): void => {
  const place = decodeStaticChain(work.template, walk.bytes, walk.octet, walk.limit, work.scratch);
  walk.group('static chain', { section: 'RFC 6846 6.2' }, () => {
    eachHeader(walk, work, 'static part', (kind, _, length) => staticHeader(walk, kind, length));
    if (place < 0) return walk.fail(place);
    walk.group('TCP static part', SECTION, () => {
      dissectPort(walk, 'src_port');
      dissectPort(walk, 'dst_port');
    });
    walk.agree(place, MALFORMED);
  });
};

const dynamicHeader = (walk: Walk, kind: number, length: number, flags: number): void => {
  switch (kind) {
    case IPV4: {
      walk.reserved(5, MALFORMED);
      walk.field('df', 1, { meaning: "don't fragment" });
      const behavior = walk.field('ip_id_behavior', 2, (raw) => ({ meaning: BEHAVIORS[raw] }));
      walk.field('dscp', 6);
      walk.field('ip_ecn_flags', 2);
      walk.field('ttl_hopl', 8);
      if (behavior !== ZERO) walk.field('ip_id', 16);
      break;
    }
    case IPV6:
      walk.field('dscp', 6);
      walk.field('ip_ecn_flags', 2);
      walk.field('ttl_hopl', 8);
      break;
    case HOP_BY_HOP:
    case DESTINATION:
      walk.octets('value', length - 2);
      break;
    case AH:
      walk.field('reserved', 16);
      walk.field('sequence_number', 32);
      walk.octets('auth_data', length - 12, { meaning: 'integrity check value' });
      break;
    case GRE:
      if ((flags & 0x80) !== 0) walk.field('checksum', 16);
      if ((flags & 0x10) !== 0) walk.field('sequence_number', 32);
      break;
    default:
      break;
  }
};

const tcpDynamic = (walk: Walk, work: TcpWork, place: number): void => {
  walk.field('ecn_used', 1, { meaning: '1: the irregular chain carries ECN' });
  const stride = walk.field('ack_stride_flag', 1, { meaning: '1: ack_stride is sent' });
  const ackZero = walk.field('ack_zero', 1, { meaning: '1: no acknowledgement number' });
  const urgentZero = walk.field('urp_zero', 1, { meaning: '1: no urgent pointer' });
  walk.field('tcp_res_flags', 4);
  walk.field('tcp_ecn_flags', 2);
  walk.field('urg_flag', 1);
  walk.field('ack_flag', 1);
  walk.field('psh_flag', 1);
  walk.field('rsf_flags', 3, { meaning: 'RST, SYN, FIN' });
  walk.resolved['msn'] = walk.field('msn', 16, {
    meaning: 'master sequence number',
    section: 'RFC 6846 6.1.1',
  });
  walk.resolved['seq_number'] = walk.field('seq_number', 32);
  walk.resolved['ack_number'] = ackZero === 0 ? walk.field('ack_number', 32) : 0;
  walk.resolved['window'] = walk.field('window', 16);
  walk.field('checksum', 16);
  if (urgentZero === 0) walk.field('urg_ptr', 16);
  if (stride === 1) walk.field('ack_stride', 16, { section: 'RFC 6846 6.4.8.2' });
  dissectList(walk, work);
  walk.agree(place, MALFORMED);
};

/** The dynamic chain; fills the row of `work`. */
export const dissectDynamicChain = (walk: Walk, work: TcpWork): void => {
  const { template, row, scratch } = work;
  const place = decodeDynamicChain(template, row, 0, walk.bytes, walk.octet, walk.limit, scratch);
  walk.group('dynamic chain', { section: 'RFC 6846 6.2' }, () => {
    eachHeader(walk, work, 'dynamic part', (kind, _, length, flags) =>
      dynamicHeader(walk, kind, length, flags),
    );
    walk.group('TCP dynamic part', SECTION, () => tcpDynamic(walk, work, place));
  });
};

/** `lsb_7_or_31`: one octet or four. */
const lsb7or31 = (walk: Walk, name: string, value: number): void => {
  if (
    walk.field('discriminator', 1, (raw) => ({ meaning: raw === 1 ? '31 bits' : '7 bits' })) === 1
  ) {
    walk.field(name, 31, { value });
  } else walk.field(name, 7, { value });
};

/** The irregular chain in front of the TCP options; `work` holds its values already. */
export const dissectIrregularChain = (walk: Walk, work: TcpWork, elided: boolean): void => {
  const { template: t, row, scratch } = work;
  const ecnUsed = row[S.ECN_USED] === 1;
  const outerTtl = scratch.base.outerTtl === 1;
  let ip = 0;
  eachHeader(walk, work, 'irregular part', (kind, i, length, flags) => {
    if (kind === IPV4 || kind === IPV6) {
      const q = S.IP + ip++ * S.IP_WORDS;
      if (kind === IPV4 && row[q + S.IP_BEHAVIOR] === RANDOM) {
        walk.field('ip_id', 16, { meaning: 'as it is: its behaviour is random' });
      }
      if (i === t.innermost) return;
      if (ecnUsed) {
        walk.field('dscp', 6);
        walk.field('ip_ecn_flags', 2);
      }
      if (outerTtl) walk.field('ttl_hopl', 8);
    } else if (kind === AH) {
      lsb7or31(walk, 'sequence_number', row[S.SEQUENCE + i] as number);
      walk.octets('auth_data', length - 12, { meaning: 'integrity check value' });
    } else if (kind === GRE) {
      if ((flags & 0x80) !== 0) walk.field('checksum', 16);
      if ((flags & 0x10) !== 0) lsb7or31(walk, 'sequence_number', row[S.SEQUENCE + i] as number);
    }
  });
  walk.group('TCP irregular part', SECTION, () => {
    if (ecnUsed) {
      walk.field('ip_ecn_flags', 2, { meaning: 'of the innermost IP header' });
      walk.field('tcp_res_flags', 4);
      walk.field('tcp_ecn_flags', 2);
    }
    if (!elided) walk.field('checksum', 16, { meaning: 'TCP checksum, as it is' });
  });
};
