/** The conformance suite of scenarios: what every runner relies on, checked on one scenario. */

import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';

import type { AbortSignalLike } from '../abort.js';
import { attempt } from '../caught.js';
import { systemClock } from '../clock.js';
import { decode } from '../decode.js';
import { conflict, limitExceeded, type LiquidError, notFound, type Tagged } from '../errors.js';
import { host } from '../internal/host.js';
import { silentLogger } from '../logger.js';
import { renderError } from '../render.js';
import { createRng } from '../rng.js';
import type { ControlChange, Scenario, ScenarioContext } from '../scenario/definition.js';
import { Report } from '../scenario/report.js';
import { type Progress, Series } from '../scenario/series.js';
import { Trade } from '../trade.js';
import type { Bytes } from '../units.js';

/**
 * One check, to be handed to any test runner: `it(check.name, …)` and expect a Right.
 *
 * @since 0.1.0
 */
export interface Check {
  readonly name: string;
  readonly run: TaskEither<Tagged, void>;
}

/** What was sent to a {@link createTestContext}. @since 0.1.0 */
export interface TestContext {
  readonly context: ScenarioContext;
  readonly progress: ReadonlyArray<Progress>;
  readonly points: ReadonlyArray<{
    readonly series: string;
    readonly x: number;
    readonly y: number;
  }>;
  /** Fires the context's signal. */
  readonly abort: () => void;
  /** Changes a control, as a user does while the run goes on; the value is handed on unchecked. */
  readonly control: (name: string, value: unknown) => void;
}

const atMost =
  (limit: Bytes) =>
  (bytes: Uint8Array): E.Either<LiquidError, Uint8Array> =>
    bytes.length <= limit
      ? E.right(bytes)
      : E.left(limitExceeded({ what: 'file', expected: limit, actual: bytes.length }));

/**
 * A context for running a scenario in a test: system clock, seeded chance, silent logger, and files
 * from a map of names to bytes.
 *
 * @since 0.1.0
 */
export const createTestContext = (
  options: {
    readonly seed?: number;
    readonly files?: Readonly<Record<string, Uint8Array>>;
    readonly signal?: AbortSignalLike;
  } = {},
): TestContext => {
  const seed = options.seed ?? 1;
  const progress: Array<Progress> = [];
  const points: Array<{ series: string; x: number; y: number }> = [];
  const controller = new host.AbortController();
  const listeners = new Set<(change: ControlChange) => void>();
  const read = (name: string): E.Either<LiquidError, Uint8Array> => {
    const bytes = options.files?.[name];
    return bytes === undefined ? E.left(notFound({ what: 'file', path: name })) : E.right(bytes);
  };
  const context: ScenarioContext = {
    signal: options.signal ?? (controller.signal as AbortSignalLike),
    clock: systemClock,
    rng: createRng(seed),
    seed: String(seed),
    logger: silentLogger,
    progress: (update) => void progress.push(update),
    point: (series, x, y) => void points.push({ series, x, y }),
    onControl: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    readInput: (file, limit) => () => Promise.resolve(E.chain(atMost(limit))(read(file))),
    streamInput: (file, take) => async () => {
      const bytes = read(file);
      return E.isLeft(bytes) ? bytes : take(bytes.right);
    },
  };
  return {
    context,
    progress,
    points,
    abort: () => controller.abort(),
    control: (name, value) => {
      for (const listener of listeners) listener({ name, value });
    },
  };
};

const KEBAB = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const CAMEL = /^[a-z][A-Za-z0-9]*$/;

/** Names that every runner's own flags take. */
const RESERVED = ['json', 'help', 'seed', 'version'];

const require = (holds: boolean, message: string): E.Either<Tagged, void> =>
  holds ? E.right(undefined) : E.left(conflict({ message }));

const all = (...results: ReadonlyArray<E.Either<Tagged, void>>): E.Either<Tagged, void> =>
  results.find(E.isLeft) ?? E.right(undefined);

const unique = (what: string, ids: ReadonlyArray<string>): E.Either<Tagged, void> =>
  require(new Set(ids).size === ids.length, `${what} are not unique: ${ids.join(', ')}`);

const dropped = (): void => undefined;

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The report without what depends on the machine's speed. */
const repeatable = (report: Report): unknown => ({
  figures: report.figures.filter((figure) => figure.varies !== true),
  tables: report.tables.filter((table) => table.varies !== true),
  comparisons: report.comparisons.filter((comparison) => comparison.varies !== true),
});

