/** Reports of the other scenarios from made-up runs. */
import { type Report as ReportType, Report } from '@liquid/types/scenario';
import { describe, expect, it } from 'vitest';
import { httpReport } from '../src/http/report.js';
import { interactiveReport } from '../src/interactive/report.js';
import type { InteractiveOutcome } from '../src/interactive/session.js';
import { oneInterfaceReport } from '../src/one-interface/report.js';
import type { OneInterfaceOutcome } from '../src/one-interface/session.js';
import { resetStormReport } from '../src/reset-storm/report.js';
import type { ResetStormOutcome } from '../src/reset-storm/session.js';

const figure = (report: ReportType, id: string): number | undefined =>
  report.figures.find((one) => one.id === id)?.value;
const reached = (report: ReportType): Readonly<Record<string, boolean | null>> =>
  Object.fromEntries(report.comparisons.map((one) => [one.id, one.reached]));

describe('interactive-bufferbloat', () => {
  const outcome = (over: Partial<InteractiveOutcome> = {}): InteractiveOutcome => ({
    input: { policy: true, action: 'backup', slowMs: 800, slowSeconds: 12, afterSeconds: 20 },
    echoes: Array.from({ length: 740 }, (_, i) => {
      const seconds = i / 20;
      const slow = seconds >= 5 && seconds < 5.4;
      return { seconds, delayMs: slow ? 700 : seconds >= 5 && seconds < 20 ? 31 : 11 };
    }),
    slowFrom: 5,
    slowTo: 17,
    deeds: [{ seconds: 5.4, what: 'SetBackup true' }],
    missing: 0,
    quickAtEnd: true,
    ...over,
  });

  it('is as it was', () => {
    const report = interactiveReport(outcome());
    expect(Report.is(report)).toBe(true);
    expect(report).toMatchSnapshot();
  });

  it('judges the policy, not the control', () => {
    const slow = { echoes: outcome().echoes.map((echo) => ({ ...echo, delayMs: 400 })) };
    expect(reached(interactiveReport(outcome()))).toEqual({ 'steady-p95': true, back: true });
    const bad = outcome({ ...slow, quickAtEnd: false });
    expect(reached(interactiveReport(bad))).toEqual({ 'steady-p95': false, back: false });
    const control = outcome({ ...slow, input: { ...outcome().input, policy: false } });
    expect(reached(interactiveReport(control))).toEqual({ 'steady-p95': null, back: null });
  });
});

describe('one-interface-is-enough', () => {
  const outcome = (over: Partial<OneInterfaceOutcome> = {}): OneInterfaceOutcome => ({
    input: { policy: true, shortSeconds: 10, afterSeconds: 16 },
    stream: { bytes: 30_000_000, sha256: 'c0ffee' },
    shortFrom: 6,
    shortTo: 16,
    end: 32,
    onAt: [6.6],
    offAt: [21.7],
    secondSeconds: 15,
    goodputs: [7.6, 8.1, 9.8],
    ...over,
  });

  it('is as it was', () => {
    const report = oneInterfaceReport(outcome());
    expect(Report.is(report)).toBe(true);
    expect(report).toMatchSnapshot();
  });

  it('wants the second interface within three polls, and no sooner than needed', () => {
    expect(reached(oneInterfaceReport(outcome()))).toEqual({ 'on-after': true, 'off-again': true });
    const late = oneInterfaceReport(outcome({ onAt: [7.5] }));
    expect(reached(late)).toMatchObject({ 'on-after': false });
    const early = oneInterfaceReport(outcome({ onAt: [3, 6.6] }));
    expect([figure(early, 'early'), reached(early)['off-again']]).toEqual([1, false]);
    const never = oneInterfaceReport(outcome({ onAt: [], offAt: [] }));
    expect(reached(never)).toEqual({ 'on-after': false, 'off-again': false });
  });
});

describe('reset-storm', () => {
  const reset = { from: '10.0.0.1', error: 104, reason: undefined };
  const outcome = (over: Partial<ResetStormOutcome> = {}): ResetStormOutcome => ({
    input: { resets: 3, everySeconds: 2, by: 'middlebox' },
    stream: { bytes: 2_000_000, sha256: 'c0ffee' },
    seconds: 8,
    resets: [
      { ...reset, at: 1.5, to: '10.0.1.1', afterMs: 0.9 },
      { ...reset, at: 3.5, from: '10.0.1.1', to: '10.0.0.1', afterMs: 1.4 },
      { ...reset, at: 5.5, to: '10.0.1.1', afterMs: 2.2, reason: '0, transient' },
    ],
    ...over,
  });

  it('is as it was', () => {
    const report = resetStormReport(outcome());
    expect(Report.is(report)).toBe(true);
    expect(report).toMatchSnapshot();
  });

  it('fails where one was not replaced, or nothing was reset', () => {
    expect(reached(resetStormReport(outcome()))).toEqual({ replacement: true });
    const open = outcome({ resets: [{ ...reset, at: 1, to: undefined, afterMs: undefined }] });
    expect(reached(resetStormReport(open))).toEqual({ replacement: false });
    const none = resetStormReport(outcome({ resets: [] }));
    expect([Report.is(none), reached(none)['replacement']]).toEqual([true, false]);
  });
});

describe('http-two-paths', () => {
  it('is as it was', () => {
    const download = { bytes: 10_000_000, milliseconds: 8500, multipath: true };
    const report = httpReport({
      input: { rateMbps: 10, megabytes: 10 },
      one: download,
      two: { ...download, milliseconds: 4400 },
      subflows: 2,
    });
    expect(Report.is(report)).toBe(true);
    expect(report).toMatchSnapshot();
  });
});
