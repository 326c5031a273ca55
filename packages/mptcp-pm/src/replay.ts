/** Running a log again: the same inputs must give the same commands. */

import type { Decode } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { createEngine, type Engine, stepEngine } from './engine.js';
import type { Command, EngineInput } from './input.js';
import type { Log, LogHeader } from './log.js';
import { policiesFromJson } from './policies.js';
import type { AnyPolicy } from './policy.js';

/** What came of a replay. @since 0.1.0 */
export type Replay =
  | { readonly _tag: 'Identical'; readonly steps: number; readonly commands: number }
  /** The first step whose commands are others. */
  | {
      readonly _tag: 'Different';
      /** Counted from 0; its line in the log is two more. */
      readonly step: number;
      readonly input: EngineInput;
      readonly recorded: ReadonlyArray<Command>;
      readonly replayed: ReadonlyArray<Command>;
    };

/**
 * An engine as a log's header describes it.
 *
 * @param policies - instead of those of the header, as when they are not known by name
 * @since 0.1.0
 */
export const engineOfHeader = (
  header: LogHeader,
  policies?: ReadonlyArray<AnyPolicy>,
): E.Either<Decode, Engine> => {
  const { policies: json, ...options } = header;
  const chosen = policies === undefined ? policiesFromJson(json) : E.right(policies);
  return E.map((list: ReadonlyArray<AnyPolicy>) => createEngine({ ...options, policies: list }))(
    chosen,
  );
};

/** Equality of what JSON can hold; the order of keys doesn't matter, a missing key is as undefined. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const key of keys) if (!isSame(left[key], right[key])) return false;
  return true;
};

/**
 * Steps an engine through a log and compares its commands with the recorded ones, up to the first
 * difference. Inputs are taken as recorded, outcomes included.
 *
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { decodeLog, encodeLogHeader, replayLog } from '@liquid/mptcp-pm'
 *
 * const log = decodeLog(encodeLogHeader({ policies: [] }))
 * if (E.isRight(log)) console.log(replayLog(log.right)) // Identical: 0 steps, 0 commands
 * ```
 * @since 0.1.0
 */
export const replayLog = (
  log: Log,
  policies?: ReadonlyArray<AnyPolicy>,
): E.Either<Decode, Replay> =>
  E.map((start: Engine): Replay => {
    let engine = start;
    let commands = 0;
    for (const [step, { input, commands: recorded }] of log.steps.entries()) {
      const stepped = stepEngine(engine, input);
      if (!isSame(stepped.commands, recorded)) {
        return { _tag: 'Different', step, input, recorded, replayed: stepped.commands };
      }
      engine = stepped.engine;
      commands += recorded.length;
    }
    return { _tag: 'Identical', steps: log.steps.length, commands };
  })(engineOfHeader(log.header, policies));
