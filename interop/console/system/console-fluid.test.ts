/** What the console's page costs: its first load, and a million points while they come. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, visit } from '../support/chromium.ts';
import { type Console, startConsole } from '../support/console.ts';
import { FIXTURES, openScenario, results, run, runId, stands } from '../support/console-page.ts';
import { firstPage } from '../support/first-page.ts';
import { asked, REASON } from '../support/skip.ts';

/** What `window.__frames` counts while a run goes on. */
interface Frames {
  readonly count: number;
  readonly over50ms: number;
  readonly worstMs: number;
}

/** Longest frame that is borne while points stream in: a fifth of a second is seen, half a second is a stall. */
const WORST_MS = 200;
const LEAST_RATE = 20;

let server: Console;
let browser: Browser;

beforeAll(async () => {
  if (!asked) return;
  server = await startConsole({ from: [FIXTURES] });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test('the first page is at most 300 kB; times are told', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const figures = [];
  for (let round = 0; round < 3; round++) {
    const visitor = await visit(browser);
    const { page } = visitor;
    try {
      await page.addInitScript(() => {
        const seen = new MutationObserver(() => {
          if (document.querySelector('main a[href^="/scenarios/"]') === null) return;
          seen.disconnect();
          Object.assign(globalThis, { linkAtMs: performance.now() });
        });
        seen.observe(document, { childList: true, subtree: true });
      });
      const cost = await firstPage(visitor, server.origin);
      const linkAtMs = await page.evaluate(
        () => (globalThis as unknown as { linkAtMs: number }).linkAtMs,
      );
      const before = performance.now();
      await page.getByRole('link', { name: /^Try it/ }).click();
      await page.getByRole('heading', { name: 'Inputs' }).waitFor();
      figures.push({
        ...cost,
        linkAtMs: Math.round(linkAtMs),
        clickToFormMs: Math.round(performance.now() - before),
      });
      expect(visitor.strangers(server.origin)).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    } finally {
      await visitor.context.close();
    }
  }
  console.log(
    `console, first page: ${JSON.stringify(figures)}; address after ${server.startedInMs.toFixed(0)} ms`,
  );
  for (const { octets } of figures) expect(octets).toBeLessThanOrEqual(300_000);
});

test('a million points: the page stays fluid while they come', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const visitor = await visit(browser);
  const { page } = visitor;
  try {
    await openScenario(page, server.origin, 'browser-many');
    const begun = performance.now();
    await run(page);
    await stands(page, 'Running');
    await results(page).locator('canvas').first().waitFor();
    // the page still answers while points come: open the chart's figures in the midst of it
    await page.waitForTimeout(1000);
    const answered = performance.now();
    await results(page).getByText('The chart in numbers').click();
    await results(page).getByRole('row', { name: /wave/ }).waitFor();
    const answerMs = performance.now() - answered;
    await stands(page, 'Done', 120_000);
    const seconds = (performance.now() - begun) / 1000;
    const state = (await (
      await page.request.get(`${server.origin}/api/runs/${runId(page)}`)
    ).json()) as { readonly points: Readonly<Record<string, number>> };
    expect(state.points['wave']).toBe(1_000_000);
    const frames = await page.evaluate(
      () => (globalThis as unknown as { __frames?: Frames }).__frames,
    );
    if (frames === undefined) throw new Error('no frames were counted');
    const rate = frames.count / seconds;
    console.log(
      `a million points in ${seconds.toFixed(1)} s: ${frames.count} frames, ${rate.toFixed(1)} a second, ${frames.over50ms} over 50 ms, worst ${frames.worstMs.toFixed(0)} ms; a click answered in ${answerMs.toFixed(0)} ms`,
    );
    await results(page).getByRole('row', { name: /wave/ }).getByText('1,000,000').waitFor();
    expect(frames.worstMs).toBeLessThan(WORST_MS);
    expect(rate).toBeGreaterThan(LEAST_RATE);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.context.close();
  }
});
