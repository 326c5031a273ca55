/** Making a TUN device: `/dev/net/tun` and TUNSETIFF (Linux Documentation/networking/tuntap.rst). */

import { existsSync, mkdirSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { fromUnknown, type LiquidError, unsupported } from '@liquid/types';
import { type Libc, O_CLOEXEC, O_NONBLOCK, O_RDWR } from './libc.js';
import { inNamespace } from './network-namespace.js';
import { errnoError } from './system-error.js';

const CLONE_DEVICE = '/dev/net/tun';
const S_IFCHR_0666 = 0o020666;
/** Character device 10:200, from the kernel's list of fixed numbers, as glibc's `makedev` packs it. */
const TUN_DEVICE_NUMBER = BigInt((10 << 8) | 200);

const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_MULTI_QUEUE = 0x0100;
const IFREQ_SIZE = 40;
const IFREQ_FLAGS = 16;

const ENODEV = 19;
const ENOENT = 2;
const ENXIO = 6;

const noTun = (errno: number): LiquidError =>
  unsupported({
    what: 'TUN device',
    path: CLONE_DEVICE,
    errno,
    expected: 'a kernel with CONFIG_TUN',
    remedy: 'Load the module: modprobe tun',
  });

const makeCloneDevice = (libc: Libc): E.Either<LiquidError, void> => {
  if (existsSync(CLONE_DEVICE)) return E.right(undefined);
  try {
    mkdirSync('/dev/net', { recursive: true, mode: 0o755 });
  } catch (caught) {
    return E.left(fromUnknown(`making ${CLONE_DEVICE}`)(caught));
  }
  if (libc.mknod(CLONE_DEVICE, S_IFCHR_0666, TUN_DEVICE_NUMBER) === 0) return E.right(undefined);
  const errno = libc.errno();
  // Somebody else was faster.
  if (existsSync(CLONE_DEVICE)) return E.right(undefined);
  return E.left(errnoError('making', errno, CLONE_DEVICE));
};

/**
 * Makes a TUN device in a namespace, or opens one more queue of one that is there.
 *
 * @returns a non-blocking descriptor, one packet a `read` and a `write`; the device is gone when
 *   its last descriptor is closed
 */
export const openTunDescriptor = (
  libc: Libc,
  device: string,
  namespace: string | undefined,
  multiQueue: boolean,
): E.Either<LiquidError, number> => {
  const made = makeCloneDevice(libc);
  if (E.isLeft(made)) return made;
  return inNamespace(libc, namespace, () => {
    const fd = libc.open(CLONE_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
      const errno = libc.errno();
      return E.left(
        [ENODEV, ENOENT, ENXIO].includes(errno)
          ? noTun(errno)
          : errnoError('opening', errno, CLONE_DEVICE),
      );
    }
    const request = new Uint8Array(IFREQ_SIZE);
    request.set(new TextEncoder().encode(device));
    const flags = IFF_TUN | IFF_NO_PI | (multiQueue ? IFF_MULTI_QUEUE : 0);
    new DataView(request.buffer).setUint16(IFREQ_FLAGS, flags, true);
    if (libc.ioctl(fd, TUNSETIFF, request) === 0) return E.right(fd);
    const errno = libc.errno();
    libc.close(fd);
    return E.left(errnoError('making TUN device', errno, device));
  });
};
