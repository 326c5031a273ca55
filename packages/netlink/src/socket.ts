/** The netlink socket: requests and their answers, dumps, and multicast groups, as one long-lived thing. */

import type { AbortSignalLike, Running } from '@liquid/types';
import type * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { NetlinkError } from './errors.js';
import type { MessageCursor } from './message.js';
import type { MessageWriter } from './writer.js';
import type { Transport } from './transport.js';

/** How to open a netlink socket. @since 0.1.0 */
export interface NetlinkOptions {
  /** The netlink family, see `NETLINK`. */
  readonly protocol: number;
  /** Name of a namespace as `ip netns` has it, or the path of its file; default the process's own. */
  readonly namespace?: string;
  /** Way to the kernel; default the addon, then koffi; `LIQUID_NETLINK_TRANSPORT` chooses one too. */
  readonly transport?: Transport | 'addon' | 'koffi';
  /** Bytes of multicast messages that may wait in the kernel; default 4 MiB, or what it allows. */
  readonly receiveBufferBytes?: number;
  /** Milliseconds within which an answer has to come; default 5000. */
  readonly timeoutMs?: number;
  /** Whether an open subscription keeps the process alive; default true. */
  readonly keepAlive?: boolean;
  readonly signal?: AbortSignalLike;
}

/** What a netlink socket tells. @since 0.1.0 */
export type NetlinkEvent =
  /** Multicast messages were lost: read anew what you know from them. */
  | { readonly _tag: 'Overrun' }
  /** A datagram from the kernel contradicts itself; the rest of it was dropped. */
  | { readonly _tag: 'Malformed'; readonly offset: number };

/** Counters of a netlink socket. @since 0.1.0 */
export interface NetlinkStats {
  readonly requests: number;
  readonly refusals: number;
  readonly multicasts: number;
  readonly overruns: number;
  readonly bytesReceived: number;
}

/**
 * Called for a message; the cursor is borrowed and moves on afterwards. What it throws is a bug and
 * reaches the process as one.
 *
 * @since 0.1.0
 */
export type OnMessage = (message: MessageCursor) => void;

/**
 * A netlink socket. Requests have a descriptor of their own, so that a flood of multicasts can't
 * lose an answer.
 *
 * @since 0.1.0
 */
export interface NetlinkSocket extends Running<NetlinkEvent, NetlinkStats> {
  /** Which transport serves it. */
  readonly transport: string;
  /**
   * The hot path: sends the writer's message with ACK asked for and takes what the kernel answers,
   * all before it returns, for the kernel handles a request while it is sent. Answers other than the
   * acknowledgement go to `onMessage`.
   *
   * @returns 0, or a negative error number, which {@link refusal} explains
   */
  readonly call: (request: MessageWriter, onMessage?: OnMessage) => number;
  /**
   * The error of the last {@link call} that gave this negative number, with the kernel's text.
   * `what` is the subject of its sentence, as in `SUBFLOW_CREATE`.
   */
  readonly refusal: (code: number, what?: string) => NetlinkError;
  /** As {@link call}, as a value: Left is the refusal. The writer may be used again at once. */
  readonly request: (
    request: MessageWriter,
    onMessage?: OnMessage,
  ) => TaskEither<NetlinkError, void>;
  /**
   * Sends a dump request and gives each entry to `onMessage`; between chunks the event loop runs, so
   * that a long table blocks nothing. An interrupted dump is repeated up to three times, each time
   * after `onRestart`. One dump at a time: others wait.
   */
  readonly dump: (
    request: MessageWriter,
    onMessage: OnMessage,
    onRestart?: () => void,
  ) => TaskEither<NetlinkError, void>;
  /**
   * Joins a multicast group and calls back for each of its messages, and for those of any other
   * joined group of this socket: look at `type`. Gives the function that ends it. Left `Permission`
   * where the group wants CAP_NET_ADMIN.
   */
  readonly subscribe: (group: number, onMessage: OnMessage) => E.Either<NetlinkError, () => void>;
  /**
   * Triggered send: sends the request as soon as a multicast message comes that equals `expected` to
   * the byte, before it is delivered, and by the addon before any JavaScript runs. For who knows the
   * next message and its answer beforehand. Once, and one at a time: another call takes its place.
   * False where it can't be: nothing is subscribed to, or one of the two is longer than 512 bytes.
   */
  readonly arm: (expected: Uint8Array, request: MessageWriter) => boolean;
  /** Takes the triggered send off. */
  readonly disarm: () => void;
  /**
   * While the message is delivered that set off the triggered send: what that came to, as
   * {@link call} gives it. Otherwise undefined.
   */
  readonly triggered: () => number | undefined;
}
