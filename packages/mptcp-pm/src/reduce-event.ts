/** How the kernel's events change what is known. */

import type { ConnectionFields, OfConnection, PmEvent, SubflowFields } from './event.js';
import { samePair, sameTuple, subflowKey } from './four-tuple.js';
import type { FourTuple, RemoteAddress, Token } from './model.js';
import { goneOf, isEnded, isLeftOver, withEnd } from './graves.js';
import {
  dropConnection,
  dropSubflow,
  getConnection,
  type KnownConnection,
  type KnownSubflow,
  makeConnection,
  makeSubflow,
  type News,
  news,
  type PmState,
  putConnection,
  replaceSubflow,
  type StateOptions,
  tupleOf,
  withSubflows,
} from './state.js';

/** The initial subflow of a connection that begins: its ids are 0, no SUB_ESTABLISHED tells of it. */
const begin = (event: ConnectionFields, established: boolean, atMs: number): KnownConnection => {
  const connection = makeConnection({
    token: event.token,
    local: event.local,
    localPort: event.localPort,
    remote: event.remote,
    remotePort: event.remotePort,
    established,
    serverSide: event.serverSide,
    adopted: false,
    denyJoinId0: event.denyJoinId0,
    sinceMs: atMs,
  });
  const first = makeSubflow(
    {
      token: event.token,
      local: event.local,
      localPort: event.localPort,
      remote: event.remote,
      remotePort: event.remotePort,
      localId: 0,
      remoteId: 0,
      phase: 'established',
      initial: true,
      backup: false,
      backupRemote: false,
      interfaceIndex: 0,
    },
    atMs,
  );
  return withSubflows(connection, [first]);
};

const connectionBegins = (
  state: PmState,
  event: PmEvent & ConnectionFields,
  established: boolean,
  atMs: number,
): News => {
  const known = getConnection(state, event.token);
  if (known === undefined) {
    return news(putConnection(state, begin(event, established, atMs)), [event]);
  }
  if (!sameTuple(known.initial, event) && !known.adopted) {
    // The token lives on in another connection: the end of the first one was lost.
    const closed: PmEvent = { _tag: 'Closed', token: event.token };
    const without = dropConnection(state, event.token, 'inferred', atMs);
    return news(putConnection(without, begin(event, established, atMs)), [closed, event]);
  }
  const same = {
    ...known,
    established: known.established || established,
    serverSide: event.serverSide,
    denyJoinId0: event.denyJoinId0,
    initial: tupleOf(event),
  };
  return news(putConnection(state, same), [event]);
};

type Closing = Extract<PmEvent, { readonly _tag: 'SubClosed' }>;

/** A connection that is met in its middle. */
const adopt = (event: SubflowFields, atMs: number): KnownConnection =>
  makeConnection({
    token: event.token,
    local: event.local,
    localPort: event.localPort,
    remote: event.remote,
    remotePort: event.remotePort,
    established: true,
    serverSide: false,
    adopted: true,
    denyJoinId0: false,
    sinceMs: atMs,
  });

/** @internal */
export const findByTuple = (
  connection: KnownConnection,
  tuple: FourTuple,
): KnownSubflow | undefined => {
  for (const subflow of connection.subflows) if (sameTuple(subflow, tuple)) return subflow;
  return undefined;
};

/** The oldest subflow on its way between these addresses whose port isn't known yet. @internal */
export const findUnbound = (
  connection: KnownConnection,
  tuple: FourTuple,
): KnownSubflow | undefined => {
  for (const subflow of connection.subflows) {
    if (subflow.phase === 'created' && subflow.localPort === 0 && samePair(subflow, tuple)) {
      return subflow;
    }
  }
  return undefined;
};

/** A creation whose outcome is still to come and whose subflow this is. @internal */
export const noteAnswer = (connection: KnownConnection, tuple: FourTuple): KnownConnection => {
  for (const { serial, action } of connection.pending) {
    if (
      action._tag === 'CreateSubflow' &&
      samePair(action, tuple) &&
      !connection.answered.includes(serial)
    ) {
      return { ...connection, answered: [...connection.answered, serial] };
    }
  }
  return connection;
};

const fromEvent = (event: SubflowFields, initial: boolean) => ({
  token: event.token,
  local: event.local,
  localPort: event.localPort,
  remote: event.remote,
  remotePort: event.remotePort,
  localId: event.localId,
  remoteId: event.remoteId,
  initial,
  backup: false,
  // The attribute BACKUP of an event tells what the peer asked of us.
  backupRemote: event.backup,
  interfaceIndex: event.interfaceIndex,
});

const subflowUp = (
  connection: KnownConnection,
  event: SubflowFields,
  atMs: number,
): KnownConnection => {
  const known = findByTuple(connection, event) ?? findUnbound(connection, event);
  if (known === undefined) {
    const initial = sameTuple(connection.initial, event) && !connection.adopted;
    const subflow = makeSubflow({ ...fromEvent(event, initial), phase: 'established' }, atMs);
    return withSubflows(noteAnswer(connection, event), [...connection.subflows, subflow]);
  }
  const subflow: KnownSubflow = {
    ...makeSubflow({ ...fromEvent(event, known.initial), phase: 'established' }, atMs),
    backup: known.backup,
    backupAtMs: known.backupAtMs,
    sample: known.sample,
    sampledAtMs: known.sampledAtMs,
  };
  return replaceSubflow(connection, known, subflow);
};

