/**
 * One side of the TUN benchmark, in its own process and namespace: echoes until told to end, then
 * tells the CPU time that it took. `echo.ts event-loop|thread|plain`.
 */
import { execFileSync } from 'node:child_process';
import { openTun } from '@liquid/netlab';
import { isLeft } from 'fp-ts/lib/Either.js';
import { echoPlainly } from './plain-tun.ts';

const swap = (packet: Uint8Array, a: number, b: number, length: number): void => {
  for (let i = 0; i < length; i++) {
    const byte = packet[a + i] ?? 0;
    packet[a + i] = packet[b + i] ?? 0;
    packet[b + i] = byte;
  }
};

/** IPv4 with UDP goes back to where it came from. */
const turnRound = (packet: Uint8Array): boolean => {
  if ((packet[0] ?? 0) >> 4 !== 4 || packet[9] !== 17) return false;
  swap(packet, 12, 16, 4);
  swap(packet, 20, 22, 2);
  return true;
};

const [mode] = process.argv.slice(2);
let stop = (): void => undefined;
if (mode === 'plain') {
  stop = echoPlainly('tun0', turnRound);
  execFileSync('ip', ['link', 'set', 'tun0', 'up']);
  execFileSync('ip', ['addr', 'add', '10.9.0.1/24', 'dev', 'tun0']);
} else {
  const readiness = mode === 'thread' ? 'thread' : 'event-loop';
  const opened = await openTun({ readiness, addresses: ['10.9.0.1/24'] })();
  if (isLeft(opened)) throw new Error(opened.left.message);
  const tun = opened.right;
  tun.receive((packet, length) => {
    if (turnRound(packet)) tun.write(packet, length);
  });
  stop = () => void tun.stop();
}

let before = process.cpuUsage();
process.on('message', (message) => {
  if (message === 'begin') {
    before = process.cpuUsage();
    process.send?.('begun');
    return;
  }
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuUs: user + system });
  stop();
  process.disconnect();
});
process.send?.('ready');
