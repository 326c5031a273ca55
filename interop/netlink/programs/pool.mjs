/** With one pool thread and a watch in force, the pool still works. */
import { readFile } from 'node:fs/promises';
import { NETLINK, openNetlink } from '@liquid/netlink';
import { report, right, transportName } from './kit.mjs';

const socket = right(await openNetlink({ protocol: NETLINK.ROUTE, transport: transportName })());
right(socket.subscribe(1, () => undefined));
const read = await Promise.all(
  Array.from({ length: 8 }, () => readFile('/proc/self/stat', 'utf8')),
);
report({ read: read.filter((text) => text.length > 0).length });
right(await socket.stop());
