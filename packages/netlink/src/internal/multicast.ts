/** Multicast groups on a channel of their own, opened at the first subscription and closed with the last. */

import { closed } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { NetlinkError } from '../errors.js';
import { MessageCursor, NLMSG, type Source, sourceOf } from '../message.js';
import { netlinkError } from '../refusal.js';
import type { OnMessage } from '../socket.js';
import type { MessageWriter } from '../writer.js';
import type { Channel } from '../transport.js';
import { DATAGRAM_BYTES, deliver, type Shared } from './counters.js';
import { ERRNO } from './errno.js';
import type { Exchange } from './exchange.js';

const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_DROP_MEMBERSHIP = 2;

export class Multicast {
  readonly #open: () => E.Either<NetlinkError, Channel>;
  readonly #shared: Shared;
  readonly #fail: (error: NetlinkError) => void;
  readonly #keepAlive: boolean;
  readonly #exchange: Exchange;
  readonly #cursor = new MessageCursor();
  /** Subscriptions of each group. */
  readonly #groups = new Map<number, number>();
  /** Replaced, never changed: a callback may add and remove while this is walked. */
  #listeners: ReadonlyArray<OnMessage> = [];
  #source: Source | undefined;
  #channel: Channel | undefined;
  #closed = false;

  constructor(
    open: () => E.Either<NetlinkError, Channel>,
    shared: Shared,
    fail: (error: NetlinkError) => void,
    keepAlive: boolean,
    exchange: Exchange,
  ) {
    this.#open = open;
    this.#shared = shared;
    this.#fail = fail;
    this.#keepAlive = keepAlive;
    this.#exchange = exchange;
  }

  subscribe(group: number, onMessage: OnMessage): E.Either<NetlinkError, () => void> {
    if (this.#closed) return E.left(closed({ what: 'netlink socket' }));
    const opened = this.#opened();
    if (E.isLeft(opened)) return opened;
    const channel = opened.right;
    const members = this.#groups.get(group) ?? 0;
    if (members === 0) {
      const code = channel.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      if (code < 0) {
        this.#closeIfIdle();
        return E.left(netlinkError(`joining multicast group ${group}`, code));
      }
    }
    this.#groups.set(group, members + 1);
    // A function of its own, so that the same one added twice is taken off once each.
    const listener: OnMessage = (message) => onMessage(message);
    this.#listeners = [...this.#listeners, listener];
    let ended = false;
    return E.right(() => {
      if (ended) return;
      ended = true;
      this.#listeners = this.#listeners.filter((other) => other !== listener);
      this.#leave(group);
    });
  }

  /** See `NetlinkSocket.arm`. */
  arm(expected: Uint8Array, request: MessageWriter): boolean {
    const channel = this.#channel;
    return channel !== undefined && this.#exchange.arm(channel, expected, request);
  }

  disarm(): void {
    this.#channel?.disarm();
  }

  close(): void {
    this.#closed = true;
    this.#listeners = [];
    this.#groups.clear();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #opened(): E.Either<NetlinkError, Channel> {
    if (this.#channel !== undefined) return E.right(this.#channel);
    const opened = this.#open();
    if (E.isLeft(opened)) return opened;
    const channel = opened.right;
    const source = (this.#source ??= sourceOf(new Uint8Array(DATAGRAM_BYTES)));
    channel.ref(this.#keepAlive);
    channel.watch(source.bytes, (length, sent) => this.#read(source, length, sent));
    this.#channel = channel;
    return opened;
  }

  #leave(group: number): void {
    const members = this.#groups.get(group);
    if (members === undefined) return;
    if (members > 1) {
      this.#groups.set(group, members - 1);
      return;
    }
    this.#groups.delete(group);
    this.#channel?.setOption(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#groups.size > 0) return;
    this.#channel?.close();
    this.#channel = undefined;
  }

  #read(source: Source, length: number, sent: number): void {
    const { counters, emit } = this.#shared;
    if (length < 0) {
      if (length === -ERRNO.ENOBUFS) {
        counters.overruns++;
        emit({ _tag: 'Overrun' });
      } else {
        this.#fail(netlinkError('multicasts', length));
      }
      return;
    }
    if (sent !== 0) this.#exchange.onTriggered(sent);
    counters.bytesReceived += length;
    const cursor = this.#cursor;
    cursor.reset(source, length);
    while (cursor.next()) {
      if (cursor.type < NLMSG.MIN_TYPE) continue;
      counters.multicasts++;
      for (const listener of this.#listeners) deliver(listener, cursor);
    }
    if (sent !== 0) this.#exchange.forgetTriggered();
    // A datagram longer than the buffer is malformed where the buffer ends.
    if (cursor.malformedAt >= 0) emit({ _tag: 'Malformed', offset: cursor.malformedAt });
  }
}
