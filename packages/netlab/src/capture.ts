/** Captures: what an interface sends and receives, into a pcap file or a function. */

import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import {
  decode,
  decodeError,
  type LiquidError,
  openRunning,
  type Running,
  type Scope,
  unsupported,
} from '@liquid/types';
import { exact, integerIn, oneOf, refined } from './internal/codec.js';
import { loadLibc } from './internal/libc.js';
import {
  BLOCK_BYTES,
  BLOCK_TIMEOUT_MS,
  openPacketRing,
  type PacketRing,
  type RingPacket,
} from './internal/packet-ring.js';
import { openPcapFile, type PcapFile } from './internal/pcap-file.js';
import { claimFile } from './internal/registry.js';

/** A captured packet, as {@link CaptureOptions.onPacket} and {@link CaptureOptions.filter} see it. @since 0.1.0 */
export interface CapturedPacket {
  /** From the link layer on; borrowed until the call returns. */
  readonly bytes: Uint8Array;
  /** On the link; `bytes` may be cut to `snapLength`. */
  readonly length: number;
  /** Nanoseconds since 1970, by the kernel's clock. */
  readonly timestampNs: bigint;
  readonly direction: 'in' | 'out';
}

/** How {@link openCapture} captures. @since 0.1.0 */
export interface CaptureOptions {
  readonly device: string;
  /** A namespace of `ip netns`; default the one this process is in. */
  readonly namespace?: string;
  /** Where the pcap file will be once the capture is stopped; until then it is beside it. */
  readonly file?: string;
  /** Called for each packet; instead of a file, or beside it. */
  readonly onPacket?: (packet: CapturedPacket) => void;
  /** Packets for which it is false are left out. */
  readonly filter?: (packet: CapturedPacket) => boolean;
  /** Only what the device sends (`out`) or receives (`in`); default `both`. */
  readonly direction?: 'in' | 'out' | 'both';
  /** Bytes kept of each packet, 14 to 262144; default all. */
  readonly snapLength?: number;
  /**
   * Bytes shared with the kernel, a multiple of 256 KiB; default 8 MiB. Holds what arrives while this
   * program does something else: 64 ms of a full 1 Gbit/s.
   */
  readonly ringBytes?: number;
}

/** What a capture counted. @since 0.1.0 */
export interface CaptureStats {
  /** Kept: they passed direction and filter. */
  readonly packets: number;
  /** Bytes of those on the link. */
  readonly bytes: number;
  /** Lost because the ring was full. */
  readonly dropped: number;
  /** Kept with a checksum left to hardware, so a wrong one: the link's `offload` should be off. */
  readonly checksumsPending: number;
}

const count = integerIn(0, Number.MAX_SAFE_INTEGER, 'a count');

/** Codec of {@link CaptureStats}. @since 0.1.0 */
export const CaptureStats: t.Type<CaptureStats, unknown> = exact<CaptureStats>(
  'capture statistics',
  { required: { packets: count, bytes: count, dropped: count, checksumsPending: count } },
);

/**
 * A capture that runs; `stop` writes what is still in the ring and puts the file in its place. When
 * writing fails, as on a full disk, it ends by itself: `closed` is then Left, and there is no file.
 *
 * @since 0.1.0
 */
export interface Capture extends Running<never, CaptureStats> {
  readonly device: string;
  readonly namespace: string | undefined;
  /** Link type of the packets: 1 is Ethernet, 101 raw IP (a TUN device). */
  readonly linkType: number;
}

const MAX_SNAP_LENGTH = 262_144;
const MAX_BLOCKS = 4096;
const DEFAULT_RING_BYTES = 8 << 20;

type PlainOptions = Omit<CaptureOptions, 'onPacket' | 'filter'>;

const Options = exact<PlainOptions>('capture options', {
  required: { device: t.string },
  optional: {
    namespace: t.string,
    file: t.string,
    direction: oneOf('in', 'out', 'both'),
    snapLength: integerIn(14, MAX_SNAP_LENGTH, `bytes, 14 to ${MAX_SNAP_LENGTH}`),
    ringBytes: refined(
      integerIn(2 * BLOCK_BYTES, MAX_BLOCKS * BLOCK_BYTES, 'bytes, 512 KiB to 1 GiB'),
      (value) => value % BLOCK_BYTES === 0,
      'a multiple of 262144 bytes, 512 KiB to 1 GiB',
    ),
  },
});

// linux/if_arp.h
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const ARPHRD_NONE = 0xfffe;

/** Link types of draft-ietf-opsawg-pcaplinktype. */
const linkTypeOf = (hardwareType: number): number | undefined => {
  if (hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK) return 1;
  return hardwareType === ARPHRD_NONE ? 101 : undefined;
};

interface Sink extends PcapFile {
  readonly finish: TE.TaskEither<LiquidError, void>;
}

