/** Where netlink's byte orders trap the unwary: a fixture for each. Bytes as on x86-64. */
import { parseIpv4 } from '@liquid/types';
import { expect, test } from 'vitest';
import {
  addresses,
  beginNetfilter,
  diagBytecode,
  emptyDiagRow,
  emptyQueuePacket,
  HOST_LITTLE,
  IPPROTO,
  MessageWriter,
  NF,
  NFQA_CFG,
  NFQNL_MSG,
  neighbours,
  readDiag,
  readDiagInto,
  readQueuePacketInto,
  routes,
  rules,
  writeDiagOne,
  writeQueueConfig,
  writeQueueVerdict,
} from '../src/index.js';
import { firstOf, readAll, recorded, right } from './support/messages.js';

const host = (value: number): string => {
  const bytes = new Uint8Array(new Uint16Array([value]).buffer);
  return Buffer.from(bytes).toString('hex');
};
const wire = (writer: MessageWriter): string => Buffer.from(writer.finish()).toString('hex');
const ipv4 = (text: string) => right(parseIpv4(text));
const only = (name: string, which: '>' | '<'): Uint8Array => {
  const [datagram] = recorded(name, which);
  if (datagram === undefined) throw new Error(`nothing in ${name}`);
  return datagram;
};

test('these recordings are of a little-endian machine', () => {
  expect(HOST_LITTLE).toBe(true);
});

test('inet_diag: ports and addresses in network order, all else in host order', () => {
  const datagram = only('diag-udp', '<');
  const row = emptyDiagRow();
  expect(readDiagInto(firstOf(datagram), row, IPPROTO.UDP)).toBe(true);
  // 40005 is 0x9c45, 9 is 0x0009.
  expect(Buffer.from(datagram.subarray(20, 24)).toString('hex')).toBe('9c450009');
  expect([row.localPort, row.remotePort]).toEqual([40005, 9]);
  expect([...row.localAddress.subarray(0, 4)]).toEqual([192, 0, 2, 1]);
  // The cookie's words, the interface and the inode are in host order.
  const [socket] = readAll('diag-tcp4', (message) => right(readDiag(message))).filter(
    ({ id }) => id.local === '198.51.100.1',
  );
  expect(socket?.id.interfaceIndex).toBe(3);
});

test('inet_diag: the same in a request', () => {
  const request = wire(
    writeDiagOne(new MessageWriter(), {
      local: ipv4('192.0.2.1'),
      localPort: 0x1234,
      remote: ipv4('198.51.100.2'),
      remotePort: 0x5678,
      interfaceIndex: 3,
      cookie: 0x0000_0002_0000_0001n,
    }),
  );
  const at = 2 * (16 + 8);
  expect(request.slice(at, at + 8)).toBe('12345678');
  expect(request.slice(at + 8, at + 16)).toBe('c0000201');
  // Interface 3, and the cookie's low word first.
  expect(request.slice(at + 8 + 64, at + 8 + 64 + 24)).toBe('030000000100000002000000');
});

test('inet_diag: ports of its bytecode are in host order', () => {
  const bytecode = Buffer.from(diagBytecode({ remotePorts: [0x1234, 0x1234] })).toString('hex');
  expect(bytecode.slice(12, 16)).toBe(host(0x1234));
});

test('nfqueue: all numbers in network order, but lengths of attributes', () => {
  const datagram = only('queue-packet', '<');
  const packet = emptyQueuePacket();
  expect(readQueuePacketInto(firstOf(datagram), packet)).toBe(true);
  const text = Buffer.from(datagram).toString('hex');
  // res_id of nfgenmsg, then PACKET_HDR: length 11 in host order, id 1 and 0x0800 in network order.
  expect(text.slice(2 * 18, 2 * 20)).toBe('0007');
  expect(text.slice(2 * 20, 2 * 31)).toBe('0b000100000000010800' + '01');
  expect([packet.queue, packet.id, packet.protocol, packet.mark]).toEqual([7, 1, 0x0800, 42]);
});

test('nfqueue: the same in a request and a verdict', () => {
  const config = wire(
    writeQueueConfig(new MessageWriter(), 7, { copyMode: 2, copyRangeBytes: 0xffff, maxLength: 9 }),
  );
  expect(config.slice(2 * 18, 2 * 20)).toBe('0007');
  expect(config).toContain('0000ffff02');
  expect(config).toContain(`0800${host(NFQA_CFG.QUEUE_MAXLEN)}00000009`);
  const verdict = wire(writeQueueVerdict(new MessageWriter(), 7, 0x01020304, NF.ACCEPT));
  expect(verdict.slice(-16)).toBe('0000000101020304');
  const begun = wire(beginNetfilter(new MessageWriter(), NFQNL_MSG.CONFIG, 0, 2, 0x0102));
  expect(begun.slice(2 * 16)).toBe('02000102');
});

test('rtnetlink: ports of a rule are in host order, ports of a route lookup in network order', () => {
  const rule = Buffer.from(only('ip-rule-add', '>')).toString('hex');
  // dport 443 to 443, as iproute2 sends it: 0x01bb low byte first.
  expect(rule).toContain('08001800bb01bb01');
  const ours = wire(
    rules.writeNew(new MessageWriter(), { destinationPorts: { start: 443, end: 443 } }),
  );
  expect(ours).toContain('08001800bb01bb01');
  const lookup = wire(routes.writeGet(new MessageWriter(), { destinationPort: 443 }));
  expect(lookup).toContain('06001d0001bb');
  const port = wire(neighbours.writeNew(new MessageWriter(), { port: 4789 }));
  expect(port).toContain('0600060012b5');
});

test('rtnetlink: addresses are bytes, indices are in host order', () => {
  const request = wire(
    addresses.writeNew(new MessageWriter(), {
      family: 2,
      prefixLength: 24,
      interfaceIndex: 3,
      local: ipv4('192.0.2.1'),
    }),
  );
  expect(request.slice(2 * 16)).toBe('021800000300000008000200c0000201');
});
