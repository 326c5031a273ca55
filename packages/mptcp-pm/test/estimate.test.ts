/** What a subflow can carry: the formula, the smoothing, the filters, and the sum over a connection. */
import * as fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  cwndBandwidth,
  DEFAULT_ESTIMATE,
  EstimateOptions,
  ewma,
  inCongestionAvoidance,
  nextEstimate,
  rawEstimate,
  sumEstimates,
} from '../src/estimate.js';
import type { SubflowSample } from '../src/model.js';
import { makeSubflow } from '../src/state.js';
import { sample as sampleOf, tuple } from './support/build.js';
import { cases } from './support/cases.js';

const sample = (more: Partial<SubflowSample> = {}): SubflowSample =>
  sampleOf(1, tuple(0, 40_000), more);

const raw = (
  options: Partial<EstimateOptions>,
  now: SubflowSample,
  before?: SubflowSample,
): number => rawEstimate({ ...DEFAULT_ESTIMATE, ...options }, now, 1300, before, 1000);

describe('one sample', () => {
  test('cwnd · mss / rtt, in bit/s', () => {
    // A hundred segments of 1250 bytes in 200 ms.
    expect(cwndBandwidth({ cwnd: 100, mssBytes: 1250, rttUs: 200_000 })).toBe(5e6);
    expect(cwndBandwidth({ cwnd: 100, mssBytes: 1250, rttUs: 0 })).toBeNaN();
    expect(raw({}, sample({ cwnd: 100, mssBytes: 1250, rttUs: 200_000 }))).toBe(5e6);
  });

  test('the delivery rate, where the kernel has one', () => {
    expect(raw({ variant: 'delivery' }, sample({ deliveryBps: 3e6 }))).toBe(3e6);
    expect(raw({ variant: 'delivery' }, sample({ deliveryBps: 0 }))).toBeNaN();
  });

  test('the goodput since the poll before', () => {
    const goodput = { variant: 'goodput' } as const;
    const before = sample({ bytesAcked: 100_000 });
    // 37,500 bytes in 300 ms.
    expect(raw(goodput, sample({ bytesAcked: 137_500 }), before)).toBe(1e6);
    expect(raw(goodput, sample({ bytesAcked: 100_000 }), before)).toBe(0);
    expect(raw(goodput, sample(), undefined)).toBeNaN();
    // Another socket between the same ports.
    expect(raw(goodput, sample({ bytesAcked: 5 }), before)).toBeNaN();
    expect(
      rawEstimate({ ...DEFAULT_ESTIMATE, ...goodput }, sample(), 1000, before, 1000),
    ).toBeNaN();
  });
});

describe('filters', () => {
  test('what had nothing to send says nothing', () => {
    expect(raw({}, sample({ appLimited: true }))).toBeNaN();
    expect(raw({}, sample({ bytesSent: 0 }))).toBeNaN();
    expect(raw({ skipAppLimited: false }, sample({ appLimited: true, bytesSent: 0 }))).toBe(
      cwndBandwidth(sample()),
    );
  });

  test.each([
    ['slow start, without any loss', { ssthresh: 0x7fffffff, cwnd: 500 }, false],
    ['slow start after a timeout', { ssthresh: 20, cwnd: 19 }, false],
    ['at the threshold', { ssthresh: 20, cwnd: 20 }, true],
    ['above it', { ssthresh: 20, cwnd: 40 }, true],
    ['reordering', { ssthresh: 20, cwnd: 40, congestionState: 'disorder' }, true],
    ['window reduction', { ssthresh: 20, cwnd: 40, congestionState: 'cwr' }, false],
    ['fast recovery', { ssthresh: 20, cwnd: 40, congestionState: 'recovery' }, false],
    ['after a timeout', { ssthresh: 20, cwnd: 40, congestionState: 'loss' }, false],
  ] as const)('congestion avoidance: %s', (_name, more, avoids) => {
    expect(inCongestionAvoidance(sample(more))).toBe(avoids);
    const only = raw({ congestionAvoidanceOnly: true }, sample(more));
    expect(only).toBe(avoids ? cwndBandwidth(sample(more)) : Number.NaN);
  });
});

describe('smoothing', () => {
  test('RFC 6298: seven eighths of the old, one of the new', () => {
    expect(ewma(8e6, 0, 0.125)).toBe(7e6);
    expect(ewma(Number.NaN, 5e6, 0.125)).toBe(5e6);
    expect(ewma(5e6, Number.NaN, 0.125)).toBe(5e6);
    expect(ewma(1, 9, 1)).toBe(9);
  });

  test('stays between the least and the most that it has seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        (values, alpha) => {
          let smoothed = Number.NaN;
          for (const value of values) smoothed = ewma(smoothed, value, alpha);
          const [least, most] = [Math.min(...values), Math.max(...values)];
          const slack = 1e-9 * most;
          expect(smoothed).toBeGreaterThanOrEqual(least - slack);
          expect(smoothed).toBeLessThanOrEqual(most + slack);
        },
      ),
      cases(0.01),
    );
  });

  test('a sample that is filtered out leaves the estimate as it was', () => {
    const next = (now: SubflowSample) =>
      nextEstimate(DEFAULT_ESTIMATE, 4e6, now, 1300, undefined, 1000);
    expect(next(sample({ appLimited: true }))).toBe(4e6);
    expect(next(sample())).toBe(4e6 + 0.125 * (cwndBandwidth(sample()) - 4e6));
  });
});

describe('a connection', () => {
  const subflow = (estimateBps: number, more: Partial<ReturnType<typeof makeSubflow>> = {}) => ({
    ...makeSubflow(
      {
        token: 1,
        ...tuple(0, 40_000),
        localId: 0,
        remoteId: 0,
        phase: 'established',
        initial: true,
        backup: false,
        backupRemote: false,
        interfaceIndex: 0,
      },
      0,
    ),
    estimateBps,
    ...more,
  });

  test('its active subflows together; its backups where there is nothing else', () => {
    expect(sumEstimates([])).toBeNaN();
    expect(sumEstimates([subflow(1e6), subflow(2e6)])).toBe(3e6);
    expect(sumEstimates([subflow(1e6), subflow(Number.NaN)])).toBe(1e6);
    expect(sumEstimates([subflow(1e6), subflow(2e6, { backup: true })])).toBe(1e6);
    expect(
      sumEstimates([subflow(2e6, { backup: true }), subflow(1e6, { backupRemote: true })]),
    ).toBe(3e6);
    // It carries the data, whatever it can carry.
    expect(sumEstimates([subflow(Number.NaN), subflow(2e6, { backup: true })])).toBeNaN();
    expect(sumEstimates([subflow(1e6, { phase: 'closing' }), subflow(2e6)])).toBe(2e6);
  });
});

test('options: defaults, and what is wrong with them', () => {
  expect(EstimateOptions.decode({})).toEqual(E.right(DEFAULT_ESTIMATE));
  expect(E.isLeft(EstimateOptions.decode({ alpha: 0 }))).toBe(true);
  expect(E.isLeft(EstimateOptions.decode({ alpha: 1.1 }))).toBe(true);
  expect(E.isLeft(EstimateOptions.decode({ variant: 'rtt' }))).toBe(true);
  expect(E.isLeft(EstimateOptions.decode({ aplha: 0.5 }))).toBe(true);
});
