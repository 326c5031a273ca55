/** How a command talks: results, progress and errors on the right streams, in the form that was asked for. */

import { describeError, renderError, type Tagged } from '@liquid/types';

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;

/** Streams and signals of the process; a test hands in its own. */
export interface CliProcess {
  readonly stdout: { readonly write: (text: string) => unknown };
  readonly stderr: { readonly write: (text: string) => unknown; readonly isTTY?: boolean };
  /** Aborted by SIGINT, SIGTERM or SIGHUP, or when nobody reads stdout any more. */
  readonly interrupted: AbortSignal;
}

/** A mistake in how the command was called. */
export interface UsageError extends Tagged<'Usage'> {}

export const usage = (message: string): UsageError => ({
  _tag: 'Usage',
  message,
  remedy: 'mptcp-pm --help shows how',
});

/** How one command talks. */
export class Session {
  readonly process: CliProcess;
  readonly json: boolean;

  constructor(process: CliProcess, json: boolean) {
    this.process = process;
    this.json = json;
  }

  /** A line of the result, on stdout; with `--json` stdout holds the final object alone. */
  line(text: string): void {
    if (!this.json) this.process.stdout.write(`${text}\n`);
  }

  /** What goes on: an object a line on stderr with `--json`, else a line on a terminal. */
  progress(event: object, text: string): void {
    const { stderr } = this.process;
    if (this.json) stderr.write(`${JSON.stringify(event)}\n`);
    else if (stderr.isTTY === true) stderr.write(`${text}\n`);
  }

  /** The final result. */
  succeed<A>(result: A, render?: (result: A) => string): number {
    if (this.json) this.process.stdout.write(`${JSON.stringify({ ok: true, result })}\n`);
    else if (render !== undefined) {
      const text = render(result);
      if (text !== '') this.process.stdout.write(`${text}\n`);
    }
    return EXIT_OK;
  }

  /** Why it failed, in one line with the mend; gives the exit code. */
  fail(error: Tagged): number {
    const { stdout, stderr, interrupted } = this.process;
    const stopped = error._tag === 'Aborted' && interrupted.aborted;
    if (this.json) stdout.write(`${JSON.stringify({ ok: false, error: describeError(error) })}\n`);
    else stderr.write(stopped ? 'mptcp-pm: interrupted\n' : `mptcp-pm: ${oneLine(error)}\n`);
    if (stopped) return EXIT_INTERRUPTED;
    return error._tag === 'Usage' ? EXIT_USAGE : EXIT_FAILED;
  }

  /** Resolves when the process is to end. */
  untilInterrupted(): Promise<void> {
    const { interrupted } = this.process;
    return new Promise((resolve) => {
      if (interrupted.aborted) resolve();
      else interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

const oneLine = (error: Tagged): string => {
  const text = renderError(error).replaceAll('\n', '; ');
  return error.remedy === undefined || text.includes(error.remedy)
    ? text
    : `${text} – ${error.remedy}`;
};
