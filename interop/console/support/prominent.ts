/** What somebody clicks who doesn't read: the largest thing that looks like a button, by its colour alone. */
import type { Page } from 'playwright-core';

/** Where it is, and what it says. */
export interface Prominent {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/**
 * The link or button in view with the most ink: its area times how far its background is from the page's in luminance.
 */
export const mostProminent = async (page: Page): Promise<Prominent> => {
  const found = await page.evaluate(() => {
    const luminance = (colour: string): number | undefined => {
      const [r = 0, g = 0, b = 0, a = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
      return a === 0 ? undefined : 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = luminance(getComputedStyle(document.body).backgroundColor) ?? 255;
    let best = { ink: 0, x: 0, y: 0, text: '' };
    for (const one of document.querySelectorAll(
      'a, button, [role="button"], input[type="submit"]',
    )) {
      const { left, top, right, bottom, width, height } = one.getBoundingClientRect();
      if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) continue;
      const own = luminance(getComputedStyle(one).backgroundColor);
      const ink = own === undefined ? 0 : width * height * Math.abs(own - ground);
      if (ink <= best.ink) continue;
      best = {
        ink,
        x: left + width / 2,
        y: top + height / 2,
        text: one.textContent?.trim() ?? '',
      };
    }
    return best;
  });
  if (found.ink === 0) throw new Error('nothing in view looks like a button');
  return found;
};
