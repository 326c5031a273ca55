/** Option types of FEEDBACK-2 (RFC 6846 section 8.3.2, RFC 3095 section 5.7.6.2, RFC 3843 section 3.7). */

/** The CRC as an option, and 5 to 7: the RFC 3095 family alone. */
export const OPTION_CRC = 1;
export const OPTION_REJECT = 2;
export const OPTION_SN_NOT_VALID = 3;
export const OPTION_SN = 4;
export const OPTION_CLOCK = 5;
export const OPTION_JITTER = 6;
export const OPTION_LOSS = 7;
export const OPTION_CONTEXT_MEMORY = 9;
