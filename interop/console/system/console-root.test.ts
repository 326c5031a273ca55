/** A scenario that needs root: as nobody it says so on the page and in the terminal, with the mend; as root it works. */
import { spawnSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch, visit } from '../support/chromium.ts';
import { programOf, startConsole } from '../support/console.ts';
import { openScenario, results, run, runId, stands } from '../support/console-page.ts';
import { asked, REASON, root, SOON } from '../support/skip.ts';

let browser: Browser;

beforeAll(async () => {
  if (asked) browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

test('in the terminal, as nobody', (ctx) => {
  if (!asked) ctx.skip(REASON);
  const [program = '', ...args] = programOf(true);
  const { status, stdout, stderr } = spawnSync(program, [...args, 'run', 'rohc-tunnel', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status).toBe(1);
  const { ok, error } = JSON.parse(stdout) as {
    readonly ok: boolean;
    readonly error: { readonly message: string; readonly remedy?: string };
  };
  expect(ok).toBe(false);
  expect(`${error.message} ${error.remedy ?? ''}`).toMatch(/root/);
  expect(error.remedy ?? '').not.toBe('');
  console.log(`as nobody: ${error.message} → ${error.remedy ?? ''}${stderr}`);
});

test('on the page, as nobody', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  const server = await startConsole({ unprivileged: true });
  const visitor = await visit(browser);
  const { page } = visitor;
  try {
    await page.goto(server.origin);
    await page
      .getByText(/^Needs .*root/)
      .first()
      .waitFor();
    await openScenario(page, server.origin, 'rohc-tunnel');
    await page.getByText(/^.?It can’t run here yet$/).waitFor();
    const needs = page.getByRole('listitem').filter({ hasText: 'It needs root' });
    expect(await needs.textContent()).toMatch(/sudo|as root/);
    const button = page.getByRole('button', { name: 'Run', exact: true });
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(page.url()).not.toContain('run=');
    // asked past the page, the server refuses as well
    const answer = await page.evaluate(async () => {
      const response = await fetch('/api/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ scenario: 'rohc-tunnel', input: {} }),
      });
      return { status: response.status, text: await response.text() };
    });
    console.log(`POST as nobody: ${answer.status} ${answer.text.slice(0, 300)}`);
    if (answer.status === 201) {
      const { id } = JSON.parse(answer.text) as { readonly id: string };
      await page.goto(`${server.origin}/scenarios/rohc-tunnel?run=${id}`);
      await stands(page, 'Failed');
      await results(page).getByText(/root/).first().waitFor();
    } else {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).toMatch(/root/);
    }
    expect(visitor.strangers(server.origin)).toEqual([]);
  } finally {
    await visitor.context.close();
    await server.stop();
  }
});

test('as root it works: both directions, compression switched while it runs', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  expect(process.getuid?.(), 'LIQUID_SYSTEM=1 runs as root').toBe(0);
  const server = await startConsole();
  const visitor = await visit(browser);
  const { page } = visitor;
  const points = async (): Promise<Readonly<Record<string, number>>> => {
    const answer = (await (
      await page.request.get(`${server.origin}/api/runs/${runId(page)}`)
    ).json()) as { readonly points: Readonly<Record<string, number>> };
    return answer.points;
  };
  try {
    await openScenario(page, server.origin, 'rohc-tunnel');
    await run(page);
    await stands(page, 'Running');
    await expect
      .poll(async () => Math.max(0, ...Object.values(await points())), SOON)
      .toBeGreaterThan(3);
    const control = page.getByRole('switch').first();
    await control.waitFor();
    const was = await control.isChecked();
    await control.click();
    await expect
      .poll(async () => {
        const answer = (await (
          await page.request.get(`${server.origin}/api/runs/${runId(page)}`)
        ).json()) as { readonly input: Readonly<Record<string, unknown>> };
        return Object.values(answer.input).includes(!was);
      }, SOON)
      .toBe(true);
    await stands(page, 'Done', 120_000);
    await results(page).getByRole('heading', { name: 'Figures' }).waitFor();
    console.log(`tunnel: points ${JSON.stringify(await points())}`);
    expect(visitor.strangers(server.origin)).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  } finally {
    await visitor.context.close();
    await server.stop();
  }
});
