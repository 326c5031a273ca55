/** What hostile or broken bytes can do to the codecs: nothing but a Left, a false or a prefix, in bounded steps. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AttributeCursor,
  addresses,
  diagCongestion,
  diagLocalAddress,
  emptyDiagRow,
  emptyErrorMessage,
  emptyQueuePacket,
  emptyQueueVerdict,
  GENL_ID_CTRL,
  genericCommand,
  IPPROTO,
  links,
  MessageCursor,
  MessageWriter,
  NFQNL_MSG,
  NLMSG,
  neighbours,
  queueHardwareAddress,
  queuePayload,
  readDiag,
  readDiagInto,
  readDiagRequest,
  readErrorMessage,
  readFamily,
  readPolicies,
  readQueueConfig,
  readQueuePacketInto,
  readQueueVerdictInto,
  routes,
  rules,
  SOCK_DIAG,
  sourceOf,
  writeDiag,
} from '../src/index.js';
import { socketDiag } from './support/arbitraries.js';
import { cases } from './support/cases.js';
import { messageOf, recorded, right } from './support/messages.js';

const row = emptyDiagRow();
const error = emptyErrorMessage();
const packet = emptyQueuePacket();
const verdict = emptyQueueVerdict();

/** Every reader of the package, with the type of the messages that it takes. */
const READERS: ReadonlyArray<readonly [number, (message: MessageCursor) => unknown]> = [
  [NLMSG.ERROR, (message) => readErrorMessage(message, error)],
  [NLMSG.DONE, (message) => readErrorMessage(message, error)],
  [GENL_ID_CTRL, readFamily],
  [GENL_ID_CTRL, readPolicies],
  [GENL_ID_CTRL, genericCommand],
  [SOCK_DIAG.BY_FAMILY, (message) => readDiag(message)],
  [SOCK_DIAG.BY_FAMILY, (message) => readDiag(message, IPPROTO.MPTCP)],
  [SOCK_DIAG.BY_FAMILY, readDiagRequest],
  [
    SOCK_DIAG.BY_FAMILY,
    (message) => {
      const read = readDiagInto(message, row);
      return [read, diagLocalAddress(row), diagCongestion(row)];
    },
  ],
  [SOCK_DIAG.BY_FAMILY, (message) => readDiagInto(message, row, IPPROTO.MPTCP)],
  [NFQNL_MSG.CONFIG, readQueueConfig],
  [
    NFQNL_MSG.PACKET,
    (message) =>
      readQueuePacketInto(message, packet) && [queuePayload(packet), queueHardwareAddress(packet)],
  ],
  [NFQNL_MSG.VERDICT, (message) => readQueueVerdictInto(message, verdict)],
  ...[links, addresses, routes, rules, neighbours].map(
    (table) => [table.types.new, (message: MessageCursor) => table.read(message)] as const,
  ),
];

/** Reads all that a datagram claims to hold with every reader; gives the number of messages. */
const readWith = (datagram: Uint8Array, length: number): number => {
  const cursor = new MessageCursor();
  cursor.reset(sourceOf(datagram), length);
  let messages = 0;
  while (cursor.next()) {
    messages++;
    // No message is shorter than its header: this many steps at most.
    if (messages > datagram.length / 16) throw new Error('more messages than there is room for');
    if (cursor.end > datagram.length) throw new Error('a message beyond its datagram');
    for (const [type, read] of READERS) {
      cursor.type = type;
      const result = read(cursor);
      if (typeof result === 'object' && result !== null && '_tag' in result) {
        if (result._tag !== 'Left' && result._tag !== 'Right') throw new Error('no Either');
      }
    }
  }
  return messages;
};

const CORPUS: ReadonlyArray<Uint8Array> = readdirSync(new URL('fixtures', import.meta.url))
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => {
    const recording = name.slice(0, -'.txt'.length);
    return [...recorded(recording, '<'), ...recorded(recording, '>')];
  })
  // Large dumps again and again teach nothing: their first messages do.
  .map((datagram) => datagram.subarray(0, 2048));

const mutated = fc
  .record({
    datagram: fc.nat(CORPUS.length - 1),
    // Most of what decides is in lengths and types: few bytes far apart, with extreme values.
    changes: fc.array(
      fc.tuple(
        fc.nat(2047),
        fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 0x7f, 0x80, 0xff), fc.nat(255)),
      ),
      { maxLength: 6 },
    ),
    cut: fc.option(fc.nat(2048), { nil: undefined }),
  })
  .map(({ datagram, changes, cut }) => {
    const bytes = (CORPUS[datagram] ?? new Uint8Array(0)).slice(0, cut);
    for (const [at, value] of changes) {
      if (bytes.length > 0) bytes[at % bytes.length] = value;
    }
    return bytes;
  });

/** One message that claims to be whole, with anything inside. */
const framed = fc.uint8Array({ maxLength: 300 }).map((payload) => {
  const bytes = new Uint8Array(16 + payload.length);
  bytes.set(payload, 16);
  new DataView(bytes.buffer).setUint32(0, bytes.length, true);
  return bytes;
});

