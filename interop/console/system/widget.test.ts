/** The site's widget in Chromium: the same octets as in Node, nothing sent, wrong files explained, used by keyboard. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { carry } from '../../../docs/.vitepress/theme/widget/carry.ts';
import { FILE_LIMIT } from '../../../docs/.vitepress/theme/widget/failure.ts';
import { graveFindings, sideways } from '../support/axe.ts';
import { captureFile, captures } from '../support/captures.ts';
import { launch, visit, type Visitor } from '../support/chromium.ts';
import { drop } from '../support/drop.ts';
import { readSite, siteIsBuilt } from '../support/site.ts';
import { asked, REASON, SOON } from '../support/skip.ts';
import { type Site, serveSite } from '../support/static-site.ts';

let site: Site;
let browser: Browser;
let address = '';

beforeAll(async () => {
  if (!asked) return;
  await siteIsBuilt();
  const built = readSite();
  site = await serveSite(built.folder, built.base);
  address = `${site.origin}${built.widget}`;
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens the page, does something there, and closes it; nothing may complain or leave the origin. */
const there = async (
  act: (page: Page, visitor: Visitor) => Promise<void>,
  look: Parameters<typeof visit>[1] = {},
): Promise<void> => {
  const visitor = await visit(browser, look);
  try {
    await visitor.page.goto(address, { waitUntil: 'networkidle' });
    await act(visitor.page, visitor);
    expect(visitor.strangers(site.origin)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.context.close();
  }
};

const widget = (page: Page) =>
  page.getByRole('region', { name: 'Compress a capture in this page' });

const give = (page: Page, name: string, octets: Uint8Array): Promise<void> =>
  widget(page)
    .getByLabel('Choose a capture')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(octets) });

const inNode = (name: string) => {
  const carried = carry(new Uint8Array(gunzipSync(readFileSync(captureFile(name)))));
  if (E.isLeft(carried)) throw new Error(carried.left.error.message);
  return {
    packets: carried.right.packets,
    sha256: createHash('sha256').update(carried.right.stream).digest('hex'),
  };
};

describe('the same octets in Chromium as in Node', () => {
  test.for(captures)('%s', async (name, ctx) => {
    if (!asked) ctx.skip(REASON);
    const expected = inNode(name);
    await there(async (page) => {
      await give(page, `${name}.pcap.gz`, readFileSync(captureFile(name)));
      await widget(page).locator('.sha').waitFor();
      expect(await widget(page).locator('.sha').textContent()).toBe(expected.sha256);
      expect(await widget(page).locator('.verdict').textContent()).toContain(
        `all ${expected.packets.toLocaleString('en-US')} packets came back octet for octet`,
      );
      console.log(`${name}: ${expected.packets} packets, ${expected.sha256} in both`);
    });
  });

  test('the captures that the page ships, by its list', async (ctx) => {
    if (!asked) ctx.skip(REASON);
    await there(async (page) => {
      const list = widget(page).getByLabel('Shipped capture');
      const names = await list
        .getByRole('option')
        .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
      expect([...names].sort()).toEqual(captures);
      for (const name of names) {
        await list.selectOption(name);
        await widget(page).getByRole('button', { name: 'Compress it' }).click();
        await widget(page).getByText(inNode(name).sha256).waitFor();
      }
    });
  });
});

test('a dropped file is compressed, and nothing is sent', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page, { context, requests }) => {
    const before = requests.length;
    const methods: string[] = [];
    context.on('request', (request) => methods.push(request.method()));
    const octets = gunzipSync(readFileSync(captureFile('both-directions')));
    await drop(page, '.rohc-widget .drop', 'mine.pcap', octets);
    await widget(page).locator('.sha').waitFor();
    expect(await widget(page).locator('.verdict').textContent()).toContain('mine.pcap');
    // the worker's own program is all that it may fetch
    expect(requests.slice(before).filter((url) => !/\/assets\/worker[^/]*\.js$/.test(url))).toEqual(
      [],
    );
    expect(methods.filter((method) => method !== 'GET')).toEqual([]);
  });
});

