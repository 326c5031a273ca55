#!/usr/bin/env node
/** The app on its own: runs its scenario on the shipped capture, or on the one named, and prints the report. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  attemptTask,
  Bytes,
  createRng,
  fromUnknown,
  type LiquidError,
  limitExceeded,
  renderError,
  silentLogger,
  systemClock,
} from '@liquid/types';
import type { InputFile, ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { rohcCapture } from './rohc-capture.js';

const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

const context: ScenarioContext = {
  signal: abort.signal,
  clock: systemClock,
  rng: createRng(0),
  seed: '0',
  logger: silentLogger,
  progress: () => undefined,
  point: () => undefined,
  onControl: () => () => undefined,
  readInput: (file, limit) => async () => {
    const bytes = await attemptTask(`reading ${file}`, () => readFile(file))();
    if (E.isLeft(bytes) || bytes.right.length <= limit) return bytes;
    return E.left(
      limitExceeded({ what: file, expected: Bytes.print(limit), actual: bytes.right.length }),
    );
  },
  streamInput: (file, take) => async () => {
    try {
      for await (const chunk of createReadStream(file)) {
        const taken = await take(chunk as Uint8Array);
        if (E.isLeft(taken)) return taken;
      }
      return E.right(undefined);
    } catch (error) {
      return E.left<LiquidError>(fromUnknown(`reading ${file}`)(error));
    }
  },
};

const [file, ...rest] = process.argv.slice(2);
if (rest.length > 0 || file?.startsWith('-') === true) {
  process.stderr.write('usage: rohc-example [capture]\n');
  process.exitCode = 2;
} else {
  const input = file === undefined ? {} : { input: file as InputFile };
  const result = await rohcCapture.run(input, context)();
  if (E.isLeft(result)) {
    process.stderr.write(`${renderError(result.left)}\n`);
    process.exitCode = result.left._tag === 'Aborted' ? 130 : 1;
  } else {
    process.stdout.write(`${JSON.stringify(result.right, null, 2)}\n`);
  }
}
