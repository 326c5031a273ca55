/** The two ends of a TCP transfer: `serve <port>`, `fetch <address> <port> <bytes>` as JSON. */
import { connect, createServer } from 'node:net';

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'serve') {
  const chunk = Buffer.alloc(65_536, 'x');
  const server = createServer((socket) => {
    const send = () => {
      while (socket.write(chunk));
    };
    socket.on('drain', send);
    socket.on('error', () => undefined);
    send();
  });
  server.listen(Number(rest[0]), '::', () => process.send('ready'));
} else {
  const [address, port, bytes] = rest;
  let received = 0;
  let started = 0n;
  let skipped = 0;
  const socket = connect(Number(port), address);
  socket.on('data', (piece) => {
    received += piece.length;
    // The first tenth fills the bucket and the windows; the rate is taken over the others.
    if (started === 0n && received >= Number(bytes) / 10) {
      started = process.hrtime.bigint();
      skipped = received;
    }
    if (received < Number(bytes)) return;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    socket.destroy();
    process.stdout.write(JSON.stringify({ received, bps: ((received - skipped) * 8) / seconds }));
  });
}
