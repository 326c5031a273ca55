/** Shaping: how fast one end of a link sends, and what waits or is dropped meanwhile, as `tc` says it. */

import * as t from 'io-ts';
import type { Argv } from './argv.js';
import { exact, integerIn, oneKind } from './internal/codec.js';

/**
 * Token bucket: at most `rateBps` on average and `burstBytes` at once; what is too early waits in a
 * FIFO of `limitBytes` (tc-tbf(8)).
 *
 * @since 0.1.0
 */
export interface TokenBucket {
  readonly kind: 'tbf';
  /** Rate in bit/s, counted on frames with their 14-byte Ethernet header. */
  readonly rateBps: number;
  /** Bucket in bytes; default what the rate sends in 4 ms, at least ten frames. */
  readonly burstBytes?: number;
  /** Longest wait in ms that the queue allows; default 50. Not beside `limitBytes`. */
  readonly latencyMs?: number;
  /** Bytes that may wait; default burst + rate × latency. */
  readonly limitBytes?: number;
}

/**
 * Hierarchical token bucket with one class: `rateBps` assured, `ceilBps` at most. Its rate changes
 * without touching the queue, many times a second if need be (tc-htb(8)).
 *
 * @since 0.1.0
 */
export interface HierarchicalTokenBucket {
  readonly kind: 'htb';
  /** Rate in bit/s, as for `tbf`. */
  readonly rateBps: number;
  /** Ceiling in bit/s; default `rateBps`. */
  readonly ceilBps?: number;
  /** Bucket in bytes; default as for `tbf`. */
  readonly burstBytes?: number;
  /** What waits; default a FIFO of burst + 50 ms of the ceiling. */
  readonly queue?: Fifo | FairQueue;
}

/** First in, first out, no rate: a limit in bytes (`bfifo`) or packets (`pfifo`). @since 0.1.0 */
export interface Fifo {
  readonly kind: 'fifo';
  readonly limitBytes?: number;
  /** Default 1000 where neither limit is given. Not beside `limitBytes`. */
  readonly limitPackets?: number;
}

/** Fair queueing with controlled delay (RFC 8290); defaults are the kernel's. @since 0.1.0 */
export interface FairQueue {
  readonly kind: 'fq_codel';
  /** Packets that may wait; default 10240. */
  readonly limitPackets?: number;
  /** Queues that flows are hashed to; default 1024. */
  readonly flows?: number;
  /** Standing delay that is put up with, in ms; default 5. */
  readonly targetMs?: number;
  /** Window over which it is measured, in ms; default 100. */
  readonly intervalMs?: number;
  /** Mark rather than drop where the sender allows; default true. */
  readonly ecn?: boolean;
}

/** How one end of a link sends. @since 0.1.0 */
export type Shaping = TokenBucket | HierarchicalTokenBucket | Fifo | FairQueue;

/** Longest wait behind a shaper unless told otherwise, in ms: a few frames of a slow home line. */
export const DEFAULT_LATENCY_MS = 50;

/** One tick of a 250 Hz kernel: a bucket that holds less can't be refilled in time. */
const REFILL_MS = 4;

/** A bucket smaller than this lets a sender's back-to-back segments wait for no reason. */
const MIN_BURST_FRAMES = 10;

const ETHERNET_HEADER = 14;

/** 100 Tbit/s: above it tc's own arithmetic is of no more use than no shaping. */
const MAX_RATE = 1e14;
const MAX_UINT32 = 0xffff_ffff;

const rate = integerIn(8, MAX_RATE, 'a rate in bit/s, 8 to 10^14');
const bytes = integerIn(1, MAX_UINT32, 'bytes, 1 to 2^32 − 1');
const packets = integerIn(1, MAX_UINT32, 'packets, 1 to 2^32 − 1');
const milliseconds = integerIn(1, 60_000, 'milliseconds, 1 to 60000');

