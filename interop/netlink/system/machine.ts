/** What a test of the running kernel needs: permission to run, two hosts, and netlink sockets in them. */
import { type NetworkDescription, type Netlab, useNetlab } from '@liquid/netlab';
import { type NetlinkSocket, openNetlink } from '@liquid/netlink';
import type { Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { test } from 'vitest';

const asked = process.env['LIQUID_SYSTEM'] === '1';

/** A test of the running kernel: skipped with its reason unless asked for. */
export const systemTest = (name: string, run: () => Promise<void>): void => {
  test(name, async (context) => {
    if (!asked) context.skip('changes namespaces: as root, run with LIQUID_SYSTEM=1');
    await run();
  });
};

/** The value, or the test fails with the error's words. */
export const right = <A>(result: E.Either<Tagged, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Two hosts and two paths between them, with addresses set aside for examples. */
export const PATHS: NetworkDescription = {
  hosts: {
    client: { sysctls: { 'net.ipv4.tcp_congestion_control': 'reno' } },
    server: { sysctls: { 'net.ipv4.tcp_congestion_control': 'reno' } },
  },
  links: [0, 1].map((path) => ({
    ends: [
      {
        node: 'client',
        device: `path${path}`,
        addresses: [`198.51.${100 + path}.1/24`, `2001:db8:${path + 1}::1/64`],
      },
      {
        node: 'server',
        device: `path${path}`,
        addresses: [`198.51.${100 + path}.2/24`, `2001:db8:${path + 1}::2/64`],
      },
    ],
  })),
};

/** A lab for the length of a test's body; what the body throws comes through. */
export const withLab = async (
  description: NetworkDescription,
  body: (lab: Netlab) => Promise<void>,
): Promise<void> => {
  let thrown: unknown;
  const used = await useNetlab(description, {}, (lab) =>
    TE.fromTask(async () => {
      try {
        await body(lab);
      } catch (caught) {
        thrown = caught;
      }
    }),
  )();
  if (thrown !== undefined) throw thrown;
  right(used);
};

/** A netlink socket on a host for the length of `body`. */
export const withSocket = async <A>(
  lab: Netlab | undefined,
  node: string,
  protocol: number,
  body: (socket: NetlinkSocket) => Promise<A>,
): Promise<A> => {
  const namespace = lab === undefined ? {} : { namespace: right(lab.namespaceOf(node)) };
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
