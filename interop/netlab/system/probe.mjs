/**
 * Delay by datagrams: `echo <address> <port>` sends each back; `probe <address> <port> <count>
 * <intervalMs>` sends numbered ones and prints, for each that came back, its number and its
 * milliseconds, in order of arrival.
 */
import { createSocket } from 'node:dgram';

const [mode, address, port, count, intervalMs] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
if (mode === 'echo') {
  socket.on('message', (message, { port: to, address: at }) => socket.send(message, to, at));
  socket.bind(Number(port), address, () => process.send?.('ready'));
} else {
  const sentAt = new Float64Array(Number(count));
  const numbers = [];
  const delaysMs = [];
  let sent = 0;
  let end;
  const finish = () => {
    process.stdout.write(JSON.stringify({ sent, numbers, delaysMs }));
    socket.close();
  };
  socket.on('message', (message) => {
    const now = performance.now();
    const number = message.readUInt32BE(0);
    numbers.push(number);
    delaysMs.push(Number((now - sentAt[number]).toFixed(3)));
    if (numbers.length === sentAt.length) {
      clearTimeout(end);
      finish();
    }
  });
  socket.bind(0, () => {
    const started = performance.now();
    const timer = setInterval(() => {
      // As many as are due: a busy machine's timer is late, and the rate is kept all the same.
      const due = Math.min(sentAt.length, 1 + (performance.now() - started) / Number(intervalMs));
      while (sent < Math.floor(due)) {
        const payload = Buffer.alloc(64);
        payload.writeUInt32BE(sent, 0);
        sentAt[sent++] = performance.now();
        socket.send(payload, Number(port), address);
      }
      if (sent < sentAt.length) return;
      clearInterval(timer);
      end = setTimeout(finish, 2000);
    }, Number(intervalMs));
  });
}
