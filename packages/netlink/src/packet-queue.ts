/** A packet queue of netfilter, opened: each packet that a rule sends here waits for our verdict. */

import { type AbortSignalLike, conflict, openRunning, type Running } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { NetlinkError } from './errors.js';
import { emptyErrorMessage, readErrorMessage } from './extended-ack.js';
import { ERRNO } from './internal/errno.js';
import { namespacePathOf, transportFor } from './internal/where.js';
import { MessageCursor, NETLINK, NLMSG, sourceOf } from './message.js';
import { NFQA_CFG_F, NFQNL_CFG_CMD, NFQNL_COPY, writeQueueConfig } from './queue-config.js';
import { emptyQueuePacket, type QueuePacket, readQueuePacketInto } from './queue-packet.js';
import { NF, writeQueueVerdict, writeQueueVerdictBatch } from './queue-verdict.js';
import { netlinkError } from './refusal.js';
import type { NetlinkOptions } from './socket.js';
import type { Channel, Transport } from './transport.js';
import { MessageWriter } from './writer.js';

/** How to open a packet queue. @since 0.1.0 */
export interface PacketQueueOptions {
  /** Its number, as `iptables -j NFQUEUE --queue-num` has it. */
  readonly queue: number;
  /** Called for each packet; it is borrowed and overwritten by the next. Its verdict may come later. */
  readonly onPacket: (packet: QueuePacket, queue: PacketQueue) => void;
  /**
   * Bytes of each packet to copy; default all, by koffi the first 61,440 at most. 0: the packet's
   * description only.
   */
  readonly copyRangeBytes?: number;
  /** Packets that may wait for their verdict; default 1024. */
  readonly maxLength?: number;
  /** Bits of `NFQA_CFG_F`; default GSO: large packets come whole. */
  readonly flags?: number;
  readonly namespace?: string;
  readonly transport?: NetlinkOptions['transport'];
  /** Bytes of packets that may wait in the kernel's socket; default 4 MiB, or what it allows. */
  readonly receiveBufferBytes?: number;
  /** Whether an open queue keeps the process alive; default true. */
  readonly keepAlive?: boolean;
  readonly signal?: AbortSignalLike;
}

/** What a packet queue tells. @since 0.1.0 */
export type PacketQueueEvent =
  /** Packets did not fit the socket's buffer and were dropped, or passed with FAIL_OPEN. */
  | { readonly _tag: 'Overrun' }
  /** A packet's message contradicts itself, at this offset of its datagram. */
  | { readonly _tag: 'Malformed'; readonly offset: number };

/** Counters of a packet queue. @since 0.1.0 */
export interface PacketQueueStats {
  readonly packets: number;
  readonly verdicts: number;
  readonly overruns: number;
}

/** A packet queue. When it stops, the kernel drops what still waits in it. @since 0.1.0 */
export interface PacketQueue extends Running<PacketQueueEvent, PacketQueueStats> {
  readonly queue: number;
  /**
   * Decides on one packet. Allocates nothing but for a payload.
   *
   * @param verdict - see `NF`; accepts unless given
   * @param mark - new mark, or −1 for the old one
   * @param payload - other bytes to go on in the packet's place
   * @returns 0, or a negative error number
   */
  readonly verdict: (
    packetId: number,
    verdict?: number,
    mark?: number,
    payload?: Uint8Array,
  ) => number;
  /** Decides on every waiting packet up to and with this one. */
  readonly verdictBatch: (lastPacketId: number, verdict?: number, mark?: number) => number;
}

const DEFAULT_RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Room for all attributes of a packet but its payload. */
const DESCRIPTION_BYTES = 4096;

/** A payload as large as attributes go, and all other attributes. */
const DATAGRAM_BYTES = 65_536 + DESCRIPTION_BYTES;

/** As much of each packet as is wanted, and as can be read: of a message that is cut even the number is lost. */
const copyRangeOf = (
  wanted: number | undefined,
  { longestWatchedBytes: longest = DATAGRAM_BYTES }: Transport,
): number | undefined => {
  const most = longest - DESCRIPTION_BYTES;
  return longest >= DATAGRAM_BYTES ? wanted : Math.min(wanted ?? most, most);
};

const statsCodec: t.Type<PacketQueueStats, unknown, unknown> = t.readonly(
  t.type({ packets: t.number, verdicts: t.number, overruns: t.number }),
);

/**
 * Sends the configuration and takes its acknowledgement, which is there when `send` returns. Right
 * are the datagrams that came before it: a busy queue has packets at once.
 */
const configure = (
  channel: Channel,
  request: MessageWriter,
  what: string,
): E.Either<NetlinkError, ReadonlyArray<Uint8Array>> => {
  const sent = channel.send(request.finish(), request.length);
  if (sent < 0) return E.left(netlinkError(what, sent));
  const source = sourceOf(new Uint8Array(DATAGRAM_BYTES));
  const cursor = new MessageCursor();
  const answer = emptyErrorMessage();
  const early: Array<Uint8Array> = [];
  for (;;) {
    const length = channel.receive(source.bytes);
    if (length < 0) return E.left(netlinkError(what, length));
    cursor.reset(source, length);
    while (cursor.next()) {
      if (cursor.type !== NLMSG.ERROR || !readErrorMessage(cursor, answer)) continue;
      return answer.error === 0 ? E.right(early) : E.left(netlinkError(what, answer.error, answer));
    }
    early.push(source.bytes.slice(0, length));
  }
};

