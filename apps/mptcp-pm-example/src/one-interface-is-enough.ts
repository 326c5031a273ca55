/** Scenario `one-interface-is-enough`: a second radio only while the first gives too little. */
import { booleanField, defineScenario, numberField, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { labNeeds } from './lab/needs.js';
import { runInLab } from './lab/run-in-lab.js';
import { oneInterfaceNetwork } from './one-interface/network.js';
import { oneInterfaceReport } from './one-interface/report.js';
import { runOneInterface } from './one-interface/session.js';

const time = { title: 'time', unit: 's' };
const rate = { title: 'goodput', unit: 'Mbit/s' };

export const oneInterfaceIsEnough: Scenario = defineScenario({
  id: 'one-interface-is-enough',
  title: 'One interface is enough',
  summary:
    'A telephone streams by its first radio; the second costs energy and money. When the first line falls from 8 to 2 Mbit/s the policy switches the second on, and off again once the first has sufficed for a while. Without the policy both are on all the time.',
  tool: '@liquid/mptcp-pm',
  section: '4.2',
  trade: { dimension: 'cross-provider', spends: ['bandwidth'], gains: ['energy', 'money'] },
  needs: labNeeds,
  series: [
    { id: 'goodput', title: 'goodput', plot: 'goodput', x: time, y: rate, form: 'line' },
    { id: 'needed', title: 'needed', plot: 'goodput', x: time, y: rate, form: 'line' },
    {
      id: 'second',
      title: 'second interface on',
      plot: 'second',
      x: time,
      y: { title: 'on', unit: '' },
      form: 'steps',
    },
  ],
  fields: {
    policy: booleanField({
      title: 'policy',
      description: 'One interface as long as it is enough; without it a full mesh.',
      default: true,
    }),
    shortSeconds: numberField({
      title: 'shortage',
      description: 'How long the first line is short, 3 to 600 s.',
      default: 10,
      min: 3,
      max: 600,
      unit: 's',
    }),
    afterSeconds: numberField({
      title: 'after',
      description: 'How long the run goes on afterwards, 3 to 600 s.',
      default: 16,
      min: 3,
      max: 600,
      unit: 's',
    }),
  },
  run: (input, context) =>
    runInLab('one-interface-is-enough', oneInterfaceNetwork, context, async (inside) =>
      E.map(oneInterfaceReport)(await runOneInterface(inside, input)),
    ),
});
