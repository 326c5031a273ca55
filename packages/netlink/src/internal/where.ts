/** Where a socket is opened, and by what: a namespace by name or path, a transport by name or itself. */

import * as E from 'fp-ts/lib/Either.js';
import type { NetlinkError } from '../errors.js';
import { nativeTransport } from '../native-transport.js';
import type { NetlinkOptions } from '../socket.js';
import type { Transport } from '../transport.js';

/** `name` as `ip netns` has it, or the path of a namespace's file. */
export const namespacePathOf = (namespace: string | undefined): string | undefined =>
  namespace === undefined || namespace.includes('/') ? namespace : `/run/netns/${namespace}`;

/** The transport itself, or the native one of that name. */
export const transportFor = (
  wanted: NetlinkOptions['transport'],
): E.Either<NetlinkError, Transport> =>
  typeof wanted === 'object' ? E.right(wanted) : nativeTransport(wanted);
