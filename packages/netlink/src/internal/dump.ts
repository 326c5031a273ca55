/** Dumps, one after the other, each on a descriptor without leftovers of the one before. */

import { closed, limitExceeded, timeout } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { NetlinkError } from '../errors.js';
import { emptyErrorMessage, readErrorMessage } from '../extended-ack.js';
import { HOST_LITTLE } from '../host-order.js';
import { MessageCursor, NLM_F, NLMSG, type Source, sourceOf } from '../message.js';
import { netlinkError } from '../refusal.js';
import type { OnMessage } from '../socket.js';
import type { Channel } from '../transport.js';
import { type Counters, DATAGRAM_BYTES, deliver, type Shared } from './counters.js';
import { ERRNO } from './errno.js';

/** Times that an interrupted dump is tried in all. */
const ATTEMPTS = 4;

/** Datagrams, of mostly 32 KiB, after which the event loop has its turn: about a millisecond. */
const DATAGRAMS_PER_TURN = 8;

/** No kernel answers with larger ones; a longer length is not believed. */
const LONGEST_DATAGRAM = 16 * 1024 * 1024;

const FLAGS_AT = 6;
const SEQUENCE_AT = 8;

/** What is to be dumped, and who is told. */
export interface DumpRequest {
  /** The dump's own copy of the request. */
  readonly bytes: Uint8Array;
  readonly onMessage: OnMessage;
  readonly onRestart: (() => void) | undefined;
}

type Attempt = NetlinkError | 'done' | 'again';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Dumps {
  readonly #open: () => E.Either<NetlinkError, Channel>;
  readonly #shared: Shared;
  readonly #counters: Counters;
  readonly #timeoutMs: number;
  readonly #cursor = new MessageCursor();
  readonly #answer = emptyErrorMessage();
  #source: Source = sourceOf(new Uint8Array(DATAGRAM_BYTES));
  #channel: Channel | undefined;
  #sequence = 0;
  #line: Promise<unknown> = Promise.resolve();
  #closed = false;
  #wake: ((length: number) => void) | undefined;

  constructor(open: () => E.Either<NetlinkError, Channel>, shared: Shared, timeoutMs: number) {
    this.#open = open;
    this.#shared = shared;
    this.#counters = shared.counters;
    this.#timeoutMs = timeoutMs;
  }

  dump(request: DumpRequest): Promise<E.Either<NetlinkError, void>> {
    const result = this.#line.then(() => this.#run(request));
    this.#line = result;
    return result;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    this.#wake?.(-ERRNO.EBADF);
  }

  async #run(request: DumpRequest): Promise<E.Either<NetlinkError, void>> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) request.onRestart?.();
      const outcome = await this.#attempt(request);
      if (outcome === 'done') return E.right(undefined);
      if (outcome === 'again') continue;
      // What the kernel still has of this dump is not the next one's.
      this.#drop();
      return E.left(outcome);
    }
    return E.left({
      _tag: 'DumpInterrupted',
      message: `the kernel's table changed during each of ${ATTEMPTS} dumps of it`,
      remedy: 'Ask again when it changes less.',
    });
  }

  #drop(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #opened(): E.Either<NetlinkError, Channel> {
    if (this.#closed) return E.left(closed({ what: 'netlink socket' }));
    if (this.#channel !== undefined) return E.right(this.#channel);
    const opened = this.#open();
    if (E.isRight(opened)) this.#channel = opened.right;
    return opened;
  }

  async #attempt({ bytes, onMessage }: DumpRequest): Promise<Attempt> {
    const opened = this.#opened();
    if (E.isLeft(opened)) return opened.left;
    const channel = opened.right;
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    const { view } = sourceOf(bytes);
    const flags = view.getUint16(FLAGS_AT, HOST_LITTLE) | NLM_F.REQUEST | NLM_F.DUMP;
    view.setUint16(FLAGS_AT, flags, HOST_LITTLE);
    view.setUint32(SEQUENCE_AT, this.#sequence, HOST_LITTLE);
    this.#counters.requests++;
    const sent = channel.send(bytes, bytes.length);
    if (sent < 0) return this.#refused(sent);
    let interrupted = false;
    for (let turn = 1; ; turn++) {
      let length = channel.receive(this.#source.bytes);
      if (length === -ERRNO.EAGAIN) length = await this.#arrival(channel);
      if (this.#closed) return closed({ what: 'netlink socket' });
      if (length === -ERRNO.EAGAIN) {
        return timeout({ what: 'netlink dump', expected: this.#timeoutMs });
      }
      if (length < 0) return this.#refused(length);
      if (length > this.#source.bytes.length) return this.#longer(length);
      this.#counters.bytesReceived += length;
      const read = this.#read(length, onMessage);
      interrupted ||= read.interrupted;
      if (read.done) {
        if (this.#answer.error < 0) return this.#refused(this.#answer.error, true);
        return interrupted ? 'again' : 'done';
      }
      if (turn % DATAGRAMS_PER_TURN === 0) {
        await nextTurn();
        if (this.#closed) return closed({ what: 'netlink socket' });
      }
    }
  }

  #read(length: number, onMessage: OnMessage): { done: boolean; interrupted: boolean } {
    const cursor = this.#cursor;
    const result = { done: false, interrupted: false };
    cursor.reset(this.#source, length);
    while (!result.done && cursor.next()) {
      if (cursor.sequence !== this.#sequence) continue;
      if ((cursor.flags & NLM_F.DUMP_INTR) !== 0) result.interrupted = true;
      if (cursor.type >= NLMSG.MIN_TYPE) deliver(onMessage, cursor);
      else if (cursor.type !== NLMSG.NOOP) result.done = readErrorMessage(cursor, this.#answer);
    }
    if (cursor.malformedAt >= 0) {
      this.#shared.emit({ _tag: 'Malformed', offset: cursor.malformedAt });
    }
    return result;
  }

  #refused(code: number, answered = false): NetlinkError {
    this.#counters.refusals++;
    if (code === -ERRNO.ENOBUFS) this.#counters.overruns++;
    return netlinkError('netlink dump', code, answered ? this.#answer : undefined);
  }

  /** The datagram was cut off: begins anew with a buffer that holds such a one. */
  #longer(length: number): Attempt {
    if (length > LONGEST_DATAGRAM) {
      return limitExceeded({ what: 'datagram', expected: LONGEST_DATAGRAM, actual: length });
    }
    this.#source = sourceOf(new Uint8Array(length));
    this.#drop();
    return 'again';
  }

  /** The next datagram's length, once it comes; −EAGAIN when it doesn't in time. */
  #arrival(channel: Channel): Promise<number> {
    return new Promise((resolve) => {
      const wake = (length: number): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        channel.unwatch();
        resolve(length);
      };
      const timer = setTimeout(wake, this.#timeoutMs, -ERRNO.EAGAIN);
      this.#wake = wake;
      channel.watch(this.#source.bytes, wake);
    });
  }
}
