/** Typed event streams: listeners that are called at once, and bounded queues that are read in turn. */

import * as O from 'fp-ts/lib/Option.js';

import { type AbortSignalLike, onAbort } from './abort.js';
import { limitExceeded, type LimitExceeded } from './errors.js';
import { host } from './internal/host.js';

/**
 * What a full queue does with one event too many: forget the oldest waiting one, forget the new one,
 * or end the subscription with `LimitExceeded`.
 *
 * @since 0.1.0
 */
export type DropPolicy = 'oldest' | 'newest' | 'error';

/**
 * Waiting events that a subscription holds unless told otherwise: several seconds of a busy stream,
 * and still small.
 *
 * @since 0.1.0
 */
export const DEFAULT_EVENT_CAPACITY = 1024;

/** How a subscription waits. @since 0.1.0 */
export interface SubscribeOptions {
  /** Events held while the reader is busy, from 1; default {@link DEFAULT_EVENT_CAPACITY}. */
  readonly capacity?: number;
  /** What happens with one too many; default `oldest`. */
  readonly onFull?: DropPolicy;
  /** Ends the subscription. */
  readonly signal?: AbortSignalLike;
}

/**
 * A queue of events that is read with `for await`, by one reader. It ends when the stream ends, when
 * the reader leaves the loop, on `dispose`, when the signal fires, and with policy `error` on
 * overflow; what waits is still delivered, except after `dispose`.
 *
 * @since 0.1.0
 */
export interface Subscription<A> extends AsyncIterableIterator<A, undefined, undefined> {
  /** Events lost to the drop policy so far. */
  readonly dropped: () => number;
  /** Why it ended early: some `LimitExceeded` after an overflow with policy `error`. */
  readonly failure: () => O.Option<LimitExceeded>;
  /** Ends it and forgets what waits. Idempotent. */
  readonly dispose: () => void;
}

/**
 * A stream of events, seen from the side that listens. Events before the first listener are lost.
 *
 * @typeParam A - the events: usually a union of objects with `_tag`
 * @since 0.1.0
 */
export interface EventStream<A> {
  /**
   * Calls back on each event, synchronously and in order. Returns what takes the listener off. A
   * listener that throws harms no other listener and not the source: its error surfaces as an
   * uncaught exception of the host.
   */
  readonly on: (listener: (event: A) => void) => () => void;
  /** {@link EventStream.on} for the events with one `_tag`. */
  readonly onTag: <Tag extends TagOf<A>>(
    tag: Tag,
    listener: (event: Extract<A, { readonly _tag: Tag }>) => void,
  ) => () => void;
  /** A bounded queue of the events from now on. */
  readonly subscribe: (options?: SubscribeOptions) => Subscription<A>;
  /** `for await` over a subscription with default options. */
  readonly [Symbol.asyncIterator]: () => Subscription<A>;
}

/** The tags of a union of tagged events. @since 0.1.0 */
export type TagOf<A> = A extends { readonly _tag: infer Tag } ? Tag : never;

/**
 * The side that emits.
 *
 * @since 0.1.0
 */
export interface Emitter<A> {
  /** The side to hand out. */
  readonly stream: EventStream<A>;
  /** Delivers an event; without effect after `end`. Costs one call per listener. */
  readonly emit: (event: A) => void;
  /** Ends all subscriptions and takes all listeners off. Idempotent. */
  readonly end: () => void;
  /** Listeners and subscriptions at present: whether composing an event is worth it. */
  readonly listeners: () => number;
}

