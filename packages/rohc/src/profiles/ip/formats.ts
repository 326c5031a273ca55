/** Packet types of profile 0x0004 and what the two sides must agree on about them (RFC 3843, RFC 3095 section 5.11). */

/** Profile identifier. */
export const PROFILE_IP = 0x0004;

/** Names of the packet formats, by `lastFormat`. */
export const IP_FORMATS = [
  'IR',
  'IR-DYN',
  'UO-0',
  'UO-1',
  'UOR-2',
  'UOR-2-ext0',
  'UOR-2-ext1',
  'UOR-2-ext2',
  'UOR-2-ext3',
] as const;

export const IR = 0;
export const IR_DYN = 1;
export const UO_0 = 2;
export const UO_1 = 3;
export const UOR_2 = 4;
/** UOR-2 with extension `n` is this plus `n`. */
export const UOR_2_EXT = 5;
export const UOR_2_EXT3 = 8;

/** First octets. IR with and without a dynamic chain. */
export const TYPE_IR = 0xfd;
export const TYPE_IR_STATIC = 0xfc;
export const TYPE_IR_DYN = 0xf8;

/** The SN's interpretation interval begins behind the reference in every format (RFC 3095 section 5.11). */
export const SN_P = -1;
/** That of the IP-ID's offset from the SN begins at the reference. */
export const OFFSET_P = 0;

/** Levels that compressed headers carry in compressed form; those behind travel as dynamic parts (RFC 3843 3.2). */
export const COMPRESSED_LEVELS = 2;

/** Flags of an IPv4 header's dynamic part that contexts keep. */
export const FLAG_RND = 0x40;
export const FLAG_NBO = 0x20;
export const FLAG_SID = 0x10;

/** Mode field of extension 3 when a mode transition is declined (RFC 3843 section 3.4). */
export const MODE_CANCEL = 0;

/** Gen_id, XI and item octets of an extension header list: items that one list names at most. */
export const LIST_MAX = 15;
/** Indexes of a translation table that are kept: larger ones are refused. */
export const TABLE_MAX = 16;
