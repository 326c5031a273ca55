/** Where a capture's octets come from in Node: files, pipes and streams, plain or gzipped. */

import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { aborted, corrupt, truncated } from '@liquid/types';

/** One read of a file: large enough that the system call costs nothing per packet. */
const READ_BYTES = 262_144;

/** Fed to gzip at once: at gzip's highest ratio, 1032, it becomes 16 MiB at most. */
const GUNZIP_BYTES = 16_384;

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** A file's octets. The chunk is one buffer, filled anew each time: used up before the next is asked. */
export async function* fileChunks(path: string | URL): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Passes chunks on until the signal comes, and then rejects with `Aborted` even if the source stalls. */
export async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let open = true;
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next.done === true) {
        open = false;
        return;
      }
      yield next.value;
    }
  } catch (error) {
    // A source that failed has closed itself. One that stalls must not hold up the abort, and a stream
    // answers no `return` while it is being read: it is destroyed, as leaving a loop over it does.
    open = false;
    if (signal?.aborted === true) {
      if (source instanceof Readable) source.destroy();
      iterator.return?.().catch(() => undefined);
    }
    throw error;
  } finally {
    if (open) await iterator.return?.();
  }
}

const unlessAborted = <A>(work: Promise<A>, signal: AbortSignal | undefined): Promise<A> =>
  signal === undefined
    ? work
    : new Promise<A>((resolve, reject) => {
        const onAbort = (): void => {
          reject(aborted({ what: 'reading the capture' }));
        };
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        work
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', onAbort))
          .catch(() => undefined);
      });

/** Decompresses what starts with gzip's magic and passes on everything else. */
export async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    let head = new Uint8Array(0);
    while (head.length < GZIP_MAGIC.length && !ended) {
      const next = await iterator.next();
      ended = next.done === true;
      if (next.done !== true) head = joined(head, next.value);
    }
    const rest: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const next = await iterator.next();
          ended = next.done === true;
          return next;
        },
      }),
    };
    if (head[0] === GZIP_MAGIC[0] && head[1] === GZIP_MAGIC[1]) yield* inflated(head, rest);
    else {
      if (head.length > 0) yield head;
      if (!ended) yield* rest;
    }
  } finally {
    if (!ended) await iterator.return?.();
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

function* portionsOf(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += GUNZIP_BYTES) {
    yield chunk.subarray(at, at + GUNZIP_BYTES);
  }
}

/** Gzip in small portions, each waited for: memory is bounded, and nothing is lost before an error. */
async function* inflated(
  head: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const ready: Uint8Array[] = [];
  let failure: unknown = null;
  let consumed = 0;
  const closed = new Promise<void>((resolve) => {
    gunzip.on('close', resolve);
    gunzip.on('error', (error) => {
      failure = error;
      resolve();
    });
  });
  gunzip.on('data', (chunk: Uint8Array) => ready.push(chunk));
  // Once it flows, everything decompressed is in `ready` before a write is answered.
  await setImmediate();
  const fail = (): unknown => gzipFailure(failure, consumed);
  const portions = async function* (): AsyncGenerator<Uint8Array> {
    yield* portionsOf(head);
    for await (const chunk of rest) yield* portionsOf(chunk);
  };
  try {
    for await (const portion of portions()) {
      const written = new Promise<void>((resolve) => {
        gunzip.write(portion, () => resolve());
      });
      await Promise.race([written, closed]);
      yield* ready.splice(0);
      if (failure !== null) throw fail();
      consumed += portion.length;
    }
    gunzip.end();
    await closed;
    yield* ready.splice(0);
    if (failure !== null) throw fail();
  } finally {
    gunzip.destroy();
  }
}

/** zlib's own errors, in the words of this house; `offset` is in the compressed file. */
const gzipFailure = (failure: unknown, offset: number): unknown => {
  const code = (failure as { readonly code?: unknown }).code;
  if (code === 'Z_BUF_ERROR') {
    return truncated({ what: 'gzip stream', offset, expected: 1, actual: 0 });
  }
  return typeof code === 'string' && code.startsWith('Z_')
    ? corrupt({ what: 'gzip stream', offset, actual: code })
    : failure;
};
