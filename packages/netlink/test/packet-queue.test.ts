/** A packet queue over a scripted kernel: its set-up, its packets, its verdicts, its troubles. */
import * as E from 'fp-ts/lib/Either.js';
import { expect, test } from 'vitest';
import {
  emptyQueueVerdict,
  MessageWriter,
  NETLINK,
  NF,
  NFQA_CFG_F,
  NFQNL_CFG_CMD,
  NFQNL_COPY,
  NFQNL_MSG,
  openPacketQueue,
  type PacketQueueEvent,
  queuePayload,
  readQueueConfig,
  readQueueVerdictInto,
  writeQueuePacket,
} from '../src/index.js';
import { createFakeKernel, type FakeScript } from '../src/testing.js';
import { firstOf, right } from './support/messages.js';

const packetOf = (id: number): MessageWriter =>
  writeQueuePacket(new MessageWriter(), { id, queue: 7 }, Uint8Array.of(id));

/** Acknowledges configurations and sends what comes with them. */
const script =
  (before: ReadonlyArray<number>, after: ReadonlyArray<number>): FakeScript =>
  (request, answer) => {
    if (request.type !== NFQNL_MSG.CONFIG) return;
    for (const id of before) {
      answer.message(packetOf(id));
      answer.cut();
    }
    answer.ack();
    for (const id of after) answer.message(packetOf(id));
  };

const turns = (): Promise<void> => new Promise((done) => setTimeout(done, 20));

test('packets before the acknowledgement, after it and together are all decided on', async () => {
  const kernel = createFakeKernel(script([1, 2], [3, 4]));
  const seen: Array<number> = [];
  const queue = right(
    await openPacketQueue({
      queue: 7,
      transport: kernel,
      onPacket: (packet, at) => {
        seen.push(packet.id, ...queuePayload(packet));
        expect(at.verdict(packet.id, packet.id === 2 ? NF.DROP : NF.ACCEPT)).toBe(0);
      },
    })(),
  );
  await turns();
  expect(seen).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect(queue.verdictBatch(9, NF.ACCEPT, 5)).toBe(0);
  const [config, ...verdicts] = kernel.requests;
  expect(right(readQueueConfig(firstOf(config ?? new Uint8Array(0))))).toMatchObject({
    queue: 7,
    config: { command: NFQNL_CFG_CMD.BIND, copyMode: NFQNL_COPY.PACKET, flags: NFQA_CFG_F.GSO },
  });
  const said = verdicts.map((bytes) => {
    const verdict = emptyQueueVerdict();
    expect(readQueueVerdictInto(firstOf(bytes), verdict)).toBe(true);
    return [verdict.packetId, verdict.verdict, verdict.mark, verdict.batch];
  });
  expect(said).toEqual([
    [1, NF.ACCEPT, -1, false],
    [2, NF.DROP, -1, false],
    [3, NF.ACCEPT, -1, false],
    [4, NF.ACCEPT, -1, false],
    [9, NF.ACCEPT, 5, true],
  ]);
  expect(queue.stats()).toEqual({ packets: 4, verdicts: 5, overruns: 0 });
  right(await queue.stop());
  expect(kernel.channels()).toBe(0);
  expect(queue.verdict(1)).toBeLessThan(0);
});

test('no more of a packet is asked for than the transport can read', async () => {
  const rangeOf = async (longest: number | undefined, copyRangeBytes?: number) => {
    const kernel = createFakeKernel(script([], []));
    const transport = longest === undefined ? kernel : { ...kernel, longestWatchedBytes: longest };
    const range = copyRangeBytes === undefined ? {} : { copyRangeBytes };
    const options = { queue: 7, transport, onPacket: () => {}, ...range };
    await right(await openPacketQueue(options)()).stop();
    const [config] = kernel.requests;
    return right(readQueueConfig(firstOf(config ?? new Uint8Array(0)))).config.copyRangeBytes;
  };
  expect(await rangeOf(undefined)).toBe(65_531);
  expect(await rangeOf(undefined, 100)).toBe(100);
  expect(await rangeOf(65_536)).toBe(61_440);
  expect(await rangeOf(65_536, 65_531)).toBe(61_440);
  expect(await rangeOf(65_536, 100)).toBe(100);
});

test('a queue that somebody has, or that may not be had', async () => {
  const refusing = (code: number) =>
    openPacketQueue({
      queue: 7,
      transport: createFakeKernel((_, answer) => answer.ack(code)),
      onPacket: () => {},
    })();
  expect(await refusing(-22)).toMatchObject({ left: { _tag: 'KernelRefusal', code: 'EINVAL' } });
  expect(await refusing(-1)).toMatchObject({ left: { _tag: 'Permission' } });
  // Another's queue is refused with EPERM too, but the empty command is not.
  const taken = createFakeKernel((request, answer) => {
    const { command } = right(readQueueConfig(request)).config;
    answer.ack(command === NFQNL_CFG_CMD.PF_BIND ? 0 : -1);
  });
  const second = await openPacketQueue({ queue: 7, transport: taken, onPacket: () => {} })();
  expect(second).toMatchObject({ left: { _tag: 'Conflict', path: '7', code: 'EPERM' } });
  expect(taken.channels()).toBe(0);
  const elsewhere = createFakeKernel(() => {}, { protocols: [NETLINK.ROUTE] });
  const none = await openPacketQueue({ queue: 7, transport: elsewhere, onPacket: () => {} })();
  expect(none).toMatchObject({ left: { _tag: 'Unsupported' } });
});

test('what does not fit is told, what is broken is passed over', async () => {
  const kernel = createFakeKernel((request, answer) => {
    if (request.type !== NFQNL_MSG.CONFIG) return;
    answer.ack();
    answer.later(1);
    answer.fault(-105);
    answer.message(new MessageWriter().begin(NFQNL_MSG.PACKET, 0));
    answer.message(packetOf(3));
    answer.cut();
  });
  const seen: Array<number> = [];
  const opened = await openPacketQueue({
    queue: 7,
    transport: kernel,
    onPacket: ({ id }) => seen.push(id),
  })();
  if (E.isLeft(opened)) throw new Error(opened.left.message);
  const told: Array<PacketQueueEvent> = [];
  opened.right.events.on((event) => told.push(event));
  await turns();
  expect(seen).toEqual([3]);
  expect(told).toEqual([{ _tag: 'Overrun' }, { _tag: 'Malformed', offset: 0 }]);
  expect(opened.right.stats().overruns).toBe(1);
  await opened.right.stop();
});
