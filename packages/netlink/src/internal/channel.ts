/** A netlink descriptor by the system calls of {@link Native}. */

import { fromUnknown, limitExceeded, notFound, permission, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { NetlinkError } from '../errors.js';
import { HOST_LITTLE } from '../host-order.js';
import type { Channel, ChannelOptions, OnDatagram, Transport } from '../transport.js';
import { ERRNO, nameOfErrno } from './errno.js';
import { intBytes } from './int-bytes.js';
import type { Native, Watch } from './native.js';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
/** Bytes of `struct sockaddr_nl`: family u16, pad u16, port id u32, groups u32. */
const SOCKADDR_NL = 12;
const PORT_ID_AT = 4;

/** Port id 0: on binding the kernel chooses one, on connecting it is the kernel's own. */
const address = (): Uint8Array => {
  const bytes = new Uint8Array(SOCKADDR_NL);
  new DataView(bytes.buffer).setUint16(0, AF_NETLINK, HOST_LITTLE);
  return bytes;
};

const openError = (code: number, options: ChannelOptions): NetlinkError => {
  const errno = -code;
  const name = nameOfErrno(errno);
  const path = options.namespacePath;
  const what = `a netlink socket of family ${options.protocol}`;
  const place = { errno, code: name, path };
  if (name === 'ENOENT' && path !== undefined) {
    return notFound({ what: 'network namespace', ...place, path });
  }
  if (errno === ERRNO.EINVAL && path !== undefined) {
    return notFound({ what: 'network namespace', ...place, path, expected: 'another file' });
  }
  switch (name) {
    case 'EPERM':
    case 'EACCES':
      return permission({
        what: `opening ${what}`,
        ...place,
        expected: path === undefined ? undefined : 'CAP_SYS_ADMIN to enter the namespace',
      });
    case 'EPROTONOSUPPORT':
    case 'EAFNOSUPPORT':
      return unsupported({
        what,
        ...place,
        actual: name,
        remedy: 'Use a kernel that has it, or load the module that brings it.',
      });
    case 'EMFILE':
    case 'ENFILE':
      return limitExceeded({ what: 'open files', ...place, expected: 'the limit', actual: 'more' });
    default:
      return fromUnknown(`opening ${what}`)(
        Object.assign(new Error(`opening ${what}: ${name}`), place),
      );
  }
};

class NativeChannel implements Channel {
  readonly #native: Native;
  #fd: number;
  #watch: Watch | undefined;
  #keepsAlive = true;
  readonly portId: number;

  constructor(native: Native, fd: number, portId: number) {
    this.#native = native;
    this.#fd = fd;
    this.portId = portId;
  }

  send(bytes: Uint8Array, length: number): number {
    return this.#fd < 0 ? -ERRNO.EBADF : this.#native.send(this.#fd, bytes, length);
  }

  receive(buffer: Uint8Array): number {
    return this.#fd < 0 ? -ERRNO.EBADF : this.#native.recv(this.#fd, buffer);
  }

  watch(buffer: Uint8Array, onDatagram: OnDatagram): void {
    this.unwatch();
    const watch = this.#fd < 0 ? -ERRNO.EBADF : this.#native.watch(this.#fd, buffer, onDatagram);
    if (typeof watch === 'number') {
      // As a datagram's error would come: later, never inside the call.
      setImmediate(onDatagram, watch, 0);
      return;
    }
    this.#watch = watch;
    if (!this.#keepsAlive) watch.ref(false);
  }

  unwatch(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  arm(expected: Uint8Array, by: Channel, answer: Uint8Array): number {
    if (this.#watch === undefined || !(by instanceof NativeChannel)) return -ERRNO.EBADF;
    return by.#fd < 0 ? -ERRNO.EBADF : this.#watch.arm(expected, by.#fd, answer);
  }

  disarm(): void {
    this.#watch?.disarm();
  }

  ref(keepsAlive: boolean): void {
    this.#keepsAlive = keepsAlive;
    this.#watch?.ref(keepsAlive);
  }

  setOption(level: number, option: number, value: number): number {
    if (this.#fd < 0) return -ERRNO.EBADF;
    return this.#native.setsockopt(this.#fd, level, option, intBytes(value));
  }

  close(): void {
    if (this.#fd < 0) return;
    this.unwatch();
    this.#native.close(this.#fd);
    this.#fd = -1;
  }
}

const openChannel = (native: Native, options: ChannelOptions): E.Either<NetlinkError, Channel> => {
  const { protocol, namespacePath, receiveBufferBytes } = options;
  const fd = native.socket(AF_NETLINK, SOCK_RAW, protocol, namespacePath);
  if (fd < 0) return E.left(openError(fd, options));
  const own = address();
  let code = native.keep(fd);
  if (code >= 0 && receiveBufferBytes !== undefined) {
    const bytes = intBytes(receiveBufferBytes);
    // Without CAP_NET_ADMIN the system's limit holds, and the kernel cuts the wish down to it.
    code = native.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
    if (code === -ERRNO.EPERM) code = native.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
  if (code >= 0) code = native.bind(fd, own);
  if (code >= 0) code = native.getsockname(fd, own);
  // Connected to the kernel, so that no other program's datagrams are taken.
  if (code >= 0) code = native.connect(fd, address());
  if (code < 0) {
    native.close(fd);
    return E.left(openError(code, options));
  }
  const portId = new DataView(own.buffer).getUint32(PORT_ID_AT, HOST_LITTLE);
  return E.right(new NativeChannel(native, fd, portId));
};

/** The transport of a native part. */
export const transportOf = (native: Native): Transport => ({
  name: native.name,
  ...(native.longestWatchedBytes === undefined
    ? {}
    : { longestWatchedBytes: native.longestWatchedBytes }),
  openChannel: (options) => openChannel(native, options),
});
