/** Two ways between a client and a server: a quick one and one that takes longer, and what becomes of the quick one. */
import type { Impairment, NetworkDescription } from '@liquid/netlab';
import { end, mptcpHost } from '../lab/hosts.js';

export const QUICK_ADDRESS = '10.0.0.1';
export const SERVER_ADDRESS = '10.0.0.2';
export const ECHO_PORT = 5003;

/** Round-trip times at first, ms. */
export const QUICK_MS = 10;
export const OTHER_MS = 30;

/** What each end of a link adds for a round-trip time. */
export const delayOf = (roundTripMs: number): Impairment => ({ delayMs: roundTripMs / 2 });

/** Interfaces of both hosts at the quick link's ends. */
export const QUICK_ENDS: ReadonlyArray<readonly [node: string, device: string]> = [
  ['client', 'eth0'],
  ['server', 'eth0'],
];

const OTHER_TABLE = 2;

export const interactiveNetwork: NetworkDescription = {
  hosts: {
    client: mptcpHost({
      routes: [{ to: 'default', via: '10.0.1.2', table: OTHER_TABLE }],
      rules: [{ priority: 100, from: '10.0.1.1', table: OTHER_TABLE }],
    }),
    server: mptcpHost(),
  },
  links: [
    {
      ends: [
        end('client', `${QUICK_ADDRESS}/24`, { impairment: delayOf(QUICK_MS) }),
        end('server', `${SERVER_ADDRESS}/24`, { impairment: delayOf(QUICK_MS) }),
      ],
    },
    {
      ends: [
        end('client', '10.0.1.1/24', { impairment: delayOf(OTHER_MS) }),
        end('server', '10.0.1.2/24', { impairment: delayOf(OTHER_MS) }),
      ],
    },
  ],
};
