/** The resetting middlebox: its rules for a while, then the count of what they sent, then gone. */

import * as E from 'fp-ts/lib/Either.js';
import { NF, openPacketQueue, queuePayload } from '@liquid/netlink';
import { aborted, fromUnknown, type LiquidError } from '@liquid/types';
import { areForged, RESET_CHAIN, resetFamilies, resetRules, type Resets } from '../../reset.js';
import { forgeReset } from './forged-reset.js';
import { applyRules, countPackets, families, type Family } from './rules.js';

/** Where segments pass the host, end at it, or begin at it: who forges meets those as well. */
const PASSING = ['FORWARD', 'INPUT'];
const FROM_HERE = 'OUTPUT';

/** Queues of middleboxes, one after the other; a rule of the user's own is likelier to have a low number. */
const FIRST_QUEUE = 0xf000;
const QUEUES = 0x1000;

/** More of a packet than its headers need not be copied. */
const HEADER_BYTES = 128;

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

/** What serves the rules while they are there. */
interface Forger {
  /** RSTs so far. */
  readonly sent: () => number;
  /** Aborted once there were enough. */
  readonly enough: AbortSignal;
  readonly stop: () => Promise<unknown>;
}

/** Turns the packets of a queue into RSTs, as many as are wanted; later ones go on as they are. */
const openForger = async (
  namespace: string,
  { count = Number.POSITIVE_INFINITY, reason, transient }: Resets,
  number: number,
): Promise<E.Either<LiquidError, Forger>> => {
  const option =
    reason === undefined && transient === undefined
      ? undefined
      : { reason: reason ?? 0, transient: transient ?? false };
  const enough = new AbortController();
  let sent = 0;
  const opened = await openPacketQueue({
    queue: number,
    namespace,
    copyRangeBytes: HEADER_BYTES,
    // Segments come one by one, and with their checksums: a RST has no place in a train of them.
    flags: 0,
    onPacket: (packet, queue) => {
      const reset = sent < count ? forgeReset(queuePayload(packet), option) : undefined;
      const code = queue.verdict(packet.id, NF.ACCEPT, -1, reset);
      if (reset !== undefined && code === 0 && ++sent >= count) enough.abort();
    },
  })();
  if (E.isLeft(opened)) return E.left(fromUnknown('forging resets')(opened.left));
  return E.right({
    sent: () => sent,
    enough: enough.signal,
    stop: () => opened.right.stop(),
  });
};

/** Resets for a while; `number` makes the chain's name unique in its namespace. */
export const resetFor = async (
  namespace: string,
  resets: Resets,
  number: number,
  signal: AbortSignal,
): Promise<E.Either<LiquidError, number>> => {
  const chain = `${RESET_CHAIN}-${number}`;
  const queue = FIRST_QUEUE + (number % QUEUES);
  const there = families();
  const wanted = resetFamilies(resets).filter((family) => there.includes(family));
  const forged = areForged(resets);
  const from = forged ? [...PASSING, FROM_HERE] : PASSING;
  const come = [
    `:${chain} - [0:0]`,
    ...resetRules(resets, queue).map((rule) => `-A ${chain} ${rule.join(' ')}`),
    ...from.map((one) => `-I ${one} -p tcp -j ${chain}`),
  ];
  const go = [...from.map((one) => `-D ${one} -p tcp -j ${chain}`), `-F ${chain}`, `-X ${chain}`];
  // The queue before its rules, and after them: packets for a queue that nobody serves are dropped.
  const opened = forged ? await openForger(namespace, resets, queue) : E.right(undefined);
  if (E.isLeft(opened)) return opened;
  const forger = opened.right;
  const made: Family[] = [];
  let failure: LiquidError | undefined;
  for (const family of wanted) {
    const done = await applyRules(namespace, family, { table: 'filter', lines: come });
    if (E.isRight(done)) made.push(family);
    else failure ??= done.left;
  }
  const over = forger === undefined ? signal : AbortSignal.any([signal, forger.enough]);
  if (failure === undefined) await wait(resets.forMs, over);
  let sent = 0;
  // A lab that stops takes its namespaces along, and the rules with them.
  for (const family of signal.aborted ? [] : made) {
    if (!forged) {
      const counted = await countPackets(namespace, family, 'filter', chain);
      if (E.isRight(counted)) sent += counted.right;
      else failure ??= counted.left;
    }
    const done = await applyRules(namespace, family, { table: 'filter', lines: go });
    if (E.isLeft(done)) failure ??= done.left;
  }
  await forger?.stop();
  if (signal.aborted) return E.left(aborted({ what: 'resetting connections' }));
  return failure === undefined ? E.right(forger?.sent() ?? sent) : E.left(failure);
};
