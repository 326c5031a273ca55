/** Hosts and links that the networks of the scenarios are put together from. */
import type { HostDescription, LinkEnd, Shaping } from '@liquid/netlab';

/** Only IPv4 is used: so an interface that nobody uses sends nothing at all. */
const QUIET = {
  'net.ipv6.conf.all.disable_ipv6': 1,
  'net.ipv6.conf.default.disable_ipv6': 1,
};

const MPTCP = {
  ...QUIET,
  'net.mptcp.enabled': 1,
  'net.mptcp.pm_type': 1,
  // Known to every kernel and to every namespace, and what the deliverable's formula is made for.
  'net.ipv4.tcp_congestion_control': 'reno',
  // A later connection is to know nothing of an earlier one.
  'net.ipv4.tcp_no_metrics_save': 1,
  // Answers may leave by another interface than questions came by.
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
};

/** A host whose connections belong to a path manager in user space; where none runs, nothing adds a path. */
export const mptcpHost = (more: HostDescription = {}): HostDescription => ({
  ...more,
  sysctls: { ...MPTCP, ...more.sysctls },
});

export const routerHost = (more: HostDescription = {}): HostDescription => ({
  ...more,
  forwarding: true,
  sysctls: { ...QUIET, ...more.sysctls },
});

/** A line of this rate behind a queue of so many octets. */
export const line = (rateMbps: number, queueBytes: number): Shaping => ({
  kind: 'htb',
  rateBps: Math.round(rateMbps * 1e6),
  queue: { kind: 'fifo', limitBytes: queueBytes },
});

/** The end of a link with one address. */
export const end = (node: string, address: string, more: Partial<LinkEnd> = {}): LinkEnd => ({
  node,
  addresses: [address],
  ...more,
});
