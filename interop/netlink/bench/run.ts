/** `pnpm bench netlink`, as root: how soon an event is known, and how long a table takes; writes `results.json`. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import { type Results, type ResultRow, resultsProblems } from '../../../scripts/lib/results.ts';

/** Rounds; each takes every contender once, so that what else the machine does meets all alike. */
const ROUNDS = 11;

type Rounds = Readonly<Record<string, ReadonlyArray<number>>>;

if (process.getuid?.() !== 0) {
  process.stderr.write('The benchmarks make network namespaces: run them as root.\n');
  process.exit(1);
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs a program of this folder in a network namespace that ends with it. */
const isolated = (program: string): Rounds => {
  const script = 'ip link set lo up; exec "$0" "$@"';
  const output = execFileSync(
    'unshare',
    ['-n', 'sh', '-c', script, process.execPath, file(program), String(ROUNDS)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(output) as Rounds;
};

const measured = (values: ReadonlyArray<number> = []) => {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value: number | undefined): number => Number((value ?? Number.NaN).toPrecision(4));
  return {
    median: round(sorted[sorted.length >> 1]),
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
  };
};

const iproute2 = execFileSync('ip', ['-V'], { encoding: 'utf8' }).trim().split(', ')[0] ?? '';
const npm = createRequire(import.meta.url)('netlink/package.json') as { readonly version: string };
const PEERS = {
  'ip-monitor': { name: 'ip mptcp monitor', version: iproute2.replace('ip utility ', '') },
  'npm-netlink': { name: 'netlink (npm)', version: npm.version },
  ss: { name: 'ss -tni state established', version: iproute2.replace('ip utility ', '') },
} as const;

const row = (
  id: string,
  title: string,
  unit: string,
  ours: ReadonlyArray<number> | undefined,
  peer: keyof typeof PEERS,
  theirs: ReadonlyArray<number> | undefined,
): ResultRow => {
  const mine = { ...measured(ours), rounds: ROUNDS };
  const other = { ...PEERS[peer], ...measured(theirs) };
  return {
    id,
    case: title,
    unit,
    ours: mine,
    peer: other,
    ratio: Number((other.median / mine.median).toPrecision(3)),
  };
};

const load = loadavg().map((value) => Number(value.toFixed(2)));
const latency = isolated('latency.ts');
const dump = isolated('dump.ts');

const event = (transport: 'addon' | 'koffi', peer: 'ip-monitor' | 'npm-netlink') =>
  row(
    `event-latency-${transport === 'koffi' ? 'koffi-' : ''}vs-${peer}`,
    `own MPTCP listen() to callback, ${transport}`,
    'µs',
    latency[transport],
    peer,
    latency[peer],
  );
const table = (id: string, title: string, contender: string) =>
  row(id, title, 'ms', dump[contender], 'ss', dump['ss']);

const rows: ResultRow[] = [
  event('addon', 'ip-monitor'),
  event('addon', 'npm-netlink'),
  event('koffi', 'ip-monitor'),
  event('koffi', 'npm-netlink'),
  table('dump-2000-vs-ss', 'all columns of 2,000 MPTCP subflows, addon', 'addon'),
  table('dump-2000-koffi-vs-ss', 'all columns of 2,000 MPTCP subflows, koffi', 'koffi'),
  table('dump-2000-values-vs-ss', '2,000 MPTCP subflows as immutable values, addon', 'values'),
];

const results: Results = {
  package: '@liquid/netlink',
  date: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  load,
  command: 'pnpm bench netlink',
  measured: measuredOn(fileURLToPath(new URL('../../..', import.meta.url)), 'netlink', [
    'packages/netlink/native',
  ]),
  rows,
};
const problems = resultsProblems('netlink', results);
if (problems.length > 0) throw new Error(`bug: ${problems.join('; ')}`);
writeFileSync(file('results.json'), `${JSON.stringify(results, null, 2)}\n`);
console.log(`load average before: ${load.join(' ')}`);
for (const { id, unit, ours, peer, ratio } of rows) {
  console.log(
    `${id}: ${ours.median} ${unit} (${ours.min} – ${ours.max}), peer ${peer?.median} ` +
      `(${peer?.min} – ${peer?.max}), ${ratio} × ${peer?.name}`,
  );
}
