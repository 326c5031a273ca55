/** CPU that an open subscription costs when nothing comes, in milliseconds over ten seconds. */
import { NETLINK, openNetlink, resolveFamily, groupOf } from '@liquid/netlink';
import { report, right, sleep, transportName } from './kit.mjs';

const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport: transportName })());
const family = right(await resolveFamily(socket, 'mptcp_pm')());
right(socket.subscribe(right(groupOf(family, 'mptcp_pm_events')), () => undefined));
// What starting has left to do, and to collect, is not idleness.
await sleep(1500);
globalThis.gc?.();
await sleep(500);
const before = process.cpuUsage();
await sleep(10_000);
const { user, system } = process.cpuUsage(before);
report({ messages: socket.stats().multicasts, cpuMs: (user + system) / 1000 });
right(await socket.stop());
