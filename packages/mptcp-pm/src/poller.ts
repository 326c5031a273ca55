/** Asks the kernel what became of subflows: one by one where they are few, in a dump where they are many. */

import {
  DIAG_EXT,
  emptyDiagRow,
  MessageWriter,
  type NetlinkError,
  type NetlinkSocket,
  type OnMessage,
  readDiagInto,
  stateMask,
  TCP_STATE,
  writeDiagDump,
  writeDiagOne,
  writeDiagToken,
} from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { AddressTexts } from './family-address.js';
import type { FourTuple, SubflowSample, Token } from './model.js';
import { isSubflow, sampleOf } from './sample.js';

/** What a sample is made of; each more costs every subflow of every poll. */
const EXTENSIONS = DIAG_EXT.INFO;

/**
 * A subflow in another state is on its way out: its connection ends by DATA_FIN, and closes its
 * subflows only then, or one subflow is closed for itself.
 */
const STATES = /* @__PURE__ */ stateMask(TCP_STATE.ESTABLISHED, TCP_STATE.SYN_SENT);

const ENOENT = 2;

/** Of a subflow whose port isn't known yet. */
const NO_PORT = 0;

/**
 * The socket diagnosis as samples. Its requests change nothing and need no privilege.
 */
export class Poller {
  readonly #diag: NetlinkSocket;
  readonly #writer = new MessageWriter();
  readonly #row = emptyDiagRow();
  readonly #texts = new AddressTexts();
  readonly #onMessage: OnMessage;
  #samples: Array<SubflowSample> = [];
  #running = false;

  constructor(diag: NetlinkSocket) {
    this.#diag = diag;
    this.#onMessage = (message) => {
      const row = this.#row;
      if (readDiagInto(message, row) && isSubflow(row)) {
        this.#samples.push(sampleOf(row, this.#texts));
      }
    };
  }

  /** Whether a complete poll is under way. */
  get running(): boolean {
    return this.#running;
  }

  /**
   * Samples of these subflows, each by a request of its own, before it returns. Those that are gone
   * are missing. About 10 µs each.
   */
  exact(subflows: Iterable<FourTuple>): ReadonlyArray<SubflowSample> {
    this.#samples = [];
    for (const subflow of subflows) {
      if (subflow.localPort === NO_PORT) continue;
      writeDiagOne(this.#writer, subflow, { extensions: EXTENSIONS });
      // A refusal means that it is gone; its event tells.
      this.#diag.call(this.#writer, this.#onMessage);
    }
    const samples = this.#samples;
    this.#samples = [];
    return samples;
  }

  /** Whether the kernel knows no connection of this token any more; it is asked, and answers at once. */
  isGone(token: Token): boolean {
    return this.#diag.call(writeDiagToken(this.#writer, token, 0)) === -ENOENT;
  }

  /** Samples of all subflows of these families. One at a time: a second call is a bug. */
  async complete(
    families: ReadonlyArray<4 | 6>,
  ): Promise<E.Either<NetlinkError, ReadonlyArray<SubflowSample>>> {
    if (this.#running) throw new Error('bug: a complete poll is under way');
    this.#running = true;
    try {
      const samples: Array<SubflowSample> = [];
      for (const family of families) {
        const before = samples.length;
        const dumped = await this.#diag.dump(
          writeDiagDump(this.#writer, {
            family,
            states: STATES,
            extensions: EXTENSIONS,
          }),
          (message) => {
            const row = this.#row;
            if (readDiagInto(message, row) && isSubflow(row)) {
              samples.push(sampleOf(row, this.#texts));
            }
          },
          () => {
            samples.length = before;
          },
        )();
        if (E.isLeft(dumped)) return dumped;
      }
      return E.right(samples);
    } finally {
      this.#running = false;
    }
  }
}
