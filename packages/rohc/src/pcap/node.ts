/**
 * Captures in files, pipes and streams of Node: gzip is recognised, memory is bounded, and what is
 * written appears under its name only when it is whole. Formats and frames are those of
 * `@liquid/rohc/pcap`.
 *
 * @packageDocumentation
 */
import { aborted, type Closed, closed, fromUnknown, type LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { CaptureEvent } from './events.js';
import { abortable, fileChunks, gunzipped } from './internal/node-source.js';
import { fileSink, type Sink, streamSink } from './internal/node-sink.js';
import { type CaptureReaderOptions, DEFAULT_MAX_RECORD_BYTES } from './options.js';
import { type CaptureReader, type CaptureReaderStats, createCaptureReader } from './reader.js';
import {
  type CaptureWriteError,
  type CaptureWriter,
  createCaptureWriter,
  type FrameToWrite,
  WRITE_NO_ROOM,
} from './writer.js';
import type { CaptureWriterOptions } from './writer-options.js';

/**
 * A file by its path, or any asynchronous source of octets, such as `process.stdin`.
 *
 * @since 0.1.0
 */
export type CaptureSource = string | URL | AsyncIterable<Uint8Array>;

/**
 * Limits of the reader, and a signal to stop it.
 *
 * @since 0.1.0
 */
export interface ReadCaptureOptions extends CaptureReaderOptions {
  readonly signal?: AbortSignal;
}

/**
 * Every way in which reading can end early: what is wrong with the capture (`Truncated`, `Decode`,
 * `Corrupt`, `LimitExceeded`, `Unsupported`) or with reading it (`NotFound`, `Permission`, `Io`,
 * `Aborted`, …).
 *
 * @since 0.1.0
 */
export type ReadCaptureError = LiquidError;

const READING = 'reading the capture';
const WRITING = 'writing the capture';

const chunksOf = (
  source: CaptureSource,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> =>
  gunzipped(
    abortable(
      typeof source === 'string' || source instanceof URL ? fileChunks(source) : source,
      signal,
    ),
  );

/**
 * Reads a capture, plain or gzipped, as an asynchronous sequence. All that is whole is yielded before
 * an error, and a `Left` is the last (of a gzip stream that is damaged, not merely cut, the last 16
 * KiB before the damage may be missing). Leaving the loop early closes the source.
 *
 * A record's `data` is a copy, or with `borrow: true` valid until the next turn of the loop. Memory:
 * one record and some hundred kilobytes, up to 16 MiB more while decompressing. For millions of
 * records {@link visitCapture} is several times faster.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js';
 * import { readCapture } from '@liquid/rohc/pcap/node';
 *
 * for await (const event of readCapture('no-such-file.pcap')) {
 *   console.log(E.isLeft(event) && event.left._tag); // NotFound
 * }
 * ```
 *
 * @since 0.1.0
 */
export async function* readCapture(
  source: CaptureSource,
  options: ReadCaptureOptions = {},
): AsyncGenerator<E.Either<ReadCaptureError, CaptureEvent>, void, undefined> {
  const created = createCaptureReader(options);
  if (E.isLeft(created)) {
    yield created;
    return;
  }
  const reader = created.right;
  const { signal } = options;
  // The consumer's own exceptions must pass through untouched: only the source is guarded.
  const iterator = chunksOf(source, signal)[Symbol.asyncIterator]();
  let open = true;
  try {
    for (;;) {
      const read = await nextOf(iterator)();
      if (E.isLeft(read)) {
        open = false;
        yield read;
        return;
      }
      const next = read.right;
      for (const event of next.done === true ? reader.end() : reader.push(next.value)) yield event;
      if (next.done === true) {
        open = false;
        return;
      }
      if (reader.error !== null) return;
    }
  } finally {
    if (open) await iterator.return?.();
  }
}

const nextOf = (
  iterator: AsyncIterator<Uint8Array>,
): TE.TaskEither<LiquidError, IteratorResult<Uint8Array, unknown>> =>
  TE.tryCatch(() => iterator.next(), fromUnknown(READING));

/**
 * What {@link visitCapture} calls for each section, interface and record. It looks at the members of
 * `reader`, which are borrowed until it returns, or until the promise that it returns is resolved.
 *
 * @since 0.1.0
 */
export type CaptureVisitor = (
  step: 'section' | 'interface' | 'record',
  reader: CaptureReader,
) => void | PromiseLike<void>;

/**
 * Reads a capture, plain or gzipped, without allocation per record: the visitor sees the reader's own
 * record. Right: the statistics, when the capture was read to its end. What is whole is visited
 * before an error. What the visitor throws comes back as `Io`.
 *
 * @example
 * ```ts
 * import { visitCapture } from '@liquid/rohc/pcap/node';
 *
 * let octets = 0;
 * const done = await visitCapture('no-such-file.pcap', (step, reader) => {
 *   if (step === 'record') octets += reader.record.length;
 * })();
 * console.log(done._tag, octets); // Left 0
 * ```
 *
 * @since 0.1.0
 */
export const visitCapture =
  (
    source: CaptureSource,
    visit: CaptureVisitor,
    options: ReadCaptureOptions = {},
  ): TE.TaskEither<ReadCaptureError, CaptureReaderStats> =>
  async () => {
    const created = createCaptureReader(options);
    if (E.isLeft(created)) return created;
    const reader = created.right;
    const drain = async (): Promise<void> => {
      for (;;) {
        const step = reader.step();
        if (step === 'more' || step === 'end' || step === 'failed') return;
        const pending = visit(step, reader);
        if (pending !== undefined) {
          await pending;
          options.signal?.throwIfAborted();
        }
      }
    };
    try {
      for await (const chunk of chunksOf(source, options.signal)) {
        reader.feed(chunk);
        await drain();
        if (reader.error !== null) break;
      }
      reader.finish();
      await drain();
      return reader.error === null ? E.right(reader.stats()) : E.left(reader.error);
    } catch (error) {
      return E.left(
        options.signal?.aborted === true ? aborted({ what: READING }) : fromUnknown(READING)(error),
      );
    }
  };

/**
 * Where a capture is written: a path, or a stream such as `process.stdout`, which stays open.
 *
 * @since 0.1.0
 */
export type CaptureTarget = string | NodeJS.WritableStream;

/**
 * What was written to a capture file.
 *
 * @since 0.1.0
 */
export interface CaptureFileStats {
  readonly records: number;
  /** Octets of the file, its header included. */
  readonly bytes: number;
}

/**
 * A capture that is being written. Records collect in a buffer of fixed size: after each, look at
 * `full` and if need be `await flush()`. Nothing may be written while a flush is under way.
 *
 * @since 0.1.0
 */
export interface CaptureFile {
  /** Adds a record; `Left` leaves the file as it was. */
  readonly write: (
    record: Parameters<CaptureWriter['record']>[0],
  ) => E.Either<CaptureWriteError | Closed, void>;
  /**
   * Adds a record without allocation: returns its octets in the file or a negative code of
   * {@link CaptureWriter.recordInto}; `WRITE_NO_ROOM` says that the buffer wasn't flushed.
   */
  readonly writeFrame: (frame: FrameToWrite) => number;
  /** The error behind a negative code. */
  readonly errorOf: (code: number, frame: FrameToWrite) => CaptureWriteError;
  /** The buffer should be flushed before the next record. */
  readonly full: boolean;
  /** Hands the buffer to the target. After a `Left` the capture can only be discarded. */
  readonly flush: TE.TaskEither<LiquidError, void>;
  /** Writes what is left; a file now takes its name. A second call gives the same result. */
  readonly close: TE.TaskEither<LiquidError, CaptureFileStats>;
  /** Gives up: a file leaves nothing behind. Does nothing after `close`. */
  readonly discard: () => Promise<void>;
  /** {@link CaptureFile.discard}, for `await using`. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
  /** Counters so far, as a snapshot. */
  readonly stats: () => CaptureFileStats;
}

/** Handed to the target at once. */
const FLUSH_BYTES = 262_144;

class File implements CaptureFile {
  readonly #writer: CaptureWriter;
  readonly #sink: Sink;
  #buffer: Uint8Array;
  #length = 0;
  #flushed = 0;
  #records = 0;
  #flushing = false;
  #state: 'open' | 'failed' | 'closed' = 'open';
  #closing: Promise<E.Either<LiquidError, CaptureFileStats>> | null = null;

  constructor(writer: CaptureWriter, sink: Sink) {
    this.#writer = writer;
    this.#sink = sink;
    this.#buffer = new Uint8Array(FLUSH_BYTES + writer.recordBytes(DEFAULT_MAX_RECORD_BYTES));
    const header = writer.header();
    if (header.length > FLUSH_BYTES) this.#buffer = new Uint8Array(2 * header.length);
    this.#buffer.set(header);
    this.#length = header.length;
  }

  get full(): boolean {
    return this.#length >= FLUSH_BYTES;
  }

  readonly stats = (): CaptureFileStats => ({
    records: this.#records,
    bytes: this.#flushed + this.#length,
  });

  readonly write: CaptureFile['write'] = (record) => {
    if (this.#state !== 'open' || this.#flushing) return E.left(closed({ what: 'capture file' }));
    const encoded = this.#writer.record(record);
    if (E.isLeft(encoded)) return encoded;
    const bytes = encoded.right;
    this.#reserve(bytes.length);
    if (this.#buffer.length - this.#length < bytes.length) {
      return E.left(closed({ what: 'capture file', message: 'the capture file must be flushed' }));
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#records += 1;
    return E.right(undefined);
  };

  readonly writeFrame = (frame: FrameToWrite): number => {
    if (this.#state !== 'open' || this.#flushing) return WRITE_NO_ROOM;
    this.#reserve(this.#writer.recordBytes(frame.length));
    const count = this.#writer.recordInto(this.#buffer, this.#length, frame);
    if (count < 0) return count;
    this.#length += count;
    this.#records += 1;
    return count;
  };

  readonly errorOf = (code: number, frame: FrameToWrite): CaptureWriteError =>
    this.#writer.errorOf(code, frame);

  readonly flush: TE.TaskEither<LiquidError, void> = async () => {
    if (this.#state !== 'open' || this.#flushing) return E.left(closed({ what: 'capture file' }));
    return this.#flush();
  };

  readonly close: TE.TaskEither<LiquidError, CaptureFileStats> = () => {
    this.#closing ??= this.#close();
    return this.#closing;
  };

  readonly discard = async (): Promise<void> => {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#closing ??= Promise.resolve(E.left(closed({ what: 'capture file' })));
    await this.#sink.discard().catch(() => undefined);
  };

  readonly [Symbol.asyncDispose] = (): Promise<void> => this.discard();

  /** A record longer than the buffer is possible where no snap length was set. */
  #reserve(bytes: number): void {
    if (this.#length > FLUSH_BYTES || this.#buffer.length - this.#length >= bytes) return;
    const grown = new Uint8Array(this.#length + bytes);
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  async #flush(): Promise<E.Either<LiquidError, void>> {
    this.#flushing = true;
    try {
      await this.#sink.write(this.#buffer.subarray(0, this.#length));
      this.#flushed += this.#length;
      this.#length = 0;
      return E.right(undefined);
    } catch (error) {
      this.#state = 'failed';
      return E.left(fromUnknown(WRITING)(error));
    } finally {
      this.#flushing = false;
    }
  }

  async #close(): Promise<E.Either<LiquidError, CaptureFileStats>> {
    if (this.#state !== 'open' || this.#flushing) return E.left(closed({ what: 'capture file' }));
    const flushed = await this.#flush();
    if (E.isLeft(flushed)) return flushed;
    try {
      await this.#sink.commit();
      this.#state = 'closed';
      return E.right(this.stats());
    } catch (error) {
      this.#state = 'failed';
      return E.left(fromUnknown(WRITING)(error));
    }
  }
}

/**
 * Opens a capture for writing. A file is written beside its target and takes its name on `close`, so
 * an interrupted run leaves the old file, if any, as it was; devices and pipes are written directly.
 *
 * Left: `Decode` for invalid options, or what the system said (`Permission`, `NotFound` for a missing
 * folder, …).
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js';
 * import { LINKTYPE_RAW } from '@liquid/rohc/pcap';
 * import { openCaptureFile } from '@liquid/rohc/pcap/node';
 *
 * const opened = await openCaptureFile('/dev/null', { interfaces: [{ linkType: LINKTYPE_RAW }] })();
 * if (E.isRight(opened)) {
 *   opened.right.write({ data: Uint8Array.of(0x45), timestampNs: 0n });
 *   console.log(await opened.right.close()); // { _tag: 'Right', right: { records: 1, bytes: 41 } }
 * }
 * ```
 *
 * @since 0.1.0
 */
export const openCaptureFile =
  (target: CaptureTarget, options: CaptureWriterOptions): TE.TaskEither<LiquidError, CaptureFile> =>
  async () => {
    const writer = createCaptureWriter(options);
    if (E.isLeft(writer)) return writer;
    try {
      const sink = typeof target === 'string' ? await fileSink(target) : streamSink(target);
      return E.right(new File(writer.right, sink));
    } catch (error) {
      return E.left(fromUnknown(WRITING)(error));
    }
  };
