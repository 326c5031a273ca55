/** The portable packages, bundled and run in Debian's Chromium. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleForBrowser } from '../stranger/bundle.ts';
import { installAll, published } from '../stranger/install.ts';

const CHROMIUM = '/usr/bin/chromium';
const asked = process.env['LIQUID_SYSTEM'] === '1';

/** No sandbox, because the test may run as root; no traffic of the browser's own. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('in Chromium', () => {
  let app = '';
  let remove = () => {};

  beforeAll(async () => {
    if (asked) ({ folder: app, remove } = await installAll());
  });

  afterAll(() => remove());

  test.for(published.filter(({ portable }) => portable.length > 0))('$name', async (one, ctx) => {
    if (!asked) ctx.skip('needs Debian’s chromium: run with LIQUID_SYSTEM=1');
    expect(existsSync(CHROMIUM), 'apt-get install chromium').toBe(true);
    const bundle = await bundleForBrowser(app, one);
    const server = createServer((request, response) => {
      const script = request.url === '/bundle.js';
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(script ? bundle : '<!doctype html><script src="/bundle.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'load' });
      const loaded = await page.evaluate(
        () => (globalThis as { loaded?: Record<string, string[]> }).loaded ?? {},
      );
      expect(errors).toEqual([]);
      for (const name of one.portable) expect(loaded[name]?.length, name).toBeGreaterThan(0);
    } finally {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
