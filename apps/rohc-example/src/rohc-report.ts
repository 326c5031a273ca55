/** Turns the counts of `rohc-capture` into its report, beside the deliverable's figures. */
import type { Report } from '@liquid/types/scenario';
import { sizeComparisons } from './published-sizes.js';
import type { Tally } from './tally.js';

/** What became of the packets of a capture. */
export interface Outcome {
  readonly source: string;
  packets: number;
  /** Frames that hold no IP packet. */
  skipped: number;
  lost: number;
  /** Packets that came through but were not rebuilt: their context waited for a repair. */
  undelivered: number;
  different: number;
  headerBefore: number;
  headerAfter: number;
  readonly loss: number;
}

/** Sizes shown in the table of acknowledgement sizes. */
const SIZES_SHOWN = 12;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The report; `cut` says how a capture broke off, where it did. */
export const reportOf = (outcome: Outcome, tally: Tally, cut: string | undefined): Report => {
  const { packets, headerBefore, headerAfter } = outcome;
  const before = headerBefore / packets;
  const after = headerAfter / packets;
  const saved = 100 * (1 - headerAfter / headerBefore);
  const acknowledgements = [...tally.sizes.values()].reduce((sum, count) => sum + count, 0);
  const formats = [...tally.formats].sort(([, a], [, b]) => b.packets - a.packets);
  const delivered = packets - outcome.lost - outcome.undelivered;
  return {
    summary: `${packets} packets of ${outcome.source}: headers shrink from ${before.toFixed(1)} to ${after.toFixed(2)} octets a packet, ${saved.toFixed(1)} % less; ${outcome.different === 0 ? 'every delivered packet is the original, octet for octet' : `${outcome.different} delivered packets differ from the original`}.`,
    figures: [
      { id: 'packets', title: 'packets', value: packets, unit: '' },
      { id: 'header-before', title: 'headers before', value: round(before, 3), unit: 'B/packet' },
      { id: 'header-after', title: 'headers after', value: round(after, 3), unit: 'B/packet' },
      { id: 'saved', title: 'header octets saved', value: round(saved, 2), unit: '%' },
      { id: 'delivered', title: 'delivered', value: delivered, unit: 'packets' },
      {
        id: 'different',
        title: 'delivered but different',
        value: outcome.different,
        unit: 'packets',
      },
      { id: 'lost', title: 'lost between the ends', value: outcome.lost, unit: 'packets' },
      { id: 'undelivered', title: 'not rebuilt', value: outcome.undelivered, unit: 'packets' },
    ],
    tables: [
      {
        id: 'formats',
        title: 'By packet format',
        columns: [
          { title: 'format' },
          { title: 'packets' },
          { title: 'share', unit: '%' },
          { title: 'headers before', unit: 'B' },
          { title: 'headers after', unit: 'B' },
        ],
        rows: formats.map(([name, count]) => [
          name,
          count.packets,
          round((100 * count.packets) / packets, 2),
          round(count.before / count.packets, 2),
          round(count.after / count.packets, 2),
        ]),
      },
      {
        id: 'acknowledgement-sizes',
        title: 'Pure acknowledgements by size (with CID, without TCP checksum)',
        columns: [
          { title: 'size', unit: 'B' },
          { title: 'packets' },
          { title: 'share', unit: '%' },
        ],
        rows: [...tally.sizes]
          .sort(([, a], [, b]) => b - a)
          .slice(0, SIZES_SHOWN)
          .map(([size, count]) => [size, count, round((100 * count) / acknowledgements, 2)]),
      },
    ],
    comparisons: sizeComparisons(tally.sizes, 'pure acknowledgements in CO formats', true),
    notes: [
      'Unidirectional operation with the default refreshes: no feedback helps the compressor.',
      ...(outcome.skipped > 0
        ? [`${outcome.skipped} frames without an IP packet were left out.`]
        : []),
      ...(cut === undefined ? [] : [`The capture broke off: ${cut}`]),
      ...(outcome.loss > 0
        ? [
            'A CRC of 3 bits lets one of eight wrong headers pass; with losses a few packets can differ.',
          ]
        : []),
    ],
  };
};
