/** An MPTCP stack out of a script: connections that a test makes, and the family's commands on them. */
import {
  addresses as addressTable,
  AF,
  type GenericFamily,
  IFF,
  IPPROTO,
  links as linkTable,
  type MessageCursor,
  MessageWriter,
  MPTCP_INFO_BYTES,
  MPTCP_INFO_FLAG,
  type MptcpInfo,
  MPTCP_SUBFLOW_FLAG,
  NETLINK,
  readDiagRequest,
  readMptcpInfo,
  readTcpInfo,
  RTM,
  SOCK_DIAG,
  sourceOf,
  TCP_INFO_BYTES,
  TCP_STATE,
  writeDiag,
} from '@liquid/netlink';
import {
  createFakeKernel,
  type FakeAnswer,
  type FakeKernel,
  fakeController,
} from '@liquid/netlink/testing';
import { isIpv6 } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { MPTCP_PM, PM_CMD } from '../../src/family.js';
import { decodeCommand, type PmCommand } from '../../src/family-command.js';
import { writeEvent } from '../../src/family-event.js';
import type { PmEvent } from '../../src/event.js';
import type { FourTuple, Token } from '../../src/model.js';
import { LOCAL } from './build.js';

const FAMILY = 29;
const EVENTS = 7;

const family: GenericFamily = {
  id: FAMILY,
  name: MPTCP_PM.NAME,
  version: 1,
  headerBytes: 0,
  maxAttribute: 0,
  operations: Object.values(PM_CMD).map((command) => ({ command, flags: 0 })),
  groups: [
    { name: MPTCP_PM.COMMANDS_GROUP, id: 6 },
    { name: MPTCP_PM.EVENTS_GROUP, id: EVENTS },
  ],
};

/** A subflow of the scripted stack. */
export interface FakeSubflow extends FourTuple {
  readonly token: Token;
  readonly initial: boolean;
  readonly backup?: boolean;
  readonly rttUs?: number;
  readonly state?: number;
  /** Fell back to TCP while it connected. */
  readonly fallback?: boolean;
}

/** The stack, as a test steers it. */
export interface FakeMptcp extends FakeKernel {
  readonly subflows: Array<FakeSubflow>;
  /** Commands of the family that came, oldest first; `SOCK_DESTROY` among them by its name. */
  readonly commands: Array<PmCommand | 'SOCK_DESTROY'>;
  /** What a command is answered with; by default it is accepted. */
  refuse: (
    command: PmCommand | 'SOCK_DESTROY',
  ) => readonly [code: number, text?: string] | undefined;
  /** Where it is a list, dumps of sockets are not answered, but put here. */
  held: Array<() => void> | undefined;
  /** TCP state of the connections' own sockets; established where there is none. */
  state: number | undefined;
  /** Dumps of sockets so far, and single questions. */
  readonly asked: { dumps: number; single: number };
  readonly tell: (event: PmEvent) => void;
  readonly loseEvents: () => void;
  /** The interface of one of the local addresses goes up or down. */
  readonly setLink: (local: number, up: boolean) => void;
}

const socketOf = (subflow: FakeSubflow): Parameters<typeof writeDiag>[1] => {
  const zero = readTcpInfo(sourceOf(new Uint8Array(TCP_INFO_BYTES)), 0, TCP_INFO_BYTES);
  const both = subflow.initial
    ? MPTCP_SUBFLOW_FLAG.MCAP_LOC | MPTCP_SUBFLOW_FLAG.MCAP_REM
    : MPTCP_SUBFLOW_FLAG.JOIN_LOC | MPTCP_SUBFLOW_FLAG.JOIN_REM;
  return {
    protocol: IPPROTO.TCP,
    state: subflow.state ?? TCP_STATE.ESTABLISHED,
    timer: 0,
    retransmits: 0,
    id: { ...subflow, interfaceIndex: 0, cookie: 1n },
    expiresMs: 0,
    receiveQueueBytes: 0,
    sendQueueBytes: 0,
    uid: 0,
    inode: 0,
    tcp: {
      ...zero,
      lengthBytes: TCP_INFO_BYTES,
      rttUs: subflow.rttUs ?? 20_000,
      cwnd: 10,
      sendMssBytes: 1448,
    },
    upperLayer: {
      name: 'mptcp',
      mptcp: {
        tokenLocal: subflow.token,
        idLocal: subflow.initial ? 0 : 5,
        idRemote: 0,
        flags: subflow.fallback
          ? MPTCP_SUBFLOW_FLAG.MCAP_LOC
          : both | (subflow.backup ? MPTCP_SUBFLOW_FLAG.BKUP_LOC : 0),
      },
    },
  };
};

const same = (a: FourTuple, b: FourTuple): boolean =>
  a.local === b.local &&
  a.localPort === b.localPort &&
  a.remote === b.remote &&
  a.remotePort === b.remotePort;