/**
 * EPERM has two meanings: no right at all, or another socket has the queue. A command that is empty
 * since Linux 3.8 tells them apart, for it fails in the first case only.
 */
const explain = (error: NetlinkError, channel: Channel, queue: number): NetlinkError => {
  if (error._tag !== 'Permission') return error;
  const probe = writeQueueConfig(new MessageWriter(), queue, { command: NFQNL_CFG_CMD.PF_BIND });
  if (E.isLeft(configure(channel, probe, 'packet queues'))) return error;
  return conflict({
    what: 'packet queue',
    path: String(queue),
    actual: 'another socket has it',
    errno: error.errno,
    code: error.code,
  });
};

/**
 * Opens a packet queue. Left `Permission` without CAP_NET_ADMIN, `Conflict` where another socket has
 * it, `Unsupported` where the kernel has no packet queues.
 *
 * @example
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { NF, openPacketQueue, queuePayload } from '@liquid/netlink'
 *
 * // iptables -A FORWARD -p tcp -j NFQUEUE --queue-num 7
 * const opened = await openPacketQueue({
 *   queue: 7,
 *   onPacket: (packet, queue) => {
 *     const isSyn = ((queuePayload(packet)[33] ?? 0) & 2) !== 0
 *     queue.verdict(packet.id, isSyn ? NF.DROP : NF.ACCEPT)
 *   },
 * })()
 * if (E.isLeft(opened)) console.log(opened.left.message)
 * ```
 * @since 0.1.0
 */
export const openPacketQueue = (
  options: PacketQueueOptions,
): TaskEither<NetlinkError, PacketQueue> => {
  const { queue, onPacket, keepAlive = true, signal } = options;
  const what = `packet queue ${queue}`;
  let face: PacketQueue | undefined;
  let begin = (): void => undefined;
  const opening = openRunning<PacketQueueEvent, PacketQueueStats>()(
    { what, statsCodec, signal },
    (scope) => async () => {
      const transport = transportFor(options.transport);
      if (E.isLeft(transport)) return transport;
      const opened = transport.right.openChannel({
        protocol: NETLINK.NETFILTER,
        namespacePath: namespacePathOf(options.namespace),
        receiveBufferBytes: options.receiveBufferBytes ?? DEFAULT_RECEIVE_BUFFER,
      });
      if (E.isLeft(opened)) return opened;
      const channel = opened.right;
      scope.defer(TE.fromIO(() => channel.close()));
      const writer = new MessageWriter();
      const copies = options.copyRangeBytes !== 0;
      const copyRangeBytes = copyRangeOf(options.copyRangeBytes, transport.right);
      const configured = configure(
        channel,
        writeQueueConfig(writer, queue, {
          command: NFQNL_CFG_CMD.BIND,
          copyMode: copies ? NFQNL_COPY.PACKET : NFQNL_COPY.META,
          ...(copyRangeBytes === undefined ? {} : { copyRangeBytes }),
          ...(options.maxLength === undefined ? {} : { maxLength: options.maxLength }),
          flags: options.flags ?? NFQA_CFG_F.GSO,
        }),
        what,
      );
      if (E.isLeft(configured)) return E.left(explain(configured.left, channel, queue));

      const counters = { packets: 0, verdicts: 0, overruns: 0 };
      const packet = emptyQueuePacket();
      const cursor = new MessageCursor();
      const source = sourceOf(new Uint8Array(DATAGRAM_BYTES));
      const read = (length: number): void => {
        if (length < 0) {
          if (length !== -ERRNO.ENOBUFS) {
            scope.fail(netlinkError(what, length));
            return;
          }
          counters.overruns++;
          scope.emit({ _tag: 'Overrun' });
          return;
        }
        cursor.reset(source, length);
        while (cursor.next()) {
          if (cursor.type < NLMSG.MIN_TYPE || face === undefined) continue;
          if (readQueuePacketInto(cursor, packet)) {
            counters.packets++;
            onPacket(packet, face);
          } else scope.emit({ _tag: 'Malformed', offset: cursor.start });
        }
        if (cursor.malformedAt >= 0) scope.emit({ _tag: 'Malformed', offset: cursor.malformedAt });
      };
      channel.ref(keepAlive);
      // Begun when there is a face to give to `onPacket`.
      begin = () => {
        for (const datagram of configured.right) {
          source.bytes.set(datagram);
          read(datagram.length);
        }
        channel.watch(source.bytes, read);
      };

      const send = (request: MessageWriter): number => {
        counters.verdicts++;
        const sent = channel.send(request.finish(), request.length);
        return sent < 0 ? sent : 0;
      };
      const verdict: PacketQueue['verdict'] = (id, decision = NF.ACCEPT, mark = -1, payload) =>
        send(writeQueueVerdict(writer, queue, id, decision, mark, payload));
      const verdictBatch: PacketQueue['verdictBatch'] = (id, decision = NF.ACCEPT, mark = -1) =>
        send(writeQueueVerdictBatch(writer, queue, id, decision, mark));
      return E.right({ queue, verdict, verdictBatch, stats: () => ({ ...counters }) });
    },
  );
  return TE.map((opened: PacketQueue) => {
    face = opened;
    begin();
    return opened;
  })(opening);
};
