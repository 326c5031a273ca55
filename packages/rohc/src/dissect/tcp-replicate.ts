/** The replicate chain of an IR-CR header: what differs from the base context (RFC 6846 sections 6.2 and 8.2). */
import { MALFORMED } from '../internal/codes.js';
import { AH, DESTINATION, GRE, HOP_BY_HOP, IPV4, IPV6, ROUTING } from '../internal/header-chain.js';
import { decodeReplicateChain } from '../profiles/tcp/replicate-chain-decode.js';
import { ZERO } from '../profiles/tcp/formats.js';
import * as S from '../profiles/tcp/state.js';
import { dissectAddress } from './fields.js';
import { BEHAVIORS, eachHeader } from './tcp-chains.js';
import { dissectList } from './tcp-options.js';
import type { TcpWork } from './tcp-work.js';
import type { Walk } from './walk.js';

const PRESENCE = { meaning: '1: sent, 0: as in the base context' };

const replicateHeader = (walk: Walk, kind: number, length: number, flags: number): void => {
  switch (kind) {
    case IPV4: {
      walk.reserved(4, MALFORMED);
      const behavior = walk.field('ip_id_behavior', 2, (raw) => ({ meaning: BEHAVIORS[raw] }));
      const ttl = walk.field('ttl_flag', 1, PRESENCE);
      walk.field('df', 1, { meaning: "don't fragment" });
      walk.field('dscp', 6);
      walk.field('ip_ecn_flags', 2);
      if (behavior !== ZERO) walk.field('ip_id', 16);
      if (ttl === 1) walk.field('ttl_hopl', 8);
      break;
    }
    case IPV6:
      walk.field('dscp', 6);
      walk.field('ip_ecn_flags', 2);
      walk.reserved(3, MALFORMED);
      if (walk.field('flow_label_enc', 1, { meaning: '1: the flow label is sent' }) === 1) {
        walk.field('flow_label', 20);
      } else walk.reserved(4, MALFORMED);
      break;
    case GRE: {
      // the key alone depends on the discriminator
      const sent = walk.field('discriminator', 8, PRESENCE);
      if ((flags & 0x80) !== 0) walk.field('checksum', 16);
      if (sent !== 0 && (flags & 0x20) !== 0) walk.field('key', 32);
      if ((flags & 0x10) !== 0) walk.field('sequence_number', 32);
      break;
    }
    default: {
      const sent = walk.field('discriminator', 8, PRESENCE) !== 0;
      if (sent) walk.field('length', 8, { meaning: `${length} octets` });
      if (kind === HOP_BY_HOP || kind === DESTINATION || kind === ROUTING) {
        if (sent) walk.octets('value', length - 2);
      } else if (kind === AH) {
        if (sent) {
          walk.field('reserved', 16);
          walk.field('spi', 32);
        }
        walk.field('sequence_number', 32);
        walk.octets('auth_data', length - 12, { meaning: 'integrity check value' });
      } else if (sent) {
        dissectAddress(walk, 'orig_dest', 4);
        if (length === 12) dissectAddress(walk, 'orig_src', 4);
      }
    }
  }
};

/** How a port is sent: not at all, its low octet, or whole. */
const port = (walk: Walk, name: string, presence: number, value: number): void => {
  if (presence === 1) walk.field(name, 8, { value, meaning: 'the low octet' });
  if (presence === 2) walk.field(name, 16);
};

const PORT_PRESENCE = (raw: number) => ({
  meaning: ['as in the base context', 'the low octet is sent', 'sent', 'reserved'][raw],
});

const tcpReplicate = (walk: Walk, work: TcpWork, place: number): void => {
  const { row, template } = work;
  walk.reserved(1, MALFORMED);
  const window = walk.field('window_presence', 1, PRESENCE);
  const list = walk.field('list_present', 1, PRESENCE);
  const source = walk.field('src_port_presence', 2, PORT_PRESENCE);
  const destination = walk.field('dst_port_presence', 2, PORT_PRESENCE);
  const stride = walk.field('ack_stride_flag', 1, PRESENCE);
  const ack = walk.field('ack_presence', 1, PRESENCE);
  const urgent = walk.field('urp_presence', 1, PRESENCE);
  walk.field('urg_flag', 1);
  walk.field('ack_flag', 1);
  walk.field('psh_flag', 1);
  walk.field('rsf_flags', 2, { meaning: 'none, RST, SYN or FIN' });
  const ecn = walk.field('ecn_used', 1, { meaning: '1: ECN flags are sent' });
  walk.resolved['msn'] = walk.field('msn', 16, { section: 'RFC 6846 6.1.1' });
  walk.resolved['seq_number'] = walk.field('seq_number', 32);
  port(walk, 'src_port', source, template.sourcePort);
  port(walk, 'dst_port', destination, template.destinationPort);
  if (window === 1) walk.field('window', 16);
  if (urgent === 1) walk.field('urg_ptr', 16);
  if (ack === 1) walk.field('ack_number', 32);
  if (ecn === 1) {
    walk.reserved(2, MALFORMED);
    walk.field('tcp_res_flags', 4);
    walk.field('tcp_ecn_flags', 2);
  }
  walk.field('checksum', 16);
  if (stride === 1) walk.field('ack_stride', 16);
  if (list === 1) dissectList(walk, work);
  walk.resolved['ack_number'] = row[S.ACK] as number;
  walk.resolved['window'] = row[S.WINDOW] as number;
  walk.agree(place, MALFORMED);
};

/** The replicate chain; `work` holds the base context and becomes the new one. */
export const dissectReplicateChain = (walk: Walk, work: TcpWork): void => {
  const { template, row, scratch } = work;
  const place = decodeReplicateChain(template, row, 0, walk.bytes, walk.octet, walk.limit, scratch);
  walk.group('replicate chain', { section: 'RFC 6846 6.2' }, () => {
    eachHeader(walk, work, 'replicate part', (kind, _, length, flags) =>
      replicateHeader(walk, kind, length, flags),
    );
    walk.group('TCP replicate part', { section: 'RFC 6846 8.2' }, () =>
      tcpReplicate(walk, work, place),
    );
  });
};
