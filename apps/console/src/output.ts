/** Standard output and error, which may be closed while we still write. */

import type { Writable } from 'node:stream';
import { createLineWriter } from './line-writer.js';

/** Where a command writes. */
export interface Output {
  /** A line, or lines, for whoever reads the result. */
  readonly out: (text: string) => void;
  /** A line of progress, a note or an error, for whoever watches. */
  readonly note: (text: string) => void;
  /** A line for the program that watches: gathered, and held back where that program is slow. */
  readonly event: (line: string) => void;
  /** Text on standard error as it is, for redrawing a line. */
  readonly raw: (text: string) => void;
  /** Whether the reader of the result has gone. */
  readonly lost: () => boolean;
  /** Resolves when all is handed over. */
  readonly flush: () => Promise<void>;
  /** Hands over what can be handed over now, for the last moment of the process. */
  readonly flushNow: () => void;
}

/** The descriptor of standard error. */
const STDERR = 2;

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
  const events = createLineWriter(STDERR);
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
    event: events.line,
    raw: write,
    lost: () => lost,
    flushNow: events.flushNow,
    flush: async () => {
      await events.flush();
      await drained(stdout, () => !lost);
      await drained(stderr, () => !deaf);
    },
  };
};
