/** The console's page in Chromium: list, run, stop, fail, files, reload, two tabs, a restart. */
import { readFileSync } from 'node:fs';
import { type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunState } from '../../../apps/console/src/api.ts';
import { captureFile } from '../support/captures.ts';
import { launch, visit, type Visitor } from '../support/chromium.ts';
import { type Console, startConsole } from '../support/console.ts';
import { FIXTURES, openScenario, results, run, runId, stands } from '../support/console-page.ts';
import { drop } from '../support/drop.ts';
import { mostProminent } from '../support/prominent.ts';
import { asked, REASON, SOON } from '../support/skip.ts';

let server: Console;
let browser: Browser;

beforeAll(async () => {
  if (!asked) return;
  server = await startConsole({ from: [FIXTURES] });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens a visitor, does something, and closes it; nothing may leave the origin, no exception may be thrown. */
const there = async (act: (page: Page, visitor: Visitor) => Promise<void>): Promise<void> => {
  const visitor = await visit(browser);
  try {
    await act(visitor.page, visitor);
    expect(visitor.strangers(server.origin)).toEqual([]);
    expect(visitor.complaints.filter((line) => line.startsWith('exception'))).toEqual([]);
  } finally {
    await visitor.context.close();
  }
};

const stateOf = async (page: Page): Promise<RunState> => {
  const answer: unknown = await (
    await page.request.get(`${server.origin}/api/runs/${runId(page)}`)
  ).json();
  if (!RunState.is(answer)) throw new Error(`no run: ${JSON.stringify(answer)}`);
  return answer;
};

test('it lists the tools as trades, and what is not built says so', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page, { complaints }) => {
    await page.goto(server.origin);
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const name of ['Between resources', 'Between layers', 'Between providers']) {
      await page.getByRole('heading', { name }).waitFor();
    }
    await page.getByRole('heading', { name: 'rohc', exact: true }).waitFor();
    await page.getByRole('link', { name: /^Run ?: Real TCP acknowledgements shrink$/ }).waitFor();
    await page.getByRole('heading', { name: 'market', exact: true }).waitFor();
    expect(await page.getByRole('link', { name: /market/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

test('a first result within three clicks, each on what is most prominent', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await page.goto(server.origin);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const clicked: string[] = [];
    for (let clicks = 0; clicks < 3 && !page.url().includes('run='); clicks++) {
      const { x, y, text } = await mostProminent(page);
      clicked.push(text);
      await page.mouse.click(x, y);
      await page.waitForTimeout(500);
    }
    await stands(page, 'Done');
    await results(page).getByRole('heading', { name: 'Beside what was published' }).waitFor();
    console.log(`clicked: ${clicked.join(' → ')}`);
  });
});

test('a run: progress, chart, figures, tables, the command line, downloads', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page, { complaints }) => {
    await openScenario(page, server.origin, 'rohc-capture');
    await run(page);
    await stands(page, 'Done');
    expect(await page.title()).toContain('Done');
    const shown = results(page);
    await shown.getByRole('heading', { name: 'Figures' }).waitFor();
    expect(await shown.getByRole('table').count()).toBeGreaterThan(0);
    expect(await shown.locator('canvas').count()).toBeGreaterThan(0);
    const command = await shown
      .getByRole('group', { name: 'The same in the terminal' })
      .textContent();
    expect(command).toContain('run rohc-capture');
    const state = await stateOf(page);
    expect(state.outcome?.ok).toBe(true);
    expect(command).toContain(state.seed);
    const saved: string[] = [];
    for (const [name, begins] of [
      ['Report', '{'],
      ['All points', ''],
      ['Chart of', '<svg'],
    ] as const) {
      const waiting = page.waitForEvent('download');
      await shown.getByRole('link', { name }).first().click();
      const download = await waiting;
      const text = readFileSync(await download.path(), 'utf8');
      expect(text.length).toBeGreaterThan(100);
      if (begins !== '')
        expect(text.trimStart().replace(/^<\?xml[^>]*>\s*/, '')).toMatch(
          new RegExp(`^\\${begins}`),
        );
      saved.push(download.suggestedFilename());
    }
    console.log(`saved: ${saved.join(', ')}`);
    expect(complaints).toEqual([]);
  });
});

test('wrong inputs are marked where they are, and nothing runs', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'rohc-capture');
    const window = page.getByLabel('Window', { exact: true });
    await window.fill('many');
    await run(page);
    await expect.poll(() => window.getAttribute('aria-invalid'), SOON).toBe('true');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.id), SOON)
      .toBe('input-window');
    expect(page.url()).not.toContain('run=');
    await window.fill('8');
    await run(page);
    await stands(page, 'Done');
    expect((await stateOf(page)).input['window']).toBe(8);
  });
});

test('stop: what came until then stays', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'browser-ticks');
    await run(page);
    await stands(page, 'Running');
    await expect
      .poll(async () => (await stateOf(page)).points['wave'] ?? 0, SOON)
      .toBeGreaterThan(5);
    await page.getByRole('button', { name: 'Stop' }).click();
    await stands(page, 'Stopped');
    await results(page)
      .getByText(/^.?The run was stopped$/)
      .waitFor();
    expect(await results(page).locator('canvas').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Run again' }).waitFor();
  });
});

test('a control moves a run that goes on', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'browser-ticks');
    await page.getByLabel('Ticks', { exact: true }).fill('60');
    await run(page);
    await stands(page, 'Running');
    await page.getByLabel('Height', { exact: true }).fill('777');
    await stands(page, 'Done');
    await results(page).getByText('777').first().waitFor();
  });
});

