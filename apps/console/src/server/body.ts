/** Bodies of requests: read in bounded memory, parsed in bounded depth, checked by their codecs. */

import type { Readable } from 'node:stream';
import { decode, decodeError, limitExceeded, nearestNames } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type * as t from 'io-ts';
import type { Limits } from './limits.js';
import { type Refused, refused } from './refusal.js';

/** Read and thrown away behind a body that is too large, so that its sender sees the answer. */
const MOST_DISCARDED = 512 * 1024 * 1024;
/** A sender that is silent for this long waits for the answer. */
const SILENCE_MS = 300;

/**
 * Throws away what a sender still sends: one that is cut off in the middle would never read why.
 * Resolves when all has come, or nothing comes any more. Who sends without end is cut.
 */
export const discarded = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    let size = 0;
    let timer = setTimeout(resolve, SILENCE_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    stream.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      clearTimeout(timer);
      timer = setTimeout(resolve, SILENCE_MS);
      if (size > MOST_DISCARDED) stream.destroy();
    });
    stream.once('end', done).once('error', done).once('close', done);
    if (stream.readableEnded || stream.destroyed) done();
    else stream.resume();
  });

const tooLarge = (limit: number): Refused =>
  refused(
    413,
    limitExceeded({
      message: `the body is larger than ${limit} octets`,
      expected: limit,
      actual: 'more',
      remedy: `send at most ${limit} octets`,
    }),
  );

/** Hands the chunks of a body to `take`, up to `limit` octets; the rest is thrown away. */
export const streamBody = async (
  body: Readable,
  declared: string | undefined,
  limit: number,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<E.Either<Refused, number>> => {
  if (declared !== undefined && Number(declared) > limit) {
    return E.left(tooLarge(limit));
  }
  let size = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Uint8Array;
      size += bytes.length;
      if (size > limit) break;
      await take(bytes);
    }
  } catch (error) {
    // Nobody waits for the answer to half a body.
    if (body.destroyed || body.errored !== null) {
      const expected = 'a whole body';
      return E.left(refused(400, decodeError({ what: 'body', expected, actualText: 'a part' })));
    }
    throw error;
  }
  if (size <= limit) return E.right(size);
  return E.left(tooLarge(limit));
};

/** How deep the brackets of a JSON text nest; linear, without a stack. */
const depthOf = (text: string): number => {
  let [depth, most, quoted] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) most = Math.max(most, ++depth);
    else if (c === 0x7d || c === 0x5d) depth--;
  }
  return most;
};

/** Whether a key stands somewhere that would reach a prototype if the value were merged. */
const isPoisoned = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(isPoisoned);
};

/** Parses the text of a body. */
const parseBody = (text: string, { jsonDepth }: Limits): E.Either<Refused, unknown> => {
  const bad = (expected: string, actualText: string): E.Either<Refused, never> =>
    E.left(refused(400, decodeError({ what: 'body', expected, actualText })));
  if (depthOf(text) > jsonDepth) return bad(`JSON that nests at most ${jsonDepth} deep`, 'deeper');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('JSON', 'another text');
  }
  return isPoisoned(value) ? bad('no key __proto__', 'one') : E.right(value);
};

/** Reads and parses a JSON body. */
export const readJson = async (
  body: Readable,
  declared: string | undefined,
  limits: Limits,
): Promise<E.Either<Refused, unknown>> => {
  const chunks: Array<Uint8Array> = [];
  const read = await streamBody(body, declared, limits.bodyOctets, (chunk) => {
    chunks.push(chunk);
  });
  if (E.isLeft(read)) return read;
  if (read.right === 0) return E.right(undefined);
  return parseBody(Buffer.concat(chunks).toString('utf8'), limits);
};

/**
 * Checks a body by its codec, and that it has no field that the codec does not know.
 *
 * @param names the fields that there are
 */
export const decodeBody =
  <A>(codec: t.Type<A, unknown, unknown>, names: ReadonlyArray<string>) =>
  (body: unknown): E.Either<Refused, A> =>
    pipe(
      body,
      decode(codec, 'body'),
      E.chainW((value) => {
        const strange = Object.keys(body as object).find((key) => !names.includes(key));
        if (strange === undefined) return E.right(value);
        const near = nearestNames(strange, names);
        const expected = `one of the fields ${(near.length > 0 ? near : names).join(', ')}`;
        return E.left(decodeError({ what: 'body', path: strange, expected, actual: strange }));
      }),
      E.mapLeft((error) => refused(400, error)),
    );