const fifo: t.Type<Fifo, unknown> = exact<Fifo>('fifo', {
  required: { kind: t.literal('fifo') },
  optional: { limitBytes: bytes, limitPackets: packets },
  excludes: ['limitBytes', 'limitPackets'],
});

const fairQueue: t.Type<FairQueue, unknown> = exact<FairQueue>('fq_codel', {
  required: { kind: t.literal('fq_codel') },
  optional: {
    limitPackets: packets,
    flows: integerIn(1, 65536, 'flows, 1 to 65536'),
    targetMs: milliseconds,
    intervalMs: milliseconds,
    ecn: t.boolean,
  },
});

const tokenBucket: t.Type<TokenBucket, unknown> = exact<TokenBucket>('tbf', {
  required: { kind: t.literal('tbf'), rateBps: rate },
  optional: { burstBytes: bytes, latencyMs: milliseconds, limitBytes: bytes },
  excludes: ['latencyMs', 'limitBytes'],
});

const hierarchicalTokenBucket: t.Type<HierarchicalTokenBucket, unknown> =
  exact<HierarchicalTokenBucket>('htb', {
    required: { kind: t.literal('htb'), rateBps: rate },
    optional: { ceilBps: rate, burstBytes: bytes, queue: oneKind({ fifo, fq_codel: fairQueue }) },
  });

/** Codec of {@link Shaping}; a key that it does not know is an error. @since 0.1.0 */
export const Shaping: t.Type<Shaping, unknown> = oneKind<Shaping>({
  tbf: tokenBucket,
  htb: hierarchicalTokenBucket,
  fifo,
  fq_codel: fairQueue,
});

/**
 * The bucket that a rate gets by default: 4 ms worth, at least ten frames.
 *
 * @param rateBps - bit/s
 * @param mtu - bytes of the link's IP packets
 * @returns bytes
 * @since 0.1.0
 */
export const defaultBurstBytes = (rateBps: number, mtu: number): number =>
  Math.min(
    MAX_UINT32,
    Math.max(MIN_BURST_FRAMES * (mtu + ETHERNET_HEADER), Math.ceil((rateBps * REFILL_MS) / 8000)),
  );

/** Bytes that wait at most when a queue may hold `latencyMs` of `rateBps` beyond its bucket. */
const queueBytes = (rateBps: number, latencyMs: number, burst: number): number =>
  Math.min(MAX_UINT32, Math.ceil((rateBps * latencyMs) / 8000) + burst);

// A discipline of one kind can't be replaced by another under the same handle, so each has its own:
// then `replace` swaps them in one step, with no moment in which the link is unshaped.
const HANDLE: Readonly<Record<string, string>> = {
  tbf: '1:',
  htb: '2:',
  fq_codel: '3:',
  bfifo: '4:',
  pfifo: '5:',
};
const CLASS = '2:1';
const LEAF_HANDLE: Readonly<Record<string, string>> = {
  fq_codel: '13:',
  bfifo: '14:',
  pfifo: '15:',
};

const queueArguments = (queue: Fifo | FairQueue): readonly [string, ...string[]] => {
  if (queue.kind === 'fifo') {
    return queue.limitBytes !== undefined
      ? ['bfifo', 'limit', `${queue.limitBytes}b`]
      : ['pfifo', 'limit', `${queue.limitPackets ?? 1000}`];
  }
  const optional = (name: string, value: number | undefined, unit = ''): string[] =>
    value === undefined ? [] : [name, `${value}${unit}`];
  return [
    'fq_codel',
    ...optional('limit', queue.limitPackets),
    ...optional('flows', queue.flows),
    ...optional('target', queue.targetMs, 'ms'),
    ...optional('interval', queue.intervalMs, 'ms'),
    ...(queue.ecn === undefined ? [] : [queue.ecn ? 'ecn' : 'noecn']),
  ];
};

