/** An alarm: a kernel timer whose expiry wakes the event loop, to a few dozen microseconds. */

import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import { CLOCK_MONOTONIC, type Libc, O_CLOEXEC, O_NONBLOCK } from '../libc.js';
import { watchReadable } from '../readable-watch.js';
import { errnoError } from '../system-error.js';

export interface Alarm {
  /** Rings once, after so many milliseconds, instead of when it would have. No allocation. */
  readonly set: (afterMs: number) => void;
}

/** Bytes of `struct itimerspec`: interval and value, each seconds and nanoseconds of 64 bits. */
const ITIMERSPEC = 32;
const VALUE_SECONDS = 2;
const VALUE_NANOSECONDS = 3;

/** Zero would disarm it. */
const SOONEST_NS = 1000;

/**
 * Node's own timers are counted in whole milliseconds and late by up to one; a delay of 10 ms can't
 * be built on them without a loop that burns a core.
 */
export const openAlarm = (libc: Libc, onRing: () => void): E.Either<LiquidError, Alarm> => {
  const fd = libc.timerfdCreate(CLOCK_MONOTONIC, O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return E.left(errnoError('making a timer', libc.errno()));
  const watch = watchReadable(libc, fd, new Uint8Array(8), 'event-loop', {
    onReadable: onRing,
    onFailure: () => undefined,
  });
  if (watch === undefined) return E.left(errnoError('watching a timer', libc.errno()));
  watch.resume();
  const when = new BigInt64Array(ITIMERSPEC / 8);
  const bytes = new Uint8Array(when.buffer);
  // Halves of 32 bits: a BigInt per alarm would be garbage.
  const halves = new Int32Array(when.buffer);
  const low = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
  return E.right({
    set: (afterMs) => {
      const seconds = Math.floor(afterMs / 1000);
      const nanoseconds = Math.floor((afterMs - seconds * 1000) * 1e6);
      halves[2 * VALUE_SECONDS + low] = seconds;
      halves[2 * VALUE_NANOSECONDS + low] =
        seconds === 0 && nanoseconds < SOONEST_NS ? SOONEST_NS : nanoseconds;
      libc.timerfdSettime(fd, 0, bytes, null);
    },
  });
};
