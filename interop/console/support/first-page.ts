/** What the first page costs a visitor: octets on the wire, and the time until it is drawn. */
import type { Visitor } from './chromium.ts';

/** Figures of one visit with an empty cache. */
export interface FirstPage {
  /** Octets of all bodies as they travelled, content encoding included. */
  readonly octets: number;
  readonly requests: number;
  /** Milliseconds from navigation to the first contentful paint. */
  readonly firstPaintMs: number;
}

/** Goes there and counts until the network is quiet. */
export const firstPage = async ({ context, page }: Visitor, url: string): Promise<FirstPage> => {
  const session = await context.newCDPSession(page);
  let octets = 0;
  let requests = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    octets += encodedDataLength;
    requests++;
  });
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(url, { waitUntil: 'networkidle' });
  const firstPaintMs = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  );
  await session.detach();
  return { octets, requests, firstPaintMs: Math.round(firstPaintMs) };
};
