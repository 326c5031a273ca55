/** Asks the kernel what became of subflows: one by one where they are few, in a dump where they are many. */

import {
  CONNECTED_STATES,
  DIAG_EXT,
  emptyDiagRow,
  MessageWriter,
  type NetlinkError,
  type NetlinkSocket,
  type OnMessage,
  readDiagInto,
  writeDiagDump,
  writeDiagOne,
} from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { AddressTexts } from './family-address.js';
import type { FourTuple, SubflowSample } from './model.js';
import { isSubflow, sampleOf } from './sample.js';

const EXTENSIONS = DIAG_EXT.INFO | DIAG_EXT.SKMEMINFO;

/** A port that no local end has: another thread of the kernel's life has taken its place. */
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

  /** Samples of all subflows of the namespace. One at a time: a second call is a bug. */
  async complete(): Promise<E.Either<NetlinkError, ReadonlyArray<SubflowSample>>> {
    if (this.#running) throw new Error('bug: a complete poll is under way');
    this.#running = true;
    try {
      const samples: Array<SubflowSample> = [];
      for (const family of [4, 6] as const) {
        const before = samples.length;
        const dumped = await this.#diag.dump(
          writeDiagDump(this.#writer, {
            family,
            states: CONNECTED_STATES,
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
