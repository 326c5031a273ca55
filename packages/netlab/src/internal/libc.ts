/** The few C library calls that Node lacks, through koffi, loaded on first use only. */

import * as E from 'fp-ts/lib/Either.js';
import { fromUnknown, type Unsupported, unsupported } from '@liquid/types';

/** The calls, with C's results: −1 means that `errno()` says why. */
export interface Libc {
  readonly open: (path: string, flags: number) => number;
  readonly close: (fd: number) => number;
  readonly read: (fd: number, buffer: Uint8Array, length: number) => number;
  readonly write: (fd: number, buffer: Uint8Array, length: number) => number;
  readonly ioctl: (fd: number, request: number, argument: Uint8Array) => number;
  readonly setns: (fd: number, kind: number) => number;
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ) => number;
  readonly getsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint32Array,
  ) => number;
  readonly pipe: (fds: Int32Array, flags: number) => number;
  readonly dup3: (from: number, to: number, flags: number) => number;
  readonly timerfdCreate: (clock: number, flags: number) => number;
  /** `value` is a `struct itimerspec`. */
  readonly timerfdSettime: (fd: number, flags: number, value: Uint8Array, old: null) => number;
  readonly mknod: (path: string, mode: number, device: bigint) => number;
  /** A shared mapping of an fd from its start; the memory is gone after `munmap`. */
  readonly mmap: (
    fd: number,
    length: number,
  ) => { readonly address: bigint; readonly memory: ArrayBuffer } | undefined;
  readonly munmap: (address: bigint, length: number) => number;
  /** Address of a typed array's first byte, for structures that hold pointers. */
  readonly addressOf: (bytes: Uint8Array) => bigint;
  readonly errno: () => number;
  /** `poll` on a thread of the pool, for watchers that may not touch the event loop. */
  readonly pollAsync: (pollFds: Uint8Array, count: number, done: (result: number) => void) => void;
}

export const O_RDWR = 0o2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const CLOCK_MONOTONIC = 1;
export const CLONE_NEWNET = 0x4000_0000;
export const EAGAIN = 11;
export const EINTR = 4;

const REMEDY = 'Use Linux with glibc or musl on a platform that koffi has a binary for.';

type Loaded = E.Either<Unsupported, Libc>;
let loading: Promise<Loaded> | undefined;

type Koffi = typeof import('koffi')['default'];

const bindAll = (koffi: Koffi): Libc => {
  // The main program is linked with the C library, glibc or musl, whatever its file is called.
  const libc = koffi.load(null);
  const poll = libc.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)');
  const mmap = libc.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
  );
  const munmap = libc.func('int munmap(void *address, size_t length)');
  return {
    open: libc.func('int open(const char *path, int flags)'),
    close: libc.func('int close(int fd)'),
    // `intptr_t` is ssize_t; a typed array is passed as its address, without a copy.
    read: libc.func('intptr_t read(int fd, _Out_ void *buffer, size_t length)'),
    write: libc.func('intptr_t write(int fd, const void *buffer, size_t length)'),
    ioctl: libc.func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)'),
    setns: libc.func('int setns(int fd, int kind)'),
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    bind: libc.func('int bind(int fd, const void *address, unsigned int length)'),
    setsockopt: libc.func(
      'int setsockopt(int fd, int level, int name, const void *value, unsigned int length)',
    ),
    getsockopt: libc.func(
      'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
    ),
    pipe: libc.func('int pipe2(_Out_ int *fds, int flags)'),
    dup3: libc.func('int dup3(int from, int to, int flags)'),
    timerfdCreate: libc.func('int timerfd_create(int clock, int flags)'),
    timerfdSettime: libc.func(
      'int timerfd_settime(int fd, int flags, const void *value, void *old)',
    ),
    mknod: libc.func('int mknod(const char *path, unsigned int mode, uint64_t device)'),
    mmap: (fd, length) => {
      const PROT_READ_WRITE = 3;
      const MAP_SHARED = 1;
      const address = BigInt(mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0));
      // MAP_FAILED is −1, as an unsigned or a signed number.
      return address === -1n || address === 0xffff_ffff_ffff_ffffn
        ? undefined
        : { address, memory: koffi.view(address, length) };
    },
    munmap,
    addressOf: (bytes) => BigInt(koffi.address(bytes)),
    errno: () => koffi.errno(),
    pollAsync: (pollFds, count, done) =>
      poll.async(pollFds, count, -1, (error: unknown, result: number) =>
        done(error === null || error === undefined ? result : -1),
      ),
  };
};

const load = async (): Promise<Loaded> => {
  if (process.platform !== 'linux') {
    const remedy = 'Run it on Linux, for example in a virtual machine or container.';
    return E.left(
      unsupported({ what: 'netlab', expected: 'linux', actual: process.platform, remedy }),
    );
  }
  try {
    return E.right(bindAll((await import('koffi')).default));
  } catch (caught) {
    const cause = fromUnknown('loading koffi')(caught);
    return E.left(unsupported({ what: 'calling the C library', remedy: REMEDY, cause }));
  }
};

/**
 * The C library; loaded once, when something is first asked of the kernel, so that importing this
 * package works on every platform.
 */
export const loadLibc = (): Promise<Loaded> => (loading ??= load());
