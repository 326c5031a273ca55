/** An MPTCP `listen()` of this very process, which makes the kernel tell LISTENER_CREATED. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The calls of the addon that the trigger needs; its path is the package's own business elsewhere. */
interface Calls {
  readonly socket: (domain: number, type: number, protocol: number, path: undefined) => number;
  readonly bind: (fd: number, address: Uint8Array) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly close: (fd: number) => number;
}

const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_MPTCP = 262;

const addon = new URL(
  `../../../packages/netlink/prebuilt/linux-${process.arch}-glibc/netlink.node`,
  import.meta.url,
);
const calls = createRequire(import.meta.url)(fileURLToPath(addon)) as Calls;

/** Port 0 of 127.0.0.1 as a `sockaddr_in`. */
const LOOPBACK = new Uint8Array(16);
LOOPBACK.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);

const must = (what: string, result: number): number => {
  if (result < 0) throw new Error(`${what}: errno ${-result}`);
  return result;
};

/** A bound socket, ready to listen. */
export const prepare = (): number => {
  const fd = must('socket', calls.socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, undefined));
  must('bind', calls.bind(fd, LOOPBACK));
  return fd;
};

/** What is measured from. */
export const listen = (fd: number): void => {
  must('listen', calls.listen(fd, 1));
};

export const close = (fd: number): void => {
  must('close', calls.close(fd));
};
