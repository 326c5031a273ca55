/** What a path manager takes, tells, counts and can be asked. */

import type { NetlinkError, NetlinkOptions } from '@liquid/netlink';
import type { AbortSignalLike, Clock, Running } from '@liquid/types';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { EngineOptions } from './engine.js';
import type { PmError } from './error.js';
import type { PmEvent } from './event.js';
import type { Command, EngineInput, Notice } from './input.js';
import type { LocalAddress } from './model.js';
import type { Action, AnyPolicy, PmView } from './policy.js';

/** How to open a path manager. @since 0.1.0 */
export interface PathManagerOptions extends Partial<EngineOptions> {
  /** What decides; none: it observes and does what {@link PathManager.apply} is asked for. */
  readonly policies?: ReadonlyArray<AnyPolicy>;
  /** Milliseconds between polls; default 300. */
  readonly pollMs?: number;
  /**
   * Up to so many subflows are asked for one by one, more by a dump of all sockets; default 128, about
   * where both cost the same: one costs some 10 µs, a dump 1 ms and 2.5 µs a subflow.
   */
  readonly exactLimit?: number;
  /** Milliseconds between polls of everything while subflows are asked for one by one; default 3000. */
  readonly completeMs?: number;
  /**
   * `manage` wants CAP_NET_ADMIN and a userspace manager's namespace, and fails with the mend where
   * something is missing. `observe` wants nothing: what it knows comes from polls, and no policy
   * runs. Default: `manage`; without policies `observe` where the rights are missing.
   */
  readonly mode?: 'manage' | 'observe';
  /** Name of a namespace as `ip netns` has it, or the path of its file; default the process's own. */
  readonly namespace?: string;
  /** Way to the kernel; see `openNetlink`. */
  readonly transport?: NonNullable<NetlinkOptions['transport']>;
  /** Bytes of events that may wait in the kernel while this process is busy; default 4 MiB. */
  readonly receiveBufferBytes?: number;
  readonly clock?: Clock;
  /**
   * Gets every input with the commands that it led to, after these were sent: what a recording
   * holds, see `encodeLogStep`.
   */
  readonly record?: (input: EngineInput, commands: ReadonlyArray<Command>) => void;
  /**
   * Whether the way of a reaction is walked through a few hundred times at the start, on made-up
   * events and without touching any connection, so that the first real reaction is as fast as later
   * ones. Costs some 50 ms. Default true where there are policies.
   */
  readonly warmUp?: boolean;
  readonly signal?: AbortSignalLike;
}

/** What a path manager tells. @since 0.1.0 */
export type PathManagerEvent =
  /** From the kernel; already in the view, and reacted to. */
  | { readonly _tag: 'Event'; readonly event: PmEvent }
  | Notice
  /** What became of a command; `error` is missing where the kernel accepted. */
  | { readonly _tag: 'Outcome'; readonly command: Command; readonly error?: PmError }
  | { readonly _tag: 'Addresses'; readonly addresses: ReadonlyArray<LocalAddress> }
  | { readonly _tag: 'Polled'; readonly complete: boolean; readonly subflows: number }
  /** Events were lost, because this process was busy for too long; a complete poll follows at once. */
  | { readonly _tag: 'Overrun' }
  /** A poll failed; the next is tried in its time. */
  | { readonly _tag: 'PollFailed'; readonly error: NetlinkError };

/** Codec of {@link PathManagerStats}. @since 0.1.0 */
export const PathManagerStats = /* @__PURE__ */ t.readonly(
  /* @__PURE__ */ t.type({
    connections: t.number,
    subflows: t.number,
    /** Events of the kernel. */
    events: t.number,
    /** Events that were lost at least so often. */
    overruns: t.number,
    commands: t.number,
    refusals: t.number,
    /** Polls subflow by subflow, and of everything. */
    exactPolls: t.number,
    completePolls: t.number,
    /** Ticks at which the poll before was not finished. */
    skippedPolls: t.number,
    failedPolls: t.number,
    /** Samples taken. */
    samples: t.number,
  }),
);
/** Counters of a path manager. @since 0.1.0 */
export type PathManagerStats = t.TypeOf<typeof PathManagerStats>;

/** A running path manager. Its end leaves every connection as it is. @since 0.1.0 */
export interface PathManager extends Running<PathManagerEvent, PathManagerStats> {
  /** `observe`: no events and no commands, only polls. */
  readonly mode: 'manage' | 'observe';
  /** Which transport serves it, as in `addon`. */
  readonly transport: string;
  /** What is known at this moment; immutable. */
  readonly view: () => PmView;
  /**
   * Does something that no policy asked for. Addresses get ids where none is given; nothing is
   * withheld. Left is the kernel's refusal by its meaning. Right for a new subflow means that its SYN
   * is on its way.
   */
  readonly apply: (action: Action) => TaskEither<PmError, void>;
  /** Polls everything now, whatever the period. */
  readonly poll: TaskEither<PmError, void>;
}
