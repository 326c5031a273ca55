/** Runs one scenario for the terminal: who watches, who may change it, and what is told at the end. */

import type { Readable } from 'node:stream';
import {
  type AbortSignalLike,
  checkAborted,
  describeError,
  onAbort,
  renderError,
  systemClock,
  type Tagged,
} from '@liquid/types';
import type { ProbeHost, RunEvent, RunOutcome, RunResult, Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { controlHint, listenJson, listenTyped } from './control-input.js';
import { createControls, type Controls } from './controls.js';
import { execute } from './execute.js';
import type { Output } from './output.js';
import { createPlots, type Plots } from './plots.js';
import { createPointStore } from './point-store.js';
import { renderReport } from './report.js';
import { resultFiles, writeResults } from './results.js';
import { paint, type Style } from './terminal.js';
import {
  createJsonWatcher,
  createQuietWatcher,
  createTerminalWatcher,
  type Watcher,
} from './watch.js';

/** How the console ends: the house's exit codes. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What a run is started with. */
export interface RunOptions {
  readonly scenario: Scenario;
  /** In its JSON form, with all defaults. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly seed: bigint;
  readonly json: boolean;
  /** Whether changes of controls come as NDJSON on standard input, whose end stops the run. */
  readonly controls: boolean;
  /** The folder that takes the results as files. */
  readonly out: string | undefined;
  readonly signal: AbortSignalLike;
  readonly host: ProbeHost;
  readonly output: Output;
  readonly style: Style;
  /** Whether a person watches standard error. */
  readonly watched: boolean;
  /** Standard input. */
  readonly stdin: Stdin;
}

/** Standard input: what comes, and whether a person types it. */
export interface Stdin {
  /** Opened when it is asked for: what is never read must not be held. */
  readonly stream: () => Readable;
  readonly typed: boolean;
}

const watcherOf = ({ json, output, watched, style }: RunOptions, plots: Plots): Watcher => {
  const now = (): number => systemClock.nowMs();
  if (json) return createJsonWatcher(output, now);
  return watched
    ? createTerminalWatcher(output, plots, () => style.width, now)
    : createQuietWatcher(output);
};

/** Whether the run itself reads standard input, as the file `-`. */
export const readsStdin = (scenario: Scenario, input: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(scenario.fields).some(
    ([name, field]) => field.kind === 'file' && input[name] === '-',
  );

/** Listens for changes of controls where they may come; gives the function that ends it. */
const listen = (
  options: RunOptions,
  controls: Controls,
  emit: (event: RunEvent) => void,
  stop: () => void,
): (() => void) => {
  const { scenario, output, watched, style, stdin } = options;
  const onRefused = (message: string): void => emit({ type: 'log', level: 'warn', message });
  if (options.controls) return listenJson({ input: stdin.stream(), controls, onRefused }, stop);
  const hint = controlHint(scenario);
  if (
    hint === undefined ||
    !watched ||
    !stdin.typed ||
    options.json ||
    readsStdin(scenario, options.input)
  ) {
    return () => undefined;
  }
  output.note(paint(style, 'dim', hint));
  return listenTyped({ input: stdin.stream(), controls, onRefused });
};

const textOf = (options: RunOptions, result: RunResult, plots: Plots): string => {
  const { scenario, style } = options;
  const { report, seed } = result;
  return [
    paint(style, 'bold', `${scenario.title} (${scenario.id})`),
    ...renderReport(style, report),
    ...plots.render(style),
    '',
    paint(style, 'dim', `seed ${seed}: --seed ${seed} repeats this run`),
  ].join('\n');
};

/** Runs it and writes the outcome; gives the exit code. */
export const runScenario = async (options: RunOptions): Promise<number> => {
  const { scenario, json, output, style, out } = options;
  const stopping = new AbortController();
  const off = onAbort(options.signal, () => stopping.abort());
  const isAborted = (): boolean => E.isLeft(checkAborted('run', stopping.signal));
  const fail = (error: Tagged): number => {
    if (json) output.out(JSON.stringify({ ok: false, error: describeError(error) }));
    else output.note(`${paint(style, 'red', 'error')}: ${renderError(error)}`);
    // Whatever a run says after it was stopped, it failed because it was stopped.
    return error._tag === 'Aborted' || isAborted() ? EXIT.interrupted : EXIT.failed;
  };

  const plots = createPlots(scenario.series);
  const store = out === undefined ? undefined : createPointStore(scenario.series);
  const watcher = watcherOf(options, plots);
  const emit = (event: RunEvent): void => {
    if (event.type === 'point') {
      if (!json) plots.add(event.series, event.x, event.y);
      store?.add(event.series, event.x, event.y);
    }
    watcher.take(event);
  };
  const controls = createControls(scenario, emit);
  const unlisten = listen(options, controls, emit, () => stopping.abort());
  const { input, seed, host } = options;
  const ran = await execute({
    scenario,
    input,
    seed,
    host,
    signal: stopping.signal,
    controls,
    emit,
  })();
  unlisten();
  off();
  watcher.end();

  const outcome: RunOutcome = E.isRight(ran)
    ? { ok: true, result: ran.right }
    : { ok: false, error: describeError(ran.left) };
  if (out !== undefined && store !== undefined) {
    const written = await writeResults(out, resultFiles(scenario, outcome, store))();
    if (E.isLeft(written)) return fail(written.left);
  }
  if (E.isLeft(ran)) return fail(ran.left);
  output.out(json ? JSON.stringify(outcome) : textOf(options, ran.right, plots));
  return EXIT.ok;
};
