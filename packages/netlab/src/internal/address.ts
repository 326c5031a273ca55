/** The address texts of a description: an interface's own address, a route's target, a MAC. */

import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { ipVersion, parseInterfaceAddress, parseIpAddress, parseMac } from '@liquid/types';
import { refined } from './codec.js';

const text = t.string as t.Type<string, unknown>;

/** 4 or 6, or 0 where the text is no address; a zone (`fe80::1%eth0`) is the route's `device`. */
export const familyOf = (address: string): 0 | 4 | 6 => {
  const parsed = parseIpAddress(address);
  return E.isRight(parsed) ? ipVersion(parsed.right) : 0;
};

/** The address of `address/length` in its canonical form, and its family; or `undefined`. */
export const splitPrefix = (
  prefix: string,
): { readonly address: string; readonly family: 4 | 6 } | undefined => {
  const parsed = parseInterfaceAddress(prefix);
  return E.isRight(parsed)
    ? { address: parsed.right.address, family: ipVersion(parsed.right.address) }
    : undefined;
};

/** An interface's address with its prefix length. */
export const interfaceAddress = refined(
  text,
  (value) => splitPrefix(value) !== undefined,
  'an address with its prefix length, as 10.0.0.1/24 or fd00::1/64',
);

/** An address alone. */
export const address = refined(text, (value) => familyOf(value) !== 0, 'an IPv4 or IPv6 address');

/** What `ip route add` takes as a destination. */
export const routeTarget = refined(
  text,
  (value) => value === 'default' || familyOf(value) !== 0 || splitPrefix(value) !== undefined,
  "'default', a prefix or an address",
);

/** The lowest bit of the first byte marks a group, which no interface may be. */
const GROUP_BIT = 1;

/** A MAC address that one interface can have. */
export const macAddress = refined(
  text,
  (value) =>
    E.isRight(parseMac(value)) &&
    (Number.parseInt(value.slice(0, 2), 16) & GROUP_BIT) === 0 &&
    /[1-9a-f]/i.test(value),
  'a unicast MAC address, as 02:00:00:00:00:01',
);
