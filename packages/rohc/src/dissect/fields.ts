/** Fields that several parts of a packet share: self-describing values, addresses, protocol numbers. */
import { ipv4FromBytes, ipv6FromBytes } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { MALFORMED } from '../internal/codes.js';
import type { Note, Walk } from './walk.js';

const PREFIX = ['', '0', '10', '110', '111'] as const;

/** A self-describing variable-length value: its prefix and its bits. Returns the value, or -1 after a failure. */
export const dissectSdvl = (walk: Walk, name: string, note: Note = {}, octetsMax = 2): number => {
  const first = walk.peek();
  if (first < 0) {
    walk.field(name, 8);
    return -1;
  }
  const octets = first < 0x80 ? 1 : first < 0xc0 ? 2 : first < 0xe0 ? 3 : 4;
  if (octets > octetsMax) {
    walk.field(name, 8, { meaning: `more than ${octetsMax} octets` });
    walk.fail(MALFORMED);
    return -1;
  }
  const prefix = (PREFIX[octets] as string).length;
  let value = -1;
  walk.group(name, { section: 'RFC 5795 5.3.2', ...note }, () => {
    walk.field('prefix', prefix, { value: PREFIX[octets], meaning: `${octets} octets` });
    value = walk.field(name, octets * 8 - prefix);
  });
  return walk.failed ? -1 : value;
};

const PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'hop-by-hop options',
  1: 'ICMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'routing header',
  44: 'fragment header',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  55: 'minimal encapsulation',
  58: 'ICMPv6',
  59: 'no next header',
  60: 'destination options',
};

/** An IP protocol number. */
export const dissectProtocol = (walk: Walk, name: string): number =>
  walk.field(name, 8, (raw) => ({ meaning: PROTOCOLS[raw] }));

/** An IPv4 or IPv6 address. */
export const dissectAddress = (walk: Walk, name: string, version: 4 | 6): void => {
  const octets = version === 4 ? 4 : 16;
  const bytes = walk.bytes.subarray(walk.octet, walk.octet + octets);
  const text: E.Either<unknown, string> =
    version === 4 ? ipv4FromBytes(bytes) : ipv6FromBytes(bytes);
  walk.octets(name, octets, { value: E.isRight(text) ? text.right : undefined });
};

/** A port number. */
export const dissectPort = (walk: Walk, name: string): number => walk.field(name, 16);
