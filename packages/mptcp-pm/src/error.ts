/** What can go wrong with path management: each of the kernel's refusals by what it means, with the mend. */

import { type KernelRefusal, type NetlinkError, TCP_STATE } from '@liquid/netlink';
import type { IpAddress, Tagged } from '@liquid/types';
import type { Token } from './model.js';
import type { Action, Refusal } from './policy.js';

/** What the kernel said, of every refusal here. */
interface OfKernel<Tag extends string> extends Tagged<Tag> {
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** As in `EINVAL`. */
  readonly code: string;
  /** The kernel's own sentence, where it gave one. */
  readonly kernelText?: string;
}

/** No living connection has this token. @since 0.1.0 */
export interface UnknownToken extends OfKernel<'UnknownToken'> {
  readonly token?: Token;
}

/**
 * The address id belongs to another address of this connection, the address has another id already,
 * or no address has it.
 *
 * @since 0.1.0
 */
export interface AddressIdMismatch extends OfKernel<'AddressIdMismatch'> {
  readonly token?: Token;
}

/** This host doesn't have the address that the subflow should begin at. @since 0.1.0 */
export interface AddressNotAvailable extends OfKernel<'AddressNotAvailable'> {
  readonly address?: IpAddress;
}

/** The connection has no such subflow, or no longer. @since 0.1.0 */
export interface SubflowNotFound extends OfKernel<'SubflowNotFound'> {
  readonly token?: Token;
}

/**
 * The connection takes no subflow: it is ending. Where nothing but the refusal is known, as with a
 * single command, it may as well be {@link NotEstablished}; the message says so.
 *
 * @since 0.1.0
 */
export interface ConnectionClosing extends OfKernel<'ConnectionClosing'> {
  readonly token?: Token;
}

/** The connection takes no subflow yet: its peer has not acknowledged any data. @since 0.1.0 */
export interface NotEstablished extends OfKernel<'NotEstablished'> {
  readonly token?: Token;
}

/**
 * The connection belongs to the kernel's own path manager: which one it is, is decided when a
 * connection is made.
 *
 * @since 0.1.0
 */
export interface KernelPathManager extends Tagged<'KernelPathManager'> {
  readonly errno?: number;
  readonly code?: string;
  readonly kernelText?: string;
  readonly token?: Token;
}

/** MPTCP is switched off in this network namespace. @since 0.1.0 */
export interface MptcpDisabled extends Tagged<'MptcpDisabled'> {
  readonly errno?: number;
  readonly code?: string;
  readonly kernelText?: string;
}

/** The connection speaks plain TCP: its peer, or something on the way, doesn't speak MPTCP. @since 0.1.0 */
export interface TcpFallback extends OfKernel<'TcpFallback'> {
  readonly token?: Token;
}

/** How path management fails. @since 0.1.0 */
export type PmError =
  | NetlinkError
  | UnknownToken
  | AddressIdMismatch
  | AddressNotAvailable
  | SubflowNotFound
  | ConnectionClosing
  | NotEstablished
  | KernelPathManager
  | MptcpDisabled
  | TcpFallback;

/** What was found out about a refusal beside what the kernel said. @since 0.1.0 */
export interface RefusalContext {
  /** The kernel's name of what was asked, as in `SUBFLOW_CREATE`; SOCK_DESTROY is one of them. */
  readonly command: string;
  readonly token?: Token | undefined;
  /** Address that a subflow should begin at. */
  readonly address?: IpAddress | undefined;
  /** `net.mptcp.enabled` of the namespace, where it was read. */
  readonly enabled?: boolean | undefined;
  /** Whether the connection fell back to TCP, where that was looked up. */
  readonly fallback?: boolean | undefined;
  /** TCP state of the connection's own socket, where that was looked up; `TCP_ESTABLISHED` is 1. */
  readonly state?: number | undefined;
}

const EINVAL = 22;
const ENOENT = 2;
const ESRCH = 3;
const EADDRNOTAVAIL = 99;
const ENOTCONN = 107;

const TAKE_OVER =
  'Set net.mptcp.pm_type=1 (newer kernels also: net.mptcp.path_manager=userspace) in this namespace, then connect anew.';

const SWITCH_ON = 'Set net.mptcp.enabled=1 in this namespace.';

/** Of new connections: that the kernel's own manager will take them. */
export const kernelPathManager = (): KernelPathManager => ({
  _tag: 'KernelPathManager',
  message: "new connections go to the kernel's own path manager (net.mptcp.pm_type=0)",
  remedy: TAKE_OVER,
});

/** That MPTCP is off. */
export const mptcpDisabled = (): MptcpDisabled => ({
  _tag: 'MptcpDisabled',
  message: 'MPTCP is switched off (net.mptcp.enabled=0)',
  remedy: SWITCH_ON,
});

