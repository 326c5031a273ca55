/** Pictures of the console and the site, as README and docs show them: taken with `LIQUID_SCREENSHOTS=1`, else checked. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, visit } from '../support/chromium.ts';
import { type Console, startConsole } from '../support/console.ts';
import { openScenario, results, run, stands } from '../support/console-page.ts';
import { readSite, siteIsBuilt } from '../support/site.ts';
import { asked, REASON, root } from '../support/skip.ts';
import { type Site, serveSite } from '../support/static-site.ts';

const folder = join(root, 'docs/public/screenshots');
const writes = process.env['LIQUID_SCREENSHOTS'] === '1';

const WIDTH = 1280;
const HEIGHT = 800;
/** A reader loads four of them; together they may weigh as much as a photograph. */
const MOST_OCTETS = 150_000;

/** What differs from run to run: moments and durations. */
const STEADY = `
  time, .run-status p + p, .recent { visibility: hidden !important; }
  *, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }
`;

let server: Console;
let site: Site;
let widget = '';
let browser: Browser;

beforeAll(async () => {
  if (!asked) return;
  await siteIsBuilt();
  const built = readSite();
  widget = built.widget;
  site = await serveSite(built.folder, built.base);
  server = await startConsole();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await site?.stop();
});

const pictures: ReadonlyArray<readonly [string, (page: Page) => Promise<void>]> = [
  [
    'console-home',
    async (page) => {
      await page.goto(server.origin);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  ],
  [
    'console-rohc-capture',
    async (page) => {
      await openScenario(page, server.origin, 'rohc-capture');
      await page.getByText('Repeat chance exactly').click();
      await page.getByLabel('Seed').fill('1');
      await page.getByText('Repeat chance exactly').click();
      await run(page);
      await stands(page, 'Done');
      await results(page).locator('canvas').first().waitFor();
      await page
        .getByLabel('Capture', { exact: true })
        .evaluate((element) => element.scrollIntoView({ block: 'center' }));
      // a comparison with what was published, and the chart to its end
      await results(page)
        .getByText('The chart in numbers')
        .evaluate((element) => {
          scrollTo(0, element.getBoundingClientRect().bottom + scrollY - innerHeight + 16);
        });
    },
  ],
  [
    'site-home',
    async (page) => {
      await page.goto(`${site.origin}/`, { waitUntil: 'networkidle' });
    },
  ],
  [
    'site-rohc',
    async (page) => {
      await page.goto(`${site.origin}${widget}`, { waitUntil: 'networkidle' });
      await page.getByRole('button', { name: 'Compress it' }).click();
      await page.locator('.packet-look').waitFor();
      await page.locator('.rohc-widget').evaluate((element) => {
        scrollTo(0, element.getBoundingClientRect().top + scrollY - 80);
      });
    },
  ],
];

/** Width and height of a PNG, from its first chunk. */
const sizeOf = (png: Uint8Array): readonly [number, number] => {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return [view.getUint32(16), view.getUint32(20)];
};

test.for(pictures)('%s', async ([name, way], ctx) => {
  if (!asked) ctx.skip(REASON);
  const path = join(folder, `${name}.png`);
  const visitor = await visit(browser, { width: WIDTH, height: HEIGHT });
  try {
    await way(visitor.page);
    // fonts and the canvas have drawn when two more frames have passed
    await visitor.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    const taken = await visitor.page.screenshot({
      animations: 'disabled',
      caret: 'hide',
      style: STEADY,
    });
    expect(taken.length).toBeLessThanOrEqual(MOST_OCTETS);
    if (writes) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, taken);
    }
  } finally {
    await visitor.context.close();
  }
  expect(existsSync(path), 'take it with LIQUID_SCREENSHOTS=1').toBe(true);
  const kept = readFileSync(path);
  expect(sizeOf(kept)).toEqual([WIDTH, HEIGHT]);
  expect(kept.length).toBeLessThanOrEqual(MOST_OCTETS);
  expect(kept.length).toBeGreaterThan(10_000);
});
