/** The log of a manager's run: a header and one line of JSON per input, with the commands it led to. */

import {
  type Decode,
  decodeError,
  decodeJson,
  type LimitExceeded,
  limitExceeded,
} from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { EstimateOptions } from './estimate.js';
import type { Command, EngineInput } from './input.js';
import {
  integerIn,
  numberIn,
  oneOf,
  type OptionCodec,
  optionsCodec,
  withDefault,
} from './internal/options.js';
import { commandsCodec, inputCodec } from './log-codec.js';
import { DEFAULT_STATE_OPTIONS } from './state.js';

/** The format's version, the first thing in a log. @since 0.1.0 */
export const LOG_VERSION = 1;

/** How a log names itself. */
const FORMAT = 'liquid-mptcp-pm-log';

/** What must be known to run a log again: the engine's options and its policies. @since 0.1.0 */
export interface LogHeader {
  /** The policies in their JSON form, the strongest first; see `policiesFromJson`. */
  readonly policies: ReadonlyArray<unknown>;
  readonly estimate: EstimateOptions;
  readonly createTimeoutMs: number;
  readonly graceMs: number;
  readonly orphanMs: number;
  readonly maxSubflows: number;
}

/** One input and what it led to. @since 0.1.0 */
export interface LogStep {
  readonly input: EngineInput;
  readonly commands: ReadonlyArray<Command>;
}

/** A log that was read. @since 0.1.0 */
export interface Log {
  readonly header: LogHeader;
  readonly steps: ReadonlyArray<LogStep>;
  /** The last line was cut off, as when the writer was killed; it is left out. */
  readonly truncated: boolean;
}

/** Bounds of {@link decodeLog}. @since 0.1.0 */
export interface LogLimits {
  /** UTF-16 units of a line; default 16 Mi: a poll of 20,000 subflows. */
  readonly maxLineLength?: number;
  /** Steps; default 10 million. */
  readonly maxSteps?: number;
}

const span = (fallback: number): OptionCodec<number> =>
  withDefault(numberIn(0, Number.MAX_SAFE_INTEGER), fallback);

interface HeaderLine extends LogHeader {
  readonly format: typeof FORMAT;
  readonly version: typeof LOG_VERSION;
}

const estimateCodec: OptionCodec<EstimateOptions> = EstimateOptions;

const headerCodec = optionsCodec<HeaderLine>('log header', {
  format: oneOf<typeof FORMAT>(FORMAT),
  version: integerIn(LOG_VERSION, LOG_VERSION) as OptionCodec<typeof LOG_VERSION>,
  policies: t.readonlyArray(t.unknown),
  estimate: withDefault(estimateCodec, DEFAULT_STATE_OPTIONS.estimate),
  createTimeoutMs: span(DEFAULT_STATE_OPTIONS.createTimeoutMs),
  graceMs: span(DEFAULT_STATE_OPTIONS.graceMs),
  orphanMs: span(DEFAULT_STATE_OPTIONS.orphanMs),
  maxSubflows: withDefault(integerIn(0, 1_000_000), 32),
});

const stepCodec = optionsCodec<LogStep>('log step', { input: inputCodec, commands: commandsCodec });

/** The first line of a log, with its end of line. What is missing has the engine's default. @since 0.1.0 */
export const encodeLogHeader = (header: Pick<LogHeader, 'policies'> & Partial<LogHeader>): string =>
  `${JSON.stringify({ format: FORMAT, version: LOG_VERSION, ...header })}\n`;

/**
 * A further line, with its end of line: an input and the commands that the engine gave for it.
 *
 * @example
 * ```ts
 * import { decodeLog, encodeLogHeader, encodeLogStep } from '@liquid/mptcp-pm'
 *
 * const text = encodeLogHeader({ policies: ['full-mesh'] }) + encodeLogStep({ _tag: 'Wake', atMs: 5 }, [])
 * console.log(decodeLog(text)._tag) // Right
 * ```
 * @since 0.1.0
 */
export const encodeLogStep = (input: EngineInput, commands: ReadonlyArray<Command>): string =>
  `${JSON.stringify({ input, commands })}\n`;

/** Reads a log as it comes, a piece at a time. @since 0.1.0 */
export interface LogReader {
  /** The header, once its line is complete. */
  readonly header: () => LogHeader | undefined;
  /** Takes a piece of text and gives the steps that it completes; after an error it gives that again. */
  readonly push: (piece: string) => E.Either<Decode | LimitExceeded, ReadonlyArray<LogStep>>;
  /** Whether text is left over that is no whole line. */
  readonly isCut: () => boolean;
}

const MAX_LINE_LENGTH = 16 * 1024 * 1024;
const MAX_STEPS = 10_000_000;

type Failed = E.Either<Decode | LimitExceeded, never>;

/** Says in which line it was. */
const inLine =
  (line: number) =>
  (error: Decode | LimitExceeded): Decode | LimitExceeded => ({
    ...error,
    message: `line ${line}: ${error.message}`,
  });

/**
 * A reader of a log. Lines longer than the limit are refused before they are complete.
 *
 * @since 0.1.0
 */
export const createLogReader = (limits: LogLimits = {}): LogReader => {
  const limit = limits.maxLineLength ?? MAX_LINE_LENGTH;
  const maxSteps = limits.maxSteps ?? MAX_STEPS;
  let header: LogHeader | undefined;
  let rest = '';
  let line = 0;
  let failed: Failed | undefined;
  const fail = (error: Decode | LimitExceeded): Failed => {
    failed = E.left(inLine(line)(error));
    return failed;
  };
  const push: LogReader['push'] = (piece) => {
    if (failed !== undefined) return failed;
    const steps: Array<LogStep> = [];
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      line++;
      if (header === undefined) {
        const read = decodeJson(headerCodec, { what: 'log header', limit })(text);
        if (E.isLeft(read)) return fail(read.left);
        const { format: _format, version: _version, ...fields } = read.right;
        header = fields;
        continue;
      }
      if (line - 1 > maxSteps) {
        return fail(
          limitExceeded({ what: 'steps of a log', expected: maxSteps, actual: line - 1 }),
        );
      }
      const read = decodeJson(stepCodec, { what: 'log step', limit })(text);
      if (E.isLeft(read)) return fail(read.left);
      steps.push(read.right);
    }
    if (rest.length > limit) {
      line++;
      return fail(limitExceeded({ what: 'line of a log', expected: limit, actual: rest.length }));
    }
    return E.right(steps);
  };
  return { header: () => header, push, isCut: () => rest !== '' };
};

/**
 * Reads a whole log. A last line without its end is left out and told by `truncated`; anything else
 * that doesn't fit is an error that names its line.
 *
 * @since 0.1.0
 */
export const decodeLog = (
  text: string,
  limits: LogLimits = {},
): E.Either<Decode | LimitExceeded, Log> => {
  const reader = createLogReader(limits);
  const steps = reader.push(text);
  if (E.isLeft(steps)) return steps;
  const header = reader.header();
  return header === undefined
    ? E.left(
        decodeError({ what: 'log', path: 'line 1', expected: 'a header line', actualText: 'none' }),
      )
    : E.right({ header, steps: steps.right, truncated: reader.isCut() });
};
