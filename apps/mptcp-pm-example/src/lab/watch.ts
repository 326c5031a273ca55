/** Waiting inside a run: until something is so, with progress told, the signal heeded and a deadline. */
import { type LiquidError, Milliseconds, timeout } from '@liquid/types';
import type { ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';

/** Milliseconds between two looks. */
const LOOK_MS = 50;

export interface Wait {
  readonly what: string;
  readonly deadlineSeconds: number;
  /** Seconds since the beginning of the run. */
  readonly seconds: () => number;
  /** True ends it; a Left fails it. */
  readonly look: (seconds: number) => E.Either<LiquidError, boolean>;
}

/** Looks again and again until `look` says true. */
export const waitUntil = async (
  { clock, signal }: ScenarioContext,
  { what, deadlineSeconds, seconds, look }: Wait,
): Promise<E.Either<LiquidError, void>> => {
  for (;;) {
    const now = seconds();
    const looked = look(now);
    if (E.isLeft(looked)) return looked;
    if (looked.right) return E.right(undefined);
    if (now > deadlineSeconds) {
      return E.left(timeout({ what, expected: Math.round(deadlineSeconds * 1000) }));
    }
    const slept = await clock.sleep(Milliseconds.clamp(LOOK_MS), signal)();
    if (E.isLeft(slept)) return slept;
  }
};
