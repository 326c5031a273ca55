/** The end of a stream: what is still on its way arrives, and is what was sent. */
import type { ScenarioContext, ScenarioError } from '@liquid/types/scenario';
import type { LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { sameOctets } from './compare.js';
import type { Carried, Sink, Source } from './stream.js';
import { waitUntil } from './watch.js';

/** What is still on its way at the end has this long to arrive, seconds. */
const DRAIN_SECONDS = 60;

/** Ends the stream, waits for its last octet, and compares both ends. */
export const drain = async (
  context: ScenarioContext,
  seconds: () => number,
  source: Source,
  sink: Sink,
): Promise<E.Either<ScenarioError, Carried>> => {
  source.finish();
  let done: E.Either<LiquidError, Carried> | undefined;
  void sink.done.then((result) => (done = result));
  const drained = await waitUntil(context, {
    what: 'the end of the stream',
    deadlineSeconds: seconds() + DRAIN_SECONDS,
    seconds,
    look: () => E.right(done !== undefined),
  });
  if (E.isLeft(drained)) return drained;
  if (done === undefined) return E.left({ _tag: 'Io', message: 'bug: no end of the stream' });
  if (E.isLeft(done)) return done;
  const same = sameOctets(source.carried(), done.right);
  return E.isLeft(same) ? same : done;
};
