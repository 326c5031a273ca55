/** The sweep over figures 4.5 and 4.6: each scenario several times, at several rates, judged and written down. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { scenarios } from '@liquid/mptcp-pm-example';
import { renderError } from '@liquid/types';
import { createTestContext } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import { type Results, type ResultRow, resultsProblems } from '../../../scripts/lib/results.ts';

/** Seconds that the file takes at the whole rate: 30 MB at 5 Mbit/s. */
const FILE_SECONDS = 48;

/** What statement 7 asks for. */
const BOUNDS = { least: 0.9, most: 1.04, noticedSeconds: 2.5, timeShare: 0.5 };

/** The three runs of a repeat. */
const RUNS = {
  calm: { cross: false, reaction: true },
  watched: { cross: true, reaction: false },
  reacted: { cross: true, reaction: true },
} as const;

type RunName = keyof typeof RUNS;

/** Figures of a run by their id. */
type Figures = Readonly<Record<string, number>>;

const runOnce = async (rateMbps: number, name: RunName, seed: number): Promise<Figures> => {
  const scenario = scenarios.find(({ id }) => id === 'smart-paths');
  if (scenario === undefined) throw new Error('no scenario smart-paths');
  const input = { rateMbps, megabytes: (rateMbps * FILE_SECONDS) / 8, ...RUNS[name] };
  const report = await scenario.run(input, createTestContext({ seed }).context)();
  if (E.isLeft(report)) throw new Error(renderError(report.left));
  const { figures, summary } = report.right;
  process.stderr.write(`${rateMbps} Mbit/s, ${name}: ${summary}\n`);
  return Object.fromEntries(figures.map(({ id, value }) => [id, value]));
};

const spread = (values: ReadonlyArray<number>) => {
  const sorted = [...values].sort((a, b) => a - b);
  // a repeat gives one value at least
  const at = (index: number): number => Number((sorted[index] as number).toPrecision(4));
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) };
};

const all = (runs: ReadonlyArray<Figures>, id: string): ReadonlyArray<number> =>
  runs.flatMap((figures) => figures[id] ?? []);

interface Verdict {
  readonly what: string;
  readonly held: boolean;
  readonly seen: string;
}

/** What statement 7 says of a rate, and what was seen. */
const judge = (
  rate: number,
  runs: Readonly<Record<RunName, ReadonlyArray<Figures>>>,
): Verdict[] => {
  const { calm, watched, reacted } = runs;
  const least = all(calm, 'estimate-least');
  const most = all(calm, 'estimate-most');
  const alarms = [...calm, ...watched, ...reacted].filter((run) => run['false-alarms'] !== 0);
  const opened = all(calm, 'opened');
  const noticed = all(reacted, 'noticed');
  const shares = reacted.map((run, i) => (run['seconds'] ?? 0) / (watched[i]?.['seconds'] ?? 0));
  const before = all(reacted, 'second-before');
  const text = (values: ReadonlyArray<number>): string =>
    values.map((value) => value.toFixed(2)).join(' ');
  return [
    {
      what: `estimate ${BOUNDS.least * rate} to ${(BOUNDS.most * rate).toFixed(2)} Mbit/s from 5 s on`,
      held: Math.min(...least) >= BOUNDS.least * rate && Math.max(...most) <= BOUNDS.most * rate,
      seen: `least ${text(least)}; most ${text(most)}`,
    },
    {
      what: 'no false alarm',
      held: alarms.length === 0 && opened.length === 0,
      seen: `${alarms.length} of ${calm.length + watched.length + reacted.length} runs`,
    },
    {
      what: `noticed within ${BOUNDS.noticedSeconds} s`,
      held:
        noticed.length === reacted.length &&
        noticed.every((value) => value >= 0 && value <= BOUNDS.noticedSeconds),
      seen: text(noticed),
    },
    {
      what: `time at most ${BOUNDS.timeShare} of that without reaction`,
      held: shares.every((value) => value <= BOUNDS.timeShare),
      seen: text(shares),
    },
    {
      what: 'no octet on the second interface before',
      held: before.every((value) => value === 0),
      seen: text(before),
    },
  ];
};