/**
 * Whether a poll or an event has told of the end before: Linux before 6.11 tells twice of that of an
 * initial subflow. An error that wasn't told then is news.
 */
const isToldAgain = (state: PmState, event: Closing): boolean => {
  const gone = goneOf(state.graves, event.token, subflowKey(event));
  return gone !== undefined && (event.error === 0 || event.error === gone.error);
};

const subflowDown = (
  state: PmState,
  connection: KnownConnection,
  event: Closing,
  atMs: number,
): News => {
  const known = findByTuple(connection, event) ?? findUnbound(connection, event);
  if (known === undefined) return news(state, isToldAgain(state, event) ? [] : [event]);
  const end = { atMs, error: event.error, byEvent: true };
  return news(dropSubflow(state, connection, known, end), [event]);
};

const subflowPriority = (
  connection: KnownConnection,
  event: SubflowFields,
  atMs: number,
): KnownConnection => {
  const known = findByTuple(connection, event);
  return known === undefined
    ? subflowUp(connection, event, atMs)
    : replaceSubflow(connection, known, { ...known, backupRemote: event.backup });
};

const announce = (
  connection: KnownConnection,
  { id, address, port }: RemoteAddress,
): KnownConnection => ({
  ...connection,
  remoteAddresses: [
    ...connection.remoteAddresses.filter((known) => known.id !== id),
    { id, address, port },
  ],
});

/** An event about a connection that isn't known. */
const ofUnknown = (
  state: PmState,
  event: PmEvent & OfConnection,
  atMs: number,
  options: StateOptions,
): News => {
  const { token } = event;
  if (event._tag === 'Closed') {
    const ended = { ...state, graves: withEnd(state.graves, token, 'closed', atMs) };
    return news(ended, isEnded(state.graves, token, atMs) ? [] : [event]);
  }
  if (!adopts(event) || isLeftOver(state.graves, token, atMs, options.graceMs)) {
    return news(state, [event]);
  }
  const found = adopt(event, atMs);
  const first = event._tag === 'SubClosed' ? found : subflowUp(found, event, atMs);
  return news(putConnection(state, first), [event], [token]);
};

/** Whether an event about an unknown connection is worth adopting it for. */
const adopts = (event: PmEvent): event is PmEvent & SubflowFields =>
  event._tag === 'SubEstablished' ||
  event._tag === 'SubPriority' ||
  // An end by reset leaves a connection that may be saved.
  (event._tag === 'SubClosed' && event.error !== 0);

/**
 * What is known after an event. The news begins with the event itself, unless it was told before.
 *
 * @internal
 */
export const reduceEvent = (
  state: PmState,
  event: PmEvent,
  atMs: number,
  options: StateOptions,
): News => {
  switch (event._tag) {
    case 'Created':
      return connectionBegins(state, event, false, atMs);
    case 'Established':
      return connectionBegins(state, event, true, atMs);
    case 'ListenerCreated':
    case 'ListenerClosed':
      return news(state, [event]);
  }
  const connection = getConnection(state, event.token);
  if (connection === undefined) return ofUnknown(state, event, atMs, options);
  switch (event._tag) {
    case 'Closed':
      return news(dropConnection(state, event.token, 'closed', atMs), [event]);
    case 'Announced':
      return news(
        putConnection(
          state,
          announce(connection, { id: event.remoteId, address: event.address, port: event.port }),
        ),
        [event],
      );
    case 'Removed': {
      const rest = connection.remoteAddresses.filter(({ id }) => id !== event.remoteId);
      return news(putConnection(state, { ...connection, remoteAddresses: rest }), [event]);
    }
    case 'SubCreated': {
      if (findByTuple(connection, event) !== undefined) return news(state, [event]);
      const subflow = makeSubflow({ ...fromEvent(event, false), phase: 'created' }, atMs);
      const next = withSubflows(connection, [...connection.subflows, subflow]);
      return news(putConnection(state, next), [event]);
    }
    case 'SubEstablished':
      return news(putConnection(state, subflowUp(connection, event, atMs)), [event]);
    case 'SubPriority':
      return news(putConnection(state, subflowPriority(connection, event, atMs)), [event]);
    case 'SubClosed':
      return subflowDown(state, connection, event, atMs);
  }
};

/**
 * What is known once the kernel, asked for a connection, has none of this token. Its own event may
 * still be on its way.
 *
 * @internal
 */
export const reduceGone = (state: PmState, token: Token, atMs: number): News =>
  getConnection(state, token) === undefined
    ? news(state)
    : news(dropConnection(state, token, 'closed', atMs), [{ _tag: 'Closed', token }]);
