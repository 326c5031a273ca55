/** Full mesh: a subflow between every address of ours and every address of the peer. */

import * as t from 'io-ts';
import { optionsCodec, withDefault } from '../internal/options.js';
import { type AnyPolicy, anyPolicy, type Action, type PolicyInput } from '../policy.js';
import type { Connection } from '../model.js';
import {
  type Backoff,
  backoffCodec,
  type Failures,
  NO_FAILURES,
  notBefore,
  withFailure,
} from './backoff.js';
import { createOn, hasLostAddress, isTaken, keyOfPair, pathsOf } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';

/** Options of {@link fullMesh}. @since 0.1.0 */
export interface FullMeshOptions {
  /** Also for connections that the peer opened; by default whoever opened it builds the mesh. */
  readonly serverSide: boolean;
  /** Bind each subflow to its address's interface instead of leaving that to the routes. */
  readonly bind: boolean;
  /** Open the additional subflows as backups. */
  readonly backup: boolean;
  /** How long a pair is left alone on which a subflow failed or was closed. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_FULL_MESH: FullMeshOptions = {
  serverSide: false,
  bind: false,
  backup: false,
  backoff: { initialMs: 1000, factor: 2, capMs: 60_000, resetMs: 60_000 },
};

/** Codec of {@link FullMeshOptions}; what is missing has its default. @since 0.1.0 */
export const FullMeshOptions: t.Type<FullMeshOptions, unknown> =
  /* @__PURE__ */ optionsCodec<FullMeshOptions>('full-mesh', {
    serverSide: withDefault(t.boolean, DEFAULT_FULL_MESH.serverSide),
    bind: withDefault(t.boolean, DEFAULT_FULL_MESH.bind),
    backup: withDefault(t.boolean, DEFAULT_FULL_MESH.backup),
    backoff: backoffCodec(DEFAULT_FULL_MESH.backoff),
  });

/** What failed on which pair, from an input. */
const noteFailures = (
  failures: Failures,
  input: PolicyInput,
  connection: Connection,
  backoff: Backoff,
  nowMs: number,
): Failures => {
  if (input._tag === 'Event' && input.event._tag === 'SubClosed') {
    // Where another one runs already, as after a refresh, nothing is missing.
    if (isTaken(connection, input.event)) return failures;
    return withFailure(failures, keyOfPair(input.event), backoff, nowMs);
  }
  const failed =
    input._tag === 'Withheld' || (input._tag === 'Outcome' && input.refusal !== undefined);
  return failed && input.action._tag === 'CreateSubflow'
    ? withFailure(failures, keyOfPair(input.action), backoff, nowMs)
    : failures;
};

/** Subflows whose address has left the host carry nothing any more. */
const closeLost = (
  connection: Connection,
  input: PolicyInput,
  lost: (subflow: Connection['subflows'][number]) => boolean,
): ReadonlyArray<Action> =>
  input._tag !== 'Addresses'
    ? []
    : connection.subflows
        .filter((subflow) => subflow.phase === 'established' && lost(subflow))
        .map(({ token, key }) => ({ _tag: 'Destroy', token, subflow: key }));

/**
 * Full mesh, one of the two managers that the deliverable finds in the kernel (4.2): the client
 * builds subflows between all pairs of addresses. It follows addresses that come and go on both
 * sides and comes back to a pair with exponential back-off; it never closes what works, so it goes
 * with any other policy. Put those before it that close subflows: what they ended stays closed.
 *
 * @since 0.1.0
 */
export const fullMesh = (given: Partial<FullMeshOptions> = {}): AnyPolicy => {
  const options = { ...DEFAULT_FULL_MESH, ...given };
  const step = (
    before: Failures,
    input: PolicyInput,
    connection: Connection,
    view: Parameters<typeof pathsOf>[0],
    nowMs: number,
  ): ConnectionDecision<Failures> => {
    if (connection.serverSide && !options.serverSide) return idle(before);
    const failures = noteFailures(before, input, connection, options.backoff, nowMs);
    const actions: Array<Action> = [
      ...closeLost(connection, input, (subflow) => hasLostAddress(view, subflow)),
    ];
    let wakeAtMs: number | undefined;
    for (const path of pathsOf(view, connection)) {
      if (isTaken(connection, path)) continue;
      const at = notBefore(failures, path.key);
      if (at > nowMs) {
        wakeAtMs = wakeAtMs === undefined || at < wakeAtMs ? at : wakeAtMs;
      } else if (input._tag !== 'Outcome' && input._tag !== 'Withheld') {
        actions.push(createOn(connection, path, options.bind, options.backup));
      }
    }
    return { state: failures, actions, wakeAtMs };
  };
  return anyPolicy(
    perConnection<Failures>({
      name: 'full-mesh',
      init: NO_FAILURES,
      // A poll alone changes no address and no subflow.
      pollsRemembered: true,
      step,
    }),
  );
};
