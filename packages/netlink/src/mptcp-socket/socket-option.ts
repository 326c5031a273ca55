/** What is set on an MPTCP socket before it connects or listens; its subflows take it over. */

import { decodeError, type LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { intBytes } from '../internal/int-bytes.js';
import type { Native } from '../internal/native.js';
import { systemError } from './error.js';

/** Settings that connecting and listening sockets share. @since 0.1.0 */
export interface SocketSettings {
  /**
   * Congestion control of the connection's subflows, as in `reno`; default the namespace's. One of
   * those that `net.ipv4.tcp_allowed_congestion_control` names, unless privileged.
   */
  readonly congestionControl?: string;
  /** Interface that the first subflow is bound to (`SO_BINDTODEVICE`), by name. */
  readonly interface?: string;
  /** Bytes of the send buffer (`SO_SNDBUF`), which the kernel doubles; default it grows by itself. */
  readonly sendBufferBytes?: number;
  /** Bytes of the receive buffer (`SO_RCVBUF`), and so of the window that the peer may fill. */
  readonly receiveBufferBytes?: number;
}

const SOL_SOCKET = 1;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;
const SO_REUSEADDR = 2;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const TCP_CONGESTION = 13;
const IPV6_V6ONLY = 26;

const NAME = /^[^\s/\0]{1,15}$/;

/** The kernel's name with its closing zero, or Left where it can't be one. */
const nameBytes = (what: string, name: string): E.Either<LiquidError, Uint8Array> =>
  NAME.test(name)
    ? E.right(new TextEncoder().encode(`${name}\0`))
    : E.left(decodeError({ what, expected: 'a name of 1 to 15 characters', actual: name }));

const byteCount = (what: string, value: number): E.Either<LiquidError, Uint8Array> =>
  Number.isInteger(value) && value > 0 && value <= 0x3fff_ffff
    ? E.right(intBytes(value))
    : E.left(decodeError({ what, expected: 'bytes, 1 to 2^30 − 1', actual: value }));

type Setting = readonly [
  level: number,
  name: number,
  what: string,
  value: E.Either<LiquidError, Uint8Array>,
];

/** Sets them one after the other, up to the first that is refused. */
const setAll = (
  native: Native,
  fd: number,
  settings: ReadonlyArray<Setting>,
): E.Either<LiquidError, void> => {
  for (const [level, name, what, value] of settings) {
    if (E.isLeft(value)) return value;
    const code = native.setsockopt(fd, level, name, value.right);
    if (code < 0) return E.left(systemError(what, code));
  }
  return E.right(undefined);
};

/** Applies the settings to a new socket. */
export const applySettings = (
  native: Native,
  fd: number,
  settings: SocketSettings,
): E.Either<LiquidError, void> => {
  const { congestionControl, interface: device, sendBufferBytes, receiveBufferBytes } = settings;
  const wanted: Setting[] = [];
  if (congestionControl !== undefined) {
    // Asking makes the first subflow, which then refuses what is unknown; else it would be passed over.
    native.getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, new Uint8Array(16));
    const what = `congestion control ${congestionControl}`;
    wanted.push([IPPROTO_TCP, TCP_CONGESTION, what, nameBytes(what, congestionControl)]);
  }
  if (device !== undefined) {
    const what = `binding to interface ${device}`;
    wanted.push([SOL_SOCKET, SO_BINDTODEVICE, what, nameBytes(what, device)]);
  }
  if (sendBufferBytes !== undefined) {
    const what = 'sendBufferBytes';
    wanted.push([SOL_SOCKET, SO_SNDBUF, what, byteCount(what, sendBufferBytes)]);
  }
  if (receiveBufferBytes !== undefined) {
    const what = 'receiveBufferBytes';
    wanted.push([SOL_SOCKET, SO_RCVBUF, what, byteCount(what, receiveBufferBytes)]);
  }
  return setAll(native, fd, wanted);
};

/** What a listener wants besides: its port again at once after a restart, and IPv4 too or not. */
export const applyListening = (
  native: Native,
  fd: number,
  ipv6Only: boolean | undefined,
): E.Either<LiquidError, void> =>
  setAll(native, fd, [
    [SOL_SOCKET, SO_REUSEADDR, 'SO_REUSEADDR', E.right(intBytes(1))],
    ...(ipv6Only === undefined
      ? []
      : [[IPPROTO_IPV6, IPV6_V6ONLY, 'ipv6Only', E.right(intBytes(ipv6Only ? 1 : 0))] as const]),
  ]);
