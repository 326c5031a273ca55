/** Datagrams that Linux 6.1 sent, byte by byte: shorter structs and fewer attributes than today's. */
import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import {
  addresses,
  IPPROTO,
  joinPolicies,
  links,
  MessageCursor,
  MPTCP_SUBFLOW_FLAG,
  NLMSG,
  neighbours,
  RTM,
  readDiag,
  readDiagInto,
  readDiagRequest,
  readErrorMessage,
  readFamily,
  readPolicies,
  routes,
  rules,
  SOCK_DIAG,
  sourceOf,
  TCP_STATE,
  emptyDiagRow,
  emptyErrorMessage,
} from '../src/index.js';
import { right } from './support/messages.js';

interface Recorded {
  readonly step: string;
  readonly host: string;
  readonly family: 'control' | 'route' | 'sock-diag';
  readonly way: 'sent' | 'received';
  readonly hex: string;
}

const file = new URL('fixtures/linux-6.1.json', import.meta.url);
const { kernel, recorded } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly kernel: string;
  readonly recorded: ReadonlyArray<Recorded>;
};

/** What `read` makes of each answer of a family, in order. */
const answers = <A>(
  family: Recorded['family'],
  read: (message: MessageCursor, one: Recorded) => A | undefined,
): ReadonlyArray<A> =>
  recorded.flatMap((one) => {
    if (one.family !== family || one.way !== 'received') return [];
    const bytes = Uint8Array.from(Buffer.from(one.hex, 'hex'));
    const message = new MessageCursor();
    message.reset(sourceOf(bytes), bytes.length);
    const all: A[] = [];
    while (message.next()) {
      const value = read(message, one);
      if (value !== undefined) all.push(value);
    }
    expect(message.malformedAt).toBe(-1);
    return all;
  });

/** Which protocol the request before an answer asked for. */
const protocolBefore = (one: Recorded): number => {
  const request = recorded.slice(0, recorded.indexOf(one)).findLast(({ way }) => way === 'sent');
  const bytes = Uint8Array.from(Buffer.from(request?.hex ?? '', 'hex'));
  const message = new MessageCursor();
  message.reset(sourceOf(bytes), bytes.length);
  message.next();
  return right(readDiagRequest(message)).protocol;
};

const sockets = answers('sock-diag', (message, one) =>
  message.type === SOCK_DIAG.BY_FAMILY
    ? { ...one, socket: right(readDiag(message, protocolBefore(one))) }
    : undefined,
);

test('the recording is of that kernel', () => {
  expect(kernel).toMatch(/^6\.1\./);
});

