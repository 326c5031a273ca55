/** Event streams and Running: order, bounds, and nothing left behind whatever fails when. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { describe, expect, test, vi } from 'vitest';
import { createEmitter, io, openRunning, type Scope, type Tagged } from '../src/index.js';
import { cases } from './cases.js';

const drain = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const out: Array<A> = [];
  for await (const item of items) out.push(item);
  return out;
};

describe('event streams', () => {
  test('call listeners in order, and not after they are taken off', () => {
    const { stream, emit, listeners } = createEmitter<number>();
    const seen: Array<string> = [];
    const listener = (n: number): void => void seen.push(`a${n}`);
    const off = stream.on(listener);
    stream.on(listener);
    stream.on((n) => void seen.push(`b${n}`));
    emit(1);
    off();
    off();
    emit(2);
    expect(seen).toEqual(['a1', 'a1', 'b1', 'a2', 'b2']);
    expect(listeners()).toBe(2);
  });
  test('a listener may add and remove while it is called', () => {
    const { stream, emit } = createEmitter<number>();
    const seen: Array<string> = [];
    const off = stream.on(() => {
      off();
      stream.on((n) => void seen.push(`late${n}`));
    });
    stream.on((n) => void seen.push(`b${n}`));
    emit(1);
    emit(2);
    expect(seen).toEqual(['b1', 'b2', 'late2']);
  });
  test('a listener that throws harms nobody and is not swallowed', async () => {
    const { stream, emit } = createEmitter<number>();
    const bugs: Array<unknown> = [];
    const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => {
      try {
        callback();
      } catch (bug) {
        bugs.push(bug);
      }
    });
    const seen: Array<number> = [];
    stream.on(() => {
      throw new Error('bug');
    });
    stream.on((n) => void seen.push(n));
    emit(1);
    queue.mockRestore();
    expect([seen, bugs]).toEqual([[1], [new Error('bug')]]);
  });
  test('select by tag', () => {
    type Event = { readonly _tag: 'a'; readonly n: number } | { readonly _tag: 'b' };
    const { stream, emit } = createEmitter<Event>();
    let sum = 0;
    stream.onTag('a', ({ n }) => (sum += n));
    emit({ _tag: 'a', n: 2 });
    emit({ _tag: 'b' });
    expect(sum).toBe(2);
  });
  test('queues deliver what waits, then end', async () => {
    const { stream, emit, end } = createEmitter<number>();
    const queue = stream.subscribe();
    const first = queue.next();
    emit(1);
    emit(2);
    end();
    emit(3);
    expect(await first).toEqual({ done: false, value: 1 });
    expect(await drain(queue)).toEqual([2]);
    expect(await drain(stream.subscribe())).toEqual([]);
    stream.on(() => expect.unreachable())();
  });
  test('leaving the loop disposes', async () => {
    const { stream, emit, listeners } = createEmitter<number>();
    const queue = stream.subscribe();
    emit(1);
    emit(2);
    for await (const n of queue) {
      expect(n).toBe(1);
      break;
    }
    expect(listeners()).toBe(0);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
  test('the signal ends a waiting reader, what waits is still delivered', async () => {
    const { stream, emit, listeners } = createEmitter<number>();
    const controller = new AbortController();
    const [busy, idle] = [
      stream.subscribe({ signal: controller.signal }),
      stream.subscribe({ signal: controller.signal }),
    ];
    emit(1);
    const reads = [idle.next(), idle.next()];
    controller.abort();
    expect(await Promise.all(reads)).toEqual([
      { done: false, value: 1 },
      { done: true, value: undefined },
    ]);
    expect(await drain(busy)).toEqual([1]);
    expect(listeners()).toBe(0);
    expect(await drain(stream.subscribe({ signal: controller.signal }))).toEqual([]);
    expect(listeners()).toBe(0);
  });
  test('each policy does what its name says, against a plain model', async () => {
    const steps = fc.array(fc.constantFrom('emit', 'emit', 'read'), {
      minLength: 50,
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('oldest', 'newest', 'error'),
        async (moves, capacity, onFull) => {
          const { stream, emit } = createEmitter<number>();
          const queue = stream.subscribe({ capacity, onFull: onFull as 'oldest' });
          let model: Array<number> = [];
          let lost = 0;
          let over = false;
          let n = 0;
          for (const move of moves) {
            if (move === 'emit') {
              emit(n);
              if (!over && model.length < capacity) model.push(n);
              else if (!over) {
                lost++;
                if (onFull === 'oldest') model = [...model.slice(1), n];
                if (onFull === 'error') over = true;
              }
              n++;
            } else if (model.length > 0) {
              expect(await queue.next()).toEqual({ done: false, value: model.shift() });
            } else if (over) {
              expect(await queue.next()).toEqual({ done: true, value: undefined });
            }
          }
          expect(queue.dropped()).toBe(lost);
          expect(O.isSome(queue.failure())).toBe(over);
          queue.dispose();
          queue.dispose();
          expect(await drain(queue)).toEqual([]);
        },
      ),
      cases(0.01),
    );
  });
});

const statsCodec = t.type({ steps: t.number });
type Stats = t.TypeOf<typeof statsCodec>;
type Event = { readonly _tag: 'said'; readonly text: string };

/** Opens a thing of n steps, keeping a book of what is held. */
const open = (
  steps: number,
  options: {
    readonly signal?: AbortSignal;
    readonly failAt?: number;
    readonly throwAt?: number;
    readonly badRelease?: number;
    readonly during?: (scope: Scope<Event>, step: number) => void;
  } = {},
) => {
  const held = new Set<number>();
  const released: Array<number> = [];
  let scopeOut: Scope<Event> | undefined;
  const task = openRunning<Event, Stats>()(
    { what: 'thing', statsCodec, signal: options.signal },
    (scope): TE.TaskEither<Tagged, { stats: () => Stats; name: string }> =>
      async () => {
        scopeOut = scope;
        for (let step = 0; step < steps; step++) {
          await Promise.resolve();
          if (step === options.failAt) return E.left(io({ message: `step ${step} failed` }));
          if (step === options.throwAt) throw new Error(`step ${step} threw`);
          held.add(step);
          scope.defer(async () => {
            await Promise.resolve();
            held.delete(step);
            released.push(step);
            return step === options.badRelease
              ? E.left(io({ message: 'stuck' }))
              : E.right(undefined);
          });
          options.during?.(scope, step);
        }
        return E.right({ stats: () => ({ steps: held.size }), name: 'x' });
      },
  );
  return { task, held, released, scope: () => scopeOut };
};

