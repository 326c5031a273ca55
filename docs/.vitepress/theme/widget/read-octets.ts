/** The octets of a capture from a stream, unpacked where they are gzipped, with a limit on what comes out. */
import * as E from 'fp-ts/lib/Either.js';
import { empty, type Failure, FILE_LIMIT, notRead, notUnpacked, tooLarge } from './failure.js';

/** A capture in memory. */
export interface Octets {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** gzip's stream broke off: what is there is only its beginning. */
  readonly cut: boolean;
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

interface Drained {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  readonly end: 'end' | 'limit' | 'failed';
  readonly cause: unknown;
}

/** Takes chunks until the stream ends, fails or has given more than `limit`. */
const drain = async (
  stream: ReadableStream<Uint8Array>,
  limit: number,
  took: (octets: number) => void,
): Promise<Drained> => {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { chunks, size, end: 'end', cause: undefined };
      size += value.length;
      if (size > limit) {
        await reader.cancel().catch(() => undefined);
        return { chunks: [], size, end: 'limit', cause: undefined };
      }
      chunks.push(value);
      took(size);
    }
  } catch (cause) {
    return { chunks, size, end: 'failed', cause };
  }
};

const joined = ({ chunks, size }: Drained): Uint8Array<ArrayBuffer> => {
  const octets = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    octets.set(chunk, at);
    at += chunk.length;
  }
  return octets;
};

/**
 * Reads `source` to its end, at most {@link FILE_LIMIT} octets of it and of what it unpacks to, so that a file which
 * is small only while it is packed fills no memory. A gzip stream that breaks off gives what came out before, and
 * says so.
 *
 * @param took - told how many octets have come so far
 */
export const readOctets = async (
  source: ReadableStream<Uint8Array>,
  took: (octets: number) => void = () => undefined,
): Promise<E.Either<Failure, Octets>> => {
  const raw = await drain(source, FILE_LIMIT, took);
  if (raw.end === 'limit') return E.left(tooLarge(raw.size));
  if (raw.end === 'failed') return E.left(notRead(messageOf(raw.cause)));
  const octets = joined(raw);
  if (octets.length === 0) return E.left(empty());
  if (octets[0] !== 0x1f || octets[1] !== 0x8b) return E.right({ octets, cut: false });
  const unpacked = await drain(
    new Blob([octets]).stream().pipeThrough(new DecompressionStream('gzip')),
    FILE_LIMIT,
    took,
  );
  if (unpacked.end === 'limit') return E.left(tooLarge(unpacked.size));
  if (unpacked.size === 0) return E.left(unpacked.end === 'failed' ? notUnpacked() : empty());
  return E.right({ octets: joined(unpacked), cut: unpacked.end === 'failed' });
};
