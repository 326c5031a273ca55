/** Two ways from a client to a server, each through a middlebox of its own. */
import type { NetworkDescription } from '@liquid/netlab';
import { end, mptcpHost, routerHost } from '../lab/hosts.js';

export const SERVER_ADDRESS = '10.0.2.1';
export const STREAM_PORT = 5005;

/** The middlebox on the way from each of the client's addresses. */
export const BOX_OF: Readonly<Record<string, string>> = {
  '10.0.0.1': 'box0',
  '10.0.1.1': 'box1',
};

const SECOND_TABLE = 2;

export const resetStormNetwork: NetworkDescription = {
  hosts: {
    client: mptcpHost({
      routes: [
        { to: 'default', via: '10.0.0.254' },
        { to: 'default', via: '10.0.1.254', table: SECOND_TABLE },
      ],
      rules: [{ priority: 100, from: '10.0.1.1', table: SECOND_TABLE }],
    }),
    box0: routerHost(),
    box1: routerHost({ routes: [{ to: '10.0.2.0/24', via: '10.0.3.1' }] }),
    server: mptcpHost({
      routes: [
        { to: '10.0.0.0/24', via: '10.0.2.254' },
        { to: '10.0.1.0/24', via: '10.0.3.254' },
      ],
    }),
  },
  links: [
    { ends: [end('client', '10.0.0.1/24'), end('box0', '10.0.0.254/24')] },
    { ends: [end('client', '10.0.1.1/24'), end('box1', '10.0.1.254/24')] },
    { ends: [end('box0', '10.0.2.254/24'), end('server', `${SERVER_ADDRESS}/24`)] },
    { ends: [end('box1', '10.0.3.254/24'), end('server', '10.0.3.1/24')] },
  ],
};
