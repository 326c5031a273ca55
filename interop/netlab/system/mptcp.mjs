/**
 * One MPTCP connection by plain system calls: `serve <port>` answers one byte, `fetch <a.b.c.d> <port>`
 * asks, `hold <a.b.c.d> <port>` asks and goes on sending.
 */
import koffi from 'koffi';

const IPPROTO_MPTCP = 262;
const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, unsigned int length)');
const connect = libc.func('int connect(int fd, const void *address, unsigned int length)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept = libc.func('int accept(int fd, void *address, void *length)');
const read = libc.func('intptr_t read(int fd, _Out_ void *buffer, size_t length)');
const write = libc.func('intptr_t write(int fd, const void *buffer, size_t length)');

const addressOf = (text, port) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(2, 0);
  bytes.writeUInt16BE(Number(port), 2);
  bytes.set(text.split('.').map(Number), 4);
  return bytes;
};
const checked = (result) => {
  if (result < 0) throw new Error(`errno ${koffi.errno()}`);
  return result;
};
const [mode, first, second] = process.argv.slice(2);
const fd = checked(socket(2, 1, IPPROTO_MPTCP));
const byte = new Uint8Array(1);
if (mode === 'serve') {
  checked(bind(fd, addressOf('0.0.0.0', first), 16));
  checked(listen(fd, 8));
  process.stdout.write('ready\n');
  setImmediate(() => {
    const peer = checked(accept(fd, null, null));
    checked(read(peer, byte, 1));
    checked(write(peer, byte, 1));
    // Until the other end closes.
    while (read(peer, byte, 1) > 0);
  });
} else {
  checked(connect(fd, addressOf(first, second), 16));
  checked(write(fd, byte, 1));
  process.stdout.write(`${read(fd, byte, 1)}\n`);
  if (mode === 'hold') setInterval(() => write(fd, byte, 1), 20);
}
