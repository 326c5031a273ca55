/** The life of a long-lived thing: opened, running, stopped once, with nothing left behind. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type * as t from 'io-ts';

import { abortedBy, type AbortSignalLike, onAbort } from './abort.js';
import { fromUnknown } from './caught.js';
import { closed, type LiquidError, type Tagged } from './errors.js';
import { createEmitter, type EventStream } from './events.js';
import { host } from './internal/host.js';

/**
 * Something that runs until it is stopped: a server, a tunnel, a network in namespaces.
 *
 * @typeParam Event - what it tells while it runs
 * @typeParam Stats - its counters
 * @since 0.1.0
 */
export interface Running<Event, Stats> {
  /**
   * Stops it and releases everything, last acquired first. Idempotent: every call gives the result
   * of the one stopping. All releases are tried even when one fails; Left is the first failure.
   */
  readonly stop: TaskEither<Tagged, void>;
  /**
   * Resolves when it has ended and everything is released, whoever ended it: Right after an orderly
   * stop, Left with the failure that ended it. Never rejects.
   */
  readonly closed: Promise<E.Either<Tagged, void>>;
  /** Ends after `closed`. */
  readonly events: EventStream<Event>;
  /** A snapshot; after the stop the last one. */
  readonly stats: () => Stats;
  /** Codec of {@link Running.stats}, for those who send or store it. */
  readonly statsCodec: t.Type<Stats, unknown, unknown>;
  /** `await using`: the same as `stop`; a failure is reported by `closed`, not thrown. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * What the opening function of {@link openRunning} gets to build with.
 *
 * @since 0.1.0
 */
export interface Scope<Event> {
  /**
   * Registers how to release what was just acquired. Call it right after each acquisition: if a
   * later step fails, what is registered is released again. Releases run one after the other, last
   * registered first. Registered after all others have run, a release runs at once.
   */
  readonly defer: (release: TaskEither<Tagged, void>) => void;
  /** Tells an event. */
  readonly emit: (event: Event) => void;
  /** Ends it from inside: everything is released, `closed` gives this error. First call wins. */
  readonly fail: (error: Tagged) => void;
  /** Ends it from inside in an orderly way, as when the other side said goodbye. */
  readonly finish: () => void;
  /**
   * Fires when the stop begins, also during the opening. Pass it to sleeps and reads, and check
   * `signal.aborted` after every `await` in a driver's loop.
   */
  readonly signal: AbortSignalLike;
}

/** What {@link openRunning} takes. @since 0.1.0 */
export interface OpenOptions<Stats> {
  /** The subject of errors, as in `tunnel`. */
  readonly what: string;
  readonly statsCodec: t.Type<Stats, unknown, unknown>;
  /** Stops it, also while it is being opened; `closed` is then Left `Aborted`. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What the opening function gives back. @since 0.1.0 */
export interface Opened<Stats> {
  /** The counters at this moment. */
  readonly stats: () => Stats;
}

const guarded = async (
  what: string,
  release: TaskEither<Tagged, void>,
): Promise<E.Either<Tagged, void>> => {
  try {
    return await release();
  } catch (caught) {
    return E.left(fromUnknown(what)(caught));
  }
};

/**
 * Opens something long-lived, correctly in the cases that are easily forgotten: a step of opening that
 * fails or throws releases the steps before; the signal stops it at any time; `stop` called twice, or
 * during the opening, or by a failure from inside, releases once; one failing release does not keep
 * the others from running; `closed` and the end of the events come after all releases.
 *
 * The second argument builds it up, registering a release after each step; what it returns besides
 * `stats` becomes part of the running thing.
 *
 * @example
 * ```ts
 * import * as t from 'io-ts'
 * import * as E from 'fp-ts/lib/Either.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { openRunning } from '@liquid/types'
 *
 * const open = openRunning<{ readonly _tag: 'tick' }, { readonly ticks: number }>()(
 *   { what: 'ticker', statsCodec: t.type({ ticks: t.number }) },
 *   (scope) => {
 *     let ticks = 0
 *     const timer = setInterval(() => {
 *       ticks++
 *       scope.emit({ _tag: 'tick' })
 *     }, 1000)
 *     scope.defer(TE.fromIO(() => clearInterval(timer)))
 *     return TE.right({ stats: () => ({ ticks }) })
 *   },
 * )
 * const ticker = await open()
 * if (E.isRight(ticker)) console.log(await ticker.right.stop()) // { _tag: 'Right', right: undefined }
 * ```
 * @since 0.1.0
 */
export const openRunning =
  <Event, Stats>() =>
  <E1 extends Tagged, More extends Opened<Stats>>(
    options: OpenOptions<Stats>,
    acquire: (scope: Scope<Event>) => TaskEither<E1, More>,
  ): TaskEither<E1 | LiquidError, Omit<More, 'stats'> & Running<Event, Stats>> =>
  async () => {
    const { what, signal, statsCodec } = options;
    const emitter = createEmitter<Event>();
    const controller = new host.AbortController();
    const releases: Array<TaskEither<Tagged, void>> = [];
    let released = false;
    let stopping: Promise<E.Either<Tagged, void>> | undefined;
    let failure: Tagged | undefined;
    let readStats = (): Stats | undefined => undefined;
    let lastStats: Stats | undefined;
    const opening = settleable<void>();
    const ended = settleable<E.Either<Tagged, void>>();

    const releaseAll = async (): Promise<E.Either<Tagged, void>> => {
      controller.abort(failure);
      // What is still being acquired must be registered before it can be released.
      await opening.promise;
      let result: E.Either<Tagged, void> = E.right(undefined);
      for (let release = releases.pop(); release !== undefined; release = releases.pop()) {
        const outcome = await guarded(`stopping ${what}`, release);
        if (E.isLeft(outcome) && E.isRight(result)) result = outcome;
      }
      released = true;
      lastStats = readStats();
      off();
      ended.settle(failure === undefined ? result : E.left(failure));
      emitter.end();
      return result;
    };
    const stop = (): Promise<E.Either<Tagged, void>> => (stopping ??= releaseAll());
    const fail = (error: Tagged): void => {
      if (stopping !== undefined) return;
      failure = error;
      void stop();
    };
    let off = (): void => undefined;
    off = onAbort(signal, () => {
      if (signal !== undefined) fail(abortedBy(what, signal));
    });
    const scope: Scope<Event> = {
      defer: (release) => {
        if (released) void guarded(`stopping ${what}`, release);
        else releases.push(release);
      },
      emit: emitter.emit,
      fail,
      finish: () => void stop(),
      signal: controller.signal as AbortSignalLike,
    };

    const acquired: E.Either<E1 | LiquidError, More> =
      stopping === undefined ? await begin(what, acquire, scope) : E.left(closed({ what }));
    opening.settle(undefined);
    if (E.isLeft(acquired) || stopping !== undefined) {
      await stop();
      if (failure !== undefined) return E.left(fromUnknown(`opening ${what}`)(failure));
      return E.isLeft(acquired) ? acquired : E.left(closed({ what }));
    }
    const { stats: read, ...more } = acquired.right;
    readStats = read;
    return E.right({
      ...more,
      stop,
      closed: ended.promise,
      events: emitter.stream,
      stats: () => lastStats ?? read(),
      statsCodec,
      [Symbol.asyncDispose]: async () => {
        await stop();
      },
    });
  };

/** A promise that is settled from outside. */
const settleable = <A>(): { readonly promise: Promise<A>; readonly settle: (value: A) => void } => {
  let settle: (value: A) => void = () => undefined;
  const promise = new Promise<A>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
};

const begin = async <Event, E1 extends Tagged, More>(
  what: string,
  acquire: (scope: Scope<Event>) => TaskEither<E1, More>,
  scope: Scope<Event>,
): Promise<E.Either<E1 | LiquidError, More>> => {
  try {
    return await acquire(scope)();
  } catch (caught) {
    return E.left(fromUnknown(`opening ${what}`)(caught));
  }
};
