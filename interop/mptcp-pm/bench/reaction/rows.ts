/** The reaction benchmark's rounds, each of which takes every manager under every load, and what they come to. */

import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultRow } from '../../../../scripts/lib/results.ts';
import { type Figures, figuresOf, type Peer, peerRow } from '../support.ts';
import { type Load, LOADS } from './load.ts';
import {
  createMptcpd,
  createOurs,
  kernelManager,
  type Manager,
  mptcpdVersion,
} from './managers.ts';
import { measureReactions, type Run } from './measure.ts';

type Side = 'ours' | 'mptcpd' | 'kernel';
type Runs = Readonly<Record<Load, Readonly<Record<Side, Run[]>>>>;

const emptyRuns = (): Runs => ({
  request: { ours: [], mptcpd: [], kernel: [] },
  'at-once': { ours: [], mptcpd: [], kernel: [] },
  quiet: { ours: [], mptcpd: [], kernel: [] },
});

/** What is told of a run, with the ending that its row's id has. */
const PARTS = [
  { ending: '', of: 'median', figure: ({ p50Us }: Run) => p50Us },
  { ending: '-p90', of: '90th percentile', figure: ({ p90Us }: Run) => p90Us },
  { ending: '-p99', of: '99th percentile', figure: ({ p99Us }: Run) => p99Us },
] as const;

const LOAD_TEXT: Readonly<Record<Load, string>> = {
  request: 'request and answer after 2 ms',
  'at-once': 'request and answer at once',
  quiet: 'quiet host',
};

const text = (run: Run): string =>
  `p50 ${run.p50Us.toFixed(0)}, p90 ${run.p90Us.toFixed(0)}, p99 ${run.p99Us.toFixed(0)}, first ${run.firstUs.toFixed(0)} µs, ${run.missing} missing`;

const rowsOf = (runs: Runs): ResultRow[] => {
  const peers: ReadonlyArray<readonly [Exclude<Side, 'ours'>, string, Peer]> = [
    ['mptcpd', 'reaction-vs-mptcpd', { name: 'mptcpd', version: mptcpdVersion() }],
    ['kernel', 'reaction-vs-kernel-pm', { name: 'in-kernel path manager', version: release() }],
  ];
  return LOADS.flatMap((load) =>
    peers.flatMap(([side, id, peer]) =>
      PARTS.map(({ ending, of, figure }) => {
        const figures = (one: Side): Figures => figuresOf(runs[load][one].map(figure));
        return peerRow({
          id: `${id}${load === 'request' ? '' : `-${load}`}${ending}`,
          title: `established to SYN with MP_JOIN, ${of} of a hundred connections, ${LOAD_TEXT[load]}`,
          unit: 'µs',
          ours: figures('ours'),
          peer,
          theirs: figures(side),
          better: 'less',
        });
      }),
    ),
  );
};

/** Runs it; a line for each run goes to stderr. */
export const reactionRows = async (rounds: number): Promise<ResultRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'lq-mptcpd-'));
  try {
    const managers: ReadonlyArray<readonly [Side, Manager]> = [
      ['ours', createOurs('@liquid/mptcp-pm', '../manager.ts')],
      ['mptcpd', createMptcpd(folder)],
      ['kernel', kernelManager],
    ];
    const runs = emptyRuns();
    for (let round = 0; round < rounds; round++) {
      for (const load of LOADS) {
        // Each round begins with another one.
        for (let turn = 0; turn < managers.length; turn++) {
          const [side, manager] = managers[
            (round + turn) % managers.length
          ] as (typeof managers)[0];
          const run = await measureReactions(manager, load);
          runs[load][side].push(run);
          process.stderr.write(
            `${round + 1}/${rounds} ${load.padEnd(7)} ${side.padEnd(6)} ${text(run)}\n`,
          );
        }
      }
    }
    return rowsOf(runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
