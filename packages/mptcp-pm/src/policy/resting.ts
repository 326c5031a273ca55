/** Subflows out of service: how long they rest, how their path is probed, how they come back. */

import type { PmEvent, SubflowFields } from '../event.js';
import { sameAddress, samePair } from '../four-tuple.js';
import type { Connection, FourTuple, Subflow, SubflowKey } from '../model.js';
import type { Action } from '../policy.js';
import { type Backoff, type Failures, NO_FAILURES, notBefore, withFailure } from './backoff.js';
import { createOn, keyOfPair } from './paths.js';

/** @internal */
export interface RestOptions {
  readonly holdMs: number;
  readonly backoff: Backoff;
}

type Pair = Omit<FourTuple, 'localPort'>;

/** A path that has been taken out of service. */
interface Rest extends Pair {
  /** The subflow that went to rest; it may be gone. */
  readonly key: SubflowKey;
  readonly untilMs: number;
  /** `asked`: a probe is on its way; else its key; undefined: none. */
  readonly probe: SubflowKey | 'asked' | undefined;
}

/** All rests of a connection, and how often its paths have failed. @internal */
export interface Rests {
  readonly rests: ReadonlyArray<Rest>;
  readonly failures: Failures;
}

/** @internal */
export const NO_RESTS: Rests = Object.freeze({ rests: Object.freeze([]), failures: NO_FAILURES });

const replace = (
  state: Rests,
  old: Rest,
  next: Rest | undefined,
  failures = state.failures,
): Rests => ({
  rests: state.rests.flatMap((rest) => (rest !== old ? [rest] : next === undefined ? [] : [next])),
  failures,
});

/** The path is still no good: the rest goes on for longer. */
const prolong = (options: RestOptions, state: Rests, rest: Rest, nowMs: number): Rests => {
  const failures = withFailure(state.failures, keyOfPair(rest), options.backoff, nowMs);
  const untilMs = notBefore(failures, keyOfPair(rest));
  return replace(state, rest, { ...rest, probe: undefined, untilMs }, failures);
};

/**
 * What an outcome means: a subflow that could be switched off rests from now on, a probe that could
 * not be opened is a failed probe.
 *
 * @internal
 */
export const afterOutcome = (
  options: RestOptions,
  state: Rests,
  connection: Connection,
  action: Action,
  failed: boolean,
  nowMs: number,
): Rests => {
  if (action._tag === 'CreateSubflow') {
    const rest = state.rests.find((each) => each.probe === 'asked' && samePair(each, action));
    return rest !== undefined && failed ? prolong(options, state, rest, nowMs) : state;
  }
  const ends =
    action._tag === 'Destroy' ||
    action._tag === 'Abort' ||
    (action._tag === 'SetBackup' && action.backup);
  if (failed || !ends) return state;
  const subflow = connection.subflows.find(({ key }) => key === action.subflow);
  if (subflow === undefined) return state;
  // The closing of a probe, or of the subflow that a probe replaced, begins no rest.
  if (action._tag !== 'SetBackup' && state.rests.some((each) => samePair(each, subflow)))
    return state;
  const isReplaced = connection.subflows.some(
    (other) => other !== subflow && other.phase === 'established' && samePair(other, subflow),
  );
  if (isReplaced && action._tag !== 'SetBackup') return state;
  const pair = keyOfPair(subflow);
  const failures = withFailure(state.failures, pair, options.backoff, nowMs);
  const { local, remote, remotePort, key } = subflow;
  const untilMs = notBefore(failures, pair);
  const rest: Rest = { local, remote, remotePort, key, untilMs, probe: undefined };
  const others = state.rests.filter((each) => !samePair(each, rest));
  return { rests: [...others, rest], failures };
};

/** What an event means: a probe came up, or failed. @internal */
export const afterEvent = (
  options: RestOptions,
  state: Rests,
  event: PmEvent & SubflowFields,
  key: SubflowKey,
  nowMs: number,
): Rests => {
  const rest = state.rests.find((each) => samePair(each, event));
  if (rest === undefined) return state;
  if (event._tag === 'SubEstablished') {
    if (rest.probe === 'asked') return replace(state, rest, { ...rest, probe: key });
    // Somebody else opened one there: it is in service, so the path is.
    return rest.probe === undefined && key !== rest.key ? replace(state, rest, undefined) : state;
  }
  const failed = rest.probe === key || (rest.probe === 'asked' && key !== rest.key);
  return failed ? prolong(options, state, rest, nowMs) : state;
};

/** @internal */
export interface Rested {
  readonly rests: Rests;
  readonly actions: ReadonlyArray<Action>;
  /** Taken back without a probe. */
  readonly onTrial: ReadonlyArray<Subflow>;
}

/** The probe found the path good: it takes over, and what rested is closed. */
const takeOver = (probe: Subflow, old: Subflow | undefined): ReadonlyArray<Action> => {
  const { token } = probe;
  const up: Action = { _tag: 'SetBackup', token, subflow: probe.key, backup: false };
  return old === undefined ? [up] : [up, { _tag: 'Destroy', token, subflow: old.key }];
};

/** Clients can't be connected to, and some servers take nothing more at their first address. */
const canProbe = ({ serverSide, denyJoinId0, initial }: Connection, pair: Pair): boolean =>
  !serverSide &&
  !(
    denyJoinId0 &&
    pair.remotePort === initial.remotePort &&
    sameAddress(pair.remote, initial.remote)
  );

/**
 * What a poll means: rests that are over are followed by a probe, probes are judged by `isGood`.
 *
 * @internal
 */
export const afterPoll = (
  options: RestOptions,
  before: Rests,
  connection: Connection,
  isGood: (probe: Subflow) => boolean,
  nowMs: number,
): Rested => {
  let rests = before;
  const actions: Array<Action> = [];
  const onTrial: Array<Subflow> = [];
  const find = (key: SubflowKey) =>
    connection.subflows.find((subflow) => subflow.key === key && subflow.phase === 'established');
  for (const rest of before.rests) {
    const old = find(rest.key);
    if (rest.probe === undefined) {
      if (nowMs < rest.untilMs) continue;
      if (canProbe(connection, rest)) {
        actions.push(createOn(connection, rest, false, true));
        rests = replace(rests, rest, { ...rest, probe: 'asked' });
      } else {
        if (old?.backup === true) {
          const { token, key } = old;
          actions.push({ _tag: 'SetBackup', token, subflow: key, backup: false });
          onTrial.push(old);
        }
        rests = replace(rests, rest, undefined);
      }
      continue;
    }
    const probe = rest.probe === 'asked' ? undefined : find(rest.probe);
    if (probe?.sample === undefined) continue;
    if (isGood(probe)) {
      actions.push(...takeOver(probe, old));
      rests = replace(rests, rest, undefined);
    } else {
      const { token, key } = probe;
      actions.push({ _tag: 'Destroy', token, subflow: key });
      rests = prolong(options, rests, rest, nowMs);
    }
  }
  return { rests, actions, onTrial };
};
