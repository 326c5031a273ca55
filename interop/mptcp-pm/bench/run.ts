/**
 * `pnpm bench mptcp-pm [part …]`, as root: how soon managers react, what polling costs, what refreshing
 * costs; writes `results.json`. With parts named, only those are measured and nothing is written. The
 * rivals are Debian's: `apt-get install mptcpd libmptcpd3-dev mptcpize iproute2 gcc`.
 */

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import { type ResultRow, type Results, resultsProblems } from '../../../scripts/lib/results.ts';
import { pollingRows } from './polling/rows.ts';
import { reactionRows } from './reaction/rows.ts';
import { refreshRows } from './refresh/rows.ts';

const PARTS: Readonly<Record<string, () => Promise<ResultRow[]>>> = {
  reaction: () => reactionRows(5),
  polling: () => pollingRows(3),
  refresh: () => refreshRows(3),
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  const there = Object.keys(PARTS).join(', ');
  process.stderr.write(`No part ${unknown.join(', ')}; there are ${there}.\n`);
  process.exit(2);
}
const load = loadavg().map((value) => Number(value.toFixed(2)));
const rows: ResultRow[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (named.length === 0 || named.includes(name)) rows.push(...(await measure()));
}
for (const { id, unit, ours, peer, ratio } of rows) {
  const theirs = peer === null ? '' : `, ${peer.name} ${peer.median}, ratio ${ratio}`;
  console.log(`${id}: ${ours.median} ${unit} (${ours.min} – ${ours.max})${theirs}`);
}
if (named.length === 0) {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const results: Results = {
    package: '@liquid/mptcp-pm',
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    load,
    command: 'pnpm bench mptcp-pm',
    measured: measuredOn(root, 'mptcp-pm', ['packages/netlink/src', 'packages/netlink/native']),
    rows,
  };
  const problems = resultsProblems('mptcp-pm', results);
  if (problems.length > 0) throw new Error(`bug: ${problems.join('; ')}`);
  const target = fileURLToPath(new URL('results.json', import.meta.url));
  writeFileSync(target, `${JSON.stringify(results, null, 2)}\n`);
}
