/** Which actions pass, rule by rule, and which id an address gets. */
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { localIdOf } from '../src/address-ids.js';
import { admit, type Asking } from '../src/combine.js';
import { subflowKey } from '../src/four-tuple.js';
import { type Command, MANAGER, USER } from '../src/input.js';
import type { Action } from '../src/policy.js';
import {
  type KnownConnection,
  makeConnection,
  makeSubflow,
  pairOf,
  withClaim,
  withSubflows,
} from '../src/state.js';
import { connectionFields, ip, LOCAL, REMOTE, tuple } from './support/build.js';

const TOKEN = 9;

/** Two policies, `strong` before `weak`. */
const asking = (by = 'weak', more: Partial<Asking> = {}): Asking => ({
  by,
  rankOf: (name) => ({ strong: 0, weak: 1 })[name],
  firstSerial: 100,
  maxSubflows: 8,
  ...more,
});

const connection = (more: Partial<KnownConnection> = {}): KnownConnection => ({
  ...makeConnection({
    ...connectionFields(TOKEN),
    established: true,
    adopted: false,
    sinceMs: 0,
    denyJoinId0: false,
  }),
  ...more,
});

type SubflowChange = Partial<Parameters<typeof makeSubflow>[0]>;

const subflow = (local: number, port: number, more: SubflowChange = {}) =>
  makeSubflow(
    {
      token: TOKEN,
      ...tuple(local, port),
      localId: local,
      remoteId: 0,
      phase: 'established',
      initial: local === 0,
      backup: false,
      backupRemote: false,
      interfaceIndex: 0,
      ...more,
    },
    0,
  );

const FIRST = subflow(0, 40_000);
const SECOND = subflow(1, 41_000);

const two = (first: SubflowChange = {}, second: SubflowChange = {}): KnownConnection =>
  withSubflows(connection(), [subflow(0, 40_000, first), subflow(1, 41_000, second)]);

const create = (more: Partial<Extract<Action, { _tag: 'CreateSubflow' }>> = {}): Action => ({
  _tag: 'CreateSubflow',
  token: TOKEN,
  local: LOCAL[1],
  remote: REMOTE,
  remotePort: 80,
  backup: false,
  ...more,
});

const setBackup = (of: typeof FIRST, backup: boolean): Action => ({
  _tag: 'SetBackup',
  token: TOKEN,
  subflow: of.key,
  backup,
});

const end = (of: typeof FIRST, _tag: 'Destroy' | 'Abort' = 'Destroy'): Action => ({
  _tag,
  token: TOKEN,
  subflow: of.key,
});

const pending = (action: Action, serial = 1, by = 'weak'): Command => ({ serial, by, action });

/** The action as it passed, or why it did not. */
const verdict = (
  of: KnownConnection | undefined,
  action: Action,
  by?: string,
  more?: Partial<Asking>,
): Action | string => {
  const admitted = admit(of, action, asking(by, more));
  return E.isLeft(admitted) ? admitted.left : admitted.right;
};

