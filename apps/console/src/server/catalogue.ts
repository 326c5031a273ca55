/** What the home page shows: all tools, all scenarios, and what this machine lacks for them. */

import { describeError, type Dimension, dimensions } from '@liquid/types';
import type { ProbeHost } from '@liquid/types/scenario';
import type { Catalogue } from '../api.js';
import type { Discovery } from '../discover.js';
import { listedOf, probeAll } from '../list.js';

/** What stays the same while the server runs. */
export interface CatalogueFacts {
  readonly version: string;
  readonly instance: string;
  readonly uploadLimit: number;
}

/** The catalogue at this moment: needs are probed anew, for a package may have been installed. */
export const catalogueOf = async (
  discovery: Discovery,
  host: ProbeHost,
  facts: CatalogueFacts,
): Promise<Catalogue> => {
  const names = Object.keys(dimensions) as ReadonlyArray<Dimension>;
  const { tools, scenarios } = listedOf(await probeAll(host, discovery.scenarios));
  return {
    ...facts,
    dimensions: names.map((name) => ({ name, meaning: dimensions[name] })),
    tools,
    scenarios,
    problems: discovery.problems.map(describeError),
  };
};
