/** What the command line prints: one final object or lines for people, progress apart. */

import { describeError, renderError, type Tagged } from '@liquid/types';

/** Where the command line reads and writes; a test hands in its own. */
export interface CliStreams {
  readonly stdout: { readonly write: (text: string) => unknown };
  readonly stderr: { readonly write: (text: string) => unknown; readonly isTTY?: boolean };
  readonly readInput: () => Promise<string>;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;

/** Prints the final result: with `--json` the object alone, without it what `render` makes of it. */
export const succeed = <A>(
  streams: CliStreams,
  json: boolean,
  result: A,
  render: (result: A) => string,
): void => {
  const text = json ? JSON.stringify({ ok: true, result }) : render(result).replace(/\n$/, '');
  if (text !== '') streams.stdout.write(`${text}\n`);
};

/** Prints why it failed, in one line with the mend. */
export const failWith = (streams: CliStreams, json: boolean, error: Tagged): number => {
  if (json) streams.stdout.write(`${JSON.stringify({ ok: false, error: describeError(error) })}\n`);
  else {
    const remedy = error.remedy === undefined || renderError(error).includes(error.remedy);
    const mend = remedy ? '' : ` – ${error.remedy}`;
    streams.stderr.write(`netlab: ${renderError(error).replaceAll('\n', '; ')}${mend}\n`);
  }
  return error._tag === 'Aborted' ? EXIT_INTERRUPTED : EXIT_FAILED;
};

/** Tells progress: NDJSON with `--json`, lines on a terminal, else nothing. */
export const progress = (
  streams: CliStreams,
  json: boolean,
  event: Readonly<Record<string, unknown>>,
  line: string,
): void => {
  if (json) streams.stderr.write(`${JSON.stringify(event)}\n`);
  else if (streams.stderr.isTTY === true) streams.stderr.write(`${line}\n`);
};
