/** A run as files: report, points and pictures, the same that the page offers as downloads. */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptTask, type LiquidError } from '@liquid/types';
import type { RunOutcome, Scenario } from '@liquid/types/scenario';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { PointStore } from './point-store.js';
import { seriesCsv } from './series-csv.js';
import { plotNames, plotsOf, renderSvg } from './svg.js';

/** One file: its name, and its text in pieces. */
export interface ResultFile {
  readonly name: string;
  readonly text: Iterable<string>;
}

/** The report as it is kept and sent. */
export const reportJson = (outcome: RunOutcome): string => `${JSON.stringify(outcome, null, 2)}\n`;

/** All files of a run: `report.json`, `series.csv`, and one SVG a plot. */
export const resultFiles = (
  scenario: Scenario,
  outcome: RunOutcome,
  store: PointStore,
): ReadonlyArray<ResultFile> => {
  const plots = plotsOf(scenario.series);
  const names = plotNames(plots);
  return [
    { name: 'report.json', text: [reportJson(outcome)] },
    { name: 'series.csv', text: seriesCsv(scenario.series, store) },
    ...plots.map((plot, i) => ({
      name: `${names[i] ?? i}.svg`,
      text: [renderSvg(scenario.title, plot, store)],
    })),
  ];
};

/** Written at once: pieces are gathered up to this many UTF-16 units. */
const BATCH = 64 * 1024;

const write = async (path: string, text: Iterable<string>): Promise<void> => {
  // Beside it and renamed: whoever reads sees the old file or the new one, never a part.
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(beside, 'w');
    try {
      let batch = '';
      for (const piece of text) {
        batch += piece;
        if (batch.length < BATCH) continue;
        await handle.writeFile(batch);
        batch = '';
      }
      await handle.writeFile(batch);
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
};

/** Writes the files into a folder, which is made where it does not exist; those that exist are replaced. */
export const writeResults = (
  folder: string,
  files: ReadonlyArray<ResultFile>,
): TE.TaskEither<LiquidError, void> =>
  pipe(
    attemptTask(`making folder ${folder}`, () => mkdir(folder, { recursive: true })),
    TE.chainW(() =>
      attemptTask(`writing to ${folder}`, async () => {
        for (const { name, text } of files) await write(join(folder, name), text);
      }),
    ),
  );
