/** The transports to the running kernel: the addon on libuv's poll, and koffi. */

import type { LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { transportOf } from './internal/channel.js';
import { nativeAtHand, nativeNamed } from './internal/load.js';
import type { Transport } from './transport.js';

/**
 * The transport of this name, loaded on first use. Without a name it is what the environment
 * variable `LIQUID_NETLINK_TRANSPORT` says, else the addon, else koffi, which a warning of the
 * process (`LIQUID_NETLINK_KOFFI`) says once.
 *
 * Left `Unsupported`, with the remedy, on another system than Linux and where neither is there.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { nativeTransport } from '@liquid/netlink'
 *
 * const transport = nativeTransport()
 * console.log(E.isRight(transport) ? transport.right.name : transport.left.message)
 * ```
 * @since 0.1.0
 */
export const nativeTransport = (name?: 'addon' | 'koffi'): E.Either<LiquidError, Transport> =>
  E.map(transportOf)(name === undefined ? nativeAtHand() : nativeNamed(name));