/** What the kernel's words say, across versions; older ones often have none. */
const meaningOf = (
  { errno, kernelText = '' }: KernelRefusal,
  { command, enabled, fallback, state }: RefusalContext,
): Exclude<PmError['_tag'], NetlinkError['_tag']> | undefined => {
  if (/userspace PM not selected/.test(kernelText)) return 'KernelPathManager';
  if (fallback === true) return 'TcpFallback';
  if (/invalid token/.test(kernelText)) return enabled === false ? 'MptcpDisabled' : 'UnknownToken';
  if (/subflow not found/.test(kernelText) || errno === ESRCH) return 'SubflowNotFound';
  if (command === 'SOCK_DESTROY' && errno === ENOENT) return 'SubflowNotFound';
  if (/did not match address and id|address with .*id .*not found/.test(kernelText)) {
    return 'AddressIdMismatch';
  }
  if (errno === EADDRNOTAVAIL) return 'AddressNotAvailable';
  // The kernel wants the connection's socket established, and its peer to have acknowledged data.
  if (errno === ENOTCONN) {
    if (enabled === false) return 'MptcpDisabled';
    return state === TCP_STATE.ESTABLISHED ? 'NotEstablished' : 'ConnectionClosing';
  }
  // Linux 6.1 says no more than this where newer ones have a sentence.
  if (errno === EINVAL && kernelText === '') {
    if (command === 'SET_FLAGS') return 'SubflowNotFound';
    if (command === 'REMOVE') return 'AddressIdMismatch';
  }
  return undefined;
};

const sentences: {
  readonly [Tag in Exclude<PmError['_tag'], NetlinkError['_tag']>]: {
    readonly says: (context: RefusalContext) => string;
    readonly remedy: string;
  };
} = {
  UnknownToken: {
    says: ({ token }) => `no connection has the token ${hex(token)}`,
    remedy: 'List the connections with mptcp-pm list; the token is the local one.',
  },
  AddressIdMismatch: {
    says: () => 'the address id and the address are not of each other',
    remedy: 'Use the id that the address has in this connection, or one that is free and not 0.',
  },
  AddressNotAvailable: {
    says: ({ address }) => `this host has no address ${address ?? 'like that'}`,
    remedy: 'Begin the subflow at an address of an interface that is up: see ip address.',
  },
  SubflowNotFound: {
    says: ({ token }) => `connection ${hex(token)} has no such subflow`,
    remedy: 'Its four values must be those of a living subflow: see mptcp-pm list.',
  },
  ConnectionClosing: {
    says: ({ token, state }) =>
      `connection ${hex(token)} is closing${state === undefined ? ', or not fully established yet' : ''}`,
    remedy:
      'One that closes takes no more subflows. One that has just begun does once its peer has acknowledged data: see the event ESTABLISHED.',
  },
  NotEstablished: {
    says: ({ token }) => `connection ${hex(token)} is not fully established yet`,
    remedy:
      'Ask again after the event ESTABLISHED, which comes once the peer has acknowledged data.',
  },
  KernelPathManager: {
    says: ({ token }) => `connection ${hex(token)} belongs to the kernel's own path manager`,
    remedy: TAKE_OVER,
  },
  MptcpDisabled: {
    says: () => 'MPTCP is switched off (net.mptcp.enabled=0)',
    remedy: SWITCH_ON,
  },
  TcpFallback: {
    says: ({ token }) => `connection ${hex(token)} fell back to plain TCP`,
    remedy: 'Switch MPTCP on at the peer, or find what strips its options on the way.',
  },
};

/** A token as tools print it. */
const hex = (token: Token | undefined): string =>
  token === undefined ? 'asked for' : `0x${token.toString(16).padStart(8, '0')}`;

/**
 * The meaning of what netlink says to a command: of the kernel's refusals those that path management
 * knows; other errors pass unchanged.
 *
 * @since 0.1.0
 */
export const toPmError = (error: NetlinkError, context: RefusalContext): PmError => {
  if (error._tag !== 'KernelRefusal') return error;
  const tag = meaningOf(error, context);
  if (tag === undefined) return error;
  const { errno, code, kernelText } = error;
  const { says, remedy } = sentences[tag];
  const { token, address } = context;
  return {
    _tag: tag,
    message: `${context.command}: ${code}: ${says(context)}`,
    remedy,
    errno,
    code,
    ...(kernelText === undefined ? {} : { kernelText }),
    ...(token === undefined ? {} : { token }),
    ...(address === undefined || tag !== 'AddressNotAvailable' ? {} : { address }),
  };
};

/** What a policy may care about of an error. */
export const refusalOf = (error: PmError): Refusal => ({
  tag: error._tag,
  message: error.message,
  errno: 'errno' in error && typeof error.errno === 'number' ? error.errno : 0,
});

/** What the kernel calls what an action asks for. */
export const ACTION_COMMANDS: { readonly [Tag in Action['_tag']]: string } = {
  CreateSubflow: 'SUBFLOW_CREATE',
  SetBackup: 'SET_FLAGS',
  Destroy: 'SUBFLOW_DESTROY',
  Abort: 'SOCK_DESTROY',
  Announce: 'ANNOUNCE',
  Remove: 'REMOVE',
};
