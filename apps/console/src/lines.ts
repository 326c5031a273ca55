/** Octets cut into lines as they come, in bounded memory: what NDJSON and typed commands are read with. */

import * as E from 'fp-ts/lib/Either.js';

/** What takes octets. */
export interface LineSplitter {
  /** Takes the next octets; calls back once per line that they end. The chunk is borrowed. */
  readonly push: (chunk: Uint8Array) => void;
  /** Says that no more come: what stands behind the last line feed is a line, too. */
  readonly end: () => void;
}

/** What a splitter is made with. */
export interface LineOptions {
  /** Octets that a line may have; one that is longer is skipped whole, whatever its length. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  /** Called once for each line that was skipped, as soon as it is too long. */
  readonly onTooLong: () => void;
}

const LINE_FEED = 10;

/** Splits UTF-8 at line feeds; a carriage return before one belongs to it. Blank lines are left out. */
export const createLineSplitter = ({ limit, onLine, onTooLong }: LineOptions): LineSplitter => {
  let held: Array<Buffer> = [];
  let size = 0;
  let skipping = false;
  const tell = (bytes: Buffer): void => {
    const text = bytes.toString('utf8');
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line !== '') onLine(line);
  };
  /** Whether a line of this many octets is too long; says so the first time. */
  const tooLong = (octets: number): boolean => {
    if (octets <= limit) return false;
    if (!skipping) onTooLong();
    skipping = true;
    held = [];
    size = 0;
    return true;
  };
  const finish = (last: Buffer): void => {
    if (!skipping && !tooLong(size + last.length)) {
      tell(held.length === 0 ? last : Buffer.concat([...held, last]));
    }
    held = [];
    size = 0;
    skipping = false;
  };
  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let from = 0;
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
        finish(bytes.subarray(from, at));
        from = at + 1;
      }
      if (from === bytes.length || skipping) return;
      const rest = bytes.subarray(from);
      if (tooLong(size + rest.length)) return;
      // A copy: the sender may use its buffer again.
      held.push(Buffer.from(rest));
      size += rest.length;
    },
    end: () => {
      if (size > 0 || skipping) finish(Buffer.alloc(0));
    },
  };
};

/** JSON or nothing: for lines of which a bad one is no reason to stop. */
export const parseJsonLine = (line: string): E.Either<unknown, unknown> =>
  E.tryCatch(
    () => JSON.parse(line) as unknown,
    (error) => error,
  );