describe('openRunning', () => {
  test('releases in reverse, once, and tells closed', async () => {
    const thing = open(3);
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    expect(running.right.stats()).toEqual({ steps: 3 });
    expect(running.right.name).toBe('x');
    expect(running.right.statsCodec.is(running.right.stats())).toBe(true);
    const queue = running.right.events.subscribe();
    thing.scope()?.emit({ _tag: 'said', text: 'hi' });
    const results = await Promise.all([running.right.stop(), running.right.stop()]);
    expect(results).toEqual([E.right(undefined), E.right(undefined)]);
    expect(await running.right.closed).toEqual(E.right(undefined));
    expect(thing.released).toEqual([2, 1, 0]);
    expect(await drain(queue)).toEqual([{ _tag: 'said', text: 'hi' }]);
    await running.right[Symbol.asyncDispose]();
    expect(thing.released).toHaveLength(3);
    expect(running.right.stats()).toEqual({ steps: 0 });
  });
  test('a step that fails or throws releases the steps before', async () => {
    for (const options of [{ failAt: 2 }, { throwAt: 2 }]) {
      const thing = open(4, options);
      expect(await thing.task()).toMatchObject(E.left({ _tag: 'Io' }));
      expect([thing.held.size, thing.released]).toEqual([0, [1, 0]]);
    }
  });
  test('one bad release does not keep the others, and is told', async () => {
    const thing = open(3, { badRelease: 1 });
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    expect(await running.right.stop()).toMatchObject(E.left({ message: 'stuck' }));
    expect(await running.right.closed).toMatchObject(E.left({ message: 'stuck' }));
    expect(thing.released).toEqual([2, 1, 0]);
  });
  test('fails from inside: closed has the error, the first one', async () => {
    const thing = open(2);
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    thing.scope()?.fail(io({ message: 'first' }));
    thing.scope()?.fail(io({ message: 'second' }));
    expect(await running.right.closed).toMatchObject(E.left({ message: 'first' }));
    expect(thing.held.size).toBe(0);
    expect(await running.right.stop()).toEqual(E.right(undefined));
  });
  test('finishes from inside in order', async () => {
    const thing = open(2);
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    expect(thing.scope()?.signal.aborted).toBe(false);
    thing.scope()?.finish();
    expect(thing.scope()?.signal.aborted).toBe(true);
    expect(await running.right.closed).toEqual(E.right(undefined));
  });
  test('the signal stops it while running', async () => {
    const controller = new AbortController();
    const thing = open(2, { signal: controller.signal });
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    controller.abort();
    expect(await running.right.closed).toMatchObject(E.left({ _tag: 'Aborted' }));
    expect(thing.held.size).toBe(0);
  });
  test('ended at any step of opening, by anyone, it leaves nothing', async () => {
    for (const step of [0, 1, 2]) {
      const controller = new AbortController();
      const ways: ReadonlyArray<readonly [string, (scope: Scope<Event>) => void]> = [
        ['Aborted', () => controller.abort()],
        ['Io', (scope) => scope.fail(io({ message: 'no' }))],
        ['Closed', (scope) => scope.finish()],
      ];
      for (const [tag, end] of ways) {
        const thing = open(3, {
          signal: controller.signal,
          during: (scope, at) => {
            if (at === step) end(scope);
          },
        });
        const result = await thing.task();
        if (tag !== 'Aborted' && controller.signal.aborted) continue;
        expect(result).toMatchObject(E.left({ _tag: tag }));
        expect(thing.held.size).toBe(0);
      }
    }
    const thing = open(3, { signal: AbortSignal.abort() });
    expect(await thing.task()).toMatchObject(E.left({ _tag: 'Aborted' }));
    expect([thing.held.size, thing.scope()]).toEqual([0, undefined]);
  });
  test('a step that was under way when it was ended is waited for, and so is its release', async () => {
    const controller = new AbortController();
    const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const held = new Set<string>();
    const hold = (scope: Scope<Event>, name: string): void => {
      held.add(name);
      scope.defer(async () => {
        await later();
        held.delete(name);
        return E.right(undefined);
      });
    };
    const result = await openRunning<Event, Stats>()(
      { what: 'thing', statsCodec, signal: controller.signal },
      (scope) => async () => {
        hold(scope, 'first');
        controller.abort();
        expect(scope.signal.aborted).toBe(true);
        await later();
        await later();
        hold(scope, 'second');
        return E.right({ stats: () => ({ steps: 0 }) });
      },
    )();
    expect([result._tag, held.size]).toEqual(['Left', 0]);
  });
  test('what is registered after the end is released at once', async () => {
    const thing = open(1);
    const running = await thing.task();
    if (E.isLeft(running)) throw new Error(running.left.message);
    await running.right.stop();
    let late = false;
    thing.scope()?.defer(() => {
      late = true;
      return Promise.resolve(E.right(undefined));
    });
    expect(late).toBe(true);
  });
});
