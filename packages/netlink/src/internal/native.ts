/** The system calls that everything here is built on, in one interface that the addon and koffi implement. */

import type { OnDatagram } from '../transport.js';

/**
 * Thin system calls. Each gives its result or a negative error number as in errno(3); none waits.
 * Addresses and options are the bytes of the C structures.
 */
export interface Native {
  readonly name: 'addon' | 'koffi';
  /** Longest datagram that `watch` can read; what is longer comes cut, and with this length. */
  readonly longestWatchedBytes?: number;
  /**
   * A descriptor that doesn't block and closes on exec, made in the namespace whose file is given.
   * The calling thread is in its own namespace before and after.
   */
  readonly socket: (
    domain: number,
    type: number,
    protocol: number,
    namespacePath: string | undefined,
  ) => number;
  /**
   * Closes the descriptor when its thread ends, unless `close` came first. For descriptors that are
   * handed to nobody else: another owner's close would go unnoticed. By koffi a thread that is
   * terminated from outside keeps them open.
   */
  readonly keep: (fd: number) => number;
  readonly close: (fd: number) => number;
  readonly bind: (fd: number, address: Uint8Array) => number;
  readonly connect: (fd: number, address: Uint8Array) => number;
  readonly listen: (fd: number, backlog: number) => number;
  /** Gives the address's length. */
  readonly getsockname: (fd: number, address: Uint8Array) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array) => number;
  /** Gives the value's length. */
  readonly getsockopt: (fd: number, level: number, name: number, value: Uint8Array) => number;
  /**
   * `getsockopt(MPTCP_FULL_INFO)`: sets the pointers of `head` to the two arrays, which hold as many
   * elements as `head` says. The pointers mean nothing afterwards.
   */
  readonly fullInfo: (
    fd: number,
    head: Uint8Array,
    subflows: Uint8Array,
    tcp: Uint8Array,
  ) => number;
  readonly send: (fd: number, bytes: Uint8Array, length: number) => number;
  /** Gives the datagram's whole length, also where it is larger than `bytes`. */
  readonly recv: (fd: number, bytes: Uint8Array) => number;
  /**
   * Calls back per datagram, which stands in `bytes`, with its length or a negative error number;
   * after any but −ENOBUFS no other call comes. The descriptor must stay open until `stop`.
   */
  readonly watch: (fd: number, bytes: Uint8Array, onDatagram: OnDatagram) => Watch | number;
}

/** A callback in force. Neither the buffer nor the callback is collected until `stop`. */
export interface Watch {
  readonly ref: (keepsAlive: boolean) => void;
  /** Idempotent, also inside the callback. */
  readonly stop: () => void;
  /**
   * Sends `answer` on `fd` when the next datagram equals `expected` to the byte, before the callback
   * and without JavaScript; once. The bytes are copied. 0, or −EMSGSIZE where they are too many.
   */
  readonly arm: (expected: Uint8Array, fd: number, answer: Uint8Array) => number;
  /** Takes the trigger off. */
  readonly disarm: () => void;
}
