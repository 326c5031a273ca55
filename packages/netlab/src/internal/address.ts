/** The address texts of a description: an interface's own address, a route's target, a MAC. */

import { isIP } from 'node:net';
import * as t from 'io-ts';
import { refined } from './codec.js';

const text = t.string as t.Type<string, unknown>;

/** 4 or 6, or 0 where the text is no address; a zone (`fe80::1%eth0`) is the route's `device`. */
export const familyOf = (address: string): 0 | 4 | 6 => {
  const family = address.includes('%') ? 0 : isIP(address);
  return family === 4 || family === 6 ? family : 0;
};

/** Family and length of `address/length`, or `undefined`. */
export const splitPrefix = (
  prefix: string,
): { readonly address: string; readonly family: 4 | 6; readonly length: number } | undefined => {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(prefix);
  const [, address = '', digits = ''] = match ?? [];
  const family = familyOf(address);
  const length = Number(digits);
  return family === 0 || length > (family === 4 ? 32 : 128)
    ? undefined
    : { address, family, length };
};

export const interfaceAddress = refined(
  text,
  (value) => splitPrefix(value) !== undefined,
  'an address with its prefix length, as 10.0.0.1/24 or fd00::1/64',
);

export const address = refined(text, (value) => familyOf(value) !== 0, 'an IPv4 or IPv6 address');

export const routeTarget = refined(
  text,
  (value) => value === 'default' || familyOf(value) !== 0 || splitPrefix(value) !== undefined,
  "'default', a prefix or an address",
);

export const macAddress = refined(
  text,
  // The lowest bit of the first byte marks a group address, which no interface may have.
  (value) =>
    /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(value) &&
    (Number.parseInt(value.slice(0, 2), 16) & 1) === 0 &&
    !/^(?:00:){5}00$/.test(value),
  'a unicast MAC address, as 02:00:00:00:00:01',
);
