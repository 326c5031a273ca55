/** TUN: a network interface whose packets this program reads and writes. */

import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import {
  abortedBy,
  closed,
  decode,
  io,
  type LiquidError,
  openRunning,
  type Running,
  type Scope,
} from '@liquid/types';
import { interfaceAddress } from './internal/address.js';
import { exact, integerIn, list, oneOf, refined } from './internal/codec.js';
import { configureDevice } from './internal/configure-device.js';
import { EAGAIN, EINTR, type Libc, loadLibc } from './internal/libc.js';
import { type Readiness, watchReadable } from './internal/readable-watch.js';
import { errnoError } from './internal/system-error.js';
import { openTunDescriptor } from './internal/tun-device.js';
import { isDeviceName } from './names.js';

/** How {@link openTun} makes a device. @since 0.1.0 */
export interface TunOptions {
  /** Its name, unique in its namespace; default `tun0`. */
  readonly device?: string;
  /** A namespace of `ip netns`; default the one this process is in. */
  readonly namespace?: string;
  /** With prefix lengths, as `10.9.0.1/24`. */
  readonly addresses?: ReadonlyArray<string>;
  /** Bytes of the largest packet, 68 to 65535; default 1500. */
  readonly mtu?: number;
  /** Packets that wait for a slow reader before the kernel drops; default 500. */
  readonly queueLength?: number;
  /** Default true. */
  readonly up?: boolean;
  /**
   * Let several processes or threads share the device's load, each opening it by the same name; the
   * kernel spreads flows over them. Default false.
   */
  readonly multiQueue?: boolean;
  /**
   * How to wait for packets: on the event loop (default), or on a thread of libuv's pool, which is
   * slower and occupies that thread; the fallback where a runtime's event loop can't.
   */
  readonly readiness?: 'event-loop' | 'thread';
}

/** What a TUN device counted. @since 0.1.0 */
export interface TunStats {
  readonly packetsRead: number;
  readonly bytesRead: number;
  readonly packetsWritten: number;
  readonly bytesWritten: number;
  /** Writes that the kernel refused: its queue was full, the device down, the packet malformed. */
  readonly writeErrors: number;
  /** How often the event loop was woken; packets read ÷ wake-ups is the batch. */
  readonly wakeUps: number;
}

const count = integerIn(0, Number.MAX_SAFE_INTEGER, 'a count');

/** Codec of {@link TunStats}. @since 0.1.0 */
export const TunStats: t.Type<TunStats, unknown> = exact<TunStats>('TUN statistics', {
  required: {
    packetsRead: count,
    bytesRead: count,
    packetsWritten: count,
    bytesWritten: count,
    writeErrors: count,
    wakeUps: count,
  },
});

/**
 * Called for each packet.
 *
 * @param packet - a buffer that begins with the packet; borrowed until the call returns, and it may
 *   be changed in place and handed to {@link Tun.write}
 * @param length - bytes of the packet; what is behind belongs to no one
 * @since 0.1.0
 */
export type PacketHandler = (packet: Uint8Array, length: number) => void;

/**
 * A TUN device. Packets are IP packets, with no header before them. Reading is either pushed
 * ({@link Tun.receive}, fastest) or pulled ({@link Tun.readInto}, {@link Tun.nextInto},
 * {@link Tun.packets}); a reader that does not ask leaves packets in the kernel, which drops what
 * passes its queue, as any slow link would. When the device is taken away, as with its
 * namespace, it ends by itself: `closed` is then Left `Io`.
 *
 * @since 0.1.0
 */
export interface Tun extends Running<never, TunStats> {
  readonly device: string;
  readonly namespace: string | undefined;
  readonly mtu: number;
  /**
   * Calls back for every packet from now on, in batches of as many as wait. One receiver at a time;
   * a new one takes over.
   *
   * @returns what ends it, and leaves further packets in the kernel
   */
  readonly receive: (onPacket: PacketHandler) => () => void;
  /**
   * Reads a packet that waits; no allocation.
   *
   * @param packet - takes the packet; one longer than it is cut
   * @returns bytes read, 0 when none waits, or a negative code for {@link errorOf}
   */
  readonly readInto: (packet: Uint8Array) => number;
  /**
   * Reads a packet, waiting for one.
   *
   * @returns bytes read; Left `Closed` once stopped, `Aborted` by the signal
   */
  readonly nextInto: (
    packet: Uint8Array,
    signal?: AbortSignal,
  ) => TE.TaskEither<LiquidError, number>;
  /** Packets as copies, one after the other, until it is stopped or the loop is left. */
  readonly packets: () => AsyncIterableIterator<Uint8Array>;
  /**
   * Sends a packet into the kernel; no allocation.
   *
   * @param packet - begins with an IP packet; copied by the kernel
   * @param length - bytes of it; default all
   * @returns bytes written, or a negative code for {@link errorOf}
   */
  readonly write: (packet: Uint8Array, length?: number) => number;
}

