/** Turns a run of `http-two-paths` into its report. */
import type { Report } from '@liquid/types/scenario';
import { figure, round } from '../lab/numbers.js';
import type { Download } from './download.js';
import type { HttpOutcome } from './session.js';

/** Mbit/s of a download. */
const goodput = ({ bytes, milliseconds }: Download): number => (bytes * 8) / milliseconds / 1000;

export const httpReport = ({ input, one, two, subflows }: HttpOutcome): Report => {
  const [alone, both] = [goodput(one), goodput(two)];
  const gain = both / alone;
  return {
    summary: `The same http.get of ${input.megabytes} MB came at ${alone.toFixed(1)} Mbit/s over one path and at ${both.toFixed(1)} Mbit/s over two, ${gain.toFixed(2)} times as fast.`,
    figures: [
      ...figure('one', 'goodput over one path', alone, 'Mbit/s'),
      ...figure('two', 'goodput over two paths', both, 'Mbit/s'),
      ...figure('gain', 'times as fast', gain, ''),
      ...figure('subflows', 'subflows of the second download', subflows, '', 0),
    ],
    tables: [
      {
        id: 'downloads',
        title: 'Downloads',
        columns: [
          { title: 'paths' },
          { title: 'octets', unit: 'B' },
          { title: 'time', unit: 's' },
          { title: 'Multipath TCP' },
        ],
        rows: [
          ['one', one.bytes, round(one.milliseconds / 1000, 2), one.multipath ? 'yes' : 'no'],
          ['two', two.bytes, round(two.milliseconds / 1000, 2), two.multipath ? 'yes' : 'no'],
        ],
        varies: true,
      },
    ],
    comparisons: [
      {
        id: 'gain',
        title: 'A full mesh uses both ways',
        unit: '',
        published: {
          value: 2,
          text: 'all pairs of addresses; two equal ways are at best twice as fast',
          source: 'D1.3, section 4.2, full-mesh path manager',
        },
        ours: round(gain, 2),
        measured: 'goodput of the same download with and without the path manager',
        better: 'higher',
        // Headers and slow start are not free.
        reached: gain >= 1.7,
        varies: true,
      },
    ],
    notes: [
      'Client and server are Node’s own http; only the agent and the listener know of Multipath TCP.',
      `Each way carries ${input.rateMbps} Mbit/s; hashes are compared.`,
    ],
  };
};
