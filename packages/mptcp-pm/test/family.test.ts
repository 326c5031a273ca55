/** Events and commands of mptcp_pm come through their own writers unchanged, and rubbish harms nothing. */
import { MessageCursor, MessageWriter, sourceOf } from '@liquid/netlink';
import { type IpAddress, ipv4FromUint32, ipv6FromBytes } from '@liquid/types';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import type { PmEvent } from '../src/event.js';
import {
  decodeCommand,
  type PmAddress,
  type PmCommand,
  writeCommand,
} from '../src/family-command.js';
import { decodeEvent, EventReader, writeEvent } from '../src/family-event.js';

const FAMILY = 28;
const numRuns = Math.max(1, Math.round(Number(process.env['LIQUID_CASES'] ?? 1e5) / 50));

const token = fc.integer({ min: 0, max: 0xffffffff });
const id = fc.integer({ min: 0, max: 255 });
const port = fc.integer({ min: 0, max: 65535 });
const v4 = fc.integer({ min: 0, max: 0xffffffff }).map((word): IpAddress => ipv4FromUint32(word));
const v6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes): IpAddress => {
  const text = ipv6FromBytes(bytes);
  if (E.isLeft(text)) throw new Error('bug: sixteen bytes');
  return text.right;
});
const mapped = v4.map((address) => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const text = ipv6FromBytes(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, a, b, c, d));
  if (E.isLeft(text)) throw new Error('bug: sixteen bytes');
  return text.right as IpAddress;
});
const pair = fc
  .oneof(fc.tuple(v4, v4), fc.tuple(v6, v6), fc.tuple(mapped, mapped))
  .map(([local, remote]) => ({ local, remote }));
const tuple = fc
  .tuple(pair, port, port)
  .map(([ends, localPort, remotePort]) => ({ ...ends, localPort, remotePort }));
const address = fc.oneof(v4, v6, mapped);
const subflow = fc
  .tuple(
    tuple,
    fc.record({
      token,
      localId: id,
      remoteId: id,
      backup: fc.boolean(),
      interfaceIndex: fc.integer({ min: 0, max: 0x7fffffff }),
    }),
  )
  .map(([ends, rest]) => ({ ...ends, ...rest }));

const tagged = <Tag extends string, A extends object>(_tag: Tag, fields: fc.Arbitrary<A>) =>
  fields.map((rest) => ({ _tag, ...rest }));
const connection = fc
  .tuple(tuple, fc.record({ token, serverSide: fc.boolean(), denyJoinId0: fc.boolean() }))
  .map(([ends, rest]) => ({ ...ends, ...rest }));

const event: fc.Arbitrary<PmEvent> = fc.oneof(
  tagged('Created', connection),
  tagged('Established', connection),
  tagged('Closed', fc.record({ token })),
  tagged('Announced', fc.record({ token, remoteId: id, address, port })),
  tagged('Removed', fc.record({ token, remoteId: id })),
  tagged('SubEstablished', subflow),
  tagged('SubPriority', subflow),
  tagged(
    'SubClosed',
    fc
      .tuple(
        subflow,
        fc.record({ error: id }),
        fc.option(fc.record({ reason: fc.integer({ min: 0, max: 6 }), transient: fc.boolean() }), {
          nil: undefined,
        }),
      )
      .map(([ends, rest, reset]) => ({ ...ends, ...rest, ...(reset && { reset }) })),
  ),
  tagged('ListenerCreated', fc.record({ local: address, localPort: port })),
  tagged('ListenerClosed', fc.record({ local: address, localPort: port })),
);

