/** A telephone with two radios, each a line to the server. */
import type { NetworkDescription } from '@liquid/netlab';
import { end, line, mptcpHost } from '../lab/hosts.js';

export const FIRST_ADDRESS = '10.0.0.1';
export const SERVER_ADDRESS = '10.0.0.2';
export const STREAM_PORT = 5004;

/** Rate of a line that does its work, and of one that doesn't, Mbit/s. */
const FULL_MBPS = 8;
export const SHORT_MBPS = 2;

const QUEUE_BYTES = 60_000;
const SECOND_TABLE = 2;

export const fullLine = line(FULL_MBPS, QUEUE_BYTES);
export const shortLine = line(SHORT_MBPS, QUEUE_BYTES);

export const oneInterfaceNetwork: NetworkDescription = {
  hosts: {
    phone: mptcpHost({
      routes: [{ to: 'default', via: '10.0.1.2', table: SECOND_TABLE }],
      rules: [{ priority: 100, from: '10.0.1.1', table: SECOND_TABLE }],
    }),
    server: mptcpHost(),
  },
  links: [
    {
      ends: [
        end('phone', `${FIRST_ADDRESS}/24`, { device: 'wifi', shaping: fullLine }),
        end('server', `${SERVER_ADDRESS}/24`),
      ],
    },
    {
      ends: [
        end('phone', '10.0.1.1/24', { device: 'cell', shaping: fullLine }),
        end('server', '10.0.1.2/24'),
      ],
    },
  ],
};
