/** Headers of profile 0x0004: static and dynamic chains, base headers and extensions (RFC 3843, RFC 3095 5.7). */
import { MALFORMED, NO_CONTEXT, OVER_LIMIT } from '../internal/codes.js';
import { IP_HEADERS_MAX } from '../internal/header-chain.js';
import {
  COMPRESSED_LEVELS,
  FLAG_RND,
  IP_FORMATS,
  SN_P,
  UO_0,
  UO_1,
  UOR_2,
  UOR_2_EXT,
} from '../profiles/ip/formats.js';
import { isIp } from '../profiles/ip/layout.js';
import { lsbDecode16 } from '../wlsb.js';
import { dissectAddress, dissectProtocol } from './fields.js';
import { dissectIpList } from './ip-list.js';
import type { Note, Walk } from './walk.js';

/** A context of profile 0x0004 as the dissector keeps it. */
export interface IpContextState {
  /** 4 or 6 for each IP header, outermost first. */
  readonly versions: readonly number[];
  /** RND, NBO and SID of each, as in the dynamic chain's flags octet. */
  readonly flags: readonly number[];
  readonly sn: number;
}

const SECTION_3095 = (section: string): Note => ({ section: `RFC 3095 ${section}` });

/** The static chain; returns the versions of its headers. */
const staticChain = (walk: Walk): readonly number[] => {
  const versions: number[] = [];
  walk.group('static chain', { section: 'RFC 3843 3.1' }, () => {
    for (let expected = 0; ; ) {
      const first = walk.peek();
      const version = (first >>> 4) & 7;
      if (first >= 0 && versions.length === IP_HEADERS_MAX) return walk.fail(OVER_LIMIT);
      if (
        first >= 0 &&
        ((version !== 4 && version !== 6) || (expected !== 0 && version !== expected))
      ) {
        return walk.fail(MALFORMED);
      }
      const four = version === 4;
      let protocol = -1;
      walk.group(`IPv${version} static part`, SECTION_3095(four ? '5.7.7.4' : '5.7.7.3'), () => {
        walk.field('chain_end', 1, { meaning: '1: the chain ends here', section: 'RFC 3843 3.1' });
        walk.field('version', 3);
        if (four) walk.field('reserved', 4);
        else walk.field('flow_label', 20);
        protocol = dissectProtocol(walk, four ? 'protocol' : 'next_header');
        dissectAddress(walk, 'src_addr', four ? 4 : 6);
        dissectAddress(walk, 'dst_addr', four ? 4 : 6);
      });
      if (walk.failed || first < 0) return walk.failed ? undefined : walk.field('version', 4);
      versions.push(version);
      if (!isIp(protocol) || first >= 0x80) return;
      expected = protocol === 4 ? 4 : 6;
    }
  });
  return versions;
};

/** One header's part of the dynamic chain. */
const dynamicPart = (walk: Walk, version: number): void => {
  const four = version === 4;
  walk.group(`IPv${version} dynamic part`, SECTION_3095(four ? '5.7.7.4' : '5.7.7.3'), () => {
    walk.field(four ? 'tos' : 'traffic_class', 8);
    walk.field(four ? 'ttl' : 'hop_limit', 8);
    if (four) {
      walk.resolved['ip_id'] = walk.field('ip_id', 16);
      walk.field('DF', 1, { meaning: "don't fragment" });
      walk.field('RND', 1, { meaning: '1: the IP-ID is sent as it is' });
      walk.field('NBO', 1, { meaning: '0: the octets of the IP-ID are swapped' });
      walk.field('SID', 1, { meaning: '1: the IP-ID is constant', section: 'RFC 3843 3.3' });
      walk.field('reserved', 4);
    }
    dissectIpList(walk, four);
  });
};

