/** The scenarios as far as they show without root: descriptions, inputs, needs. */
import { probeNeeds } from '@liquid/types/scenario';
import { scenarioConformance } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import * as T from 'fp-ts/lib/Task.js';
import { describe, expect, it } from 'vitest';
import { scenarios } from '../src/index.js';

/** What makes a network; interop/mptcp-pm runs these as root. */
const NEEDS_ROOT = ['runs, reports and', 'repeats itself', 'ends as aborted'];

it('there are five, each under its own name', () => {
  expect(scenarios.map(({ id }) => id)).toEqual([
    'smart-paths',
    'one-interface-is-enough',
    'interactive-bufferbloat',
    'reset-storm',
    'http-two-paths',
  ]);
});

describe.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
  '%s',
  (_, scenario) => {
    for (const check of scenarioConformance(scenario)) {
      if (NEEDS_ROOT.some((words) => check.name.includes(words))) continue;
      it(check.name, async () => {
        const result = await check.run();
        expect(E.isLeft(result) ? result.left.message : 'as the contract has it').toBe(
          'as the contract has it',
        );
      });
    }

    it('names what is missing, each with its mend', async () => {
      const bare = {
        platform: 'linux',
        isRoot: T.of(false),
        hasCommand: () => T.of(false),
        hasPath: () => T.of(false),
      };
      const met = await probeNeeds(bare)(scenario.needs)();
      if (E.isRight(met)) throw new Error('nothing is there, and nothing is missing');
      expect(met.left[0]).toMatchObject({ _tag: 'Permission' });
      for (const { remedy } of met.left) expect(remedy).toBeTruthy();
    });
  },
);
