/** Socket diagnosis (linux/inet_diag.h): what the kernel said, and every message and request round. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AF,
  DIAG_EXT,
  type DiagRow,
  diagCongestion,
  diagLocalAddress,
  diagRemoteAddress,
  emptyDiagRow,
  IPPROTO,
  MessageWriter,
  MPTCP_SUBFLOW_FLAG,
  readDiag,
  readDiagInto,
  readDiagRequest,
  SOCK_DIAG,
  type SocketDiag,
  socketOptions,
  stateMask,
  TCP_STATE,
  writeDiag,
  writeDiagDump,
  writeDiagOne,
  writeDiagRow,
  writeDiagToken,
  writeSockDestroy,
} from '../src/index.js';
import { byte, bytes, ipv4, ipv6, socketDiag, u16, u32, u64 } from './support/arbitraries.js';
import { cases } from './support/cases.js';
import { firstOf, messageOf, readAll, recorded, right } from './support/messages.js';

const socketsOf = (name: string, protocol?: number): ReadonlyArray<SocketDiag> =>
  readAll(name, (message) => right(readDiag(message, protocol)));

test('two subflows of one connection, of which one joined as a backup', () => {
  const sockets = socketsOf('diag-tcp4').filter(({ id }) => id.remotePort === 5001);
  const [initial] = sockets.filter(({ id }) => id.local === '192.0.2.1');
  const [joined] = sockets.filter(({ id }) => id.local === '198.51.100.1');
  expect(initial?.id).toMatchObject({ localPort: 40001, remote: '192.0.2.2', remotePort: 5001 });
  expect(initial?.tcp).toMatchObject({ lengthBytes: 280, state: TCP_STATE.ESTABLISHED });
  // 300,000 bytes were sent, some of them perhaps twice; the SYN counts as one.
  expect(initial?.tcp?.bytesAcked).toBeGreaterThanOrEqual(300_001n);
  expect(initial?.tcp?.bytesSent).toBeGreaterThanOrEqual(300_000n);
  expect(initial?.congestionControl).toBe('bbr');
  expect(initial?.upperLayer?.name).toBe('mptcp');
  const { MCAP_LOC, MCAP_REM, FULLY_ESTABLISHED, CONNECTED } = MPTCP_SUBFLOW_FLAG;
  const first = initial?.upperLayer?.mptcp;
  expect(first?.flags).toBe(MCAP_LOC | MCAP_REM | FULLY_ESTABLISHED | CONNECTED);
  const second = joined?.upperLayer?.mptcp;
  const { JOIN_LOC, JOIN_REM, BKUP_LOC } = MPTCP_SUBFLOW_FLAG;
  expect(second?.flags).toBe(JOIN_LOC | JOIN_REM | BKUP_LOC | FULLY_ESTABLISHED | CONNECTED);
  expect(second?.idLocal).toBe(1);
  expect(second?.tokenLocal).toBe(first?.tokenLocal);
  const [connection] = socketsOf('diag-mptcp', IPPROTO.MPTCP).filter(
    ({ mptcp }) => mptcp?.token === first?.tokenLocal,
  );
  expect(connection?.mptcp).toMatchObject({ subflowsTotal: 2, bytesAcked: 300_000n });
});

test('TCP that is not MPTCP has no upper layer', () => {
  const [plain] = socketsOf('diag-tcp4').filter(({ id }) => id.remotePort === 5003);
  expect(plain).toBeDefined();
  expect(plain?.upperLayer).toBeUndefined();
});

test('IPv6, and IPv4 on a dual-stack socket', () => {
  const [six] = socketsOf('diag-tcp6');
  expect(six?.id).toMatchObject({ local: '2001:db8:1::1', remote: '2001:db8:1::2' });
  const mapped = socketsOf('diag-mapped').map(({ id }) => `${id.local} ${id.remote}`);
  expect(mapped).toContain('::ffff:192.0.2.2 ::ffff:192.0.2.1');
  expect(mapped).toContain('2001:db8:1::2 2001:db8:1::1');
});

test('a listener, UDP, and what BBR tells of itself', () => {
  const [listener] = socketsOf('diag-listen');
  expect(listener).toMatchObject({ state: TCP_STATE.LISTEN, v6Only: false });
  expect(listener?.id).toMatchObject({ local: '::', localPort: 5002, remotePort: 0 });
  const [udp] = socketsOf('diag-udp', IPPROTO.UDP);
  expect(udp?.id).toMatchObject({ localPort: 40005, remotePort: 9 });
  expect(udp?.tcp).toBeUndefined();
  const bbr = socketsOf('diag-bbr').map((socket) => socket.bbr);
  expect(bbr.every((one) => one !== undefined && one.minRttUs > 0)).toBe(true);
});

test('nothing of a recorded socket is unknown', () => {
  const names = ['diag-tcp4', 'diag-tcp6', 'diag-mapped', 'diag-listen', 'diag-bbr'];
  const sockets = [
    ...names.flatMap((name) => socketsOf(name)),
    ...socketsOf('diag-mptcp', IPPROTO.MPTCP),
    ...socketsOf('diag-udp', IPPROTO.UDP),
  ];
  expect(sockets.length).toBeGreaterThan(15);
  for (const socket of sockets) expect(socket.unknown).toBeUndefined();
});

test('every socket goes round', () => {
  fc.assert(
    fc.property(socketDiag, (socket) => {
      const message = messageOf(writeDiag(new MessageWriter(), socket));
      expect(right(readDiag(message, socket.protocol))).toEqual(socket);
    }),
    cases(0.05),
  );
});

/** The row's fields that have another name or form in the rich value, from that value. */
const expected = (socket: SocketDiag): object => {
  const { id, memory, socketMemory, upperLayer, tcp, mptcp } = socket;
  const zero = emptyDiagRow();
  const inNumbers = (info: object): object =>
    Object.fromEntries(
      Object.entries(info).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ]),
    );
  return {
    family: id.local.includes(':') ? AF.INET6 : AF.INET,
    state: socket.state,
    timer: socket.timer,
    retransmits: socket.retransmits,
    localPort: id.localPort,
    remotePort: id.remotePort,
    interfaceIndex: id.interfaceIndex,
    cookieLow: Number(id.cookie & 0xffffffffn),
    cookieHigh: Number(id.cookie >> 32n),
    expiresMs: socket.expiresMs,
    receiveQueueBytes: socket.receiveQueueBytes,
    sendQueueBytes: socket.sendQueueBytes,
    uid: socket.uid,
    inode: socket.inode,
    memReceiveBytes: memory?.receiveBytes ?? 0,
    memSendQueuedBytes: memory?.sendQueuedBytes ?? 0,
    memForwardBytes: memory?.forwardBytes ?? 0,
    memSendBytes: memory?.sendBytes ?? 0,
    skmem: socketMemory !== undefined,
    receiveBufferBytes: socketMemory?.receiveBufferBytes ?? 0,
    sendBufferBytes: socketMemory?.sendBufferBytes ?? 0,
    drops: socketMemory?.drops ?? 0,
    tos: socket.tos ?? 0,
    trafficClass: socket.trafficClass ?? 0,
    shutdown: socket.shutdown ?? 0,
    mark: socket.mark ?? 0,
    classId: socket.classId ?? 0,
    cgroupId: Number(socket.cgroupId ?? 0n),
    v6Only: socket.v6Only ?? false,
    tcp: tcp === undefined ? zero.tcp : inNumbers(tcp),
    mptcp: mptcp === undefined ? zero.mptcp : inNumbers(mptcp),
    subflow: {
      ...zero.subflow,
      present: upperLayer?.mptcp !== undefined,
      ...inNumbers(upperLayer?.mptcp ?? {}),
    },
  };
};

