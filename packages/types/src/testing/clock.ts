/** A clock that stands still until a test moves it. */

import * as E from 'fp-ts/lib/Either.js';

import { abortedBy, type AbortSignalLike, checkAborted, onAbort } from '../abort.js';
import type { Clock } from '../clock.js';
import type { Aborted } from '../errors.js';
import { host } from '../internal/host.js';
import { Microseconds, Milliseconds } from '../units.js';

/**
 * A {@link Clock} under the test's control.
 *
 * @since 0.1.0
 */
export interface ManualClock extends Clock {
  /**
   * Moves on by a duration, stopping at each sleep that ends on the way: its waiter runs, and may
   * sleep again, before the clock goes further. Equal deadlines wake in the order of their sleeps.
   */
  readonly advance: (duration: Milliseconds) => Promise<void>;
  /** Moves on to the next sleep's end; false when nobody sleeps. */
  readonly advanceToNext: () => Promise<boolean>;
  /** How many sleep. */
  readonly sleeping: () => number;
  /** Makes the date jump without time passing, as an operator or NTP does. */
  readonly setWall: (wall: Milliseconds) => void;
}

interface Sleeper {
  readonly deadlineUs: number;
  readonly wake: () => void;
}

/** Lets everything run that a resolved promise set going, also over several `await`s. */
const settle = (): Promise<void> => new Promise((resolve) => host.setTimeout(resolve, 0));

/**
 * Makes a manual clock.
 *
 * @param options - `wall`: the date it starts at (default 1970-01-01); monotonic time starts at 0
 * @example
 * ```ts
 * import { Milliseconds } from '@liquid/types'
 * import { createManualClock } from '@liquid/types/testing'
 *
 * const clock = createManualClock()
 * const nap = clock.sleep(Milliseconds.clamp(60_000))()
 * await clock.advance(Milliseconds.clamp(60_000))
 * console.log((await nap)._tag, clock.nowMs()) // Right 60000
 * ```
 * @since 0.1.0
 */
export const createManualClock = (options: { readonly wall?: Milliseconds } = {}): ManualClock => {
  let nowUs = 0;
  let wallAtZeroMs: number = options.wall ?? 0;
  let sleepers: ReadonlyArray<Sleeper> = [];

  const next = (): Sleeper | undefined =>
    sleepers.reduce<Sleeper | undefined>(
      (best, sleeper) =>
        best === undefined || sleeper.deadlineUs < best.deadlineUs ? sleeper : best,
      undefined,
    );
  const wakeUntil = async (deadlineUs: number): Promise<void> => {
    // What was started just before may not have reached its sleep yet.
    await settle();
    for (let due = next(); due !== undefined && due.deadlineUs <= deadlineUs; due = next()) {
      nowUs = Math.max(nowUs, due.deadlineUs);
      due.wake();
      await settle();
    }
    nowUs = Math.max(nowUs, deadlineUs);
  };
  return {
    nowUs: () => Microseconds.clamp(nowUs),
    nowMs: () => Milliseconds.clamp(nowUs / 1000),
    wallMs: () => Milliseconds.clamp(wallAtZeroMs + nowUs / 1000),
    sleep: (duration: Milliseconds, signal?: AbortSignalLike) => () => {
      const before = checkAborted('sleep', signal);
      if (E.isLeft(before)) return Promise.resolve(before);
      return new Promise<E.Either<Aborted, void>>((resolve) => {
        const end = (result: E.Either<Aborted, void>): void => {
          off();
          sleepers = sleepers.filter((other) => other !== sleeper);
          resolve(result);
        };
        const sleeper: Sleeper = {
          deadlineUs: nowUs + duration * 1000,
          wake: () => end(E.right(undefined)),
        };
        sleepers = [...sleepers, sleeper];
        const off = onAbort(signal, () => {
          if (signal !== undefined) end(E.left(abortedBy('sleep', signal)));
        });
      });
    },
    advance: (duration) => wakeUntil(nowUs + duration * 1000),
    advanceToNext: async () => {
      await settle();
      const due = next();
      if (due === undefined) return false;
      await wakeUntil(due.deadlineUs);
      return true;
    },
    sleeping: () => sleepers.length,
    setWall: (wall) => {
      wallAtZeroMs = wall - nowUs / 1000;
    },
  };
};
