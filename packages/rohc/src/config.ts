/**
 * Configuration of a compressor or decompressor: plain data, checked by io-ts, every field with a default.
 */
import { type Decode, decode } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { LARGE_CID_MAX, SMALL_CID_MAX } from './internal/cid.js';

/** A whole number within bounds, both included. */
const integer = (from: number, to: number): t.Type<number> =>
  new t.Type<number>(
    `whole number from ${from} to ${to}`,
    (u): u is number => typeof u === 'number' && Number.isInteger(u) && u >= from && u <= to,
    (u, context) =>
      typeof u === 'number' && Number.isInteger(u) && u >= from && u <= to
        ? t.success(u)
        : t.failure(u, context),
    t.identity,
  );

const Profile = t.union(
  [t.literal(0x0000), t.literal(0x0004), t.literal(0x0006)],
  'profile 0x0000, 0x0004 or 0x0006',
);

/** Fields that both ends of a channel must agree on. */
const channel = {
  /** Small CIDs (0–15) or large ones (0–16383). */
  cids: t.union([t.literal('small'), t.literal('large')], '"small" or "large"'),
  maxCid: integer(0, LARGE_CID_MAX),
  profiles: t.readonlyArray(Profile),
  elideTcpChecksum: t.boolean,
};

/**
 * Codec of {@link CompressorConfig}: every field may be missing.
 *
 * @since 0.1.0
 */
