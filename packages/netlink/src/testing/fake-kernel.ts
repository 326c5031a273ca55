/** A kernel out of a script: answers, multicasts and faults, each when a test wants it. */

import { notFound, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { NLMSGERR_ATTR } from '../extended-ack.js';
import { HOST_LITTLE } from '../host-order.js';
import { MessageCursor, NETLINK, NLM_F, NLMSG, NLMSG_HEADER, sourceOf } from '../message.js';
import type { Transport } from '../transport.js';
import { MessageWriter } from '../writer.js';
import { FakeChannel, type FakeSide } from './fake-channel.js';

/** What an acknowledgement of the scripted kernel says beside its number. @since 0.1.0 */
export interface FakeExtendedAck {
  /** The kernel's sentence. */
  readonly text?: string;
  /** Offset of the blamed attribute. */
  readonly offset?: number;
  /** Type of the missing attribute. */
  readonly missingType?: number;
}

/**
 * How a script answers one request. Messages gather in a datagram until {@link FakeAnswer.cut}, the
 * acknowledgement, or the end of the script; sequence number and port id are set.
 *
 * @since 0.1.0
 */
export interface FakeAnswer {
  /** Adds a message, finished or not; it is copied. Of a dump it gets the flag MULTI. */
  readonly message: (writer: MessageWriter) => void;
  /** Ends the datagram: what follows comes in the next one. */
  readonly cut: () => void;
  /** Acknowledges with 0, or refuses with a negative error number. */
  readonly ack: (code?: number, extended?: FakeExtendedAck) => void;
  /**
   * Ends a dump, with a negative error number where it failed. `interrupted` marks it as
   * inconsistent (`NLM_F_DUMP_INTR`).
   */
  readonly done: (code?: number, options?: { readonly interrupted?: boolean }) => void;
  /** A datagram of any bytes, as malformed as they are. */
  readonly datagram: (bytes: Uint8Array) => void;
  /** An error number that receiving gives in the datagram's place, as −105 for ENOBUFS. */
  readonly fault: (code: number) => void;
  /** What follows comes that many turns of the event loop later: receiving says EAGAIN till then. */
  readonly later: (turns: number) => void;
  /** The number that sending gives; what was answered so far still comes. */
  readonly sent: (code: number) => void;
}

/** Called for each message that is sent to the kernel. @since 0.1.0 */
export type FakeScript = (request: MessageCursor, answer: FakeAnswer) => void;

/** How to make a {@link FakeKernel}. @since 0.1.0 */
export interface FakeKernelOptions {
  /** Families that it knows; default those of `NETLINK`. Others give `Unsupported`. */
  readonly protocols?: ReadonlyArray<number>;
  /** Paths of the namespaces that exist; default none beside the own. */
  readonly namespacePaths?: ReadonlyArray<string>;
  /** Whether a group may be joined; default any. A refusal is EPERM. */
  readonly mayJoin?: (protocol: number, group: number) => boolean;
}

/** A scripted kernel: a transport for tests, and what steers it. @since 0.1.0 */
export interface FakeKernel extends Transport {
  /** Sends one datagram of these messages to all channels of the group. */
  readonly multicast: (
    protocol: number,
    group: number,
    ...messages: ReadonlyArray<MessageWriter>
  ) => void;
  /** Sends a datagram of any bytes to all channels of the group. */
  readonly inject: (protocol: number, group: number, bytes: Uint8Array) => void;
  /** Says ENOBUFS to all channels of the group, as when messages were lost. */
  readonly overrun: (protocol: number, group: number) => void;
  /** Says a negative error number to all channels of the group, as when a descriptor broke. */
  readonly fault: (protocol: number, group: number, code: number) => void;
  /** Copies of the messages that were sent to it, oldest first. */
  readonly requests: ReadonlyArray<Uint8Array>;
  /** Channels that are open. */
  readonly channels: () => number;
}

const ENOBUFS = 105;

const copyOf = (writer: MessageWriter): Uint8Array => writer.finish().slice();

/** Messages in one datagram, each at a multiple of four. */
const joined = (messages: ReadonlyArray<Uint8Array>): Uint8Array => {
  const padded = messages.map((message) => (message.length + 3) & ~3);
  const datagram = new Uint8Array(padded.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [index, message] of messages.entries()) {
    datagram.set(message, at);
    at += padded[index] ?? 0;
  }
  return datagram;
};

/** The answers to one request, each queued in its channel when its turn has come. */
class Answering implements FakeAnswer {
  code = 0;
  readonly #channel: FakeChannel;
  readonly #request: MessageCursor;
  readonly #dump: boolean;
  #messages: Array<Uint8Array> = [];
  #turns = 0;

  constructor(channel: FakeChannel, request: MessageCursor) {
    this.#channel = channel;
    this.#request = request;
    this.#dump = (request.flags & NLM_F.DUMP) === NLM_F.DUMP;
  }

  message = (writer: MessageWriter): void => {
    const bytes = copyOf(writer);
    const { view } = sourceOf(bytes);
    const flags = view.getUint16(6, HOST_LITTLE) | (this.#dump ? NLM_F.MULTI : 0);
    view.setUint16(6, flags, HOST_LITTLE);
    this.#add(bytes);
  };
  cut = (): void => {
    if (this.#messages.length === 0) return;
    const datagram = joined(this.#messages);
    this.#messages = [];
    this.#queue(() => this.#channel.arrive(datagram));
  };
  ack = (code = 0, extended: FakeExtendedAck = {}): void => {
    this.cut();
    const { text, offset, missingType } = extended;
    const tlvs = text !== undefined || offset !== undefined || missingType !== undefined;
    const writer = new MessageWriter();
    writer.begin(NLMSG.ERROR, NLM_F.CAPPED | (tlvs ? NLM_F.ACK_TLVS : 0));
    const at = writer.raw(4 + NLMSG_HEADER);
    writer.view.setInt32(at, code, HOST_LITTLE);
    const { source, start } = this.#request;
    writer.bytes.set(source.bytes.subarray(start, start + NLMSG_HEADER), at + 4);
    if (text !== undefined) writer.string(NLMSGERR_ATTR.MSG, text);
    if (offset !== undefined) writer.u32(NLMSGERR_ATTR.OFFS, offset);
    if (missingType !== undefined) writer.u32(NLMSGERR_ATTR.MISS_TYPE, missingType);
    this.#add(copyOf(writer));
    this.cut();
  };
  done = (code = 0, { interrupted = false }: { readonly interrupted?: boolean } = {}): void => {
    const writer = new MessageWriter().begin(NLMSG.DONE, NLM_F.MULTI);
    writer.view.setInt32(writer.raw(4), code, HOST_LITTLE);
    if (interrupted) {
      writer.view.setUint16(6, NLM_F.MULTI | NLM_F.DUMP_INTR, HOST_LITTLE);
    }
    this.#add(copyOf(writer));
    this.cut();
  };
  datagram = (bytes: Uint8Array): void => {
    this.cut();
    const copy = bytes.slice();
    this.#queue(() => this.#channel.arrive(copy));
  };
  fault = (code: number): void => {
    this.cut();
    this.#queue(() => this.#channel.arrive(code));
  };
  later = (turns: number): void => {
    this.cut();
    this.#turns += turns;
  };
  sent = (code: number): void => {
    this.code = code;
  };

  #add(bytes: Uint8Array): void {
    const { view } = sourceOf(bytes);
    view.setUint32(8, this.#request.sequence, HOST_LITTLE);
    view.setUint32(12, this.#channel.portId, HOST_LITTLE);
    this.#messages.push(bytes);
  }

  #queue(arrive: () => void): void {
    const wait = (turns: number): void => {
      if (turns === 0) arrive();
      else setImmediate(wait, turns - 1);
    };
    wait(this.#turns);
  }
}

/**
 * Makes a scripted kernel. It keeps the habits of the real one: requests are handled within `send`,
 * a closed channel answers EBADF, what waits is delivered in the order in which it came.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { MessageWriter, NETLINK, openNetlink } from '@liquid/netlink'
 * import { createFakeKernel } from '@liquid/netlink/testing'
 *
 * const kernel = createFakeKernel((_request, answer) => answer.ack(-22, { text: 'invalid token' }))
 * const opened = await openNetlink({ protocol: NETLINK.GENERIC, transport: kernel })()
 * if (E.isRight(opened)) {
 *   const code = opened.right.call(new MessageWriter().begin(28, 0))
 *   console.log(opened.right.refusal(code, 'SUBFLOW_CREATE').message)
 *   // SUBFLOW_CREATE: EINVAL: invalid token
 *   await opened.right.stop()
 * }
 * ```
 * @since 0.1.0
 */
export const createFakeKernel = (
  script: FakeScript,
  options: FakeKernelOptions = {},
): FakeKernel => {
  const protocols = new Set(options.protocols ?? Object.values(NETLINK));
  const namespaces = new Set(options.namespacePaths);
  const mayJoin = options.mayJoin ?? (() => true);
  const channels = new Set<FakeChannel>();
  const requests: Array<Uint8Array> = [];
  let lastPortId = 0x1000;

  const handle = (channel: FakeChannel, bytes: Uint8Array): number => {
    const cursor = new MessageCursor();
    cursor.reset(sourceOf(bytes), bytes.length);
    let code = 0;
    while (cursor.next()) {
      requests.push(bytes.slice(cursor.start, cursor.end));
      const answering = new Answering(channel, cursor);
      script(cursor, answering);
      answering.cut();
      code ||= answering.code;
    }
    return code;
  };
  const membersOf = (protocol: number, group: number): ReadonlyArray<FakeChannel> =>
    [...channels].filter((channel) => channel.protocol === protocol && channel.groups.has(group));
  const inject = (protocol: number, group: number, bytes: Uint8Array): void => {
    for (const channel of membersOf(protocol, group)) channel.arrive(bytes.slice());
  };
  const fault = (protocol: number, group: number, code: number): void => {
    for (const channel of membersOf(protocol, group)) channel.arrive(code);
  };
  return {
    name: 'fake',
    openChannel: ({ protocol, namespacePath }) => {
      if (!protocols.has(protocol)) {
        return E.left(unsupported({ what: 'netlink family', actual: String(protocol) }));
      }
      if (namespacePath !== undefined && !namespaces.has(namespacePath)) {
        return E.left(notFound({ what: 'network namespace', path: namespacePath }));
      }
      const side: FakeSide = {
        protocol,
        handle,
        mayJoin: (group) => mayJoin(protocol, group),
        onClose: (channel) => void channels.delete(channel),
      };
      const channel = new FakeChannel(++lastPortId, side);
      channels.add(channel);
      return E.right(channel);
    },
    multicast: (protocol, group, ...messages) =>
      inject(protocol, group, joined(messages.map(copyOf))),
    inject,
    overrun: (protocol, group) => fault(protocol, group, -ENOBUFS),
    fault,
    requests,
    channels: () => channels.size,
  };
};
