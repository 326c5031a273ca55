/** The gate of the READMEs: generated, in the agreed order, with figures of the agreed shape. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEADINGS, headingsOf, renderReadme } from '../lib/readme.ts';
import { readResults, resultsProblems } from '../lib/results.ts';
import { packagesOf, shortName, type Workspace } from '../lib/workspace.ts';
import type { Gate } from './gate.ts';

const problemsOf = (root: string, workspace: Workspace): readonly string[] => {
  const path = `${workspace.folder}/README.md`;
  const written = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
  const name = shortName(workspace);
  const results = readResults(root, name);
  const wrong = results === null ? [] : resultsProblems(name, results);
  if (wrong.length > 0) return wrong;
  const headings = headingsOf(written);
  return [
    ...(written === renderReadme(root, workspace)
      ? []
      : [
          `${path} differs from the module comment of src/index.ts or from the measured figures; ` +
            'change those, then run `pnpm readme`',
        ]),
    ...(headings.join() === HEADINGS.join()
      ? []
      : [
          `${path} has the headings "${headings.join(' · ')}" instead of "${HEADINGS.join(' · ')}"`,
        ]),
  ];
};

export const readme: Gate = {
  name: 'readme',
  rule: 'A README is the module comment of src/index.ts with its figures; its headings are fixed.',
  check: (root) =>
    Promise.resolve(packagesOf(root).flatMap((workspace) => problemsOf(root, workspace))),
};