const Options = exact<TunOptions>('TUN options', {
  required: {},
  optional: {
    device: refined(t.string as t.Type<string, unknown>, isDeviceName, 'an interface name'),
    namespace: t.string,
    addresses: list(interfaceAddress),
    mtu: integerIn(68, 65535, 'bytes, 68 to 65535'),
    queueLength: integerIn(1, 1_000_000, 'packets, 1 to 1000000'),
    up: t.boolean,
    multiQueue: t.boolean,
    readiness: oneOf('event-loop', 'thread'),
  },
});

/** Holds the largest packet that the kernel hands out. */
const PACKET_BYTES = 65_536;

/** Read in one go before other work gets its turn; a wake-up costs about as much as two packets. */
const BATCH = 256;

/**
 * The error that a negative result of {@link Tun.readInto} or {@link Tun.write} stands for: the
 * kernel's errno, negated.
 *
 * @since 0.1.0
 */
export const errorOf = (code: number): LiquidError =>
  errnoError('TUN device: reading or writing', Math.abs(code));

const EBADF = 9;
const EINVAL = 22;

/** All of {@link Tun} but the life that `openRunning` gives it. */
type TunParts = Omit<Tun, keyof Running<never, TunStats>> & { readonly stats: () => TunStats };

interface Place {
  readonly device: string;
  readonly namespace: string | undefined;
  readonly mtu: number;
}

