/** A reset with MP_TCPRST, from the kernel's datagram to what is done about it: every reason, with and without flag T. */
import { readFileSync } from 'node:fs';
import { AttributeCursor, GENL_HEADER, NLMSG_HEADER, sourceOf } from '@liquid/netlink';
import { type IpAddress, unmapIpv4 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { describeEvent } from '../src/cli/describe.js';
import { eventLine } from '../src/cli/event-line.js';
import { createEngine, stepEngine } from '../src/engine.js';
import type { PmEvent } from '../src/event.js';
import { MPTCP_ATTR } from '../src/family.js';
import { decodeEvent } from '../src/family-event.js';
import type { EngineInput } from '../src/input.js';
import type { Action } from '../src/policy.js';
import { type Replacement, resetReaction } from '../src/policy/reset-reaction.js';

interface Recording {
  readonly recorded: ReadonlyArray<{
    readonly step: string;
    readonly host: string;
    readonly way: string;
    readonly hex: string;
  }>;
}

type Closed = Extract<PmEvent, { readonly _tag: 'SubClosed' }>;

const closedBy = (bytes: Uint8Array): Closed => {
  const event = decodeEvent(bytes);
  if (E.isLeft(event)) throw new Error(event.left.message);
  if (event.right._tag !== 'SubClosed') throw new Error(event.right._tag);
  return event.right;
};

/** Where the values of the reset's two attributes are. */
const resetAt = (bytes: Uint8Array): ReadonlyMap<number, number> => {
  const places = new Map<number, number>();
  const attributes = new AttributeCursor();
  attributes.reset(sourceOf(bytes), NLMSG_HEADER + GENL_HEADER, bytes.length);
  while (attributes.next()) places.set(attributes.type, attributes.start);
  return places;
};

/** What the peer of an abort is told, as recorded, with another reason and other flags. */
const datagramOf = (kernel: string, reason: number, flags: number): Uint8Array => {
  const url = new URL(`fixtures/linux-${kernel}.json`, import.meta.url);
  const { recorded } = JSON.parse(readFileSync(url, 'utf8')) as Recording;
  const told = recorded
    .filter(
      ({ way, host, step }) => way === 'event' && host === 'server' && step === 'IPv4: abort it',
    )
    .map(({ hex }) => Uint8Array.from(Buffer.from(hex, 'hex')))
    .find((bytes) => resetAt(bytes).has(MPTCP_ATTR.RESET_REASON));
  if (told === undefined) throw new Error('no reset was recorded');
  const places = resetAt(told);
  const view = new DataView(told.buffer);
  view.setUint32(places.get(MPTCP_ATTR.RESET_REASON) ?? -1, reason, true);
  view.setUint32(places.get(MPTCP_ATTR.RESET_FLAGS) ?? -1, flags, true);
  return told;
};

const OTHER = '10.9.9.9' as IpAddress;

/** What the policy does about it, beside one subflow that stays. */
const reactions = (closed: Closed, onPeer: Replacement): ReadonlyArray<Action> => {
  const policies = [resetReaction({ onPeer, onMiddlebox: 'none', serverSide: true })];
  const { token, local, remote, remotePort } = closed;
  const initial = { token, local, localPort: 1, remote, remotePort };
  const begin = { ...initial, serverSide: false, denyJoinId0: false };
  const { error: _error, reset: _reset, ...subflow } = closed;
  const events: ReadonlyArray<PmEvent> = [
    { _tag: 'Created', ...begin },
    { _tag: 'Established', ...begin },
    { ...subflow, _tag: 'SubEstablished' },
    closed,
  ];
  const addresses = [local, OTHER].map((address, i) => ({
    address,
    interfaceName: `eth${i}`,
    interfaceIndex: i + 2,
    up: true,
  }));
  const inputs: ReadonlyArray<EngineInput> = [
    { _tag: 'Addresses', atMs: 0, addresses },
    ...events.map((event) => ({ _tag: 'Event', atMs: 1, event }) as const),
  ];
  let engine = createEngine({ policies });
  const actions: Array<Action> = [];
  for (const input of inputs) {
    const stepped = stepEngine(engine, input);
    ({ engine } = stepped);
    actions.push(...stepped.commands.map(({ action }) => action));
  }
  return actions;
};

const REASONS = [
  'unspecified',
  'MPTCP error',
  'lack of resources',
  'prohibited',
  'too much outstanding data',
  'performance',
  'middlebox',
];

describe.each(['6.1', '6.18'])('Linux %s', (kernel) => {
  test.each(REASONS.flatMap((name, reason) => [false, true].map((T) => ({ name, reason, T }))))(
    '$name, T = $T',
    ({ name, reason, T }) => {
      const closed = closedBy(datagramOf(kernel, reason, T ? 1 : 0));
      expect(closed).toMatchObject({ error: 104, reset: { reason, transient: T } });
      const text = describeEvent({ _tag: 'Event', event: closed });
      expect(text).toContain(`error 104, ${name}${T ? ', may be tried again' : ''}`);
      expect(eventLine(closed)).toContain(`reset_reason:${reason},reset_flags:${T ? 1 : 0}`);
      // The peer has said that the same path is no use, unless it said that it may be later.
      expect(reactions(closed, 'same')).toMatchObject(
        T ? [{ local: unmapIpv4(closed.local) }] : [],
      );
      expect(reactions(closed, 'other')).toMatchObject([{ local: OTHER }]);
      expect(reactions(closed, 'none')).toEqual([]);
    },
  );

  test('reasons and flags of tomorrow', () => {
    const closed = closedBy(datagramOf(kernel, 0xffff_ffff, 0xffff_fffe));
    expect(closed.reset).toEqual({ reason: 0xffff_ffff, transient: false });
    expect(describeEvent({ _tag: 'Event', event: closed })).toContain('reason 4294967295');
    expect(closedBy(datagramOf(kernel, 9, 0xff)).reset).toEqual({ reason: 9, transient: true });
  });
});
