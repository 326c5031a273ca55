/** Requests and their answers on one channel: sent, answered within the send, matched by sequence number. */

import { closed, type LiquidError, timeout, truncated } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { NetlinkError } from '../errors.js';
import { emptyErrorMessage, readErrorMessage } from '../extended-ack.js';
import { HOST_LITTLE } from '../host-order.js';
import { MessageCursor, NLM_F, NLMSG, sourceOf, type Source } from '../message.js';
import { netlinkError } from '../refusal.js';
import type { OnMessage } from '../socket.js';
import type { Channel } from '../transport.js';
import type { MessageWriter } from '../writer.js';
import { DATAGRAM_BYTES, deliver, type Shared } from './counters.js';
import { ERRNO } from './errno.js';

/** Offsets in a message's header. */
const FLAGS_AT = 6;
const SEQUENCE_AT = 8;

const EMSGSIZE = 90;

/** One request that is under way. */
interface Frame {
  sequence: number;
  onMessage: OnMessage | undefined;
  done: boolean;
  /** 0 or the negative error number. */
  code: number;
  readonly answer: ReturnType<typeof emptyErrorMessage>;
  /** Length of the answer that the buffer was too small for. */
  cutFrom: number;
  /** Told once it is done, where somebody waits for it. */
  settle: (() => void) | undefined;
}

const createFrame = (): Frame => ({
  sequence: 0,
  onMessage: undefined,
  done: false,
  code: 0,
  answer: emptyErrorMessage(),
  cutFrom: 0,
  settle: undefined,
});

const errorOf = (frame: Frame, what: string): NetlinkError =>
  frame.cutFrom > 0
    ? truncated({
        what: `${what}: the answer`,
        offset: 0,
        expected: frame.cutFrom,
        actual: DATAGRAM_BYTES,
      })
    : netlinkError(what, frame.code, frame.answer);

/** What one level of calls reads with: a callback may call again while its own datagram is read. */
interface Level {
  readonly frame: Frame;
  source: Source;
  readonly cursor: MessageCursor;
}

const createLevel = (): Level => ({
  frame: createFrame(),
  source: sourceOf(new Uint8Array(DATAGRAM_BYTES)),
  cursor: new MessageCursor(),
});

export class Exchange {
  readonly #channel: Channel;
  readonly #shared: Shared;
  readonly #timeoutMs: number;
  readonly #pending: Array<Frame> = [];
  readonly #levels: Array<Level> = [createLevel()];
  #depth = 0;
  #sequence = 0;
  #watching = false;
  /** The last refusal of {@link call}. */
  #last: Frame;
  #closed = false;
  /** Sequence number of the armed request. */
  #armed = 0;
  #triggered: number | undefined;

  constructor(channel: Channel, shared: Shared, timeoutMs: number) {
    this.#channel = channel;
    this.#shared = shared;
    this.#timeoutMs = timeoutMs;
    this.#last = createFrame();
  }

  call(request: MessageWriter, onMessage: OnMessage | undefined): number {
    const level = this.#level();
    const { frame } = level;
    request.finish();
    this.#send(frame, request.bytes, request.view, request.length, onMessage);
    return this.#answered(level);
  }

  /** See `NetlinkSocket.arm`: `watched` is where the expected message will come. */
  arm(watched: Channel, expected: Uint8Array, request: MessageWriter): boolean {
    if (this.#closed) return false;
    const answer = request.finish();
    this.#armed = this.#number(request.view);
    return watched.arm(expected, this.#channel, answer) === 0;
  }

  /** The armed request was sent, or could not be. */
  onTriggered(sent: number): void {
    const level = this.#level();
    this.#expect(level.frame, this.#armed, undefined);
    if (sent < 0) this.#settle(level.frame, sent);
    this.#triggered = this.#answered(level);
  }

  forgetTriggered(): void {
    this.#triggered = undefined;
  }

  /** What the armed request came to, while the message that triggered it is delivered. */
  get triggered(): number | undefined {
    return this.#triggered;
  }

  refusal(code: number, what: string): NetlinkError {
    return this.#last.code === code ? errorOf(this.#last, what) : netlinkError(what, code);
  }

  /** The bytes are the caller's copy. */
  request(bytes: Uint8Array, onMessage: OnMessage | undefined): TaskEither<NetlinkError, void> {
    return async () => {
      const frame = createFrame();
      const view = sourceOf(bytes).view;
      this.#send(frame, bytes, view, bytes.length, onMessage);
      if (!frame.done) this.#receive(this.#levels[this.#depth] ?? createLevel(), frame);
      const late = frame.done ? undefined : await this.#wait(frame);
      if (late !== undefined) return E.left(late);
      return frame.code === 0 ? E.right(undefined) : E.left(errorOf(frame, 'netlink request'));
    };
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
    for (const frame of [...this.#pending]) this.#settle(frame, -ERRNO.EBADF);
  }

  #send(
    frame: Frame,
    bytes: Uint8Array,
    view: DataView,
    length: number,
    onMessage: OnMessage | undefined,
  ): void {
    this.#expect(frame, this.#number(view), onMessage);
    const sent = this.#closed ? -ERRNO.EBADF : this.#channel.send(bytes, length);
    if (sent < 0) this.#settle(frame, sent);
  }

  /** Makes a message one that can be answered; gives its sequence number. */
  #number(view: DataView): number {
    // Zero is the number of multicasts.
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    const flags = view.getUint16(FLAGS_AT, HOST_LITTLE) | NLM_F.REQUEST | NLM_F.ACK;
    view.setUint16(FLAGS_AT, flags, HOST_LITTLE);
    view.setUint32(SEQUENCE_AT, this.#sequence, HOST_LITTLE);
    return this.#sequence;
  }

  /** From here on the answer finds its frame. */
  #expect(frame: Frame, sequence: number, onMessage: OnMessage | undefined): void {
    frame.sequence = sequence;
    frame.onMessage = onMessage;
    frame.done = false;
    frame.code = 0;
    frame.answer.text = undefined;
    frame.answer.offset = undefined;
    frame.answer.missingType = undefined;
    frame.cutFrom = 0;
    frame.settle = undefined;
    this.#shared.counters.requests++;
    this.#pending.push(frame);
  }

  /** What calls at this depth read with. */
  #level(): Level {
    let level = this.#levels[this.#depth];
    if (level === undefined) {
      level = createLevel();
      this.#levels.push(level);
    }
    return level;
  }

  /** Takes the answer to what was sent: its code. */
  #answered(level: Level): number {
    const { frame } = level;
    if (!frame.done) {
      this.#receive(level);
      if (!frame.done) this.#settle(frame, -ERRNO.EAGAIN);
    }
    // Out of the caller's reach as soon as this returns.
    frame.onMessage = undefined;
    if (frame.code !== 0) this.#remember(level);
    return frame.code;
  }

