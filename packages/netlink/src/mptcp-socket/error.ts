/** How MPTCP sockets fail: the base errors, and two that only MPTCP has. */

import { fromUnknown, type LiquidError, type Tagged, unsupported } from '@liquid/types';
import { ERRNO, nameOfErrno } from '../internal/errno.js';

/** MPTCP is switched off in the network namespace (`net.mptcp.enabled=0`). @since 0.1.0 */
export interface MptcpDisabled extends Tagged<'MptcpDisabled'> {
  readonly errno: number;
  readonly code: string;
}

/**
 * The connection speaks plain TCP, because the peer or something on the way doesn't speak MPTCP,
 * and `fallback: 'refuse'` was asked for.
 *
 * @since 0.1.0
 */
export interface TcpFallback extends Tagged<'TcpFallback'> {}

/** How MPTCP sockets fail. @since 0.1.0 */
export type MptcpSocketError = LiquidError | MptcpDisabled | TcpFallback;

const EINVAL = 22;
const ENOPROTOOPT = 92;
const ESOCKTNOSUPPORT = 94;

/** The error for a negative error number of a system call. */
export const systemError = (what: string, code: number, path?: string): LiquidError => {
  const errno = Math.abs(code);
  const name = nameOfErrno(errno);
  // As Node's own errors are, so that one table gives the tag.
  const caught = Object.assign(new Error(`${what}: ${name}`), {
    errno: -errno,
    code: name,
    ...(path === undefined ? {} : { path }),
  });
  return fromUnknown(what)(caught);
};

/** Why the kernel gave no MPTCP socket. */
export const socketRefusal = (code: number, namespace: string | undefined): MptcpSocketError => {
  const errno = Math.abs(code);
  const name = nameOfErrno(errno);
  if (errno === ENOPROTOOPT) {
    return {
      _tag: 'MptcpDisabled',
      message: `MPTCP is switched off${namespace === undefined ? '' : ` in ${namespace}`} (net.mptcp.enabled=0)`,
      remedy: 'run: sysctl -w net.mptcp.enabled=1, in that network namespace',
      errno,
      code: name,
    };
  }
  if (errno === ERRNO.EPROTONOSUPPORT || errno === ESOCKTNOSUPPORT || errno === EINVAL) {
    return unsupported({
      what: 'MPTCP',
      errno,
      code: name,
      expected: 'a kernel with CONFIG_MPTCP, Linux 5.6 or later',
      remedy: 'Use a kernel that has it, as all of current distributions do.',
    });
  }
  return systemError('opening an MPTCP socket', code, namespace);
};

/** That a connection fell back, and nobody wants it so. */
export const tcpFallback = (peer: string): TcpFallback => ({
  _tag: 'TcpFallback',
  message: `${peer} speaks plain TCP: it, or something on the way, does not speak MPTCP`,
  remedy: "Let the peer listen by MPTCP, or accept plain TCP with fallback: 'allow'.",
});
