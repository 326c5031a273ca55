/** Where a flow starts and ends: ports, endpoints, and the five-tuple that names a flow. */

import * as E from 'fp-ts/lib/Either.js';
import { fromCompare, type Ord } from 'fp-ts/lib/Ord.js';
import * as t from 'io-ts';

import { type Decode, decodeError } from './errors.js';
import { compareBytes, concatBytes } from './internal/bytes.js';
import { structureCodec } from './internal/text-codec.js';
import {
  IpAddress,
  ipAddressFromBytes,
  ipAddressToBytes,
  ipVersion,
  isIpv4,
  parseIpAddress,
} from './ip-address.js';
import { IPV4_BYTES, parseIpv4 } from './ipv4.js';
import { IPV6_BYTES, parseIpv6 } from './ipv6.js';

/** A port of TCP, UDP, SCTP or DCCP: 0 to 65535. @since 0.1.0 */
export type Port = number & t.Brand<{ readonly Port: unique symbol }>;

const PORT = 'a port from 0 to 65535';

const isPort = (value: unknown): value is Port =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;

/** Codec of {@link Port}, a number in JSON. @since 0.1.0 */
export const Port: t.Type<Port, number, unknown> = /* @__PURE__ */ new t.Type(
  'Port',
  isPort,
  (value, context) => (isPort(value) ? t.success(value) : t.failure(value, context, PORT)),
  t.identity,
);

/**
 * Checks a port number.
 *
 * @example
 * ```ts
 * import { port } from '@liquid/types'
 *
 * console.log(port(443), port(70000)._tag) // { _tag: 'Right', right: 443 } Left
 * ```
 * @since 0.1.0
 */
export const port = (value: number): E.Either<Decode, Port> =>
  isPort(value)
    ? E.right(value)
    : E.left(decodeError({ what: 'port', expected: PORT, actual: value }));

/** Reads a port in decimal digits without leading zeros. @since 0.1.0 */
export const parsePort = (text: string): E.Either<Decode, Port> =>
  /^(?:0|[1-9]\d{0,4})$/.test(text)
    ? port(Number(text))
    : E.left(decodeError({ what: 'port', expected: PORT, actual: text }));

/** An address and a port. @since 0.1.0 */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: Port;
}

/**
 * Reads `192.0.2.1:80` or `[2001:db8::1]:80`. An IPv6 address without brackets is refused: where it
 * ends and the port begins can't be told.
 *
 * @example
 * ```ts
 * import { parseEndpoint } from '@liquid/types'
 *
 * console.log(parseEndpoint('[::1]:80')) // { _tag: 'Right', right: { address: '::1', port: 80 } }
 * console.log(parseEndpoint('::1:80')._tag) // Left
 * ```
 * @since 0.1.0
 */
export const parseEndpoint = (text: string): E.Either<Decode, Endpoint> => {
  const bracketed = /^\[([^\]]{1,64})\]:(\d{1,6})$/.exec(text);
  const plain = /^([\d.]{1,20}):(\d{1,6})$/.exec(text);
  const address: E.Either<unknown, IpAddress> = bracketed
    ? parseIpv6(bracketed[1] ?? '')
    : parseIpv4(plain?.[1] ?? '');
  const at = parsePort((bracketed ?? plain)?.[2] ?? '');
  if (E.isRight(address) && E.isRight(at)) {
    return E.right({ address: address.right, port: at.right });
  }
  const bare = E.isRight(parseIpAddress(text.replace(/:\d+$/, ''))) && !bracketed;
  return E.left(
    decodeError({
      what: 'endpoint',
      expected: 'an address and a port, as in 192.0.2.1:80 or [2001:db8::1]:80',
      actual: text,
      remedy: bare && text.includes('::') ? 'put brackets around the IPv6 address' : undefined,
    }),
  );
};

