/** Networks that more than one test is about. */

import type { NetworkDescription } from '@liquid/netlab';

/** A host whose connections are for a userspace path manager. */
export const USERSPACE_HOST = {
  sysctls: {
    'net.mptcp.enabled': 1,
    'net.mptcp.pm_type': 1,
    'net.ipv4.tcp_congestion_control': 'reno',
  },
} as const;

/** Two hosts with two links between them, each with both kinds of addresses. */
export const TWO_PATHS: NetworkDescription = {
  hosts: { client: USERSPACE_HOST, server: USERSPACE_HOST },
  links: [0, 1].map((i) => ({
    ends: [
      { node: 'client', addresses: [`10.0.${i}.1/24`, `fd00:${i}::1/64`] },
      { node: 'server', addresses: [`10.0.${i}.2/24`, `fd00:${i}::2/64`] },
    ],
  })),
};
