/** The floors as rules of dependency-cruiser, read from the manifests of the workspace. */
import { floorOf, FLOORS, workspacesOf } from '../lib/workspace.ts';

const workspaces = workspacesOf(process.cwd());
const packages = workspaces.filter(({ group }) => group === 'packages');

/** @param {string} text */
const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** @param {readonly string[]} folders */
const anyOf = (folders) => `^(?:${folders.map(literal).join('|')})/`;

/** @param {(typeof packages)[number]} from */
const mayImport = (from) => {
  const floor = floorOf(from);
  return packages
    .filter((to) => {
      const below = floorOf(to);
      if (to === from) return true;
      if (floor === undefined || below === undefined) return false;
      if (from.manifest.liquid?.stacksOn?.includes(to.manifest.name)) return floor === 'engine';
      return FLOORS.indexOf(below) < FLOORS.indexOf(floor);
    })
    .map(({ folder }) => folder);
};

const floors = packages.map((from) => ({
  name: `floor-of-${from.manifest.name}`,
  comment: `${from.manifest.name} stands on the floor "${floorOf(from)}" and imports only from below`,
  severity: 'error',
  from: { path: anyOf([from.folder]), pathNot: String.raw`/(?:tsup|vitest)\.config\.ts$` },
  to: {
    path: '^(?:packages|apps|interop|docs|scripts)/',
    pathNot: anyOf(mayImport(from)),
  },
}));

/** A neighbour is imported by its name, which leads to what it publishes, never by a path. */
const byName = workspaces
  .filter(({ group }) => group !== 'interop')
  .map((from) => ({
    name: 'import-by-name',
    comment: `${from.folder} reaches into another package by a relative path`,
    severity: 'error',
    from: { path: anyOf([from.folder]) },
    to: {
      path: '^(?:packages|apps)/[^/]+/(?!dist/|package\\.json$)',
      pathNot: anyOf([from.folder]),
    },
  }));

export default {
  forbidden: [
    ...floors,
    ...byName,
    {
      name: 'declared',
      comment: 'the import is not a dependency in the package.json beside it, or is not installed',
      severity: 'error',
      from: { path: '^(?:packages|apps|interop)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'the import is not a dependency in the package.json beside it',
      severity: 'error',
      from: { path: '^(?:packages|apps|interop)/', pathNot: String.raw`\.config\.ts$` },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'runtime-dependency',
      comment: 'published code imports a development dependency',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'modules import each other in a ring',
      severity: 'error',
      from: { path: '^(?:packages|apps|interop|scripts)/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/\\.examples/', '^packages/[^/]+/dist/.*\\.map$'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