const checkInfo = (scenario: Scenario): E.Either<Tagged, void> =>
  all(
    require(KEBAB.test(scenario.id), `id "${scenario.id}" is not kebab-case`),
    require(scenario.title.length > 0 && scenario.title.length <= 80, 'title: 1 to 80 characters'),
    require(scenario.summary.length > 0, 'summary is empty'),
    require(scenario.tool.startsWith('@'), 'tool is not the name of a scoped package'),
    require(/^\d+(\.\d+)*$/.test(scenario.section), 'section is not a number as in 3.1.4'),
    E.map(dropped)(decode(Trade, 'trade')(scenario.trade)),
  );

const checkFields = (scenario: Scenario): E.Either<Tagged, void> =>
  all(
    ...Object.entries(scenario.fields).flatMap(([name, field]) => [
      require(CAMEL.test(name), `field ${name} is not camelCase`),
      require(!RESERVED.includes(name), `field ${name} is a flag of every runner`),
      require(field.title !== '' && field.description !== '', `field ${name} is not documented`),
      require(field.default === undefined ||
        E.isRight(
          field.fromText(field.toText(field.default)),
        ), `field ${name}: its default's text is not read back`),
      E.map(dropped)(
        attempt(`field ${name}`, () => E.isLeft(field.fromText('\u0000 no such value \u0000'))),
      ),
    ]),
  );

const checkInput = (scenario: Scenario): E.Either<Tagged, void> => {
  const codec = decode(scenario.input, 'input');
  const defaults = codec({});
  if (E.isLeft(defaults)) return defaults;
  const encoded: unknown = JSON.parse(JSON.stringify(scenario.input.encode(defaults.right)));
  const again = codec(encoded);
  if (E.isLeft(again)) return again;
  return all(
    require(sameJson(again.right, defaults.right), 'defaults do not survive JSON'),
    require(E.isLeft(codec({ noSuchInputHere: 1 })), 'an unknown input is accepted'),
    require(E.isLeft(codec('text')), 'a text is accepted as input'),
  );
};

const checkSeries = (scenario: Scenario): E.Either<Tagged, void> =>
  all(
    unique(
      'series',
      scenario.series.map(({ id }) => id),
    ),
    ...scenario.series.map((series) =>
      all(
        E.map(dropped)(decode(Series, 'series')(series)),
        require(KEBAB.test(series.id), `series ${series.id} is not kebab-case`),
      ),
    ),
  );

const checkControls = (scenario: Scenario): E.Either<Tagged, void> =>
  all(
    unique('controls', scenario.controls ?? []),
    ...(scenario.controls ?? []).map((name) =>
      require(Object.hasOwn(scenario.fields, name), `control ${name} is no field`),
    ),
  );

const checkNeeds = (scenario: Scenario): E.Either<Tagged, void> =>
  all(
    ...scenario.needs.map((need) =>
      require(need.name !== '' && need.remedy !== '', `need "${need.name}" names no remedy`),
    ),
  );

const checkReport = (report: Report): E.Either<Tagged, void> =>
  all(
    unique(
      'figures',
      report.figures.map(({ id }) => id),
    ),
    unique(
      'tables',
      report.tables.map(({ id }) => id),
    ),
    unique(
      'comparisons',
      report.comparisons.map(({ id }) => id),
    ),
    require(report.summary !== '', 'the report has no summary'),
    require(report.figures.length + report.tables.length + report.comparisons.length >
      0, 'the report has no figure, table or comparison'),
    E.map(dropped)(decode(Report, 'report after JSON')(JSON.parse(JSON.stringify(report)))),
  );

const checkStream = (scenario: Scenario, test: TestContext): E.Either<Tagged, void> => {
  const known = new Set(scenario.series.map(({ id }) => id));
  const stray = test.points.find(
    ({ series, x, y }) => !known.has(series) || !Number.isFinite(x) || !Number.isFinite(y),
  );
  const back = test.progress.findIndex(
    (update, i) => update.done < (test.progress[i - 1]?.done ?? 0),
  );
  const beyond = test.progress.find(({ done, total }) => total !== undefined && done > total);
  return all(
    require(stray ===
      undefined, `a point of no declared series, or not finite: ${JSON.stringify(stray)}`),
    require(back < 0, `progress goes back at update ${back}`),
    require(beyond === undefined, `progress beyond its total: ${JSON.stringify(beyond)}`),
  );
};

