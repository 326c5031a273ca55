/** The two ends of a TCP download: `serve <port> <bytes>` and `fetch <address> <port> <flows>`. */

import { connect, createServer } from 'node:net';

/** Text rather than noise, so that a capture with data in it stays small. */
const TEXT = 'Liquid Net: every resource of a network spent where it gains most.\n';
const CHUNK = Buffer.from(TEXT.repeat(Math.ceil(65_536 / TEXT.length)));

const serve = (port: number, bytes: number): void => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let left = bytes;
    const send = (): void => {
      while (left > 0) {
        const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length));
        left -= chunk.length;
        if (!socket.write(chunk)) return;
      }
      socket.end();
    };
    socket.on('drain', send);
    socket.on('error', () => undefined);
    // One request, one answer, as of any download.
    socket.once('data', send);
  });
  server.listen(port, '::', () => process.stdout.write('ready\n'));
};

const fetchOne = (address: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    let received = 0;
    const socket = connect(port, address, () => socket.write('GET\n'));
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.once('end', () => resolve(received));
    socket.once('error', reject);
  });

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'serve') serve(Number(rest[0]), Number(rest[1]));
else {
  const [address = '', port, flows] = rest;
  const fetches = Array.from({ length: Number(flows) }, () => fetchOne(address, Number(port)));
  const received = await Promise.all(fetches);
  process.stdout.write(`${received.reduce((sum, bytes) => sum + bytes, 0)}\n`);
}
