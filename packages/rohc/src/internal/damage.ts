/**
 * A decompressor context's states, and how failures speak for damage: `k` of the last `n` packets
 * (RFC 6846 section 5.3.1.2, RFC 3095 section 5.3.2.2.3).
 */

/** Only packets that bring the static part can be decoded. */
export const NO_CONTEXT_STATE = 0;
/** The static part is known: packets with a CRC-7 or CRC-8 can be decoded. */
export const STATIC_CONTEXT_STATE = 1;
/** All packets can be decoded. */
export const FULL_CONTEXT_STATE = 2;

/** Packets that a history has room for, one bit each. */
const HISTORY_MAX = 31;

/** How failures make a context count as damaged: `k` of the last `n` packets, at most 31. */
export interface DamageRule {
  readonly k: number;
  readonly n: number;
}

/** The history of the last `n` packets, the newest lowest, with a failure added; a success is a shift by one. */
export const withFailure = (failures: number, n: number): number =>
  ((failures << 1) | 1) & (n >= HISTORY_MAX ? 0x7fffffff : (1 << n) - 1);

/** Whether `k` packets of a history failed. */
export const isDamaged = (failures: number, k: number): boolean => {
  let count = 0;
  for (let bits = failures; bits !== 0; bits &= bits - 1) count++;
  return count >= k;
};
