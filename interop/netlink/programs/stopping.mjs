/** A stop gives every descriptor back, and the process ends by itself; an unstopped one stays. */
import { readdirSync, readlinkSync } from 'node:fs';
import { MessageWriter, NETLINK, openNetlink } from '@liquid/netlink';
import { report, right, transportName } from './kit.mjs';

/** Names of the open sockets, as in `socket:[4711]`. */
const sockets = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

const before = sockets();
const socket = right(await openNetlink({ protocol: NETLINK.ROUTE, transport: transportName })());
right(socket.subscribe(1, () => undefined));
const request = new MessageWriter().begin(18, 0);
request.raw(16);
right(await socket.dump(request, () => undefined)());
const during = sockets();
if (process.argv[3] === 'stop') {
  right(await socket.stop());
  report({ during: during - before, after: sockets() - before });
} else {
  report({ during: during - before });
}