const tokenBucketArguments = (shaping: TokenBucket, mtu: number): string[] => {
  const burst = shaping.burstBytes ?? defaultBurstBytes(shaping.rateBps, mtu);
  const limit =
    shaping.limitBytes ??
    queueBytes(shaping.rateBps, shaping.latencyMs ?? DEFAULT_LATENCY_MS, burst);
  return ['tbf', 'rate', `${shaping.rateBps}bit`, 'burst', `${burst}b`, 'limit', `${limit}b`];
};

const classCommand = (base: string[], shaping: HierarchicalTokenBucket, mtu: number): Argv => {
  const ceil = Math.max(shaping.ceilBps ?? shaping.rateBps, shaping.rateBps);
  const burst = shaping.burstBytes ?? defaultBurstBytes(shaping.rateBps, mtu);
  const ceilBurst = shaping.burstBytes ?? defaultBurstBytes(ceil, mtu);
  const rates = ['rate', `${shaping.rateBps}bit`, 'ceil', `${ceil}bit`];
  // The quantum only matters between classes; given, the kernel has no reason to warn about it.
  const bursts = ['burst', `${burst}b`, 'cburst', `${ceilBurst}b`, 'quantum', `${mtu + 14}`];
  return ['tc', ...base, 'parent', '2:', 'classid', CLASS, 'htb', ...rates, ...bursts];
};

const defaultQueue = (shaping: HierarchicalTokenBucket, mtu: number): Fifo => {
  const ceil = shaping.ceilBps ?? shaping.rateBps;
  const burst = shaping.burstBytes ?? defaultBurstBytes(ceil, mtu);
  return { kind: 'fifo', limitBytes: queueBytes(ceil, DEFAULT_LATENCY_MS, burst) };
};

/**
 * The `tc` commands that make a device send by a shaping, whatever it did before; all of them
 * replace, so they may be repeated. Pure.
 *
 * @param place - namespace, device and the device's MTU in bytes
 * @param shaping - `null` gives the device back its own default queue
 * @param previous - what the device has now; from one `htb` to another only the class is changed,
 *   so no queued packet is lost
 * @example
 * ```ts
 * import { shapingCommands } from '@liquid/netlab'
 *
 * const place = { namespace: 'a', device: 'eth0', mtu: 1500 }
 * const [command] = shapingCommands(place, { kind: 'tbf', rateBps: 1e7 })
 * console.log(command?.join(' '))
 * // tc -n a qdisc replace dev eth0 root handle 1: tbf rate 10000000bit burst 15140b limit 77640b
 * ```
 * @since 0.1.0
 */
export const shapingCommands = (
  place: { readonly namespace: string; readonly device: string; readonly mtu: number },
  shaping: Shaping | null,
  previous: Shaping | null = null,
): ReadonlyArray<Argv> => {
  const { namespace, device, mtu } = place;
  const on = (what: string, verb: string): string[] => ['-n', namespace, what, verb, 'dev', device];
  if (shaping === null) {
    return previous === null ? [] : [['tc', ...on('qdisc', 'del'), 'root']];
  }
  const root = (args: ReadonlyArray<string>): Argv => [
    'tc',
    ...on('qdisc', 'replace'),
    'root',
    'handle',
    HANDLE[args[0] ?? ''] ?? '1:',
    ...args,
  ];
  if (shaping.kind === 'tbf') return [root(tokenBucketArguments(shaping, mtu))];
  if (shaping.kind !== 'htb') return [root(queueArguments(shaping))];
  const queue = queueArguments(shaping.queue ?? defaultQueue(shaping, mtu));
  const leaf = LEAF_HANDLE[queue[0]] ?? '14:';
  const leafCommand: Argv = [
    'tc',
    ...on('qdisc', 'replace'),
    'parent',
    CLASS,
    'handle',
    leaf,
    ...queue,
  ];
  const change = classCommand(on('class', 'replace'), shaping, mtu);
  return previous?.kind === 'htb'
    ? [change, leafCommand]
    : [root(['htb', 'default', '1']), change, leafCommand];
};
