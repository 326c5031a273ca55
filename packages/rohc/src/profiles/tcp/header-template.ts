/**
 * The static part of a ROHC-TCP context: the headers in front of TCP as octets, dynamic fields left for each packet
 * to fill in.
 */
import { HEADERS_MAX } from '../../internal/header-chain.js';
import { same } from '../../internal/octets.js';

/** Headers with their places, relative to the first octet. */
export interface HeaderTemplate {
  count: number;
  ipCount: number;
  innermost: number;
  readonly kind: Uint8Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  bytes: Uint8Array;
  /** Octets of all headers in front of TCP. */
  size: number;
  sourcePort: number;
  destinationPort: number;
}

/** Room for two IPv6 headers; longer chains grow it. */
const INITIAL_OCTETS = 80;

export const createHeaderTemplate = (): HeaderTemplate => ({
  count: 0,
  ipCount: 0,
  innermost: 0,
  kind: new Uint8Array(HEADERS_MAX),
  offset: new Int32Array(HEADERS_MAX),
  length: new Int32Array(HEADERS_MAX),
  bytes: new Uint8Array(INITIAL_OCTETS),
  size: 0,
  sourcePort: 0,
  destinationPort: 0,
});

export const clearHeaderTemplate = (t: HeaderTemplate): void => {
  t.count = 0;
  t.ipCount = 0;
  t.innermost = 0;
  t.size = 0;
};

/** Adds a header of `length` zero octets; the caller has checked the limits on count and size. */
export const addHeader = (t: HeaderTemplate, kind: number, length: number): number => {
  const at = t.size;
  if (at + length > t.bytes.length) {
    const grown = new Uint8Array(Math.max(at + length, t.bytes.length * 2));
    // what lies behind `size` belongs to a former flow
    grown.set(t.bytes.subarray(0, at));
    t.bytes = grown;
  } else {
    t.bytes.fill(0, at, at + length);
  }
  t.kind[t.count] = kind;
  t.offset[t.count] = at;
  t.length[t.count] = length;
  t.count++;
  t.size += length;
  return at;
};

export const copyHeaderTemplate = (from: HeaderTemplate, to: HeaderTemplate): void => {
  to.count = from.count;
  to.ipCount = from.ipCount;
  to.innermost = from.innermost;
  to.kind.set(from.kind);
  to.offset.set(from.offset);
  to.length.set(from.length);
  if (to.bytes.length < from.size) to.bytes = new Uint8Array(from.bytes.length);
  to.bytes.set(from.bytes.subarray(0, from.size));
  to.size = from.size;
  to.sourcePort = from.sourcePort;
  to.destinationPort = from.destinationPort;
};

/** Whether two templates stand for the same headers. */
export const sameHeaderTemplate = (a: HeaderTemplate, b: HeaderTemplate): boolean =>
  a.size === b.size &&
  a.count === b.count &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  same(a.kind, 0, b.kind, 0, a.count) &&
  same(a.bytes, 0, b.bytes, 0, a.size);
