/** What a live tunnel needs of the machine. */
import { type Need, needsCommand, needsKernel, needsRoot } from '@liquid/types/scenario';

/** `ip` and `tc` come with the same package; a machine may still lack one of them. */
export const tunnelNeeds: ReadonlyArray<Need> = [
  needsRoot,
  needsCommand('ip', 'iproute2'),
  { ...needsCommand('tc', 'iproute2'), name: 'tc of Debian package iproute2' },
  needsKernel('TUN devices', '/dev/net/tun', 'run: modprobe tun'),
];