/** The text that {@link parseEndpoint} reads; IPv6 in brackets. @since 0.1.0 */
export const printEndpoint = (endpoint: Endpoint): string =>
  isIpv4(endpoint.address)
    ? `${endpoint.address}:${endpoint.port}`
    : `[${endpoint.address}]:${endpoint.port}`;

const isEndpoint = (value: unknown): value is Endpoint => {
  const fields = (value ?? {}) as { readonly address?: unknown; readonly port?: unknown };
  return IpAddress.is(fields.address) && isPort(fields.port);
};

/** Codec of {@link Endpoint} in text form. @since 0.1.0 */
export const Endpoint: t.Type<Endpoint, string, unknown> = /* @__PURE__ */ structureCodec(
  'Endpoint',
  isEndpoint,
  parseEndpoint,
  printEndpoint,
);

const portBytes = (value: Port): Uint8Array => Uint8Array.of(value >> 8, value);

const portAt = (bytes: Uint8Array, offset: number): Port =>
  (((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0)) as Port;

/** Address, then port, in network order: 6 or 18 bytes, a fresh array. @since 0.1.0 */
export const endpointToBytes = (endpoint: Endpoint): Uint8Array =>
  concatBytes(ipAddressToBytes(endpoint.address), portBytes(endpoint.port));

/** From the 6 or 18 bytes of {@link endpointToBytes}. @since 0.1.0 */
export const endpointFromBytes = (bytes: Uint8Array): E.Either<Decode, Endpoint> => {
  const length = bytes.length - 2;
  if (length !== IPV4_BYTES && length !== IPV6_BYTES) {
    return E.left(decodeError({ what: 'endpoint', expected: '6 or 18 bytes', actual: bytes }));
  }
  return E.map((address: IpAddress): Endpoint => ({ address, port: portAt(bytes, length) }))(
    ipAddressFromBytes(bytes.subarray(0, length)),
  );
};

/** By address, then port; equal in bytes is equal in text. @since 0.1.0 */
export const OrdEndpoint: Ord<Endpoint> = /* @__PURE__ */ fromCompare((a, b) =>
  compareBytes(endpointToBytes(a), endpointToBytes(b)),
);

/** A protocol number of the IPv4 Protocol or IPv6 Next Header field: 0 to 255. @since 0.1.0 */
export type IpProtocol = number & t.Brand<{ readonly IpProtocol: unique symbol }>;

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17, dccp: 33, sctp: 132, udplite: 136 } as const;

/** The protocols that have ports, by the name that Linux and tcpdump use (IANA's numbers). @since 0.1.0 */
export const ipProtocols = PROTOCOL_NUMBERS as {
  readonly [K in keyof typeof PROTOCOL_NUMBERS]: IpProtocol;
};

const PROTOCOL = 'tcp, udp, dccp, sctp, udplite or a number from 0 to 255';

const isProtocol = (value: unknown): value is IpProtocol =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xff;

const protocolName = (protocol: IpProtocol): string =>
  Object.entries(PROTOCOL_NUMBERS).find(([, number]) => number === protocol)?.[0] ??
  String(protocol);

const parseProtocol = (text: string): IpProtocol | undefined => {
  const name = text.toLowerCase();
  if (Object.hasOwn(ipProtocols, name)) return ipProtocols[name as keyof typeof ipProtocols];
  const number = /^\d{1,3}$/.test(text) ? Number(text) : -1;
  return isProtocol(number) ? number : undefined;
};

/**
 * What names a flow in one direction: protocol, source, destination. Both addresses are of one
 * version.
 *
 * @since 0.1.0
 */
