/** Runs one scenario: probes its needs, provides its context, and tells what came out. */

import {
  type AbortSignalLike,
  checkAborted,
  createRng,
  describeError,
  type LiquidError,
  renderError,
  systemClock,
  type Tagged,
} from '@liquid/types';
import {
  type ProbeHost,
  probeNeeds,
  type RunOutcome,
  type RunResult,
  type Scenario,
  type ScenarioContext,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { inputReaders } from './input-file.js';
import type { Output } from './output.js';
import { createPlots } from './plots.js';
import { renderReport } from './report.js';
import { paint, type Style } from './terminal.js';
import { createJsonWatcher, createQuietWatcher, createTerminalWatcher } from './watch.js';

/** How the console ends: the house's exit codes. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What a run is started with. */
export interface RunOptions {
  readonly scenario: Scenario;
  /** In its JSON form, with all defaults. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly seed: bigint;
  readonly json: boolean;
  readonly signal: AbortSignalLike;
  readonly host: ProbeHost;
  readonly output: Output;
  readonly style: Style;
  /** Whether a person watches standard error. */
  readonly watched: boolean;
}

/** The error that a run which lacks something ends with: all that is missing, and what brings it. */
const missing = (unmet: readonly [LiquidError, ...ReadonlyArray<LiquidError>]): LiquidError => {
  const [first, ...rest] = unmet;
  if (rest.length === 0) return first;
  return {
    ...first,
    message: unmet.map(({ message }) => message).join('; '),
    remedy: unmet.map(({ remedy }) => remedy).join('; '),
  };
};

/** Runs it and writes the outcome; gives the exit code. */
export const runScenario = async (options: RunOptions): Promise<number> => {
  const { scenario, json, output, style } = options;
  const isAborted = (): boolean => E.isLeft(checkAborted('run', options.signal));
  const print = (outcome: RunOutcome): void => output.out(JSON.stringify(outcome));
  const fail = (error: Tagged): number => {
    if (json) print({ ok: false, error: describeError(error) });
    else output.note(`${paint(style, 'red', 'error')}: ${renderError(error)}`);
    // Whatever a run says after it was stopped, it failed because it was stopped.
    return error._tag === 'Aborted' || isAborted() ? EXIT.interrupted : EXIT.failed;
  };

  const met = await probeNeeds(options.host)(scenario.needs)();
  if (E.isLeft(met)) return fail(missing(met.left));

  const seed = options.seed.toString();
  const plots = createPlots(scenario.series);
  const now = (): number => systemClock.nowMs();
  const watcher = json
    ? createJsonWatcher(output, now)
    : options.watched
      ? createTerminalWatcher(output, plots, () => style.width, now)
      : createQuietWatcher(output);
  const context: ScenarioContext = {
    signal: options.signal,
    clock: systemClock,
    rng: createRng(options.seed),
    seed,
    logger: watcher.logger,
    progress: watcher.progress,
    point: (series, x, y) => {
      if (!json) plots.add(series, x, y);
      watcher.point(series, x, y);
    },
    ...inputReaders(options.signal),
  };
  watcher.start(scenario.id, seed);
  const report = await scenario.run(options.input, context)();
  watcher.end();
  if (E.isLeft(report)) return fail(report.left);

  if (json) {
    const result: RunResult = {
      scenario: scenario.id,
      seed,
      input: options.input,
      report: report.right,
    };
    print({ ok: true, result });
    return EXIT.ok;
  }
  const lines = [
    paint(style, 'bold', `${scenario.title} (${scenario.id})`),
    ...renderReport(style, report.right),
    ...plots.render(style),
    '',
    paint(style, 'dim', `seed ${seed}: --seed ${seed} repeats this run`),
  ];
  output.out(lines.join('\n'));
  return EXIT.ok;
};
