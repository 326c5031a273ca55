/** Finds the scenarios that apps export: the console knows no tool by name. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  attempt,
  attemptTask,
  conflict,
  decode,
  decodeError,
  decodeJson,
  type LiquidError,
  Milliseconds,
  notFound,
  systemClock,
  timeout,
} from '@liquid/types';
import { isScenario, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { exportTarget } from './exports-map.js';

/** What was found, and what could not be loaded: one broken app hides no other. */
export interface Discovery {
  readonly scenarios: ReadonlyArray<Scenario>;
  readonly problems: ReadonlyArray<LiquidError>;
}

/** Where to look. */
export interface DiscoverOptions {
  /** The folder whose subfolders are apps (default: the one that holds the console). */
  readonly apps?: string | undefined;
  /** Modules named on the command line, relative to the working directory. */
  readonly files?: ReadonlyArray<string> | undefined;
}

/**
 * The part of an app's package.json that offers scenarios: the subpath of its `exports` whose module
 * exports them as `scenarios`.
 */
const Manifest = t.partial({
  exports: t.unknown,
  liquid: t.partial({ scenarios: t.string }),
});

/** The folder that holds this app and its siblings; `src` and `dist` are equally deep. */
const SIBLINGS = fileURLToPath(new URL('../..', import.meta.url));

/** A module that has not loaded by then never will; the others do not wait for it. */
const LOAD_MS = Milliseconds.clamp(10_000);

const readManifest = (path: string): E.Either<LiquidError, t.TypeOf<typeof Manifest>> =>
  pipe(
    attempt(`reading ${path}`, () => readFileSync(path, 'utf8')),
    E.chainW(decodeJson(Manifest, { what: path })),
  );

/** The module of one app that exports its scenarios; none where it offers none. */
const offeredBy = (folder: string): E.Either<LiquidError, string | undefined> =>
  pipe(
    readManifest(join(folder, 'package.json')),
    E.chain(({ exports, liquid }) => {
      if (liquid?.scenarios === undefined) return E.right(undefined);
      return pipe(
        exportTarget(exports, liquid.scenarios),
        E.mapLeft((error): LiquidError => ({ ...error, message: `${folder}: ${error.message}` })),
        E.chain((target): E.Either<LiquidError, string> => {
          const file = join(folder, target);
          const remedy = 'build it: pnpm build';
          return existsSync(file)
            ? E.right(file)
            : E.left(notFound({ what: 'module', path: file, remedy }));
        }),
      );
    }),
  );

/** The modules that the apps of a folder offer, in the order of the apps' names. */
const offeredModules = (
  apps: string,
): { readonly modules: ReadonlyArray<string>; readonly problems: ReadonlyArray<LiquidError> } => {
  const names = attempt(`reading ${apps}`, () => readdirSync(apps).sort());
  if (E.isLeft(names)) return { modules: [], problems: [names.left] };
  const modules: Array<string> = [];
  const problems: Array<LiquidError> = [];
  for (const name of names.right) {
    if (!existsSync(join(apps, name, 'package.json'))) continue;
    const offered = offeredBy(join(apps, name));
    if (E.isLeft(offered)) problems.push(offered.left);
    else if (offered.right !== undefined) modules.push(offered.right);
  }
  return { modules, problems };
};

const Exports = t.type({ scenarios: t.array(t.unknown) });

const importInTime =
  (file: string): TE.TaskEither<LiquidError, unknown> =>
  async () => {
    const what = `loading scenarios from ${file}`;
    const loaded = new AbortController();
    const late = pipe(
      systemClock.sleep(LOAD_MS, loaded.signal),
      TE.chainW(() => TE.left(timeout({ what, expected: LOAD_MS }))),
    );
    const loading = attemptTask(what, () => import(pathToFileURL(file).href) as Promise<unknown>);
    const result = await Promise.race([loading(), late()]);
    loaded.abort();
    return result;
  };

/** The scenarios that one module exports. */
const load = (file: string): TE.TaskEither<LiquidError, ReadonlyArray<Scenario>> =>
  pipe(
    importInTime(file),
    TE.chainEitherKW((exports) => decode(Exports, `module ${file}`)({ ...(exports as object) })),
    TE.chainEitherKW(({ scenarios }) => {
      const bad = scenarios.findIndex((scenario) => !isScenario(scenario));
      return bad < 0
        ? E.right(scenarios as ReadonlyArray<Scenario>)
        : E.left(
            decodeError({
              what: `module ${file}`,
              path: `scenarios[${bad}]`,
              expected: 'a scenario, as defineScenario makes it',
              actual: scenarios[bad],
            }),
          );
    }),
  );

/** Loads all scenarios, those of apps first; of two with one id the first stays. */
export const discover = async (options: DiscoverOptions = {}): Promise<Discovery> => {
  const offered = offeredModules(options.apps ?? SIBLINGS);
  const problems: Array<LiquidError> = [...offered.problems];
  const scenarios = new Map<string, Scenario>();
  const files = [...offered.modules, ...(options.files ?? []).map((file) => resolve(file))];
  for (const loaded of await Promise.all(files.map((file) => load(file)()))) {
    if (E.isLeft(loaded)) {
      problems.push(loaded.left);
      continue;
    }
    for (const scenario of loaded.right) {
      const other = scenarios.get(scenario.id);
      if (other === undefined) scenarios.set(scenario.id, scenario);
      else {
        const actual = `${other.tool} and ${scenario.tool} both have it`;
        problems.push(conflict({ what: 'scenario', path: scenario.id, actual }));
      }
    }
  }
  return { scenarios: [...scenarios.values()], problems };
};
