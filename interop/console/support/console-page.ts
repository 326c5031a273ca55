/** The console's page as a person uses it: found by what it says, never by how it is built. */
import type { Locator, Page } from 'playwright-core';
import { join } from 'node:path';

/** Scenarios of these tests, for `--from`. */
export const FIXTURES = join(import.meta.dirname, 'scenarios.ts');

/** Where the outcome of a run stands. */
export const results = (page: Page): Locator => page.getByRole('region', { name: 'Results' });

/** Opens a scenario; its form is there afterwards. */
export const openScenario = async (page: Page, origin: string, id: string): Promise<void> => {
  await page.goto(`${origin}/scenarios/${id}`);
  await page.getByRole('heading', { name: 'Inputs' }).waitFor();
};

/** Presses Run, or Run again. */
export const run = (page: Page): Promise<void> =>
  page.getByRole('button', { name: /^Run( again)?$/ }).click();

/** Waits until the run stands as a word says: Running, Done, Failed, Stopped. */
export const stands = (page: Page, word: string, timeout = 60_000): Promise<void> =>
  results(page).getByText(word, { exact: true }).first().waitFor({ timeout });

/** Id of the run that the address names. */
export const runId = (page: Page): string => new URL(page.url()).searchParams.get('run') ?? '';
