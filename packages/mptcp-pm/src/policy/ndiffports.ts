/** ndiffports: n subflows between the same two addresses, told apart by their ports. */

import * as t from 'io-ts';
import { integerIn, optionsCodec, withDefault } from '../internal/options.js';
import type { Connection } from '../model.js';
import { type AnyPolicy, anyPolicy, type PolicyInput, type PmView } from '../policy.js';
import { samePair } from '../four-tuple.js';
import {
  type Backoff,
  backoffCodec,
  type Failures,
  NO_FAILURES,
  notBefore,
  withFailure,
} from './backoff.js';
import { createOn, keyOfPair } from './paths.js';
import { type ConnectionDecision, idle, perConnection } from './per-connection.js';

/** Options of {@link ndiffports}. @since 0.1.0 */
export interface NdiffportsOptions {
  /** Subflows in all, the initial one included: 1 to 32. Default 2. */
  readonly n: number;
  /** Also for connections that the peer opened. */
  readonly serverSide: boolean;
  /** How long to wait after a subflow failed or was closed. */
  readonly backoff: Backoff;
}

/** @since 0.1.0 */
export const DEFAULT_NDIFFPORTS: NdiffportsOptions = {
  n: 2,
  serverSide: false,
  backoff: { initialMs: 1000, factor: 2, capMs: 60_000, resetMs: 60_000 },
};

/** Codec of {@link NdiffportsOptions}; what is missing has its default. @since 0.1.0 */
export const NdiffportsOptions: t.Type<NdiffportsOptions, unknown> =
  /* @__PURE__ */ optionsCodec<NdiffportsOptions>('ndiffports', {
    n: withDefault(integerIn(1, 32), DEFAULT_NDIFFPORTS.n),
    serverSide: withDefault(t.boolean, DEFAULT_NDIFFPORTS.serverSide),
    backoff: backoffCodec(DEFAULT_NDIFFPORTS.backoff),
  });

/** The one thing here that may fail. */
const ANY = 'any';

const hasFailed = (input: PolicyInput, connection: Connection): boolean => {
  if (input._tag === 'Event') {
    return input.event._tag === 'SubClosed' && samePair(input.event, connection.initial);
  }
  return input._tag === 'Withheld' || (input._tag === 'Outcome' && input.refusal !== undefined);
};

/**
 * ndiffports, the other manager that the deliverable finds in the kernel (4.2): n subflows between
 * the initial pair of addresses, for single-homed hosts over networks that spread flows by their
 * ports. Lost ones are replaced after a back-off.
 *
 * @since 0.1.0
 */
export const ndiffports = (given: Partial<NdiffportsOptions> = {}): AnyPolicy => {
  const options = { ...DEFAULT_NDIFFPORTS, ...given };
  const step = (
    before: Failures,
    input: PolicyInput,
    connection: Connection,
    _view: PmView,
    nowMs: number,
  ): ConnectionDecision<Failures> => {
    const { initial } = connection;
    if (connection.denyJoinId0 || (connection.serverSide && !options.serverSide)) {
      return idle(before);
    }
    const failures = hasFailed(input, connection)
      ? withFailure(before, ANY, options.backoff, nowMs)
      : before;
    const pair = keyOfPair(initial);
    const there = connection.subflows.filter(
      (subflow) => subflow.phase !== 'closing' && keyOfPair(subflow) === pair,
    ).length;
    if (there >= options.n) return idle(failures);
    const at = notBefore(failures, ANY);
    if (at > nowMs) return idle(failures, at);
    // Outcomes come one by one: while some are due, what is missing isn't known.
    if (input._tag === 'Outcome' || input._tag === 'Withheld') return idle(failures);
    if (connection.subflows.some((subflow) => subflow.phase === 'created')) return idle(failures);
    const missing = Array.from({ length: options.n - there }, () =>
      createOn(connection, initial, false),
    );
    return { state: failures, actions: missing };
  };
  return anyPolicy(perConnection<Failures>({ name: 'ndiffports', init: NO_FAILURES, step }));
};
