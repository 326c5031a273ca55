/** axe in a page: what it finds serious or critical, as lines that name the rule and the first place. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Runs every rule on the page as it stands. Evaluated by the debugger, so that the page's own content security policy
 * needs no exception.
 */
export const graveFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(source);
  const results = await page.evaluate(
    async (): Promise<AxeResults> =>
      (
        globalThis as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } }
      ).axe.run({
        // what is fine is not written down: that is most of the work on a long page
        resultTypes: ['violations'],
      }),
  );
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, help, nodes }) => {
      const [first] = nodes;
      const why = first?.failureSummary?.replaceAll(/\s+/g, ' ') ?? '';
      return `${impact} ${id} (${help}), ${nodes.length} times, first at ${first?.target.join(' ')}: ${why}`;
    });
};

/** Whether anything sticks out sideways: a page that fits has none to scroll. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
