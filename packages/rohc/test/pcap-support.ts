/** What the capture tests share: running a reader over octets, random numbers, counts of cases. */
import * as E from 'fp-ts/lib/Either.js';
import type { CaptureError, CaptureEvent, CaptureRecord } from '../src/pcap/index.js';
import { type CaptureReaderOptions, createCaptureReader } from '../src/pcap/index.js';

/** Cases of a property, scaled by `LIQUID_CASES` (100,000 by default). */
export const cases = (share: number): number =>
  Math.max(20, Math.round(Number(process.env['LIQUID_CASES'] ?? 100_000) * share));

export const right = <L, A>(either: E.Either<L, A>): A => {
  if (E.isLeft(either)) throw new Error(`expected Right, got ${JSON.stringify(either.left)}`);
  return either.right;
};

export const left = <L, A>(either: E.Either<L, A>): L => {
  if (E.isRight(either)) throw new Error(`expected Left, got ${String(either.right)}`);
  return either.left;
};

export interface Reading {
  readonly events: readonly CaptureEvent[];
  readonly records: readonly CaptureRecord[];
  readonly error: CaptureError | null;
}

/** Reads a capture that arrives in the given chunks. */
export const readChunks = (
  chunks: Iterable<Uint8Array>,
  options: CaptureReaderOptions = {},
): Reading => {
  const reader = right(createCaptureReader(options));
  const events: CaptureEvent[] = [];
  const records: CaptureRecord[] = [];
  let error: CaptureError | null = null;
  const take = (items: Iterable<E.Either<CaptureError, CaptureEvent>>): void => {
    for (const item of items) {
      if (error !== null) throw new Error('something was yielded behind an error');
      if (E.isLeft(item)) {
        error = item.left;
        continue;
      }
      events.push(item.right);
      if (item.right._tag === 'Record') records.push(item.right.record);
    }
  };
  for (const chunk of chunks) take(reader.push(chunk));
  take(reader.end());
  return { events, records, error };
};

export const readAll = (bytes: Uint8Array, options: CaptureReaderOptions = {}): Reading =>
  readChunks([bytes], options);

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

/** Octets from hexadecimal text; white space is for the reader. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/\s+/g, '').match(/../g) ?? [], (octet) =>
    Number.parseInt(octet, 16),
  );

/** mulberry32: small, seeded, the same everywhere. */
export const random = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
};
