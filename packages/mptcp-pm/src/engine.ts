/** The whole manager as one reducer: inputs with their time in, commands out. */

import type { PmEvent } from './event.js';
import type { LocalAddress, SubflowSample } from './model.js';
import type { Action, Refusal } from './policy.js';

/** What reaches the manager from outside, in the order of its arrival. @since 0.1.0 */
export type EngineInput =
  | { readonly _tag: 'Event'; readonly atMs: number; readonly event: PmEvent }
  /**
   * A poll's samples. `complete`: of all connections, so that what is missing is gone and what is
   * unknown is adopted; otherwise of `tokens` alone.
   */
  | {
      readonly _tag: 'Samples';
      readonly atMs: number;
      readonly complete: boolean;
      readonly samples: ReadonlyArray<SubflowSample>;
    }
  | {
      readonly _tag: 'Outcome';
      readonly atMs: number;
      readonly command: Command;
      readonly refusal?: Refusal;
    }
  | {
      readonly _tag: 'Addresses';
      readonly atMs: number;
      readonly addresses: ReadonlyArray<LocalAddress>;
    }
  /** Events were lost; the next complete poll tells what became of everything. */
  | { readonly _tag: 'Overrun'; readonly atMs: number }
  | { readonly _tag: 'Wake'; readonly atMs: number };

/** An action that was let through, with its ids filled in, for the driver to carry out. @since 0.1.0 */
export interface Command {
  /** Counts up; names it in the outcome and the log. */
  readonly serial: number;
  /** The policy that wants it, or `user`. */
  readonly by: string;
  readonly action: Action;
}
