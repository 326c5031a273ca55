/** Two ends that talk all the time: `serve <port>`, `talk <address> <port>`; each says how a connection ends. */
import { connect, createServer } from 'node:net';

const say = (line) => process.stdout.write(`${line}\n`);
const [mode, first, second] = process.argv.slice(2);
const talk = (socket) => {
  socket.setNoDelay(true);
  const timer = setInterval(() => socket.write('x'), 20);
  socket.on('error', ({ code }) => say(code));
  socket.on('close', () => clearInterval(timer));
};
if (mode === 'serve') {
  createServer((socket) => {
    say('connected');
    talk(socket);
    socket.resume();
  }).listen(Number(first), '::', () => say('ready'));
} else {
  const socket = connect(Number(second), first);
  talk(socket);
  socket.once('data', () => say('echoed'));
}
// Ends with its lab.
setInterval(() => undefined, 60_000);
