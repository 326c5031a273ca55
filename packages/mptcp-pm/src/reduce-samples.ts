/** How a poll changes what is known: it adopts, refreshes, and takes away what has gone. */

import { nextEstimate, sumEstimates } from './estimate.js';
import type { PmEvent } from './event.js';
import { sameTuple, subflowKey } from './four-tuple.js';
import { goneOf, type Graves, isLeftOver, swept, withEnd, withGone } from './graves.js';
import type { Subflow, SubflowSample, Token } from './model.js';
import { findByTuple, findUnbound, noteAnswer } from './reduce-event.js';
import {
  inferredClose,
  type KnownConnection,
  type KnownSubflow,
  makeConnection,
  makeSubflow,
  type News,
  type PmState,
  type StateOptions,
  tupleOf,
  withSubflows,
} from './state.js';
import { type Table, tableGet, tableMap, tableSet } from './table.js';

/** `TCP_ESTABLISHED`, `TCP_SYN_SENT`, `TCP_SYN_RECV`, `TCP_CLOSE`, `TCP_LISTEN` of the kernel. */
const ESTABLISHED = 1;
const SYN_SENT = 2;
const SYN_RECV = 3;
const CLOSE = 7;
const LISTEN = 10;

/** errno of a SYN that nobody answered. */
const ETIMEDOUT = 110;

/** Whether a row shows a subflow that exists: not one on its way and not a socket at its end. */
const isThere = (tcpState: number): boolean =>
  tcpState !== SYN_SENT && tcpState !== SYN_RECV && tcpState !== CLOSE && tcpState !== LISTEN;

const fromSample = (sample: SubflowSample) => ({
  token: sample.token,
  local: sample.local,
  localPort: sample.localPort,
  remote: sample.remote,
  remotePort: sample.remotePort,
  localId: sample.localId,
  remoteId: sample.remoteId,
  initial: !sample.join,
  backup: sample.backup,
  backupRemote: sample.backupRemote,
  interfaceIndex: sample.interfaceIndex,
});

/** A literal rather than a spread: a poll makes one of these per subflow. */
const refreshed = (
  known: KnownSubflow,
  sample: SubflowSample,
  atMs: number,
  options: StateOptions,
): KnownSubflow => {
  const sameKey = known.localPort === sample.localPort;
  const base = sameKey ? known : makeSubflow({ ...fromSample(sample), phase: known.phase }, atMs);
  const up = isThere(sample.tcpState);
  const phase = !up
    ? known.phase
    : sample.tcpState === ESTABLISHED && known.phase === 'created'
      ? 'established'
      : sample.tcpState === ESTABLISHED
        ? known.phase
        : 'closing';
  return {
    key: base.key,
    token: known.token,
    local: base.local,
    localPort: base.localPort,
    remote: base.remote,
    remotePort: base.remotePort,
    localId: sample.localId,
    remoteId: sample.remoteId,
    phase,
    initial: up ? !sample.join : known.initial,
    // An older poll must not undo what the kernel has accepted since.
    backup: known.backupAtMs > atMs - options.graceMs || !up ? known.backup : sample.backup,
    backupRemote: up ? sample.backupRemote : known.backupRemote,
    interfaceIndex: sample.interfaceIndex,
    sinceMs: phase === known.phase ? known.sinceMs : atMs,
    sample,
    sampledAtMs: atMs,
    previousSample: known.sample,
    previousSampledAtMs: known.sampledAtMs,
    estimateBps: up
      ? nextEstimate(
          options.estimate,
          known.estimateBps,
          sample,
          atMs,
          known.sample,
          known.sampledAtMs,
        )
      : known.estimateBps,
    backupAtMs: known.backupAtMs,
  };
};

const adoptSubflow = (sample: SubflowSample, atMs: number, options: StateOptions): KnownSubflow => {
  const phase = sample.tcpState === ESTABLISHED ? 'established' : 'closing';
  return refreshed(makeSubflow({ ...fromSample(sample), phase }, atMs), sample, atMs, options);
};

/** What a poll has so far: changed as its rows are read, frozen into the state at its end. */
interface Poll {
  readonly atMs: number;
  readonly complete: boolean;
  readonly options: StateOptions;
  /** Absent and unchanged since then: gone. */
  readonly cutoffMs: number;
  readonly graves: Graves;
  readonly events: Array<PmEvent>;
  readonly adopted: Array<Token>;
  readonly amiss: Array<Subflow>;
}

/** Whether the row is older than the event that told of the subflow's end. */
const isGone = (poll: Poll, sample: SubflowSample): boolean => {
  const gone = goneOf(poll.graves, sample.token, subflowKey(sample));
  return gone?.byEvent === true && poll.atMs - gone.atMs <= poll.options.graceMs;
};

