/**
 * Holds connections: at start, and as messages `{ open, keep }` say: opens so many, each with an echo,
 * and closes all but `keep` of the new ones. Tells how many it holds after each.
 */

import { connect, type Socket } from 'node:net';

const [address = '', port = '0', first = '0'] = process.argv.slice(2);

/** Opened at a time, as a listener's queue is short. */
const AT_ONCE = 50;

const held: Socket[] = [];

const open = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(port), address);
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => socket.write('hello'));
    socket.once('data', () => resolve(socket));
    socket.on('data', () => undefined);
  });

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
