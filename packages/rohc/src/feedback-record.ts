/** What a feedback element can say, in the numbers of RFC 5795, RFC 6846 and RFC 3095. */

/**
 * Acknowledges a packet that was decompressed.
 *
 * @since 0.1.0
 */
export const FEEDBACK_ACK = 0;
/**
 * The dynamic part of the context is considered invalid.
 *
 * @since 0.1.0
 */
export const FEEDBACK_NACK = 1;
/**
 * The whole context is considered invalid, or there is none.
 *
 * @since 0.1.0
 */
export const FEEDBACK_STATIC_NACK = 2;

/**
 * Unidirectional mode, as an RFC 3095 profile's FEEDBACK-2 and extension 3 number it.
 *
 * @since 0.1.0
 */
export const MODE_UNIDIRECTIONAL = 1;
/**
 * Bidirectional optimistic mode.
 *
 * @since 0.1.0
 */
export const MODE_OPTIMISTIC = 2;
/**
 * Bidirectional reliable mode, which this implementation declines.
 *
 * @since 0.1.0
 */
export const MODE_RELIABLE = 3;

/**
 * What one feedback element says; filled by `readFeedbackData`.
 *
 * @since 0.1.0
 */
export interface FeedbackRecord {
  /** 1 for FEEDBACK-1, 2 for FEEDBACK-2. */
  format: number;
  /** {@link FEEDBACK_ACK}, {@link FEEDBACK_NACK} or {@link FEEDBACK_STATIC_NACK}. */
  ackType: number;
  /** RFC 3095 profiles: the mode that the decompressor works in or asks for; 0 when none was sent. */
  mode: number;
  /** Least significant bits of the (master) sequence number. */
  sn: number;
  /** How many bits `sn` has: 8, 12, 14, 16, 20 or 28. */
  snBits: number;
  /** False when the element says that its sequence number means nothing. */
  snValid: boolean;
  /** Whether a CRC was there and matched: without it RFC 3095 profiles must not change their mode. */
  crc: boolean;
  /** The decompressor has no resources for this flow: compression must stop. */
  reject: boolean;
  /** The decompressor can't keep the context as the flow is compressed now. */
  contextMemory: boolean;
  /** RFC 3095: clock resolution in milliseconds, or -1. */
  clockMs: number;
  /** RFC 3095: largest jitter observed, or -1. */
  jitter: number;
  /** RFC 3095: longest run of lost packets observed, or -1. */
  loss: number;
}

/**
 * Creates an empty record, to be filled many times.
 *
 * @since 0.1.0
 */
export const createFeedbackRecord = (): FeedbackRecord => ({
  format: 0,
  ackType: FEEDBACK_ACK,
  mode: 0,
  sn: 0,
  snBits: 0,
  snValid: true,
  crc: false,
  reject: false,
  contextMemory: false,
  clockMs: -1,
  jitter: -1,
  loss: -1,
});

/** Empties a record. */
export const clearFeedbackRecord = (record: FeedbackRecord): void => {
  record.format = 0;
  record.ackType = FEEDBACK_ACK;
  record.mode = 0;
  record.sn = 0;
  record.snBits = 0;
  record.snValid = true;
  record.crc = false;
  record.reject = false;
  record.contextMemory = false;
  record.clockMs = -1;
  record.jitter = -1;
  record.loss = -1;
};