const ENOENT = 2;

const NO_INFO: MptcpInfo = readMptcpInfo(
  sourceOf(new Uint8Array(MPTCP_INFO_BYTES)),
  0,
  MPTCP_INFO_BYTES,
);

/** A stack with the interfaces of {@link LOCAL}; `rights`: whether events and commands are permitted. */
export const createFakeMptcp = ({ rights = true } = {}): FakeMptcp => {
  const subflows: Array<FakeSubflow> = [];
  const commands: Array<PmCommand | 'SOCK_DESTROY'> = [];
  const asked = { dumps: 0, single: 0 };
  const up = LOCAL.map(() => true);
  const writer = new MessageWriter();

  const answerOf = (answer: FakeAnswer, command: PmCommand | 'SOCK_DESTROY'): void => {
    commands.push(command);
    const [code = 0, text] = stack.refuse(command) ?? [];
    answer.ack(code, text === undefined ? {} : { text });
  };
  const flagsOf = (local: number): number => (up[local] ? IFF.UP | IFF.LOWER_UP : IFF.UP);
  const link = (local: number): MessageWriter =>
    linkTable.writeNew(writer, {
      index: local + 2,
      name: `eth${local}`,
      flags: flagsOf(local),
    });

  const route = (request: MessageCursor, answer: FakeAnswer): void => {
    if (request.type === RTM.GETLINK) {
      for (const i of LOCAL.keys()) answer.message(link(i));
    } else if (request.type === RTM.GETADDR) {
      for (const [i, address] of LOCAL.entries()) {
        answer.message(
          addressTable.writeNew(writer, {
            family: AF.INET,
            interfaceIndex: i + 2,
            prefixLength: 24,
            flags: 0,
            scope: 0,
            address,
            local: address,
          }),
        );
      }
    }
    answer.done();
  };
  const diagnosis = (request: MessageCursor, answer: FakeAnswer): void => {
    const read = readDiagRequest(request);
    if (E.isLeft(read)) return answer.ack(-22);
    const { dump, id, protocol, type, states } = read.right;
    if (type === SOCK_DIAG.DESTROY) return answerOf(answer, 'SOCK_DESTROY');
    if (protocol === IPPROTO.MPTCP) {
      const token = Number((id.cookie ?? 0n) & 0xffffffffn);
      const first = subflows.find((each) => each.token === token);
      if (first === undefined) return answer.ack(-ENOENT);
      const state = stack.state ?? TCP_STATE.ESTABLISHED;
      const { tcp: _tcp, upperLayer: _upper, ...socket } = socketOf(first);
      const info = { ...NO_INFO, token, flags: first.fallback ? MPTCP_INFO_FLAG.FALLBACK : 0 };
      answer.message(writeDiag(writer, { ...socket, protocol, state, mptcp: info }));
      return answer.ack();
    }
    if (!dump) {
      asked.single++;
      const found = subflows.find((each) => same(each, id));
      if (found === undefined) return answer.ack(-ENOENT);
      answer.message(writeDiag(writer, socketOf(found)));
      return answer.ack();
    }
    if (read.right.family === AF.INET) asked.dumps++;
    const respond = (): void => {
      for (const each of subflows) {
        const socket = socketOf(each);
        if ((states & (1 << socket.state)) === 0) continue;
        if (isIpv6(each.local) === (read.right.family === AF.INET6)) {
          answer.message(writeDiag(writer, socket));
        }
      }
      answer.done();
    };
    if (stack.held === undefined) respond();
    else stack.held.push(respond);
  };
  const kernel = createFakeKernel(
    fakeController([family], (request, answer) => {
      if (request.type === FAMILY) {
        const { bytes } = request.source;
        const command = decodeCommand(bytes.slice(request.start, request.end));
        if (E.isLeft(command)) return answer.ack(-22);
        // Asked by a manager that warms up.
        if (command.right._tag === 'GetLimits') return answer.ack();
        return answerOf(answer, command.right);
      }
      if (request.type === SOCK_DIAG.BY_FAMILY || request.type === SOCK_DIAG.DESTROY) {
        return diagnosis(request, answer);
      }
      return route(request, answer);
    }),
    { mayJoin: (protocol) => rights || protocol !== NETLINK.GENERIC },
  );
  const stack: FakeMptcp = {
    ...kernel,
    subflows,
    commands,
    asked,
    refuse: () => undefined,
    held: undefined,
    state: undefined,
    tell: (event) => {
      writeEvent(writer, FAMILY, event);
      kernel.multicast(NETLINK.GENERIC, EVENTS, writer);
    },
    loseEvents: () => kernel.overrun(NETLINK.GENERIC, EVENTS),
    setLink: (local, isUp) => {
      up[local] = isUp;
      kernel.multicast(NETLINK.ROUTE, 1, link(local));
    },
  };
  return stack;
};
