/** What a netlink socket needs of the machine: a descriptor that sends, receives and tells when it can be read. */

import type * as E from 'fp-ts/lib/Either.js';
import type { NetlinkError } from './errors.js';

/** How to open a {@link Channel}. @since 0.1.0 */
export interface ChannelOptions {
  /** The netlink family, see `NETLINK`. */
  readonly protocol: number;
  /**
   * Path of a network namespace's file, as `/run/netns/name`; default the process's own. The calling
   * thread enters it for the length of one synchronous call.
   */
  readonly namespacePath?: string | undefined;
  /** Bytes that may wait in the kernel; beyond the system's limit it takes CAP_NET_ADMIN. */
  readonly receiveBufferBytes?: number | undefined;
}

/**
 * Told a datagram's length, or a negative error number; `sent` is what a triggered send gave for this
 * datagram, 0 where none was due.
 *
 * @since 0.1.0
 */
export type OnDatagram = (length: number, sent: number) => void;

/**
 * One bound netlink descriptor. Its calls don't wait; results below zero are negative error numbers
 * as in errno(3).
 *
 * @since 0.1.0
 */
export interface Channel {
  /** Port id that the kernel gave. */
  readonly portId: number;
  /** Sends one datagram of messages to the kernel, which handles them before this returns. */
  readonly send: (bytes: Uint8Array, length: number) => number;
  /**
   * Takes one datagram into `buffer`: its length, which is larger than the buffer when the rest was
   * cut off; −EAGAIN when none waits; −ENOBUFS when messages were lost.
   */
  readonly receive: (buffer: Uint8Array) => number;
  /**
   * Calls back whenever a datagram came, until `unwatch`: it stands in `buffer`, `length` bytes of
   * it; a length below zero is a negative error number (−ENOBUFS: messages were lost). Keeps the
   * process alive unless `unref` was called. At most one watch at a time.
   */
  readonly watch: (buffer: Uint8Array, onDatagram: OnDatagram) => void;
  /**
   * Triggered send: as soon as a watched datagram equals `expected` to the byte, `answer` is sent on
   * `by`, before `onDatagram` is called; once. It takes the place of an earlier one and ends with the
   * watch. `by` is a channel of the same transport and is not closed before this is. 0, −EBADF where
   * nothing is watched, or −EMSGSIZE where the bytes are more than 512.
   */
  readonly arm: (expected: Uint8Array, by: Channel, answer: Uint8Array) => number;
  /** Takes the triggered send off. */
  readonly disarm: () => void;
  /** Ends the watch. Idempotent. */
  readonly unwatch: () => void;
  /** Whether a watch keeps the process alive; it does at first. */
  readonly ref: (keepsAlive: boolean) => void;
  /** `setsockopt` of an int, as for memberships of groups: 0 or a negative error number. */
  readonly setOption: (level: number, option: number, value: number) => number;
  /** Gives the descriptor back; further calls give −EBADF. Idempotent. */
  readonly close: () => void;
}

/**
 * A way to the kernel: the addon, koffi, or a scripted kernel for tests. Each passes the suite of
 * `@liquid/netlink/testing`.
 *
 * @since 0.1.0
 */
export interface Transport {
  /** As in `addon`, `koffi`, `fake`. */
  readonly name: string;
  /** Bytes of a datagram that a watch hands over at most, whatever its buffer holds; default all. */
  readonly longestWatchedBytes?: number;
  /** Opens and binds a descriptor, in the namespace that the options name. */
  readonly openChannel: (options: ChannelOptions) => E.Either<NetlinkError, Channel>;
}
