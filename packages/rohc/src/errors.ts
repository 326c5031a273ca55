/**
 * What can go wrong with one packet, and the negative codes that the hot paths return for it.
 */
import {
  type Conflict,
  conflict,
  type Corrupt,
  corrupt,
  type Decode,
  decodeError,
  type LimitExceeded,
  limitExceeded,
  type NotFound,
  notFound,
  type Truncated,
  truncated,
  type Unsupported,
  unsupported,
} from '@liquid/types';
import {
  BAD_CID,
  BAD_CRC,
  DAMAGED,
  EXPIRED,
  MALFORMED,
  NO_CONTEXT,
  NO_ROOM,
  NOT_ELIGIBLE,
  OVER_LIMIT,
  SEGMENT,
  TRUNCATED,
  UNCOMPRESSIBLE,
  UNSUPPORTED_PROFILE,
} from './internal/codes.js';

/**
 * Why a packet was not compressed, not decompressed, or a context not touched.
 *
 * - `Truncated`: the packet ends inside a header.
 * - `Corrupt`: a CRC does not match; nothing was delivered.
 * - `NotFound`: no context stands behind the CID.
 * - `Conflict`: the context is damaged and waits for a packet that repairs it, or a roll-back comes too late.
 * - `Unsupported`: another profile, a ROHC segment, or a packet that can't go out as the caller demands.
 * - `Decode`: reserved bits, unknown packet types, impossible lengths.
 * - `LimitExceeded`: a CID, a header chain or the output buffer is beyond its limit.
 *
 * @since 0.1.0
 */
export type RohcError =
  | Truncated
  | Corrupt
  | NotFound
  | Conflict
  | Unsupported
  | Decode
  | LimitExceeded;

/**
 * Explains a negative code of `compressInto`, `decompressInto` or a feedback function; `length` is the length of the
 * packet that it was returned for. Codes that no function returns are explained as broken invariants.
 *
 * @example
 * ```ts
 * import { errorOf } from '@liquid/rohc'
 *
 * console.log(errorOf(-2, 40)._tag) // Corrupt
 * ```
 * @since 0.1.0
 */
export const errorOf = (code: number, length = 0): RohcError => {
  const what = 'ROHC packet';
  switch (code) {
    case TRUNCATED:
      return truncated({
        message: `ROHC packet is truncated: ${length} octets end inside a header`,
        offset: length,
        expected: 1,
        actual: 0,
      });
    case BAD_CRC:
      return corrupt({
        message: 'ROHC packet does not match its CRC: nothing was delivered',
        expected: 'a matching CRC',
        actual: 'another CRC',
      });
    case NO_CONTEXT:
      return notFound({
        path: 'context',
        message: 'no context for this ROHC packet: an IR packet must come first',
      });
    case UNSUPPORTED_PROFILE:
      return unsupported({
        what: 'ROHC profile',
        expected: '0x0000, 0x0004 or 0x0006',
        actual: 'another profile',
      });
    case NO_ROOM:
      return limitExceeded({
        what: 'output buffer',
        expected: 'room for the packet and its expansion',
        actual: 'less',
      });
    case BAD_CID:
      return limitExceeded({
        what: 'context identifier',
        expected: 'at most the largest CID of the channel',
        actual: 'a larger one',
      });
    case SEGMENT:
      return unsupported({ what: 'ROHC segment', expected: 'whole packets', actual: 'a segment' });
    case OVER_LIMIT:
      return limitExceeded({
        what: 'header chain',
        expected: 'at most 10 headers, 4 of them IP, and 1024 octets',
        actual: 'more',
      });
    case NOT_ELIGIBLE:
      return unsupported({
        what: 'packet',
        expected: 'one that its context can send as a CO packet under the given rules',
        actual: 'one that must go uncompressed',
      });
    case UNCOMPRESSIBLE:
      return unsupported({
        what: 'packet',
        expected: "a packet that one of the channel's profiles compresses",
        actual: 'another packet',
      });
    case DAMAGED:
      return conflict({
        path: 'context',
        message: 'context is damaged: it waits for an IR, IR-DYN or CRC-7 packet',
      });
    case EXPIRED:
      return conflict({
        path: 'snapshot',
        message: 'snapshot is out of date: its context has gone',
      });
    case MALFORMED:
      return decodeError({
        what,
        expected: 'formats and reserved bits as the RFC has them',
        actualText: 'other bits',
      });
    default:
      return decodeError({
        what: 'code',
        expected: 'a negative code of this package',
        actual: code,
      });
  }
};
