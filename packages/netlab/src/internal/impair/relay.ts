/** The relay: a process that holds packets in the kernel's queues until they are due, as netem would. */

import { setPriority } from 'node:os';
import * as E from 'fp-ts/lib/Either.js';
import {
  type Channel,
  emptyQueuePacket,
  MessageCursor,
  MessageWriter,
  nativeTransport,
  HOST_LITTLE,
  NETLINK,
  netlinkError,
  NF,
  NFQA_CFG_F,
  NLMSG,
  NFQNL_CFG_CMD,
  NFQNL_COPY,
  readQueuePacketInto,
  sourceOf,
  writeQueueConfig,
  writeQueueVerdict,
  writeQueueVerdictBatch,
} from '@liquid/netlink';
import { decode, type Tagged } from '@liquid/types';
import { DEFAULT_LIMIT_PACKETS, type Impairment } from '../../impairment.js';
import { loadLibc } from '../libc.js';
import { type Alarm, openAlarm } from './alarm.js';
import { type RelayReply, RelayRequest } from './messages.js';
import { FATE, Schedule } from './schedule.js';

/** What is due within this time goes now: a wake-up of its own costs more than it is early. */
const EARLY_MS = 0.05;
/** Between two wake-ups at least; at most so late is a packet of a fast stream. */
const APART_MS = 0.1;
/** The kernel's buffer of notices: more than a full queue's worth. */
const RECEIVE_BUFFER_BYTES = 32 << 20;
/** A notice without payload has less than 300 bytes. */
const NOTICE_BYTES = 4096;
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
/** Before most, after what the kernel itself does: late packets are wrong packets. */
const PRIORITY = -15;
const EAGAIN = 11;
const ENOBUFS = 105;

/** No acknowledgement so far. */
const PENDING = 1;

/** The queues of the relay's namespace, which share a descriptor, and the alarm for what is due first. */
class Relay {
  readonly #channel: Channel;
  readonly #alarm: Alarm;
  readonly #schedules = new Map<number, Schedule>();
  readonly #buffer = new Uint8Array(NOTICE_BYTES);
  readonly #source = sourceOf(this.#buffer);
  readonly #message = new MessageCursor();
  readonly #packet = emptyQueuePacket();
  readonly #writer = new MessageWriter();
  #acknowledged = PENDING;
  #ringsAt = Number.POSITIVE_INFINITY;

  constructor(channel: Channel, alarm: Alarm) {
    this.#channel = channel;
    this.#alarm = alarm;
    // A full buffer loses notices, and their packets with them, as a full link does: no error.
    channel.setOption(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
    channel.watch(this.#buffer, (length) => this.#take(length));
  }

  /** Impairs a queue, binding it at first; 0 or a negative error number. */
  impair(queue: number, impairment: Impairment): number {
    const { limitPackets = DEFAULT_LIMIT_PACKETS } = impairment;
    const known = this.#schedules.get(queue);
    if (known !== undefined) {
      known.change(impairment);
      return this.#configure(queue, { maxLength: limitPackets });
    }
    this.#schedules.set(queue, new Schedule(impairment));
    const code =
      this.#configure(queue, { command: NFQNL_CFG_CMD.BIND }) ||
      this.#configure(queue, {
        copyMode: NFQNL_COPY.META,
        copyRangeBytes: 0,
        maxLength: limitPackets,
      });
    // Not bound: the next try has to begin here too.
    if (code < 0) this.#schedules.delete(queue);
    // Older kernels don't know the flag and split what is too long, which is right, only slower.
    else this.#configure(queue, { flags: NFQA_CFG_F.GSO });
    return code;
  }