/** What follows the CRC-8 of an IR or IR-DYN header; `versions` are the context's for the latter. */
export const dissectIpIr = (
  walk: Walk,
  type: number,
  context: IpContextState | undefined,
): void => {
  const versions = type === 0xf8 ? context?.versions : staticChain(walk);
  if (versions === undefined) return walk.fail(NO_CONTEXT);
  if (type !== 0xfc) {
    walk.group('dynamic chain', { section: 'RFC 3095 5.7.7.1' }, () => {
      for (const version of versions) dynamicPart(walk, version);
      walk.resolved['sn'] = walk.field('SN', 16, {
        meaning: 'sequence number of the flow',
        section: 'RFC 3843 3.5',
      });
    });
  }
  walk.octets('payload', walk.left, { meaning: 'what follows the IP headers' });
};

/** Values of the fields that extension 3 and base headers share. */
interface Found {
  sn: number;
  bits: number;
  /** Whether extension 3 changed RND, by level; undefined where it did not say. */
  readonly rnd: (boolean | undefined)[];
}

const fieldsOf = (
  walk: Walk,
  found: Found,
  level: number,
  version: number,
  flags: number,
): void => {
  const four = version === 4;
  if (four) found.rnd[level] = (flags & 2) !== 0;
  if ((flags & 0x80) !== 0) walk.field(four ? 'tos' : 'traffic_class', 8);
  if ((flags & 0x40) !== 0) walk.field(four ? 'ttl' : 'hop_limit', 8);
  if ((flags & 0x10) !== 0) dissectProtocol(walk, four ? 'protocol' : 'next_header');
  if ((flags & 0x08) === 0) return;
  walk.group('IP extension headers', SECTION_3095('5.8.5.1'), () => {
    const listed = walk.field('CL', 1, { meaning: '1: a compressed list follows' });
    const others = walk.field('sequence numbers', 3, { meaning: 'of AH, ESP and GRE' });
    walk.field('reserved', 4);
    if (others !== 0 || four) return walk.fail(MALFORMED);
    if (listed === 1) dissectIpList(walk, false);
  });
};

/** One octet of flags; the last one differs between inner and outer header. */
const flagsOctet = (walk: Walk, name: string, last: string): number => {
  const octet = walk.peek();
  walk.group(name, SECTION_3095('5.7.5'), () => {
    for (const flag of ['TOS', 'TTL', 'DF', 'PR', 'IPX', 'NBO', 'RND', last]) walk.field(flag, 1);
  });
  return Math.max(octet, 0);
};

const extension3 = (walk: Walk, context: IpContextState, found: Found): void => {
  const first = walk.peek();
  walk.group('extension 3', SECTION_3095('5.7.5'), () => {
    walk.field('type', 2, { value: '11' });
    const s = walk.field('S', 1, { meaning: '1: eight bits of SN follow' });
    walk.field('mode', 2, (raw) => ({
      meaning: ['none', 'unidirectional', 'optimistic', 'reliable'][raw],
      section: 'RFC 3843 3.4',
    }));
    const id = walk.field('I', 1, { meaning: '1: IP-ID follows' });
    const ip = walk.field('ip', 1, { meaning: '1: flags of the inner header follow' });
    const ip2 = walk.field('ip2', 1, { meaning: '1: flags of the outer header follow' });
    if (first < 0 || (ip2 === 1 && context.versions.length < 2)) return walk.fail(MALFORMED);
    const inner = ip === 1 ? flagsOctet(walk, 'inner IP header flags', 'reserved') : 0;
    const outer = ip2 === 1 ? flagsOctet(walk, 'outer IP header flags', 'I2') : 0;
    if (s === 1) {
      found.bits = 13;
      found.sn = found.sn * 256 + walk.field('SN', 8, { meaning: 'its low octet' });
    }
    const level = context.versions.length > 1 ? 1 : 0;
    if (ip === 1) fieldsOf(walk, found, level, context.versions[level] as number, inner);
    if (id === 1) walk.field('ip_id', 16, { meaning: 'IP-ID minus SN of the inner header' });
    if (ip2 === 1) {
      fieldsOf(walk, found, 0, context.versions[0] as number, outer);
      if ((outer & 1) !== 0)
        walk.field('ip_id', 16, { meaning: 'IP-ID minus SN of the outer header' });
    }
  });
};