  /** Takes datagrams until the frame is answered or none waits. */
  #receive(level: Level, frame = level.frame): void {
    this.#depth++;
    while (!frame.done) {
      const length = this.#channel.receive(level.source.bytes);
      if (length === -ERRNO.EAGAIN) break;
      if (length < 0) {
        if (length === -ERRNO.ENOBUFS) this.#shared.counters.overruns++;
        this.#settle(frame, length);
      } else {
        this.#read(level, length);
      }
    }
    this.#depth--;
  }

  #read(level: Level, length: number): void {
    const { cursor, source } = level;
    this.#shared.counters.bytesReceived += length;
    cursor.reset(source, length);
    while (cursor.next()) {
      const frame = this.#frameOf(cursor.sequence);
      // What nobody waits for any more, such as the answer to a request that took too long.
      if (frame === undefined) continue;
      if (cursor.type >= NLMSG.MIN_TYPE) {
        if (frame.onMessage !== undefined) deliver(frame.onMessage, cursor);
      } else if (readErrorMessage(cursor, frame.answer)) {
        this.#settle(frame, frame.answer.error);
      }
    }
    if (length > source.bytes.length) {
      // The rest of the answer is lost; the next one may be as long.
      level.source = sourceOf(new Uint8Array(length));
      for (const frame of [...this.#pending]) {
        frame.cutFrom = length;
        this.#settle(frame, -EMSGSIZE);
      }
    } else if (cursor.malformedAt >= 0) {
      this.#shared.emit({ _tag: 'Malformed', offset: cursor.malformedAt });
    }
  }

  #frameOf(sequence: number): Frame | undefined {
    const pending = this.#pending;
    for (let at = pending.length - 1; at >= 0; at--) {
      const frame = pending[at];
      if (frame?.sequence === sequence) return frame;
    }
    return undefined;
  }

  #settle(frame: Frame, code: number): void {
    if (frame.done) return;
    frame.done = true;
    frame.code = code;
    const pending = this.#pending;
    if (pending[pending.length - 1] === frame) pending.pop();
    else pending.splice(pending.indexOf(frame), 1);
    if (code !== 0) this.#shared.counters.refusals++;
    frame.settle?.();
  }

  #remember(level: Level): void {
    this.#last = { ...level.frame, answer: { ...level.frame.answer } };
  }

  /** Waits for an answer that the kernel did not give within the send. */
  #wait(frame: Frame): Promise<LiquidError | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        frame.settle = undefined;
        this.#settle(frame, -ERRNO.EAGAIN);
        this.#unwatchIfIdle();
        resolve(timeout({ what: 'netlink request', expected: this.#timeoutMs }));
      }, this.#timeoutMs);
      frame.settle = () => {
        clearTimeout(timer);
        this.#unwatchIfIdle();
        resolve(this.#closed ? closed({ what: 'netlink socket' }) : undefined);
      };
      this.#watch();
    });
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const level = createLevel();
    this.#channel.watch(level.source.bytes, (length) => {
      this.#depth++;
      if (length >= 0) this.#read(level, length);
      else for (const frame of [...this.#pending]) this.#settle(frame, length);
      this.#depth--;
    });
  }

  #unwatchIfIdle(): void {
    if (!this.#watching || this.#pending.some(({ settle }) => settle !== undefined)) return;
    this.#watching = false;
    if (!this.#closed) this.#channel.unwatch();
  }
}
