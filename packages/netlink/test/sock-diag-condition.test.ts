/** Conditions on sockets, compiled to the kernel's bytecode: they say yes exactly where they hold. */
import { type Prefix, parsePrefix } from '@liquid/types';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AF,
  type DiagCondition,
  type DiagSubject,
  diagBytecode,
  diagMatches,
  INET_DIAG_BC,
  readDiagRequest,
} from '../src/index.js';
import { u16, u32, u64 } from './support/arbitraries.js';
import { cases } from './support/cases.js';
import { firstOf, recorded, right } from './support/messages.js';

const prefix = (text: string): Prefix => right(parsePrefix(text));

// Few values, so that conditions hold and fail about as often.
const PREFIXES = ['0.0.0.0/0', '192.0.2.0/24', '192.0.2.128/25', '2001:db8::/32', '::/0'].map(
  prefix,
);
const ADDRESSES: ReadonlyArray<readonly [number, ReadonlyArray<number>]> = [
  [AF.INET, [192, 0, 2, 1]],
  [AF.INET, [192, 0, 2, 200]],
  [AF.INET, [198, 51, 100, 1]],
  [AF.INET6, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  [AF.INET6, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]],
];
const port = fc.constantFrom(80, 443, 5001, 40000);
const ports = fc.tuple(port, port).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const few = fc.constantFrom(1, 2, 3);

const leaf: fc.Arbitrary<DiagCondition> = fc.record(
  {
    localPorts: ports,
    remotePorts: ports,
    local: fc.constantFrom(...PREFIXES),
    remote: fc.constantFrom(...PREFIXES),
    interfaceIndex: few,
    mark: fc.record({ value: few, mask: few }),
    cgroup: few.map(BigInt),
  },
  { requiredKeys: [] },
);
const { condition } = fc.letrec<{ condition: DiagCondition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.record(
      {
        localPorts: ports,
        all: fc.array(tie('condition'), { maxLength: 3 }),
        any: fc.array(tie('condition'), { maxLength: 3 }),
        not: tie('condition'),
      },
      { requiredKeys: [] },
    ),
  ),
}));

const subject: fc.Arbitrary<DiagSubject> = fc
  .tuple(
    fc.constantFrom(...ADDRESSES),
    fc.constantFrom(...ADDRESSES),
    fc.record({
      localPort: port,
      remotePort: port,
      interfaceIndex: few,
      mark: few,
      cgroup: few.map(BigInt),
    }),
  )
  .filter(([local, remote]) => local[0] === remote[0])
  .map(([local, remote, rest]) => ({
    ...rest,
    family: local[0],
    localAddress: Uint8Array.from(local[1]),
    remoteAddress: Uint8Array.from(remote[1]),
  }));

const inside = (family: number, address: Uint8Array, within: Prefix): boolean => {
  const [network = '', length = '0'] = within.split('/');
  const v4 = !network.includes(':');
  const mapped = family === AF.INET6 && v4;
  if (mapped && (address[10] !== 0xff || address[11] !== 0xff)) return false;
  if (!mapped && v4 !== (family === AF.INET)) return false;
  const bits = (bytes: Iterable<number>): string =>
    Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const wanted = v4
    ? bits(network.split('.').map(Number))
    : bits(network.startsWith('2001') ? [0x20, 1, 0xd, 0xb8] : []);
  return bits(mapped ? address.subarray(12) : address).startsWith(wanted.slice(0, Number(length)));
};