test('the hot form says the same as the rich one, one row after another', () => {
  const row = emptyDiagRow();
  fc.assert(
    fc.property(socketDiag, (socket) => {
      const message = messageOf(writeDiag(new MessageWriter(), socket));
      expect(readDiagInto(message, row, socket.protocol)).toBe(true);
      expect(row).toMatchObject(expected(socket));
      expect(diagLocalAddress(row)).toBe(socket.id.local);
      expect(diagRemoteAddress(row)).toBe(socket.id.remote);
      expect(diagCongestion(row)).toBe(socket.congestionControl ?? '');
      if (socket.options !== undefined) {
        expect(socketOptions(row.socketOptions)).toEqual(socket.options);
      }
    }),
    cases(0.02),
  );
});

test('recorded sockets are the same in both forms', () => {
  const row = emptyDiagRow();
  readAll('diag-tcp4', (message) => {
    expect(readDiagInto(message, row)).toBe(true);
    expect(row).toMatchObject(expected(right(readDiag(message))));
  });
});

test('dump requests are, byte for byte, those that the kernel answered', () => {
  const extensions =
    DIAG_EXT.INFO |
    DIAG_EXT.MEMINFO |
    DIAG_EXT.SKMEMINFO |
    DIAG_EXT.CONG |
    DIAG_EXT.TOS |
    DIAG_EXT.TCLASS;
  const [sent] = recorded('diag-listen', '>');
  const states = stateMask(TCP_STATE.LISTEN);
  const request = writeDiagDump(new MessageWriter(), { family: 6, states, extensions });
  expect(request.finish()).toEqual(sent);
});

