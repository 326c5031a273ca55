/** The runs of the server: started as processes, followed, stopped, and kept for a while. */

import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, conflict, fromUnknown, limitExceeded, notFound } from '@liquid/types';
import type { ProbeHost, RunOutcome, Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { ControlRequest, RunRequest, RunState } from '../api.js';
import { runArguments, shellLine } from '../command-line.js';
import { checkControl } from '../controls.js';
import { probeScenario } from '../execute.js';
import { type ChildRun, startChild } from './child-run.js';
import type { Limits } from './limits.js';
import { createLiveRun, type LiveRun } from './live-run.js';
import { type Refused, refused } from './refusal.js';
import { readWish, type RunWish } from './run-wish.js';
import type { Uploads } from './uploads.js';

/** What the runs need of their server. */
export interface RunsOptions {
  readonly scenarios: ReadonlyArray<Scenario>;
  readonly host: ProbeHost;
  readonly clock: Clock;
  /** Starts the terminal program: program, and arguments that stand before those of a run. */
  readonly program: readonly [string, ...ReadonlyArray<string>];
  /** The folder below which each run has its own. */
  readonly folder: string;
  readonly uploads: Uploads;
  readonly limits: Limits;
  /** Told of each run that begins and ends. */
  readonly onChange: (state: RunState) => void;
}

/** The runs. */
export interface Runs {
  /** Newest first. */
  readonly list: () => ReadonlyArray<RunState>;
  readonly find: (id: string) => E.Either<Refused, LiveRun>;
  readonly start: (request: RunRequest) => Promise<E.Either<Refused, RunState>>;
  readonly stop: (id: string) => E.Either<Refused, RunState>;
  readonly control: (id: string, change: ControlRequest) => E.Either<Refused, RunState>;
  /** How many go on. */
  readonly going: () => number;
  /** Stops all and waits for them. */
  readonly stopAll: () => Promise<void>;
  /** Ends all at once, for the last moment of the process. */
  readonly killAll: () => void;
}

/** A run, and its process while it goes on. */
interface Kept {
  readonly live: LiveRun;
  child: ChildRun | undefined;
}

const tooMany = (most: number): Refused => {
  const message = `${most} runs go on already`;
  const remedy = 'stop one of them, or wait for its end';
  return refused(429, limitExceeded({ message, expected: most, actual: 'more', remedy }));
};

/** No runs yet. */
export const createRuns = (options: RunsOptions): Runs => {
  const { scenarios, host, clock, program, folder, uploads, limits, onChange } = options;
  // In the order in which they began.
  const runs = new Map<string, Kept>();
  let starting = 0;
  let stopped = false;
  const going = (): number =>
    starting + [...runs.values()].filter(({ child }) => child !== undefined).length;

  /** Lets go of the oldest runs that have ended, and of points of those that keep most. */
  const tidy = (): void => {
    const ended = (): ReadonlyArray<readonly [string, Kept]> =>
      [...runs].filter(([, { child }]) => child === undefined);
    for (const [id] of ended()) {
      if (runs.size <= limits.runsKept) break;
      runs.delete(id);
    }
    for (;;) {
      const stores = ended().map(([, { live }]) => live.store);
      const size = stores.reduce((sum, store) => sum + store.size(), 0);
      const [largest] = stores.sort((a, b) => b.size() - a.size());
      if (size <= limits.pointsKept || largest === undefined) return;
      const before = largest.size();
      largest.thin();
      if (largest.size() >= before) return;
    }
  };

  /** Starts a checked wish in a folder of its own. */
  const begin = (id: string, wish: RunWish, cwd: string): RunState => {
    const args = runArguments(wish.scenario, wish.input, wish.seed);
    const live = createLiveRun({
      id,
      scenario: wish.scenario,
      seed: wish.seed,
      input: wish.shown,
      command: shellLine(args),
      startedAtMs: clock.wallMs(),
      limit: limits.points,
      wallMs: clock.wallMs,
    });
    const kept: Kept = { live, child: undefined };
    const onEnd = (outcome: RunOutcome): void => {
      live.end(outcome);
      kept.child = undefined;
      onChange(live.state());
      tidy();
      void rm(cwd, { recursive: true, force: true }).catch(() => undefined);
    };
    runs.set(id, kept);
    kept.child = startChild({
      command: [...program, ...args, '--json', '--controls', `--owner=${process.pid}`],
      cwd,
      graceMs: limits.graceMs,
      onEvent: live.take,
      onEnd,
    });
    tidy();
    const state = live.state();
    onChange(state);
    return state;
  };

  const find = (id: string): E.Either<Refused, Kept> => {
    const kept = runs.get(id);
    if (kept !== undefined) return E.right(kept);
    const remedy = 'start it again: runs end with the server, and only the last ones are kept';
    return E.left(refused(404, notFound({ what: 'run', path: id.slice(0, 40), remedy })));
  };
  /** A run that goes on, with its process. */
  const findGoing = (
    id: string,
  ): E.Either<Refused, { readonly live: LiveRun; readonly child: ChildRun }> =>
    pipe(
      find(id),
      E.chain(({ live, child }) => {
        if (child !== undefined) return E.right({ live, child });
        const remedy = 'start it again';
        const actual = 'it has ended';
        return E.left(refused(409, conflict({ what: 'run', path: id, actual, remedy })));
      }),
    );

  return {
    list: () => [...runs.values()].map(({ live }) => live.state()).reverse(),
    find: (id) =>
      pipe(
        find(id),
        E.map(({ live }) => live),
      ),
    start: async (request) => {
      const wish = readWish(scenarios, uploads.find, request);
      if (E.isLeft(wish)) return wish;
      if (stopped || going() >= limits.runs) return E.left(tooMany(limits.runs));
      starting++;
      const id = randomBytes(6).toString('hex');
      const cwd = join(folder, id);
      try {
        const met = await probeScenario(host, wish.right.scenario)();
        if (E.isLeft(met)) return E.left(refused(409, met.left));
        await mkdir(cwd, { mode: 0o700 });
        for (const [name, upload] of wish.right.files) {
          await uploads.place(upload, join(cwd, name));
        }
        return E.right(begin(id, wish.right, cwd));
      } catch (error) {
        await rm(cwd, { recursive: true, force: true }).catch(() => undefined);
        return E.left(refused(503, fromUnknown('starting the run')(error)));
      } finally {
        starting--;
      }
    },
    stop: (id) =>
      pipe(
        findGoing(id),
        E.map(({ live, child }) => {
          live.stopping();
          child.stop();
          return live.state();
        }),
      ),
    control: (id, { name, value }) =>
      pipe(
        findGoing(id),
        E.chain(({ live, child }) =>
          pipe(
            checkControl(live.scenario, name, value),
            E.mapLeft((error) => refused(422, error, { [name.slice(0, 100)]: error.message })),
            E.chain((change) =>
              pipe(
                child.control({ name: change.name, value: change.json }),
                E.bimap(
                  (error) => refused(error._tag === 'LimitExceeded' ? 429 : 409, error),
                  () => live.state(),
                ),
              ),
            ),
          ),
        ),
      ),
    going,
    stopAll: async () => {
      stopped = true;
      const children = [...runs.values()].flatMap(({ child }) => child ?? []);
      for (const child of children) child.stop();
      await Promise.all(children.map(({ ended }) => ended));
    },
    killAll: () => {
      for (const { child } of runs.values()) child?.kill();
    },
  };
};
