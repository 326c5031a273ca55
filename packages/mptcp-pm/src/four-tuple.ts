/** When two four-tuples are the same subflow, and its name as text. */

import { type IpAddress, isIpv6, unmapIpv4 } from '@liquid/types';
import type { FourTuple, SubflowKey } from './model.js';

/**
 * Whether two addresses are the same, an IPv4-mapped one being its IPv4 address: dual-stack sockets
 * report the one, our own addresses are the other.
 *
 * @since 0.1.0
 */
export const sameAddress = (a: IpAddress, b: IpAddress): boolean =>
  a === b || unmapIpv4(a) === unmapIpv4(b);

/** Whether two four-tuples name the same subflow. @since 0.1.0 */
export const sameTuple = (a: FourTuple, b: FourTuple): boolean =>
  a.localPort === b.localPort &&
  a.remotePort === b.remotePort &&
  sameAddress(a.local, b.local) &&
  sameAddress(a.remote, b.remote);

/** Whether two subflows go from the same address to the same address and port. @since 0.1.0 */
export const samePair = (
  a: Omit<FourTuple, 'localPort'>,
  b: Omit<FourTuple, 'localPort'>,
): boolean =>
  a.remotePort === b.remotePort && sameAddress(a.local, b.local) && sameAddress(a.remote, b.remote);

const endpoint = (address: IpAddress, port: number): string => {
  const plain = unmapIpv4(address);
  return isIpv6(plain) ? `[${plain}]:${port}` : `${plain}:${port}`;
};

/**
 * The name of a subflow; see {@link SubflowKey}.
 *
 * @example
 * ```ts
 * import type { IpAddress } from '@liquid/types'
 * import { subflowKey } from '@liquid/mptcp-pm'
 *
 * const tuple = { local: '::ffff:10.0.0.1' as IpAddress, localPort: 40000, remote: '10.1.0.2' as IpAddress, remotePort: 80 }
 * console.log(subflowKey(tuple)) // 10.0.0.1:40000>10.1.0.2:80
 * ```
 * @since 0.1.0
 */
export const subflowKey = (tuple: FourTuple): SubflowKey =>
  `${endpoint(tuple.local, tuple.localPort)}>${endpoint(tuple.remote, tuple.remotePort)}`;

/** The name of an address pair: of all subflows from an address to an address and port. @since 0.1.0 */
export const pairKey = (pair: Omit<FourTuple, 'localPort'>): string =>
  `${unmapIpv4(pair.local)}>${endpoint(pair.remote, pair.remotePort)}`;
