/** Runs inside the guest: vitest in each chosen workspace, then the sum of what it reported. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { merge, type Report, readVitest, summary } from '../../../../scripts/lib/reports.ts';
import { run } from '../../../../scripts/lib/run.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Where the reports of vitest lie: in memory, gone with the guest. */
const scratch = '/tmp/liquid-guest';

/**
 * A processor that is emulated is twenty times slower than itself: what waits for an event waits
 * longer here, what measures a time keeps its bound.
 */
const WIDE = 15 * 60_000;

/**
 * System tests run and fail where a part is missing. Only what bounds the time of a real processor may
 * leave itself out, and is listed as skipped.
 */
const ENVIRONMENT = { LIQUID_SYSTEM: '1', LIQUID_EMULATED: '1' };

/** A workspace and which of its files: `interop/netlab/system/tun` is those that begin so. */
const split = (choice: string): readonly [folder: string, filter: string] => {
  const [group = '', name = '', ...rest] = choice.split('/');
  const filter = rest.join('/');
  // vitest looks for the words anywhere in a path: a folder's end tells it from longer names.
  const isFolder = filter !== '' && existsSync(join(root, choice)) && !filter.endsWith('/');
  return [`${group}/${name}`, isFolder ? `${filter}/` : filter];
};

const suite = async (choice: string): Promise<Report> => {
  const [folder, filter] = split(choice);
  const files = { json: join(scratch, 'report.json'), skips: join(scratch, 'skips.json') };
  process.stdout.write(`\n── ${choice}\n`);
  const { code, seconds } = await run(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', filter, '--passWithNoTests', `--testTimeout=${WIDE}`, `--hookTimeout=${WIDE}`],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${files.json}`],
      `--reporter=${join(root, 'scripts/config/skip-reporter.ts')}`,
    ].filter((argument) => argument !== ''),
    {
      cwd: join(root, folder),
      env: { LIQUID_SKIPS_FILE: files.skips, ...ENVIRONMENT },
      show: true,
    },
  );
  return readVitest(root, folder, files, seconds / 60, code);
};

mkdirSync(scratch);
const gigabytes = (totalmem() / 2 ** 30).toFixed(1);
process.stdout.write(
  `Linux ${release()} in a guest: ${availableParallelism()} emulated processors, ${gigabytes} GB, Node ${process.version}\n`,
);
const reports: Report[] = [];
for (const choice of process.argv.slice(2)) reports.push(await suite(choice));
const outcomes = merge(reports);
const told = summary(outcomes);
process.stdout.write(`\n${told}`);
writeFileSync('/run/guest/sum', told.trimEnd().split('\n').at(-1) ?? '');
process.exitCode = outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
