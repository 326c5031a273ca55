/** Which sockets a dump brings: conditions as data, compiled to the bytecode that the kernel runs per socket. */

import { ipAddressToBytes, isIpv4, type Prefix, prefixAddress, prefixLength } from '@liquid/types';
import { HOST_LITTLE } from './host-order.js';
import { AF } from './sock-diag.js';

/** Operations of the bytecode (`INET_DIAG_BC_*` of linux/inet_diag.h). @since 0.1.0 */
export const INET_DIAG_BC = {
  NOP: 0,
  JMP: 1,
  S_GE: 2,
  S_LE: 3,
  D_GE: 4,
  D_LE: 5,
  AUTO: 6,
  S_COND: 7,
  D_COND: 8,
  DEV_COND: 9,
  MARK_COND: 10,
  S_EQ: 11,
  D_EQ: 12,
  CGROUP_COND: 13,
} as const;

/**
 * A condition on sockets. Each field of one object has to hold; `all`, `any` and `not` combine
 * objects. An IPv4 prefix also meets IPv4-mapped addresses of IPv6 sockets.
 *
 * @since 0.1.0
 */
export interface DiagCondition {
  /** Smallest and largest port of our end. */
  readonly localPorts?: readonly [number, number];
  readonly remotePorts?: readonly [number, number];
  readonly local?: Prefix;
  readonly remote?: Prefix;
  /** Index of the interface that the socket is bound to. */
  readonly interfaceIndex?: number;
  /** Needs CAP_NET_ADMIN. */
  readonly mark?: { readonly value: number; readonly mask: number };
  /** Id of a cgroup of version 2. */
  readonly cgroup?: bigint;
  readonly all?: ReadonlyArray<DiagCondition>;
  readonly any?: ReadonlyArray<DiagCondition>;
  readonly not?: DiagCondition;
}

/** Bytes of `struct inet_diag_bc_op`: code, step when it holds, step when not. */
const OP = 4;

interface Code {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** One operation. Where it fails it steps four bytes past its code, which the kernel takes as a no. */
const operation = (code: number, operandBytes: number): Code => {
  const bytes = new Uint8Array(OP + operandBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, code);
  view.setUint8(1, bytes.length);
  view.setUint16(2, bytes.length + OP, HOST_LITTLE);
  return { bytes, view };
};

const portBound = (code: number, port: number): Code => {
  const op = operation(code, OP);
  op.view.setUint16(OP + 2, port, HOST_LITTLE);
  return op;
};

const within = (code: number, prefix: Prefix): Code => {
  const address = ipAddressToBytes(prefixAddress(prefix));
  const length = prefixLength(prefix);
  const op = operation(code, 8 + (length === 0 ? 0 : address.length));
  op.view.setUint8(OP, isIpv4(prefixAddress(prefix)) ? AF.INET : AF.INET6);
  op.view.setUint8(OP + 1, length);
  // Any port.
  op.view.setInt32(OP + 4, -1, HOST_LITTLE);
  if (length > 0) op.bytes.set(address, OP + 8);
  return op;
};

const join = (...parts: ReadonlyArray<Code>): Code => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  return { bytes, view: new DataView(bytes.buffer) };
};

/** A jump of so many bytes, taken always. */
const jump = (bytes: number): Code => {
  const op = operation(INET_DIAG_BC.JMP, 0);
  op.view.setUint16(2, bytes, HOST_LITTLE);
  return op;
};

const both = (first: Code, second: Code): Code => {
  const whole = join(first, second);
  // Where the first part says no, it must step past the second too.
  for (let at = 0; at < first.bytes.length; at += whole.view.getUint8(at + 1)) {
    const step = whole.view.getUint16(at + 2, HOST_LITTLE);
    if (step === first.bytes.length - at + OP) {
      whole.view.setUint16(at + 2, step + second.bytes.length, HOST_LITTLE);
    }
  }
  return whole;
};

/** The first part's no steps over the jump into the second; its yes meets the jump past it. */
const either = (first: Code, second: Code): Code =>
  join(first, jump(second.bytes.length + OP), second);

/** A yes meets the jump to a no; a no steps over it to the end. */
const negated = (code: Code): Code => join(code, jump(2 * OP));

const always = (): Code => operation(INET_DIAG_BC.NOP, 0);

const compile = (condition: DiagCondition): Code => {
  const parts: Array<Code> = [];
  const { localPorts, remotePorts, local, remote, interfaceIndex, mark, cgroup } = condition;
  if (localPorts !== undefined) {
    parts.push(portBound(INET_DIAG_BC.S_GE, localPorts[0]));
    parts.push(portBound(INET_DIAG_BC.S_LE, localPorts[1]));
  }
  if (remotePorts !== undefined) {
    parts.push(portBound(INET_DIAG_BC.D_GE, remotePorts[0]));
    parts.push(portBound(INET_DIAG_BC.D_LE, remotePorts[1]));
  }
  if (local !== undefined) parts.push(within(INET_DIAG_BC.S_COND, local));
  if (remote !== undefined) parts.push(within(INET_DIAG_BC.D_COND, remote));
  if (interfaceIndex !== undefined) {
    const op = operation(INET_DIAG_BC.DEV_COND, 4);
    op.view.setUint32(OP, interfaceIndex, HOST_LITTLE);
    parts.push(op);
  }
  if (mark !== undefined) {
    const op = operation(INET_DIAG_BC.MARK_COND, 8);
    op.view.setUint32(OP, mark.value, HOST_LITTLE);
    op.view.setUint32(OP + 4, mark.mask, HOST_LITTLE);
    parts.push(op);
  }
  if (cgroup !== undefined) {
    const op = operation(INET_DIAG_BC.CGROUP_COND, 8);
    op.view.setBigUint64(OP, cgroup, HOST_LITTLE);
    parts.push(op);
  }
  for (const inner of condition.all ?? []) parts.push(compile(inner));
  if (condition.any !== undefined) {
    const [first, ...rest] = condition.any.map(compile);
    // Any of nothing is nothing.
    parts.push(rest.reduce(either, first ?? negated(always())));
  }
  if (condition.not !== undefined) parts.push(negated(compile(condition.not)));
  const [first, ...rest] = parts;
  return rest.reduce(both, first ?? always());
};

