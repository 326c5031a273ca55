/** Where a subpath of a package leads, by the `exports` of its package.json, as Node resolves it. */

import { decodeError, type LiquidError } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';

/** The conditions under which Node's `import` reads the map. */
const CONDITIONS: ReadonlyArray<string> = ['node', 'import', 'module-sync', 'default'];

/** Conditions nest no deeper in any package that a person wrote. */
const MAX_DEPTH = 8;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first condition that holds wins, in the order in which the map has them. */
const choose = (target: unknown, depth: number): string | undefined => {
  if (typeof target === 'string') return target;
  if (!isRecord(target) || depth >= MAX_DEPTH) return undefined;
  for (const [condition, next] of Object.entries(target)) {
    if (!CONDITIONS.includes(condition)) continue;
    const chosen = choose(next, depth + 1);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
};

/**
 * The file, relative to the package's folder, that a subpath leads to. Patterns (`./*`) are not read:
 * what offers scenarios is named in full.
 *
 * @param exports the field of the package.json
 * @param subpath `.` or `./name`
 */
export const exportTarget = (exports: unknown, subpath: string): E.Either<LiquidError, string> => {
  const hasSubpaths = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
  const entries = hasSubpaths ? exports : { '.': exports };
  const target = Object.hasOwn(entries, subpath) ? choose(entries[subpath], 0) : undefined;
  // Outside its own folder a package offers nothing (Node refuses such targets, too).
  if (target?.startsWith('./') === true && !target.split(/[\\/]/).includes('..')) {
    return E.right(target);
  }
  return E.left(
    decodeError({
      what: 'package.json',
      path: `exports["${subpath}"]`,
      expected: 'a module in the package’s folder, for import',
      actual: target ?? (hasSubpaths ? entries[subpath] : exports),
    }),
  );
};
