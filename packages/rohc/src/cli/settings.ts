/** Options of the command line, checked: what a person typed becomes configurations or a usage error that names it. */
import type { Command } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { type Compressor, createCompressor } from '../compressor.js';
import type { CompressorConfig, DecompressorConfig } from '../config.js';
import { createDecompressor, type Decompressor } from '../decompressor.js';
import { type UsageError, usage, usageOf } from './session.js';

/** What commander collects: text for options with a value, true for flags, false for `--no-…`. */
const Raw = t.partial({
  json: t.boolean,
  cids: t.string,
  maxCid: t.string,
  window: t.string,
  repetitions: t.string,
  refreshIr: t.string,
  refreshFo: t.string,
  profiles: t.string,
  replication: t.boolean,
  feedback: t.boolean,
  ackInterval: t.string,
  loss: t.string,
  seed: t.string,
  limit: t.string,
  format: t.string,
  raw: t.boolean,
  lines: t.boolean,
});

/** As commander gives them; only names that are declared below. */
export type RawOptions = t.TypeOf<typeof Raw>;

/** The options of a command, ready to use. */
export interface Settings {
  readonly compressor: Partial<CompressorConfig>;
  readonly decompressor: Partial<DecompressorConfig>;
  readonly loss: number;
  readonly seed: number;
  /** Records to read at most; Infinity for all. */
  readonly limit: number;
  readonly format: 'pcap' | 'pcapng';
  readonly raw: boolean;
  readonly lines: boolean;
  readonly feedback: boolean;
}

const FLAGS: Readonly<Record<string, string>> = {
  maxCid: '--max-cid',
  refreshIr: '--refresh-ir',
  refreshFo: '--refresh-fo',
  ackInterval: '--ack-interval',
};

const flagOf = (field: string): string => FLAGS[field] ?? `--${field.replace(/\W.*$/, '')}`;

const NAMED_PROFILES: Readonly<Record<string, number>> = { uncompressed: 0, ip: 4, tcp: 6 };

/** Digits only: `Number` alone would take '', '1e3' and ' 4 '. */
const whole = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN);

const profilesOf = (text: string): readonly number[] =>
  text
    .split(',')
    .map(
      (name) =>
        NAMED_PROFILES[name] ?? (/^0x[\da-f]{1,4}$/i.test(name) ? Number(name) : whole(name)),
    );

const lossOf = (text: string): number => {
  const match = /^(?<number>\d+(?:\.\d+)?)(?<percent>%?)$/.exec(text);
  if (match?.groups === undefined) return Number.NaN;
  return Number(match.groups['number']) / (match.groups['percent'] === '%' ? 100 : 1);
};

/** Checks everything that was typed. */
export const readSettings = (given: unknown): E.Either<UsageError, Settings> => {
  if (!Raw.is(given)) return E.left(usage('options: expected text values'));
  const numbers: Record<string, number> = {};
  for (const name of [
    'maxCid',
    'window',
    'repetitions',
    'refreshIr',
    'refreshFo',
    'ackInterval',
    'seed',
    'limit',
  ] as const) {
    const text = given[name];
    if (text === undefined) continue;
    const value = whole(text);
    if (Number.isNaN(value)) {
      return E.left(usage(`${flagOf(name)}: expected a whole number, got "${text}"`));
    }
    numbers[name] = value;
  }
  const { limit = Number.POSITIVE_INFINITY, seed = 0 } = numbers;
  if (limit < 1) return E.left(usage('--limit: expected at least 1, got 0'));
  const { format = 'pcap' } = given;
  if (format !== 'pcap' && format !== 'pcapng') {
    return E.left(usage(`--format: expected pcap or pcapng, got "${format}"`));
  }
  const loss = given.loss === undefined ? 0 : lossOf(given.loss);
  if (!(loss >= 0 && loss <= 1)) {
    return E.left(usage(`--loss: expected 0 to 1 or 0% to 100%, got "${given.loss ?? ''}"`));
  }
  const profiles = given.profiles === undefined ? undefined : profilesOf(given.profiles);
  if (profiles?.some(Number.isNaN) === true) {
    const names = `${Object.keys(NAMED_PROFILES).join(', ')} or numbers`;
    return E.left(usage(`--profiles: expected ${names}, got "${given.profiles ?? ''}"`));
  }
  const channel = {
    cids: given.cids,
    maxCid: numbers['maxCid'],
    profiles,
  };
  // the codecs of the configurations do the rest: what is wrong is named by them
  const compressor = {
    ...channel,
    window: numbers['window'],
    repetitions: numbers['repetitions'],
    refreshIr: numbers['refreshIr'],
    refreshFo: numbers['refreshFo'],
    replication: given.replication,
    seed,
  } as Partial<CompressorConfig>;
  const decompressor = {
    ...channel,
    feedback: given.feedback,
    ackInterval: numbers['ackInterval'],
  } as Partial<DecompressorConfig>;
  for (const checked of [createCompressor(compressor), createDecompressor(decompressor)]) {
    if (E.isLeft(checked)) return E.left(usageOf(flagOf(checked.left.path ?? ''), checked.left));
  }
  return E.right({
    compressor,
    decompressor,
    loss,
    seed,
    limit,
    format,
    raw: given.raw ?? false,
    lines: given.lines ?? false,
    feedback: given.feedback ?? false,
  });
};

const built = <A>(either: E.Either<{ readonly message: string }, A>): A => {
  if (E.isRight(either)) return either.right;
  throw new Error(`bug: settings that were checked are refused: ${either.left.message}`);
};

export const compressorOf = ({ compressor }: Settings): Compressor =>
  built(createCompressor(compressor));

export const decompressorOf = ({ decompressor }: Settings): Decompressor =>
  built(createDecompressor(decompressor));

/** Options of every command. */
export const withCommon = (command: Command): Command =>
  command
    .option('--limit <n>', 'stop after n records')
    .option('--json', 'one JSON object on stdout, progress as NDJSON on stderr');

/** What both ends of a channel must agree on. */
export const withChannel = (command: Command): Command =>
  command
    .option('--cids <kind>', 'context identifiers: small (0-15) or large (0-16383)', 'small')
    .option('--max-cid <n>', 'largest context identifier')
    .option('--profiles <list>', 'profiles, as tcp,ip,uncompressed or 0x0006,0x0004');

/** How the compressor works. */
export const withCompressor = (command: Command): Command =>
  withChannel(command)
    .option('--window <n>', 'width of the W-LSB window, 1-256 (default: 4)')
    .option('--repetitions <n>', 'packets in a row that carry a change, 1-254 (default: 4)')
    .option('--refresh-ir <n>', 'packets between IR refreshes, 0 for none (default: 1700)')
    .option('--refresh-fo <n>', 'packets between IR-DYN refreshes, 0 for none (default: 700)')
    .option('--no-replication', 'start every flow with IR, never with IR-CR');

/** What is written. */
export const withOutput = (command: Command): Command =>
  command
    .option('--format <name>', 'of the output: pcap or pcapng', 'pcap')
    .option('--raw', 'write packets without link headers');
