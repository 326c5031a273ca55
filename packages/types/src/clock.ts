/** Time as a parameter: two readings and a sleep, so that a test can hold the clock. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

import { abortedBy, type AbortSignalLike, checkAborted, onAbort } from './abort.js';
import type { Aborted } from './errors.js';
import { host } from './internal/host.js';
import { Microseconds, Milliseconds } from './units.js';

/**
 * A source of time. Whatever measures, waits or expires takes one; `@liquid/types/testing` has a
 * clock that tests move by hand.
 *
 * @since 0.1.0
 */
export interface Clock {
  /**
   * Microseconds since an arbitrary start that is fixed for this clock. Never goes back; goes on
   * while the machine runs, whatever happens to the date. For durations and deadlines.
   */
  readonly nowUs: () => Microseconds;
  /** {@link Clock.nowUs} in milliseconds, with the fraction. */
  readonly nowMs: () => Milliseconds;
  /** The date: milliseconds since 1970-01-01T00:00Z. May jump. For people and for foreign formats. */
  readonly wallMs: () => Milliseconds;
  /**
   * Resolves after a duration, Left `Aborted` as soon as the signal fires. Any duration is possible,
   * also beyond the 24.8 days of one platform timer. Keeps the process alive while it waits.
   */
  readonly sleep: (duration: Milliseconds, signal?: AbortSignalLike) => TaskEither<Aborted, void>;
}

/** The platform holds timer delays in a signed 32-bit number; longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const sleep =
  (duration: Milliseconds, signal?: AbortSignalLike): TaskEither<Aborted, void> =>
  () => {
    const before = checkAborted('sleep', signal);
    if (E.isLeft(before)) return Promise.resolve(before);
    return new Promise((resolve) => {
      let timer: unknown;
      const off = onAbort(signal, () => {
        host.clearTimeout(timer);
        if (signal !== undefined) resolve(E.left(abortedBy('sleep', signal)));
      });
      const wait = (left: number): void => {
        const step = Math.min(left, LONGEST_TIMER_MS);
        timer = host.setTimeout(() => {
          if (left > step) wait(left - step);
          else {
            off();
            resolve(E.right(undefined));
          }
        }, step);
      };
      wait(duration);
    });
  };

/**
 * The machine's clock: `performance.now` for the monotonic readings, `Date.now` for the wall,
 * `setTimeout` for sleeping.
 *
 * @example
 * ```ts
 * import { Milliseconds, systemClock } from '@liquid/types'
 *
 * const before = systemClock.nowUs()
 * await systemClock.sleep(Milliseconds.clamp(5))()
 * console.log(systemClock.nowUs() > before) // true
 * ```
 * @since 0.1.0
 */
export const systemClock: Clock = {
  nowUs: () => Microseconds.clamp(host.performance.now() * 1000),
  nowMs: () => Milliseconds.clamp(host.performance.now()),
  wallMs: () => Milliseconds.clamp(Date.now()),
  sleep,
};
