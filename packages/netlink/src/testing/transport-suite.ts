/** The conformance suite of transports: what a netlink socket relies on, whatever kernel is behind it. */

import * as E from 'fp-ts/lib/Either.js';
import { writeGetFamily } from '../generic-controller.js';
import { ERRNO } from '../internal/errno.js';
import { MessageCursor, NETLINK, NLMSG, sourceOf } from '../message.js';
import type { Channel, Transport } from '../transport.js';
import { HOST_LITTLE } from '../host-order.js';
import { MessageWriter } from '../writer.js';
import { check, holds, right, same, type TransportCheck, turns, until } from './check.js';
import { socketChecks } from './socket-checks.js';

/** What is to be checked. @since 0.1.0 */
export interface TransportUnderTest {
  /**
   * Its kernel has the generic netlink controller (see `fakeController`); no right is needed.
   */
  readonly transport: Transport;
  /** A family that its kernel doesn't have; default 30. */
  readonly missingProtocol?: number;
}

const BUFFER = 65_536;

/** Asks the controller for its own family, whose answer and acknowledgement are two datagrams. */
const ask = (channel: Channel, sequence: number, name = 'nlctrl'): number => {
  const writer = writeGetFamily(new MessageWriter(), name);
  writer.view.setUint32(8, sequence, HOST_LITTLE);
  writer.finish();
  return channel.send(writer.bytes, writer.length);
};

/** Sequence numbers of a datagram's messages; an acknowledgement's as a negative number. */
const sequencesIn = (bytes: Uint8Array, length: number): ReadonlyArray<number> => {
  const cursor = new MessageCursor();
  const found: Array<number> = [];
  cursor.reset(sourceOf(bytes), length);
  while (cursor.next()) {
    found.push(cursor.type === NLMSG.ERROR ? -cursor.sequence : cursor.sequence);
  }
  return found;
};

/**
 * The checks of a transport. Each opens channels of its own and closes them again.
 *
 * @example
 * ```ts
 * import { createFakeKernel, fakeController, transportSuite } from '@liquid/netlink/testing'
 *
 * for (const { name, run } of transportSuite({ transport: createFakeKernel(fakeController([])) })) {
 *   console.log(name, (await run())._tag) // … Right
 * }
 * ```
 * @since 0.1.0
 */
