#!/usr/bin/env node
/** The app on its own: lists its scenarios, or runs one with an input in JSON and prints the report. */
import {
  createRng,
  decodeJson,
  renderError,
  silentLogger,
  systemClock,
  unsupported,
} from '@liquid/types';
import type { ScenarioContext } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { scenarios } from './index.js';

const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

const noFiles = TE.left(
  unsupported({ what: 'reading files', remedy: 'No scenario asks for one.' }),
);

const context: ScenarioContext = {
  signal: abort.signal,
  clock: systemClock,
  rng: createRng(0),
  seed: '0',
  logger: silentLogger,
  progress: () => undefined,
  point: () => undefined,
  onControl: () => () => undefined,
  readInput: () => noFiles,
  streamInput: () => noFiles,
};

const [id, json = '{}', ...rest] = process.argv.slice(2);
const scenario = scenarios.find((one) => one.id === id);
if (id === undefined) {
  for (const one of scenarios) process.stdout.write(`${one.id}\t${one.title}\n`);
} else if (scenario === undefined || rest.length > 0) {
  const names = scenarios.map((one) => one.id).join('|');
  process.stderr.write(`usage: mptcp-pm-example [${names} [input as JSON]]\n`);
  process.exitCode = 2;
} else {
  const input = decodeJson(t.UnknownRecord, { what: 'input' })(json);
  const report = E.isLeft(input) ? input : await scenario.run(input.right, context)();
  if (E.isLeft(report)) {
    process.stderr.write(`${renderError(report.left)}\n`);
    process.exitCode = report.left._tag === 'Aborted' ? 130 : 1;
  } else {
    process.stdout.write(`${JSON.stringify(report.right, null, 2)}\n`);
  }
}
