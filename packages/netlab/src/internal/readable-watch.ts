/** Waiting until a descriptor that Node doesn't know can be read, without keeping a thread on it. */

import { Socket, type SocketConstructorOpts } from 'node:net';
import { EINTR, type Libc, O_CLOEXEC, O_NONBLOCK } from './libc.js';

/** How the wait is done. */
export type Readiness = 'event-loop' | 'thread';

/** A wait that can be halted and ended. */
export interface ReadableWatch {
  readonly readiness: Readiness;
  /** Go on calling back; done once at the start. */
  readonly resume: () => void;
  /** Call back no more until resumed. */
  readonly pause: () => void;
  /** Give everything back; the watched descriptor stays open. Resolves once nothing is held. */
  readonly close: () => Promise<void>;
}

export interface WatchHandlers {
  /**
   * The descriptor can be read. `length` bytes have been read into the watch's buffer already, or
   * none (0). Called on the event loop.
   */
  readonly onReadable: (length: number) => void;
  /** It never will be again. */
  readonly onFailure: (code: string | undefined) => void;
}

/** `onread` is taken by the constructor too, which its type leaves out. */
interface OnReadOptions extends SocketConstructorOpts {
  readonly onread: {
    readonly buffer: Uint8Array;
    readonly callback: (length: number) => boolean;
  };
}

const CLOEXEC_NONBLOCK = O_CLOEXEC | O_NONBLOCK;

/**
 * On the event loop itself: Node makes a socket of a pipe, and before libuv first polls it, the
 * watched descriptor takes the pipe's place under the same number. From then on libuv's epoll waits
 * for it and reads it like any stream, one `read` a wake-up, into a buffer of ours: no thread, no
 * timer. libuv checks the kind of a descriptor when it is opened and never again.
 */
const watchOnEventLoop = (
  libc: Libc,
  fd: number,
  buffer: Uint8Array,
  { onReadable, onFailure }: WatchHandlers,
): ReadableWatch | undefined => {
  const ends = new Int32Array(2);
  if (libc.pipe(ends, CLOEXEC_NONBLOCK) !== 0) return undefined;
  const [readEnd = -1, writeEnd = -1] = ends;
  let running = false;
  let socket: Socket;
  try {
    const options: OnReadOptions = {
      fd: readEnd,
      readable: true,
      writable: false,
      onread: {
        buffer,
        // `false` stops reading at once: a paused stream would swallow one packet more.
        callback: (length) => {
          onReadable(length);
          return running;
        },
      },
    };
    socket = new Socket(options);
  } catch {
    libc.close(readEnd);
    libc.close(writeEnd);
    return undefined;
  }
  socket.pause();
  const swapped = libc.dup3(fd, readEnd, O_CLOEXEC) === readEnd;
  libc.close(writeEnd);
  if (!swapped) {
    socket.destroy();
    return undefined;
  }
  socket.on('error', (error: NodeJS.ErrnoException) => onFailure(error.code));
  socket.on('end', () => onFailure(undefined));
  return {
    readiness: 'event-loop',
    resume: () => {
      running = true;
      socket.resume();
    },
    pause: () => {
      running = false;
      socket.pause();
    },
    close: () =>
      new Promise((resolve) => {
        running = false;
        if (socket.closed) {
          resolve();
          return;
        }
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
};

const POLLIN = 1;
const POLLFD_SIZE = 8;

/**
 * On a thread of the pool: `poll` on the descriptor and on a pipe, whose closing ends the wait. Costs
 * one of libuv's threads (UV_THREADPOOL_SIZE, 4 by default) for as long as the watch runs.
 */
const watchOnThread = (
  libc: Libc,
  fd: number,
  { onReadable, onFailure }: WatchHandlers,
): ReadableWatch | undefined => {
  const ends = new Int32Array(2);
  if (libc.pipe(ends, CLOEXEC_NONBLOCK) !== 0) return undefined;
  const [readEnd = -1, writeEnd = -1] = ends;
  const pollFds = new Uint8Array(2 * POLLFD_SIZE);
  const view = new DataView(pollFds.buffer);
  let running = false;
  let waiting = false;
  let ended: (() => void) | undefined;
  let closing = false;
  const wait = (): void => {
    if (waiting || !running) return;
    waiting = true;
    view.setInt32(0, fd, true);
    view.setUint32(4, POLLIN, true);
    view.setInt32(POLLFD_SIZE, readEnd, true);
    view.setUint32(POLLFD_SIZE + 4, POLLIN, true);
    libc.pollAsync(pollFds, 2, (result) => {
      waiting = false;
      if (closing) {
        ended?.();
        return;
      }
      const ready = view.getUint16(6, true);
      if (result < 0 && libc.errno() !== EINTR) onFailure('EIO');
      else if ((ready & POLLIN) !== 0 && running) onReadable(0);
      else if (ready !== 0 && running) onFailure('EIO');
      wait();
    });
  };
  return {
    readiness: 'thread',
    resume: () => {
      running = true;
      wait();
    },
    pause: () => {
      running = false;
    },
    close: async () => {
      if (closing) return;
      closing = true;
      running = false;
      const done = waiting ? new Promise<void>((resolve) => (ended = resolve)) : undefined;
      // The reading end sees the hang-up, and `poll` returns.
      libc.close(writeEnd);
      await done;
      libc.close(readEnd);
    },
  };
};

/**
 * Watches a non-blocking descriptor, on the event loop where the runtime allows it and on a thread
 * otherwise.
 *
 * @param buffer - where the event loop's own read puts its bytes
 * @returns `undefined` when the process has no descriptors left
 */
export const watchReadable = (
  libc: Libc,
  fd: number,
  buffer: Uint8Array,
  readiness: Readiness,
  handlers: WatchHandlers,
): ReadableWatch | undefined =>
  (readiness === 'event-loop' ? watchOnEventLoop(libc, fd, buffer, handlers) : undefined) ??
  watchOnThread(libc, fd, handlers);
