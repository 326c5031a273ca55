/** A worker of a cluster: its watch is its own, and it is told that it can't listen. */
import cluster from 'node:cluster';
import { listenMptcp } from '@liquid/netlink/mptcp-socket';
import { ask, open, report, sleep } from './kit.mjs';

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.on('message', report);
  await new Promise((resolve) => worker.once('exit', resolve));
} else {
  const channel = open();
  const lengths = [];
  channel.watch(new Uint8Array(65536), (length) => lengths.push(length));
  ask(channel);
  for (let turn = 0; turn < 100 && lengths.length < 2; turn++) await sleep(10);
  channel.close();
  const listening = await listenMptcp({ address: '127.0.0.1' })();
  const told = listening._tag === 'Left' ? listening.left._tag : 'listening';
  process.send?.({ heard: lengths.map((length) => length > 0), told }, () => process.exit());
}
