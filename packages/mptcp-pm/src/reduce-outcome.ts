/** How the outcomes of our own commands change what is known. */

import { type IpAddress, ipv4FromUint32 } from '@liquid/types';
import type { PmEvent } from './event.js';
import type { Command } from './input.js';
import type { SubflowKey } from './model.js';
import type { Action, Refusal } from './policy.js';
import {
  dropConnection,
  dropSubflow,
  eventFields,
  getConnection,
  inferredClose,
  type KnownConnection,
  makeSubflow,
  type News,
  news,
  pairOf,
  type PmState,
  putConnection,
  replaceSubflow,
  withClaim,
  withLocalId,
  withoutClaim,
  withSubflows,
} from './state.js';

const find = (connection: KnownConnection, key: SubflowKey) =>
  connection.subflows.find((subflow) => subflow.key === key);

type Create = Extract<Action, { readonly _tag: 'CreateSubflow' }>;

const created = (
  state: PmState,
  connection: KnownConnection,
  action: Create,
  command: Command,
  answered: boolean,
  atMs: number,
): News => {
  const open = withoutClaim(connection, pairOf(action));
  if (answered) return news(putConnection(state, open));
  const subflow = makeSubflow(
    {
      token: action.token,
      local: action.local,
      localPort: 0,
      remote: action.remote,
      remotePort: action.remotePort,
      localId: action.localId ?? 0,
      remoteId: 0,
      phase: 'created',
      initial: false,
      backup: action.backup,
      backupRemote: false,
      interfaceIndex: action.interfaceIndex ?? 0,
    },
    atMs,
    command.serial,
  );
  const event: PmEvent = { _tag: 'SubCreated', ...eventFields(subflow) };
  const next = withSubflows(open, [...open.subflows, subflow]);
  return news(putConnection(state, next), [event]);
};

const accepted = (
  state: PmState,
  connection: KnownConnection,
  command: Command,
  answered: boolean,
  atMs: number,
): News => {
  const { action, by } = command;
  switch (action._tag) {
    case 'CreateSubflow':
      return created(state, connection, action, command, answered, atMs);
    case 'SetBackup': {
      const subflow = find(connection, action.subflow);
      if (subflow === undefined) return news(putConnection(state, connection));
      const changed = replaceSubflow(connection, subflow, {
        ...subflow,
        backup: action.backup,
        backupAtMs: atMs,
      });
      return news(
        putConnection(
          state,
          action.backup ? withClaim(changed, subflow.key, by) : withoutClaim(changed, subflow.key),
        ),
      );
    }
    case 'Destroy':
    case 'Abort': {
      const subflow = find(connection, action.subflow);
      if (subflow === undefined) return news(putConnection(state, connection));
      const ending = replaceSubflow(connection, subflow, {
        ...subflow,
        phase: 'closing',
        sinceMs: atMs,
      });
      return news(putConnection(state, withClaim(ending, pairOf(subflow), by)));
    }
    case 'Announce': {
      const id = action.id ?? 0;
      const announced = [
        ...connection.announced.filter((known) => known.id !== id),
        { id, address: action.address },
      ];
      const localIds = withLocalId(connection.localIds, action.address, id);
      return news(putConnection(state, { ...connection, announced, localIds }));
    }
    case 'Remove': {
      const announced = connection.announced.filter((known) => known.id !== action.id);
      const localIds = connection.localIds.filter((known) => known.id !== action.id);
      return news(putConnection(state, { ...connection, announced, localIds }));
    }
  }
};

/** What stands for an address that the kernel has under an id, and hasn't told. */
const ANOTHER: IpAddress = ipv4FromUint32(0);

/** The connection with the id of a refused action as another address's: the next try takes a free one. */
const withForeignId = (connection: KnownConnection, action: Action): KnownConnection => {
  const id =
    action._tag === 'CreateSubflow'
      ? action.localId
      : action._tag === 'Announce'
        ? action.id
        : undefined;
  if (id === undefined || id === 0) return connection;
  const others = connection.localIds.filter((known) => known.id !== id);
  return { ...connection, localIds: [...others, { id, address: ANOTHER }] };
};

/** What a refusal tells of the connection; its tags are those of the manager's errors. */
const refused = (
  state: PmState,
  connection: KnownConnection,
  { action }: Command,
  refusal: Refusal,
  atMs: number,
): News => {
  switch (refusal.tag) {
    case 'UnknownToken': {
      // Before ESTABLISHED the kernel says the same of a connection that lives.
      if (!connection.established) return news(putConnection(state, connection));
      const closed: PmEvent = { _tag: 'Closed', token: connection.token };
      return news(dropConnection(state, connection.token, 'inferred', atMs), [closed]);
    }
    case 'TcpFallback': {
      const closed: PmEvent = { _tag: 'Closed', token: connection.token };
      return news(dropConnection(state, connection.token, 'fallback', atMs), [closed]);
    }
    case 'SubflowNotFound': {
      const subflow = 'subflow' in action ? find(connection, action.subflow) : undefined;
      if (subflow === undefined) return news(putConnection(state, connection));
      const end = { atMs, error: 0, byEvent: false };
      return news(dropSubflow(state, connection, subflow, end), [inferredClose(subflow, 0)]);
    }
    case 'AddressIdMismatch':
      return news(putConnection(state, withForeignId(connection, action)));
    default:
      return news(putConnection(state, connection));
  }
};

/**
 * What is known after a command's outcome.
 *
 * @internal
 */
export const reduceOutcome = (
  state: PmState,
  command: Command,
  refusal: Refusal | undefined,
  atMs: number,
): News => {
  const known = getConnection(state, command.action.token);
  if (known === undefined) return news(state);
  const isIt = (serial: number): boolean => serial === command.serial;
  // Asked for on a connection that has had this token before, or told twice.
  if (!known.pending.some(({ serial }) => isIt(serial))) return news(state);
  const answered = known.answered.some(isIt);
  const connection: KnownConnection = {
    ...known,
    pending: known.pending.filter(({ serial }) => !isIt(serial)),
    answered: answered ? known.answered.filter((serial) => !isIt(serial)) : known.answered,
  };
  return refusal === undefined
    ? accepted(state, connection, command, answered, atMs)
    : refused(state, connection, command, refusal, atMs);
};
