/** A send that waits for a datagram, for transports that hand datagrams over by JavaScript. */

import { ERRNO } from './errno.js';

/** As in native/netlink.c. */
const TRIGGER_BYTES = 512;

const EMSGSIZE = 90;

const same = (a: Uint8Array, b: Uint8Array, length: number): boolean => {
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
};

export class Trigger {
  #expected: Uint8Array | undefined;
  #send: () => number = () => -ERRNO.EBADF;

  /** As a watch's `arm`: `send` sends the answer. */
  arm(expected: Uint8Array, answer: Uint8Array, send: (answer: Uint8Array) => number): number {
    if (expected.length > TRIGGER_BYTES || answer.length > TRIGGER_BYTES) return -EMSGSIZE;
    this.#expected = expected.slice();
    const copy = answer.slice();
    this.#send = () => send(copy);
    return 0;
  }

  disarm(): void {
    this.#expected = undefined;
  }

  /** What was sent for this datagram, or a negative error number; 0 where another one is waited for. */
  pull(bytes: Uint8Array, length: number): number {
    const expected = this.#expected;
    if (expected?.length !== length || !same(bytes, expected, length)) return 0;
    this.#expected = undefined;
    return this.#send();
  }
}
