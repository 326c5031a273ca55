/** The path manager: the kernel's events, polls and addresses on one side, policies on the other. */

import { openRunning, systemClock } from '@liquid/types';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { PmError } from './error.js';
import { startManager } from './internal/start-manager.js';
import {
  type PathManager,
  type PathManagerEvent,
  type PathManagerOptions,
  PathManagerStats,
} from './path-manager.js';

/**
 * Opens a path manager: joins the kernel's events, adopts the connections that are there, and runs
 * the policies from then on.
 *
 * Left `Permission` without CAP_NET_ADMIN, `MptcpDisabled` and `KernelPathManager` where the
 * namespace's settings keep connections from it, `Unsupported` on a kernel without MPTCP; all with
 * the remedy. Connections that fell back to TCP are left out.
 *
 * @example
 * ```ts no-run
 * import * as E from 'fp-ts/lib/Either.js'
 * import { fullMesh, openPathManager } from '@liquid/mptcp-pm'
 *
 * const opened = await openPathManager({ policies: [fullMesh()] })()
 * if (E.isLeft(opened)) console.error(opened.left.message, opened.left.remedy)
 * else opened.right.events.onTag('Event', ({ event }) => console.log(event))
 * ```
 * @since 0.1.0
 */
export const openPathManager = (
  options: PathManagerOptions = {},
): TaskEither<PmError, PathManager> =>
  openRunning<PathManagerEvent, PathManagerStats>()(
    { what: 'path manager', statsCodec: PathManagerStats, signal: options.signal },
    (scope) => async () => startManager(options, options.clock ?? systemClock, scope),
  );
