/** The resetting middlebox: its rules for a while, then the count of what they sent, then gone. */

import * as E from 'fp-ts/lib/Either.js';
import { aborted, type LiquidError } from '@liquid/types';
import { RESET_CHAIN, resetFamilies, resetRules, type Resets } from '../../reset.js';
import { applyRules, countPackets, families, type Family } from './rules.js';

/** Segments that pass the host, and those that end at it. */
const FROM = ['FORWARD', 'INPUT'];

const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });

/** Resets for a while; `number` makes the chain's name unique in its namespace. */
export const resetFor = async (
  namespace: string,
  resets: Resets,
  number: number,
  signal: AbortSignal,
): Promise<E.Either<LiquidError, number>> => {
  const chain = `${RESET_CHAIN}-${number}`;
  const there = families();
  const wanted = resetFamilies(resets).filter((family) => there.includes(family));
  const come = [
    `:${chain} - [0:0]`,
    ...resetRules(resets).map((rule) => `-A ${chain} ${rule.join(' ')}`),
    ...FROM.map((from) => `-I ${from} -p tcp -j ${chain}`),
  ];
  const go = [...FROM.map((from) => `-D ${from} -p tcp -j ${chain}`), `-F ${chain}`, `-X ${chain}`];
  const made: Family[] = [];
  let failure: LiquidError | undefined;
  for (const family of wanted) {
    const done = await applyRules(namespace, family, { table: 'filter', lines: come });
    if (E.isRight(done)) made.push(family);
    else failure ??= done.left;
  }
  if (failure === undefined) await wait(resets.forMs, signal);
  // A lab that stops takes its namespaces along, and the rules with them.
  if (signal.aborted) return E.left(aborted({ what: 'resetting connections' }));
  let sent = 0;
  for (const family of made) {
    const counted = await countPackets(namespace, family, 'filter', chain);
    if (E.isRight(counted)) sent += counted.right;
    else failure ??= counted.left;
    const done = await applyRules(namespace, family, { table: 'filter', lines: go });
    if (E.isLeft(done)) failure ??= done.left;
  }
  return failure === undefined ? E.right(sent) : E.left(failure);
};
