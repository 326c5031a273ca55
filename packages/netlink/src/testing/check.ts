/** A check of a suite: a name and a body that stops with a sentence when something does not hold. */

import { conflict, type Tagged, timeout } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

/**
 * One check, to be handed to any test runner: `it(check.name, …)` and expect a Right.
 *
 * @since 0.1.0
 */
export interface TransportCheck {
  readonly name: string;
  readonly run: TaskEither<Tagged, void>;
}

/** A broken promise of the transport; caught by the check that it stops. */
class Broken extends Error {
  readonly tagged: Tagged;
  constructor(tagged: Tagged) {
    super(tagged.message);
    this.tagged = tagged;
  }
}

/** Stops the check with this sentence unless it holds. */
export const holds = (condition: boolean, sentence: string): void => {
  if (!condition) throw new Broken(conflict({ message: sentence }));
};

/** Stops the check unless both are the same. */
export const same = (actual: unknown, expected: unknown, what: string): void =>
  holds(actual === expected, `${what}: expected ${String(expected)}, got ${String(actual)}`);

/** The value, or the check stops with the error. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Broken(result.left);
  return result.right;
};

/** A body that stops by throwing, as a check. */
export const check = (name: string, body: () => Promise<void> | void): TransportCheck => ({
  name,
  run: async () => {
    try {
      return E.right(await body());
    } catch (caught) {
      if (caught instanceof Broken) return E.left(caught.tagged);
      return E.left(conflict({ message: `${name}: ${String(caught)}` }));
    }
  },
});

const WATCHDOG_MS = 10_000;

/** Waits till something holds, looking once per turn of the event loop. */
export const until = async (what: string, condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + WATCHDOG_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Broken(timeout({ what, expected: WATCHDOG_MS }));
    await turns(1);
  }
};

/** Lets the event loop go round, polling each time. */
export const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
};
