/** The network of the reaction benchmark: a client with two addresses, a server, nothing between them. */

import type { NetworkDescription } from '@liquid/netlab';

/** Where the server listens and initial subflows go. */
export const SERVER_ADDRESS = '10.0.0.2';
export const SERVER_PORT = 5000;

/** From where the additional subflow is to begin. */
export const SECOND_ADDRESS = '10.1.0.1';

/** What is sent from the second address leaves by its own interface, whatever its destination. */
const SECOND_TABLE = 101;

/**
 * @param pathManager - `kernel` or `userspace`: who manages the client's connections
 */
export const reactionNetwork = (pathManager: 'kernel' | 'userspace'): NetworkDescription => ({
  hosts: {
    client: {
      sysctls: {
        'net.mptcp.enabled': 1,
        'net.mptcp.pm_type': pathManager === 'userspace' ? 1 : 0,
        'net.ipv4.tcp_congestion_control': 'reno',
      },
      rules: [{ priority: 100, from: `${SECOND_ADDRESS}/32`, table: SECOND_TABLE }],
      routes: [{ to: 'default', via: '10.1.0.2', device: 'eth1', table: SECOND_TABLE }],
    },
    server: {
      sysctls: { 'net.mptcp.enabled': 1, 'net.ipv4.tcp_congestion_control': 'reno' },
    },
  },
  links: [
    {
      ends: [
        { node: 'client', addresses: ['10.0.0.1/24'] },
        { node: 'server', addresses: [`${SERVER_ADDRESS}/24`] },
      ],
    },
    {
      ends: [
        { node: 'client', addresses: [`${SECOND_ADDRESS}/24`] },
        { node: 'server', addresses: ['10.1.0.2/24'] },
      ],
    },
  ],
});
