/** Which of several policies' actions pass: the earlier policy prevails, and a connection stays usable. */

import { ipVersion, unmapIpv4 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { localIdOf } from './address-ids.js';
import { samePair } from './four-tuple.js';
import { type Command, USER } from './input.js';
import type { SubflowKey } from './model.js';
import type { Action } from './policy.js';
import { claimOn, type KnownConnection, type KnownSubflow, pairOf } from './state.js';

/** Who asks, and what bounds there are. @internal */
export interface Asking {
  readonly by: string;
  /** Place of a policy in the list, the lower the stronger; undefined for one that isn't there. */
  readonly rankOf: (name: string) => number | undefined;
  /**
   * First serial of the decision in hand: several subflows between the same addresses may be asked
   * for in one decision, not in a second one while the first is pending.
   */
  readonly firstSerial: number;
  readonly maxSubflows: number;
}

/** An action with its ids, or why it may not pass. @internal */
export type Admission = E.Either<string, Action>;

const no = (why: string): Admission => E.left(why);

type Create = Extract<Action, { readonly _tag: 'CreateSubflow' }>;

/** Whether someone of more weight than the asking policy has a say in it. */
const claimedByStronger = (connection: KnownConnection, of: string, asking: Asking) => {
  if (connection.claims.length === 0) return undefined;
  const claim = claimOn(connection, of);
  if (claim === undefined) return undefined;
  const theirs = claim.by === USER ? -1 : asking.rankOf(claim.by);
  const ours = asking.rankOf(asking.by);
  return theirs !== undefined && ours !== undefined && theirs < ours ? claim.by : undefined;
};

const pendingOn = (connection: KnownConnection, key: SubflowKey): Command | undefined => {
  for (const command of connection.pending) {
    if ('subflow' in command.action && command.action.subflow === key) return command;
  }
  return undefined;
};

/**
 * As far as commands under way leave it so: established, and whether it is backup then. What they are
 * to bring back doesn't count yet: they may be refused.
 */
const standing = (
  connection: KnownConnection,
  subflow: KnownSubflow,
): 'active' | 'backup' | 'gone' => {
  if (subflow.phase !== 'established') return 'gone';
  const pending = pendingOn(connection, subflow.key)?.action;
  if (pending?._tag === 'Destroy' || pending?._tag === 'Abort') return 'gone';
  const backup = subflow.backup || (pending?._tag === 'SetBackup' && pending.backup);
  return backup || subflow.backupRemote ? 'backup' : 'active';
};

/** Whether the connection keeps what it needs when a subflow is ended or made backup. */
const canSpare = (connection: KnownConnection, subflow: KnownSubflow): boolean => {
  const spare = standing(connection, subflow) === 'backup';
  for (const other of connection.subflows) {
    if (other === subflow) continue;
    const left = standing(connection, other);
    if (left === 'active' || (spare && left === 'backup')) return true;
  }
  return false;
};

const hasUsable = (connection: KnownConnection): boolean =>
  connection.subflows.some((subflow) => standing(connection, subflow) !== 'gone');

const hasActive = (connection: KnownConnection): boolean =>
  connection.subflows.some((subflow) => standing(connection, subflow) === 'active');

/** A creation between the same addresses that has not ended yet, but for those of this decision. */
const isUnderWay = (connection: KnownConnection, action: Create, asking: Asking): boolean => {
  for (const { serial, by, action: other } of connection.pending) {
    if (other._tag !== 'CreateSubflow' || !samePair(other, action)) continue;
    if (by !== asking.by || serial < asking.firstSerial) return true;
  }
  for (const subflow of connection.subflows) {
    if (subflow.phase === 'created' && samePair(subflow, action)) return true;
  }
  return false;
};

const pendingCreations = (connection: KnownConnection): number => {
  let count = 0;
  for (const { action } of connection.pending) if (action._tag === 'CreateSubflow') count++;
  return count;
};

const admitCreate = (connection: KnownConnection, asked: Create, asking: Asking): Admission => {
  // The kernel wants both of one family, and takes plain IPv4 on dual-stack sockets.
  const local = unmapIpv4(asked.local);
  const remote = unmapIpv4(asked.remote);
  const localId = asked.localId ?? localIdOf(connection, local);
  if (localId === undefined) return no('all address ids are taken');
  const action: Create = { ...asked, local, remote, localId };
  if (asking.by === USER) return E.right(action);
  if (ipVersion(local) !== ipVersion(remote)) return no('addresses of two families');
  if (!connection.established) return no('the connection is not established yet');
  const { initial } = connection;
  if (
    connection.denyJoinId0 &&
    initial.remotePort === action.remotePort &&
    unmapIpv4(initial.remote) === remote
  ) {
    return no('the peer takes no further subflow to its initial address');
  }
  if (connection.subflows.length + pendingCreations(connection) >= asking.maxSubflows) {
    return no(`${asking.maxSubflows} subflows are the limit`);
  }
  if (isUnderWay(connection, action, asking)) return no('one is under way there');
  const stronger = claimedByStronger(connection, pairOf(action), asking);
  // Without any subflow the connection is at stake: whoever saves it may.
  if (stronger !== undefined && hasUsable(connection)) return no(`${stronger} ended it there`);
  return E.right(action);
};

const admitSetBackup = (
  connection: KnownConnection,
  subflow: KnownSubflow,
  action: Extract<Action, { readonly _tag: 'SetBackup' }>,
  asking: Asking,
): Admission => {
  if (asking.by === USER) return E.right(action);
  if (subflow.phase !== 'established') return no('the subflow is not established');
  if (subflow.backup === action.backup) return no('it is so already');
  if (action.backup) {
    return canSpare(connection, subflow) ? E.right(action) : no('it is the last usable subflow');
  }
  const stronger = claimedByStronger(connection, subflow.key, asking);
  return stronger !== undefined && hasActive(connection)
    ? no(`${stronger} made it backup`)
    : E.right(action);
};

const admitEnd = (
  connection: KnownConnection,
  subflow: KnownSubflow,
  action: Action,
  asking: Asking,
): Admission => {
  if (subflow.localPort === 0) return no('its port is not known yet');
  if (asking.by === USER || subflow.phase === 'created') return E.right(action);
  if (subflow.phase === 'closing') return no('it is ending already');
  return canSpare(connection, subflow) ? E.right(action) : no('it is the last usable subflow');
};

/**
 * Whether an action of a policy passes, with its ids filled in. Rules, in this order: what is asked
 * must make sense (the subflow exists, families agree, the connection is established); nothing is done
 * twice while it is under way; a stronger policy's word on a subflow or pair stands; no connection
 * loses its last usable subflow. The user's own requests only get their ids.
 *
 * @internal
 */
export const admit = (
  connection: KnownConnection | undefined,
  action: Action,
  asking: Asking,
): Admission => {
  if (connection === undefined) return no('there is no such connection');
  switch (action._tag) {
    case 'CreateSubflow':
      return admitCreate(connection, action, asking);
    case 'SetBackup':
    case 'Destroy':
    case 'Abort': {
      const subflow = connection.subflows.find(({ key }) => key === action.subflow);
      if (subflow === undefined) return no('there is no such subflow');
      const other = pendingOn(connection, subflow.key);
      if (other !== undefined && asking.by !== USER) {
        return no(`${other.action._tag} of ${other.by} is under way`);
      }
      return action._tag === 'SetBackup'
        ? admitSetBackup(connection, subflow, action, asking)
        : admitEnd(connection, subflow, action, asking);
    }
    case 'Announce': {
      const id = action.id ?? localIdOf(connection, action.address);
      if (id === undefined) return no('all address ids are taken');
      return id === 0 ? no('the peer knows the initial address') : E.right({ ...action, id });
    }
    case 'Remove':
      return E.right(action);
  }
};
