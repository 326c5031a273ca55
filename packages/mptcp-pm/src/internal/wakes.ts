/** One timer for the engine's wish to be woken. */

import { type AbortSignalLike, type Clock, Milliseconds, onAbort } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

/** Calls back when a time has come that may move at every step. A later wish costs nothing. */
export class Wakes {
  readonly #clock: Clock;
  readonly #signal: AbortSignalLike;
  readonly #onWake: () => void;
  #wantedAtMs = Number.POSITIVE_INFINITY;
  #armedAtMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, signal: AbortSignalLike, onWake: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#onWake = onWake;
  }

  /** When to call back next, ms of the clock; undefined: not at all. */
  set(atMs: number | undefined): void {
    this.#wantedAtMs = atMs ?? Number.POSITIVE_INFINITY;
    // A timer that is set for earlier looks again when it fires.
    if (this.#wantedAtMs >= this.#armedAtMs) return;
    this.#arm();
  }

  #arm(): void {
    this.#cancel?.();
    if (this.#signal.aborted) return;
    const controller = new AbortController();
    const off = onAbort(this.#signal, () => controller.abort());
    this.#cancel = () => {
      off();
      controller.abort();
    };
    this.#armedAtMs = this.#wantedAtMs;
    const left = Math.max(0, this.#wantedAtMs - this.#clock.nowMs());
    void this.#clock
      .sleep(Milliseconds.clamp(left), controller.signal)()
      .then((slept) => {
        if (E.isLeft(slept)) return;
        off();
        this.#armedAtMs = Number.POSITIVE_INFINITY;
        this.#cancel = undefined;
        // A platform timer may be early by a fraction of a millisecond.
        if (this.#clock.nowMs() >= this.#wantedAtMs) {
          this.#wantedAtMs = Number.POSITIVE_INFINITY;
          this.#onWake();
        } else if (this.#wantedAtMs < Number.POSITIVE_INFINITY) this.#arm();
      });
  }
}