const checkAborts = async (scenario: Scenario, input: unknown): Promise<E.Either<Tagged, void>> => {
  const test = createTestContext();
  const running = scenario.run(input, test.context)();
  test.abort();
  const result = await running;
  // A run may have been quicker than the signal; what it must not do is fail otherwise.
  return E.isLeft(result) && result.left._tag !== 'Aborted'
    ? E.left(conflict({ message: `an aborted run fails with ${renderError(result.left)}` }))
    : E.right(undefined);
};

/**
 * The checks of one scenario: its description, its fields and their texts, its input codec, that it
 * runs with `input` and gives a report which survives JSON, that it streams only what it declared,
 * that the same seed gives the same report (but for what is marked `varies`), that it refuses bad
 * input and that it stops when told. Needs are not probed: give the suite only what can run here.
 *
 * @param options - `input`: what it runs with (default: all defaults); `files`: files by name
 * @example
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { defineScenario } from '@liquid/types/scenario'
 * import { scenarioConformance } from '@liquid/types/testing'
 *
 * const scenario = defineScenario({
 *   id: 'one',
 *   title: 'One',
 *   summary: 'Reports the number one.',
 *   tool: '@liquid/types',
 *   section: '1',
 *   trade: { dimension: 'cross-resource', spends: ['cpu'], gains: ['memory'] },
 *   needs: [],
 *   series: [],
 *   fields: {},
 *   run: () =>
 *     TE.right({
 *       summary: 'One.',
 *       figures: [{ id: 'one', title: 'one', value: 1, unit: '' }],
 *       tables: [],
 *       comparisons: [],
 *       notes: [],
 *     }),
 * })
 * const results = await Promise.all(scenarioConformance(scenario).map((check) => check.run()))
 * console.log(results.every(E.isRight)) // true
 * ```
 * @since 0.1.0
 */
export const scenarioConformance = (
  scenario: Scenario,
  options: {
    readonly input?: unknown;
    readonly files?: Readonly<Record<string, Uint8Array>>;
  } = {},
): ReadonlyArray<Check> => {
  const input = options.input ?? {};
  const files = options.files ?? {};
  const now = (name: string, check: () => E.Either<Tagged, void>): Check => ({
    name: `${scenario.id}: ${name}`,
    run: () => Promise.resolve(E.flatten(attempt<E.Either<Tagged, void>>(name, check))),
  });
  const later = (name: string, check: () => Promise<E.Either<Tagged, void>>): Check => ({
    name: `${scenario.id}: ${name}`,
    run: check,
  });
  return [
    now('describes itself', () => checkInfo(scenario)),
    now('documents its inputs and reads them from text', () => checkFields(scenario)),
    now('has an input codec with defaults', () => checkInput(scenario)),
    now('declares its series', () => checkSeries(scenario)),
    now('lists only fields as controls', () => checkControls(scenario)),
    now('names a remedy for each need', () => checkNeeds(scenario)),
    later('runs, reports and streams as declared', async () => {
      const test = createTestContext({ files });
      const result = await scenario.run(input, test.context)();
      if (E.isLeft(result)) return result;
      return all(checkReport(result.right), checkStream(scenario, test));
    }),
    later('repeats itself with the same seed', async () => {
      const first = await scenario.run(input, createTestContext({ files, seed: 7 }).context)();
      const second = await scenario.run(input, createTestContext({ files, seed: 7 }).context)();
      if (E.isLeft(first)) return first;
      if (E.isLeft(second)) return second;
      return require(sameJson(
        repeatable(first.right),
        repeatable(second.right),
      ), 'two runs with one seed differ in what is not marked as varying');
    }),
    later('refuses bad input', async () => {
      const bad = { noSuchInputHere: 1 };
      const result = await scenario.run(bad, createTestContext({ files }).context)();
      return require(E.isLeft(result) &&
        result.left._tag === 'Decode', 'an unknown input is not a Left Decode');
    }),
    later('does not start when aborted before', async () => {
      const test = createTestContext({ files });
      test.abort();
      const result = await scenario.run(input, test.context)();
      return require(E.isLeft(result) &&
        result.left._tag === 'Aborted', 'a run whose signal fired before is not a Left Aborted');
    }),
    later('ends as aborted when aborted', () => checkAborts(scenario, input)),
  ];
};