/** Extensions 0 to 2: more bits of SN and of identifications. */
const extension = (walk: Walk, type: number, found: Found): void => {
  walk.group(`extension ${type}`, SECTION_3095('5.7.5'), () => {
    walk.field('type', 2, { value: ['00', '01', '10'][type] });
    found.sn = found.sn * 8 + walk.field('SN', 3, { meaning: 'its low bits' });
    found.bits = 8;
    if (type === 0) walk.field('ip_id', 3);
    else if (type === 1) walk.field('ip_id', 11);
    else {
      walk.field('ip_id', 11, { meaning: 'of the outer header' });
      walk.field('ip_id', 8, { meaning: 'of the inner header' });
    }
  });
};

/** What to take for the reference SN of a packet. */
export interface IpAttempt {
  /** Added to the reference: after a repair, another one than the context's fits. */
  readonly shift: number;
}

/** The compressed packet whose first octet the walk stands at. Returns the format number, or -1. */
export const dissectIpCo = (
  walk: Walk,
  context: IpContextState,
  cid: (() => void) | undefined,
  attempt: IpAttempt,
): number => {
  const first = walk.peek();
  if (first >= 0xe0) {
    walk.fail(MALFORMED);
    return -1;
  }
  const found: Found = { sn: 0, bits: 0, rnd: [] };
  let format: number = first < 0x80 ? UO_0 : first < 0xc0 ? UO_1 : UOR_2;
  walk.group(`${IP_FORMATS[format]} base header`, { section: 'RFC 3843 3.6' }, () => {
    if (format === UO_0) {
      walk.field('packet type', 1, { value: '0' });
      found.bits = 4;
      found.sn = walk.field('SN', 4);
      walk.field('CRC', 3, { meaning: 'over the uncompressed header' });
      cid?.();
      return;
    }
    if (format === UO_1) {
      walk.field('packet type', 2, { value: '10' });
      walk.field('ip_id', 6, { meaning: 'low bits of IP-ID minus SN' });
      cid?.();
      found.bits = 5;
      found.sn = walk.field('SN', 5);
      walk.field('CRC', 3, { meaning: 'over the uncompressed header' });
      return;
    }
    walk.field('packet type', 3, { value: '110' });
    found.bits = 5;
    found.sn = walk.field('SN', 5);
    cid?.();
    const extended = walk.field('X', 1, { meaning: '1: an extension follows' });
    walk.field('CRC', 7, { meaning: 'over the uncompressed header' });
    if (extended === 0 || walk.failed) return;
    const type = walk.peek() < 0 ? 0 : walk.peek() >>> 6;
    format = UOR_2_EXT + type;
    if (type === 3) extension3(walk, context, found);
    else extension(walk, type, found);
  });
  const { versions, flags } = context;
  walk.group('random IP-IDs', SECTION_3095('5.7'), () => {
    for (let i = 0; i < COMPRESSED_LEVELS && i < versions.length; i++) {
      const random = found.rnd[i] ?? ((flags[i] as number) & FLAG_RND) !== 0;
      if (versions[i] === 4 && random) {
        walk.field('ip_id', 16, { meaning: `of IP header ${i + 1}, as it is` });
      }
    }
  });
  walk.group('further IP headers', { section: 'RFC 3843 3.2' }, () => {
    for (const version of versions.slice(COMPRESSED_LEVELS)) dynamicPart(walk, version);
  });
  if (walk.failed) return format;
  walk.resolved['sn'] = lsbDecode16(
    (context.sn + attempt.shift) & 0xffff,
    found.sn,
    found.bits,
    SN_P,
  );
  walk.octets('payload', walk.left, { meaning: 'what follows the IP headers' });
  return format;
};
