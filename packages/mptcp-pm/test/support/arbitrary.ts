/** Arbitrary inputs of a manager: few tokens and addresses, so that they meet. */
import * as fc from 'fast-check';
import type { PmEvent } from '../../src/event.js';
import type { Command, EngineInput } from '../../src/input.js';
import type { FourTuple, SubflowSample } from '../../src/model.js';
import type { Action, AnyPolicy, PolicyInput, PmView } from '../../src/policy.js';
import { addresses, connectionFields, ip, LOCAL, sample, subflowFields, tuple } from './build.js';

/** Tokens that share a bucket, and others. */
const token = fc.constantFrom(1, 257, 513, 7, 0xffff_ffff);
const flag = fc.boolean();
const localIndex = fc.integer({ min: 0, max: 2 });

const fourTuple: fc.Arbitrary<FourTuple> = fc
  .record({ local: localIndex, port: fc.integer({ min: 40_000, max: 40_003 }), mapped: flag })
  .map(({ local, port, mapped }) => {
    const plain = tuple(local, port);
    if (!mapped) return plain;
    return { ...plain, local: ip(`::ffff:${plain.local}`), remote: ip(`::ffff:${plain.remote}`) };
  });

const subflow = fc
  .record({
    token,
    at: fourTuple,
    localId: fc.integer({ min: 0, max: 3 }),
    backup: flag,
  })
  .map(({ token, at, localId, backup }) => subflowFields(token, at, { localId, backup }));

const connection = fc
  .record({ token, port: fc.integer({ min: 40_000, max: 40_003 }), serverSide: flag, deny: flag })
  .map(({ token, port, serverSide, deny }) =>
    connectionFields(token, port, { serverSide, denyJoinId0: deny }),
  );

const event: fc.Arbitrary<PmEvent> = fc.oneof(
  connection.map((fields): PmEvent => ({ _tag: 'Created', ...fields })),
  {
    weight: 3,
    arbitrary: connection.map((fields): PmEvent => ({ _tag: 'Established', ...fields })),
  },
  token.map((token): PmEvent => ({ _tag: 'Closed', token })),
  fc
    .record({ token, remoteId: fc.integer({ min: 1, max: 3 }) })
    .map(({ token, remoteId }): PmEvent => {
      return { _tag: 'Announced', token, remoteId, address: ip(`192.0.2.${remoteId}`), port: 0 };
    }),
  fc
    .record({ token, remoteId: fc.integer({ min: 1, max: 3 }) })
    .map((fields): PmEvent => ({ _tag: 'Removed', ...fields })),
  {
    weight: 3,
    arbitrary: subflow.map((fields): PmEvent => ({ _tag: 'SubEstablished', ...fields })),
  },
  subflow.map((fields): PmEvent => ({ _tag: 'SubPriority', ...fields })),
  fc
    .record({ subflow, error: fc.constantFrom(0, 103, 104, 110), reset: flag, transient: flag })
    .map(
      ({ subflow, error, reset, transient }): PmEvent => ({
        _tag: 'SubClosed',
        ...subflow,
        error,
        ...(reset ? { reset: { reason: 0, transient } } : {}),
      }),
    ),
);

const row: fc.Arbitrary<SubflowSample> = fc
  .record({
    token,
    at: fourTuple,
    tcpState: fc.constantFrom(1, 1, 1, 2, 4, 8),
    rttUs: fc.integer({ min: 1, max: 2_000_000 }),
    cwnd: fc.integer({ min: 1, max: 1000 }),
    backup: flag,
    join: flag,
    appLimited: flag,
    bytesAcked: fc.integer({ min: 0, max: 10_000_000 }),
    localId: fc.integer({ min: 0, max: 3 }),
    fullyEstablished: fc.constantFrom(true, true, false),
    initiated: flag,
  })
  .map(({ token, at, ...rest }) => sample(token, at, rest));

