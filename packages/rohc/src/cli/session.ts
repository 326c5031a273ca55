/** What a command of the command line works with: its streams, its signals, and how results and errors are said. */
import { once } from 'node:events';
import { type Decode, describeError, renderError, type Tagged } from '@liquid/types';
import type { CaptureSource, CaptureTarget } from '../pcap/node.js';

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_INTERRUPTED = 130;

/** Text collects to this much before it is written. */
const PRINT_CHARS = 65_536;
/** Between two reports of progress. */
const PROGRESS_MS = 500;

/** Streams and signals of the process; a test hands in its own. */
export interface CliProcess {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly interrupted: AbortSignal;
  /** Aborted when whoever reads stdout has gone. */
  readonly unread: AbortSignal;
  /** Milliseconds since whenever. */
  readonly now: () => number;
}

/** A mistake in how the command was called. */
export interface UsageError extends Tagged {
  readonly _tag: 'Usage';
}

export const usage = (message: string): UsageError => ({ _tag: 'Usage', message });

/** A `Decode` of a configuration as a mistake in an option. */
export const usageOf = (option: string, { expected, actual }: Decode): UsageError =>
  usage(`${option}: expected ${expected ?? 'another value'}, got ${actual ?? 'this one'}`);

/** How one command talks. */
export class Session {
  readonly process: CliProcess;
  readonly json: boolean;
  private text = '';
  private lastProgress: number;
  private shown = false;

  constructor(process: CliProcess, json: boolean) {
    this.process = process;
    this.json = json;
    this.lastProgress = process.now();
  }

  source(path: string): CaptureSource {
    return path === '-' ? this.process.stdin : path;
  }

  target(path: string): CaptureTarget {
    return path === '-' ? this.process.stdout : path;
  }

  /** Writes to stdout in large pieces; a promise where the reader is slower than we are. */
  print(text: string): Promise<void> | undefined {
    this.text += text;
    return this.text.length < PRINT_CHARS ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    const { stdout, unread } = this.process;
    const { text } = this;
    this.text = '';
    if (text === '' || unread.aborted || stdout.write(text)) return;
    await once(stdout, 'drain', { signal: unread }).catch(() => undefined);
  }

  /** Tells how far the work is: NDJSON with `--json`, one line that changes on a terminal, else nothing. */
  progress(event: () => { readonly packets: number; readonly bytes: number }, last = false): void {
    const { stderr, now } = this.process;
    if (!this.json && stderr.isTTY !== true) return;
    if (!last && now() - this.lastProgress < PROGRESS_MS) return;
    this.lastProgress = now();
    const { packets, bytes } = event();
    if (this.json) {
      stderr.write(`${JSON.stringify({ progress: { packets, bytes } })}\n`);
    } else if (last) {
      if (this.shown) stderr.write('\r\x1b[K');
    } else {
      this.shown = true;
      stderr.write(`\r\x1b[K${grouped(packets)} packets, ${grouped(Math.round(bytes / 1e6))} MB`);
    }
  }

  /** Prints the result: the object alone with `--json`, else lines, which go to stderr when stdout is a capture. */
  async succeed<A>(result: A, render: (result: A) => string, toStderr = false): Promise<number> {
    if (this.json) this.print(`${JSON.stringify({ ok: true, result })}\n`);
    else if (toStderr) this.process.stderr.write(`${render(result)}\n`);
    else this.print(`${render(result)}\n`);
    await this.flush();
    return EXIT_OK;
  }

  /** Prints why it failed, in one line with the mend; gives the exit code. */
  async fail(error: Tagged): Promise<number> {
    const { interrupted, unread, stderr } = this.process;
    // whoever closed the pipe has seen enough
    if (unread.aborted && !interrupted.aborted) return EXIT_OK;
    const code =
      interrupted.aborted || error._tag === 'Aborted'
        ? EXIT_INTERRUPTED
        : error._tag === 'Usage'
          ? EXIT_USAGE
          : EXIT_FAILED;
    if (this.shown) stderr.write('\r\x1b[K');
    if (this.json) {
      this.print(`${JSON.stringify({ ok: false, error: describeError(error) })}\n`);
      await this.flush();
    } else {
      await this.flush();
      stderr.write(
        code === EXIT_INTERRUPTED ? 'rohc: interrupted\n' : `rohc: ${renderError(error)}\n`,
      );
    }
    return code;
  }
}

/** A whole number with its thousands apart. */
export const grouped = (value: number): string =>
  String(value).replace(/\B(?=(?:\d{3})+(?!\d))/g, ',');

/** A count with its noun, in the plural but for one. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A table as lines: the first column to the left, the others to the right. */
export const tableOf = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};
