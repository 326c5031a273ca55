/** What a page shows of a carried capture: sums, formats, and header octets over time in as many points as fit. */
import type { Carried } from './carry.js';

/** Points of the chart at most: more than a phone has room for, few enough to read as a table. */
const POINTS = 160;

/** Packets of one format. */
export interface FormatRow {
  readonly name: string;
  readonly packets: number;
  /** Header octets of them all, as they came and as they were sent. */
  readonly before: number;
  readonly after: number;
  /** Its first packet, counted from 0. */
  readonly first: number;
}

/** Mean header octets of some packets in a row. */
export interface Point {
  /** Seconds since the first packet, or the packet's number where the capture tells no time. */
  readonly x: number;
  readonly before: number;
  readonly after: number;
}

/** Plain data, so that it can be posted from a worker. */
export interface Summary
  extends Pick<
    Carried,
    | 'packets'
    | 'octetsBefore'
    | 'octetsAfter'
    | 'skipped'
    | 'cut'
    | 'refused'
    | 'different'
    | 'undelivered'
    | 'brokenOff'
    | 'timed'
  > {
  readonly headersBefore: number;
  readonly headersAfter: number;
  /** Most frequent first. */
  readonly formats: readonly FormatRow[];
  readonly points: readonly Point[];
  /** Of the compressed packets, each behind its length in four octets; undefined where the browser offers none. */
  readonly sha256: string | undefined;
}

const hex = (octets: ArrayBuffer): string =>
  Array.from(new Uint8Array(octets), (octet) => octet.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hexadecimal digits; undefined outside a secure context, where browsers offer no digests. */
export const sha256 = async (octets: Uint8Array<ArrayBuffer>): Promise<string | undefined> => {
  const { subtle } = globalThis.crypto as { readonly subtle?: typeof globalThis.crypto.subtle };
  return subtle === undefined ? undefined : hex(await subtle.digest('SHA-256', octets));
};

/** Means over equal numbers of packets. */
const pointsOf = ({ packets, at, before, after }: Carried): readonly Point[] => {
  const width = Math.max(1, Math.ceil(packets / POINTS));
  const points: Point[] = [];
  let latest = 0;
  for (let from = 0; from < packets; from += width) {
    const to = Math.min(packets, from + width);
    let sumBefore = 0;
    let sumAfter = 0;
    for (let n = from; n < to; n++) {
      sumBefore += before[n] ?? 0;
      sumAfter += after[n] ?? 0;
      // captures of several interfaces may step back a little: the line does not
      latest = Math.max(latest, at[n] ?? 0);
    }
    points.push({ x: latest, before: sumBefore / (to - from), after: sumAfter / (to - from) });
  }
  return points;
};

const formatsOf = ({
  packets,
  formats,
  formatNames,
  before,
  after,
}: Carried): readonly FormatRow[] => {
  const rows = formatNames.map((name) => ({ name, packets: 0, before: 0, after: 0, first: -1 }));
  for (let n = 0; n < packets; n++) {
    const row = rows[formats[n] ?? 0];
    if (row === undefined) continue;
    if (row.first < 0) row.first = n;
    row.packets++;
    row.before += before[n] ?? 0;
    row.after += after[n] ?? 0;
  }
  return rows.sort((a, b) => b.packets - a.packets || a.first - b.first);
};

/** Sums up a carried capture; the digest is why it takes its time. */
export const summarise = async (carried: Carried): Promise<Summary> => {
  const formats = formatsOf(carried);
  const { packets, octetsBefore, octetsAfter, skipped, cut, refused } = carried;
  const { different, undelivered, brokenOff, timed } = carried;
  return {
    packets,
    octetsBefore,
    octetsAfter,
    skipped,
    cut,
    refused,
    different,
    undelivered,
    brokenOff,
    timed,
    headersBefore: formats.reduce((sum, { before }) => sum + before, 0),
    headersAfter: formats.reduce((sum, { after }) => sum + after, 0),
    formats,
    points: pointsOf(carried),
    sha256: await sha256(carried.stream),
  };
};
