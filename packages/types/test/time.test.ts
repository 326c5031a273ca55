/** Clocks, signals, logger: the system's and the doubles keep the same promises. */
import * as E from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  abortable,
  abortedBy,
  checkAborted,
  closed,
  type Clock,
  createLogger,
  type LogLine,
  Milliseconds,
  onAbort,
  silentLogger,
  systemClock,
} from '../src/index.js';
import { createManualClock, createRecordingLogger } from '../src/testing.js';

const ms = (n: number) => Milliseconds.clamp(n);

/** A signal that knows its listeners. */
const counted = () => {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const [add, remove] = [
    signal.addEventListener.bind(signal),
    signal.removeEventListener.bind(signal),
  ];
  vi.spyOn(signal, 'addEventListener').mockImplementation((...args: Parameters<typeof add>) => {
    listeners.add(args[1]);
    add(...args);
  });
  vi.spyOn(signal, 'removeEventListener').mockImplementation(
    (...args: Parameters<typeof remove>) => {
      listeners.delete(args[1]);
      remove(...args);
    },
  );
  return { controller, signal, listeners: () => listeners.size };
};

describe('every clock', () => {
  const clocks: ReadonlyArray<readonly [string, () => Clock]> = [
    ['system', () => systemClock],
    ['manual', () => createManualClock()],
  ];
  test.each(clocks)('%s: does not go back and says the same in both units', (_, make) => {
    const clock = make();
    let last = clock.nowUs();
    for (let i = 0; i < 1000; i++) {
      const now = clock.nowUs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(Math.abs(clock.nowMs() * 1000 - clock.nowUs())).toBeLessThan(10_000_000);
  });
  test.each(clocks)(
    '%s: sleep ends at once when aborted, and leaves no listener',
    async (_, make) => {
      const clock = make();
      expect(await clock.sleep(ms(1e9), AbortSignal.abort())()).toMatchObject(
        E.left({ _tag: 'Aborted' }),
      );
      const { controller, signal, listeners } = counted();
      const sleeping = clock.sleep(ms(1e9), signal)();
      expect(listeners()).toBe(1);
      controller.abort(closed({ message: 'peer left' }));
      expect(await sleeping).toMatchObject(E.left({ _tag: 'Aborted', cause: { _tag: 'Closed' } }));
      expect(listeners()).toBe(0);
    },
  );
});

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());
  test('sleeps longer than one platform timer', async () => {
    let woken = false;
    const sleeping = systemClock
      .sleep(ms(2 ** 31 * 3))()
      .then(() => {
        woken = true;
      });
    await vi.advanceTimersByTimeAsync(2 ** 31 * 3 - 1);
    expect(woken).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
    expect(woken).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
  test('leaves no timer behind when aborted', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(ms(1e6), controller.signal)();
    expect(vi.getTimerCount()).toBe(1);
    controller.abort();
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the manual clock', () => {
  test('wakes sleepers in the order of their deadlines, at their times', async () => {
    const clock = createManualClock({ wall: ms(1000) });
    const log: Array<string> = [];
    const nap = async (name: string, duration: number): Promise<void> => {
      await clock.sleep(ms(duration))();
      log.push(`${name}@${clock.nowMs()}`);
    };
    const naps = [nap('c', 30), nap('a', 10), nap('b', 10), nap('z', 100)];
    await clock.advance(ms(50));
    expect(log).toEqual(['a@10', 'b@10', 'c@30']);
    expect([clock.nowMs(), clock.wallMs(), clock.sleeping()]).toEqual([50, 1050, 1]);
    expect(await clock.advanceToNext()).toBe(true);
    await Promise.all(naps);
    expect([clock.nowMs(), await clock.advanceToNext()]).toEqual([100, false]);
  });
  test('lets a waiter sleep again on the way', async () => {
    const clock = createManualClock();
    let ticks = 0;
    const ticking = (async () => {
      while (ticks < 5) {
        await clock.sleep(ms(10))();
        ticks++;
      }
    })();
    await clock.advance(ms(35));
    expect(ticks).toBe(3);
    await clock.advance(ms(100));
    await ticking;
    expect(ticks).toBe(5);
  });
  test('the wall may jump without time passing', async () => {
    const clock = createManualClock();
    await clock.advance(ms(5));
    clock.setWall(ms(1e12));
    expect([clock.nowMs(), clock.wallMs()]).toEqual([5, 1e12]);
  });
});

describe('signals', () => {
  test('reasons become words or causes', () => {
    expect(abortedBy('x', AbortSignal.abort()).message).toBe('x was aborted');
    expect(abortedBy('x', AbortSignal.abort('why')).message).toBe('x was aborted: "why"');
    expect(abortedBy('x', AbortSignal.abort(closed({}))).cause?._tag).toBe('Closed');
    expect(checkAborted('x', undefined)).toEqual(E.right(undefined));
    expect(checkAborted('x', AbortSignal.abort())._tag).toBe('Left');
  });
  test('onAbort calls once, at once when it has fired, never after being taken off', () => {
    const { controller, signal, listeners } = counted();
    let calls = 0;
    onAbort(signal, () => calls++);
    onAbort(signal, () => calls++)();
    controller.abort();
    onAbort(signal, () => calls++);
    onAbort(undefined, () => calls++);
    expect([calls, listeners()]).toEqual([2, 0]);
  });
  test('abortable gives the result, or Aborted, and cleans up', async () => {
    const { controller, signal, listeners } = counted();
    expect(await abortable('x', signal)(() => Promise.resolve(E.right(5)))()).toEqual(E.right(5));
    expect(listeners()).toBe(0);
    const never = abortable(
      'x',
      signal,
    )(() => new Promise<E.Either<never, never>>(() => undefined))();
    controller.abort();
    expect(await never).toMatchObject(E.left({ _tag: 'Aborted' }));
    let started = false;
    await abortable(
      'x',
      signal,
    )(() => {
      started = true;
      return Promise.resolve(E.right(1));
    })();
    expect(started).toBe(false);
    await expect(
      abortable('x', undefined)(() => Promise.reject(new Error('bug')))(),
    ).rejects.toThrow('bug');
  });
});

describe('loggers', () => {
  test('merge bindings and fields and keep to their level', () => {
    const lines: Array<LogLine> = [];
    const logger = createLogger((line) => void lines.push(line), { level: 'info' });
    const child = logger.child({ a: 1 }).child({ b: 2 });
    child.debug('dropped');
    child.info({ a: 3 }, 'kept');
    child.error('plain');
    child.fatal({ c: 1 });
    expect(lines).toEqual([
      { level: 'info', message: 'kept', fields: { a: 3, b: 2 } },
      { level: 'error', message: 'plain', fields: { a: 1, b: 2 } },
      { level: 'fatal', message: '', fields: { a: 1, b: 2, c: 1 } },
    ]);
  });
  test('the silent one says nothing, the recording one everything', () => {
    silentLogger.child({ a: 1 }).error('x');
    const { logger, lines } = createRecordingLogger();
    logger.trace('t');
    expect(lines).toHaveLength(1);
  });
});
