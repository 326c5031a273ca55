/** A look into one packet of a carried capture: its tree by the dissector, its octets, and what it stands for. */
import { createDissector, type Dissector, type RohcNode } from '@liquid/rohc';
import * as E from 'fp-ts/lib/Either.js';
import { type Carried, packetAt } from './carry.js';

/** One part of a packet as a row. */
export interface Row {
  readonly depth: number;
  readonly name: string;
  readonly bitOffset: number;
  readonly bitLength: number;
  /** A field, not a group of fields. */
  readonly leaf: boolean;
  readonly bits: string;
  readonly value: string;
  readonly meaning: string;
  readonly section: string;
}

/** One packet; plain data, so that it can be posted from a worker. */
export interface Looked {
  /** Counted from 0. */
  readonly n: number;
  readonly format: string;
  readonly cid: number;
  readonly profile: number;
  readonly headersBefore: number;
  readonly headersAfter: number;
  readonly at: number;
  readonly rows: readonly Row[];
  /** The compressed packet. */
  readonly octets: Uint8Array;
  /** What the decompressor delivered. */
  readonly original: Uint8Array;
  /** What the dissector says where it could not read on. */
  readonly problem: string | undefined;
}

/** A tree as rows, each group in front of its parts. */
export const rowsOf = (nodes: readonly RohcNode[], depth = 0): readonly Row[] =>
  nodes.flatMap((node) => [
    {
      depth,
      name: node.name,
      bitOffset: node.bitOffset,
      bitLength: node.bitLength,
      leaf: node.children === undefined,
      bits: node.raw ?? '',
      value: node.value === undefined ? '' : String(node.value),
      meaning: node.meaning ?? '',
      section: node.section ?? '',
    },
    ...rowsOf(node.children ?? [], depth + 1),
  ]);

/** `octet 2`, `octets 0–19`, `octet 3, bits 2–5`: bits counted from the highest, as RFCs draw them. */
export const placeOf = ({ bitOffset, bitLength }: Pick<Row, 'bitOffset' | 'bitLength'>): string => {
  const first = bitOffset >>> 3;
  const last = (bitOffset + Math.max(1, bitLength) - 1) >>> 3;
  const octets = first === last ? `octet ${first}` : `octets ${first}–${last}`;
  if ((bitOffset & 7) === 0 && (bitLength & 7) === 0) return octets;
  const from = bitOffset & 7;
  const to = (bitOffset + Math.max(1, bitLength) - 1) & 7;
  if (first !== last) return `${octets}, ${bitLength} bits`;
  return from === to ? `${octets}, bit ${from}` : `${octets}, bits ${from}–${to}`;
};

/**
 * Looks into packets in any order. A packet means something against those before it only, so a look replays the
 * stream up to there; the next one goes on from where this one ended, if it can. Undefined: there is no such packet.
 *
 * Cost: linear in the packets in front, about a microsecond each.
 */
export const createLook = (carried: Carried): ((n: number) => Looked | undefined) => {
  const back = new Uint8Array(65_575);
  let dissector: Dissector | undefined;
  let next = 0;
  return (n) => {
    if (!Number.isInteger(n) || n < 0 || n >= carried.packets) return undefined;
    if (dissector === undefined || n < next) {
      const made = createDissector();
      if (E.isLeft(made)) throw new Error('bug: the defaults were refused');
      dissector = made.right;
      next = 0;
    }
    const { decompressor } = dissector;
    for (; next < n; next++) {
      const packet = packetAt(carried, next);
      decompressor.decompressInto(packet, back, 0, 0, packet.length);
    }
    const packet = packetAt(carried, n);
    const { tree, decompressed } = dissector.follow(packet);
    next = n + 1;
    const delivered = E.isRight(decompressed) ? decompressed.right.packet : undefined;
    return {
      n,
      format: carried.formatNames[carried.formats[n] ?? 0] ?? '',
      cid: E.isRight(tree) ? tree.right.cid : -1,
      profile: E.isRight(tree) ? tree.right.profile : -1,
      headersBefore: carried.before[n] ?? 0,
      headersAfter: carried.after[n] ?? 0,
      at: carried.at[n] ?? 0,
      rows: E.isRight(tree) ? rowsOf(tree.right.nodes) : [],
      octets: packet.slice(),
      original: delivered?.slice() ?? new Uint8Array(0),
      problem: E.isLeft(tree) ? tree.left.message : tree.right.problem?.message,
    };
  };
};

/** The nearest packet of the same format as `n`'s before (`step` −1) or behind it (1); `n` where there is none. */
export const sameFormat = ({ formats, packets }: Carried, n: number, step: 1 | -1): number => {
  for (let at = n + step; at >= 0 && at < packets; at += step) {
    if (formats[at] === formats[n]) return at;
  }
  return n;
};
