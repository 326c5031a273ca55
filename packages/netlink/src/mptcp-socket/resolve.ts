/** From a name to the addresses to try, in the order in which they are worth trying. */

import { lookup } from 'node:dns/promises';
import {
  fromUnknown,
  type IpAddress,
  isIpv6,
  type LiquidError,
  notFound,
  parseIpAddress,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

/** An address to try. */
export interface Candidate {
  readonly address: IpAddress;
  /** Zone of a link-local address, as in `eth0`. */
  readonly zone: string | undefined;
}

/** `fe80::1%eth0` too; undefined for a name. */
export const literal = (host: string): Candidate | undefined => {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const at = bare.indexOf('%');
  const address = parseIpAddress(at < 0 ? bare : bare.slice(0, at));
  if (E.isLeft(address)) return undefined;
  return { address: address.right, zone: at < 0 ? undefined : bare.slice(at + 1) };
};

/**
 * Families take turns (RFC 8305 section 4), the resolver's first first: a family without a way to
 * the peer then costs one attempt, not one per address.
 */
export const interleave = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> => {
  const [first] = candidates;
  if (first === undefined) return [];
  const leads = isIpv6(first.address);
  const ours = candidates.filter(({ address }) => isIpv6(address) === leads);
  const others = candidates.filter(({ address }) => isIpv6(address) !== leads);
  return Array.from({ length: Math.max(ours.length, others.length) }, (_, i) => [
    ours[i],
    others[i],
  ])
    .flat()
    .filter((candidate) => candidate !== undefined);
};

/** The addresses of a host, of the family of `local` where one is given. */
export const resolve =
  (host: string, local: IpAddress | undefined): TaskEither<LiquidError, ReadonlyArray<Candidate>> =>
  async () => {
    const given = literal(host);
    let found: ReadonlyArray<Candidate>;
    if (given !== undefined) found = [given];
    else {
      try {
        const family = local === undefined ? 0 : isIpv6(local) ? 6 : 4;
        const addresses = await lookup(host, { all: true, verbatim: true, family });
        found = interleave(addresses.flatMap(({ address }) => literal(address) ?? []));
      } catch (caught) {
        return E.left(fromUnknown(`looking up ${host}`)(caught));
      }
    }
    const fitting =
      local === undefined
        ? found
        : found.filter(({ address }) => isIpv6(address) === isIpv6(local));
    return fitting.length > 0
      ? E.right(fitting)
      : E.left(
          notFound({
            path: host,
            message: `${host} has no address of the family of ${local ?? 'this host'}`,
          }),
        );
  };
