/** Parts of the scenarios that need no network: comparison of streams, numbers, closers, waiting. */
import { Milliseconds } from '@liquid/types';
import { createTestContext } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closing } from '../src/lab/closers.js';
import { sameOctets } from '../src/lab/compare.js';
import { figure, median, quantile, round } from '../src/lab/numbers.js';
import { waitUntil } from '../src/lab/watch.js';

describe('streams', () => {
  const whole = { bytes: 5, sha256: 'ab' };
  it('agree when octets and hash do', () => {
    expect(E.isRight(sameOctets(whole, whole))).toBe(true);
  });
  it.each([
    ['another length', { bytes: 4, sha256: 'ab' }],
    ['another hash', { bytes: 5, sha256: 'ac' }],
    ['no end', { bytes: 5, sha256: undefined }],
  ])('are corrupt with %s', (_, received) => {
    expect(sameOctets(whole, received)).toMatchObject({ left: { _tag: 'Corrupt' } });
    expect(E.isLeft(sameOctets(received, { ...received, bytes: 9 }))).toBe(true);
  });
  it('do not agree in having no hash', () => {
    const unfinished = { bytes: 5, sha256: undefined };
    expect(E.isLeft(sameOctets(unfinished, unfinished))).toBe(true);
  });
});

describe('numbers', () => {
  it('quantiles are values by nearest rank, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const found = quantile(values, share);
          expect(values).toContain(found);
          const notAbove = values.filter((value) => value <= found).length;
          expect(notAbove).toBeGreaterThanOrEqual(share * values.length - 1e-9);
        },
      ),
    );
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNaN();
  });
  it('are figures where they are numbers', () => {
    expect(figure('a', 'title', 1.2345, 's')).toEqual([
      { id: 'a', title: 'title', value: 1.23, unit: 's', varies: true },
    ]);
    expect(figure('a', 'title', Number.NaN, 's')).toEqual([]);
    expect(figure('a', 'title', undefined, 's')).toEqual([]);
    expect(round(1.005, 1)).toBe(1);
  });
});

describe('closing', () => {
  it('closes last opened first, also when the work throws', async () => {
    const order: string[] = [];
    const failing = closing(async (defer) => {
      defer(() => order.push('first'));
      defer(async () => void order.push('second'));
      throw new Error('work');
    });
    await expect(failing).rejects.toThrow('work');
    expect(order).toEqual(['second', 'first']);
  });
});

describe('waiting', () => {
  const hand = () => {
    const test = createTestContext();
    let now = 0;
    const clock = {
      ...test.context.clock,
      nowMs: () => Milliseconds.clamp(now),
      sleep: (ms: number) => async () => {
        now += ms;
        return E.right(undefined);
      },
    };
    const context = { ...test.context, clock };
    return { context, seconds: () => now / 1000 };
  };
  it('ends when it is so', async () => {
    const { context, seconds } = hand();
    const what = 'the end';
    const look = (at: number) => E.right(at >= 3);
    const waited = await waitUntil(context, { what, deadlineSeconds: 9, seconds, look });
    expect(waited).toEqual(E.right(undefined));
    expect(seconds()).toBeCloseTo(3);
  });
  it('ends with the deadline', async () => {
    const { context, seconds } = hand();
    const look = () => E.right(false);
    const waited = await waitUntil(context, { what: 'it', deadlineSeconds: 2, seconds, look });
    expect(waited).toMatchObject({ left: { _tag: 'Timeout', expected: 2000 } });
  });
});
