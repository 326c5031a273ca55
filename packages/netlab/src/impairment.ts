/** Impairment: what happens to packets between the ends of a link – delay, jitter, loss, reordering. */

import * as t from 'io-ts';
import type { Argv } from './argv.js';
import { exact, integerIn, oneOf, refined } from './internal/codec.js';

/**
 * What befalls the packets that one end of a link sends, on their way to the other. Numbers may have
 * fractions; what is left out is 0.
 *
 * Order is kept: jitter makes a packet wait for one that was sent before it, as a queue does, and a
 * delay that becomes shorter lets none overtake. Only `reorderPercent` changes the order.
 *
 * @example
 * ```ts
 * import { Impairment } from '@liquid/netlab'
 *
 * const satellite: Impairment = { delayMs: 270, jitterMs: 5, lossPercent: 0.1, seed: 7 }
 * console.log(Impairment.is(satellite)) // true
 * ```
 * @since 0.1.0
 */
export interface Impairment {
  /** Milliseconds from one end to the other, 0 to 60000. */
  readonly delayMs?: number;
  /**
   * Milliseconds by which the delay varies: half the width of `uniform`, the standard deviation of
   * `normal`. No delay is below 0.
   */
  readonly jitterMs?: number;
  /** How the delay varies; default `uniform`. */
  readonly distribution?: 'uniform' | 'normal';
  /** Percentage of packets that vanish, each on its own. */
  readonly lossPercent?: number;
  /** Percentage of packets that overtake: they are not delayed at all. Needs a delay. */
  readonly reorderPercent?: number;
  /** Packets that are on the way at most; further ones vanish. Default 10000, at most 1000000. */
  readonly limitPackets?: number;
  /**
   * Repeats the same chances, packet by packet, where the relay impairs; default 1. The kernel's
   * `netem` is not given it and draws its own.
   */
  readonly seed?: number;
}

/** What impairs packets: the kernel's `netem`, or a relay behind the kernel's packet queue. @since 0.1.0 */
export type Impairer = 'netem' | 'nfqueue';

/** Packets on the way at most, unless told otherwise. */
export const DEFAULT_LIMIT_PACKETS = 10_000;

const numberIn = (least: number, most: number, expected: string): t.Type<number, unknown> =>
  refined(
    t.number as t.Type<number, unknown>,
    (value) => value >= least && value <= most,
    expected,
  );

const milliseconds = numberIn(0, 60_000, 'milliseconds, 0 to 60000');
const percent = numberIn(0, 100, 'a percentage, 0 to 100');

/** Codec of {@link Impairment}; a key that it does not know is an error. @since 0.1.0 */
export const Impairment: t.Type<Impairment, unknown> = exact<Impairment>('impairment', {
  required: {},
  optional: {
    delayMs: milliseconds,
    jitterMs: milliseconds,
    distribution: oneOf('uniform', 'normal'),
    lossPercent: percent,
    reorderPercent: percent,
    limitPackets: integerIn(1, 1_000_000, 'packets, 1 to 1000000'),
    seed: integerIn(0, 0xffff_ffff, 'a seed, 0 to 2^32 − 1'),
  },
});

/** `tc` takes times as it takes everything, in words; a microsecond is its finest. */
const microseconds = (ms: number): string => `${Math.round(ms * 1000)}us`;

/** Faster than any link: with a rate, netem counts a packet's delay from the one before it. */
const ORDER_KEEPING_RATE = '1000gbit';

/**
 * The arguments with which `tc qdisc` makes netem do an impairment. Pure.
 *
 * @example
 * ```ts
 * import { netemArguments } from '@liquid/netlab'
 *
 * console.log(netemArguments({ delayMs: 20, lossPercent: 1 }).join(' '))
 * // netem limit 10000 delay 20000us rate 1000gbit loss 1%
 * ```
 * @since 0.1.0
 */
export const netemArguments = (impairment: Impairment): Argv => {
  const {
    delayMs = 0,
    jitterMs = 0,
    distribution,
    limitPackets = DEFAULT_LIMIT_PACKETS,
  } = impairment;
  const { lossPercent = 0, reorderPercent = 0 } = impairment;
  const delayed = delayMs > 0 || jitterMs > 0;
  return [
    'netem',
    'limit',
    String(limitPackets),
    ...(delayed ? ['delay', microseconds(delayMs)] : []),
    ...(jitterMs > 0 ? [microseconds(jitterMs)] : []),
    ...(jitterMs > 0 && distribution === 'normal' ? ['distribution', 'normal'] : []),
    ...(delayed ? ['rate', ORDER_KEEPING_RATE] : []),
    ...(lossPercent > 0 ? ['loss', `${lossPercent}%`] : []),
    ...(delayed && reorderPercent > 0 ? ['reorder', `${reorderPercent}%`] : []),
  ];
};