const rowsOf = (
  rate: number,
  runs: Readonly<Record<RunName, ReadonlyArray<Figures>>>,
): ReadonlyArray<ResultRow> => {
  const rounds = runs.calm.length;
  const row = (
    id: string,
    title: string,
    unit: string,
    values: ReadonlyArray<number>,
  ): ResultRow => ({
    id: `${id}-${rate}`,
    case: `${title}, ${rate} Mbit/s`,
    unit,
    ours: { ...spread(values), rounds },
    peer: null,
    ratio: null,
  });
  const { calm, watched, reacted } = runs;
  const quick = spread(all(reacted, 'seconds'));
  const slow = spread(all(watched, 'seconds'));
  return [
    row(
      'estimate-least',
      'lowest smoothed estimate from 5 s on',
      'Mbit/s',
      all(calm, 'estimate-least'),
    ),
    row(
      'estimate-median',
      'median smoothed estimate from 5 s on',
      'Mbit/s',
      all(calm, 'estimate-median'),
    ),
    row(
      'estimate-most',
      'highest smoothed estimate from 5 s on',
      'Mbit/s',
      all(calm, 'estimate-most'),
    ),
    row('first-highest', 'highest estimate of the first 2 s', 'Mbit/s', all(calm, 'first-highest')),
    row(
      'avoidance-highest',
      'highest estimate, congestion avoidance only',
      'Mbit/s',
      all(calm, 'avoidance-highest'),
    ),
    row('noticed', 'cross traffic noticed after', 's', all(reacted, 'noticed')),
    row(
      'second-before',
      'octets on the second interface before',
      'B',
      all(reacted, 'second-before'),
    ),
    row('calm-time', 'time of the file without cross traffic', 's', all(calm, 'seconds')),
    {
      id: `time-${rate}`,
      case: `time of the file beside cross traffic, ${rate} Mbit/s`,
      unit: 's',
      ours: { ...quick, rounds },
      peer: { name: 'without reaction', version: 'the same run', ...slow },
      ratio: Number((slow.median / quick.median).toFixed(2)),
    },
  ];
};

/** All repeats at one rate. */
const runAll = async (
  rate: number,
  repeats: number,
): Promise<Readonly<Record<RunName, ReadonlyArray<Figures>>>> => {
  const runs: Record<RunName, Figures[]> = { calm: [], watched: [], reacted: [] };
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await Promise.all(
      (Object.keys(RUNS) as RunName[]).map(async (name) => {
        runs[name].push(await runOnce(rate, name, repeat));
      }),
    );
  }
  return runs;
};

/**
 * Runs the sweep; the three runs of a repeat at the same time, each in a network of its own, and all
 * rates at the same time where that is asked for.
 */
export const proveSmartPaths = async (
  rates: ReadonlyArray<number>,
  repeats: number,
  together: boolean,
): Promise<boolean> => {
  const load = loadavg().map((value) => Number(value.toFixed(2)));
  const rows: ResultRow[] = [];
  let held = true;
  const begun = together ? rates.map((rate) => runAll(rate, repeats)) : [];
  for (const [index, rate] of rates.entries()) {
    const runs = await (begun[index] ?? runAll(rate, repeats));
    for (const { what, held: good, seen } of judge(rate, runs)) {
      held &&= good;
      process.stdout.write(`${good ? 'held  ' : 'FAILED'}  ${rate} Mbit/s: ${what}: ${seen}\n`);
    }
    rows.push(...rowsOf(rate, runs));
  }
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const measured = measuredOn(root, 'mptcp-pm', ['apps/mptcp-pm-example/src/smart-paths']);
  const path = fileURLToPath(new URL('../bench/smart-paths.json', import.meta.url));
  // Rates that were not asked for keep what was measured of them on this very code.
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Results) : undefined;
  const others = before?.measured.code === measured.code ? before.rows : [];
  rows.push(...others.filter(({ id }) => !rows.some((row) => row.id === id)));
  const results: Results = {
    package: '@liquid/mptcp-pm',
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    load,
    command: 'pnpm prove mptcp-pm smart-paths',
    measured,
    rows,
  };
  const problems = resultsProblems('mptcp-pm', results, 'interop/mptcp-pm/bench/smart-paths.json');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  const width = Math.max(...rows.map((one) => one.case.length));
  for (const { case: title, unit, ours, peer, ratio } of rows) {
    const beside = peer === null ? '' : `, ${peer.name} ${peer.median}, ratio ${ratio}`;
    process.stdout.write(
      `${title.padEnd(width)}  ${ours.median} ${unit} (${ours.min} to ${ours.max})${beside}\n`,
    );
  }
  return held;
};