describe('a wrong file is explained', () => {
  const cut = gunzipSync(readFileSync(captureFile('acks-ipv6'))).subarray(0, 60);
  const arp = Buffer.alloc(24 + 16 + 60);
  Buffer.from('a1b2c3d4000200040000000000000000000fffff00000001', 'hex').copy(arp);
  Buffer.from('00000000000000000000003c0000003c', 'hex').copy(arp, 24);
  arp.set([0x08, 0x06], 24 + 16 + 12);

  test.for([
    [
      'notes.txt',
      Buffer.from('Dear reader\nthis is no capture\n'),
      'This is no capture',
      'Dear reader',
    ],
    ['empty.pcap', Buffer.alloc(0), 'The file is empty', 'pcap'],
    ['cut.pcap', cut, 'breaks off before its first packet', 'Copy it again'],
    ['arp.pcap', arp, 'no IP packet', 'IPv4 or IPv6'],
    ['large.pcap.gz', gzipSync(Buffer.alloc(FILE_LIMIT + 1)), 'larger than 64 MiB', 'command line'],
  ] as const)('%s', async ([name, octets, message, remedy], ctx) => {
    if (!asked) ctx.skip(REASON);
    await there(async (page) => {
      await give(page, name, octets);
      const alert = widget(page).getByRole('alert');
      await alert.waitFor();
      const text = await alert.textContent();
      expect(text).toContain(message);
      expect(text).toContain(remedy);
      expect(await graveFindings(page)).toEqual([]);
      // and the next file is taken as if nothing had been
      await give(page, 'good.pcap.gz', readFileSync(captureFile('acks-ipv6')));
      await widget(page).locator('.sha').waitFor();
    });
  });

  test('broken off later: what comes before is shown', async (ctx) => {
    if (!asked) ctx.skip(REASON);
    await there(async (page) => {
      await give(page, 'half.pcap.gz', readFileSync(captureFile('acks-ipv6')).subarray(0, 9000));
      await widget(page).locator('.sha').waitFor();
      expect(await widget(page).locator('.notes').textContent()).toContain('breaks off');
    });
  });
});

/** A capture of as many packets as the page takes, about. */
const large = (): Buffer => {
  const one = gunzipSync(readFileSync(captureFile('acks-timestamps')));
  const body = one.subarray(24);
  const times = Math.floor((FILE_LIMIT - 24) / body.length);
  return Buffer.concat([one.subarray(0, 24), ...Array.from({ length: times }, () => body)]);
};

test('a large capture leaves the page fluid, and can be aborted', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const octets = gzipSync(large(), { level: 1 });
  await there(async (page) => {
    await page.evaluate(() => {
      const frames = { count: 0, worstMs: 0, sumMs: 0 };
      Object.assign(globalThis, { widgetFrames: frames });
      let last = performance.now();
      const next = (now: number): void => {
        frames.count++;
        frames.sumMs += now - last;
        frames.worstMs = Math.max(frames.worstMs, now - last);
        last = now;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    await drop(page, '.rohc-widget .drop', 'large.pcap.gz', octets);
    await widget(page).getByText('Compressing and comparing').waitFor();
    await widget(page).getByRole('button', { name: 'Abort' }).click();
    await widget(page).getByRole('button', { name: 'Abort' }).waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('file');

    await drop(page, '.rohc-widget .drop', 'large.pcap.gz', octets);
    await widget(page).getByText('Compressing and comparing').waitFor();
    await page.evaluate(() => {
      const { widgetFrames } = globalThis as unknown as {
        widgetFrames: { count: number; worstMs: number; sumMs: number };
      };
      Object.assign(widgetFrames, { count: 0, worstMs: 0, sumMs: 0 });
    });
    await widget(page).locator('.sha').waitFor({ timeout: 120_000 });
    const frames = await page.evaluate(
      () =>
        (
          globalThis as unknown as {
            widgetFrames: { count: number; worstMs: number; sumMs: number };
          }
        ).widgetFrames,
    );
    const rate = (1000 * frames.count) / frames.sumMs;
    console.log(
      `widget, ${await widget(page).locator('.verdict').textContent()}: ${rate.toFixed(1)} frames a second, worst ${frames.worstMs.toFixed(0)} ms`,
    );
    expect(rate).toBeGreaterThan(20);
    // choosing the last packet replays all before it, in the worker
    await widget(page).getByRole('spinbutton', { name: 'Packet' }).fill('99999999');
    await page.keyboard.press('Enter');
    await widget(page)
      .getByRole('button', { name: 'Next', exact: true })
      .and(page.locator('[disabled]'))
      .waitFor();
  });
});

test('by keyboard alone: a shipped capture, a packet, its fields', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await widget(page).getByLabel('Choose a capture').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const title = widget(page).locator('.packet-look .title');
    await title.waitFor();
    const first = await title.textContent();
    const tree = widget(page).getByRole('tree');
    const chosen = tree.locator('[aria-selected="true"]');
    await chosen.focus();
    await page.keyboard.press('Home');
    const top = await chosen.textContent();
    await page.keyboard.press('ArrowDown');
    expect(await chosen.textContent()).not.toBe(top);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe(
      'treeitem',
    );
    await page.keyboard.press('ArrowLeft');
    expect(await chosen.textContent()).toBe(top);
    await widget(page).getByRole('button', { name: 'Next', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => title.textContent(), SOON).not.toBe(first);
    expect(await widget(page).locator('.hex .marked').count()).toBeGreaterThan(0);
  });
});

test.for([
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
] as const)('axe, %s, %i pixels wide', async ([colorScheme, width], ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(
    async (page) => {
      await give(page, 'a.pcap.gz', readFileSync(captureFile('both-directions')));
      await widget(page).locator('.packet-look').waitFor();
      await widget(page).getByText('These figures as a table').click();
      expect(await graveFindings(page)).toEqual([]);
      expect(await sideways(page)).toBe(0);
    },
    { colorScheme, width },
  );
});
