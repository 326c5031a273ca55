/**
 * The negative codes that hot paths return in place of an error object; `errorOf` in `../errors.ts` explains them.
 */

/** The packet ends before a field that its format requires. */
export const TRUNCATED = -1;
/** A CRC over the received or reconstructed header did not match: nothing was delivered. */
export const BAD_CRC = -2;
/** No context, or one too damaged for this packet type, stands behind the packet's CID. */
export const NO_CONTEXT = -3;
/** A profile that this implementation, or this channel, does not have. */
export const UNSUPPORTED_PROFILE = -4;
/** Bits that the RFC requires to be otherwise: reserved fields, unknown packet types, impossible lengths. */
export const MALFORMED = -5;
/** The output buffer can't hold the result. */
export const NO_ROOM = -6;
/** A CID beyond the channel's largest, or the wrong kind of CID. */
export const BAD_CID = -7;
/** A ROHC segment: reassembly is not offered. */
export const SEGMENT = -8;
/** A header, list or packet beyond the configured limits. */
export const OVER_LIMIT = -9;
/** The packet can't be sent as asked (explicit CID or elided checksum) although it could be sent otherwise. */
export const NOT_ELIGIBLE = -10;
/** The packet is not one that any profile of this channel compresses. */
export const UNCOMPRESSIBLE = -11;
/** The context is damaged: this packet type is not tried before a repairing one (RFC 6846 section 5.3.1.2). */
export const DAMAGED = -12;
/** A snapshot whose context is no longer there. */
export const EXPIRED = -13;
