/** What the runners reported, and its sum: N passed, N failed, N skipped. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Skip } from '../config/skip-reporter.ts';

/** The parts of vitest's JSON report that are read. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
    }[];
  }[];
}

export interface Outcome {
  /** File and full title, the same on every machine. */
  readonly id: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
}

/** One run of one workspace, or of the gates. */
export interface Report {
  readonly of: string;
  readonly minutes: number;
  readonly outcomes: readonly Outcome[];
}

/** Where reports lie; another folder where `.ci/run` collects them. */
export const reportsFolder = (root: string): string =>
  process.env['LIQUID_REPORTS'] ?? join(root, 'node_modules/.cache/liquid/reports');

/** Where the reason is not given: tests below `system/` have the same one everywhere. */
const reasonOf = (id: string, note: string | null | undefined): string => {
  if (note) return note;
  // Some say it in the title.
  const said = /\(skipped: ([^()]+)\)/.exec(id)?.[1];
  if (said !== undefined) return said;
  return id.includes('/system/')
    ? 'a system test: needs root, run with LIQUID_SYSTEM=1'
    : 'no reason given';
};

/** Reads what vitest wrote about one workspace. A missing report is a failure of its own. */
export const readVitest = (
  root: string,
  folder: string,
  files: { readonly json: string; readonly skips: string },
  minutes: number,
  code: number,
): Report => {
  if (!existsSync(files.json)) {
    return {
      of: folder,
      minutes,
      outcomes: [{ id: `${folder}: vitest wrote no report (exit ${code})`, state: 'failed' }],
    };
  }
  const report = JSON.parse(readFileSync(files.json, 'utf8')) as VitestReport;
  const skips = existsSync(files.skips)
    ? (JSON.parse(readFileSync(files.skips, 'utf8')) as readonly Skip[])
    : [];
  const notes = new Map(
    skips.map(({ file, name, note }) => [`${file}\0${name.replaceAll(' > ', ' ')}`, note]),
  );
  const outcomes = report.testResults.flatMap(({ name, status, assertionResults }): Outcome[] => {
    const file = relative(root, name);
    // A file that could not be loaded has no tests, but it failed.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      return [{ id: `${file}: the file failed as a whole`, state: 'failed' }];
    }
    return assertionResults.map((test): Outcome => {
      const id = `${file} > ${test.fullName}`;
      if (test.status === 'passed' || test.status === 'failed') return { id, state: test.status };
      const reason = reasonOf(`/${file}`, notes.get(`${name}\0${test.fullName}`));
      // Asked for by LIQUID_SYSTEM=1, a system test must run: what is missing is a failure.
      return process.env['LIQUID_SYSTEM'] === '1' && `/${file}`.includes('/system/')
        ? { id: `${id} (skipped: ${reason})`, state: 'failed' }
        : { id, state: 'skipped', reason };
    });
  });
  const failed = outcomes.some(({ state }) => state === 'failed');
  return {
    of: folder,
    minutes,
    outcomes:
      code !== 0 && !failed
        ? [...outcomes, { id: `${folder}: vitest left with code ${code}`, state: 'failed' }]
        : outcomes,
  };
};

const fileOf = (of: string): string => `${of.replaceAll('/', '-')}.report.json`;

export const clearReports = (root: string): void => {
  rmSync(reportsFolder(root), { recursive: true, force: true });
};

export const writeReport = (root: string, report: Report): void => {
  mkdirSync(reportsFolder(root), { recursive: true });
  writeFileSync(join(reportsFolder(root), fileOf(report.of)), JSON.stringify(report));
};

/** The gates count as tests, one each. */
export const writeGateReport = (
  root: string,
  results: readonly { readonly name: string; readonly problems: readonly string[] }[],
): void => {
  writeReport(root, {
    of: 'gates',
    minutes: 0,
    outcomes: results.map(({ name, problems }) => ({
      id: `gate ${name}`,
      state: problems.length === 0 ? 'passed' : 'failed',
    })),
  });
};

/** One outcome a test: where several runs met the same test, one that ran it speaks for it. */
export const merge = (reports: readonly Report[]): readonly Outcome[] => {
  const weight = { failed: 2, passed: 1, skipped: 0 } as const;
  const merged = new Map<string, Outcome>();
  for (const outcome of reports.flatMap(({ outcomes }) => outcomes)) {
    const before = merged.get(outcome.id);
    if (before === undefined || weight[outcome.state] > weight[before.state]) {
      merged.set(outcome.id, outcome);
    }
  }
  return [...merged.values()];
};

/** Lists what was skipped and why, then what failed; the last line is the sum. */
export const summary = (outcomes: readonly Outcome[]): string => {
  const of = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state);
  const skipped = of('skipped');
  const reasons = [...new Set(skipped.map(({ reason }) => reason ?? ''))].sort();
  return [
    ...reasons.flatMap((reason) => [
      `Skipped – ${reason}:`,
      ...skipped.filter((outcome) => outcome.reason === reason).map(({ id }) => `  ${id}`),
    ]),
    ...(of('failed').length > 0 ? ['Failed:', ...of('failed').map(({ id }) => `  ${id}`)] : []),
    '',
    `${of('passed').length} passed, ${of('failed').length} failed, ${skipped.length} skipped`,
    '',
  ].join('\n');
};