export interface FiveTuple {
  readonly protocol: IpProtocol;
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

const isFiveTuple = (value: unknown): value is FiveTuple => {
  const fields = (value ?? {}) as { readonly [K in keyof FiveTuple]?: unknown };
  return (
    isProtocol(fields.protocol) &&
    isEndpoint(fields.source) &&
    isEndpoint(fields.destination) &&
    ipVersion(fields.source.address) === ipVersion(fields.destination.address)
  );
};

/**
 * Reads `tcp 192.0.2.1:80 > 198.51.100.7:51025`; `->` and `→` are read for `>`.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { parseFiveTuple, printFiveTuple, reverseFiveTuple } from '@liquid/types'
 *
 * const back = pipe(
 *   parseFiveTuple('tcp [::1]:5201 -> [::1]:40000'),
 *   E.map(reverseFiveTuple),
 *   E.map(printFiveTuple),
 * )
 * console.log(back)
 * // { _tag: 'Right', right: 'tcp [::1]:40000 > [::1]:5201' }
 * ```
 * @since 0.1.0
 */
export const parseFiveTuple = (text: string): E.Either<Decode, FiveTuple> => {
  const match = /^(\w{1,10}) +(\S{1,60}) *(?:>|->|→) *(\S{1,60})$/.exec(text);
  const [, name = '', from = '', to = ''] = match ?? [];
  const protocol = parseProtocol(name);
  const source = parseEndpoint(from);
  const destination = parseEndpoint(to);
  if (protocol !== undefined && E.isRight(source) && E.isRight(destination)) {
    const tuple = { protocol, source: source.right, destination: destination.right };
    if (isFiveTuple(tuple)) return E.right(tuple);
  }
  const expected = `protocol (${PROTOCOL}), source > destination, both of one IP version`;
  return E.left(decodeError({ what: 'five-tuple', expected, actual: text }));
};

/** The text that {@link parseFiveTuple} reads. @since 0.1.0 */
export const printFiveTuple = ({ protocol, source, destination }: FiveTuple): string =>
  `${protocolName(protocol)} ${printEndpoint(source)} > ${printEndpoint(destination)}`;

/** Codec of {@link FiveTuple} in text form. @since 0.1.0 */
export const FiveTuple: t.Type<FiveTuple, string, unknown> = /* @__PURE__ */ structureCodec(
  'FiveTuple',
  isFiveTuple,
  parseFiveTuple,
  printFiveTuple,
);

/**
 * Source address, destination address, source port, destination port, protocol, in network order: 13
 * or 37 bytes, a fresh array. The form over which flow identifiers are hashed.
 *
 * @since 0.1.0
 */
export const fiveTupleToBytes = ({ protocol, source, destination }: FiveTuple): Uint8Array =>
  concatBytes(
    ipAddressToBytes(source.address),
    ipAddressToBytes(destination.address),
    portBytes(source.port),
    portBytes(destination.port),
    Uint8Array.of(protocol),
  );

/** From the 13 or 37 bytes of {@link fiveTupleToBytes}. @since 0.1.0 */
export const fiveTupleFromBytes = (bytes: Uint8Array): E.Either<Decode, FiveTuple> => {
  const length = (bytes.length - 5) / 2;
  const source = ipAddressFromBytes(bytes.subarray(0, length));
  const destination = ipAddressFromBytes(bytes.subarray(length, 2 * length));
  if (
    (length !== IPV4_BYTES && length !== IPV6_BYTES) ||
    E.isLeft(source) ||
    E.isLeft(destination)
  ) {
    return E.left(decodeError({ what: 'five-tuple', expected: '13 or 37 bytes', actual: bytes }));
  }
  return E.right({
    protocol: (bytes[2 * length + 4] ?? 0) as IpProtocol,
    source: { address: source.right, port: portAt(bytes, 2 * length) },
    destination: { address: destination.right, port: portAt(bytes, 2 * length + 2) },
  });
};

/** The other direction of the same flow. @since 0.1.0 */
export const reverseFiveTuple = ({ protocol, source, destination }: FiveTuple): FiveTuple => ({
  protocol,
  source: destination,
  destination: source,
});

/** By the bytes of {@link fiveTupleToBytes}; equal in bytes is equal in text. @since 0.1.0 */
export const OrdFiveTuple: Ord<FiveTuple> = /* @__PURE__ */ fromCompare((a, b) =>
  compareBytes(fiveTupleToBytes(a), fiveTupleToBytes(b)),
);