/** A queue over a ring that grows to its capacity, then drops by policy. */
const createSubscription = <A>(
  options: SubscribeOptions,
  onEnd: () => void,
): Subscription<A> & { readonly push: (event: A) => void; readonly end: () => void } => {
  const capacity = Math.max(1, Math.trunc(options.capacity ?? DEFAULT_EVENT_CAPACITY) || 1);
  const policy = options.onFull ?? 'oldest';
  let queue: Array<A> = [];
  // Events before `head` have been read; the array is cut once half of it has.
  let head = 0;
  let dropped = 0;
  let ended = false;
  let failure: O.Option<LimitExceeded> = O.none;
  let waiting: Array<(result: IteratorResult<A, undefined>) => void> = [];

  const done = { done: true, value: undefined } as const;
  const end = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
    const readers = waiting;
    waiting = [];
    for (const reader of readers) reader(done);
  };
  const dispose = (): void => {
    queue = [];
    head = 0;
    end();
  };
  const shift = (): A => {
    // Called only when something waits.
    const event = queue[head] as A;
    head++;
    if (head > 32 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    return event;
  };
  const push = (event: A): void => {
    if (ended) return;
    const reader = waiting.shift();
    if (reader !== undefined) {
      reader({ done: false, value: event });
      return;
    }
    if (queue.length - head < capacity) {
      queue.push(event);
      return;
    }
    dropped++;
    if (policy === 'oldest') {
      shift();
      queue.push(event);
    } else if (policy === 'error') {
      failure = O.some(
        limitExceeded({ what: 'waiting events', expected: capacity, actual: capacity + 1 }),
      );
      end();
    }
  };
  const next = (): Promise<IteratorResult<A, undefined>> => {
    if (queue.length > head) return Promise.resolve({ done: false, value: shift() });
    if (ended) return Promise.resolve(done);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const subscription = {
    next,
    return: (): Promise<IteratorResult<A, undefined>> => {
      dispose();
      return Promise.resolve(done);
    },
    [Symbol.asyncIterator]: () => subscription,
    dropped: () => dropped,
    failure: () => failure,
    dispose,
    push,
    end,
  };
  return subscription;
};

/**
 * Makes a stream and the side that emits into it.
 *
 * @example
 * ```ts
 * import { createEmitter } from '@liquid/types'
 *
 * type Event = { readonly _tag: 'up' } | { readonly _tag: 'lost'; readonly packets: number }
 * const emitter = createEmitter<Event>()
 * const queue = emitter.stream.subscribe({ capacity: 2 })
 * emitter.stream.onTag('lost', (event) => console.log(event.packets)) // prints: 3
 * emitter.emit({ _tag: 'up' })
 * emitter.emit({ _tag: 'lost', packets: 3 })
 * emitter.end()
 * for await (const event of queue) console.log(event._tag) // prints: up, lost
 * ```
 * @since 0.1.0
 */
export const createEmitter = <A>(): Emitter<A> => {
  let listeners: ReadonlyArray<(event: A) => void> = [];
  let ended = false;
  const ends = new Set<() => void>();

  const on = (listener: (event: A) => void): (() => void) => {
    if (ended) return () => undefined;
    // A wrapper of its own, so that the same function added twice is taken off once each.
    const entry = (event: A): void => listener(event);
    listeners = [...listeners, entry];
    return () => {
      listeners = listeners.filter((other) => other !== entry);
    };
  };
  const subscribe = (options: SubscribeOptions = {}): Subscription<A> => {
    let release = (): void => undefined;
    const subscription = createSubscription<A>(options, () => release());
    if (ended) {
      subscription.end();
      return subscription;
    }
    const off = on(subscription.push);
    let offSignal = (): void => undefined;
    ends.add(subscription.end);
    release = () => {
      off();
      offSignal();
      ends.delete(subscription.end);
    };
    offSignal = onAbort(options.signal, subscription.end);
    return subscription;
  };
  const stream: EventStream<A> = {
    on,
    onTag: (tag, listener) =>
      on((event) => {
        const tagged = event as { readonly _tag?: unknown };
        if (tagged._tag === tag) listener(event as Parameters<typeof listener>[0]);
      }),
    subscribe,
    [Symbol.asyncIterator]: () => subscribe(),
  };
  return {
    stream,
    emit: (event) => {
      // The list is replaced, never changed: a listener may add or remove while this runs.
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (bug) {
          host.queueMicrotask(() => {
            throw bug;
          });
        }
      }
    },
    end: () => {
      ended = true;
      // Each one takes itself out of the set, which a Set allows while it is walked.
      for (const end of ends) end();
      listeners = [];
    },
    listeners: () => listeners.length,
  };
};
