/** The portable packages and the examples of their READMEs, bundled and run in Debian's Chromium. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, bundleExamples, bundleForBrowser } from '../stranger/bundle.ts';
import { installAll, published, root } from '../stranger/install.ts';

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

/** Serves the scripts by their paths and a page that loads them in order; on loopback, any port. */
const serve = async (
  scripts: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  const page = [...scripts.keys()].map((path) => `<script type="module" src="${path}"></script>`);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (file !== undefined) {
      response.end(file);
      return;
    }
    const script = scripts.get(request.url ?? '');
    response.setHeader(
      'content-type',
      script === undefined ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8',
    );
    response.end(script ?? `<!doctype html><link rel="icon" href="data:,">${page.join('')}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

/** Fetches a capture, sends each packet through a ROHC channel and leaves what came of it as `carried`. */
const CARRY = `
import { createCompressor, createDecompressor } from '@liquid/rohc';
import { createCaptureReader, ipPacketOf } from '@liquid/rohc/pcap';

const right = (either) => {
  if (either._tag === 'Left') throw new Error(either.left.message);
  return either.right;
};
const capture = new Uint8Array(await (await fetch('/capture.pcap')).arrayBuffer());
const reader = right(createCaptureReader());
const compressor = right(createCompressor());
const decompressor = right(createDecompressor());
const carried = { packets: 0, octets: 0, compressed: 0, different: 0 };
for (const event of [...reader.push(capture), ...reader.end()].map(right)) {
  if (event._tag !== 'Record') continue;
  const { linkType, data } = event.record;
  const { offset, length } = right(ipPacketOf(linkType, data));
  const original = data.slice(offset, offset + length);
  const { packet } = right(compressor.compress(original));
  const again = right(decompressor.decompress(packet)).packet;
  carried.packets++;
  carried.octets += length;
  carried.compressed += packet.length;
  if (again?.join() !== original.join()) carried.different++;
}
Object.assign(globalThis, { carried });
`;

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
    const examples = await bundleExamples(app, one);
    expect(examples.length, 'its README has no example that runs').toBeGreaterThan(0);
    const server = await serve(
      new Map([
        ['/entries.js', await bundleForBrowser(app, one)],
        ...examples.map((code, index) => [`/example-${index}.js`, code] as const),
      ]),
    );
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      const printed: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => printed.push(`${message.type()}: ${message.text()}`));
      await page.goto(server.url, { waitUntil: 'load' });
      const loaded = await page.evaluate(
        () => (globalThis as { loaded?: Record<string, string[]> }).loaded ?? {},
      );
      expect(errors).toEqual([]);
      expect(printed.filter((line) => line.startsWith('error'))).toEqual([]);
      expect(printed.length, 'the examples printed nothing').toBeGreaterThan(0);
      for (const name of one.portable) expect(loaded[name]?.length, name).toBeGreaterThan(0);
    } finally {
      await browser.close();
      await server.stop();
    }
  });

  test('@liquid/rohc carries a recorded stream', async (ctx) => {
    if (!asked) ctx.skip('needs Debian’s chromium: run with LIQUID_SYSTEM=1');
    expect(existsSync(CHROMIUM), 'apt-get install chromium').toBe(true);
    const file = join(root, 'apps/rohc-example/captures/acks-ipv6.pcap.gz');
    const server = await serve(
      new Map([['/carry.js', await bundle(app, CARRY, 'esm')]]),
      new Map([['/capture.pcap', gunzipSync(readFileSync(file))]]),
    );
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(server.url, { waitUntil: 'load' });
      await page
        .waitForFunction(() => 'carried' in globalThis, undefined, { timeout: 60_000 })
        .catch(() => {});
      expect(errors).toEqual([]);
      const carried = await page.evaluate(
        () => (globalThis as { carried?: Record<string, number> }).carried ?? {},
      );
      expect(carried).toMatchObject({ packets: 1386, different: 0 });
      // 72 octets of headers each, and next to no payload: a quarter of it is left at most.
      expect((carried['compressed'] ?? 0) / (carried['octets'] ?? 1)).toBeLessThan(0.25);
      console.log(`in Chromium: ${JSON.stringify(carried)}`);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
