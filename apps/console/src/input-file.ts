/** Files that the user names, read for a scenario: bounded or streamed, stopped by the signal. */

import { type FileHandle, open } from 'node:fs/promises';
import {
  type AbortSignalLike,
  type Bytes,
  checkAborted,
  fromUnknown,
  limitExceeded,
  type LiquidError,
  onAbort,
} from '@liquid/types';
import type { InputFile, ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';

/** Read at once: large enough that calls cost little, small beside any limit on memory. */
const CHUNK = 256 * 1024;

/** The name of standard input, as in other commands. */
const STANDARD_INPUT = '-';

type Take<Own> = (chunk: Uint8Array) => E.Either<Own, void> | Promise<E.Either<Own, void>>;

/** The chunks of an open file; each is overwritten by the next. */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

const pump = async <Own>(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  take: Take<Own>,
  signal: AbortSignalLike,
): Promise<E.Either<LiquidError | Own, void>> => {
  for await (const chunk of chunks) {
    const stopped = checkAborted(what, signal);
    if (E.isLeft(stopped)) return stopped;
    const taken = await take(chunk);
    if (E.isLeft(taken)) return taken;
  }
  return checkAborted(what, signal);
};

const stream = async <Own>(
  file: InputFile,
  take: Take<Own>,
  signal: AbortSignalLike,
): Promise<E.Either<LiquidError | Own, void>> => {
  const what = `reading ${file}`;
  let handle: FileHandle | undefined;
  // Standard input may wait for ever; destroying it ends the wait.
  const off = onAbort(signal, () => {
    if (file === STANDARD_INPUT) process.stdin.destroy();
  });
  try {
    if (file === STANDARD_INPUT) return await pump(process.stdin, what, take, signal);
    handle = await open(file, 'r');
    return await pump(chunksOf(handle), what, take, signal);
  } catch (caught) {
    const stopped = checkAborted(what, signal);
    return E.isLeft(stopped) ? stopped : E.left(fromUnknown(what)(caught));
  } finally {
    off();
    // Nothing was written: an error of closing tells nothing that matters.
    await handle?.close().catch(() => undefined);
  }
};

const read = async (
  file: InputFile,
  limit: Bytes,
  signal: AbortSignalLike,
): Promise<E.Either<LiquidError, Uint8Array>> => {
  const chunks: Array<Uint8Array> = [];
  let size = 0;
  const result = await stream<LiquidError>(
    file,
    (chunk) => {
      size += chunk.length;
      if (size > limit) {
        return E.left(
          limitExceeded({ what: 'bytes of', path: file, expected: limit, actual: size }),
        );
      }
      chunks.push(chunk.slice());
      return E.right(undefined);
    },
    signal,
  );
  return E.map(() => new Uint8Array(Buffer.concat(chunks)))(result);
};

/** The two readers of a scenario's context. */
export const inputReaders = (
  signal: AbortSignalLike,
): Pick<ScenarioContext, 'readInput' | 'streamInput'> => ({
  readInput: (file, limit) => () => read(file, limit, signal),
  streamInput: (file, take) => () => stream(file, take, signal),
});