/** Attributes with lengths that lie: 0, odd, too long, and nests of them. */
const lying = fc
  .array(fc.tuple(fc.oneof(fc.nat(12), fc.nat(0xffff)), fc.nat(0xffff), fc.nat(24)), {
    maxLength: 12,
  })
  .map((attributes) => {
    const writer = new MessageWriter().begin(SOCK_DIAG.BY_FAMILY, 0);
    writer.raw(72);
    for (const [length, type, size] of attributes) {
      const at = writer.attribute(type, size);
      writer.bytes.fill(7, at, at + size);
      writer.view.setUint16(at - 4, length, true);
    }
    return writer.finish().slice();
  });

test('random, mutated and truncated buffers', () => {
  let messages = 0;
  const buffer = fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    { weight: 3, arbitrary: framed },
    { weight: 2, arbitrary: lying },
    { weight: 4, arbitrary: mutated },
  );
  fc.assert(
    fc.property(buffer, fc.integer({ min: -20, max: 40 }), (bytes, more) => {
      // A length that the caller claims may be wrong too.
      messages += readWith(bytes, Math.max(0, bytes.length + (more > 20 ? more : 0)));
    }),
    cases(),
  );
  console.log(`${messages} messages read, ${CORPUS.length} recorded datagrams mutated`);
});

test('every prefix of every recorded datagram', () => {
  for (const whole of CORPUS) {
    for (let length = 0; length < Math.min(whole.length, 400); length++) {
      readWith(whole.slice(0, length), length);
    }
  }
});

test('a list of attributes is walked in no more steps than it has room for', () => {
  const cursor = new AttributeCursor();
  const inner = new AttributeCursor();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(220), (bytes, limit) => {
      const source = sourceOf(bytes);
      cursor.reset(source, 0, limit);
      let steps = 0;
      while (cursor.next()) {
        if (++steps > bytes.length / 4) throw new Error('more attributes than there is room for');
        if (cursor.end > bytes.length) throw new Error('an attribute beyond its list');
        inner.enter(cursor);
        let within = 0;
        while (inner.next()) {
          if (++within > cursor.length / 4) throw new Error('a nest larger than itself');
        }
        cursor.readU8();
        cursor.readU16();
        cursor.readU32();
        cursor.readU64();
        cursor.readString();
      }
    }),
    cases(0.2),
  );
});

test('an attribute of length 0 ends the list; nests of length 0 end theirs', () => {
  const writer = new MessageWriter().begin(16, 0);
  writer.flag(1);
  const at = writer.attribute(2, 0);
  writer.view.setUint16(at - 4, 0, true);
  writer.flag(3);
  const message = messageOf(writer);
  const cursor = new AttributeCursor();
  cursor.reset(message.source, message.payload, message.end);
  const types: Array<number> = [];
  while (cursor.next()) types.push(cursor.type);
  expect(types).toEqual([1]);
  expect(cursor.malformedAt).toBe(at - 4);
});

test('messages of length 0, below 16 and beyond the buffer end the datagram', () => {
  for (const length of [0, 1, 15, 33, 0x7fffffff, 0xffffffff]) {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, length, true);
    const cursor = new MessageCursor();
    cursor.reset(sourceOf(bytes), bytes.length);
    expect(cursor.next()).toBe(false);
    expect(cursor.malformedAt).toBe(0);
  }
});

test('attributes that nobody knows change nothing of what is known', () => {
  fc.assert(
    fc.property(socketDiag, fc.integer({ min: 23, max: 999 }), (socket, type) => {
      const writer = writeDiag(new MessageWriter(), socket);
      writer.u64(type, 7n);
      const { unknown = [], ...known } = right(readDiag(messageOf(writer), socket.protocol));
      const { unknown: before = [], ...same } = socket;
      expect(known).toEqual(same);
      expect(unknown).toHaveLength(before.length + 1);
      expect(readDiagInto(messageOf(writer), row, socket.protocol)).toBe(true);
    }),
    cases(0.01),
  );
});

test('a struct that grew or shrank is read as far as it is known', () => {
  const [datagram] = recorded('diag-tcp4', '<');
  if (datagram === undefined) throw new Error('nothing recorded');
  const cursor = new MessageCursor();
  cursor.reset(sourceOf(datagram), datagram.length);
  cursor.next();
  const socket = right(readDiag(cursor));
  for (const lengthBytes of [0, 7, 104, 231, 232, 248, 280, 281, 400]) {
    const { tcp } = socket;
    if (tcp === undefined) throw new Error('no tcp_info');
    const other = messageOf(
      writeDiag(new MessageWriter(), { ...socket, tcp: { ...tcp, lengthBytes } }),
    );
    const read = right(readDiag(other)).tcp;
    expect(read?.lengthBytes).toBe(lengthBytes);
    expect(read?.rttUs).toBe(lengthBytes < 72 ? 0 : tcp.rttUs);
    expect(readDiagInto(other, row)).toBe(true);
    expect(row.tcp.cwnd).toBe(lengthBytes < 84 ? 0 : tcp.cwnd);
  }
});