/**
 * Whether the subflow was to be a backup from its beginning, and is none: Linux 6.1 takes no notice
 * of it. The first row shows it.
 */
const isAmiss = (known: KnownSubflow, sample: SubflowSample): boolean =>
  known.backup &&
  known.sample === undefined &&
  known.backupAtMs === Number.NEGATIVE_INFINITY &&
  sample.tcpState === ESTABLISHED &&
  !sample.backup;

/** Whether the row tells of the subflow just what was known of it but for the measurements. */
const isSteady = (known: KnownSubflow, sample: SubflowSample): boolean =>
  known.phase === 'established' &&
  sample.tcpState === ESTABLISHED &&
  !isAmiss(known, sample) &&
  known.localPort === sample.localPort &&
  known.remotePort === sample.remotePort &&
  known.localId === sample.localId &&
  known.local === sample.local &&
  known.remote === sample.remote;

/**
 * The connection where a poll brings nothing but measurements, as nearly all do; undefined where it
 * brings more.
 */
const measured = (
  poll: Poll,
  known: KnownConnection,
  rows: ReadonlyArray<SubflowSample>,
): KnownConnection | undefined => {
  const { atMs, options } = poll;
  // An adopted connection may learn more of its beginning.
  if (!known.established || known.adopted || rows.length !== known.subflows.length) {
    return undefined;
  }
  const subflows: Array<KnownSubflow> = [];
  for (const subflow of known.subflows) {
    let row: SubflowSample | undefined;
    for (const each of rows) {
      if (isSteady(subflow, each)) {
        row = each;
        break;
      }
    }
    if (row === undefined) return undefined;
    subflows.push(refreshed(subflow, row, atMs, options));
  }
  // A literal, as above.
  return {
    token: known.token,
    established: known.established,
    serverSide: known.serverSide,
    adopted: known.adopted,
    denyJoinId0: known.denyJoinId0,
    initial: known.initial,
    subflows,
    remoteAddresses: known.remoteAddresses,
    announced: known.announced,
    sinceMs: known.sinceMs,
    estimateBps: sumEstimates(subflows),
    localIds: known.localIds,
    pending: known.pending,
    answered: known.answered,
    claims: known.claims,
    emptySinceMs: known.emptySinceMs,
  };
};

const refreshConnection = (
  poll: Poll,
  known: KnownConnection,
  rows: ReadonlyArray<SubflowSample>,
): KnownConnection => {
  const steady = measured(poll, known, rows);
  if (steady !== undefined) return steady;
  const { atMs, options } = poll;
  let connection = known;
  const subflows: Array<KnownSubflow> = known.subflows.slice();
  let { initial, established, serverSide } = known;
  for (const sample of rows) {
    const up = isThere(sample.tcpState);
    if (up && sample.fullyEstablished && !established) {
      established = true;
      poll.adopted.push(known.token);
    }
    if (up && !sample.join && known.adopted && !sameTuple(initial, sample)) {
      initial = tupleOf(sample);
    }
    if (up && !sample.join && known.adopted && sample.initiated !== undefined) {
      serverSide = !sample.initiated;
    }
    const held = { ...connection, subflows };
    const old = findByTuple(held, sample) ?? findUnbound(held, sample);
    if (old === undefined) {
      if (!up || isGone(poll, sample)) continue;
      const subflow = adoptSubflow(sample, atMs, options);
      connection = noteAnswer(connection, sample);
      subflows.push(subflow);
      poll.events.push({
        _tag: 'SubEstablished',
        ...fromSample(sample),
        backup: sample.backupRemote,
      });
      continue;
    }
    if (!up && old.phase !== 'created') continue;
    const next = refreshed(old, sample, atMs, options);
    subflows[subflows.indexOf(old)] = next;
    if (isAmiss(old, sample)) poll.amiss.push(next);
    if (old.phase === 'created' && next.phase === 'established') {
      poll.events.push({
        _tag: 'SubEstablished',
        ...fromSample(sample),
        backup: sample.backupRemote,
      });
    }
  }
  return withSubflows({ ...connection, initial, established, serverSide }, subflows);
};

/** What is left of the subflows after time-outs and, of a complete poll, absences. */
const survivors = (poll: Poll, connection: KnownConnection): ReadonlyArray<KnownSubflow> => {
  const { atMs, complete, cutoffMs, options } = poll;
  const left = connection.subflows.filter((subflow) => {
    if (subflow.phase === 'created' && atMs - subflow.sinceMs >= options.createTimeoutMs) {
      poll.events.push(inferredClose(subflow, ETIMEDOUT));
      return false;
    }
    const present = subflow.sampledAtMs === atMs && subflow.sample !== undefined;
    if (!complete || present || subflow.sinceMs > cutoffMs) return true;
    // A SYN whose port isn't known can't be looked for.
    if (subflow.phase === 'created' && subflow.localPort === 0) return true;
    poll.events.push(inferredClose(subflow, 0));
    return false;
  });
  return left.length === connection.subflows.length ? connection.subflows : left;
};