/**
 * The bytecode of a condition, for `INET_DIAG_REQ.BYTECODE`. The kernel's step is 16 bits: a
 * condition of more than about two thousand parts can't be expressed and is refused there.
 *
 * @example
 * ```ts
 * import { diagBytecode } from '@liquid/netlink'
 *
 * console.log(diagBytecode({ remotePorts: [443, 443] }).length) // 16
 * ```
 * @since 0.1.0
 */
export const diagBytecode = (condition: DiagCondition): Uint8Array => compile(condition).bytes;

/** What a bytecode may look at. */
export interface DiagSubject {
  readonly family: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** Network order, 4 or 16 bytes. */
  readonly localAddress: Uint8Array;
  readonly remoteAddress: Uint8Array;
  readonly interfaceIndex: number;
  readonly mark: number;
  readonly cgroup: bigint;
}

const bitsEqual = (a: Uint8Array, b: Uint8Array, bits: number): boolean => {
  for (let i = 0; i < bits; i++) {
    const shift = 7 - (i & 7);
    if ((((a[i >> 3] ?? 0) ^ (b[i >> 3] ?? 0)) >> shift) & 1) return false;
  }
  return true;
};

const addressHolds = (subject: DiagSubject, ofPeer: boolean, code: Code, at: number): boolean => {
  const family = code.view.getUint8(at + OP);
  const length = code.view.getUint8(at + OP + 1);
  const port = code.view.getInt32(at + OP + 4, HOST_LITTLE);
  if (port !== -1 && port !== (ofPeer ? subject.remotePort : subject.localPort)) return false;
  const wanted = code.bytes.subarray(at + OP + 8);
  const address = ofPeer ? subject.remoteAddress : subject.localAddress;
  if (family === AF.UNSPEC || family === subject.family) return bitsEqual(address, wanted, length);
  if (family !== AF.INET || subject.family !== AF.INET6) return false;
  const mapped = address.subarray(0, 10).every((byte) => byte === 0) && address[10] === 0xff;
  return mapped && address[11] === 0xff && bitsEqual(address.subarray(12), wanted, length);
};

const holds = (code: Code, at: number, subject: DiagSubject): boolean => {
  const { view } = code;
  const operand = (): number => view.getUint16(at + OP + 2, HOST_LITTLE);
  switch (view.getUint8(at)) {
    case INET_DIAG_BC.NOP:
      return true;
    case INET_DIAG_BC.S_GE:
      return subject.localPort >= operand();
    case INET_DIAG_BC.S_LE:
      return subject.localPort <= operand();
    case INET_DIAG_BC.D_GE:
      return subject.remotePort >= operand();
    case INET_DIAG_BC.D_LE:
      return subject.remotePort <= operand();
    case INET_DIAG_BC.S_COND:
      return addressHolds(subject, false, code, at);
    case INET_DIAG_BC.D_COND:
      return addressHolds(subject, true, code, at);
    case INET_DIAG_BC.DEV_COND:
      return subject.interfaceIndex === view.getUint32(at + OP, HOST_LITTLE);
    case INET_DIAG_BC.S_EQ:
      return subject.localPort === operand();
    case INET_DIAG_BC.D_EQ:
      return subject.remotePort === operand();
    case INET_DIAG_BC.MARK_COND: {
      const mask = view.getUint32(at + OP + 4, HOST_LITTLE);
      return ((subject.mark ^ view.getUint32(at + OP, HOST_LITTLE)) & mask) === 0;
    }
    case INET_DIAG_BC.CGROUP_COND:
      return subject.cgroup === view.getBigUint64(at + OP, HOST_LITTLE);
    default:
      return false;
  }
};

/** Bytes of an operation with what it compares to, an address apart. */
const needed = (code: Code, at: number): number => {
  switch (code.view.getUint8(at)) {
    case INET_DIAG_BC.S_COND:
    case INET_DIAG_BC.D_COND:
    case INET_DIAG_BC.MARK_COND:
    case INET_DIAG_BC.CGROUP_COND:
      return OP + 8;
    case INET_DIAG_BC.NOP:
    case INET_DIAG_BC.JMP:
      return OP;
    default:
      return 2 * OP;
  }
};

/**
 * Runs a bytecode as the kernel does, for scripted kernels and tests.
 *
 * @since 0.1.0
 */
export const diagMatches = (bytecode: Uint8Array, subject: DiagSubject): boolean => {
  const code: Code = {
    bytes: bytecode,
    view: new DataView(bytecode.buffer, bytecode.byteOffset, bytecode.byteLength),
  };
  let at = 0;
  while (at + OP <= bytecode.length) {
    const size = code.view.getUint8(at + 1);
    const yes = at + needed(code, at) <= bytecode.length && holds(code, at, subject);
    // Both steps go forward, or the end is a no: no bytecode can loop.
    const step = yes ? size : code.view.getUint16(at + 2, HOST_LITTLE);
    if (step < OP) return false;
    at += step;
  }
  return at === bytecode.length;
};
