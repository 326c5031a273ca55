/** Datagrams that real kernels sent and took, byte by byte: what they mean, and that we write the same. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  AttributeCursor,
  GENL_HEADER,
  MessageCursor,
  MessageWriter,
  NLMSG,
  NLMSG_HEADER,
  sourceOf,
} from '@liquid/netlink';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import type { PmEvent } from '../src/event.js';
import { MPTCP_ATTR, MPTCP_EVENT, PM_ADDR_ATTR, PM_ATTR, PM_CMD } from '../src/family.js';
import {
  decodeCommand,
  type PmCommand,
  readAddress,
  readLimits,
  writeCommand,
} from '../src/family-command.js';
import { decodeEvent, writeEvent } from '../src/family-event.js';

interface Recorded {
  readonly step: string;
  readonly host: string;
  readonly way: 'sent' | 'received' | 'event';
  readonly hex: string;
}

interface Recording {
  readonly kernel: string;
  readonly byteOrder: string;
  readonly familyId: number;
  readonly recorded: ReadonlyArray<Recorded>;
}

const folder = new URL('fixtures/', import.meta.url);
const recordings = readdirSync(folder)
  .filter((name) => /^linux-.*\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording);

const bytesOf = ({ hex }: Recorded): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const must = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message);
  return result.right;
};

/** Attributes as text, in an order of their own: the kernel's order means nothing. */
const attributesOf = (bytes: Uint8Array): string[] => {
  const attributes = new AttributeCursor();
  attributes.reset(sourceOf(bytes), NLMSG_HEADER + GENL_HEADER, bytes.length);
  const texts: string[] = [];
  while (attributes.next()) {
    texts.push(`${attributes.type} ${Buffer.from(attributes.readBytes()).toString('hex')}`);
  }
  return texts.sort();
};

/** The bytes of one attribute, inside nests given by their types. */
const attributeAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): number[] | undefined => {
  const attributes = new AttributeCursor();
  attributes.reset(sourceOf(bytes), NLMSG_HEADER + GENL_HEADER, bytes.length);
  for (const [depth, type] of path.entries()) {
    let found = false;
    while (!found && attributes.next()) found = attributes.type === type;
    if (!found) return undefined;
    if (depth === path.length - 1) return [...attributes.readBytes()];
    const inner = new AttributeCursor();
    inner.enter(attributes);
    attributes.reset(inner.source, attributes.start, attributes.end);
  }
  return undefined;
};

const writer = new MessageWriter();

/** As of Linux 6.18 the server's side is a flag; before it is an attribute that always comes. */
const newer = ({ kernel }: Recording): boolean => {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 18);
};

test('there are recordings', () => {
  expect(recordings.length).toBeGreaterThan(0);
});

