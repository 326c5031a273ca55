/** The documentation site in Chromium: every link leads somewhere, nothing leaves the origin, anybody can use it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graveFindings, sideways } from '../support/axe.ts';
import { launch, visit } from '../support/chromium.ts';
import { firstPage } from '../support/first-page.ts';
import { asked, REASON } from '../support/skip.ts';
import { type BuiltSite, readSite, siteIsBuilt } from '../support/site.ts';
import { type Site, serveSite } from '../support/static-site.ts';

let site: Site;
let built: BuiltSite;
let browser: Browser;

beforeAll(async () => {
  if (!asked) return;
  await siteIsBuilt();
  built = readSite();
  site = await serveSite(built.folder, built.base);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

test('no link of any page is dead', (ctx) => {
  if (!asked) ctx.skip(REASON);
  const ids = new Map(
    built.pages.map(({ path, html }) => [
      path,
      new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
    ]),
  );
  const dead: string[] = [];
  let links = 0;
  for (const { path, html } of built.pages) {
    const scriptless = html.replaceAll(/<script\b[^]*?<\/script>/g, '');
    for (const [, , address = ''] of scriptless.matchAll(/\s(href|src)="([^"]*)"/g)) {
      const url = new URL(address.replaceAll('&amp;', '&'), `http://site${path}`);
      if (url.host !== 'site') {
        if (!['https:', 'mailto:', 'data:'].includes(url.protocol))
          dead.push(`${path}: ${address}`);
        continue;
      }
      links++;
      const to = built.resolve(decodeURIComponent(url.pathname));
      if (to === undefined) dead.push(`${path}: ${address}`);
      else if (url.hash.length > 1) {
        const id = decodeURIComponent(url.hash.slice(1));
        const known = ids.get(to);
        if (known !== undefined && !known.has(id))
          dead.push(`${path}: ${address} (no such heading)`);
      }
    }
  }
  console.log(`${built.pages.length} pages, ${links} links within the site`);
  expect(links).toBeGreaterThan(100);
  expect(dead).toEqual([]);
});

test('no page loads anything from elsewhere', (ctx) => {
  if (!asked) ctx.skip(REASON);
  const foreign = built.pages.flatMap(({ path, html }) =>
    [
      ...html.matchAll(
        /<(?:script|img|iframe|link)\b[^>]*\s(?:src|href)="((?:https?:)?\/\/[^"]+)"/g,
      ),
    ]
      .filter(([tag]) => !/rel="(?:canonical|alternate)"/.test(tag))
      .map(([, address]) => `${path}: ${address}`),
  );
  expect(foreign).toEqual([]);
});

describe.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
] as const)('%s, %i pixels wide', ([colorScheme, width]) => {
  test('axe finds nothing serious on any kind of page, none sticks out', async (ctx) => {
    if (!asked) ctx.skip(REASON);
    const visitor = await visit(browser, { colorScheme, width });
    const found: string[] = [];
    try {
      for (const path of built.kinds) {
        await visitor.page.goto(`${site.origin}${path}`, { waitUntil: 'networkidle' });
        for (const finding of await graveFindings(visitor.page)) found.push(`${path}: ${finding}`);
        const wide = await sideways(visitor.page);
        if (wide > 0) found.push(`${path}: ${wide} pixels stick out sideways`);
      }
      expect(visitor.strangers(site.origin)).toEqual([]);
      expect(visitor.complaints).toEqual([]);
      expect(found).toEqual([]);
    } finally {
      await visitor.context.close();
    }
  });
});

test('search finds a page without a network', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const visitor = await visit(browser);
  const { page } = visitor;
  try {
    await page.goto(`${site.origin}${built.base}`, { waitUntil: 'networkidle' });
    await page
      .getByRole('button', { name: /search/i })
      .first()
      .click();
    await page.getByRole('searchbox').fill('ROHC');
    const first = page.getByRole('option').first();
    await first.waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname !== built.base);
    expect(await page.locator('main').textContent()).toContain('ROHC');
    expect(visitor.strangers(site.origin)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.context.close();
  }
});

test('the first page is at most 300 kB, and drawn soon', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const visitor = await visit(browser);
  try {
    const figures = await firstPage(visitor, `${site.origin}${built.base}`);
    console.log(`site, first page: ${JSON.stringify(figures)}`);
    expect(figures.octets).toBeLessThanOrEqual(300_000);
    expect(visitor.strangers(site.origin)).toEqual([]);
  } finally {
    await visitor.context.close();
  }
});
