/**
 * `npm test`: builds everything, runs every unprivileged test, lists the system tests as skipped.
 *
 * With LIQUID_SYSTEM=1, as root, it brings the Debian packages first and runs the system tests as
 * well; what can't run then has failed. `--system-only` leaves out the rest, `--no-build` trusts
 * what is built, and folders (`packages/rohc`) choose among the workspaces.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  clearReports,
  merge,
  readVitest,
  reportsFolder,
  summary,
  writeReport,
  type Report,
} from './lib/reports.ts';
import { run } from './lib/run.ts';
import { installSystemDeps } from './lib/system.ts';
import { workspacesOf } from './lib/workspace.ts';

const root = process.cwd();
const args = process.argv.slice(2);
const chosen = args.filter((arg) => !arg.startsWith('--'));
const systemOnly = args.includes('--system-only');
const system = process.env['LIQUID_SYSTEM'] === '1';

const leave = (message: string): never => {
  process.stdout.write(`${message}\n\n0 passed, 1 failed, 0 skipped\n`);
  process.exit(1);
};

if (systemOnly && !system) leave('--system-only needs LIQUID_SYSTEM=1.');
if (system) {
  if (process.getuid?.() !== 0) leave('LIQUID_SYSTEM=1 needs root.');
  const missing = await installSystemDeps(root);
  if (missing.length > 0)
    leave(`These Debian packages could not be installed: ${missing.join(', ')}`);
}

if (!args.includes('--no-build')) {
  process.stdout.write('Building …\n');
  const built = await run(
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', '--concurrency=2', '--output-logs=errors-only'],
    { cwd: root },
  );
  if (built.code !== 0) leave(`${built.output}\nThe build failed.`);
}

clearReports(root);
const scratch = join(reportsFolder(root), 'vitest');
mkdirSync(scratch, { recursive: true });

/** System tests of one workspace, or all tests of it, in vitest's own process. */
const test = async (folder: string): Promise<Report> => {
  const name = folder.replaceAll('/', '-');
  const files = { json: join(scratch, `${name}.json`), skips: join(scratch, `${name}.skips.json`) };
  rmSync(files.json, { force: true });
  process.stdout.write(`\n── ${folder}\n`);
  const { code, seconds } = await run(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${files.json}`,
      `--reporter=${join(root, 'scripts/config/skip-reporter.ts')}`,
      ...(systemOnly ? ['system/'] : []),
    ],
    { cwd: join(root, folder), env: { LIQUID_SKIPS_FILE: files.skips }, show: true },
  );
  return readVitest(root, folder, files, seconds / 60, code);
};

const folders = [...workspacesOf(root).map(({ folder }) => folder), 'scripts']
  .filter((folder) => existsSync(join(root, folder, 'vitest.config.ts')))
  .filter((folder) => chosen.length === 0 || chosen.includes(folder))
  .filter((folder) => !systemOnly || existsSync(join(root, folder, 'system')));
if (folders.length === 0) leave(`No workspace is called ${chosen.join(', ')}.`);

const reports: Report[] = [];
for (const folder of folders) {
  const report = await test(folder);
  writeReport(root, report);
  reports.push(report);
}

const outcomes = merge(reports);
process.stdout.write(`\n${summary(outcomes)}`);
process.exitCode = outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