  /** When the first packet of any queue is due. */
  #nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const schedule of this.#schedules.values()) {
      if (schedule.nextDue < next) next = schedule.nextDue;
    }
    return next;
  }

  /** Lets go what is due: one call to the kernel per queue, however many. */
  #releaseUpTo(now: number): void {
    for (const [queue, schedule] of this.#schedules) {
      if (schedule.nextDue > now || schedule.releaseUpTo(now) === 0) continue;
      writeQueueVerdictBatch(this.#writer, queue, schedule.lastReleased, NF.ACCEPT);
      this.#send();
    }
  }

  #send(): number {
    const bytes = this.#writer.finish();
    return this.#channel.send(bytes, bytes.length);
  }

  /** The kernel answers while it is asked; notices that wait before the answer are taken too. */
  #configure(queue: number, config: Parameters<typeof writeQueueConfig>[2]): number {
    writeQueueConfig(this.#writer, queue, config);
    this.#acknowledged = PENDING;
    const sent = this.#send();
    if (sent < 0) return sent;
    while (this.#acknowledged === PENDING) {
      const length = this.#channel.receive(this.#buffer);
      if (length < 0) return length;
      this.#take(length);
    }
    return this.#acknowledged;
  }

  #take(length: number): void {
    if (length < 0) {
      if (length === -EAGAIN || length === -ENOBUFS) return;
      process.stderr.write(`${netlinkError('packet queue', length).message}\n`);
      process.exit(1);
    }
    const now = performance.now();
    const message = this.#message;
    message.reset(this.#source, length);
    while (message.next()) {
      if (readQueuePacketInto(message, this.#packet)) this.#arrive(now);
      else if (message.type === NLMSG.ERROR && message.end - message.payload >= 4) {
        this.#acknowledged = message.source.view.getInt32(message.payload, HOST_LITTLE);
      }
    }
  }

  #arrive(now: number): void {
    const { queue, id } = this.#packet;
    const schedule = this.#schedules.get(queue);
    const fate = schedule === undefined ? FATE.PASS : schedule.arrive(id, now);
    if (fate !== FATE.HOLD) {
      writeQueueVerdict(this.#writer, queue, id, fate === FATE.DROP ? NF.DROP : NF.ACCEPT);
      this.#send();
    } else if (schedule !== undefined) this.#expect(schedule.nextDue, now);
  }

  /** Makes sure that the alarm rings when this is due. */
  #expect(due: number, now: number): void {
    if (due >= this.#ringsAt) return;
    this.#ringsAt = due;
    this.#alarm.set(due > now ? due - now : 0);
  }

  /** The alarm rang. */
  readonly ring = (): void => {
    this.#releaseUpTo(performance.now() + EARLY_MS);
    const next = this.#nextDue();
    this.#ringsAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    // Releasing took time of its own.
    const after = next - performance.now();
    this.#alarm.set(after > APART_MS ? after : APART_MS);
  };
}

/**
 * Serves requests from the message channel until it closes: with its owner, however that ended.
 *
 * @returns Left where no relay can be made
 */
export const serveRelay = async (): Promise<E.Either<Tagged, void>> => {
  const libc = await loadLibc();
  if (E.isLeft(libc)) return libc;
  try {
    setPriority(PRIORITY);
  } catch {
    // Less exact under load, and no worse.
  }
  const transport = nativeTransport();
  if (E.isLeft(transport)) return transport;
  const channel = transport.right.openChannel({
    protocol: NETLINK.NETFILTER,
    receiveBufferBytes: RECEIVE_BUFFER_BYTES,
  });
  if (E.isLeft(channel)) return channel;
  let ring = (): void => undefined;
  const alarm = openAlarm(libc.right, () => ring());
  if (E.isLeft(alarm)) return alarm;
  const relay = new Relay(channel.right, alarm.right);
  ring = relay.ring;
  const reply = (answer: RelayReply): void => void process.send?.(answer);
  process.on('message', (message) => {
    const request = decode(RelayRequest, 'relay request')(message);
    if (E.isLeft(request)) return;
    const { queue, impairment } = request.right;
    const code = relay.impair(queue, impairment);
    if (code >= 0) {
      reply({ request: request.right.request });
      return;
    }
    const { _tag: tag, message: text, remedy } = netlinkError(`packet queue ${queue}`, code);
    const error = { tag, message: text, ...(remedy === undefined ? {} : { remedy }) };
    reply({ request: request.right.request, error });
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.('ready');
  return E.right(undefined);
};
