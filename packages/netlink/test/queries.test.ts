/** Questions over a socket, answered by a scripted kernel: whole dumps, dumps that begin again, refusals. */
import { parseIpv4 } from '@liquid/types';
import { expect, test } from 'vitest';
import {
  AF,
  diagDump,
  diagEach,
  diagOne,
  diagToken,
  familyPolicies,
  type GenericFamily,
  IPPROTO,
  links,
  listFamilies,
  MessageWriter,
  MPTCP_INFO_BYTES,
  NETLINK,
  type NetlinkSocket,
  openNetlink,
  RTM,
  RTNLGRP,
  readDiagRequest,
  readMptcpInfo,
  readTcpInfo,
  resolveFamily,
  routes,
  SOCK_DIAG,
  type SocketDiag,
  sockDestroy,
  sourceOf,
  TCP_INFO_BYTES,
  writeDiag,
  writePolicies,
} from '../src/index.js';
import { createFakeKernel, type FakeScript, fakeController } from '../src/testing.js';
import { right } from './support/messages.js';

const local = right(parseIpv4('192.0.2.1'));
const remote = right(parseIpv4('192.0.2.2'));

const zeros = sourceOf(new Uint8Array(TCP_INFO_BYTES));

const socketAt = (localPort: number, protocol: number = IPPROTO.TCP): SocketDiag => ({
  protocol,
  state: 1,
  timer: 0,
  retransmits: 0,
  id: { local, localPort, remote, remotePort: 80, interfaceIndex: 0, cookie: BigInt(localPort) },
  expiresMs: 0,
  receiveQueueBytes: 0,
  sendQueueBytes: 0,
  uid: 0,
  inode: 0,
  ...(protocol === IPPROTO.TCP
    ? { tcp: readTcpInfo(zeros, 0, TCP_INFO_BYTES) }
    : { mptcp: { ...readMptcpInfo(zeros, 0, MPTCP_INFO_BYTES), token: localPort } }),
});

const withKernel = async (
  protocol: number,
  script: FakeScript,
  body: (socket: NetlinkSocket, kernel: ReturnType<typeof createFakeKernel>) => Promise<void>,
): Promise<void> => {
  const kernel = createFakeKernel(script);
  const socket = right(await openNetlink({ protocol, transport: kernel })());
  try {
    await body(socket, kernel);
  } finally {
    await socket.stop();
  }
};

test('sockets of both families; of a dump that began again nothing counts twice', async () => {
  let dumps = 0;
  const script: FakeScript = (request, answer) => {
    const { family } = right(readDiagRequest(request));
    const first = family === AF.INET6 && dumps++ === 0;
    const ports = family === AF.INET ? [1, 2] : first ? [3] : [3, 4, 5];
    for (const port of ports) {
      answer.message(writeDiag(new MessageWriter(), socketAt(port)));
      answer.cut();
    }
    answer.done(0, { interrupted: first });
  };
  await withKernel(NETLINK.SOCK_DIAG, script, async (socket) => {
    const all = right(await diagDump(socket)());
    expect(all.map(({ id }) => id.localPort)).toEqual([1, 2, 3, 4, 5]);
    dumps = 0;
    const seen: Array<number> = [];
    const again: Array<number> = [];
    const rows = await diagEach(
      socket,
      {},
      (row) => seen.push(row.localPort),
      (family) => again.push(family),
    )();
    expect(right(rows)).toBe(5);
    expect(again).toEqual([6]);
    expect(seen).toEqual([1, 2, 3, 3, 4, 5]);
  });
});

test('what can not be read counts only in the dump that is taken', async () => {
  let dumps = 0;
  const script: FakeScript = (_request, answer) => {
    const first = dumps++ === 0;
    // A fixed part that is too short.
    if (first) answer.message(new MessageWriter().begin(RTM.NEWLINK, 0));
    answer.message(links.writeNew(new MessageWriter(), { index: 7 }));
    answer.done(0, { interrupted: first });
  };
  await withKernel(NETLINK.ROUTE, script, async (socket) => {
    expect(right(await links.dump(socket)()).map(({ index }) => index)).toEqual([7]);
    const broken: FakeScript = (_request, answer) => {
      answer.message(new MessageWriter().begin(RTM.NEWLINK, 0));
      answer.done();
    };
    await withKernel(NETLINK.ROUTE, broken, async (other) => {
      expect(await links.dump(other)()).toMatchObject({ left: { _tag: 'Decode' } });
    });
  });
});