test('what ss asks is understood', () => {
  const [four] = recorded('ss-M', '>').map((datagram) => right(readDiagRequest(firstOf(datagram))));
  expect(four).toMatchObject({
    type: SOCK_DIAG.BY_FAMILY,
    dump: true,
    family: AF.INET,
    protocol: IPPROTO.MPTCP,
    states: stateMask(TCP_STATE.ESTABLISHED),
  });
  const killed = recorded('ss-K', '>')
    .map((datagram) => right(readDiagRequest(firstOf(datagram))))
    .find(({ type }) => type === SOCK_DIAG.DESTROY);
  expect(killed?.id).toMatchObject({
    local: '192.0.2.1',
    localPort: 40004,
    remote: '192.0.2.2',
    remotePort: 5003,
  });
  expect(killed?.id.cookie).toBeGreaterThan(0n);
});

const ends = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6));
const id = fc
  .tuple(
    ends,
    fc.record(
      {
        localPort: u16,
        remotePort: u16,
        interfaceIndex: u32.filter((index) => index > 0),
        cookie: u64.filter((cookie) => cookie < 2n ** 64n - 1n),
      },
      { requiredKeys: ['localPort', 'remotePort'] },
    ),
  )
  .map(([[local, remote], rest]) => ({ local, remote, ...rest }));
const protocol = fc.constantFrom(IPPROTO.TCP, IPPROTO.UDP, IPPROTO.MPTCP);

test('every request goes round', () => {
  const filter = fc.record(
    {
      family: fc.constantFrom(4 as const, 6 as const),
      protocol,
      states: u32,
      extensions: byte,
      localPort: u16,
      remotePort: u16,
      bytecode: bytes,
    },
    { requiredKeys: ['family'] },
  );
  fc.assert(
    fc.property(filter, id, protocol, byte, u32, (all, one, which, extensions, token) => {
      const writer = new MessageWriter();
      const read = () => right(readDiagRequest(messageOf(writer)));
      writeDiagDump(writer, all);
      expect(read()).toMatchObject({
        type: SOCK_DIAG.BY_FAMILY,
        dump: true,
        family: all.family === 6 ? AF.INET6 : AF.INET,
        protocol: all.protocol ?? IPPROTO.TCP,
        states: all.states ?? 0xffffffff,
        id: { localPort: all.localPort ?? 0, remotePort: all.remotePort ?? 0 },
        ...(all.bytecode === undefined ? {} : { bytecode: all.bytecode }),
      });
      writeDiagOne(writer, one, { protocol: which, extensions });
      expect(read()).toMatchObject({ dump: false, protocol: which, extensions, id: one });
      expect(read().id).toEqual(one);
      writeSockDestroy(writer, one, which);
      expect(read()).toMatchObject({ type: SOCK_DIAG.DESTROY, protocol: which, id: one });
      writeDiagToken(writer, token);
      expect(read().protocol).toBe(IPPROTO.MPTCP);
      expect(Number((read().id.cookie ?? 0n) & 0xffffffffn)).toBe(token);
    }),
    cases(0.02),
  );
});

test('a row asks for its own socket, and ends it', () => {
  const row: DiagRow = emptyDiagRow();
  fc.assert(
    fc.property(socketDiag, (socket) => {
      const message = messageOf(writeDiag(new MessageWriter(), socket));
      readDiagInto(message, row, socket.protocol);
      const asked = right(readDiagRequest(messageOf(writeDiagRow(new MessageWriter(), row))));
      const { interfaceIndex, cookie, ...rest } = asked.id;
      expect({ ...rest, interfaceIndex: interfaceIndex ?? 0 }).toMatchObject({
        local: socket.id.local,
        localPort: socket.id.localPort,
        remote: socket.id.remote,
        remotePort: socket.id.remotePort,
        interfaceIndex: socket.id.interfaceIndex,
      });
      expect(cookie ?? 2n ** 64n - 1n).toBe(socket.id.cookie);
      expect(asked.protocol).toBe(socket.protocol);
      const ended = messageOf(writeDiagRow(new MessageWriter(), row, SOCK_DIAG.DESTROY));
      expect(right(readDiagRequest(ended)).type).toBe(SOCK_DIAG.DESTROY);
    }),
    cases(0.01),
  );
});
