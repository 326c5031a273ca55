/** A lab that will be killed: a namespace with programs, a TUN device, a capture and an impaired link, then nothing. */
import { execFileSync } from 'node:child_process';
import { openNetlab } from '@liquid/netlab';

const value = (result) => {
  if (result._tag === 'Left') throw new Error(result.left.message);
  return result.right;
};
const description = {
  hosts: { client: {}, server: {} },
  switches: { middle: {} },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24'], impairment: { delayMs: 20 } },
        { node: 'middle' },
      ],
    },
    { ends: [{ node: 'server', addresses: ['10.0.0.2/24'] }, { node: 'middle' }] },
  ],
};
const lab = value(await openNetlab(description)());
const sleeper = value(
  await lab.spawn('client', ['sh', '-c', 'sleep 1000 & echo $!; sleep 1000'])(),
);
const line = await new Promise((resolve) => {
  sleeper.events.onTag('Line', (event) => resolve(event.line));
});
value(await lab.openTun('client', { addresses: ['10.9.0.1/24'] })());
value(await lab.openCapture('server', { device: 'eth0', file: process.argv[2] })());
const relays = execFileSync('ip', ['netns', 'pids', `${lab.id}-wire`], { encoding: 'utf8' })
  .split('\n')
  .flatMap((pid) => (pid === '' ? [] : [Number(pid)]));
process.stdout.write(
  `${JSON.stringify({ id: lab.id, pids: [sleeper.pid, Number(line)], relays })}\n`,
);
setInterval(() => undefined, 1000);