test('one socket, one connection, none, and the end of one', async () => {
  const script: FakeScript = (request, answer) => {
    const { type, id, protocol } = right(readDiagRequest(request));
    if (type === SOCK_DIAG.DESTROY) answer.ack(id.localPort === 1 ? -1 : -2);
    else if (id.localPort === 99) answer.ack(-2);
    else {
      const token = Number((id.cookie ?? 0n) & 0xffffffffn);
      const found = protocol === IPPROTO.MPTCP ? socketAt(token, protocol) : socketAt(id.localPort);
      answer.message(writeDiag(new MessageWriter(), found));
      answer.ack();
    }
  };
  await withKernel(NETLINK.SOCK_DIAG, script, async (socket) => {
    const { id } = socketAt(1);
    expect(right(await diagOne(socket, id)())).toEqual(socketAt(1));
    expect(right(await diagToken(socket, 1234)()).mptcp?.token).toBe(1234);
    const missing = { left: { _tag: 'NotFound', code: 'ENOENT' } };
    expect(await diagOne(socket, { ...id, localPort: 99 })()).toMatchObject(missing);
    expect(await sockDestroy(socket, id)()).toMatchObject({ left: { _tag: 'Permission' } });
    expect(await sockDestroy(socket, { ...id, localPort: 2 })()).toMatchObject(missing);
  });
});

test('a socket that contradicts itself is an error of the dump, not a hole in it', async () => {
  const script: FakeScript = (_, answer) => {
    answer.message(new MessageWriter().begin(SOCK_DIAG.BY_FAMILY, 0));
    answer.done();
  };
  await withKernel(NETLINK.SOCK_DIAG, script, async (socket) => {
    expect(await diagDump(socket, { family: 4 })()).toMatchObject({ left: { _tag: 'Decode' } });
  });
});

test('families by name, all of them, and what they take', async () => {
  const liquid: GenericFamily = {
    id: 31,
    name: 'liquid',
    version: 1,
    headerBytes: 0,
    maxAttribute: 3,
    operations: [{ command: 1, flags: 0xa }],
    groups: [{ name: 'events', id: 7 }],
  };
  const policies = {
    operations: [{ command: 1, do: 0 }],
    policies: [new Map([[1, { type: 4, min: 0n, max: 9n }]])],
  };
  const controller = fakeController([liquid]);
  const script: FakeScript = (request, answer) => {
    if (request.source.view.getUint8(request.payload) === 10) {
      answer.message(writePolicies(new MessageWriter(), 31, policies));
      answer.done();
    } else controller(request, answer);
  };
  await withKernel(NETLINK.GENERIC, script, async (socket) => {
    expect(right(await resolveFamily(socket, 'liquid')())).toEqual(liquid);
    expect(right(await listFamilies(socket)())).toContainEqual(liquid);
    const none = await resolveFamily(socket, 'solid')();
    expect(none).toMatchObject({ left: { _tag: 'Unsupported' } });
    expect(right(await familyPolicies(socket, 31)())).toEqual(policies);
  });
});

test('tables: dumped, asked, changed, followed over all their groups once', async () => {
  const made: Array<number> = [];
  const script: FakeScript = (request, answer) => {
    made.push(request.type);
    const link = (index: number): MessageWriter =>
      links.writeNew(new MessageWriter(), { index, name: `d${index}` }, 'change');
    if (request.type === RTM.GETLINK && (request.flags & 0x300) === 0x300) {
      answer.message(link(1));
      answer.message(link(2));
      answer.done();
    } else if (request.type === RTM.GETLINK) {
      answer.message(link(3));
      answer.ack();
    } else if (request.type === RTM.DELROUTE) answer.ack(-3, { text: 'no such route' });
    else answer.ack();
  };
  await withKernel(NETLINK.ROUTE, script, async (socket, kernel) => {
    expect(right(await links.dump(socket)()).map(({ name }) => name)).toEqual(['d1', 'd2']);
    expect(right(await links.get(socket, { index: 3 })()).name).toBe('d3');
    right(await links.put(socket, { index: 3, mtuBytes: 1400 }, 'change')());
    expect(await routes.get(socket, {})()).toMatchObject({ left: { _tag: 'NotFound' } });
    const gone = await routes.remove(socket, { table: 1000 })();
    expect(gone).toMatchObject({
      left: { _tag: 'KernelRefusal', code: 'ESRCH', kernelText: 'no such route' },
    });
    expect(made).toContain(RTM.NEWLINK);
    const heard: Array<string> = [];
    const end = right(
      routes.follow(socket, ({ change, value }) => heard.push(`${change} ${value.table}`)),
    );
    const route = (table: number): MessageWriter => routes.writeNew(new MessageWriter(), { table });
    kernel.multicast(NETLINK.ROUTE, RTNLGRP.IPV4_ROUTE, route(1), route(2000));
    kernel.multicast(
      NETLINK.ROUTE,
      RTNLGRP.IPV6_ROUTE,
      routes.writeDelete(new MessageWriter(), { table: 3 }),
      links.writeNew(new MessageWriter(), { index: 1 }),
    );
    await new Promise((done) => setTimeout(done, 20));
    expect(heard).toEqual(['new 1', 'new 2000', 'delete 3']);
    end();
    kernel.multicast(NETLINK.ROUTE, RTNLGRP.IPV4_ROUTE, route(4));
    await new Promise((done) => setTimeout(done, 20));
    expect(heard).toHaveLength(3);
  });
});
