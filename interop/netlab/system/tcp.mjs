/** The two ends of a TCP transfer: `serve <port>`, `fetch <address> <port> <bytes>`. */
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
  const socket = connect(Number(port), address);
  socket.on('data', (piece) => {
    received += piece.length;
    if (received < Number(bytes)) return;
    socket.destroy();
    process.stdout.write(String(received));
  });
}
