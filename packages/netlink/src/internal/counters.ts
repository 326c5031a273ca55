/** What the parts of a netlink socket share: its counters, its events, and how bugs of callers surface. */

import type { MessageCursor } from '../message.js';
import type { NetlinkEvent, OnMessage } from '../socket.js';

/** Bytes that one datagram may have; dumps come in at most 32 KiB, with room for what is longer. */
export const DATAGRAM_BYTES = 65_536;

/** Written by the parts, read by `stats()`. */
export interface Counters {
  requests: number;
  refusals: number;
  multicasts: number;
  overruns: number;
  bytesReceived: number;
}

/** What each part of a socket is given. */
export interface Shared {
  readonly counters: Counters;
  readonly emit: (event: NetlinkEvent) => void;
}

/**
 * Calls back; what that throws is a bug of the caller. It reaches the process as an uncaught
 * exception, after the messages beside it have been delivered.
 */
export const deliver = (onMessage: OnMessage, message: MessageCursor): void => {
  try {
    onMessage(message);
  } catch (bug) {
    queueMicrotask(() => {
      throw bug;
    });
  }
};