/** The connection after a poll, or undefined where nothing tells of it any more. */
const settle = (poll: Poll, known: KnownConnection): KnownConnection | undefined => {
  const subflows = survivors(poll, known);
  const connection = subflows === known.subflows ? known : withSubflows(known, subflows);
  if (!poll.complete) return connection;
  if (subflows.length > 0) {
    return Number.isNaN(connection.emptySinceMs)
      ? connection
      : { ...connection, emptySinceMs: Number.NaN };
  }
  const { atMs, options } = poll;
  const emptySinceMs = Number.isNaN(connection.emptySinceMs) ? atMs : connection.emptySinceMs;
  // Whether it has ended before, the kernel is asked: no subflow tells.
  if (atMs - emptySinceMs >= options.orphanMs && connection.pending.length === 0) {
    poll.events.push({ _tag: 'Closed', token: known.token });
    return undefined;
  }
  return emptySinceMs === connection.emptySinceMs ? connection : { ...connection, emptySinceMs };
};

const adoptConnection = (
  poll: Poll,
  token: Token,
  rows: ReadonlyArray<SubflowSample>,
): KnownConnection | undefined => {
  const there = rows.filter((row) => isThere(row.tcpState));
  const first = there.find((row) => !row.join) ?? there[0];
  if (first === undefined) return undefined;
  const connection = makeConnection({
    token,
    local: first.local,
    localPort: first.localPort,
    remote: first.remote,
    remotePort: first.remotePort,
    established: there.some((row) => row.fullyEstablished),
    serverSide: !first.join && first.initiated === false,
    adopted: true,
    denyJoinId0: false,
    sinceMs: poll.atMs,
  });
  poll.adopted.push(token);
  return withSubflows(
    connection,
    there.map((row) => adoptSubflow(row, poll.atMs, poll.options)),
  );
};

const byToken = (samples: ReadonlyArray<SubflowSample>): Map<Token, Array<SubflowSample>> => {
  const groups = new Map<Token, Array<SubflowSample>>();
  for (const sample of samples) {
    // Connections that fell back to TCP have no token.
    if (sample.token === 0) continue;
    const group = groups.get(sample.token);
    if (group === undefined) groups.set(sample.token, [sample]);
    else group.push(sample);
  }
  return groups;
};

/** With the ends that the poll implies, and without those of long ago. */
const buried = (
  { atMs, complete, events, graves }: Poll,
  groups: ReadonlyMap<Token, unknown>,
): Graves => {
  let next = complete ? swept(graves, (token) => groups.has(token), atMs) : graves;
  for (const event of events) {
    if (event._tag === 'Closed') next = withEnd(next, event.token, 'inferred', atMs);
    if (event._tag !== 'SubClosed') continue;
    const { token, error } = event;
    next = withGone(next, token, { key: subflowKey(event), atMs, error, byEvent: false });
  }
  return next;
};

/**
 * What is known after a poll, with the events that it implies.
 *
 * @internal
 */
export const reduceSamples = (
  state: PmState,
  samples: ReadonlyArray<SubflowSample>,
  complete: boolean,
  atMs: number,
  options: StateOptions,
): News => {
  const overrun = complete && !Number.isNaN(state.overrunAtMs);
  const sinceMs = atMs - options.graceMs;
  const poll: Poll = {
    atMs,
    complete,
    options,
    cutoffMs: overrun ? Math.max(state.overrunAtMs, sinceMs) : sinceMs,
    graves: state.graves,
    events: [],
    adopted: [],
    amiss: [],
  };
  const groups = byToken(samples);
  let table: Table<KnownConnection> = tableMap(state.table, (known) => {
    const rows = groups.get(known.token);
    const fresh = rows === undefined ? known : refreshConnection(poll, known, rows);
    return settle(poll, fresh);
  });
  const graves = buried(poll, groups);
  for (const [token, rows] of groups) {
    if (tableGet(table, token) !== undefined) continue;
    if (isLeftOver(graves, token, atMs, options.graceMs)) continue;
    const adopted = adoptConnection(poll, token, rows);
    if (adopted !== undefined) table = tableSet(table, adopted);
  }
  return {
    state: {
      table,
      addresses: state.addresses,
      graves,
      overrunAtMs: complete ? Number.NaN : state.overrunAtMs,
    },
    events: poll.events,
    adopted: poll.adopted,
    amiss: poll.amiss,
  };
};
