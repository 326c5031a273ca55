/** The deliverable's sizes of a compressed acknowledgement, beside those that a run counted. */
import type { Comparison } from '@liquid/types/scenario';
import { typical } from './typical.js';

export const SOURCE = 'Trilogy 2 D1.3, section 3.1.4.2';

/**
 * Compares sizes of pure acknowledgements: how often each was seen, in octets.
 *
 * @param counted - what was counted, before "the CID counts as one octet …"
 * @param comparable - whether the run sent what the published figures are about
 */
export const sizeComparisons = (
  sizes: ReadonlyMap<number, number>,
  counted: string,
  comparable: boolean,
): readonly [Comparison, Comparison] => {
  const { median, mode } = typical(sizes);
  const measured = `${counted}; the CID counts as one octet, the TCP checksum is not counted, as the figure has it`;
  const reached = (ours: number | null, published: number): boolean | null =>
    comparable && ours !== null ? ours <= published : null;
  return [
    {
      id: 'acknowledgement',
      title: 'Size of a compressed TCP ACK',
      unit: 'B',
      published: { value: 4, text: 'about 4 bytes', source: SOURCE },
      ours: median,
      measured: `median of ${measured}`,
      better: 'lower',
      reached: reached(median, 4),
    },
    {
      id: 'acknowledgement-constant-payload',
      title: 'Size of a compressed TCP ACK, constant payload size',
      unit: 'B',
      published: { value: 3, text: 'or 3 when the payload size is constant', source: SOURCE },
      ours: mode,
      measured: `most frequent size of ${measured}`,
      better: 'lower',
      reached: reached(mode, 3),
    },
  ];
};
