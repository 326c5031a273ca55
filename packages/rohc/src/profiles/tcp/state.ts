/**
 * The dynamic part of a ROHC-TCP context as one row of 32-bit words, so that it is copied, rotated and rolled back in
 * constant time.
 */
import { HEADERS_MAX, IP_HEADERS_MAX } from '../../internal/header-chain.js';

export const MSN = 0;
export const SEQ = 1;
export const ACK = 2;
export const WINDOW = 3;
export const URG_PTR = 4;
export const ACK_STRIDE = 5;
export const SEQ_SCALED = 6;
export const SEQ_RESIDUE = 7;
export const ACK_SCALED = 8;
export const ACK_RESIDUE = 9;
export const ECN_USED = 10;
/** TCP's reserved flags (4 bits) and ECN flags (2 bits). */
export const RES_FLAGS = 11;
export const TCP_ECN = 12;
/** TCP's ACK, URG, PSH and RST/SYN/FIN bits as they stand in the header. */
export const FLAGS = 13;
/** IP-ID of the innermost IPv4 header minus MSN, modulo 2^16, in network byte order whatever the behaviour. */
export const IP_ID_OFFSET = 14;
/** Item table: one bit for each index that holds an item. */
export const TABLE = 15;
/** The list: number of items, then their indexes, four bits each, item 0 lowest. */
export const LIST_COUNT = 16;
export const LIST_LOW = 17;
export const LIST_HIGH = 18;
export const MSS = 19;
export const WINDOW_SCALE = 20;
export const TS_VALUE = 21;
export const TS_ECHO = 22;
export const SACK_BLOCKS = 23;
/** Up to four blocks: start, end, start, end … */
export const SACK = 24;
/** Octets of padding behind the EOL option. */
export const EOL_PADDING = 32;
export const CHECKSUM = 33;
/** One row of {@link IP_WORDS} for each IP header, outermost first. */
export const IP = 34;
export const IP_WORDS = 5;
export const IP_TOS = 0;
export const IP_TTL = 1;
export const IP_DF = 2;
export const IP_BEHAVIOR = 3;
export const IP_ID = 4;
/** AH or GRE sequence number, by header index. */
export const SEQUENCE = /* @__PURE__ */ (() => IP + IP_WORDS * IP_HEADERS_MAX)();
/** Words in a row. */
export const STATE_WORDS = /* @__PURE__ */ (() => SEQUENCE + HEADERS_MAX)();

/** Item table indexes (RFC 6846 section 6.3.4). */
export const INDEX_NOP = 0;
export const INDEX_EOL = 1;
export const INDEX_MSS = 2;
export const INDEX_WINDOW_SCALE = 3;
export const INDEX_TIMESTAMP = 4;
export const INDEX_SACK_PERMITTED = 5;
export const INDEX_SACK = 6;
export const INDEX_GENERIC = 7;
export const INDEX_MAX = 15;

/** TCP option kinds. */
export const KIND_EOL = 0;
export const KIND_NOP = 1;
export const KIND_MSS = 2;
export const KIND_WINDOW_SCALE = 3;
export const KIND_SACK_PERMITTED = 4;
export const KIND_SACK = 5;
export const KIND_TIMESTAMP = 8;

/** Generic items: option_static, length and the option's octets (38 of contents at most, kind first). */
export const GENERIC_ITEMS = 9;
export const GENERIC_OCTETS = 42;
export const GENERIC_STATIC = 0;
export const GENERIC_LENGTH = 1;
export const GENERIC_KIND = 2;
/** The contents start here: kind and length are not among them. */
export const GENERIC_CONTENTS = 3;
export const GENERIC_TABLE_OCTETS = /* @__PURE__ */ (() => GENERIC_ITEMS * GENERIC_OCTETS)();

/** Reads item `i` of the list in row `at`. */
export const listItem = (state: Uint32Array, at: number, i: number): number =>
  i < 8
    ? ((state[at + LIST_LOW] as number) >>> (i * 4)) & 15
    : ((state[at + LIST_HIGH] as number) >>> ((i - 8) * 4)) & 15;
