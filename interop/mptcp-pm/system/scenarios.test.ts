/** The scenarios of `@liquid/mptcp-pm` on the running kernel, in short forms, and that nothing is left of them. */
import { readdirSync } from 'node:fs';
import { scenarios } from '@liquid/mptcp-pm-example';
import { renderError } from '@liquid/types';
import type { Report, Scenario } from '@liquid/types/scenario';
import { createTestContext, type TestContext } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { expect } from 'vitest';
import { boundOfSpeed, systemTest } from './support/machine.ts';

const NAMESPACES = '/run/netns';

const scenario = (id: string): Scenario => {
  const found = scenarios.find((one) => one.id === id);
  if (found === undefined) throw new Error(`bug: no scenario ${id}`);
  return found;
};

const ourNamespaces = (): ReadonlyArray<string> =>
  readdirSync(NAMESPACES).filter((name) => name.startsWith(`lq-${process.pid}-`));

/** Descriptors of this process, but for the one that looks. */
const descriptors = (): number => readdirSync('/proc/self/fd').length;

interface Run {
  readonly report: Report;
  readonly test: TestContext;
  readonly figure: (id: string) => number;
  readonly reached: (id: string) => boolean | null | undefined;
}

const run = async (id: string, input: object): Promise<Run> => {
  const before = descriptors();
  const test = createTestContext({ seed: 7 });
  const result = await scenario(id).run(input, test.context)();
  if (E.isLeft(result)) throw new Error(renderError(result.left));
  expect(ourNamespaces()).toEqual([]);
  // Descriptors are given back in the next turns of the event loop; the first run opens a few for good.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(descriptors()).toBeLessThanOrEqual(before + 12);
  const report = result.right;
  return {
    report,
    test,
    figure: (name) => report.figures.find((one) => one.id === name)?.value ?? Number.NaN,
    reached: (name) => report.comparisons.find((one) => one.id === name)?.reached,
  };
};

systemTest(
  'smart-paths, 8 MB: the estimate, the alarm, the second interface only then',
  async () => {
    const { figure, reached, test } = await run('smart-paths', {
      megabytes: 8,
      crossAfterSeconds: 6,
    });
    expect(figure('estimate-median')).toBeGreaterThanOrEqual(4.5);
    expect(figure('estimate-median')).toBeLessThanOrEqual(5.2);
    expect(figure('false-alarms')).toBe(0);
    expect(figure('noticed')).toBeGreaterThan(0);
    // Statement 7's 2.5 s are for the full length; other tests share the machine with this one.
    expect(figure('noticed')).toBeLessThanOrEqual(4);
    expect(reached('second-unused')).toBe(true);
    expect(figure('second')).toBeGreaterThan(500_000);
    for (const series of ['estimate', 'estimate-raw', 'estimate-avoidance', 'rate-second']) {
      expect(test.points.filter((point) => point.series === series).length, series).toBeGreaterThan(
        10,
      );
    }
  },
);

systemTest('smart-paths, 5 MB alone: no alarm, and the second interface unused', async () => {
  const { figure, report } = await run('smart-paths', { megabytes: 5, cross: false });
  expect(figure('false-alarms')).toBe(0);
  expect(figure('second')).toBe(0);
  expect(figure('opened')).toBeNaN();
  expect(report.summary).toContain('stayed unused');
});

systemTest('one-interface-is-enough: on in a shortage, off after it', async () => {
  const { figure } = await run('one-interface-is-enough', { shortSeconds: 6, afterSeconds: 10 });
  expect(figure('early')).toBe(0);
  expect(figure('switches')).toBe(2);
  // Three polls of 300 ms, and one for the machine.
  expect(figure('on-after')).toBeLessThanOrEqual(1.2);
  expect(figure('goodput-short')).toBeGreaterThan(4);
});

systemTest(
  'interactive-bufferbloat: quick answers while a way is slow, and the way back',
  async () => {
    const short = { slowSeconds: 10, afterSeconds: 8 };
    const { figure, reached } = await run('interactive-bufferbloat', short);
    expect(figure('before-p50')).toBeLessThan(20);
    expect(reached('steady-p95')).toBe(true);
    expect(figure('missing')).toBe(0);
  },
);

systemTest('interactive-bufferbloat without its policy is slow', async () => {
  const control = { policy: false, slowSeconds: 8, afterSeconds: 2 };
  const { figure } = await run('interactive-bufferbloat', control);
  expect(figure('actions')).toBe(0);
  expect(figure('steady-p95')).toBeGreaterThan(200);
});

for (const by of ['middlebox', 'peer'] as const) {
  systemTest(`reset-storm by the ${by}: every subflow is replaced, no octet lost`, async () => {
    const { figure, reached } = await run('reset-storm', { resets: 4, everySeconds: 1, by });
    expect(figure('resets')).toBe(4);
    expect(figure('open')).toBe(0);
    expect(figure('elsewhere')).toBe(4);
    expect(figure('told')).toBe(by === 'peer' ? 4 : 0);
    expect(reached('replacement')).toBe(true);
  });
}

systemTest('http-two-paths: an ordinary download is faster over two', async () => {
  const { figure } = await run('http-two-paths', { megabytes: 5 });
  expect(figure('subflows')).toBe(2);
  expect(figure('gain')).toBeGreaterThan(1.5);
});

for (const { id } of scenarios) {
  systemTest(
    `${id}: a run that is stopped ends as aborted, at once and with nothing left`,
    async () => {
      const test = createTestContext();
      let stoppedAt = Number.NaN;
      const timer = setTimeout(() => {
        stoppedAt = performance.now();
        test.abort();
      }, 2500);
      const result = await scenario(id).run({}, test.context)();
      clearTimeout(timer);
      expect(E.isLeft(result) ? result.left._tag : 'Right').toBe('Aborted');
      boundOfSpeed('time from a stop to the end', () => {
        expect(performance.now() - stoppedAt).toBeLessThan(5000);
      });
      expect(ourNamespaces()).toEqual([]);
    },
  );
}
