/** A scenario: one tool on real input, described as data and run the same way everywhere. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';

import { type AbortSignalLike, checkAborted } from '../abort.js';
import { fromUnknown } from '../caught.js';
import type { Clock } from '../clock.js';
import { decode } from '../decode.js';
import { type LiquidError, type Tagged } from '../errors.js';
import type { Logger } from '../logger.js';
import { RenderedError } from '../render.js';
import type { Rng } from '../rng.js';
import { Trade } from '../trade.js';
import type { Bytes } from '../units.js';
import type { InputField, InputFields, InputFile, InputOf } from './field.js';
import { inputCodec } from './input.js';
import type { Need } from './need.js';
import { Report } from './report.js';
import { type Progress, Series } from './series.js';

/**
 * How a run may fail: any tagged error. The base errors, and those of the tool that is shown.
 *
 * @since 0.1.0
 */
export type ScenarioError = Tagged;

/**
 * A change of a control while a run goes on; see {@link ScenarioInfo.controls}.
 *
 * @since 0.1.0
 */
export interface ControlChange {
  /** The field's name, one of the scenario's `controls`. */
  readonly name: string;
  /** Its new value, checked by the field. */
  readonly value: unknown;
}

/**
 * All that a run may touch besides its input. The runner provides it: the console in the terminal,
 * the console's page, or a test.
 *
 * @since 0.1.0
 */
export interface ScenarioContext {
  /** Fires when the user stops the run; the run then ends with `Aborted` soon. */
  readonly signal: AbortSignalLike;
  readonly clock: Clock;
  /** Seeded by {@link ScenarioContext.seed}; fork it once per consumer. */
  readonly rng: Rng;
  /** The seed, to be printed and given again; a whole number in decimal digits. */
  readonly seed: string;
  readonly logger: Logger;
  /** Says how far the run is. Cheap; runners draw at their own pace. */
  readonly progress: (progress: Progress) => void;
  /** Adds a point to a declared series. Both numbers are finite. */
  readonly point: (series: string, x: number, y: number) => void;
  /**
   * Calls back at each change of a control, in the order in which they come. Gives the function that
   * ends it.
   */
  readonly onControl: (listener: (change: ControlChange) => void) => () => void;
  /**
   * Reads a file that the user gave, whole.
   *
   * @param limit - the largest size taken; larger files give `LimitExceeded`
   */
  readonly readInput: (file: InputFile, limit: Bytes) => TaskEither<LiquidError, Uint8Array>;
  /**
   * Reads a file that the user gave in chunks of any size, of any length. Each chunk is borrowed:
   * it is overwritten when `take` has resolved. A Left from `take` ends the reading and is the
   * result.
   */
  readonly streamInput: <Own>(
    file: InputFile,
    take: (chunk: Uint8Array) => E.Either<Own, void> | Promise<E.Either<Own, void>>,
  ) => TaskEither<LiquidError | Own, void>;
}

/**
 * What describes a scenario, without how it runs.
 *
 * @since 0.1.0
 */
export interface ScenarioInfo {
  /** Unique among all scenarios, kebab-case, as typed in `run <id>`. */
  readonly id: string;
  readonly title: string;
  /** Two or three sentences: what is done to what, and what one will see. */
  readonly summary: string;
  /** The package that is shown, as in `@liquid/rohc`. */
  readonly tool: string;
  /** The deliverable's section, as in `3.1.4`. */
  readonly section: string;
  readonly trade: Trade;
  /** Empty when it runs unprivileged everywhere. */
  readonly needs: ReadonlyArray<Need>;
  readonly series: ReadonlyArray<Series>;
  /** Names of the fields that the user may change while a run goes on; none where it is missing. */
  readonly controls?: ReadonlyArray<string>;
}

/**
 * What {@link defineScenario} takes.
 *
 * @typeParam F - the inputs by name
 * @since 0.1.0
 */
export interface ScenarioDefinition<F extends InputFields> extends ScenarioInfo {
  readonly fields: F;
  readonly controls?: ReadonlyArray<keyof F & string>;
  /** Runs it. Every field has a value: what the user gave, or the default. */
  readonly run: (input: InputOf<F>, context: ScenarioContext) => TaskEither<ScenarioError, Report>;
}

/**
 * A scenario as runners see it. `run` takes outside input and decodes it itself.
 *
 * @since 0.1.0
 */
export interface Scenario extends ScenarioInfo {
  /** The inputs by name, for forms and flags. */
  readonly fields: Readonly<Record<string, InputField<unknown>>>;
  /** Codec of the whole input; missing fields take their defaults. */
  readonly input: t.Type<
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
    unknown
  >;
  /**
   * Decodes the input and runs. Left `Decode` for a bad input, Left `Aborted` when the signal has
   * fired before; a report that is not valid JSON of its codec is a Left `Decode` too, and what a
   * run throws or rejects with is a Left. Does not probe the needs: runners do, with `probeNeeds`.
   */
  readonly run: (input: unknown, context: ScenarioContext) => TaskEither<ScenarioError, Report>;
}

