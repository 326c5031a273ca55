/** The file of `--config`: policies in their JSON form, and how often to look. */

import { readFile } from 'node:fs/promises';
import { attemptTask, decodeJson, type Tagged } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { DEFAULT_ESTIMATE, EstimateOptions } from '../estimate.js';
import { integerIn, optionsCodec, withDefault } from '../internal/options.js';

/** What a manager takes from a file. */
export interface Config {
  /** See `policiesFromJson`. */
  readonly policies: ReadonlyArray<unknown>;
  readonly pollMs: number;
  readonly estimate: EstimateOptions;
}

const Config: t.Type<Config, unknown> = optionsCodec<Config>('config', {
  policies: withDefault(t.readonlyArray(t.unknown), []),
  pollMs: withDefault(integerIn(1, 3_600_000), 300),
  estimate: withDefault(EstimateOptions, DEFAULT_ESTIMATE),
});

/** Without a file. */
export const NO_CONFIG: Config = { policies: [], pollMs: 300, estimate: DEFAULT_ESTIMATE };

/** Reads a configuration; Left says what of it is wrong. */
export const readConfig = async (path: string): Promise<E.Either<Tagged, Config>> => {
  const text = await attemptTask('configuration', () => readFile(path, 'utf8'))();
  return E.isLeft(text) ? text : decodeJson(Config, { what: path })(text.right);
};
