/** The network of figure 4.5: A's default way shares a bottleneck with B, its second way is its own. */
import type { NetworkDescription } from '@liquid/netlab';
import { end, line, mptcpHost, routerHost } from '../lab/hosts.js';

/** A's two addresses, the server's, and B's. */
export const DEFAULT_ADDRESS = '10.0.0.1';
const SECOND_ADDRESS = '10.0.2.1';
export const SERVER_ADDRESS = '10.0.1.1';
export const FILE_PORT = 5001;
export const CROSS_PORT = 5002;

/**
 * What may stand in the bottleneck's queue, in octets: 96 ms of the line, 60 kB at 5 Mbit/s. Slow start
 * has then filled it, and found out, when the second poll comes.
 */
const queueBytes = (rateMbps: number): number => 12_000 * rateMbps;

/** The routing table for what leaves from A's second address. */
const SECOND_TABLE = 2;

/** A and B behind a router whose line to the server is the bottleneck, and A's own line to the server. */
export const smartPathsNetwork = (rateMbps: number): NetworkDescription => ({
  hosts: {
    a: mptcpHost({
      routes: [
        { to: 'default', via: '10.0.0.254' },
        { to: 'default', via: '10.0.2.254', table: SECOND_TABLE },
      ],
      rules: [{ priority: 100, from: SECOND_ADDRESS, table: SECOND_TABLE }],
    }),
    b: mptcpHost({ routes: [{ to: 'default', via: '10.0.3.254' }] }),
    router: routerHost(),
    server: mptcpHost({ routes: [{ to: 'default', via: '10.0.1.254' }] }),
  },
  links: [
    { ends: [end('a', `${DEFAULT_ADDRESS}/24`), end('router', '10.0.0.254/24')] },
    { ends: [end('b', '10.0.3.1/24'), end('router', '10.0.3.254/24')] },
    {
      ends: [
        end('router', '10.0.1.254/24', { shaping: line(rateMbps, queueBytes(rateMbps)) }),
        end('server', `${SERVER_ADDRESS}/24`),
      ],
    },
    {
      ends: [
        end('a', `${SECOND_ADDRESS}/24`, { shaping: line(rateMbps, queueBytes(rateMbps)) }),
        end('server', '10.0.2.254/24'),
      ],
    },
  ],
});
