/** One descriptor of the scripted kernel: a queue of datagrams and errors, with the timing of a real one. */

import { ERRNO } from '../internal/errno.js';
import { Trigger } from '../internal/trigger.js';
import type { Channel, OnDatagram } from '../transport.js';

const SOL_NETLINK = 270;
const ADD_MEMBERSHIP = 1;
const DROP_MEMBERSHIP = 2;
/** PKTINFO, NO_ENOBUFS, CAP_ACK, EXT_ACK, GET_STRICT_CHK: taken, without effect. */
const TAKEN: ReadonlySet<number> = /* @__PURE__ */ new Set([3, 5, 10, 11, 12]);

const ENOPROTOOPT = 92;

/** A timer far enough away: it stands for a descriptor in the event loop. */
const LONG_MS = 2 ** 30;

/** What stands in a channel's queue: a datagram, or a negative error number. */
export type Arrival = Uint8Array | number;

/** What a channel needs of its kernel. */
export interface FakeSide {
  readonly protocol: number;
  readonly handle: (channel: FakeChannel, bytes: Uint8Array) => number;
  readonly mayJoin: (group: number) => boolean;
  readonly onClose: (channel: FakeChannel) => void;
}

export class FakeChannel implements Channel {
  readonly portId: number;
  readonly protocol: number;
  readonly groups = new Set<number>();
  readonly #side: FakeSide;
  readonly #queue: Array<Arrival> = [];
  #open = true;
  #watch: { readonly buffer: Uint8Array; readonly onDatagram: OnDatagram } | undefined;
  readonly #trigger = new Trigger();
  #turn: NodeJS.Immediate | undefined;
  #alive: NodeJS.Timeout | undefined;
  #keepsAlive = true;

  constructor(portId: number, side: FakeSide) {
    this.portId = portId;
    this.protocol = side.protocol;
    this.#side = side;
  }

  /** Queues what comes from the kernel. */
  arrive(arrival: Arrival): void {
    if (!this.#open) return;
    this.#queue.push(arrival);
    this.#schedule();
  }

  send(bytes: Uint8Array, length: number): number {
    if (!this.#open) return -ERRNO.EBADF;
    if (length > bytes.length) return -ERRNO.EINVAL;
    const code = this.#side.handle(this, bytes.slice(0, length));
    return code < 0 ? code : length;
  }

  receive(buffer: Uint8Array): number {
    if (!this.#open) return -ERRNO.EBADF;
    const arrival = this.#queue.shift();
    if (arrival === undefined) return -ERRNO.EAGAIN;
    if (typeof arrival === 'number') return arrival;
    buffer.set(arrival.subarray(0, buffer.length));
    return arrival.length;
  }

  watch(buffer: Uint8Array, onDatagram: OnDatagram): void {
    this.unwatch();
    if (!this.#open) {
      setImmediate(onDatagram, -ERRNO.EBADF, 0);
      return;
    }
    this.#watch = { buffer, onDatagram };
    this.#alive = setInterval(() => undefined, LONG_MS);
    this.ref(this.#keepsAlive);
    this.#schedule();
  }

  unwatch(): void {
    this.#watch = undefined;
    this.#trigger.disarm();
    clearInterval(this.#alive);
    clearImmediate(this.#turn);
    this.#alive = undefined;
    this.#turn = undefined;
  }

  arm(expected: Uint8Array, by: Channel, answer: Uint8Array): number {
    if (this.#watch === undefined) return -ERRNO.EBADF;
    return this.#trigger.arm(expected, answer, (copy) => by.send(copy, copy.length));
  }

  disarm(): void {
    this.#trigger.disarm();
  }

  ref(keepsAlive: boolean): void {
    this.#keepsAlive = keepsAlive;
    if (keepsAlive) this.#alive?.ref();
    else this.#alive?.unref();
  }

  setOption(level: number, option: number, value: number): number {
    if (!this.#open) return -ERRNO.EBADF;
    if (level !== SOL_NETLINK) return -ENOPROTOOPT;
    if (TAKEN.has(option)) return 0;
    if (option === DROP_MEMBERSHIP) {
      this.groups.delete(value);
      return 0;
    }
    if (option !== ADD_MEMBERSHIP) return -ENOPROTOOPT;
    if (!this.#side.mayJoin(value)) return -ERRNO.EPERM;
    this.groups.add(value);
    return 0;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.unwatch();
    this.#queue.length = 0;
    this.#side.onClose(this);
  }

  #schedule(): void {
    if (this.#watch === undefined || this.#queue.length === 0) return;
    this.#turn ??= setImmediate(() => this.#deliver());
  }

  /** All that waits, one call each; what a callback throws surfaces, and the rest comes next turn. */
  #deliver(): void {
    this.#turn = undefined;
    try {
      for (let watch = this.#watch; watch !== undefined; watch = this.#watch) {
        const length = this.receive(watch.buffer);
        if (length === -ERRNO.EAGAIN) return;
        watch.onDatagram(length, this.#trigger.pull(watch.buffer, length));
      }
    } finally {
      this.#schedule();
    }
  }
}
