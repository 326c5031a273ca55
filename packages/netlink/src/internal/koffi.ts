/**
 * System calls by koffi, and datagrams by Node's own UDP reader, whose descriptor is exchanged below
 * it: no thread is held and nothing polls.
 */

import { createSocket } from 'node:dgram';
import { closeSync, constants, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type * as Koffi from 'koffi';
import { HOST_LITTLE } from '../host-order.js';
import { ERRNO, errnoOf } from './errno.js';
import type { OnDatagram } from '../transport.js';
import type { Native, Watch } from './native.js';
import { Trigger } from './trigger.js';

const SOCK_CLOEXEC = 0x80000;
const SOCK_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_MPTCP = 284;
const MPTCP_FULL_INFO = 4;
/** Offsets in `struct mptcp_full_info` of its two pointers. */
const SUBFLOWS_AT = 24;
const TCP_AT = 32;

/** The buffer that libuv gives its UDP reader. */
const UDP_READER_BYTES = 65_536;

const EINTR = 4;
const EFAULT = 14;

export const nativeOfKoffi = (koffi: typeof Koffi): Native => {
  const libc = koffi.load(null);
  const cSocket = libc.func('int socket(int, int, int)');
  const cClose = libc.func('int close(int)');
  const cBind = libc.func('int bind(int, const void *, uint32_t)');
  const cConnect = libc.func('int connect(int, const void *, uint32_t)');
  const cListen = libc.func('int listen(int, int)');
  const cGetsockname = libc.func('int getsockname(int, void *, void *)');
  const cSetsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
  const cGetsockopt = libc.func('int getsockopt(int, int, int, void *, void *)');
  const cSend = libc.func('intptr_t send(int, const void *, size_t, int)');
  const cRecv = libc.func('intptr_t recv(int, void *, size_t, int)');
  const cSetns = libc.func('int setns(int, int)');
  const cDup3 = libc.func('int dup3(int, int, int)');

  let kept: Set<number> | undefined;
  /** A `socklen_t` that the kernel reads and writes. */
  const lengthOf = new Uint32Array(1);
  const outcome = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const withLength = (bytes: Uint8Array, run: () => number): number => {
    lengthOf[0] = bytes.length;
    const result = outcome(run());
    return result < 0 ? result : (lengthOf[0] ?? 0);
  };
  const close = (fd: number): number => {
    const result = outcome(cClose(fd));
    // Linux has given the number back also then.
    return result === -EINTR ? 0 : result;
  };

  const socketIn = (path: string, domain: number, type: number, protocol: number): number => {
    let home = -1;
    let away = -1;
    try {
      // What is synchronous in `node:fs` runs on this thread, whose namespace is meant.
      home = openSync('/proc/thread-self/ns/net', constants.O_RDONLY | O_CLOEXEC);
      away = openSync(path, constants.O_RDONLY | O_CLOEXEC);
      // Entering one's own namespace changes nothing, but fails where the way back would be refused.
      const left = outcome(cSetns(home, CLONE_NEWNET)) || outcome(cSetns(away, CLONE_NEWNET));
      if (left < 0) return left;
      const result = outcome(cSocket(domain, type, protocol));
      // All later sockets of the program would be on another network.
      if (cSetns(home, CLONE_NEWNET) < 0) process.abort();
      return result;
    } catch (caught) {
      return -errnoOf(caught);
    } finally {
      if (home >= 0) closeSync(home);
      if (away >= 0) closeSync(away);
    }
  };

  const send = (fd: number, bytes: Uint8Array, length: number): number => {
    if (length < 0 || length > bytes.length) return -ERRNO.EINVAL;
    let sent: number;
    do sent = outcome(cSend(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL));
    while (sent === -EINTR);
    return sent;
  };

  /**
   * Node reads datagrams only from UDP sockets, so it gets one, and then the watched socket takes its
   * number. koffi's own poll is no way: promises that its callback resolves would wait for the next
   * event.
   */
  const watch = (fd: number, bytes: Uint8Array, onDatagram: OnDatagram): Watch | number => {
    const placeholder = outcome(cSocket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (placeholder < 0) return placeholder;
    const reader = createSocket('udp4');
    const trigger = new Trigger();
    let stopped = false;
    reader.on('error', (caught) => {
      if (stopped) return;
      const errno = errnoOf(caught);
      if (errno !== ERRNO.ENOBUFS) stop();
      onDatagram(-errno, 0);
    });
    reader.on('message', (message) => {
      if (stopped) return;
      if (bytes.length === 0) {
        // Its memory was given away.
        stop();
        onDatagram(-EFAULT, 0);
        return;
      }
      bytes.set(message.length > bytes.length ? message.subarray(0, bytes.length) : message);
      onDatagram(message.length, trigger.pull(message, message.length));
    });
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      reader.close();
    };
    try {
      // In a worker of a cluster too: its primary has another descriptor of that number.
      reader.bind({ fd: placeholder, exclusive: true });
    } catch (caught) {
      stop();
      close(placeholder);
      return -errnoOf(caught);
    }
    const exchanged = outcome(cDup3(fd, placeholder, SOCK_CLOEXEC));
    if (exchanged < 0) {
      stop();
      return exchanged;
    }
    return {
      ref: (keepsAlive) => {
        if (keepsAlive) reader.ref();
        else reader.unref();
      },
      stop,
      arm: (expected, by, answer) =>
        trigger.arm(expected, answer, (copy) => send(by, copy, copy.length)),
      disarm: () => trigger.disarm(),
    };
  };

  return {
    name: 'koffi',
    longestWatchedBytes: UDP_READER_BYTES,
    socket: (domain, type, protocol, namespacePath) => {
      const flags = type | SOCK_CLOEXEC | SOCK_NONBLOCK;
      return namespacePath === undefined
        ? outcome(cSocket(domain, flags, protocol))
        : socketIn(namespacePath, domain, flags, protocol);
    },
    keep: (fd) => {
      if (kept === undefined) {
        kept = new Set();
        // A thread that ends gives back only what Node opened for it.
        if (!isMainThread) process.once('exit', () => kept?.forEach((one) => void cClose(one)));
      }
      kept.add(fd);
      return 0;
    },
    close: (fd) => {
      kept?.delete(fd);
      return close(fd);
    },
    bind: (fd, address) => outcome(cBind(fd, address, address.length)),
    connect: (fd, address) => outcome(cConnect(fd, address, address.length)),
    listen: (fd, backlog) => outcome(cListen(fd, backlog)),
    getsockname: (fd, address) => withLength(address, () => cGetsockname(fd, address, lengthOf)),
    setsockopt: (fd, level, name, value) =>
      outcome(cSetsockopt(fd, level, name, value, value.length)),
    getsockopt: (fd, level, name, value) =>
      withLength(value, () => cGetsockopt(fd, level, name, value, lengthOf)),
    fullInfo: (fd, head, subflows, tcp) => {
      const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
      view.setBigUint64(SUBFLOWS_AT, koffi.address(subflows), HOST_LITTLE);
      view.setBigUint64(TCP_AT, koffi.address(tcp), HOST_LITTLE);
      return withLength(head, () => cGetsockopt(fd, SOL_MPTCP, MPTCP_FULL_INFO, head, lengthOf));
    },
    send,
    recv: (fd, bytes) => {
      let length: number;
      do length = outcome(cRecv(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_TRUNC));
      while (length === -EINTR);
      return length;
    },
    watch,
  };
};
