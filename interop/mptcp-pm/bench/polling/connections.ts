/** Opens connections, sends a byte on each so that they become established, and holds them. */

import { connect, type Socket } from 'node:net';

const [address = '', port = '0', count = '0'] = process.argv.slice(2);

const held: Socket[] = [];
for (let done = 0; done < Number(count); done++) {
  const socket = connect(Number(port), address);
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('error', reject);
    socket.write('x');
  });
  held.push(socket);
}
process.send?.(held.length);
process.once('disconnect', () => process.exit());
