/** The network of the soak: a client and a server with two links, each of which can be impaired. */

import type { NetworkDescription } from '@liquid/netlab';

export const SERVER_ADDRESS = '10.0.0.2';
export const SERVER_PORT = 5000;
export const CLIENT_ADDRESSES = ['10.0.0.1', '10.1.0.1'] as const;
export const CLIENT_DEVICES = ['eth0', 'eth1'] as const;

const SYSCTLS = {
  'net.mptcp.enabled': 1,
  'net.mptcp.pm_type': 1,
  'net.ipv4.tcp_congestion_control': 'reno',
};

export const SOAK_NETWORK: NetworkDescription = {
  hosts: {
    client: {
      sysctls: SYSCTLS,
      rules: [{ priority: 100, from: '10.1.0.1/32', table: 101 }],
      routes: [{ to: 'default', via: '10.1.0.2', device: 'eth1', table: 101 }],
    },
    server: { sysctls: SYSCTLS },
  },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24'], impairment: { delayMs: 5 } },
        { node: 'server', addresses: ['10.0.0.2/24'], impairment: { delayMs: 5 } },
      ],
    },
    {
      ends: [
        { node: 'client', addresses: ['10.1.0.1/24'], impairment: { delayMs: 10 } },
        { node: 'server', addresses: ['10.1.0.2/24'], impairment: { delayMs: 10 } },
      ],
    },
  ],
};