for (const recording of recordings) {
  const { kernel, familyId, recorded, byteOrder } = recording;
  const events = recorded.filter(({ way }) => way === 'event');
  const commands = recorded.filter(({ way }) => way === 'sent');

  describe(`Linux ${kernel}`, () => {
    test('every event is read, and written as the kernel wrote it', () => {
      expect(byteOrder).toBe('LE');
      const seen = new Set<number>();
      for (const each of events) {
        const bytes = bytesOf(each);
        seen.add(bytes[NLMSG_HEADER] ?? 0);
        const event = must(decodeEvent(bytes));
        writeEvent(writer, familyId, event, { serverSideFlag: newer(recording) });
        expect(attributesOf(writer.finish()), `${each.step}: ${event._tag}`).toEqual(
          attributesOf(bytes),
        );
      }
      const listeners: ReadonlyArray<number> = [
        MPTCP_EVENT.LISTENER_CREATED,
        MPTCP_EVENT.LISTENER_CLOSED,
      ];
      const expected = Object.values<number>(MPTCP_EVENT).filter(
        (type) => newer(recording) || !listeners.includes(type),
      );
      expect([...seen].sort((a, b) => a - b)).toEqual(expected);
    });

    test('every command is read, and written byte for byte', () => {
      const seen = new Set<number>();
      for (const each of commands) {
        const bytes = bytesOf(each);
        const command = must(decodeCommand(bytes));
        seen.add(bytes[NLMSG_HEADER] ?? 0);
        writeCommand(writer, familyId, command);
        const ours = writer.finish().slice();
        // Sequence, port id and flags are the socket's.
        ours.set(bytes.subarray(6, 16), 6);
        expect(Buffer.from(ours).toString('hex'), `${each.step}: ${command._tag}`).toBe(each.hex);
      }
      expect([...seen].sort((a, b) => a - b)).toEqual(Object.values(PM_CMD));
    });

    test('ports are in host order in commands and in network order in events', () => {
      const announced = commands
        .map((each) => [bytesOf(each), must(decodeCommand(bytesOf(each)))] as const)
        .find(([, command]) => command._tag === 'Announce' && command.local.port !== undefined);
      const [command, meaning] = announced ?? [];
      const port = meaning?._tag === 'Announce' ? (meaning.local.port ?? 0) : 0;
      expect(port).toBeGreaterThan(255);
      expect(command && attributeAt(command, PM_ATTR.ADDR, PM_ADDR_ATTR.PORT)).toEqual([
        port & 0xff,
        port >> 8,
      ]);
      const told = events.find((each) => each.step.includes('announce with a port'));
      expect(told && must(decodeEvent(bytesOf(told)))).toMatchObject({ _tag: 'Announced', port });
      expect(told && attributeAt(bytesOf(told), MPTCP_ATTR.DPORT)).toEqual([
        port >> 8,
        port & 0xff,
      ]);
    });

    test('the side and the flags of a connection come in the words of this version', () => {
      const created = events.filter((each) => bytesOf(each)[NLMSG_HEADER] === MPTCP_EVENT.CREATED);
      for (const each of created) {
        const event = must(decodeEvent(bytesOf(each)));
        if (event._tag !== 'Created') throw new Error('another event');
        const server = each.host === 'server';
        expect(event.serverSide, each.step).toBe(server);
        const sides = newer(recording) ? [server ? 1 : undefined] : [server ? 1 : 0];
        expect([attributeAt(bytesOf(each), MPTCP_ATTR.SERVER_SIDE)?.[0]]).toEqual(sides);
        const bit = (attributeAt(bytesOf(each), MPTCP_ATTR.FLAGS)?.[0] ?? 0) & 2;
        expect(bit).toBe(newer(recording) && server ? 2 : 0);
      }
      expect(created.length).toBeGreaterThan(1);
    });

    test('each life of a connection is told from its beginning to its end', () => {
      for (const name of ['IPv4', 'IPv6', 'IPv4 mapped into IPv6']) {
        const told = events
          .filter(({ step, host }) => host === 'client' && step.startsWith(`${name}:`))
          .map((each) => must(decodeEvent(bytesOf(each))));
        const tags = told.map(({ _tag }) => _tag).filter((tag) => tag !== 'Announced');
        expect(tags.slice(0, 7), name).toEqual([
          'Created',
          'Established',
          'Removed',
          // Created and destroyed, created and aborted.
          ...['SubEstablished', 'SubClosed', 'SubEstablished', 'SubClosed'],
        ]);
        expect(tags.at(-1), name).toBe('Closed');
        const errors = told.flatMap((event: PmEvent) =>
          event._tag === 'SubClosed' ? [event.error] : [],
        );
        // An orderly end, then our own abort (ECONNABORTED).
        expect(errors.slice(0, 2), name).toEqual([0, 103]);
        const tokens = new Set(told.map((event) => ('token' in event ? event.token : -1)));
        expect(tokens.size, name).toBe(1);
      }
    });

    test("an abort reaches the peer with MP_TCPRST, a middlebox's reset has none", () => {
      const closed = (host: string, step: string): PmEvent | undefined =>
        events
          .filter((each) => each.host === host && each.step === step)
          .map((each) => must(decodeEvent(bytesOf(each))))
          .find(({ _tag }) => _tag === 'SubClosed');
      const reset = { reason: 0, transient: false };
      expect(closed('server', 'IPv4: abort it')).toMatchObject({ error: 104, reset });
      const middlebox = closed('client', 'IPv4: a middlebox resets the first of two');
      expect(middlebox).toMatchObject({ error: 104 });
      expect(middlebox).not.toHaveProperty('reset');
    });

    test('answers hold addresses and limits', () => {
      const addresses: Array<ReturnType<typeof readAddress>> = [];
      const limits: Array<ReturnType<typeof readLimits>> = [];
      for (const each of recorded.filter(({ way }) => way === 'received')) {
        const source = sourceOf(bytesOf(each));
        const message = new MessageCursor();
        message.reset(source, source.bytes.length);
        while (message.next()) {
          if (message.type < NLMSG.MIN_TYPE) continue;
          const command = source.bytes[message.payload];
          if (command === PM_CMD.GET_LIMITS) limits.push(readLimits(message));
          else addresses.push(readAddress(message));
        }
      }
      const sent = commands.map((each): PmCommand => must(decodeCommand(bytesOf(each))));
      const added = sent.find(({ _tag }) => _tag === 'AddAddress');
      expect(added?._tag === 'AddAddress' && added.local).toMatchObject({ id: 5 });
      expect(addresses.length).toBeGreaterThan(1);
      for (const address of addresses) {
        expect(address).toMatchObject(added?._tag === 'AddAddress' ? added.local : {});
      }
      expect(limits[0]).toMatchObject({ subflows: expect.any(Number) });
    });
  });
}
