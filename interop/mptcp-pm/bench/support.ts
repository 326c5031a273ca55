/** What the benchmarks share: values out of Eithers, a child's next message, medians. */

import type { RunningProcess } from '@liquid/netlab';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { ResultRow } from '../../../scripts/lib/results.ts';

/** The value; a benchmark whose network can't be made ends with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(renderError(result.left));
  return result.right;
};

/** The next message of a script; when it ends instead, what it said on stderr. */
export const messageOf = async (running: RunningProcess): Promise<unknown> => {
  const said: string[] = [];
  for await (const event of running.events) {
    if (event._tag === 'Message') return event.message;
    if (event._tag === 'Line' && event.stream === 'stderr') said.push(event.line);
    if (event._tag === 'Exit') break;
  }
  throw new Error(`it ended: ${said.join('\n')}`);
};

/** The value below which `share` of the sorted values lie, the next higher where it is between two. */
export const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

export const ascending = (values: ReadonlyArray<number>): number[] =>
  [...values].sort((a, b) => a - b);

export const median = (values: ReadonlyArray<number>): number => quantile(ascending(values), 0.5);

/** A figure of every round: median and spread. */
export interface Figures {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

const round = (value: number | undefined): number => Number((value ?? 0).toPrecision(4));

export const figuresOf = (values: ReadonlyArray<number>): Figures => {
  const sorted = ascending(values);
  return {
    median: round(quantile(sorted, 0.5)),
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
    rounds: values.length,
  };
};

export interface Peer {
  readonly name: string;
  readonly version: string;
}

/** A row with its ratio: how many times better than the peer we are. */
export const peerRow = (row: {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly ours: Figures;
  readonly peer: Peer;
  readonly theirs: Figures;
  /** Whether a lower or a higher figure is the better one. */
  readonly better: 'less' | 'more';
}): ResultRow => {
  const { median: ours } = row.ours;
  const { rounds: _rounds, ...theirs } = row.theirs;
  const ratio = row.better === 'less' ? theirs.median / ours : ours / theirs.median;
  return {
    id: row.id,
    case: row.title,
    unit: row.unit,
    ours: row.ours,
    peer: { ...row.peer, ...theirs },
    ratio: Number(ratio.toPrecision(3)),
  };
};

/** Turns `socket(…, SOCK_STREAM, 0)` of a child into an MPTCP socket, as mptcpize(8) does. */
export const MPTCPIZED = { LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/mptcpize/libmptcpwrap.so.0' };