test('a failing run says what is wrong and what to do', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'browser-failing');
    await run(page);
    await stands(page, 'Failed');
    await results(page)
      .getByText(/^.?The run failed$/)
      .waitFor();
    await results(page).getByText('The CRC differs.').waitFor();
    await results(page).getByText('Send the packet again.').waitFor();
    await results(page).getByText('Log', { exact: false }).first().click();
    await results(page).getByText('something is odd').waitFor();
  });
});

test('a dropped file is the input', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'rohc-capture');
    await drop(page, 'body', 'mine.pcap.gz', readFileSync(captureFile('acks-ipv6')));
    await page.getByText('mine.pcap.gz').first().waitFor();
    await run(page);
    await stands(page, 'Done');
    expect(String((await stateOf(page)).input['input'])).toContain('mine.pcap.gz');
    await results(page)
      .getByText(/^1386 packets of mine\.pcap\.gz/)
      .first()
      .waitFor();
  });
});

test('a wrong file: the run says so, the file is marked, another one goes', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'rohc-capture');
    const chooser = page.getByLabel('Capture', { exact: true });
    await chooser.setInputFiles({
      name: 'notes.pcap',
      mimeType: 'text/plain',
      buffer: Buffer.from('Dear reader, this is no capture.'),
    });
    await page.getByText('notes.pcap').first().waitFor();
    await run(page);
    await stands(page, 'Failed');
    await results(page)
      .getByText(/pcap or pcapng/)
      .first()
      .waitFor();
    await expect.poll(() => chooser.getAttribute('aria-invalid'), SOON).toBe('true');
    await page.getByRole('button', { name: 'Remove' }).click();
    await run(page);
    await stands(page, 'Done');
  });
});

test('reload during a run: it is found again, with its inputs and points', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await openScenario(page, server.origin, 'browser-ticks');
    await page.getByLabel('Ticks', { exact: true }).fill('80');
    await run(page);
    await stands(page, 'Running');
    const id = runId(page);
    await expect
      .poll(async () => (await stateOf(page)).points['wave'] ?? 0, SOON)
      .toBeGreaterThan(5);
    await page.reload();
    await stands(page, 'Running');
    expect(runId(page)).toBe(id);
    await expect
      .poll(() => page.getByLabel('Ticks', { exact: true }).inputValue(), SOON)
      .toBe('80');
    await stands(page, 'Done');
    await results(page).getByText('The chart in numbers').click();
    // every point is there, those from before the reload as well
    await results(page)
      .getByRole('row', { name: /wave/ })
      .getByText('80', { exact: true })
      .waitFor();
  });
});

test('two tabs see one run; what one does, the other shows', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page, { context }) => {
    await openScenario(page, server.origin, 'browser-ticks');
    await run(page);
    await stands(page, 'Running');
    const other = await context.newPage();
    await other.goto(page.url());
    await stands(other, 'Running');
    await other.getByLabel('Height', { exact: true }).fill('321');
    await expect
      .poll(() => page.getByLabel('Height', { exact: true }).inputValue(), SOON)
      .toBe('321');
    await other.getByRole('button', { name: 'Stop' }).click();
    await stands(page, 'Stopped');
    await stands(other, 'Stopped');
  });
});

test('the console is restarted: the page says so, keeps the inputs and goes on', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  let own = await startConsole({ from: [FIXTURES] });
  const visitor = await visit(browser);
  const { page } = visitor;
  try {
    await openScenario(page, own.origin, 'browser-ticks');
    await page.getByLabel('Ticks', { exact: true }).fill('40');
    await run(page);
    await stands(page, 'Running');
    expect(await own.stop()).not.toBeNull();
    await results(page).getByText('Reconnecting …').waitFor();
    own = await startConsole({ from: [FIXTURES], port: own.port });
    await results(page)
      .getByText(/was restarted/)
      .waitFor({ timeout: 20_000 });
    expect(await page.getByLabel('Ticks', { exact: true }).inputValue()).toBe('40');
    await page.getByRole('button', { name: 'Run again with the same inputs' }).click();
    await stands(page, 'Done');
    expect(visitor.strangers(own.origin)).toEqual([]);
  } finally {
    await visitor.context.close();
    await own.stop();
  }
});

test('by keyboard alone, from the first page to a result', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await page.goto(server.origin);
    await page.getByRole('heading', { level: 1 }).waitFor();
    let presses = 0;
    const tabTo = async (words: RegExp): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        presses++;
        const here = await page.evaluate(() => {
          const { activeElement: it } = document;
          return {
            text: it?.textContent?.trim() ?? '',
            outline: it === null ? '' : getComputedStyle(it).outlineStyle,
          };
        });
        if (!words.test(here.text)) continue;
        expect(here.outline, 'the focus is not seen').not.toBe('none');
        return;
      }
      throw new Error(`no way to ${words} by Tab`);
    };
    await tabTo(/^Try it/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Inputs' }).waitFor();
    await tabTo(/^Run$/);
    await page.keyboard.press('Enter');
    await stands(page, 'Done');
    console.log(`by keyboard: ${presses} times Tab, 2 times Enter`);
  });
});

test('what is not there is said', async (ctx) => {
  if (!asked) ctx.skip(REASON);
  await there(async (page) => {
    await page.goto(`${server.origin}/scenarios/no-such`);
    await page.getByRole('heading', { name: 'There is no such scenario' }).waitFor();
    await page.goto(`${server.origin}/scenarios/rohc-capture?run=no-such`);
    await page.getByText('This run is not there any more').waitFor();
  });
});
