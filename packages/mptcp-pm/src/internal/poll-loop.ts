/** When to poll, and what: never two at once, one by one while subflows are few, all of them now and then. */

import type { NetlinkError } from '@liquid/netlink';
import { type AbortSignalLike, type Clock, isIpv6, Milliseconds } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { PathManagerStats } from '../path-manager.js';
import type { FourTuple, SubflowSample, Token } from '../model.js';
import type { PmView } from '../policy.js';
import type { Poller } from '../poller.js';

export interface PollLoopOptions {
  readonly poller: Poller;
  readonly clock: Clock;
  readonly signal: AbortSignalLike;
  readonly view: () => PmView;
  readonly pollMs: number;
  /** Most subflows that are asked for one by one; below 0 everything is always polled whole. */
  readonly exactLimit: number;
  readonly completeMs: number;
  /** A connection whose end no event told. */
  readonly onGone: (token: Token) => void;
  readonly onSamples: (complete: boolean, samples: ReadonlyArray<SubflowSample>) => void;
  readonly onFailure: (error: NetlinkError) => void;
}

const BOTH = [4, 6] as const;
const IPV4 = [4] as const;

type Counters = Pick<
  PathManagerStats,
  'exactPolls' | 'completePolls' | 'skippedPolls' | 'failedPolls' | 'samples'
>;

/** See the file. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #counters: { -readonly [K in keyof Counters]: Counters[K] } = {
    exactPolls: 0,
    completePolls: 0,
    skippedPolls: 0,
    failedPolls: 0,
    samples: 0,
  };
  #lastCompleteMs = Number.NEGATIVE_INFINITY;
  #current: Promise<E.Either<NetlinkError, void>> | undefined;
  #demanded = false;
  #wholeTicks = 0;
  #ipv6 = true;

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  stats(): Counters {
    return { ...this.#counters };
  }

  /** A complete poll that begins now, or as soon as the one that is under way has ended. */
  async pollNow(): Promise<E.Either<NetlinkError, void>> {
    while (this.#current !== undefined) await this.#current;
    return this.#complete(true);
  }

  /** There may be a subflow over IPv6 from now on: until then its sockets are not looked through. */
  noticeIpv6(): void {
    this.#ipv6 = true;
  }

  /**
   * {@link pollNow} for those who don't wait; what is demanded twice meanwhile is done once. The next
   * ticks poll everything, too: what late events said of before the loss outlives a single poll.
   */
  demand(): void {
    this.#wholeTicks = 2;
    if (this.#demanded || this.#options.signal.aborted) return;
    this.#demanded = true;
    void this.pollNow();
  }

  /** Begins ticking; gives what waits for the end of the last poll. */
  start(): TaskEither<never, void> {
    const ended = this.#tick();
    return async () => {
      await ended;
      await this.#current;
      return E.right(undefined);
    };
  }

  async #tick(): Promise<void> {
    const { clock, signal, pollMs } = this.#options;
    const period = Milliseconds.clamp(pollMs);
    for (;;) {
      const slept = await clock.sleep(period, signal)();
      if (E.isLeft(slept)) return;
      if (this.#current !== undefined) {
        this.#counters.skippedPolls++;
        continue;
      }
      this.#poll();
    }
  }

  #poll(): void {
    const { view, exactLimit, completeMs, clock, onSamples, poller } = this.#options;
    const known = exactLimit < 0 ? undefined : tuplesUpTo(view(), exactLimit);
    const due = this.#wholeTicks > 0 || clock.nowMs() - this.#lastCompleteMs >= completeMs;
    if (known === undefined || due) {
      this.#wholeTicks = Math.max(0, this.#wholeTicks - 1);
      void this.#complete(due || exactLimit < 0);
      return;
    }
    if (known.length === 0) return;
    const samples = poller.exact(known);
    this.#counters.exactPolls++;
    this.#counters.samples += samples.length;
    onSamples(false, samples);
  }

  /**
   * A connection outlives its last subflow for a while, and its end is told by an event; where that
   * was lost, or never comes to an observer, the kernel is asked.
   */
  #bury(): void {
    const { view, poller, onGone } = this.#options;
    const orphans: Array<Token> = [];
    for (const { token, subflows } of view().connections()) {
      if (subflows.length === 0) orphans.push(token);
    }
    for (const token of orphans) if (poller.isGone(token)) onGone(token);
  }

  /**
   * Polls by dumps. The kernel looks through its whole table for each family, so one that no subflow
   * is known of is left out unless the poll is to be `thorough`.
   */
  #complete(thorough: boolean): Promise<E.Either<NetlinkError, void>> {
    this.#demanded = false;
    const { clock, poller, onSamples, onFailure, signal } = this.#options;
    if (thorough) this.#lastCompleteMs = clock.nowMs();
    const families = thorough || this.#ipv6 ? BOTH : IPV4;
    if (thorough) this.#ipv6 = false;
    const run = async (): Promise<E.Either<NetlinkError, void>> => {
      const polled = await poller.complete(families);
      this.#current = undefined;
      if (signal.aborted) return E.right(undefined);
      if (E.isLeft(polled)) {
        this.#counters.failedPolls++;
        onFailure(polled.left);
        return polled;
      }
      this.#counters.completePolls++;
      this.#counters.samples += polled.right.length;
      if (thorough && polled.right.some(({ local }) => isIpv6(local))) this.#ipv6 = true;
      onSamples(true, polled.right);
      if (thorough) this.#bury();
      return E.right(undefined);
    };
    const current = run();
    this.#current = current;
    return current;
  }
}

/** The subflows that have a port, unless they are more than `limit`. */
const tuplesUpTo = (view: PmView, limit: number): ReadonlyArray<FourTuple> | undefined => {
  const tuples: Array<FourTuple> = [];
  if (view.connectionCount > limit) return undefined;
  for (const { subflows } of view.connections()) {
    for (const subflow of subflows) if (subflow.localPort !== 0) tuples.push(subflow);
    if (tuples.length > limit) return undefined;
  }
  return tuples;
};
