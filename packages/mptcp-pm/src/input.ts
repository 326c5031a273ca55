/** What goes into the manager and what comes out of it: inputs with their time, commands, notices. */

import type { PmEvent } from './event.js';
import type { LocalAddress, SubflowSample, Token } from './model.js';
import type { Action, Refusal } from './policy.js';

/** What reaches the manager from outside, in the order of its arrival. @since 0.1.0 */
export type EngineInput =
  | { readonly _tag: 'Event'; readonly atMs: number; readonly event: PmEvent }
  /**
   * A poll's samples. `complete`: of all connections, so that what is missing is gone and what is
   * unknown is adopted; otherwise of some subflows alone.
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
  /** The user of the manager wants something done; it gets the ids filled in and is not withheld. */
  | { readonly _tag: 'Request'; readonly atMs: number; readonly action: Action }
  /** Events were lost; the next complete poll tells what became of everything. */
  | { readonly _tag: 'Overrun'; readonly atMs: number }
  /** The kernel was asked, and knows no connection of this token any more. */
  | { readonly _tag: 'Gone'; readonly atMs: number; readonly token: Token }
  | { readonly _tag: 'Wake'; readonly atMs: number };

/** An action that was let through, with its ids filled in, for the driver to carry out. @since 0.1.0 */
export interface Command {
  /** Counts up; names it in the outcome and the log. */
  readonly serial: number;
  /** The policy that wants it, {@link USER} or {@link MANAGER}. */
  readonly by: string;
  readonly action: Action;
}

/** The name under which requests of the manager's user run; no policy may have it. @since 0.1.0 */
export const USER = 'user';

/** The name under which the manager itself mends what a kernel left undone; no policy may have it. @since 0.1.0 */
export const MANAGER = 'manager';

/** What the manager found out or decided, beside its commands. @since 0.1.0 */
export type Notice =
  /** An event that no kernel sent: made from a command's outcome or from what a poll shows. */
  | { readonly _tag: 'Inferred'; readonly event: PmEvent }
  /** An end came that had been told before, by a poll, a refusal or the kernel: no policy hears of it again. */
  | { readonly _tag: 'Repeated'; readonly event: PmEvent }
  /** A connection became known without its beginning. */
  | { readonly _tag: 'Adopted'; readonly token: Token }
  /** An action did not pass. */
  | {
      readonly _tag: 'Withheld';
      readonly by: string;
      readonly action: Action;
      readonly why: string;
    };