export const transportSuite = (under: TransportUnderTest): ReadonlyArray<TransportCheck> => {
  const { transport, missingProtocol = 30 } = under;
  const open = (): Channel => right(transport.openChannel({ protocol: NETLINK.GENERIC }));
  /** A check with a channel of its own and a buffer. */
  const onChannel = (
    name: string,
    body: (channel: Channel, buffer: Uint8Array) => Promise<void> | void,
  ): TransportCheck =>
    check(name, async () => {
      const channel = open();
      try {
        await body(channel, new Uint8Array(BUFFER));
      } finally {
        channel.close();
      }
    });

  return [
    onChannel('a request is answered within its send', (channel, buffer) => {
      holds(ask(channel, 77) > 0, 'send gives the bytes sent');
      const length = channel.receive(buffer);
      same(sequencesIn(buffer, length)[0], 77, 'sequence number of the answer');
      const cursor = new MessageCursor();
      cursor.reset(sourceOf(buffer), length);
      cursor.next();
      same(cursor.portId, channel.portId, 'port id of the answer');
      const ack = channel.receive(buffer);
      same(sequencesIn(buffer, ack)[0], -77, 'acknowledgement');
      same(channel.receive(buffer), -ERRNO.EAGAIN, 'receiving when nothing waits');
    }),
    onChannel('a refusal comes as an answer, not from send', (channel, buffer) => {
      holds(ask(channel, 5, 'no-such-family') > 0, 'send gives the bytes sent');
      const length = channel.receive(buffer);
      same(sequencesIn(buffer, length)[0], -5, 'acknowledgement');
      const { view } = sourceOf(buffer);
      same(view.getInt32(16, HOST_LITTLE), -ERRNO.ENOENT, 'its error number');
    }),
    onChannel('a buffer that is too small says how long the datagram was', (channel, buffer) => {
      ask(channel, 1);
      const small = new Uint8Array(24);
      const cut = channel.receive(small);
      holds(cut > small.length, `the whole length, not ${cut}`);
      channel.receive(buffer);
      ask(channel, 1);
      const whole = channel.receive(buffer);
      same(cut, whole, 'length of the same datagram');
      holds(
        small.every((byte, at) => byte === buffer[at]),
        'what fits is there',
      );
    }),
    onChannel('a length beyond the bytes is refused', (channel) => {
      holds(channel.send(new Uint8Array(16), 17) < 0, 'send reads no byte beyond');
    }),
    check('channels have port ids of their own and do not hear each other', () => {
      const [one, other] = [open(), open()];
      const buffer = new Uint8Array(BUFFER);
      holds(one.portId !== other.portId && one.portId !== 0, 'distinct port ids');
      ask(one, 9);
      same(other.receive(buffer), -ERRNO.EAGAIN, 'receiving on the other');
      one.close();
      holds(ask(other, 10) > 0, 'the other goes on');
      other.close();
    }),
    onChannel('a watch calls back once per datagram, in order', async (channel, buffer) => {
      const heard: Array<number> = [];
      channel.watch(buffer, (length) => heard.push(...sequencesIn(buffer, length)));
      for (let sequence = 1; sequence <= 20; sequence++) ask(channel, sequence);
      same(heard.length, 0, 'calls inside send');
      await until('40 datagrams', () => heard.length === 40);
      holds(
        heard.every((sequence, at) => sequence === ((at >> 1) + 1) * (at % 2 === 0 ? 1 : -1)),
        'their order',
      );
      channel.unwatch();
    }),
    onChannel('what waited before the watch is delivered', async (channel, buffer) => {
      ask(channel, 3);
      let calls = 0;
      channel.watch(buffer, () => calls++);
      await until('two datagrams', () => calls === 2);
      channel.unwatch();
    }),
    onChannel(
      'promises resolved in a callback run before the next turn',
      async (channel, buffer) => {
        const order: Array<string> = [];
        channel.watch(buffer, () => {
          order.push('callback');
          void Promise.resolve().then(() => order.push('promise'));
          setImmediate(() => order.push('turn'));
        });
        ask(channel, 3);
        await until('all of it', () => order.filter((step) => step === 'turn').length === 2);
        channel.unwatch();
        holds(order.indexOf('promise') < order.indexOf('turn'), `the order was ${order.join(' ')}`);
      },
    ),
    onChannel('unwatch inside the callback is the last call', async (channel, buffer) => {
      let calls = 0;
      channel.watch(buffer, () => {
        calls++;
        channel.unwatch();
        channel.unwatch();
      });
      for (let sequence = 1; sequence <= 10; sequence++) ask(channel, sequence);
      await until('the first call', () => calls > 0);
      await turns(5);
      same(calls, 1, 'calls');
      let left = 0;
      while (channel.receive(buffer) >= 0) left++;
      same(left, 19, 'datagrams that still wait');
    }),
    onChannel('close inside the callback is the last call', async (channel, buffer) => {
      let calls = 0;
      channel.watch(buffer, () => {
        calls++;
        channel.close();
        channel.close();
      });
      for (let sequence = 1; sequence <= 10; sequence++) ask(channel, sequence);
      await until('the first call', () => calls > 0);
      await turns(5);
      same(calls, 1, 'calls');
      same(channel.receive(buffer), -ERRNO.EBADF, 'receiving afterwards');
    }),
    onChannel('a watch may be changed inside its own callback', async (channel, buffer) => {
      const heard: Array<string> = [];
      const second = new Uint8Array(BUFFER);
      channel.watch(buffer, () => {
        heard.push('first');
        channel.watch(second, (length) => {
          heard.push(`second ${sequencesIn(second, length)[0]}`);
        });
      });
      ask(channel, 8);
      await until('both', () => heard.length >= 2);
      await turns(3);
      channel.unwatch();
      same(heard.join(', '), 'first, second -8', 'calls');
    }),
    onChannel('a watch goes on after unwatch and watch, often', async (channel, buffer) => {
      for (let round = 1; round <= 50; round++) {
        let calls = 0;
        channel.watch(buffer, () => calls++);
        ask(channel, round);
        await until('two datagrams', () => calls === 2);
        channel.unwatch();
      }
    }),
    onChannel('requests inside the callback are answered', async (channel, buffer) => {
      const other = open();
      const answer = new Uint8Array(BUFFER);
      let found = 0;
      channel.watch(buffer, () => {
        ask(other, 4);
        found ||= sequencesIn(answer, other.receive(answer))[0] ?? 0;
      });
      ask(channel, 1);
      await until('the answer', () => found === 4);
      other.close();
    }),
    onChannel('ref changes no delivery', async (channel, buffer) => {
      let calls = 0;
      channel.ref(false);
      channel.watch(buffer, () => calls++);
      channel.ref(true);
      channel.ref(false);
      ask(channel, 1);
      await until('two datagrams', () => calls === 2);
      channel.unwatch();
      channel.ref(true);
    }),
    onChannel(
      'a triggered send goes out before its datagram is told, once',
      async (channel, buffer) => {
        ask(channel, 7);
        const expected = buffer.slice(0, channel.receive(buffer));
        channel.receive(buffer);
        const request = writeGetFamily(new MessageWriter(), 'nlctrl');
        request.view.setUint32(8, 99, HOST_LITTLE);
        const other = open();
        try {
          same(channel.arm(expected, other, request.finish()), -ERRNO.EBADF, 'arm without a watch');
          const sent: Array<number> = [];
          const answers: Array<number> = [];
          const aside = new Uint8Array(BUFFER);
          channel.watch(buffer, (_length, bytes) => {
            sent.push(bytes);
            if (bytes !== 0) answers.push(...sequencesIn(aside, other.receive(aside)));
          });
          same(channel.arm(expected, other, new Uint8Array(513)), -90, 'arm with 513 bytes');
          same(channel.arm(expected, other, request.finish()), 0, 'arm');
          for (const sequence of [6, 7, 7]) ask(channel, sequence);
          await until('six datagrams', () => sent.length === 6);
          same(sent.join(), `0,0,${request.length},0,0,0`, 'bytes sent');
          same(answers.join(), '99', 'answers while it was told');
          channel.arm(expected, other, request.finish());
          channel.disarm();
          ask(channel, 7);
          await until('eight datagrams', () => sent.length === 8);
          same(sent[6], 0, 'bytes sent after disarm');
        } finally {
          channel.unwatch();
          other.close();
        }
      },
    ),
    onChannel('a closed channel answers EBADF', async (channel, buffer) => {
      channel.close();
      channel.close();
      channel.unwatch();
      channel.ref(false);
      same(channel.send(buffer, 16), -ERRNO.EBADF, 'send');
      same(channel.receive(buffer), -ERRNO.EBADF, 'receive');
      same(channel.setOption(270, 11, 1), -ERRNO.EBADF, 'setOption');
      let told = 0;
      channel.watch(buffer, (length) => {
        told = length;
      });
      same(told, 0, 'calls inside watch');
      await until('its callback', () => told !== 0);
      same(told, -ERRNO.EBADF, 'watch');
    }),
    onChannel('options are taken or refused by number', (channel) => {
      same(channel.setOption(270, 11, 1), 0, 'NETLINK_EXT_ACK');
      holds(channel.setOption(270, 9999, 1) < 0, 'an option that does not exist');
    }),
    check('a family that the kernel lacks is Unsupported', () => {
      const opened = transport.openChannel({ protocol: missingProtocol });
      holds(E.isLeft(opened) && opened.left._tag === 'Unsupported', 'Left Unsupported');
    }),
    check('a namespace that does not exist is NotFound', () => {
      const namespacePath = '/run/netns/liquid-no-such-namespace';
      const opened = transport.openChannel({ protocol: NETLINK.GENERIC, namespacePath });
      holds(E.isLeft(opened) && opened.left._tag === 'NotFound', 'Left NotFound');
    }),
    check('a thousand channels come and go', () => {
      for (let round = 0; round < 1000; round++) {
        const channel = open();
        channel.watch(new Uint8Array(64), () => undefined);
        channel.close();
      }
    }),
    ...socketChecks(transport),
  ];
};