export const CompressorConfigCodec = t.exact(
  t.partial({
    ...channel,
    window: integer(1, 256),
    repetitions: integer(1, 254),
    refreshIr: integer(0, 0xffffffff),
    refreshFo: integer(0, 0xffffffff),
    replication: t.boolean,
    seed: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  'compressor configuration',
);

/**
 * Codec of {@link DecompressorConfig}: every field may be missing.
 *
 * @since 0.1.0
 */
export const DecompressorConfigCodec = t.exact(
  t.partial({
    ...channel,
    feedback: t.boolean,
    ackInterval: integer(0, 0xffff),
    nackInterval: integer(1, 0xffff),
    damage: t.readonly(t.type({ k: integer(1, 31), n: integer(1, 31) })),
    repair: t.boolean,
    feedbackQueue: integer(1, 65536),
  }),
  'decompressor configuration',
);

/**
 * How a compressor works; see `defaultCompressorConfig` for the defaults.
 *
 * @since 0.1.0
 */
export interface CompressorConfig {
  /** Kind of CIDs: one octet or none for up to 16 flows, one or two octets for up to 16,384. */
  readonly cids: 'small' | 'large';
  /** Largest CID: 15 for small CIDs, 16383 for large ones at most. `maxCid + 1` flows keep a context. */
  readonly maxCid: number;
  /** Profiles of the channel; 0x0000 is always there, as RFC 5795 demands. */
  readonly profiles: readonly (0x0000 | 0x0004 | 0x0006)[];
  /** Width of the W-LSB window: references that the decompressor may hold, 1–256. Taken as L where it is smaller. */
  readonly window: number;
  /** Packets in a row that carry a change (the optimistic approach's L): up to L − 1 of them may get lost. */
  readonly repetitions: number;
  /** Packets between IR refreshes while no feedback has come; 0 for none. */
  readonly refreshIr: number;
  /**
   * Packets between IR-DYN refreshes; 0 for none. They go on with feedback: nothing else heals a context that is wrong in
   * a way that the short CRCs do not see.
   */
  readonly refreshFo: number;
  /** Whether a new flow between hosts that are already known starts from their context (IR-CR, RFC 4164). */
  readonly replication: boolean;
  /** Seed of the generator that draws each context's first master sequence number. */
  readonly seed: number;
  /**
   * Leaves the TCP checksum of pure acknowledgements out after verifying it. Not RFC 6846: both ends must agree, and a
   * packet that is no pure acknowledgement with a right checksum is refused (`Unsupported`) for the caller to send
   * uncompressed. For links that have an integrity check of their own, such as HACK's.
   */
  readonly elideTcpChecksum: boolean;
}

/**
 * How a decompressor works; see `defaultDecompressorConfig` for the defaults.
 *
 * @since 0.1.0
 */
export interface DecompressorConfig {
  readonly cids: 'small' | 'large';
  readonly maxCid: number;
  readonly profiles: readonly (0x0000 | 0x0004 | 0x0006)[];
  readonly elideTcpChecksum: boolean;
  /** Whether feedback is produced (bidirectional operation); fetch it with `takeFeedback`. */
  readonly feedback: boolean;
  /** Packets between positive acknowledgements of a steady flow; 0 acknowledges context updates only. */
  readonly ackInterval: number;
  /** A context's first failed packet is answered by a negative acknowledgement, and each `nackInterval`-th in a row. */
  readonly nackInterval: number;
  /** A context counts as damaged once `k` of its last `n` packets failed. */
  readonly damage: { readonly k: number; readonly n: number };
  /** Whether a failed packet is tried once more as if 16 packets had been lost (RFC 6846 section 5.3.1.1). */
  readonly repair: boolean;
  /** Feedback elements that wait to be fetched; the oldest leaves when the queue is full. */
  readonly feedbackQueue: number;
}

/**
 * Small CIDs 0–15, window 4, L = 4, refreshes each 1,700 (IR) and 700 (IR-DYN) packets.
 *
 * @since 0.1.0
 */
export const defaultCompressorConfig: CompressorConfig = {
  cids: 'small',
  maxCid: SMALL_CID_MAX,
  profiles: [0x0000, 0x0004, 0x0006],
  window: 4,
  repetitions: 4,
  refreshIr: 1700,
  refreshFo: 700,
  replication: true,
  seed: 0,
  elideTcpChecksum: false,
};

/**
 * Small CIDs 0–15, no feedback, damage assumed after 2 failures within 8 packets, repair attempted.
 *
 * @since 0.1.0
 */
export const defaultDecompressorConfig: DecompressorConfig = {
  cids: 'small',
  maxCid: SMALL_CID_MAX,
  profiles: [0x0000, 0x0004, 0x0006],
  elideTcpChecksum: false,
  feedback: false,
  ackInterval: 0,
  nackInterval: 4,
  damage: { k: 2, n: 8 },
  repair: true,
  feedbackQueue: 64,
};

/** The largest CID that goes with a kind of CIDs where none is named, and the check that it fits. */
const withCids = <A extends { readonly cids: 'small' | 'large'; readonly maxCid: number }>(
  config: A,
  named: boolean,
): E.Either<Decode, A> => {
  const limit = config.cids === 'small' ? SMALL_CID_MAX : LARGE_CID_MAX;
  if (!named) return E.right({ ...config, maxCid: limit });
  return config.maxCid <= limit
    ? E.right(config)
    : E.left(fail('maxCid', `at most ${limit} with ${config.cids} CIDs`, config.maxCid));
};

const fail = (path: string, expected: string, actual: unknown): Decode => ({
  _tag: 'Decode',
  message: `configuration at ${path}: expected ${expected}, got ${String(actual)}`,
  path,
  expected,
  actual: String(actual),
});

/** Checks a compressor's configuration and fills in the defaults. */
export const readCompressorConfig = (config: unknown): E.Either<Decode, CompressorConfig> => {
  const given = decode(CompressorConfigCodec, 'compressor configuration')(config);
  if (E.isLeft(given)) return given;
  return withCids(
    { ...defaultCompressorConfig, ...defined(given.right) },
    given.right.maxCid !== undefined,
  );
};

/** Checks a decompressor's configuration and fills in the defaults. */
export const readDecompressorConfig = (config: unknown): E.Either<Decode, DecompressorConfig> => {
  const given = decode(DecompressorConfigCodec, 'decompressor configuration')(config);
  if (E.isLeft(given)) return given;
  const merged = { ...defaultDecompressorConfig, ...defined(given.right) };
  if (merged.damage.k > merged.damage.n) {
    return E.left(fail('damage.k', 'at most damage.n', merged.damage.k));
  }
  return withCids(merged, given.right.maxCid !== undefined);
};

/** Without the fields that are there but undefined: they ask for the default. */
const defined = <A extends object>(
  given: A,
): { readonly [K in keyof A]: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof A]: Exclude<A[K], undefined>;
  };
