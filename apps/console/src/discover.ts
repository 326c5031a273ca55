/** Finds the scenarios that apps export: the console knows no tool by name. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  attempt,
  attemptTask,
  conflict,
  decode,
  decodeError,
  decodeJson,
  type LiquidError,
} from '@liquid/types';
import { isScenario, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';

/** What was found, and what could not be loaded: one broken app hides no other. */
export interface Discovery {
  readonly scenarios: ReadonlyArray<Scenario>;
  readonly problems: ReadonlyArray<LiquidError>;
}

/**
 * The part of an app's package.json that offers scenarios: the subpath of its `exports` whose module
 * exports them as `scenarios`.
 */
const Manifest = t.partial({
  dependencies: t.record(t.string, t.string),
  liquid: t.partial({ scenarios: t.string }),
});

const requireHere = createRequire(import.meta.url);

const readManifest = (path: string): E.Either<LiquidError, t.TypeOf<typeof Manifest>> =>
  pipe(
    attempt(`reading ${path}`, () => readFileSync(path, 'utf8')),
    E.chainW(decodeJson(Manifest, { what: path })),
  );

/** The modules that the console's own dependencies offer. */
const offeredModules = (): {
  readonly modules: ReadonlyArray<string>;
  readonly problems: ReadonlyArray<LiquidError>;
} => {
  const modules: Array<string> = [];
  const problems: Array<LiquidError> = [];
  const manifest = readManifest(fileURLToPath(new URL('../package.json', import.meta.url)));
  if (E.isLeft(manifest)) return { modules, problems: [manifest.left] };
  for (const name of Object.keys(manifest.right.dependencies ?? {}).sort()) {
    if (!name.startsWith('@liquid/')) continue;
    const dependency = pipe(
      attempt(`finding ${name}`, () => requireHere.resolve(`${name}/package.json`)),
      E.chain(readManifest),
    );
    if (E.isLeft(dependency)) {
      problems.push(dependency.left);
      continue;
    }
    const subpath = dependency.right.liquid?.scenarios;
    if (subpath !== undefined) modules.push(`${name}${subpath.replace(/^\./, '')}`);
  }
  return { modules, problems };
};

const Exports = t.type({ scenarios: t.array(t.unknown) });

/** The scenarios that one module exports. */
const load = (module: string): TE.TaskEither<LiquidError, ReadonlyArray<Scenario>> =>
  pipe(
    attemptTask(`loading scenarios from ${module}`, () => import(module) as Promise<unknown>),
    TE.chainEitherKW((exports) => decode(Exports, `module ${module}`)({ ...(exports as object) })),
    TE.chainEitherKW(({ scenarios }) => {
      const bad = scenarios.findIndex((scenario) => !isScenario(scenario));
      return bad < 0
        ? E.right(scenarios as ReadonlyArray<Scenario>)
        : E.left(
            decodeError({
              what: `module ${module}`,
              path: `scenarios[${bad}]`,
              expected: 'a scenario, as defineScenario makes it',
              actual: scenarios[bad],
            }),
          );
    }),
  );

/**
 * Loads all scenarios.
 *
 * @param files modules named on the command line, relative to the working directory
 */
export const discover = async (files: ReadonlyArray<string>): Promise<Discovery> => {
  const offered = offeredModules();
  const problems: Array<LiquidError> = [...offered.problems];
  const scenarios = new Map<string, Scenario>();
  const modules = [...offered.modules, ...files.map((file) => pathToFileURL(resolve(file)).href)];
  for (const module of modules) {
    const loaded = await load(module)();
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