/**
 * Makes a scenario.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { defineScenario, integerField } from '@liquid/types/scenario'
 *
 * const dice = defineScenario({
 *   id: 'dice',
 *   title: 'Throw dice',
 *   summary: 'Throws a die and adds up.',
 *   tool: '@liquid/types',
 *   section: '1',
 *   trade: { dimension: 'cross-resource', spends: ['cpu'], gains: ['reliability'] },
 *   needs: [],
 *   series: [],
 *   fields: {
 *     throws: integerField({ title: 'throws', description: 'How often.', default: 10, min: 1, max: 1000 }),
 *   },
 *   run: ({ throws }, { rng }) => {
 *     let sum = 0
 *     for (let i = 0; i < throws; i++) sum += rng.integer(1, 6)
 *     return TE.right({
 *       summary: `The sum is ${sum}.`,
 *       figures: [{ id: 'sum', title: 'sum', value: sum, unit: '' }],
 *       tables: [],
 *       comparisons: [],
 *       notes: [],
 *     })
 *   },
 * })
 * console.log(dice.input.decode({})) // { _tag: 'Right', right: { throws: 10 } }
 * ```
 * @since 0.1.0
 */
export const defineScenario = <F extends InputFields>(
  definition: ScenarioDefinition<F>,
): Scenario => {
  const codec = inputCodec(definition.fields);
  const readInput = decode(codec, 'input');
  const readReport = decode(Report, `report of ${definition.id}`);
  return {
    ...definition,
    input: codec as unknown as Scenario['input'],
    run: (input, context) => async () => {
      const stopped = checkAborted(definition.id, context.signal);
      if (E.isLeft(stopped)) return stopped;
      const given = readInput(input);
      if (E.isLeft(given)) return given;
      try {
        const result = await definition.run(given.right, context)();
        return E.isLeft(result) ? result : readReport(result.right);
      } catch (bug) {
        return E.left(fromUnknown(`bug in scenario ${definition.id}`)(bug));
      }
    },
  };
};

const TEXTS = ['id', 'title', 'summary', 'tool', 'section'] as const;

/**
 * Whether a value, as a foreign module exports it, is a scenario: its description checked by the
 * codecs, its fields, needs and functions by their shape. Never throws.
 *
 * @example
 * ```ts
 * import { isScenario } from '@liquid/types/scenario'
 *
 * console.log(isScenario({ id: 'x' })) // false
 * ```
 * @since 0.1.0
 */
export const isScenario = (value: unknown): value is Scenario => {
  try {
    if (typeof value !== 'object' || value === null) return false;
    const it = value as { readonly [K in keyof Scenario]?: unknown };
    return (
      TEXTS.every((name) => typeof it[name] === 'string') &&
      Trade.is(it.trade) &&
      t.array(Series).is(it.series) &&
      t.array(NeedShape).is(it.needs) &&
      t.record(t.string, FieldShape).is(it.fields) &&
      areControls(it.controls, it.fields) &&
      it.input instanceof Object &&
      typeof it.run === 'function'
    );
  } catch {
    return false;
  }
};

const areControls = (controls: unknown, fields: object): boolean =>
  controls === undefined ||
  (t.array(t.string).is(controls) && controls.every((name) => Object.hasOwn(fields, name)));

const NeedShape = /* @__PURE__ */ t.type({ name: t.string, remedy: t.string, probe: t.Function });

const FieldShape = /* @__PURE__ */ t.type({
  kind: t.string,
  title: t.string,
  description: t.string,
  fromText: t.Function,
  toText: t.Function,
});

/**
 * What a run that came to its end is printed as: enough to repeat it.
 *
 * @since 0.1.0
 */
export interface RunResult {
  readonly scenario: string;
  readonly seed: string;
  /** The input with all defaults filled in, in its JSON form. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly report: Report;
}

/** Codec of {@link RunResult}. @since 0.1.0 */
export const RunResult: t.Type<RunResult, unknown, unknown> = /* @__PURE__ */ t.type(
  {
    scenario: t.string,
    seed: t.string,
    input: t.record(t.string, t.unknown),
    report: Report,
  },
  'RunResult',
);

/**
 * The one object that `run --json` prints on stdout.
 *
 * @since 0.1.0
 */
export type RunOutcome =
  | { readonly ok: true; readonly result: RunResult }
  | { readonly ok: false; readonly error: RenderedError };

/**
 * Codec of {@link RunOutcome}.
 *
 * @example
 * ```ts
 * import { RunOutcome } from '@liquid/types/scenario'
 *
 * console.log(RunOutcome.is({ ok: false, error: { _tag: 'Aborted', message: 'run was aborted' } })) // true
 * ```
 * @since 0.1.0
 */
export const RunOutcome: t.Type<RunOutcome, unknown, unknown> = /* @__PURE__ */ t.union(
  [
    t.type({ ok: t.literal(true), result: RunResult }),
    t.type({ ok: t.literal(false), error: RenderedError }),
  ],
  'RunOutcome',
);
