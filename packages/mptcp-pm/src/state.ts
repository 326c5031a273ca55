/** What the manager knows of all connections, and how it changes by what it is told. */

import type { IpAddress } from '@liquid/types';
import type { PmEvent } from './event.js';
import { DEFAULT_ESTIMATE, type EstimateOptions, sumEstimates } from './estimate.js';
import { pairKey, sameAddress, subflowKey } from './four-tuple.js';
import { type End, type Graves, NO_GRAVES, withEnd, withGone } from './graves.js';
import type { Command } from './input.js';
import type {
  AddressId,
  Connection,
  FourTuple,
  LocalAddress,
  Subflow,
  SubflowPhase,
  Token,
} from './model.js';
import { emptyTable, type Table, tableDelete, tableGet, tableSet } from './table.js';

/** How what is known ages. @since 0.1.0 */
export interface StateOptions {
  readonly estimate: EstimateOptions;
  /** A SYN without an answer counts as failed after this time, ms. Default 5000. */
  readonly createTimeoutMs: number;
  /**
   * What a poll shows may be older than what an event said: changes of the last so many ms are not
   * undone by a poll. Default 250.
   */
  readonly graceMs: number;
  /**
   * A connection outlives its last subflow by the kernel's `close_timeout`; without news it is
   * forgotten after this time, ms. Default 60000.
   */
  readonly orphanMs: number;
}

/** @since 0.1.0 */
export const DEFAULT_STATE_OPTIONS: StateOptions = {
  estimate: DEFAULT_ESTIMATE,
  createTimeoutMs: 5000,
  graceMs: 250,
  orphanMs: 60_000,
};

/** A subflow with what only the manager needs. @internal */
export interface KnownSubflow extends Subflow {
  /** When a change of `backup` was accepted, so that an older sample doesn't undo it. */
  readonly backupAtMs: number;
}

/** Who last switched something off, so that a lesser policy does not switch it on again. @internal */
export interface Claim {
  /** Key of a subflow that was made backup, or of an address pair whose subflow was ended. */
  readonly of: string;
  readonly by: string;
}

/** A connection with what only the manager needs. @internal */
export interface KnownConnection extends Connection {
  readonly subflows: ReadonlyArray<KnownSubflow>;
  /** Ids that addresses of ours have had here; the kernel remembers them, so do we. */
  readonly localIds: ReadonlyArray<{ readonly id: AddressId; readonly address: IpAddress }>;
  /** Commands whose outcome hasn't come. */
  readonly pending: ReadonlyArray<Command>;
  /** Serials of pending creations whose subflow was established before the outcome came. */
  readonly answered: ReadonlyArray<number>;
  readonly claims: ReadonlyArray<Claim>;
  /** Since when polls have shown no subflow, ms; NaN while there is one. */
  readonly emptySinceMs: number;
}

/** All that is known; immutable. @since 0.1.0 */
export interface PmState {
  /** @internal */
  readonly table: Table<KnownConnection>;
  readonly addresses: ReadonlyArray<LocalAddress>;
  /** @internal */
  readonly graves: Graves;
  /** When events were lost that no complete poll has made up for; NaN if none were. @internal */
  readonly overrunAtMs: number;
}

/** Nothing is known yet. @since 0.1.0 */
export const emptyState: PmState = Object.freeze({
  table: emptyTable<KnownConnection>(),
  addresses: Object.freeze([]),
  graves: NO_GRAVES,
  overrunAtMs: Number.NaN,
});

/** What a change of the state tells the policies. @internal */
export interface News {
  readonly state: PmState;
  /** The event that came, unless it had been told before, then those that were inferred. */
  readonly events: ReadonlyArray<PmEvent>;
  readonly adopted: ReadonlyArray<Token>;
  /** Subflows that were to be backups, and are none. */
  readonly amiss: ReadonlyArray<Subflow>;
}

const NONE: ReadonlyArray<never> = Object.freeze([]);

/** @internal */
export const news = (
  state: PmState,
  events: ReadonlyArray<PmEvent> = NONE,
  adopted: ReadonlyArray<Token> = NONE,
): News => ({ state, events, adopted, amiss: NONE });

/** @internal */
export const getConnection = (state: PmState, token: Token): KnownConnection | undefined =>
  tableGet(state.table, token);

/** The state with a connection changed or added. @internal */
export const putConnection = (state: PmState, connection: KnownConnection): PmState => ({
  table: tableSet(state.table, connection),
  addresses: state.addresses,
  graves: state.graves,
  overrunAtMs: state.overrunAtMs,
});

/** The state without a connection that has ended. @internal */
export const dropConnection = (
  state: PmState,
  token: Token,
  end: Exclude<End, 'lives'>,
  atMs: number,
): PmState => ({
  table: tableDelete(state.table, token),
  addresses: state.addresses,
  graves: withEnd(state.graves, token, end, atMs),
  overrunAtMs: state.overrunAtMs,
});

/** The state with a connection that has lost a subflow. @internal */
export const dropSubflow = (
  state: PmState,
  connection: KnownConnection,
  gone: KnownSubflow,
  end: { readonly atMs: number; readonly error: number; readonly byEvent: boolean },
): PmState => ({
  table: tableSet(state.table, removeSubflow(connection, gone)),
  addresses: state.addresses,
  graves: withGone(state.graves, connection.token, { key: gone.key, ...end }),
  overrunAtMs: state.overrunAtMs,
});

