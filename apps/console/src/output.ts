/** Standard output and error, which may be closed while we still write. */

import type { Writable } from 'node:stream';

/** Where a command writes. */
export interface Output {
  /** A line, or lines, for whoever reads the result. */
  readonly out: (text: string) => void;
  /** A line of progress, a note or an error, for whoever watches. */
  readonly note: (text: string) => void;
  /** Text on standard error as it is, for redrawing a line. */
  readonly raw: (text: string) => void;
  /** Whether the reader of the result has gone. */
  readonly lost: () => boolean;
  /** Resolves when all is handed over. */
  readonly flush: () => Promise<void>;
}

const drained = (stream: Writable, alive: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (!alive()) resolve();
    else stream.write('', () => resolve());
  });

/**
 * Wraps the process's streams.
 *
 * @param onLost called once when the reader of standard output has gone
 */
export const createOutput = (stdout: Writable, stderr: Writable, onLost: () => void): Output => {
  let lost = false;
  let deaf = false;
  // Any error of these streams means the same to us: nobody reads on. EPIPE is the usual one.
  stdout.on('error', () => {
    if (lost) return;
    lost = true;
    onLost();
  });
  stderr.on('error', () => {
    deaf = true;
  });
  const write = (text: string): void => {
    if (!deaf) stderr.write(text);
  };
  return {
    out: (text) => {
      if (!lost) stdout.write(`${text}\n`);
    },
    note: (text) => write(`${text}\n`),
    raw: write,
    lost: () => lost,
    flush: async () => {
      await drained(stdout, () => !lost);
      await drained(stderr, () => !deaf);
    },
  };
};
