/** Checks of a transport below a whole netlink socket. */

import * as E from 'fp-ts/lib/Either.js';
import {
  CTRL_NOTIFY_GROUP,
  listFamilies,
  resolveFamily,
  writeGetFamily,
} from '../generic-controller.js';
import { ERRNO } from '../internal/errno.js';
import { NETLINK } from '../message.js';
import { openNetlink } from '../open.js';
import type { NetlinkSocket } from '../socket.js';
import type { Transport } from '../transport.js';
import { MessageWriter } from '../writer.js';
import { check, holds, right, same, type TransportCheck } from './check.js';

/** See `transportSuite`. */
export const socketChecks = (transport: Transport): ReadonlyArray<TransportCheck> => {
  const onSocket = (
    name: string,
    body: (socket: NetlinkSocket, writer: MessageWriter) => Promise<void> | void,
  ): TransportCheck =>
    check(name, async () => {
      const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport })());
      try {
        await body(socket, new MessageWriter());
      } finally {
        right(await socket.stop());
      }
    });

  return [
    onSocket('a call gives the answer before it returns', (socket, writer) => {
      let messages = 0;
      same(
        socket.call(writeGetFamily(writer, 'nlctrl'), () => messages++),
        0,
        'call',
      );
      same(messages, 1, 'messages');
      same(socket.transport, transport.name, 'the transport it names');
    }),
    onSocket('a refused call is explained', (socket, writer) => {
      const code = socket.call(writeGetFamily(writer, 'no-such-family'));
      same(code, -ERRNO.ENOENT, 'call');
      const refusal = socket.refusal(code, 'GETFAMILY');
      same(refusal._tag, 'KernelRefusal', 'its error');
      same(refusal.message.startsWith('GETFAMILY: ENOENT'), true, refusal.message);
    }),
    onSocket('calls nest: one inside the answer to another', (socket, writer) => {
      let inner = 1;
      let messages = 0;
      const outer = socket.call(writeGetFamily(writer, 'nlctrl'), () => {
        messages++;
        inner = socket.call(writeGetFamily(new MessageWriter(), 'no-such-family'));
      });
      same(outer, 0, 'the outer call');
      same(inner, -ERRNO.ENOENT, 'the inner call');
      same(messages, 1, 'messages of the outer call');
    }),
    onSocket('a request is a value, and its writer free at once', async (socket, writer) => {
      const first = socket.request(writeGetFamily(writer, 'nlctrl'));
      const second = socket.request(writeGetFamily(writer, 'no-such-family'));
      right(await first());
      const refused = await second();
      holds(E.isLeft(refused) && refused.left._tag === 'KernelRefusal', 'Left KernelRefusal');
      right(await resolveFamily(socket, 'nlctrl')());
    }),
    onSocket('dumps wait for each other and end', async (socket) => {
      const found = await Promise.all([1, 2, 3].map(() => listFamilies(socket)()));
      for (const families of found) {
        holds(
          right(families).some(({ name }) => name === 'nlctrl'),
          'nlctrl is among them',
        );
      }
    }),
    onSocket('subscriptions come and go', (socket) => {
      for (let round = 0; round < 3; round++) {
        const ends = [1, 2].map(() => right(socket.subscribe(CTRL_NOTIFY_GROUP, () => undefined)));
        for (const end of [...ends, ...ends]) end();
      }
    }),
    check('a stopped socket answers Closed', async () => {
      const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport })());
      right(socket.subscribe(CTRL_NOTIFY_GROUP, () => undefined));
      const waiting = listFamilies(socket)();
      right(await socket.stop());
      right(await socket.stop());
      const writer = new MessageWriter();
      const code = socket.call(writeGetFamily(writer, 'nlctrl'));
      same(socket.refusal(code)._tag, 'Closed', 'call');
      const requested = await socket.request(writeGetFamily(writer, 'nlctrl'))();
      holds(E.isLeft(requested) && requested.left._tag === 'Closed', 'request: Left Closed');
      const dumped = await listFamilies(socket)();
      holds(E.isLeft(dumped) && dumped.left._tag === 'Closed', 'dump: Left Closed');
      const subscribed = socket.subscribe(CTRL_NOTIFY_GROUP, () => undefined);
      holds(E.isLeft(subscribed) && subscribed.left._tag === 'Closed', 'subscribe: Left Closed');
      await waiting;
    }),
  ];
};
