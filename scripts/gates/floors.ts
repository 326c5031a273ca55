/** The gate of the floors: what a package imports, and what its manifest lets it import. */
import { join } from 'node:path';
import { run } from '../lib/run.ts';
import { FLOORS, floorOf, workspacesOf, type Workspace } from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

/** Development dependencies count as well: a ring through them stops every ordered build. */
const declared = ({ manifest }: Workspace): readonly string[] =>
  Object.keys({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });

const manifestProblems = (workspaces: readonly Workspace[]): readonly string[] => {
  const byName = new Map(workspaces.map((workspace) => [workspace.manifest.name, workspace]));
  return workspaces
    .filter(({ group }) => group === 'packages')
    .flatMap((from) => {
      const floor = floorOf(from);
      if (floor === undefined) return [`${from.folder}/package.json: liquid.floor is missing`];
      return declared(from).flatMap((name) => {
        const to = byName.get(name);
        if (to === undefined) return [];
        const below = floorOf(to);
        const stacked = floor === 'engine' && from.manifest.liquid?.stacksOn?.includes(name);
        return stacked ||
          (to.group === 'packages' &&
            below !== undefined &&
            FLOORS.indexOf(below) < FLOORS.indexOf(floor))
          ? []
          : [`${from.folder}/package.json (${floor}) depends on ${name} (${below})`];
      });
    });
};

export const floors: Gate = {
  name: 'floors',
  rule: 'A package imports only from floors below its own, by name, and declares what it imports.',
  check: async (root) => {
    const cruise = await run(
      join(root, 'node_modules/.bin/depcruise'),
      [
        '--config',
        'scripts/config/floors.mjs',
        '--output-type',
        'err-long',
        'packages',
        'apps',
        'interop',
        'scripts',
      ],
      { cwd: root, env: { NO_COLOR: '1' } },
    );
    return [
      ...manifestProblems(workspacesOf(root)),
      ...(cruise.code === 0 ? [] : [cruise.output.trim()]),
    ];
  },
};
