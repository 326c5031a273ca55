/** Lines to a pipe, many at once: the writer waits where its reader is slow, and so stays small. */

import { writeSync } from 'node:fs';

/** What takes lines. */
export interface LineWriter {
  readonly line: (text: string) => void;
  /** Resolves when all is handed over, or nobody reads any more. */
  readonly flush: () => Promise<void>;
  /** Hands over what can be handed over now, for the last moment of a process. */
  readonly flushNow: () => void;
}

/** A write costs a system call: lines are gathered up to this many UTF-16 units … */
const BATCH = 32 * 1024;
/** … and for this long, so that a reader still sees them come. */
const HOLD_MS = 20;
/** With more than this unread the writer waits, and with it the run: memory stays bounded. */
const MOST_OCTETS = 4 * 1024 * 1024;
/** Between two tries at a full pipe. */
const RETRY_MS = 2;

const cell = new Int32Array(new SharedArrayBuffer(4));
/** Waits without the event loop: there is no other way to hold up code that never yields. */
const pause = (): void => void Atomics.wait(cell, 0, 0, RETRY_MS);

/** Writes lines to a file descriptor, which may be in non-blocking mode. */
export const createLineWriter = (fd: number): LineWriter => {
  let batch = '';
  let since = 0;
  let queue: Array<Buffer> = [];
  let waiting = 0;
  let deaf = false;
  let timer: NodeJS.Timeout | undefined;

  const give = (): void => {
    while (!deaf && queue.length > 0) {
      const [first] = queue;
      if (first === undefined) return;
      try {
        const written = writeSync(fd, first);
        waiting -= written;
        if (written === first.length) queue.shift();
        else queue[0] = first.subarray(written);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
        // Nobody reads on; EPIPE is the usual reason.
        deaf = true;
        queue = [];
        waiting = 0;
      }
    }
  };
  const encode = (): void => {
    if (batch === '') return;
    const bytes = Buffer.from(batch, 'utf8');
    batch = '';
    queue.push(bytes);
    waiting += bytes.length;
  };
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      encode();
      give();
      if (queue.length > 0) later();
    }, HOLD_MS);
  };
  const flush = async (): Promise<void> => {
    encode();
    give();
    while (queue.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      give();
    }
  };
  return {
    line: (text) => {
      if (deaf) return;
      if (batch === '') since = performance.now();
      batch += `${text}\n`;
      later();
      if (batch.length < BATCH && performance.now() - since < HOLD_MS) return;
      encode();
      give();
      while (waiting > MOST_OCTETS) {
        pause();
        give();
      }
    },
    flush,
    flushNow: () => {
      encode();
      give();
    },
  };
};