/** The condition by its words, without bytecode. */
const holds = (wanted: DiagCondition, socket: DiagSubject): boolean => {
  const { localPorts, remotePorts, local, remote, interfaceIndex, mark, cgroup } = wanted;
  const within = (value: number, range: readonly [number, number]): boolean =>
    value >= range[0] && value <= range[1];
  return (
    (localPorts === undefined || within(socket.localPort, localPorts)) &&
    (remotePorts === undefined || within(socket.remotePort, remotePorts)) &&
    (local === undefined || inside(socket.family, socket.localAddress, local)) &&
    (remote === undefined || inside(socket.family, socket.remoteAddress, remote)) &&
    (interfaceIndex === undefined || interfaceIndex === socket.interfaceIndex) &&
    (mark === undefined || (socket.mark & mark.mask) === (mark.value & mark.mask)) &&
    (cgroup === undefined || cgroup === socket.cgroup) &&
    (wanted.all ?? []).every((one) => holds(one, socket)) &&
    (wanted.any === undefined || wanted.any.some((one) => holds(one, socket))) &&
    (wanted.not === undefined || !holds(wanted.not, socket))
  );
};

test('the bytecode says yes exactly where the condition holds', () => {
  let yes = 0;
  fc.assert(
    fc.property(condition, subject, (wanted, socket) => {
      const said = diagMatches(diagBytecode(wanted), socket);
      if (said) yes++;
      expect(said).toBe(holds(wanted, socket));
    }),
    cases(0.1),
  );
  expect(yes).toBeGreaterThan(0);
});

test('the bytecode keeps the rules that the kernel checks it by', () => {
  fc.assert(
    fc.property(condition, (wanted) => {
      const bytecode = diagBytecode(wanted);
      const view = new DataView(bytecode.buffer);
      const starts = new Set<number>();
      let at = 0;
      for (; at < bytecode.length; at += view.getUint8(at + 1)) starts.add(at);
      expect(at).toBe(bytecode.length);
      for (const start of starts) {
        const no = start + view.getUint16(start + 2, true);
        // Forward, aligned, and to an operation, to the end, or four bytes past it.
        expect(no).toBeGreaterThan(start);
        expect(no % 4).toBe(0);
        expect(starts.has(no) || no === bytecode.length || no === bytecode.length + 4).toBe(true);
      }
    }),
    cases(0.02),
  );
});

test('what ss compiles is understood', () => {
  const [datagram] = recorded('ss-filter', '>');
  if (datagram === undefined) throw new Error('no request');
  const { bytecode } = right(readDiagRequest(firstOf(datagram)));
  const socket = (localPort: number, remotePort: number, last = 2): DiagSubject => ({
    family: AF.INET,
    localPort,
    remotePort,
    localAddress: Uint8Array.of(192, 0, 2, 1),
    remoteAddress: Uint8Array.of(192, 0, 2, last),
    interfaceIndex: 0,
    mark: 0,
    cgroup: 0n,
  });
  // dst 192.0.2.2 and ( dport = :5001 or sport ge :40004 )
  const said = [socket(1, 5001), socket(40004, 1), socket(1, 1), socket(1, 5001, 3)].map((one) =>
    diagMatches(bytecode ?? new Uint8Array(0), one),
  );
  expect(said).toEqual([true, true, false, false]);
});

test('bytes that are no bytecode end, as a no or a yes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), subject, (bytes, socket) => {
      expect(typeof diagMatches(bytes, socket)).toBe('boolean');
    }),
    cases(0.05),
  );
});

test('ports of conditions are in host order, unlike those of the socket', () => {
  const bytecode = diagBytecode({ localPorts: [0x1234, 0x1234] });
  const view = new DataView(bytecode.buffer);
  expect(view.getUint8(0)).toBe(INET_DIAG_BC.S_GE);
  expect(new Uint16Array(bytecode.buffer, 6, 1)[0]).toBe(0x1234);
});

test('marks and cgroups of any size', () => {
  fc.assert(
    fc.property(u32, u32, u64, u16, (value, mask, cgroup, localPort) => {
      const socket = {
        family: AF.INET,
        localPort,
        remotePort: 0,
        localAddress: new Uint8Array(4),
        remoteAddress: new Uint8Array(4),
        interfaceIndex: 0,
        mark: value,
        cgroup,
      };
      expect(diagMatches(diagBytecode({ mark: { value, mask }, cgroup }), socket)).toBe(true);
    }),
    cases(0.01),
  );
});