describe('subflows', () => {
  test('of nothing that is known, nothing is asked', () => {
    expect(verdict(undefined, create())).toBe('there is no such connection');
    expect(verdict(undefined, create(), USER)).toBe('there is no such connection');
    expect(verdict(connection(), end(SECOND))).toBe('there is no such subflow');
  });

  test('addresses are plain IPv4, with an id', () => {
    const mapped = create({ local: ip('::ffff:10.1.0.1'), remote: ip('::ffff:192.0.2.7') });
    expect(verdict(connection(), mapped)).toMatchObject({
      local: LOCAL[1],
      remote: REMOTE,
      localId: localIdOf(connection(), LOCAL[1]),
    });
    expect(verdict(connection(), create({ local: LOCAL[0] }))).toMatchObject({ localId: 0 });
    expect(verdict(connection(), create({ localId: 77 }))).toMatchObject({ localId: 77 });
  });

  test('what makes no sense does not pass, but for the user', () => {
    const mixed = create({ remote: ip('2001:db8::1') });
    expect(verdict(connection(), mixed)).toBe('addresses of two families');
    expect(verdict(connection(), mixed, USER)).toMatchObject({ _tag: 'CreateSubflow' });
    const early = connection({ established: false });
    expect(verdict(early, create())).toBe('the connection is not established yet');
    const denied = connection({ denyJoinId0: true });
    expect(verdict(denied, create())).toContain('its initial address');
    expect(verdict(denied, create({ remotePort: 81 }))).toMatchObject({ remotePort: 81 });
    expect(verdict(two(), create({ local: LOCAL[2] }), 'weak', { maxSubflows: 2 })).toBe(
      '2 subflows are the limit',
    );
  });

  test('one at a time between two addresses, but several of one decision', () => {
    const asked = connection({ pending: [pending(create(), 99)] });
    expect(verdict(asked, create())).toBe('one is under way there');
    expect(verdict(asked, create(), 'weak', { firstSerial: 99 })).toMatchObject({ backup: false });
    expect(verdict(asked, create(), 'strong', { firstSerial: 99 })).toBe('one is under way there');
    expect(verdict(asked, create({ local: LOCAL[2] }))).toMatchObject({ local: LOCAL[2] });
    expect(verdict(two({}, { phase: 'created' }), create())).toBe('one is under way there');
    // Beside one that is up: that is ndiffports, or a replacement.
    expect(verdict(two(), create())).toMatchObject({ local: LOCAL[1] });
  });

  test('where a stronger one ended a subflow nobody weaker opens one, unless all is lost', () => {
    const ended = (by: string, of = withSubflows(connection(), [FIRST])) =>
      withClaim(of, pairOf(SECOND), by);
    expect(verdict(ended('strong'), create())).toBe('strong ended it there');
    expect(verdict(ended(USER), create())).toBe(`${USER} ended it there`);
    expect(verdict(ended('strong'), create(), 'strong')).toMatchObject({ local: LOCAL[1] });
    expect(verdict(ended('weak'), create(), 'strong')).toMatchObject({ local: LOCAL[1] });
    expect(verdict(ended('gone'), create())).toMatchObject({ local: LOCAL[1] });
    expect(verdict(ended('strong', connection()), create())).toMatchObject({ local: LOCAL[1] });
  });
});

describe('the last usable subflow', () => {
  test('stays, whatever a policy wants; the user may', () => {
    const single = withSubflows(connection(), [FIRST]);
    for (const action of [end(FIRST), end(FIRST, 'Abort'), setBackup(FIRST, true)]) {
      expect(verdict(single, action)).toBe('it is the last usable subflow');
      expect(verdict(single, action, USER)).toBe(action);
    }
    expect(verdict(two(), end(FIRST))).toMatchObject({ _tag: 'Destroy' });
  });

  test('a subflow on its way, ending, or backup replaces none that carries data', () => {
    for (const other of [
      { phase: 'created' },
      { phase: 'closing' },
      { backup: true },
      { backupRemote: true },
    ] as const) {
      expect(verdict(two({}, other), end(FIRST))).toBe('it is the last usable subflow');
    }
    // A backup is spared where there is another one.
    expect(verdict(two({ backup: true }, { backup: true }), end(FIRST))).toMatchObject({
      _tag: 'Destroy',
    });
  });

  test('what is under way counts for the worse', () => {
    const busy = (action: Action, of = two()) => ({ ...of, pending: [pending(action)] });
    expect(verdict(busy(end(SECOND)), end(FIRST))).toBe('it is the last usable subflow');
    expect(verdict(busy(setBackup(SECOND, true)), setBackup(FIRST, true))).toBe(
      'it is the last usable subflow',
    );
    // It may be refused.
    const returning = busy(setBackup(SECOND, false), two({}, { backup: true }));
    expect(verdict(returning, setBackup(FIRST, true))).toBe('it is the last usable subflow');
    expect(verdict(returning, end(FIRST))).toBe('it is the last usable subflow');
    expect(verdict(busy(end(FIRST)), end(FIRST))).toBe('Destroy of weak is under way');
    expect(verdict(busy(end(FIRST)), end(FIRST), USER)).toMatchObject({ _tag: 'Destroy' });
  });
});