describe('sockets', () => {
  test('structs are as long as that kernel has them, and what is behind them is 0', () => {
    const tcp = sockets.flatMap(({ socket }) => socket.tcp ?? []);
    const mptcp = sockets.flatMap(({ socket }) => socket.mptcp ?? []);
    expect(tcp.length).toBeGreaterThan(10);
    expect(mptcp.length).toBeGreaterThan(2);
    for (const { lengthBytes, state, sendWindowBytes } of tcp) {
      expect(lengthBytes).toBe(232);
      // The last field that is there.
      if (state === TCP_STATE.ESTABLISHED) expect(sendWindowBytes).toBeGreaterThan(0);
    }
    for (const { lengthBytes, subflowsTotal } of mptcp) {
      expect(lengthBytes).toBe(48);
      expect(subflowsTotal).toBe(0);
    }
  });

  test('nothing in them is unknown', () => {
    for (const { socket } of sockets) expect(socket.unknown).toBeUndefined();
  });

  test.each([
    ['IPv4', '10.0.0.1', '10.0.1.1'],
    ['IPv6', 'fd00::1', 'fd00:1::1'],
    ['IPv4 mapped into IPv6', '::ffff:10.0.0.1', '::ffff:10.0.1.1'],
  ])('%s: both subflows, their ids and one token', (name, near, far) => {
    const own = sockets.filter(
      ({ step, host, socket }) =>
        step === `${name}: look at the sockets` &&
        host === 'client' &&
        socket.state === TCP_STATE.ESTABLISHED &&
        socket.protocol === IPPROTO.TCP &&
        socket.id.remotePort === 4433,
    );
    expect(own.map(({ socket }) => socket.id.local).sort()).toEqual([near, far].sort());
    const subflows = new Map(
      own.map(({ socket }) => [String(socket.id.local), socket.upperLayer?.mptcp]),
    );
    expect(subflows.get(near)).toMatchObject({ idLocal: 0, idRemote: 0 });
    expect(subflows.get(far)?.idLocal).toBe(1);
    expect(subflows.get(far)?.tokenLocal).toBe(subflows.get(near)?.tokenLocal);
    const { MCAP_LOC, MCAP_REM, JOIN_LOC, JOIN_REM } = MPTCP_SUBFLOW_FLAG;
    expect((subflows.get(near)?.flags ?? 0) & (MCAP_LOC | MCAP_REM)).toBe(MCAP_LOC | MCAP_REM);
    expect((subflows.get(far)?.flags ?? 0) & (JOIN_LOC | JOIN_REM)).toBe(JOIN_LOC | JOIN_REM);
  });

  test('a backup is seen on the side that asked for it', () => {
    const flags = sockets
      .filter(({ step, socket }) => step === 'IPv4: to backup' && socket.id.local === '10.0.1.1')
      .map(({ socket }) => socket.upperLayer?.mptcp?.flags ?? 0);
    expect(flags).toHaveLength(1);
    expect((flags[0] ?? 0) & MPTCP_SUBFLOW_FLAG.BKUP_LOC).not.toBe(0);
  });

  test('the hot form reads the same, after a longer row was read into it', () => {
    const row = emptyDiagRow();
    row.tcp.lengthBytes = 280;
    row.mptcp.subflowsTotal = 9;
    const pairs = answers('sock-diag', (message, one) => {
      if (message.type !== SOCK_DIAG.BY_FAMILY) return undefined;
      const protocol = protocolBefore(one);
      expect(readDiagInto(message, row, protocol)).toBe(true);
      const socket = right(readDiag(message, protocol));
      return [
        [
          row.localPort,
          row.state,
          row.subflow.tokenLocal,
          row.subflow.flags,
          row.receiveBufferBytes,
        ],
        [
          socket.id.localPort,
          socket.state,
          socket.upperLayer?.mptcp?.tokenLocal ?? 0,
          socket.upperLayer?.mptcp?.flags ?? 0,
          socket.socketMemory?.receiveBufferBytes ?? 0,
        ],
      ];
    });
    for (const [hot, rich] of pairs) expect(hot).toEqual(rich);
  });
});

test('the family, its groups, and a policy for each of its commands', () => {
  const families = answers('control', (message) =>
    message.type === 16 ? readFamily(message) : undefined,
  ).filter(E.isRight);
  const [first] = families;
  expect(first?.right).toMatchObject({ name: 'mptcp_pm', version: 1 });
  expect(first?.right.groups.map(({ name }) => name)).toEqual(['mptcp_pm_cmds', 'mptcp_pm_events']);
  const parts = answers('control', (message, { step }) =>
    message.type === 16 && step.startsWith('the family') ? right(readPolicies(message)) : undefined,
  );
  expect(joinPolicies(parts).operations.length).toBeGreaterThan(5);
});

test('a family that is not there is refused', () => {
  const errors = answers('control', (message, { step }) => {
    if (message.type !== NLMSG.ERROR || !step.startsWith('the family')) return undefined;
    const error = emptyErrorMessage();
    return readErrorMessage(message, error) ? error.error : undefined;
  });
  expect(errors.filter((error) => error !== 0)).toEqual([-2]);
});

test('links, addresses, routes, rules and neighbours', () => {
  const read = <A>(
    type: number,
    one: (
      message: MessageCursor,
    ) => E.Either<{ readonly _tag: string; readonly message: string }, A>,
  ) => answers('route', (message) => (message.type === type ? right(one(message)) : undefined));
  expect(read(RTM.NEWLINK, links.read).map(({ name }) => name)).toEqual(['lo', 'eth0', 'eth1']);
  const own = read(RTM.NEWADDR, addresses.read).map(({ local, address }) => local ?? address);
  for (const address of ['10.0.0.1', '10.0.1.1', 'fd00::1', 'fd00:1::1']) {
    expect(own).toContain(address);
  }
  expect(read(RTM.NEWROUTE, routes.read).length).toBeGreaterThan(4);
  expect(read(RTM.NEWRULE, rules.read).length).toBeGreaterThan(2);
  for (const one of read(RTM.NEWNEIGH, neighbours.read)) expect(one).toBeDefined();
});
