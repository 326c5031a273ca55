/** What the scenarios need of the machine: they make networks and manage connections of the real kernel. */
import { type Need, needsCommand, needsKernel, needsRoot } from '@liquid/types/scenario';

/** `ip` and `tc` come with the same package; a machine may still lack one of them. */
export const labNeeds: ReadonlyArray<Need> = [
  needsRoot,
  needsCommand('ip', 'iproute2'),
  { ...needsCommand('tc', 'iproute2'), name: 'tc of Debian package iproute2' },
  needsKernel(
    'Multipath TCP',
    '/proc/sys/net/mptcp/enabled',
    'boot a kernel with CONFIG_MPTCP, as those of current distributions',
  ),
  needsKernel(
    'the userspace path manager of Multipath TCP',
    '/proc/sys/net/mptcp/pm_type',
    'boot Linux 5.19 or later',
  ),
];

/** Delay and resets are made by rules of the packet filter. */
export const filterNeeds: ReadonlyArray<Need> = [...labNeeds, needsCommand('iptables')];