describe('rest and end', () => {
  test('of a subflow that is up, and not so already', () => {
    expect(verdict(two({}, { phase: 'created' }), setBackup(SECOND, true))).toBe(
      'the subflow is not established',
    );
    expect(verdict(two(), setBackup(SECOND, false))).toBe('it is so already');
    expect(verdict(two({}, { phase: 'closing' }), end(SECOND))).toBe('it is ending already');
    expect(verdict(two({}, { phase: 'created' }), end(SECOND))).toMatchObject({ _tag: 'Destroy' });
    const unbound = subflow(1, 0, { phase: 'created' });
    const known = withSubflows(connection(), [FIRST, unbound]);
    expect(verdict(known, end(unbound))).toBe('its port is not known yet');
    expect(verdict(known, end(unbound), USER)).toBe('its port is not known yet');
  });

  test("a stronger one's rest stands while something carries data", () => {
    const rested = (by: string, first: SubflowChange = {}) =>
      withClaim(two(first, { backup: true }), subflowKey(SECOND), by);
    expect(verdict(rested('strong'), setBackup(SECOND, false))).toBe('strong made it backup');
    expect(verdict(rested('strong', { phase: 'closing' }), setBackup(SECOND, false))).toMatchObject(
      { backup: false },
    );
    expect(verdict(rested(MANAGER), setBackup(SECOND, false))).toMatchObject({ backup: false });
  });
});

describe('announcements', () => {
  const announce = (address = LOCAL[1] as ReturnType<typeof ip>, id?: number): Action => ({
    _tag: 'Announce',
    token: TOKEN,
    address,
    ...(id === undefined ? {} : { id }),
  });

  test('an address gets its id; the initial one is known', () => {
    expect(verdict(connection(), announce())).toMatchObject({
      id: localIdOf(connection(), LOCAL[1]),
    });
    expect(verdict(connection(), announce(LOCAL[0]))).toBe('the peer knows the initial address');
    expect(verdict(connection(), announce(LOCAL[1], 7))).toMatchObject({ id: 7 });
    const remove: Action = { _tag: 'Remove', token: TOKEN, id: 7 };
    expect(verdict(connection(), remove)).toBe(remove);
  });

  test('255 ids, and no more', () => {
    const localIds = Array.from({ length: 255 }, (_, i) => ({
      id: i + 1,
      address: ip(`192.0.2.${i + 1}`),
    }));
    expect(verdict(connection({ localIds }), announce())).toBe('all address ids are taken');
    expect(verdict(connection({ localIds }), create())).toBe('all address ids are taken');
    const free = localIds.filter(({ id }) => id !== 200);
    expect(localIdOf(connection({ localIds: free }), LOCAL[1])).toBe(200);
  });
});

describe('ids of addresses', () => {
  test('are the same in every connection, and of an IPv4-mapped address', () => {
    const id = localIdOf(connection(), LOCAL[1]);
    expect(id).toBeGreaterThan(0);
    expect(id).toBeLessThan(256);
    expect(localIdOf(connection({ token: 7 }), ip('::ffff:10.1.0.1'))).toBe(id);
    expect(localIdOf(connection(), ip('::ffff:10.0.0.1'))).toBe(0);
  });

  test('stay what they were: as announced, else as used', () => {
    const used = [{ id: 5, address: LOCAL[1] }];
    const announced = [{ id: 6, address: LOCAL[1] }];
    expect(localIdOf(connection({ localIds: used }), LOCAL[1])).toBe(5);
    expect(localIdOf(connection({ localIds: used, announced }), LOCAL[1])).toBe(6);
    // What a subflow of another address showed as 0 is not this one's.
    const zero = [{ id: 0, address: LOCAL[1] }];
    expect(localIdOf(connection({ localIds: zero }), LOCAL[1])).toBeGreaterThan(0);
  });

  test("another's is passed over", () => {
    const id = localIdOf(connection(), LOCAL[1]) ?? 0;
    const others = (list: ReadonlyArray<number>) =>
      list.map((each) => ({ id: each, address: LOCAL[2] }));
    const next = (id % 255) + 1;
    expect(localIdOf(connection({ localIds: others([id]) }), LOCAL[1])).toBe(next);
    expect(localIdOf(connection({ announced: others([id]) }), LOCAL[1])).toBe(next);
  });
});
