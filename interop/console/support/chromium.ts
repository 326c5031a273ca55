/** Debian's Chromium as these tests use it: everything it asks for is written down, and what goes wrong in a page too. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { must } from './skip.ts';

const CHROMIUM = '/usr/bin/chromium';

/** No sandbox, because the test may run as root; no traffic of the browser's own. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
  '--force-color-profile=srgb',
];

/** Starts it. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: must(CHROMIUM, 'apt-get install chromium'),
    args: FLAGS,
  });

/** One visitor: a context of their own, and what came of it. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Addresses of all requests of all pages, workers included. */
  readonly requests: string[];
  /** Exceptions and complaints in any page. */
  readonly complaints: string[];
  /** Requests to any other origin than this one; `data:` and `blob:` leave nothing. */
  readonly strangers: (origin: string) => readonly string[];
}

/** How a visitor looks at a page. */
export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** Opens a visitor's first page. */
export const visit = async (browser: Browser, look: Look = {}): Promise<Visitor> => {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    deviceScaleFactor: 1,
    colorScheme: look.colorScheme ?? 'light',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
    });
  });
  const page = await context.newPage();
  return {
    context,
    page,
    requests,
    complaints,
    strangers: (origin) =>
      requests.filter((url) => !/^(?:data|blob):/.test(url) && new URL(url).origin !== origin),
  };
};
