/** Scenario `smart-paths`: figures 4.5 and 4.6, a second interface that is used only when it is needed. */
import { booleanField, defineScenario, numberField, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { labNeeds } from './lab/needs.js';
import { runInLab } from './lab/run-in-lab.js';
import { smartPathsNetwork } from './smart-paths/network.js';
import { smartPathsReport } from './smart-paths/report.js';
import { smartPathsSeries } from './smart-paths/series.js';
import { runSmartPaths } from './smart-paths/session.js';

export const smartPaths: Scenario = defineScenario({
  id: 'smart-paths',
  title: 'A second interface only when it is needed',
  summary:
    'Host A sends a file by its default interface, through a bottleneck that it shares with host B. The path manager estimates what the path gives from congestion window and round-trip time; when B’s traffic takes its share, it opens a subflow on A’s second interface. Figures 4.5 and 4.6, live, on the kernel’s own Multipath TCP.',
  tool: '@liquid/mptcp-pm',
  section: '4.2',
  trade: { dimension: 'cross-provider', spends: ['energy', 'money'], gains: ['bandwidth'] },
  needs: labNeeds,
  series: smartPathsSeries,
  fields: {
    rateMbps: numberField({
      title: 'rate',
      description: 'Rate of each of A’s two ways, 1 to 100 Mbit/s; the deliverable has 5.',
      default: 5,
      min: 1,
      max: 100,
      unit: 'Mbit/s',
    }),
    megabytes: numberField({
      title: 'file',
      description: 'Size of the file, 1 to 500 MB; the deliverable has 30.',
      default: 30,
      min: 1,
      max: 500,
      unit: 'MB',
    }),
    cross: booleanField({
      title: 'cross traffic',
      description: 'Host B sends as fast as it can through the same bottleneck.',
      default: true,
    }),
    crossAfterSeconds: numberField({
      title: 'cross traffic after',
      description: 'When B begins, 1 to 600 s after A; the deliverable has 10.',
      default: 10,
      min: 1,
      max: 600,
      unit: 's',
    }),
    reaction: booleanField({
      title: 'reaction',
      description:
        'Open the second interface when the estimate falls below 80 % of the rate; else only watch.',
      default: true,
    }),
    avoidanceOnly: booleanField({
      title: 'congestion avoidance only',
      description:
        'Estimate from samples in congestion avoidance alone: slow start’s high values don’t count.',
      default: false,
    }),
    alpha: numberField({
      title: 'smoothing',
      description:
        'Weight of a new sample in the moving average, 0.01 to 1; the deliverable has 0.125.',
      default: 0.125,
      min: 0.01,
      max: 1,
    }),
  },
  run: (input, context) =>
    runInLab('smart-paths', smartPathsNetwork(input.rateMbps), context, async (inside) =>
      E.map(smartPathsReport)(await runSmartPaths(inside, input)),
    ),
});