const openSink = (
  options: PlainOptions,
  linkType: number,
): E.Either<LiquidError, Sink | undefined> => {
  const { file, snapLength = MAX_SNAP_LENGTH } = options;
  if (file === undefined) return E.right(undefined);
  const claimed = claimFile(file);
  if (E.isLeft(claimed)) return claimed;
  const { partial, release } = claimed.right;
  const opened = openPcapFile(file, partial, linkType, snapLength);
  if (E.isLeft(opened)) {
    release();
    return opened;
  }
  const finish = async (): Promise<E.Either<LiquidError, void>> => {
    const closed = opened.right.close(true);
    release();
    return closed;
  };
  return E.right({ ...opened.right, finish });
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The kernel hands over its open block in one timeout, counted from when it was begun. */
const LAST_BLOCK_MS = 2 * BLOCK_TIMEOUT_MS;

/** All of {@link Capture} but the life that `openRunning` gives it. */
type CaptureParts = Omit<Capture, keyof Running<never, CaptureStats>> & {
  readonly stats: () => CaptureStats;
};

const createCapture = (
  options: CaptureOptions,
  ring: PacketRing,
  linkType: number,
  sink: Sink | undefined,
  scope: Scope<never>,
): CaptureParts => {
  const { direction = 'both', snapLength = MAX_SNAP_LENGTH, onPacket, filter } = options;
  let packets = 0;
  let bytes = 0;
  let checksumsPending = 0;
  const keep = (packet: RingPacket): void => {
    if (direction !== 'both' && packet.outgoing !== (direction === 'out')) return;
    const captured = Math.min(packet.captured, snapLength);
    if (onPacket !== undefined || filter !== undefined) {
      const seen: CapturedPacket = {
        bytes: ring.memory.subarray(packet.offset, packet.offset + captured),
        length: packet.length,
        timestampNs: BigInt(packet.seconds) * 1_000_000_000n + BigInt(packet.nanoseconds),
        direction: packet.outgoing ? 'out' : 'in',
      };
      if (filter !== undefined && !filter(seen)) return;
      onPacket?.(seen);
    }
    packets++;
    bytes += packet.length;
    if (packet.checksumPending) checksumsPending++;
    const { seconds, nanoseconds, offset, length } = packet;
    sink?.add(seconds, nanoseconds, ring.memory, offset, captured, length);
  };
  const timer = setInterval(() => {
    ring.drain(keep);
    const error = sink?.failure();
    if (error !== undefined) scope.fail(error);
  }, BLOCK_TIMEOUT_MS);
  scope.defer(async () => {
    await sleep(LAST_BLOCK_MS);
    clearInterval(timer);
    ring.drain(keep);
    return E.right(undefined);
  });
  return {
    stats: () => ({ packets, bytes, dropped: ring.dropped(), checksumsPending }),
    device: options.device,
    namespace: options.namespace,
    linkType,
  };
};

const begin = async (
  options: CaptureOptions,
  plain: PlainOptions,
  scope: Scope<never>,
): Promise<E.Either<LiquidError, CaptureParts>> => {
  const { device, namespace, direction, ringBytes = DEFAULT_RING_BYTES } = plain;
  const libc = await loadLibc();
  if (E.isLeft(libc)) return libc;
  const blocks = ringBytes / BLOCK_BYTES;
  const ring = openPacketRing(libc.right, namespace, device, blocks, direction === 'in');
  if (E.isLeft(ring)) return ring;
  scope.defer(TE.fromIO(() => ring.right.close()));
  const linkType = linkTypeOf(ring.right.hardwareType);
  if (linkType === undefined) {
    const actual = `hardware type ${ring.right.hardwareType}`;
    const expected = 'Ethernet, loopback or TUN';
    return E.left(unsupported({ what: `capturing on ${device}`, expected, actual }));
  }
  const sink = openSink(plain, linkType);
  if (E.isLeft(sink)) return sink;
  if (sink.right !== undefined) scope.defer(sink.right.finish);
  return E.right(createCapture(options, ring.right, linkType, sink.right, scope));
};

/**
 * Captures what an interface sends and receives, with a packet socket and a ring shared with the
 * kernel: no program is started, and no call made per packet. Timestamps are the kernel's.
 *
 * @returns Left `Permission` without CAP_NET_RAW, `NotFound` without the device or namespace,
 *   `Unsupported` off Linux or for a device that is neither Ethernet-like nor TUN, `Decode`
 * @example
 * ```ts no-run
 * import { openCapture } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const capture = await openCapture({ device: 'lo', onPacket: ({ length }) => console.log(length) })()
 * if (E.isRight(capture)) await capture.right.stop()
 * ```
 * @since 0.1.0
 */
export const openCapture =
  (
    options: CaptureOptions & { readonly signal?: AbortSignal },
  ): TE.TaskEither<LiquidError, Capture> =>
  async () => {
    const { onPacket, filter: _filter, signal, ...rest } = options;
    const decoded = decode(Options, 'capture options')(rest);
    if (E.isLeft(decoded)) return decoded;
    const { device, file } = decoded.right;
    if (file === undefined && onPacket === undefined) {
      const expected = 'file or onPacket';
      return E.left(decodeError({ what: 'capture options', expected, actualText: 'neither' }));
    }
    const opening = openRunning<never, CaptureStats>()(
      { what: `capture on ${device}`, statsCodec: CaptureStats, signal },
      (scope) => () => begin(options, decoded.right, scope),
    );
    return opening();
  };
