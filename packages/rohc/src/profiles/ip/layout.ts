/**
 * Where the IP headers of a packet lie and which of their octets the CRC of a compressed header covers in which order
 * (RFC 3095 sections 5.7.7.3, 5.7.7.4, 5.8.7, 5.9.2).
 */
import { CRC3_INIT, CRC7_INIT, crc3, crc7 } from '../../crc.js';
import {
  HEADER_OCTETS_MAX,
  type HeaderChain,
  IP_HEADERS_MAX,
  IPV4,
  IPV6,
  onesSum,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  ROUTING,
} from '../../internal/header-chain.js';

/** Octets of a header without options and of one without extension headers. */
export const IPV4_OCTETS = 20;
export const IPV6_OCTETS = 40;

/** Words of {@link IpLayout} for one level, an IP header with the extension headers behind it. */
export const LEVEL_WORDS = 4;
/** Place of the IP header. */
export const AT = 0;
/** Octets of the IP header and its extension headers. */
export const SIZE = 1;
/** 4 or 6. */
export const VERSION = 2;
/** Protocol number of what follows the last extension header: the Next Header of the static chain. */
export const PROTOCOL = 3;

/** The IP headers of one packet, outermost first. */
export interface IpLayout {
  /** Levels in use. */
  count: number;
  /** Place behind the last level. */
  end: number;
  /** {@link LEVEL_WORDS} words a level. */
  readonly levels: Int32Array;
}

export const createIpLayout = (): IpLayout => ({
  count: 0,
  end: 0,
  levels: new Int32Array(IP_HEADERS_MAX * LEVEL_WORDS),
});

export const copyIpLayout = (from: IpLayout, to: IpLayout): void => {
  to.count = from.count;
  to.end = from.end;
  for (let i = 0; i < from.levels.length; i++) to.levels[i] = from.levels[i] as number;
};

/** Whether a next header number continues the chain of this profile. */
export const isIp = (protocol: number): boolean =>
  protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6;

/**
 * Takes the leading IP headers and IPv6 extension headers out of a parsed chain, at most `max` IP headers. AH, GRE and
 * minimal encapsulation end the chain, as does a header that a decompressor could not infer (a fragment, options, a
 * wrong length or checksum): they and all behind them count as payload.
 */
export const layOut = (
  chain: HeaderChain,
  packet: Uint8Array,
  max: number,
  layout: IpLayout,
): void => {
  const { levels } = layout;
  let count = 0;
  let word = -LEVEL_WORDS;
  let end = chain.start;
  for (let i = 0; i < chain.count; i++) {
    const kind = chain.kind[i] as number;
    const at = chain.offset[i] as number;
    const length = chain.length[i] as number;
    if (kind === IPV4 || kind === IPV6) {
      if (count === max) break;
      if (!chain.regular && !isRegular(packet, kind, at, chain.end)) break;
      word += LEVEL_WORDS;
      count++;
      levels[word + AT] = at;
      levels[word + SIZE] = length;
      levels[word + VERSION] = kind === IPV4 ? 4 : 6;
      levels[word + PROTOCOL] = packet[at + (kind === IPV4 ? 9 : 6)] as number;
    } else if (kind > ROUTING) {
      break;
    } else {
      levels[word + SIZE] = (levels[word + SIZE] as number) + length;
      levels[word + PROTOCOL] = packet[at] as number;
    }
    end = at + length;
  }
  layout.count = count;
  layout.end = end;
};

/** Whether lengths, checksum and reserved bits of an IP header are those that a decompressor infers. */
const isRegular = (b: Uint8Array, kind: number, at: number, end: number): boolean => {
  if (kind === IPV6) return u16(b, at + 4) === end - at - IPV6_OCTETS;
  return (
    b[at] === 0x45 &&
    u16(b, at + 2) === end - at &&
    (u16(b, at + 6) & 0xbfff) === 0 &&
    u16(b, at + 10) !== 0xffff &&
    onesSum(b, at, at + IPV4_OCTETS) === 0xffff
  );
};

/**
 * Whether profile 0x0004 can carry the packet: at least one header, a chain within limits, and a payload, for an IR
 * packet without one delivers nothing (RFC 3095 section 5.7.7).
 */
export const isIpEligible = (chain: HeaderChain, layout: IpLayout): boolean =>
  layout.count > 0 && layout.end < chain.end && layout.end - chain.start <= HEADER_OCTETS_MAX;

const crc = (three: boolean, b: Uint8Array, from: number, to: number, register: number): number =>
  three ? crc3(b, from, to, register) : crc7(b, from, to, register);

/** CRC-3 (`three`) or CRC-7 register after the CRC-STATIC octets; `base` is added to each level's place. */
export const crcStatic = (
  three: boolean,
  b: Uint8Array,
  base: number,
  layout: IpLayout,
): number => {
  const { levels } = layout;
  let register = three ? CRC3_INIT : CRC7_INIT;
  for (let i = 0, w = 0; i < layout.count; i++, w += LEVEL_WORDS) {
    const at = base + (levels[w + AT] as number);
    if (levels[w + VERSION] === 4) {
      // all but total length, identification and header checksum
      register = crc(three, b, at, at + 2, register);
      register = crc(three, b, at + 6, at + 10, register);
      register = crc(three, b, at + 12, at + 20, register);
    } else {
      // all but payload length; extension headers too
      register = crc(three, b, at, at + 4, register);
      register = crc(three, b, at + 6, at + (levels[w + SIZE] as number), register);
    }
  }
  return register;
};

/** Continues {@link crcStatic} over the CRC-DYNAMIC octets: this is the CRC of the header. */
export const crcDynamic = (
  three: boolean,
  b: Uint8Array,
  base: number,
  layout: IpLayout,
  state: number,
): number => {
  const { levels } = layout;
  let register = state;
  for (let i = 0, w = 0; i < layout.count; i++, w += LEVEL_WORDS) {
    const at = base + (levels[w + AT] as number);
    if (levels[w + VERSION] === 4) {
      register = crc(three, b, at + 2, at + 6, register);
      register = crc(three, b, at + 10, at + 12, register);
    } else register = crc(three, b, at + 4, at + 6, register);
  }
  return register;
};

export const u16 = (b: Uint8Array, at: number): number =>
  ((b[at] as number) << 8) | (b[at + 1] as number);

/** The two octets of a 16-bit value exchanged. */
export const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >>> 8);
