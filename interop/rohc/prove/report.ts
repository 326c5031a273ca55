/** How a proof tells what it saw: tables, and one verdict. */

import { renderError, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

/** What a proof comes to: one line, and whether it holds. */
export interface Verdict {
  readonly good: boolean;
  readonly summary: string;
}

/** The value; a proof that can't even begin ends the program with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(renderError(result.left));
  return result.right;
};

/** Prints rows in columns, the first to the left. */
export const printTable = (
  title: string,
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): void => {
  const cells = rows.map((row) => row.map((cell) => cell.toLocaleString('en-US')));
  const columns = Math.max(...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...cells.map((row) => row[i]?.length ?? 0)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  '),
  );
  console.log([title, ...lines, ''].join('\n'));
};

export const percent = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;
