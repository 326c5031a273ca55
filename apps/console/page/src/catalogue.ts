/** What there is to see, asked once and again when the reader wishes. */
import * as E from 'fp-ts/lib/Either.js';
import { useCallback, useEffect, useState } from 'react';
import type { Catalogue, ListedScenario, ListedTool } from '../../src/api.ts';
import { type Failure, getCatalogue } from './client.ts';

/** The catalogue as far as it is known. */
export interface CatalogueState {
  readonly catalogue: Catalogue | null;
  readonly failure: Failure | null;
  readonly asking: boolean;
  readonly reload: () => Promise<Catalogue | null>;
}

export const useCatalogue = (): CatalogueState => {
  const [state, setState] = useState<Omit<CatalogueState, 'reload'>>({
    catalogue: null,
    failure: null,
    asking: true,
  });
  const reload = useCallback(async () => {
    setState((before) => ({ ...before, asking: true }));
    const answer = await getCatalogue();
    setState((before) =>
      E.isRight(answer)
        ? { catalogue: answer.right, failure: null, asking: false }
        : { catalogue: before.catalogue, failure: answer.left, asking: false },
    );
    return E.isRight(answer) ? answer.right : null;
  }, []);
  useEffect(() => void reload(), [reload]);
  return { ...state, reload };
};

/** Whether this machine has all that it needs. */
export const runsHere = (scenario: ListedScenario): boolean =>
  scenario.needs.every(({ met }) => met);

/** A tool and its scenarios. */
export interface Shown {
  readonly tool: ListedTool;
  readonly scenarios: ReadonlyArray<ListedScenario>;
}

/** 0 runs here, 1 has a scenario that lacks something, 2 has none. */
const rank = ({ scenarios }: Shown): number =>
  scenarios.some(runsHere) ? 0 : scenarios.length > 0 ? 1 : 2;

/** The tools of one dimension, those that run here first, otherwise in the catalogue's order. */
export const shownIn = (catalogue: Catalogue, dimension: string): ReadonlyArray<Shown> => {
  const byId = new Map(catalogue.scenarios.map((scenario) => [scenario.id, scenario]));
  return catalogue.tools
    .filter(({ trade }) => trade.dimension === dimension)
    .map((tool) => ({
      tool,
      scenarios: tool.scenarios
        .flatMap((id) => byId.get(id) ?? [])
        .sort((a, b) => Number(runsHere(b)) - Number(runsHere(a))),
    }))
    .sort((a, b) => rank(a) - rank(b));
};
