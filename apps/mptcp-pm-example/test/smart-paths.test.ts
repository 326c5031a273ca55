/** The report of `smart-paths` from a made-up run: what the numbers are, and what they are compared with. */
import type { Connection, Subflow, SubflowSample } from '@liquid/mptcp-pm';
import type { IpAddress } from '@liquid/types';
import { Report } from '@liquid/types/scenario';
import { describe, expect, it } from 'vitest';
import { estimatesOf, noticedAfter, smartPathsReport } from '../src/smart-paths/report.js';
import type { SmartPathsOutcome } from '../src/smart-paths/session.js';
import { createTrace } from '../src/smart-paths/trace.js';

const INPUT = {
  rateMbps: 5,
  megabytes: 30,
  cross: true,
  crossAfterSeconds: 10,
  reaction: true,
  avoidanceOnly: false,
  alpha: 0.125,
};

const points = (estimate: (seconds: number) => number) =>
  Array.from({ length: 100 }, (_, i) => {
    const seconds = (i + 1) * 0.3;
    const smoothed = estimate(seconds);
    return { seconds, raw: smoothed, smoothed, avoidance: seconds < 1 ? Number.NaN : smoothed };
  });

const outcome = (over: Partial<SmartPathsOutcome> = {}): SmartPathsOutcome => ({
  input: INPUT,
  points: points((seconds) => (seconds < 2 ? 6 : seconds < 11.5 ? 4.9 : 2.5)),
  file: { bytes: 30_000_000, sha256: 'c0ffee' },
  seconds: 39.2,
  crossAt: 10.1,
  openedAt: 11.6,
  secondBefore: 0,
  secondBytes: 12_000_000,
  defaultBytes: 18_500_000,
  ...over,
});

describe('the report', () => {
  it('is as it was', () => {
    const report = smartPathsReport(outcome());
    expect(Report.is(report)).toBe(true);
    expect(report).toMatchSnapshot();
  });

  it('is that of a calm run without cross traffic', () => {
    const calm = outcome({
      input: { ...INPUT, cross: false },
      points: points(() => 4.9),
      crossAt: undefined,
      openedAt: undefined,
      secondBytes: 0,
      seconds: 51,
    });
    const report = smartPathsReport(calm);
    expect(Report.is(report)).toBe(true);
    expect(report.summary).toContain('stayed unused');
    expect(report.comparisons.map(({ id }) => id)).toEqual(['estimate-settles', 'high-start']);
    expect(report.comparisons[0]).toMatchObject({ ours: 4.9, reached: true });
  });

  it('holds with nothing measured at all', () => {
    expect(Report.is(smartPathsReport(outcome({ points: [], openedAt: undefined })))).toBe(true);
  });

  it('says so when the alarm was false, the notice late, or the second interface was used', () => {
    const early = outcome({ points: points((seconds) => (seconds > 6 && seconds < 7 ? 3 : 4.9)) });
    expect(estimatesOf(early).falseAlarm).toBe(true);
    expect(smartPathsReport(early).notes.join(' ')).toContain('before there was any cross traffic');
    const late = smartPathsReport(outcome({ openedAt: 13, secondBefore: 66 }));
    const reached = Object.fromEntries(late.comparisons.map(({ id, reached }) => [id, reached]));
    expect(reached).toMatchObject({ noticed: false, 'second-unused': false });
  });

  it('counts the notice from the first estimate below where nothing reacts', () => {
    const watched = outcome({ input: { ...INPUT, reaction: false }, openedAt: undefined });
    expect(noticedAfter(watched)).toBeCloseTo(1.6);
  });
});

describe('the trace', () => {
  const sample = (over: Partial<SubflowSample>): SubflowSample =>
    ({
      cwnd: 40,
      mssBytes: 1448,
      rttUs: 92_672,
      ssthresh: 20,
      congestionState: 'open',
      appLimited: false,
      bytesAcked: 0,
      bytesSent: 1,
      ...over,
    }) as SubflowSample;
  const connection = (at: number, local: string, given: SubflowSample): Connection => {
    const subflow = {
      local: local as IpAddress,
      sample: given,
      sampledAtMs: at * 1000,
      previousSample: undefined,
      previousSampledAtMs: 0,
    } as unknown as Subflow;
    return { subflows: [subflow] } as unknown as Connection;
  };

  it('smooths by alpha, filters slow start, and gives rates of each path', () => {
    const sent: Array<readonly [string, number, number]> = [];
    const trace = createTrace({
      thresholdMbps: 4,
      alpha: 0.125,
      point: (series, x, y) => void sent.push([series, x, y]),
    });
    trace.poll(0.3, undefined);
    trace.poll(0.6, connection(0.6, '10.0.0.1', sample({ cwnd: 80, ssthresh: 0x7fffffff })));
    trace.poll(
      0.9,
      connection(0.9, '10.0.0.1', sample({ bytesAcked: 187_500, bytesSent: 200_000 })),
    );
    trace.poll(1.2, connection(1.2, '10.0.2.1', sample({ bytesAcked: 187_500 })));
    const [first, second, ...rest] = trace.points();
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ smoothed: 10, avoidance: Number.NaN });
    expect(second?.raw).toBeCloseTo(5);
    expect(second?.smoothed).toBeCloseTo(0.875 * 10 + 0.125 * 5);
    expect(second?.avoidance).toBeCloseTo(5);
    expect(trace.defaultBytes()).toBe(200_000);
    expect(sent.filter(([series]) => series === 'threshold')).toHaveLength(4);
    const rates = sent.filter(([series, x]) => series === 'rate-default' && x === 0.9);
    expect(rates[0]?.[2]).toBeCloseTo(5);
  });
});
