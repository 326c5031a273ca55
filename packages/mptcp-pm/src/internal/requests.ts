/** Matches what a user asked for with what became of it. */

import type { PmError } from '../error.js';
import type { Command, Notice } from '../input.js';

/** What became of a request; `withheld`: the engine had no command for it, and why. */
export interface Settled {
  readonly error?: PmError | undefined;
  readonly withheld?: string;
}

interface Waiting {
  readonly serials: Set<number>;
  readonly settle: (settled: Settled) => void;
  error: PmError | undefined;
}

/** Requests are stepped in the order in which they were expected. */
export class Requests {
  readonly #expected: Array<(settled: Settled) => void> = [];
  #waiting: ReadonlyArray<Waiting> = [];

  /** Before a request is dispatched: settles with its first error, if there is one. */
  expect(): Promise<Settled> {
    return new Promise((resolve) => this.#expected.push(resolve));
  }

  /** The engine has answered the oldest expected request. */
  onIssued(commands: ReadonlyArray<Command>, notices: ReadonlyArray<Notice>): void {
    const settle = this.#expected.shift();
    if (settle === undefined) return;
    if (commands.length > 0) {
      const serials = new Set(commands.map(({ serial }) => serial));
      this.#waiting = [...this.#waiting, { serials, settle, error: undefined }];
      return;
    }
    const withheld = notices.find((notice) => notice._tag === 'Withheld');
    settle(withheld === undefined ? {} : { withheld: withheld.why });
  }

  onOutcome(command: Command, error: PmError | undefined): void {
    for (const each of this.#waiting) {
      if (!each.serials.delete(command.serial)) continue;
      each.error ??= error;
      if (each.serials.size > 0) return;
      this.#waiting = this.#waiting.filter((other) => other !== each);
      each.settle({ error: each.error });
      return;
    }
  }
}
