/**
 * Feedback elements as values: the same octets as in `./feedback.ts`, decoded to and encoded from an object, with
 * errors that say what is wrong.
 */
import {
  type Corrupt,
  corrupt,
  type Decode,
  decodeError,
  type LimitExceeded,
  limitExceeded,
  type Truncated,
  truncated,
  type Unsupported,
  unsupported,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import {
  createFeedbackFrame,
  createFeedbackRecord,
  readFeedbackData,
  readFeedbackFrame,
  writeFeedback1,
  writeFeedback2,
} from './feedback.js';
import { BAD_CID, BAD_CRC, TRUNCATED, UNSUPPORTED_PROFILE } from './internal/codes.js';

/**
 * Why a feedback element can't be read or written.
 *
 * `Truncated`: it ends early. `Corrupt`: its CRC does not match. `Decode`: it breaks a rule of its format.
 * `Unsupported`: feedback of that profile is not known. `LimitExceeded`: the CID does not fit the channel.
 *
 * @since 0.1.0
 */
export type FeedbackError = Truncated | Corrupt | Decode | Unsupported | LimitExceeded;

/**
 * One feedback element.
 *
 * @since 0.1.0
 */
export interface Feedback {
  /** Context that the feedback is about. */
  readonly cid: number;
  /** Profile of that context, which settles how the data is read: 0x0000, 0x0004 or 0x0006. */
  readonly profile: number;
  /** FEEDBACK-1 is an unprotected ACK in one octet; FEEDBACK-2 has a CRC, all types and options. */
  readonly format: 1 | 2;
  readonly type: 'ack' | 'nack' | 'static-nack';
  /** RFC 3095 profiles: the mode that the decompressor works in or asks for. */
  readonly mode?: 'unidirectional' | 'optimistic' | 'reliable';
  /** The packet meant: least significant bits of its (master) sequence number. Absent when none is known. */
  readonly sequenceNumber?: { readonly value: number; readonly bits: number };
  /** The decompressor refuses the flow. */
  readonly reject: boolean;
  /** The decompressor lacks memory for the context as the flow is compressed. */
  readonly contextMemory: boolean;
  /** RFC 3095: longest run of lost packets that the decompressor has seen. */
  readonly lossPackets?: number;
}

/**
 * What must be known from outside to read feedback.
 *
 * @since 0.1.0
 */
export interface FeedbackOptions {
  /** Whether the channel that the feedback is about uses large CIDs. */
  readonly largeCids: boolean;
  /** Profile of the context behind a CID, or -1 where there is none. */
  readonly profileOf: (cid: number) => number;
}

const TYPES = ['ack', 'nack', 'static-nack'] as const;
const MODES = [undefined, 'unidirectional', 'optimistic', 'reliable'] as const;

const errorAt = (code: number, offset: number, length: number): FeedbackError => {
  const what = 'feedback element';
  switch (code) {
    case TRUNCATED:
      return truncated({ what, offset, expected: length - offset + 1, actual: length - offset });
    case BAD_CRC:
      return corrupt({ what, offset, expected: 'the CRC-8 of its octets', actual: 'another' });
    case UNSUPPORTED_PROFILE:
      return unsupported({ what, offset, expected: 'profile 0x0000, 0x0004 or 0x0006' });
    case BAD_CID:
      return limitExceeded({ what: 'CID', offset, expected: 16383, actual: 'more than 14 bits' });
    default:
      return decodeError({
        what,
        offset,
        expected: 'FEEDBACK-1 or FEEDBACK-2 of its profile',
        actualText: 'reserved or repeated values',
      });
  }
};

/**
 * Decodes the feedback element at the start of `bytes`; octets behind it are left alone.
 *
 * Errors: {@link FeedbackError}. An element with a wrong CRC or one that its RFC says to discard is an error.
 *
 * @example
 * ```ts
 * import { decodeFeedback } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const bytes = new Uint8Array([0xf1, 0x2a])
 * const feedback = decodeFeedback(bytes, { largeCids: false, profileOf: () => 6 })
 * console.log(E.isRight(feedback) && feedback.right.sequenceNumber?.value) // 42
 * ```
 * @since 0.1.0
 */
export const decodeFeedback = (
  bytes: Uint8Array,
  options: FeedbackOptions,
): E.Either<FeedbackError, Feedback> => {
  const frame = createFeedbackFrame();
  const record = createFeedbackRecord();
  const end = readFeedbackFrame(bytes, 0, bytes.length, options.largeCids, frame);
  if (end < 0) return E.left(errorAt(end, 0, bytes.length));
  const profile = options.profileOf(frame.cid);
  const code = readFeedbackData(profile, bytes, frame.from, frame.data, frame.end, record);
  if (code < 0) return E.left(errorAt(code, frame.data, frame.end));
  const mode = MODES[record.mode];
  return E.right({
    cid: frame.cid,
    profile,
    format: record.format === 1 ? 1 : 2,
    type: TYPES[record.ackType] ?? 'ack',
    ...(mode === undefined ? {} : { mode }),
    ...(record.snValid ? { sequenceNumber: { value: record.sn, bits: record.snBits } } : {}),
    reject: record.reject,
    contextMemory: record.contextMemory,
    ...(record.loss >= 0 ? { lossPackets: record.loss } : {}),
  });
};

/**
 * Encodes a feedback element for a channel with small or large CIDs into a new array.
 *
 * FEEDBACK-2 always carries a CRC. FEEDBACK-1 holds the low octet of the sequence number (0 for profile 0x0000) and
 * nothing else of the object; only an ACK can be sent so.
 *
 * @example
 * ```ts
 * import { encodeFeedback } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const nack = encodeFeedback(
 *   { cid: 3, profile: 6, format: 2, type: 'nack', sequenceNumber: { value: 7, bits: 14 },
 *     reject: false, contextMemory: false },
 *   { largeCids: false },
 * )
 * console.log(E.isRight(nack) && nack.right.length) // 5
 * ```
 * @since 0.1.0
 */
export const encodeFeedback = (
  feedback: Feedback,
  options: Pick<FeedbackOptions, 'largeCids'>,
): E.Either<FeedbackError, Uint8Array> => {
  const out = new Uint8Array(32);
  const large = options.largeCids;
  let length: number;
  if (feedback.format === 1) {
    if (feedback.type !== 'ack') {
      return E.left(
        decodeError({ what: 'FEEDBACK-1', path: 'type', expected: 'ack', actual: feedback.type }),
      );
    }
    const octet = feedback.profile === 0 ? 0 : (feedback.sequenceNumber?.value ?? 0);
    length = writeFeedback1(out, 0, feedback.cid, large, octet);
  } else {
    const record = createFeedbackRecord();
    record.ackType = TYPES.indexOf(feedback.type);
    record.mode = Math.max(0, MODES.indexOf(feedback.mode));
    record.snValid = feedback.sequenceNumber !== undefined;
    record.sn = feedback.sequenceNumber?.value ?? 0;
    record.snBits = feedback.sequenceNumber?.bits ?? 0;
    record.reject = feedback.reject;
    record.contextMemory = feedback.contextMemory;
    record.loss = feedback.lossPackets ?? -1;
    length = writeFeedback2(feedback.profile, out, 0, feedback.cid, large, record);
  }
  if (length === BAD_CID) {
    return E.left(
      limitExceeded({ what: 'CID', expected: large ? 16383 : 15, actual: feedback.cid }),
    );
  }
  return length < 0 ? E.left(errorAt(length, 0, 0)) : E.right(out.slice(0, length));
};
