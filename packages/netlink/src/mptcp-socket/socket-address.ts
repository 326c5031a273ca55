/** Socket addresses as the C library has them: `sockaddr_in`, `sockaddr_in6`, and what the kernel writes. */

import {
  type Endpoint,
  type IpAddress,
  ipAddressFromBytes,
  ipAddressToBytes,
  isIpv6,
  type Port,
  unmapIpv4,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { HOST_LITTLE } from '../host-order.js';
import { familyOf } from '../internal/address-family.js';
import type { Source } from '../message.js';
import { AF } from '../sock-diag.js';

const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;

/** The bytes of a `sockaddr_in` or `sockaddr_in6`; `scope` is the interface of a link-local address. */
export const socketAddress = (address: IpAddress, port: number, scope = 0): Uint8Array => {
  const v6 = isIpv6(address);
  const bytes = new Uint8Array(v6 ? SOCKADDR_IN6 : SOCKADDR_IN);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, familyOf(address), HOST_LITTLE);
  view.setUint16(2, port);
  bytes.set(ipAddressToBytes(address), v6 ? 8 : 4);
  if (v6) view.setUint32(24, scope, HOST_LITTLE);
  return bytes;
};

/** Reads a socket address; IPv4-mapped ones come as IPv4. Undefined where it is of another family. */
export const readSocketAddress = ({ bytes, view }: Source, at: number): Endpoint | undefined => {
  if (at + SOCKADDR_IN6 > bytes.length) return undefined;
  const family = view.getUint16(at, HOST_LITTLE);
  const port = view.getUint16(at + 2) as Port;
  const octets =
    family === AF.INET
      ? bytes.subarray(at + 4, at + 8)
      : family === AF.INET6
        ? bytes.subarray(at + 8, at + 24)
        : undefined;
  if (octets === undefined) return undefined;
  const address = ipAddressFromBytes(octets);
  return E.isLeft(address) ? undefined : { address: unmapIpv4(address.right), port };
};
