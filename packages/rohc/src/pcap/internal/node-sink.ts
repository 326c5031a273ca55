/** Where a capture's octets go in Node: a file that appears when it is whole, or a stream. */

import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { pid } from 'node:process';

/** What a capture file needs of its target. Each member rejects with what the system said. */
export interface Sink {
  /** Writes all octets; `bytes` may be reused once it has resolved. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Everything is written: makes it appear. */
  readonly commit: () => Promise<void>;
  /** Leaves nothing behind. */
  readonly discard: () => Promise<void>;
}

/** Two captures of one process may be written side by side. */
let serial = 0;

const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
};

/** Devices, pipes and sockets are written to as they are: nothing can be renamed onto them. */
const directSink = async (path: string): Promise<Sink> => {
  const handle = await open(path, 'w');
  return {
    write: (bytes) => writeAll(handle, bytes),
    commit: () => handle.close(),
    discard: () => handle.close(),
  };
};

/** Writes beside the target and renames: whoever looks sees the old file or the whole new one. */
export const fileSink = async (path: string): Promise<Sink> => {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => null);
  if (existing !== null && !existing.isFile()) return directSink(target);
  serial += 1;
  const part = `${target}.${pid}-${serial}.part`;
  const handle = await open(part, 'wx', existing === null ? 0o666 : existing.mode & 0o777);
  return {
    write: (bytes) => writeAll(handle, bytes),
    commit: async () => {
      await handle.sync();
      await handle.close();
      await rename(part, target);
    },
    discard: async () => {
      await handle.close().catch(() => undefined);
      await rm(part, { force: true });
    },
  };
};

/** A stream is the caller's: it isn't ended, and what was written to it can't be taken back. */
export const streamSink = (stream: NodeJS.WritableStream): Sink => {
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  const onError = (error: Error): void => {
    failure ??= error;
    wake?.();
  };
  const onClose = (): void => {
    onError(Object.assign(new Error('the stream was closed'), { code: 'EPIPE' }));
  };
  stream.on('error', onError);
  stream.on('close', onClose);
  const release = async (): Promise<void> => {
    stream.removeListener('close', onClose);
    stream.removeListener('error', onError);
  };
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // A stream that is destroyed may never answer a write: its end answers instead.
        wake = () => reject(failure);
        if (failure !== null) {
          wake();
          return;
        }
        // A copy, because a stream may keep what it has accepted.
        stream.write(new Uint8Array(bytes), (error) => {
          if (error) reject(failure ?? error);
          else resolve();
        });
      }),
    commit: release,
    discard: release,
  };
};