const key = (at: FourTuple): string => `${at.local}|${at.localPort}|${at.remote}|${at.remotePort}`;

/** The rows of a poll: no four-tuple stands twice in a namespace. */
export const rows = fc.uniqueArray(row, {
  maxLength: 8,
  selector: (each) => key(each).replaceAll('::ffff:', ''),
});

export const action: fc.Arbitrary<Action> = fc
  .record({ token, at: fourTuple, local: localIndex, backup: flag, kind: fc.nat({ max: 5 }) })
  .map(({ token, at, local, backup, kind }): Action => {
    const plain = tuple(local, at.localPort);
    const name = `${plain.local}:${plain.localPort}>${plain.remote}:${plain.remotePort}`;
    if (kind <= 1) {
      const { remote, remotePort } = plain;
      return { _tag: 'CreateSubflow', token, local: plain.local, remote, remotePort, backup };
    }
    if (kind === 2) return { _tag: 'SetBackup', token, subflow: name, backup };
    if (kind === 3) return { _tag: 'Destroy', token, subflow: name };
    if (kind === 4) return { _tag: 'Abort', token, subflow: name };
    return { _tag: 'Announce', token, address: LOCAL[1] };
  });

/** An input that needs no knowledge of commands; `Outcome`s are made by whoever runs the engine. */
export const input = (
  command: fc.Arbitrary<Command>,
): fc.Arbitrary<(atMs: number) => EngineInput> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: event.map((event) => (atMs: number) => ({ _tag: 'Event' as const, atMs, event })),
    },
    {
      weight: 4,
      arbitrary: fc
        .record({ samples: rows, complete: flag })
        .map(({ samples, complete }) => (atMs: number) => ({
          _tag: 'Samples' as const,
          atMs,
          complete,
          samples,
        })),
    },
    fc.subarray([0, 1, 2]).map((up) => (atMs: number) => ({
      _tag: 'Addresses' as const,
      atMs,
      addresses: addresses(...up),
    })),
    fc.constant((atMs: number) => ({ _tag: 'Overrun' as const, atMs })),
    fc.constant((atMs: number) => ({ _tag: 'Wake' as const, atMs })),
    token.map((token) => (atMs: number) => ({ _tag: 'Gone' as const, atMs, token })),
    action.map((action) => (atMs: number) => ({ _tag: 'Request' as const, atMs, action })),
    command.map((command) => (atMs: number) => ({ _tag: 'Outcome' as const, atMs, command })),
  );

export const command: fc.Arbitrary<Command> = fc
  .record({ serial: fc.nat({ max: 5 }), by: fc.constantFrom('user', 'wild'), action })
  .map((each) => each);

/** How often a refusal sets a wild policy going again: each of its wishes may be withheld in turn. */
const STUBBORN_EVERY = 8;

/** A policy that wants anything at any time, by a script; it never listens. */
export const wild = (script: ReadonlyArray<Action>, name = 'wild'): AnyPolicy => ({
  name,
  init: 0,
  step: (state: unknown, input: PolicyInput, view: PmView) => {
    const at = state as number;
    if (input._tag === 'Withheld' && at % STUBBORN_EVERY !== 0)
      return { state: at + 1, actions: [] };
    const scripted = script[at % Math.max(1, script.length)];
    const actions: Array<Action> = scripted === undefined ? [] : [scripted];
    // And the worst: to end or rest whatever there is.
    for (const connection of view.connections()) {
      const victim = connection.subflows[at % Math.max(1, connection.subflows.length)];
      if (victim === undefined) continue;
      const { token, key } = victim;
      if (at % 3 === 0) actions.push({ _tag: 'Destroy', token, subflow: key });
      if (at % 3 === 1) actions.push({ _tag: 'SetBackup', token, subflow: key, backup: true });
      if (at % 3 === 2) actions.push({ _tag: 'Abort', token, subflow: key });
    }
    return { state: at + 1, actions };
  },
});
