/** A policy that treats every connection by itself: it keeps their states apart and drops the dead ones. */

import type { Connection, Token } from '../model.js';
import type { Action, Decision, Policy, PolicyInput, PmView } from '../policy.js';
import { emptyTable, type Table, tableDelete, tableEntries, tableGet, tableSet } from '../table.js';

/** A connection's part of a policy's state. @since 0.1.0 */
export interface Member<C> {
  readonly token: Token;
  readonly state: C;
  /** When this connection's part wants to be called; NaN: not at all. */
  readonly wakeAtMs: number;
}

/** What a policy decides for one connection. @since 0.1.0 */
export interface ConnectionDecision<C> {
  readonly state: C;
  readonly actions: ReadonlyArray<Action>;
  /** When to be called again, ms; it replaces what was asked before. Absent: by events alone. */
  readonly wakeAtMs?: number | undefined;
}

/** A policy for one connection. @since 0.1.0 */
export interface ConnectionPolicy<C> {
  readonly name: string;
  /** The state of a connection that is new to the policy, or has nothing to remember. */
  readonly init: C;
  /** A poll is told only where there is something to remember; default everywhere. */
  readonly pollsRemembered?: boolean;
  /** Called with what concerns the connection, and only once it is established. */
  readonly step: (
    state: C,
    input: PolicyInput,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ) => ConnectionDecision<C>;
}

/** @since 0.1.0 */
export type MembersState<C> = Table<Member<C>>;

const NONE: ReadonlyArray<never> = Object.freeze([]);

/** The connection that an input is about; undefined: it concerns all. */
const tokenOf = (input: PolicyInput): Token | undefined => {
  switch (input._tag) {
    case 'Event':
      return 'token' in input.event ? input.event.token : undefined;
    case 'Outcome':
    case 'Withheld':
      return input.action.token;
    case 'Adopted':
      return input.token;
    default:
      return undefined;
  }
};

const earliest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined || a < b ? a : b;

/**
 * A {@link Policy} of all connections from one of a single connection. Cost: one look-up for an event,
 * one call per connection for a poll; after a wake only those are called whose time has come.
 *
 * @since 0.1.0
 */
export const perConnection = <C>(policy: ConnectionPolicy<C>): Policy<MembersState<C>> => {
  const { name, init, pollsRemembered = false } = policy;

  const one = (
    members: MembersState<C>,
    input: PolicyInput,
    connection: Connection,
    view: PmView,
    nowMs: number,
  ): { readonly members: MembersState<C>; readonly decision: ConnectionDecision<C> } => {
    const member = tableGet(members, connection.token);
    const decision = policy.step(member?.state ?? init, input, connection, view, nowMs);
    const wakeAtMs = decision.wakeAtMs ?? Number.NaN;
    const same =
      (member?.state ?? init) === decision.state &&
      Object.is(member?.wakeAtMs ?? Number.NaN, wakeAtMs);
    const { token } = connection;
    return {
      members: same ? members : remember(members, { token, state: decision.state, wakeAtMs }),
      decision,
    };
  };

  const remember = (members: MembersState<C>, member: Member<C>): MembersState<C> =>
    member.state === init && Number.isNaN(member.wakeAtMs)
      ? tableDelete(members, member.token)
      : tableSet(members, member);

  const step = (
    members: MembersState<C>,
    input: PolicyInput,
    view: PmView,
    nowMs: number,
  ): Decision<MembersState<C>> => {
    const token = tokenOf(input);
    if (token !== undefined) {
      if (input._tag === 'Event' && input.event._tag === 'Closed') {
        return { state: tableDelete(members, token), actions: NONE };
      }
      const connection = view.connection(token);
      if (connection === undefined || !connection.established) {
        return { state: members, actions: NONE };
      }
      const { members: state, decision } = one(members, input, connection, view, nowMs);
      return decided(state, decision.actions, decision.wakeAtMs);
    }
    if (input._tag === 'Event') return { state: members, actions: NONE };
    let state = members;
    const actions: Array<Action> = [];
    let wakeAtMs: number | undefined;
    const call = (connection: Connection): void => {
      const { members: next, decision } = one(state, input, connection, view, nowMs);
      state = next;
      for (const action of decision.actions) actions.push(action);
      wakeAtMs = earliest(wakeAtMs, decision.wakeAtMs);
    };
    if (input._tag === 'Wake') {
      for (const member of tableEntries(members)) {
        const due = member.wakeAtMs <= nowMs;
        const connection = due ? view.connection(member.token) : undefined;
        if (connection?.established === true) call(connection);
        else if (!due && !Number.isNaN(member.wakeAtMs)) {
          wakeAtMs = earliest(wakeAtMs, member.wakeAtMs);
        }
      }
    } else if (input._tag === 'Polled' && pollsRemembered) {
      for (const { token: remembered } of tableEntries(members)) {
        const connection = view.connection(remembered);
        if (connection?.established === true) call(connection);
      }
    } else {
      for (const connection of view.connections()) if (connection.established) call(connection);
    }
    return decided(state, actions, wakeAtMs);
  };

  return { name, init: emptyTable(), step };
};

const decided = <S>(
  state: S,
  actions: ReadonlyArray<Action>,
  wakeAtMs: number | undefined,
): Decision<S> => (wakeAtMs === undefined ? { state, actions } : { state, actions, wakeAtMs });

/** Nothing to do, nothing to remember. @internal */
export const idle = <C>(state: C, wakeAtMs?: number): ConnectionDecision<C> => ({
  state,
  actions: NONE,
  wakeAtMs,
});
