/** Two hosts with two paths between them, and netlink sockets and programs on them. */
import type { Netlab, NetworkDescription } from '@liquid/netlab';
import { type NetlinkSocket, openNetlink } from '@liquid/netlink';
import { right, withLab } from './machine.ts';

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** With addresses that RFC 2544 and RFC 3849 set aside for tests and examples. */
const PATHS: NetworkDescription = {
  hosts: {
    client: { sysctls: { 'net.ipv4.tcp_congestion_control': 'reno' } },
    server: { sysctls: { 'net.ipv4.tcp_congestion_control': 'reno' } },
  },
  links: [0, 1].map((path) => ({
    ends: [
      {
        node: 'client',
        device: `path${path}`,
        addresses: [`198.18.${path}.1/24`, `2001:db8:${path + 1}::1/64`],
      },
      {
        node: 'server',
        device: `path${path}`,
        addresses: [`198.18.${path}.2/24`, `2001:db8:${path + 1}::2/64`],
      },
    ],
  })),
};

/** The two hosts for the length of a test's body; what the body throws comes through. */
export const withPaths = (body: (lab: Netlab) => Promise<void>): Promise<void> =>
  withLab(PATHS, body);

/** A netlink socket, on a host or where the test runs, for the length of `body`. */
export const withSocket = async <A>(
  at: { readonly lab: Netlab; readonly node: string } | undefined,
  protocol: number,
  body: (socket: NetlinkSocket) => Promise<A>,
): Promise<A> => {
  const namespace = at === undefined ? {} : { namespace: right(at.lab.namespaceOf(at.node)) };
  const socket = right(await openNetlink({ protocol, ...namespace })());
  try {
    return await body(socket);
  } finally {
    await socket.stop();
  }
};

/** Output of a program on a host; a failure of it fails the test. */
export const output = async (
  lab: Netlab,
  node: string,
  ...argv: [string, ...string[]]
): Promise<string> => {
  const { exitCode, stdout, stderr } = right(await lab.exec(node, argv)());
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode}: ${stderr}`);
  return stdout;
};