const createTun = (
  libc: Libc,
  fd: number,
  place: Place,
  readiness: Readiness,
  scope: Scope<never>,
): E.Either<LiquidError, TunParts> => {
  const buffer = new Uint8Array(PACKET_BYTES);
  let open = true;
  let packetsRead = 0;
  let bytesRead = 0;
  let packetsWritten = 0;
  let bytesWritten = 0;
  let writeErrors = 0;
  let wakeUps = 0;
  let handler: PacketHandler | undefined;
  /** A pull that waits for the next packet. */
  let waiter: ((length: number) => void) | undefined;

  const readInto = (packet: Uint8Array): number => {
    if (!open) return -EBADF;
    const length = libc.read(fd, packet, packet.length);
    if (length > 0) {
      packetsRead++;
      bytesRead += length;
      return length;
    }
    if (length === 0) return 0;
    const errno = libc.errno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  };

  const onReadable = (length: number): void => {
    wakeUps++;
    if (length > 0) {
      packetsRead++;
      bytesRead += length;
    }
    const waiting = waiter;
    if (waiting !== undefined) {
      waiter = undefined;
      watch?.pause();
      waiting(length);
      return;
    }
    if (length > 0) handler?.(buffer, length);
    for (let i = 0; i < BATCH; i++) {
      // The handler may have ended the receiving or the device itself.
      const receive = handler;
      if (receive === undefined) return;
      const more = readInto(buffer);
      if (more <= 0) return;
      receive(buffer, more);
    }
  };
  const watch = watchReadable(libc, fd, buffer, readiness, {
    onReadable,
    onFailure: (code) => {
      const message = `TUN device ${place.device} is gone${code === undefined ? '' : ` (${code})`}`;
      scope.fail(io({ message, code }));
    },
  });
  if (watch === undefined) {
    return E.left(errnoError('watching a TUN device', libc.errno()));
  }
  scope.defer(async () => {
    open = false;
    handler = undefined;
    waiter?.(-EBADF);
    waiter = undefined;
    await watch.close();
    return E.right(undefined);
  });

  const next = async (packet: Uint8Array, signal: AbortSignal | undefined): Promise<number> => {
    const now = readInto(packet);
    if (now !== 0) return now;
    return new Promise((resolve) => {
      const onAbort = (): void => {
        waiter = undefined;
        if (handler === undefined) watch.pause();
        resolve(0);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiter = (length) => {
        signal?.removeEventListener('abort', onAbort);
        // The thread's watch only says that there is something.
        const read = length === 0 ? readInto(packet) : length;
        if (length > 0) packet.set(buffer.subarray(0, Math.min(length, packet.length)));
        if (read !== 0) resolve(Math.min(read, packet.length));
        else void next(packet, signal).then(resolve);
      };
      watch.resume();
    });
  };
  const nextInto =
    (packet: Uint8Array, signal?: AbortSignal): TE.TaskEither<LiquidError, number> =>
    async () => {
      const what = `TUN device ${place.device}`;
      if (signal?.aborted === true) return E.left(abortedBy(what, signal));
      const length = await next(packet, signal);
      if (length > 0) return E.right(length);
      if (length === 0 && signal !== undefined) return E.left(abortedBy(what, signal));
      return E.left(open ? errorOf(length) : closed({ what }));
    };
  return E.right({
    ...place,
    stats: () => ({
      packetsRead,
      bytesRead,
      packetsWritten,
      bytesWritten,
      writeErrors,
      wakeUps,
    }),
    receive: (onPacket) => {
      handler = onPacket;
      if (open) watch.resume();
      return () => {
        if (handler !== onPacket) return;
        handler = undefined;
        watch.pause();
      };
    },
    readInto,
    nextInto,
    packets: async function* () {
      const packet = new Uint8Array(PACKET_BYTES);
      for (;;) {
        const length = await next(packet, undefined);
        if (length <= 0) return;
        yield packet.slice(0, length);
      }
    },
    write: (packet, length = packet.length) => {
      if (!open) return -EBADF;
      // A length from a caller's arithmetic must not make the kernel read beyond the array.
      if (!(length > 0 && length <= packet.length)) return -EINVAL;
      const written = libc.write(fd, packet, length);
      if (written >= 0) {
        packetsWritten++;
        bytesWritten += written;
        return written;
      }
      writeErrors++;
      return -libc.errno();
    },
  });
};

/**
 * Makes a TUN device, in a namespace if one is named, and sets its addresses, MTU and state. It is
 * gone when stopped, and by itself when the process ends, however it ends. `/dev/net/tun` is made
 * where it is missing and may be.
 *
 * Waiting for packets holds no thread and no timer: see {@link TunOptions.readiness}.
 *
 * @returns Left `Permission` without CAP_NET_ADMIN, `Unsupported` on a kernel without TUN or off
 *   Linux, `Conflict` where the device exists, `NotFound` without the namespace or `ip`, `Decode`
 * @example
 * ```ts no-run
 * import { openTun } from '@liquid/netlab'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const tun = await openTun({ device: 'tun0', addresses: ['10.9.0.1/24'] })()
 * if (E.isRight(tun)) {
 *   const stopReceiving = tun.right.receive((packet, length) => {
 *     console.log(length, 'bytes to', packet.subarray(16, 20).join('.'))
 *   })
 *   stopReceiving()
 *   await tun.right.stop()
 * }
 * ```
 * @since 0.1.0
 */
export const openTun =
  (options: TunOptions & { readonly signal?: AbortSignal } = {}): TE.TaskEither<LiquidError, Tun> =>
  async () => {
    const { signal, ...rest } = options;
    const decoded = decode(Options, 'TUN options')(rest);
    if (E.isLeft(decoded)) return decoded;
    const { device = 'tun0', namespace, multiQueue = false, mtu = 1500 } = decoded.right;
    const { addresses = [], queueLength = 500, up = true } = decoded.right;
    const { readiness = 'event-loop' } = decoded.right;
    const settings = { device, namespace, addresses, mtu, queueLength, up };
    const opening = openRunning<never, TunStats>()(
      { what: `TUN device ${device}`, statsCodec: TunStats, signal },
      (scope) => async (): Promise<E.Either<LiquidError, TunParts>> => {
        const libc = await loadLibc();
        if (E.isLeft(libc)) return libc;
        const fd = openTunDescriptor(libc.right, device, namespace, multiQueue);
        if (E.isLeft(fd)) return fd;
        scope.defer(TE.fromIO(() => void libc.right.close(fd.right)));
        const configured = await configureDevice(settings, scope.signal);
        if (E.isLeft(configured)) return configured;
        const place = { device, namespace, mtu };
        return createTun(libc.right, fd.right, place, readiness, scope);
      },
    );
    return opening();
  };
