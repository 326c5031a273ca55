/** Offloads: SIOCETHTOOL by hand, so that `ethtool` need not be installed. */

import * as E from 'fp-ts/lib/Either.js';
import type { LiquidError } from '@liquid/types';
import { type Libc, O_CLOEXEC } from './libc.js';
import { inNamespace } from './network-namespace.js';
import { errnoError } from './system-error.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCETHTOOL = 0x8946;

/** `struct ifreq`, 40 bytes on 64-bit platforms: name, then a pointer, here to just behind it. */
const IFREQ_SIZE = 40;
const IFREQ_POINTER = 16;
const VALUE_SIZE = 8;

// linux/ethtool.h; generic segmentation goes before scatter-gather, on which it depends.
const SETTINGS: ReadonlyArray<readonly [string, number]> = [
  ['tcp-segmentation-offload', 0x1f],
  ['generic-segmentation-offload', 0x24],
  ['generic-receive-offload', 0x2c],
  ['scatter-gather', 0x19],
  ['tx-checksumming', 0x17],
];

const EOPNOTSUPP = 95;

/** Turns off whatever makes a packet on the link differ from one on a wire. */
export const turnOffloadOff = (
  libc: Libc,
  namespace: string | undefined,
  device: string,
): E.Either<LiquidError, void> =>
  inNamespace(libc, namespace, () => {
    const socket = libc.socket(AF_INET, SOCK_DGRAM | O_CLOEXEC, 0);
    if (socket < 0) return E.left(errnoError('opening a socket', libc.errno()));
    try {
      for (const [name, command] of SETTINGS) {
        const request = new Uint8Array(IFREQ_SIZE + VALUE_SIZE);
        const view = new DataView(request.buffer);
        request.set(new TextEncoder().encode(device));
        const value = libc.addressOf(request) + BigInt(IFREQ_SIZE);
        view.setBigUint64(IFREQ_POINTER, value, true);
        view.setUint32(IFREQ_SIZE, command, true);
        if (libc.ioctl(socket, SIOCETHTOOL, request) === 0) continue;
        const errno = libc.errno();
        // A driver that can't do it at all has nothing to turn off.
        if (errno !== EOPNOTSUPP) return E.left(errnoError(`turning off ${name}`, errno, device));
      }
      return E.right(undefined);
    } finally {
      libc.close(socket);
    }
  });
