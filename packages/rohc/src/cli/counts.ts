/** Packets and octets by profile and format, as `stats` and `roundtrip` show them. */
import * as t from 'io-ts';
import { FORMAT_NUMBERS, formatName, formatNumber } from '../format-names.js';
import type { PacketCounts } from './packets.js';
import { counted, tableOf } from './session.js';

/** One row: a packet format, or a sum. */
export const FormatCountCodec = t.readonly(
  t.type({
    profile: t.string,
    format: t.string,
    packets: t.number,
    bytesIn: t.number,
    bytesOut: t.number,
  }),
);

/** Packets of one format, their octets as IP and as ROHC packets. */
export type FormatCount = t.TypeOf<typeof FormatCountCodec>;

const PROFILES = [0x0006, 0x0004, 0x0000] as const;

const hex = (profile: number): string => `0x${profile.toString(16).padStart(4, '0')}`;

/** Counts without allocation per packet. */
export class FormatCounts {
  private readonly packets = new Float64Array(FORMAT_NUMBERS);
  private readonly bytesIn = new Float64Array(FORMAT_NUMBERS);
  private readonly bytesOut = new Float64Array(FORMAT_NUMBERS);

  add(profile: number, format: number, bytesIn: number, bytesOut: number): void {
    const n = formatNumber(profile, format);
    this.packets[n] = (this.packets[n] as number) + 1;
    this.bytesIn[n] = (this.bytesIn[n] as number) + bytesIn;
    this.bytesOut[n] = (this.bytesOut[n] as number) + bytesOut;
  }

  rows(): readonly FormatCount[] {
    return PROFILES.flatMap((profile) =>
      Array.from({ length: 32 }, (_, format) => {
        const n = formatNumber(profile, format);
        return {
          profile: hex(profile),
          format: formatName(profile, format),
          packets: this.packets[n] as number,
          bytesIn: this.bytesIn[n] as number,
          bytesOut: this.bytesOut[n] as number,
        };
      }).filter(({ packets }) => packets > 0),
    );
  }
}

/** The sum of rows. */
export const sumOf = (rows: readonly FormatCount[]): FormatCount => {
  const add = (field: 'packets' | 'bytesIn' | 'bytesOut'): number =>
    rows.reduce((sum, row) => sum + row[field], 0);
  return {
    profile: 'all',
    format: '',
    packets: add('packets'),
    bytesIn: add('bytesIn'),
    bytesOut: add('bytesOut'),
  };
};

/** A quotient with decimals, or a dash where there is nothing to divide. */
export const ratio = (a: number, b: number, digits = 2): string =>
  b === 0 ? '-' : (a / b).toFixed(digits);

/** Rows, sums by profile where there are several, and the whole, as a table. */
export const renderCounts = (rows: readonly FormatCount[]): string => {
  const total = sumOf(rows);
  const profiles = [...new Set(rows.map(({ profile }) => profile))];
  const sums =
    profiles.length < 2
      ? []
      : profiles.map((profile) => ({
          ...sumOf(rows.filter((row) => row.profile === profile)),
          profile,
          format: 'all',
        }));
  const cells = (row: FormatCount): readonly string[] => [
    `${row.profile} ${row.format}`.trim(),
    String(row.packets),
    `${ratio(100 * row.packets, total.packets, 1)} %`,
    ratio(row.bytesIn, row.packets),
    ratio(row.bytesOut, row.packets),
    ratio(row.bytesIn - row.bytesOut, row.packets),
    String(row.bytesIn - row.bytesOut),
  ];
  return tableOf([
    ['format', 'packets', 'share', 'B in', 'B out', 'saved', 'saved in all'],
    ...rows.map(cells),
    ...sums.map(cells),
    cells(total),
  ]);
};

/** What of a capture was left out or filled in. */
export const renderPasses = (
  { skipped, cut }: PacketCounts,
  kind: 'ip' | 'rohc',
): readonly string[] => [
  ...(skipped > 0
    ? [
        `${counted(skipped, 'record')} without ${kind === 'ip' ? 'an IP' : 'a ROHC'} packet left out`,
      ]
    : []),
  ...(cut > 0
    ? [`${counted(cut, 'packet')} cut by the snap length: zeros stand in for what is missing`]
    : []),
];
