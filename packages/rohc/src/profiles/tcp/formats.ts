/**
 * The packet formats of ROHC-TCP (RFC 6846 section 8.2), numbered and described as data.
 *
 * The tables here are what the dissector shows and what the tests hold the hand-written codecs of `base-header.ts`
 * against; the hot paths use only the numbers.
 */

/** Packet format numbers; the random and the sequential set each are eight in a row. */
export const IR = 0;
export const IR_CR = 1;
export const IR_DYN = 2;
export const CO_COMMON = 3;
/** `rnd_1` is RND + 1, … `rnd_8` is RND + 8. */
export const RND = 3;
/** `seq_1` is SEQ + 1, … `seq_8` is SEQ + 8. */
export const SEQ = 11;

/** Whether a CO format carries a CRC-7 instead of a CRC-3. */
export const isStrong = (format: number): boolean =>
  format === CO_COMMON || format === RND + 8 || format === SEQ + 8;

/** Names by number, in the RFC's spelling. */
export const TCP_FORMAT_NAMES = [
  'IR',
  'IR-CR',
  'IR-DYN',
  'co_common',
  'rnd_1',
  'rnd_2',
  'rnd_3',
  'rnd_4',
  'rnd_5',
  'rnd_6',
  'rnd_7',
  'rnd_8',
  'seq_1',
  'seq_2',
  'seq_3',
  'seq_4',
  'seq_5',
  'seq_6',
  'seq_7',
  'seq_8',
] as const;

/** IP-ID behaviours (RFC 6846 section 8.2, constants). */
export const SEQUENTIAL = 0;
export const SEQUENTIAL_SWAPPED = 1;
export const RANDOM = 2;
export const ZERO = 3;

/** Octets of each base header, the first octet included and the CID not; for co_common its fixed part. */
export const BASE_LENGTH = /* @__PURE__ */ Uint8Array.of(
  0,
  0,
  0,
  5,
  4,
  2,
  3,
  2,
  5,
  4,
  6,
  7,
  4,
  3,
  4,
  2,
  6,
  5,
  6,
  7,
);

/** One field of a base header: its name, width in bits and, where it is LSB-coded, the interval offset p. */
export interface BaseField {
  readonly name: string;
  readonly bits: number;
  readonly p?: number;
  /** For a discriminator: its value. */
  readonly value?: number;
}

const d = (bits: string): BaseField => ({
  name: 'discriminator',
  bits: bits.length,
  value: Number.parseInt(bits, 2),
});
const f = (name: string, bits: number, p?: number): BaseField =>
  p === undefined ? { name, bits } : { name, bits, p };
const MSN = f('msn', 4, 4);
const PSH = f('psh_flag', 1);
const CRC3 = f('header_crc', 3);
const CRC7 = f('header_crc', 7);

/** The base headers bit by bit, by format number; IR formats have none. */
export const BASE_FIELDS: readonly (readonly BaseField[])[] = [
  [],
  [],
  [],
  [
    d('1111101'),
    f('ttl_hopl_outer_flag', 1),
    f('ack_flag', 1),
    PSH,
    f('rsf_flags', 2),
    MSN,
    f('seq_indicator', 2),
    f('ack_indicator', 2),
    f('ack_stride_indicator', 1),
    f('window_indicator', 1),
    f('ip_id_indicator', 1),
    f('urg_ptr_present', 1),
    f('reserved', 1),
    f('ecn_used', 1),
    f('dscp_present', 1),
    f('ttl_hopl_present', 1),
    f('list_present', 1),
    f('ip_id_behavior_innermost', 2),
    f('urg_flag', 1),
    f('df', 1),
    CRC7,
  ],
  [d('101110'), f('seq_number', 18, 65535), MSN, PSH, CRC3],
  [d('1100'), f('seq_number_scaled', 4, 7), MSN, PSH, CRC3],
  [d('0'), f('ack_number', 15, 8191), MSN, PSH, CRC3],
  [d('1101'), f('ack_number_scaled', 4, 3), MSN, PSH, CRC3],
  [d('100'), PSH, MSN, CRC3, f('seq_number', 14, 8191), f('ack_number', 15, 8191)],
  [d('1010'), CRC3, PSH, f('ack_number', 16, 16383), MSN, f('seq_number_scaled', 4, 7)],
  [d('101111'), f('ack_number', 18, 65535), f('window', 16), MSN, PSH, CRC3],
  [
    d('10110'),
    f('rsf_flags', 2),
    f('list_present', 1),
    CRC7,
    MSN,
    PSH,
    f('ttl_hopl', 3, 3),
    f('ecn_used', 1),
    f('seq_number', 16, 65535),
    f('ack_number', 16, 16383),
  ],
  [d('1010'), f('ip_id', 4, 3), f('seq_number', 16, 32767), MSN, PSH, CRC3],
  [d('11010'), f('ip_id', 7, 3), f('seq_number_scaled', 4, 7), MSN, PSH, CRC3],
  [d('1001'), f('ip_id', 4, 3), f('ack_number', 16, 16383), MSN, PSH, CRC3],
  [d('0'), f('ack_number_scaled', 4, 3), f('ip_id', 3, 1), MSN, PSH, CRC3],
  [
    d('1000'),
    f('ip_id', 4, 3),
    f('ack_number', 16, 16383),
    f('seq_number', 16, 32767),
    MSN,
    PSH,
    CRC3,
  ],
  [
    d('11011'),
    f('seq_number_scaled', 4, 7),
    f('ip_id', 7, 3),
    f('ack_number', 16, 16383),
    MSN,
    PSH,
    CRC3,
  ],
  [d('1100'), f('window', 15, 16383), f('ip_id', 5, 3), f('ack_number', 16, 32767), MSN, PSH, CRC3],
  [
    d('1011'),
    f('ip_id', 4, 3),
    f('list_present', 1),
    CRC7,
    MSN,
    PSH,
    f('ttl_hopl', 3, 3),
    f('ecn_used', 1),
    f('ack_number', 15, 8191),
    f('rsf_flags', 2),
    f('seq_number', 14, 8191),
  ],
];

/** The format of a CO packet by its first octet, in the random set or the sequential one; -1 where none fits. */
export const formatOf = (first: number, sequential: boolean): number => {
  if ((first & 0xfe) === 0xfa) return CO_COMMON;
  if (sequential) {
    if (first < 0x80) return SEQ + 4;
    switch (first >>> 4) {
      case 0x8:
        return SEQ + 5;
      case 0x9:
        return SEQ + 3;
      case 0xa:
        return SEQ + 1;
      case 0xb:
        return SEQ + 8;
      case 0xc:
        return SEQ + 7;
      case 0xd:
        return (first & 0x08) === 0 ? SEQ + 2 : SEQ + 6;
      default:
        return -1;
    }
  }
  if (first < 0x80) return RND + 3;
  if (first < 0xa0) return RND + 5;
  if (first < 0xb0) return RND + 6;
  if (first < 0xb8) return RND + 8;
  if (first < 0xbc) return RND + 1;
  if (first < 0xc0) return RND + 7;
  if (first < 0xd0) return RND + 2;
  if (first < 0xe0) return RND + 4;
  return -1;
};
