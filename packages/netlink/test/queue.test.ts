/** Packet queues (linux/netfilter/nfnetlink_queue.h): what the kernel said, and every message round. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginNetfilter,
  emptyQueuePacket,
  MessageWriter,
  NF,
  NFQA,
  NFQA_CFG_F,
  NFQNL_CFG_CMD,
  NFQNL_COPY,
  NFQNL_MSG,
  NLM_F,
  type QueueConfig,
  type QueuePacket,
  queueHardwareAddress,
  queuePayload,
  queueVerdict,
  readQueueConfig,
  readQueuePacketInto,
  readQueueVerdictInto,
  emptyQueueVerdict,
  writeQueueConfig,
  writeQueuePacket,
  writeQueueVerdict,
  writeQueueVerdictBatch,
} from '../src/index.js';
import { byte, bytes, partial, u16, u32 } from './support/arbitraries.js';
import { cases } from './support/cases.js';
import { firstOf, messageOf, recorded, right } from './support/messages.js';

const only = (name: string, which: '>' | '<'): Uint8Array => {
  const [datagram] = recorded(name, which);
  if (datagram === undefined) throw new Error(`nothing in ${name}`);
  return datagram;
};

test('a packet as the kernel queued it', () => {
  const packet = emptyQueuePacket();
  expect(readQueuePacketInto(firstOf(only('queue-packet', '<')), packet)).toBe(true);
  expect(packet).toMatchObject({ queue: 7, family: 2, protocol: 0x0800, hook: 1, mark: 42 });
  expect(packet.id).toBe(1);
  expect(packet.inInterface).toBeGreaterThan(0);
  expect([packet.outInterface, packet.uid, packet.gid]).toEqual([0, -1, -1]);
  expect(Buffer.from(queueHardwareAddress(packet)).toString('hex')).toBe('020000000001');
  const payload = queuePayload(packet);
  expect(payload.length).toBe(20 + 8 + 6);
  expect(packet.originalLength).toBe(payload.length);
  expect(Buffer.from(payload.subarray(28)).toString()).toBe('liquid');
});

test('requests are, byte for byte, those that the kernel acknowledged', () => {
  const config = writeQueueConfig(new MessageWriter(), 7, {
    command: NFQNL_CFG_CMD.BIND,
    copyMode: NFQNL_COPY.PACKET,
    maxLength: 4096,
    flags: NFQA_CFG_F.GSO | NFQA_CFG_F.FAIL_OPEN | NFQA_CFG_F.UID_GID,
  });
  expect(config.finish()).toEqual(only('queue-config', '>'));
  const verdict = writeQueueVerdict(new MessageWriter(), 7, 1, NF.ACCEPT);
  verdict.view.setUint16(6, NLM_F.REQUEST | NLM_F.ACK, true);
  expect(verdict.finish()).toEqual(only('queue-verdict', '>'));
});

test('every configuration goes round', () => {
  const config = partial<QueueConfig>({
    command: byte,
    protocolFamily: u16,
    copyMode: byte,
    copyRangeBytes: u32,
    maxLength: u32,
    flags: u32,
    mask: u32,
  });
  fc.assert(
    fc.property(u16, config, (queue, value) => {
      const read = right(
        readQueueConfig(messageOf(writeQueueConfig(new MessageWriter(), queue, value))),
      );
      const { command, protocolFamily, copyMode, copyRangeBytes, flags, mask, ...rest } = value;
      expect(read).toEqual({
        queue,
        config: {
          ...rest,
          ...(command === undefined ? {} : { command }),
          // What belongs to a part that isn't there is not said.
          ...(command === undefined || (protocolFamily ?? 0) === 0 ? {} : { protocolFamily }),
          ...(copyMode === undefined
            ? {}
            : { copyMode, copyRangeBytes: copyRangeBytes ?? 0xffff - 4 }),
          ...(flags === undefined ? {} : { flags, mask: mask ?? flags }),
        },
      });
    }),
    cases(0.02),
  );
});

test('every verdict goes round, single and batch', () => {
  const verdict = fc.oneof(
    fc.constantFrom(NF.DROP, NF.ACCEPT, NF.REPEAT, NF.STOP),
    u16.map(queueVerdict),
  );
  const option = <A>(one: fc.Arbitrary<A>) => fc.option(one, { nil: undefined });
  const into = emptyQueueVerdict();
  fc.assert(
    fc.property(u16, u32, verdict, option(u32), option(bytes), (queue, id, what, mark, payload) => {
      const one = messageOf(writeQueueVerdict(new MessageWriter(), queue, id, what, mark, payload));
      expect(readQueueVerdictInto(one, into)).toBe(true);
      expect(into).toMatchObject({
        queue,
        packetId: id,
        verdict: what,
        mark: mark ?? -1,
        batch: false,
      });
      expect(into.source.bytes.slice(into.payloadStart, into.payloadEnd)).toEqual(
        payload ?? new Uint8Array(0),
      );
      expect(into.mangled).toBe(payload !== undefined);
      const many = messageOf(writeQueueVerdictBatch(new MessageWriter(), queue, id, what, mark));
      expect(readQueueVerdictInto(many, into)).toBe(true);
      expect(into).toMatchObject({ queue, packetId: id, verdict: what, batch: true });
    }),
    cases(0.02),
  );
});

const packet: fc.Arbitrary<{ fields: Partial<QueuePacket>; payload: Uint8Array; mac: Uint8Array }> =
  fc.record({
    fields: fc.record({
      queue: u16,
      id: u32,
      family: byte,
      protocol: u16,
      hook: byte,
      mark: u32,
      inInterface: u32,
      outInterface: u32,
      physicalInInterface: u32,
      physicalOutInterface: u32,
      timestampSec: fc.maxSafeNat(),
      timestampUs: fc.nat(999_999),
      info: byte,
      originalLength: u32,
      priority: u32,
      uid: fc.integer({ min: -1, max: 0xffffffff }),
      gid: fc.integer({ min: -1, max: 0xffffffff }),
    }),
    payload: fc.uint8Array({ maxLength: 1500 }),
    mac: fc.uint8Array({ maxLength: 8 }),
  });

test('every packet goes round, one after another in the same object', () => {
  const into = emptyQueuePacket();
  fc.assert(
    fc.property(packet, ({ fields, payload, mac }) => {
      const message = messageOf(writeQueuePacket(new MessageWriter(), fields, payload, mac));
      expect(readQueuePacketInto(message, into)).toBe(true);
      expect(into).toMatchObject(fields);
      expect(queuePayload(into)).toEqual(payload);
      expect(queueHardwareAddress(into)).toEqual(mac);
    }),
    cases(0.02),
  );
});

test('a packet without a number, with a short header or a wrong address length is none', () => {
  const into = emptyQueuePacket();
  const start = () => beginNetfilter(new MessageWriter(), NFQNL_MSG.PACKET, 0, 2, 7);
  expect(readQueuePacketInto(messageOf(start().be32(NFQA.MARK, 1)), into)).toBe(false);
  const short = start().put(NFQA.PACKET_HDR, new Uint8Array(6));
  expect(readQueuePacketInto(messageOf(short), into)).toBe(false);
  const whole = start().put(NFQA.PACKET_HDR, new Uint8Array(7));
  expect(readQueuePacketInto(messageOf(whole), into)).toBe(true);
  const address = start().put(NFQA.PACKET_HDR, new Uint8Array(7));
  address.put(NFQA.HWADDR, Uint8Array.of(0, 9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8));
  expect(readQueuePacketInto(messageOf(address), into)).toBe(false);
});

test('the largest packet fits', () => {
  const payload = new Uint8Array(0xffff - 4).fill(7);
  const message = messageOf(writeQueuePacket(new MessageWriter(), { id: 1 }, payload));
  const into = emptyQueuePacket();
  expect(readQueuePacketInto(message, into)).toBe(true);
  expect(queuePayload(into).length).toBe(payload.length);
});
