/** Which address id an address of ours gets: the kernel takes a pair of both, once, for a connection's life. */

import { type IpAddress, unmapIpv4 } from '@liquid/types';
import { sameAddress } from './four-tuple.js';
import type { AddressId } from './model.js';
import type { KnownConnection } from './state.js';

/** Ids are octets; 0 is the initial address's. */
const LARGEST = 255;

/**
 * A first choice of id for an address: a hash, so that the same address has the same id in all
 * connections and after a restart of the manager, without anything to remember.
 */
const preferredId = (address: IpAddress): AddressId => {
  const text = unmapIpv4(address);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  // Of 31 bits: small integers all the way, which costs less and keeps every id of one kind.
  return ((hash >>> 1) % LARGEST) + 1;
};

/** What the kernel refused for this connection is marked as another's: see the outcome's reduction. */
const isTaken = (connection: KnownConnection, id: AddressId, address: IpAddress): boolean =>
  connection.localIds.some((known) => known.id === id && !sameAddress(known.address, address)) ||
  connection.announced.some((known) => known.id === id && !sameAddress(known.address, address));

/**
 * The id of an address in a connection: 0 for the initial address and for no other, that under which
 * it was announced or used before, else a free one; undefined where all 255 are taken.
 *
 * @internal
 */
export const localIdOf = (
  connection: KnownConnection,
  address: IpAddress,
): AddressId | undefined => {
  if (sameAddress(connection.initial.local, address)) return 0;
  for (const known of connection.announced) {
    if (sameAddress(known.address, address)) return known.id;
  }
  for (const known of connection.localIds) {
    if (known.id !== 0 && sameAddress(known.address, address)) return known.id;
  }
  const first = preferredId(address);
  for (let i = 0; i < LARGEST; i++) {
    const id = ((first - 1 + i) % LARGEST) + 1;
    if (!isTaken(connection, id, address)) return id;
  }
  return undefined;
};
