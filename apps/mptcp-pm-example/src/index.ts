/** The scenarios of `@liquid/mptcp-pm-example`, as the console lists and runs them. */
import { defineScenario, integerField, type Scenario } from '@liquid/types/scenario';
import * as TE from 'fp-ts/lib/TaskEither.js';

/** Counts to a number; replace it by the tool on real input. */
const count = defineScenario({
  id: 'mptcp-pm-example',
  title: 'Mptcp Pm Example',
  summary: 'Counts to a number. Replace it by what the tool does to real input.',
  tool: '@liquid/mptcp-pm-example',
  section: '1',
  trade: { dimension: 'cross-resource', spends: ['cpu'], gains: ['reliability'] },
  needs: [],
  series: [],
  fields: {
    to: integerField({ title: 'to', description: 'How far.', default: 10, min: 1, max: 1000 }),
  },
  run: ({ to }) =>
    TE.right({
      summary: `Counted to ${to}.`,
      figures: [{ id: 'count', title: 'count', value: to, unit: '' }],
      tables: [],
      comparisons: [],
      notes: [],
    }),
});

/** Everything that this app shows. */
export const scenarios: ReadonlyArray<Scenario> = [count];
