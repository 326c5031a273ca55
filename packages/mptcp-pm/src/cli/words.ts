/** Reads the arguments of single commands in the manner of `pm_nl_ctl` and `ip`: keywords, each followed by its value. */

import { type Decode, type IpAddress, parseIpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { ADDRESS_FLAG } from '../family.js';
import { type UsageError, usage } from './session.js';

/** Values by keyword. */
export type Words = ReadonlyMap<string, string>;

/** Pairs of keyword and value; a keyword that is not among `known`, or has no value, is a mistake. */
export const readWords = (
  args: ReadonlyArray<string>,
  known: ReadonlyArray<string>,
): E.Either<UsageError, Words> => {
  const words = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    const [keyword = '', value] = [args[i], args[i + 1]];
    if (!known.includes(keyword)) {
      return E.left(usage(`unknown word ${keyword}: expected ${known.join(', ')}`));
    }
    if (value === undefined) return E.left(usage(`${keyword}: its value is missing`));
    if (words.has(keyword)) return E.left(usage(`${keyword} is given twice`));
    words.set(keyword, value);
  }
  return E.right(words);
};

/** A whole number from 0 to `most`, decimal or with 0x. */
export const readNumber = (
  what: string,
  text: string | undefined,
  most: number,
): E.Either<UsageError, number> => {
  const value =
    text !== undefined && /^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  return value <= most
    ? E.right(value)
    : E.left(usage(`${what}: expected a number from 0 to ${most}, got ${text ?? 'nothing'}`));
};

export const readToken = (text: string | undefined): E.Either<UsageError, number> =>
  readNumber('token', text, 0xffffffff);
export const readId = (text: string | undefined): E.Either<UsageError, number> =>
  readNumber('id', text, 255);
export const readPort = (what: string, text: string | undefined): E.Either<UsageError, number> =>
  readNumber(what, text, 65535);

export const readIp = (what: string, text: string | undefined): E.Either<UsageError, IpAddress> =>
  E.mapLeft((error: Decode) => usage(`${what}: expected ${error.expected}, got ${error.actual}`))(
    parseIpAddress(text ?? ''),
  );

const FLAGS: Readonly<Record<string, number>> = {
  signal: ADDRESS_FLAG.SIGNAL,
  subflow: ADDRESS_FLAG.SUBFLOW,
  backup: ADDRESS_FLAG.BACKUP,
  fullmesh: ADDRESS_FLAG.FULLMESH,
  laminar: ADDRESS_FLAG.LAMINAR,
};

/** `signal,backup` as bits; with `negations`, `nobackup` and `nofullmesh` are no bits. */
export const readFlags = (text: string, negations: boolean): E.Either<UsageError, number> => {
  let flags = 0;
  for (const word of text.split(',')) {
    const bit = FLAGS[word];
    if (bit !== undefined) flags |= bit;
    else if (!negations || !['nobackup', 'nofullmesh'].includes(word)) {
      return E.left(usage(`flags: unknown ${word}: expected ${Object.keys(FLAGS).join(', ')}`));
    }
  }
  return E.right(flags);
};

const NAMES: ReadonlyArray<readonly [string, number]> = [
  ...Object.entries(FLAGS),
  ['implicit', ADDRESS_FLAG.IMPLICIT],
];

/** Bits as `signal,backup`. */
export const flagNames = (flags: number): string =>
  NAMES.filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(',');
