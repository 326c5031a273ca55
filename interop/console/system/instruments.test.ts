/** The instruments of these tests see what they are there to see: each is shown one thing that is wrong. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { graveFindings, sideways } from '../support/axe.ts';
import { launch, visit } from '../support/chromium.ts';
import { mostProminent } from '../support/prominent.ts';
import { asked, REASON } from '../support/skip.ts';

let browser: Browser;

beforeAll(async () => {
  if (asked) browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

const PAGE = `<!doctype html><html lang="en"><title>page</title><main><h1>heading</h1>`;

test('axe names a picture without words and letters without contrast', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const { context, page } = await visit(browser);
  try {
    await page.setContent(`${PAGE}<p>text</p></main>`);
    expect(await graveFindings(page)).toEqual([]);
    await page.setContent(
      `${PAGE}<img src="data:,"><p style="color:#bbb;background:#fff">text</p></main>`,
    );
    const found = (await graveFindings(page)).join('\n');
    expect(found).toContain('image-alt');
    expect(found).toContain('color-contrast');
  } finally {
    await context.close();
  }
});

test('a request to another origin is written down, a worker’s as well', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const visitor = await visit(browser);
  try {
    await visitor.page.setContent(PAGE);
    // nobody listens there: asking is what counts
    await visitor.page.evaluate(async () => {
      await fetch('http://127.0.0.1:9/page').catch(() => undefined);
      const program =
        'fetch("http://127.0.0.1:9/worker").catch(() => 0).then(() => postMessage(0))';
      const worker = new Worker(URL.createObjectURL(new Blob([program])));
      await new Promise((resolve) => worker.addEventListener('message', resolve));
    });
    expect(visitor.strangers('http://127.0.0.1:1')).toEqual([
      'http://127.0.0.1:9/page',
      'http://127.0.0.1:9/worker',
    ]);
    expect(visitor.complaints.length).toBeGreaterThan(0);
  } finally {
    await visitor.context.close();
  }
});

test('what sticks out is measured, what is prominent is found', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const { context, page } = await visit(browser, { width: 360 });
  try {
    await page.setContent(`${PAGE}<div style="width:400px">wide</div>`);
    expect(await sideways(page)).toBeGreaterThan(0);
    await page.setContent(
      `${PAGE}<a href="#">link</a><button style="background:#eee">no</button><button style="background:#036;color:#fff;padding:9px">yes</button>`,
    );
    expect((await mostProminent(page)).text).toBe('yes');
  } finally {
    await context.close();
  }
});
