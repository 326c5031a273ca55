/** Both ends of a ROHC channel in one hand: what the tests of the whole core share. */
import * as E from 'fp-ts/lib/Either.js';
import {
  type Compressor,
  type CompressorConfig,
  createCompressor,
  createDecompressor,
  type Decompressor,
  type DecompressorConfig,
  errorOf,
} from '../../src/index.js';

/** Cases of a property, scaled by `LIQUID_CASES` (100,000 by default). */
export const cases = (share: number): number =>
  Math.max(5, Math.round(Number(process.env['LIQUID_CASES'] ?? 100_000) * share));

export const right = <L, A>(either: E.Either<L, A>): A => {
  if (E.isLeft(either)) throw new Error(`expected Right, got ${JSON.stringify(either.left)}`);
  return either.right;
};

export const left = <L, A>(either: E.Either<L, A>): L => {
  if (E.isRight(either)) throw new Error(`expected Left, got ${String(either.right)}`);
  return either.left;
};

export const compressorOf = (config: Partial<CompressorConfig> = {}): Compressor =>
  right(createCompressor(config));

export const decompressorOf = (config: Partial<DecompressorConfig> = {}): Decompressor =>
  right(createDecompressor(config));

/** Never counts a context as damaged within any test. */
export const NO_DAMAGE = { k: 31, n: 31 } as const;

const room = new Uint8Array(70_000);

/** Compresses one packet; throws on an error that the test does not expect. */
export const compressed = (compressor: Compressor, packet: Uint8Array): Uint8Array => {
  const length = compressor.compressInto(packet, room);
  if (length < 0) throw new Error(`compressInto: ${errorOf(length, packet.length).message}`);
  return room.slice(0, length);
};

/** Decompresses one packet: what came out, or the negative code. */
export const decompressed = (
  decompressor: Decompressor,
  packet: Uint8Array,
): Uint8Array | number => {
  const length = decompressor.decompressInto(packet, room);
  return length < 0 ? length : room.slice(0, length);
};

/** Octets compared fast; `expect` is for the message. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Throws with both sides in hexadecimal unless the decompressor delivers `original`. */
export const expectDelivered = (
  decompressor: Decompressor,
  packet: Uint8Array,
  original: Uint8Array,
  where: string,
): void => {
  const result = decompressed(decompressor, packet);
  if (typeof result === 'number') {
    throw new Error(
      `${where}: ${errorOf(result).message}\n rohc ${hexOf(packet)}\n from ${hexOf(original)}`,
    );
  }
  if (!equal(result, original)) {
    throw new Error(
      `${where}: delivered otherwise\n rohc ${hexOf(packet)}\n gave ${hexOf(result)}\n from ${hexOf(original)}`,
    );
  }
};

/**
 * Attempts at one packet at most: against the reference before, the reference, with 16 more packets lost, and with the
 * flags of the reference.
 */
const ATTEMPTS = 4;

/**
 * How many wrong deliveries chance explains. Each packet that meets a damaged context is tried up to four times, each
 * try passes a CRC-3 with probability 1/8: of `bad` such packets (or contexts) at most `bad · (1 − (7/8)^4)` pass on
 * average; the bound lies four standard deviations above.
 */
export const falseAccepts = (bad: number): number => {
  const p = 1 - (7 / 8) ** ATTEMPTS;
  return bad * p + 4 * Math.sqrt(bad * p * (1 - p)) + (bad > 0 ? 1 : 0);
};

/** Prints a table, columns padded. */
export const printTable = (
  title: string,
  rows: readonly (readonly (string | number)[])[],
): void => {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, String(cell).length);
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, i) =>
        i === 0 ? String(cell).padEnd(widths[i] ?? 0) : String(cell).padStart(widths[i] ?? 0),
      )
      .join('  '),
  );
  console.log(`${title}\n${lines.join('\n')}`);
};

/** Adds to a count by name. */
export const tally = (counts: Map<string, number>, name: string, by = 1): void => {
  counts.set(name, (counts.get(name) ?? 0) + by);
};

/** xoshiro-like small generator: a seed repeats a test on every Node version. */
export const createRandom = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
};
