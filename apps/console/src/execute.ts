/** Runs one scenario and tells all that happens as events: the core below terminal and page. */

import {
  type AbortSignalLike,
  createLogger,
  createRng,
  type LiquidError,
  systemClock,
  type Tagged,
} from '@liquid/types';
import {
  type ProbeHost,
  probeNeeds,
  type RunEvent,
  type RunResult,
  type Scenario,
  type ScenarioContext,
} from '@liquid/types/scenario';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Controls } from './controls.js';
import { inputReaders } from './input-file.js';

/** What a run is made of. */
export interface Execution {
  readonly scenario: Scenario;
  /** In its JSON form, with all defaults. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly seed: bigint;
  readonly signal: AbortSignalLike;
  readonly host: ProbeHost;
  readonly controls: Controls;
  /** Told in order: `start`, then what the run sends. Called often; it must not throw. */
  readonly emit: (event: RunEvent) => void;
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

/** Whether this machine has all that a scenario needs; Left names what it lacks and what brings it. */
export const probeScenario = (
  host: ProbeHost,
  scenario: Scenario,
): TE.TaskEither<LiquidError, void> => pipe(probeNeeds(host)(scenario.needs), TE.mapLeft(missing));

const contextOf = (execution: Execution): ScenarioContext => {
  const { scenario, seed, signal, emit, controls } = execution;
  const declared = new Set(scenario.series.map(({ id }) => id));
  let strange = false;
  return {
    signal,
    clock: systemClock,
    rng: createRng(seed),
    seed: seed.toString(),
    logger: createLogger(
      ({ level, message, fields }) => {
        const more = Object.keys(fields).length === 0 ? {} : { fields };
        emit({ type: 'log', level, message, ...more });
      },
      { level: 'info' },
    ),
    progress: (progress) => emit({ type: 'progress', ...progress }),
    point: (series, x, y) => {
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      if (declared.has(series)) emit({ type: 'point', series, x, y });
      else if (!strange) {
        strange = true;
        const message = `points of ${series}, which the scenario does not declare, are left out`;
        emit({ type: 'log', level: 'warn', message });
      }
    },
    onControl: controls.onControl,
    ...inputReaders(signal),
  };
};

/** Probes the needs and runs. Never rejects; stopped by the signal. */
export const execute = (execution: Execution): TE.TaskEither<Tagged, RunResult> => {
  const { scenario, input, host, emit } = execution;
  const seed = execution.seed.toString();
  return pipe(
    probeScenario(host, scenario),
    TE.chainW(() => {
      emit({ type: 'start', scenario: scenario.id, seed });
      return scenario.run(input, contextOf(execution));
    }),
    TE.map((report): RunResult => ({ scenario: scenario.id, seed, input, report })),
  );
};
