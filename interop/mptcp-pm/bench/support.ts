/** What the benchmarks share: values out of Eithers, a child's next message, medians. */

import type { RunningProcess } from '@liquid/netlab';
import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

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