/** @internal */
export interface ConnectionInit extends FourTuple {
  readonly token: Token;
  readonly established: boolean;
  readonly serverSide: boolean;
  readonly adopted: boolean;
  readonly denyJoinId0: boolean;
  readonly sinceMs: number;
}

/** A connection without subflows. @internal */
export const makeConnection = (init: ConnectionInit): KnownConnection => ({
  token: init.token,
  established: init.established,
  serverSide: init.serverSide,
  adopted: init.adopted,
  denyJoinId0: init.denyJoinId0,
  initial: tupleOf(init),
  subflows: NONE,
  remoteAddresses: NONE,
  announced: NONE,
  sinceMs: init.sinceMs,
  estimateBps: Number.NaN,
  localIds: NONE,
  pending: NONE,
  answered: NONE,
  claims: NONE,
  emptySinceMs: Number.NaN,
});

/** The four values alone, of something that has more. @internal */
export const tupleOf = (tuple: FourTuple): FourTuple => ({
  local: tuple.local,
  localPort: tuple.localPort,
  remote: tuple.remote,
  remotePort: tuple.remotePort,
});

/** @internal */
export interface SubflowInit extends FourTuple {
  readonly token: Token;
  readonly localId: AddressId;
  readonly remoteId: AddressId;
  readonly phase: SubflowPhase;
  readonly initial: boolean;
  readonly backup: boolean;
  readonly backupRemote: boolean;
  readonly interfaceIndex: number;
}

/**
 * A subflow that has just become known. `serial` tells apart those that wait for their port: two may
 * be on their way between the same addresses.
 *
 * @internal
 */
export const makeSubflow = (init: SubflowInit, atMs: number, serial?: number): KnownSubflow => ({
  key: serial === undefined ? subflowKey(init) : `${subflowKey(init)}#${serial}`,
  token: init.token,
  local: init.local,
  localPort: init.localPort,
  remote: init.remote,
  remotePort: init.remotePort,
  localId: init.localId,
  remoteId: init.remoteId,
  phase: init.phase,
  initial: init.initial,
  backup: init.backup,
  backupRemote: init.backupRemote,
  interfaceIndex: init.interfaceIndex,
  sinceMs: atMs,
  sample: undefined,
  sampledAtMs: 0,
  previousSample: undefined,
  previousSampledAtMs: 0,
  estimateBps: Number.NaN,
  backupAtMs: Number.NEGATIVE_INFINITY,
});

/** The connection with other subflows: their sum and the ids they show are brought up to date. @internal */
export const withSubflows = (
  connection: KnownConnection,
  subflows: ReadonlyArray<KnownSubflow>,
): KnownConnection => {
  let { localIds } = connection;
  for (const { local, localId } of subflows) localIds = withLocalId(localIds, local, localId);
  return { ...connection, subflows, localIds, estimateBps: sumEstimates(subflows) };
};

/** The ids of our addresses with one more, unless it is known. @internal */
export const withLocalId = (
  ids: KnownConnection['localIds'],
  address: IpAddress,
  id: AddressId,
): KnownConnection['localIds'] => {
  for (const known of ids) if (known.id === id && sameAddress(known.address, address)) return ids;
  return [...ids, { id, address }];
};

/** The connection with one subflow in another's place. @internal */
export const replaceSubflow = (
  connection: KnownConnection,
  old: KnownSubflow,
  subflow: KnownSubflow,
): KnownConnection =>
  withSubflows(
    connection,
    connection.subflows.map((each) => (each === old ? subflow : each)),
  );

/** The connection without a subflow; claims on its being backup end with it. */
const removeSubflow = (connection: KnownConnection, gone: KnownSubflow): KnownConnection => {
  const { claims } = connection;
  const next = withSubflows(
    connection,
    connection.subflows.filter((each) => each !== gone),
  );
  return claims.length === 0
    ? next
    : { ...next, claims: claims.filter((claim) => claim.of !== gone.key) };
};

/** The claim on a subflow or on the pair of a subflow, if there is one. @internal */
export const claimOn = (connection: KnownConnection, of: string): Claim | undefined =>
  connection.claims.find((claim) => claim.of === of);

/** @internal */
export const withClaim = (
  connection: KnownConnection,
  of: string,
  by: string,
): KnownConnection => ({
  ...connection,
  claims: [...connection.claims.filter((claim) => claim.of !== of), { of, by }],
});

/** @internal */
export const withoutClaim = (connection: KnownConnection, of: string): KnownConnection =>
  claimOn(connection, of) === undefined
    ? connection
    : { ...connection, claims: connection.claims.filter((claim) => claim.of !== of) };

/** The fields of an event about a subflow. @internal */
export const eventFields = (subflow: Subflow) => ({
  token: subflow.token,
  local: subflow.local,
  localPort: subflow.localPort,
  remote: subflow.remote,
  remotePort: subflow.remotePort,
  localId: subflow.localId,
  remoteId: subflow.remoteId,
  backup: subflow.backupRemote,
  interfaceIndex: subflow.interfaceIndex,
});

/** The event of a subflow's end that no kernel sent. @internal */
export const inferredClose = (subflow: Subflow, error: number): PmEvent => ({
  _tag: 'SubClosed',
  ...eventFields(subflow),
  error,
});

/** The pair of a subflow, as claims name it. @internal */
export const pairOf = (subflow: Omit<FourTuple, 'localPort'>): string => pairKey(subflow);
