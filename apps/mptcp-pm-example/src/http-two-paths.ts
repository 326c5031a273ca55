/** Scenario `http-two-paths`: an ordinary HTTP download of Node that gains from a second path. */
import { defineScenario, numberField, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { httpNetwork } from './http/network.js';
import { httpReport } from './http/report.js';
import { runHttp } from './http/session.js';
import { labNeeds } from './lab/needs.js';
import { runInLab } from './lab/run-in-lab.js';

const axes = {
  plot: 'arrived',
  x: { title: 'time', unit: 's' },
  y: { title: 'arrived', unit: 'MB' },
  form: 'line',
} as const;

export const httpTwoPaths: Scenario = defineScenario({
  id: 'http-two-paths',
  title: 'An ordinary download over two paths',
  summary:
    'Node’s own http.get fetches from Node’s own http server, both over Multipath TCP sockets. First over one path, then with a path manager that makes a full mesh: the same code, nearly twice as fast.',
  tool: '@liquid/mptcp-pm',
  section: '4.2',
  trade: { dimension: 'cross-provider', spends: ['energy', 'money'], gains: ['bandwidth'] },
  needs: labNeeds,
  series: [
    { id: 'one-path', title: 'one path', ...axes },
    { id: 'two-paths', title: 'two paths', ...axes },
  ],
  fields: {
    rateMbps: numberField({
      title: 'rate',
      description: 'Rate of each way, 1 to 100 Mbit/s.',
      default: 10,
      min: 1,
      max: 100,
      unit: 'Mbit/s',
    }),
    megabytes: numberField({
      title: 'file',
      description: 'Size of what is fetched, 1 to 200 MB.',
      default: 10,
      min: 1,
      max: 200,
      unit: 'MB',
    }),
  },
  run: (input, context) =>
    runInLab('http-two-paths', httpNetwork(input.rateMbps), context, async (inside) =>
      E.map(httpReport)(await runHttp(inside, input)),
    ),
});
