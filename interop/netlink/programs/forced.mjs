/** Which transport serves when nobody names one. */
import { NETLINK, nativeTransport, openNetlink } from '@liquid/netlink';

const opened = await openNetlink({ protocol: NETLINK.GENERIC })();
if (opened._tag === 'Right') await opened.right.stop();
process.stdout.write(
  `${JSON.stringify(
    opened._tag === 'Right' ? { transport: opened.right.transport } : opened.left,
  )}\n`,
);
nativeTransport();
nativeTransport();