const pmAddress: fc.Arbitrary<PmAddress> = fc.record(
  {
    address,
    id,
    port,
    flags: fc.integer({ min: 0, max: 31 }),
    interfaceIndex: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  },
  { requiredKeys: [] },
);
const ofConnection = fc.record({ token, local: pmAddress, remote: pmAddress });
const command: fc.Arbitrary<PmCommand> = fc.oneof(
  tagged('AddAddress', fc.record({ local: pmAddress })),
  tagged('DelAddress', fc.record({ local: pmAddress })),
  tagged('GetAddress', fc.record({ local: pmAddress, token }, { requiredKeys: [] })),
  fc.constant({ _tag: 'FlushAddresses' } as const),
  tagged(
    'SetLimits',
    fc.record({ receiveAddAddresses: token, subflows: token }, { requiredKeys: [] }),
  ),
  fc.constant({ _tag: 'GetLimits' } as const),
  tagged(
    'SetFlags',
    fc.record({ token, local: pmAddress, remote: pmAddress }, { requiredKeys: ['local'] }),
  ),
  tagged('Announce', fc.record({ token, local: pmAddress })),
  tagged('Remove', fc.record({ token, localId: id })),
  tagged('SubflowCreate', ofConnection),
  tagged('SubflowDestroy', ofConnection),
);

const writer = new MessageWriter();
const bytesOfEvent = (value: PmEvent, serverSideFlag: boolean): Uint8Array => {
  writeEvent(writer, FAMILY, value, { serverSideFlag });
  return writer.finish().slice();
};
const bytesOfCommand = (value: PmCommand): Uint8Array => {
  writeCommand(writer, FAMILY, value);
  return writer.finish().slice();
};

describe('events', () => {
  test('what is written is read, in the words of old and new kernels', () => {
    fc.assert(
      fc.property(event, fc.boolean(), (value, serverSideFlag) => {
        expect(decodeEvent(bytesOfEvent(value, serverSideFlag))).toEqual(E.right(value));
      }),
      { numRuns },
    );
  });

  test('a reader that saw other events before reads the same', () => {
    const reader = new EventReader();
    fc.assert(
      fc.property(event, (value) => {
        const source = sourceOf(bytesOfEvent(value, true));
        const message = new MessageCursor();
        message.reset(source, source.bytes.length);
        message.next();
        expect(reader.read(message)).toEqual(value);
      }),
      { numRuns },
    );
  });

  test('an event of tomorrow is unsupported, not an error of ours', () => {
    const bytes = bytesOfEvent({ _tag: 'Closed', token: 1 }, true);
    bytes[16] = 99;
    expect(decodeEvent(bytes)).toMatchObject({ _tag: 'Left', left: { _tag: 'Unsupported' } });
  });

  test('an event without its addresses is refused', () => {
    const bytes = bytesOfEvent({ _tag: 'Closed', token: 1 }, true);
    bytes[16] = 10;
    expect(decodeEvent(bytes)).toMatchObject({ _tag: 'Left', left: { _tag: 'Decode' } });
  });
});

describe('commands', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(command, (value) => {
        expect(decodeCommand(bytesOfCommand(value))).toEqual(E.right(value));
      }),
      { numRuns },
    );
  });
});

describe('damage', () => {
  const whole = fc.oneof(
    event.map((value) => bytesOfEvent(value, true)),
    command.map(bytesOfCommand),
  );
  const damaged = fc
    .tuple(
      whole,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat(),
    )
    .map(([bytes, changes, cut]) => {
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, cut % (bytes.length + 1));
    });

  test('no bytes make a reader throw or run on', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const result of [decodeEvent(bytes), decodeCommand(bytes)]) {
          if (E.isLeft(result)) expect(result.left.message).not.toBe('');
        }
      }),
      { numRuns: numRuns * 5 },
    );
  });

  test('unknown and longer attributes are passed over', () => {
    fc.assert(
      fc.property(
        event,
        fc.integer({ min: 19, max: 0x3fff }),
        fc.uint8Array({ maxLength: 40 }),
        (value, type, more) => {
          writeEvent(writer, FAMILY, value);
          writer.put(type, more);
          expect(decodeEvent(writer.finish().slice())).toEqual(E.right(value));
        },
      ),
      { numRuns },
    );
  });
});
