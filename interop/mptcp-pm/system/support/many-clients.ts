/**
 * Holds connections: at start, and as messages `{ open, keep }` say: opens so many, each with an echo,
 * and closes all but `keep` of the new ones. Tells how many it holds after each. Peers may speak TCP.
 */

import type { Socket } from 'node:net';
import { connectMptcp } from '@liquid/netlink/mptcp-socket';
import { renderError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

const [address = '', port = '0', first = '0'] = process.argv.slice(2);

/** Opened at a time, as a listener's queue is short. */
const AT_ONCE = 50;

const held: Socket[] = [];

const open = async (): Promise<Socket> => {
  const connected = await connectMptcp({ host: address, port: Number(port) })();
  if (E.isLeft(connected)) throw new Error(renderError(connected.left));
  const socket = connected.right;
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', () => resolve(socket));
    socket.on('data', () => undefined);
    socket.write('hello');
  });
};

const openMany = async (count: number, keep: number): Promise<void> => {
  const kept = Math.max(0, count - keep);
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - done) }, () => open()),
    );
    for (const [i, socket] of some.entries()) {
      if (done + i >= kept) held.push(socket);
      else socket.destroy();
    }
  }
  process.send?.({ held: held.length });
};

process.on('message', ({ open: count, keep }: { readonly open: number; readonly keep: number }) => {
  void openMany(count, keep);
});
// Connections with traffic are established for MPTCP, too.
setInterval(() => {
  for (const socket of held) socket.write('still here');
}, 200);
void openMany(Number(first), Number(first));
process.once('disconnect', () => process.exit());
