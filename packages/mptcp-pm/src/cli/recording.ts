/** A recording, as it is written and as it is played again. */

import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { decodeError, fromUnknown, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { createLogReader, encodeLogHeader, encodeLogStep, type LogStep } from '../log.js';
import type { PathManagerOptions } from '../path-manager.js';
import type { AnyPolicy } from '../policy.js';
import { replayLog } from '../replay.js';
import { EXIT_FAILED, type Session } from './session.js';
import type { Config } from './config.js';

/** A recording that is being written; what it holds is good up to the last whole line. */
export interface Recording {
  readonly record: NonNullable<PathManagerOptions['record']>;
  /** Gives the failure of writing, if there was one. */
  readonly finish: () => Promise<Tagged | undefined>;
}

/**
 * Opens a file for a recording, and writes its header. It is not written beside and renamed as other
 * files are: after a crash one wants what is there.
 */
export const openRecording = async (
  path: string,
  config: Config,
): Promise<E.Either<Tagged, Recording>> => {
  const stream = createWriteStream(path);
  let failure: Tagged | undefined;
  const failing = fromUnknown('recording');
  try {
    await once(stream, 'open');
  } catch (caught) {
    return E.left(failing(caught));
  }
  stream.on('error', (error) => {
    failure ??= failing(error);
  });
  const { policies, estimate } = config;
  stream.write(encodeLogHeader({ policies, estimate }));
  return E.right({
    record: (input, commands) => {
      if (failure === undefined) stream.write(encodeLogStep(input, commands));
    },
    finish: async () => {
      if (failure === undefined) {
        stream.end();
        await once(stream, 'close').catch(() => undefined);
      }
      return failure;
    },
  });
};

const readLog = async (
  path: string,
): Promise<E.Either<Tagged, Parameters<typeof replayLog>[0]>> => {
  const reader = createLogReader();
  const steps: Array<LogStep> = [];
  const stream =
    path === '-' ? process.stdin.setEncoding('utf8') : createReadStream(path, { encoding: 'utf8' });
  try {
    for await (const piece of stream) {
      const read = reader.push(String(piece));
      if (E.isLeft(read)) return read;
      for (const step of read.right) steps.push(step);
    }
  } catch (caught) {
    return E.left(fromUnknown(path === '-' ? 'standard input' : 'recording')(caught));
  }
  const header = reader.header();
  return header === undefined
    ? E.left(decodeError({ what: path, expected: 'a recording', actualText: 'no header line' }))
    : E.right({ header, steps, truncated: reader.isCut() });
};

/** Feeds a recording to the policies again and says whether they did the same. */
export const replay = async (
  session: Session,
  path: string,
  policies: ReadonlyArray<AnyPolicy> | undefined,
): Promise<number> => {
  const log = await readLog(path);
  if (E.isLeft(log)) return session.fail(log.left);
  const played = replayLog(log.right, policies);
  if (E.isLeft(played)) return session.fail(played.left);
  const result = { ...played.right, truncated: log.right.truncated };
  if (result._tag === 'Different') {
    session.progress(result, `line ${result.step + 2}: ${JSON.stringify(result)}`);
    const { step, input, recorded, replayed } = result;
    const actual = JSON.stringify(replayed);
    session.fail({
      _tag: 'Different',
      message: `line ${step + 2}: after ${input._tag} expected ${JSON.stringify(recorded)}, got ${actual}`,
      remedy: 'Give the policies and options with which it was recorded.',
    });
    return EXIT_FAILED;
  }
  return session.succeed(result, ({ steps, commands, truncated }) => {
    const cut = truncated ? '; its last line is cut off' : '';
    return `the same: ${steps} inputs, ${commands} commands${cut}`;
  });
};
