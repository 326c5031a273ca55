/** Scenario `interactive-bufferbloat`: typing goes on while one of two ways fills its queues. */
import {
  booleanField,
  choiceField,
  defineScenario,
  numberField,
  type Scenario,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { interactiveNetwork } from './interactive/network.js';
import { interactiveReport } from './interactive/report.js';
import { runInteractive } from './interactive/session.js';
import { filterNeeds } from './lab/needs.js';
import { runInLab } from './lab/run-in-lab.js';

const time = { title: 'time', unit: 's' };
const delay = { title: 'delay', unit: 'ms' };

export const interactiveBufferbloat: Scenario = defineScenario({
  id: 'interactive-bufferbloat',
  title: 'Typing while a way is slow',
  summary:
    'A line is sent and echoed every 50 ms over two ways of 10 and 30 ms. Then the quick way takes 800 ms, as behind a bloated queue. The policy lets the slow subflow rest, so that answers come at the good way’s pace, and takes it back when it has recovered. Switch the policy off to see what the kernel does alone.',
  tool: '@liquid/mptcp-pm',
  section: '4.2',
  trade: { dimension: 'cross-provider', spends: ['bandwidth'], gains: ['latency'] },
  needs: filterNeeds,
  series: [
    { id: 'delay', title: 'a line and its echo', plot: 'delay', x: time, y: delay, form: 'points' },
    {
      id: 'rtt-quick',
      title: 'smoothed, first way',
      plot: 'delay',
      x: time,
      y: delay,
      form: 'line',
    },
    {
      id: 'rtt-other',
      title: 'smoothed, second way',
      plot: 'delay',
      x: time,
      y: delay,
      form: 'line',
    },
    {
      id: 'quick-used',
      title: 'first way carries data',
      plot: 'use',
      x: time,
      y: { title: 'used', unit: '' },
      form: 'steps',
    },
  ],
  fields: {
    policy: booleanField({
      title: 'policy',
      description: 'Let a subflow rest whose round trip takes more than 200 ms.',
      default: true,
    }),
    action: choiceField({
      title: 'action',
      description: 'How a slow subflow rests.',
      choices: {
        backup: 'kept as backup',
        destroy: 'closed',
        abort: 'reset',
      },
      default: 'backup',
    }),
    slowMs: numberField({
      title: 'slow',
      description: 'Round trip of the first way while it is slow, 100 to 2000 ms.',
      default: 800,
      min: 100,
      max: 2000,
      unit: 'ms',
    }),
    slowSeconds: numberField({
      title: 'slow for',
      description: 'How long it is slow, 7 to 600 s.',
      default: 12,
      min: 7,
      max: 600,
      unit: 's',
    }),
    afterSeconds: numberField({
      title: 'after',
      description: 'How long the run goes on afterwards, 2 to 600 s.',
      default: 20,
      min: 2,
      max: 600,
      unit: 's',
    }),
  },
  run: (input, context) =>
    runInLab('interactive-bufferbloat', interactiveNetwork, context, async (inside) =>
      E.map(interactiveReport)(await runInteractive(inside, input)),
    ),
});
