/** Program: holds connections to itself, both ends here; under `mptcpize` each end is a subflow. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

const count = Number(process.argv[2] ?? 1000);
const held: Array<Socket> = [];
const server = createServer((socket) => {
  held.push(socket);
  socket.write('x');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
for (let made = 0; made < count; made++) {
  const socket = connect(port, '127.0.0.1');
  // Established on both levels only once data came.
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('error', reject);
  });
  held.push(socket);
}
process.stdout.write('ready\n');
// The parent's end of stdin is this program's life.
process.stdin.resume().on('end', () => process.exit(0));
