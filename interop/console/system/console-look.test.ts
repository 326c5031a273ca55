/** Anybody can use the console's page: axe finds nothing serious in any state, in light and dark, on a phone. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graveFindings, sideways } from '../support/axe.ts';
import { launch, visit } from '../support/chromium.ts';
import { type Console, startConsole } from '../support/console.ts';
import { FIXTURES, openScenario, results, run, stands } from '../support/console-page.ts';
import { asked, REASON } from '../support/skip.ts';

let server: Console;
let browser: Browser;

beforeAll(async () => {
  if (!asked) return;
  server = await startConsole({ from: [FIXTURES], unprivileged: true });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Every state of the page, by the way there. */
const states: ReadonlyArray<readonly [string, (page: Page) => Promise<void>]> = [
  [
    'home',
    async (page) => {
      await page.goto(server.origin);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('What the words on the chips mean').click();
    },
  ],
  ['a scenario before its first run', (page) => openScenario(page, server.origin, 'rohc-capture')],
  [
    'a wrong input',
    async (page) => {
      await openScenario(page, server.origin, 'rohc-capture');
      await page.getByLabel('Window', { exact: true }).fill('many');
      await run(page);
      await page.locator('[aria-invalid="true"]').waitFor();
    },
  ],
  [
    'running',
    async (page) => {
      await openScenario(page, server.origin, 'browser-ticks');
      await run(page);
      await stands(page, 'Running');
      await results(page).locator('canvas').first().waitFor();
    },
  ],
  [
    'stopped',
    async (page) => {
      await openScenario(page, server.origin, 'browser-ticks');
      await run(page);
      await stands(page, 'Running');
      await page.getByRole('button', { name: 'Stop' }).click();
      await stands(page, 'Stopped');
    },
  ],
  [
    'failed',
    async (page) => {
      await openScenario(page, server.origin, 'browser-failing');
      await run(page);
      await stands(page, 'Failed');
    },
  ],
  [
    'done',
    async (page) => {
      await openScenario(page, server.origin, 'rohc-capture');
      await run(page);
      await stands(page, 'Done');
      await results(page).getByText('The chart in numbers').first().click();
      for (const more of await page.locator('details:not([open]) > summary').all())
        await more.click();
    },
  ],
  [
    'a given file',
    async (page) => {
      await openScenario(page, server.origin, 'browser-file');
      await page
        .getByLabel('Input', { exact: true })
        .setInputFiles({ name: 'a.bin', mimeType: 'text/plain', buffer: Buffer.from('abc') });
      await page.getByRole('button', { name: 'Remove' }).waitFor();
    },
  ],
  [
    'what it needs is missing',
    async (page) => {
      await openScenario(page, server.origin, 'rohc-tunnel');
      await page.getByText(/^.?It can’t run here yet$/).waitFor();
    },
  ],
  [
    'no such run',
    async (page) => {
      await page.goto(`${server.origin}/scenarios/rohc-capture?run=no-such`);
      await page.getByText('This run is not there any more').waitFor();
    },
  ],
  [
    'no such scenario',
    async (page) => {
      await page.goto(`${server.origin}/scenarios/no-such`);
      await page.getByRole('heading', { name: 'There is no such scenario' }).waitFor();
    },
  ],
];

describe.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
] as const)('%s, %i pixels wide', ([colorScheme, width]) => {
  test.for(states)('%s', async ([, way], ctx) => {
    if (!asked) ctx.skip(REASON);
    const visitor = await visit(browser, { colorScheme, width });
    try {
      await way(visitor.page);
      expect(await graveFindings(visitor.page)).toEqual([]);
      expect(await sideways(visitor.page)).toBe(0);
      expect(visitor.strangers(server.origin)).toEqual([]);
      const { page } = visitor;
      const stop = page.getByRole('button', { name: 'Stop' });
      if ((await stop.count()) > 0) {
        await stop.click();
        await stands(page, 'Stopped');
      }
    } finally {
      await visitor.context.close();
    }
  });
});
