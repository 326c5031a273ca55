/** The rival: a TUN device read the usual way, `fs.read` on a blocking descriptor, `fs.writeSync`. */
import { close, closeSync, openSync, read, writeSync } from 'node:fs';
import koffi from 'koffi';

const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;

/**
 * Echoes packets on a device of this process's namespace; `turnRound` says which. Returns what
 * closes it, once a last packet has freed the thread that waits.
 */
export const echoPlainly = (
  device: string,
  turnRound: (packet: Uint8Array) => boolean,
): (() => void) => {
  const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, _Inout_ void *p)');
  const fd = openSync('/dev/net/tun', 'r+');
  const request = new Uint8Array(40);
  request.set(new TextEncoder().encode(device));
  new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
  if (ioctl(fd, TUNSETIFF, request) !== 0) {
    closeSync(fd);
    throw new Error(`TUNSETIFF: errno ${koffi.errno()}`);
  }
  const packet = new Uint8Array(65_536);
  let open = true;
  const next = (): void =>
    read(fd, packet, 0, packet.length, null, (error, length) => {
      if (error !== null || !open) {
        close(fd);
        return;
      }
      if (turnRound(packet)) writeSync(fd, packet, 0, length);
      next();
    });
  next();
  return () => {
    open = false;
  };
};
