/** Sends datagrams and counts what comes back: `<address> <port> <count>`, at most 50 on the way: what a socket's own buffer holds. */
import { createSocket } from 'node:dgram';

const [address, port, count] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
let sent = 0;
let received = 0;
const send = () => {
  while (sent < Number(count) && sent - received < 50) {
    const payload = Buffer.alloc(8 + (sent % 1000));
    payload.writeUInt32BE(sent++, 0);
    socket.send(payload, Number(port), address);
  }
};
const end = () => {
  process.stdout.write(JSON.stringify({ sent, received }));
  socket.close();
};
let idle = setTimeout(end, 5000);
socket.on('message', () => {
  received++;
  clearTimeout(idle);
  if (received === Number(count)) end();
  else {
    idle = setTimeout(end, 5000);
    send();
  }
});
socket.bind(0, send);
