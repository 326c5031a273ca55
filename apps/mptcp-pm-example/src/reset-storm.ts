/** Scenario `reset-storm`: middleboxes reset the only subflow, again and again, and the stream goes on. */
import {
  choiceField,
  defineScenario,
  integerField,
  numberField,
  type Scenario,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { filterNeeds } from './lab/needs.js';
import { runInLab } from './lab/run-in-lab.js';
import { resetStormNetwork } from './reset-storm/network.js';
import { resetStormReport } from './reset-storm/report.js';
import { runResetStorm } from './reset-storm/session.js';

const time = { title: 'time', unit: 's' };

export const resetStorm: Scenario = defineScenario({
  id: 'reset-storm',
  title: 'A connection that survives resets',
  summary:
    'A steady stream runs over a single subflow. A middlebox resets it, on whichever way it runs, again and again. The path manager opens a replacement on the other interface within milliseconds; every octet is hashed at both ends.',
  tool: '@liquid/mptcp-pm',
  section: '4.2',
  trade: { dimension: 'cross-provider', spends: ['cpu'], gains: ['reliability'] },
  needs: filterNeeds,
  series: [
    {
      id: 'replacement',
      title: 'time to the replacement',
      plot: 'replacement',
      x: time,
      y: { title: 'time to the replacement', unit: 'ms' },
      form: 'points',
    },
    {
      id: 'arrived',
      title: 'arrived',
      plot: 'arrived',
      x: time,
      y: { title: 'arrived', unit: 'MB' },
      form: 'line',
    },
  ],
  fields: {
    resets: integerField({
      title: 'resets',
      description: 'How often the subflow is reset, 1 to 100.',
      default: 10,
      min: 1,
      max: 100,
    }),
    everySeconds: numberField({
      title: 'every',
      description: 'Time between two resets, 0.5 to 60 s.',
      default: 2,
      min: 0.5,
      max: 60,
      unit: 's',
    }),
    by: choiceField({
      title: 'by',
      description: 'Who resets.',
      choices: {
        middlebox: 'a middlebox, without a reason',
        peer: 'the peer, with MP_TCPRST',
      },
      default: 'middlebox',
    }),
  },
  run: (input, context) =>
    runInLab('reset-storm', resetStormNetwork, context, async (inside) =>
      E.map(resetStormReport)(await runResetStorm(inside, input)),
    ),
});
