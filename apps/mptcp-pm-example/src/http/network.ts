/** A client with two ways to a server, each a line of its own. */
import type { NetworkDescription } from '@liquid/netlab';
import { end, line, mptcpHost } from '../lab/hosts.js';

export const SERVER_ADDRESS = '10.0.0.2';
export const HTTP_PORT = 8080;

/** What may stand in each line's queue: 50 ms at 10 Mbit/s. */
const QUEUE_BYTES = 62_500;
const SECOND_TABLE = 2;

/** The server's ends are the shaped ones: it is a download. */
export const httpNetwork = (rateMbps: number): NetworkDescription => ({
  hosts: {
    client: mptcpHost({
      routes: [{ to: 'default', via: '10.0.1.2', table: SECOND_TABLE }],
      rules: [{ priority: 100, from: '10.0.1.1', table: SECOND_TABLE }],
    }),
    server: mptcpHost(),
  },
  links: [
    {
      ends: [
        end('client', '10.0.0.1/24'),
        end('server', `${SERVER_ADDRESS}/24`, { shaping: line(rateMbps, QUEUE_BYTES) }),
      ],
    },
    {
      ends: [
        end('client', '10.0.1.1/24'),
        end('server', '10.0.1.2/24', { shaping: line(rateMbps, QUEUE_BYTES) }),
      ],
    },
  ],
});
