/** What the scenario counts while packets pass: sizes by format and by octet, and the series over time. */
import type { ScenarioContext } from '@liquid/types/scenario';

/** Headers of one packet format. */
interface FormatCount {
  packets: number;
  before: number;
  after: number;
}

/** Packets behind a point of the series at first; doubled whenever the series has grown long. */
const POINT_PACKETS = 50;
/** Points after which one covers twice as many packets. */
const POINTS_BEFORE_DOUBLING = 400;

/** Counts of one run. */
export interface Tally {
  /**
   * Adds a packet: its place in time, the name of the format, its header octets before and after, and whether it is
   * a pure acknowledgement in a CO format, whose size without the TCP checksum the deliverable gives.
   */
  readonly add: (
    seconds: number,
    format: string,
    before: number,
    after: number,
    acknowledgement: number,
  ) => void;
  /** Sends the last, unfinished point. */
  readonly finish: () => void;
  readonly formats: ReadonlyMap<string, FormatCount>;
  /** Pure acknowledgements by their size, CID counted as one octet and the TCP checksum not. */
  readonly sizes: ReadonlyMap<number, number>;
}

export const createTally = (context: ScenarioContext): Tally => {
  const formats = new Map<string, FormatCount>();
  const sizes = new Map<number, number>();
  let width = POINT_PACKETS;
  let points = 0;
  let count = 0;
  let before = 0;
  let after = 0;
  let at = 0;
  const flush = (): void => {
    if (count === 0) return;
    context.point('original', at, before / count);
    context.point('rohc', at, after / count);
    count = 0;
    before = 0;
    after = 0;
    points++;
    if (points % POINTS_BEFORE_DOUBLING === 0) width *= 2;
  };
  return {
    add: (seconds, format, headerBefore, headerAfter, acknowledgement) => {
      const known = formats.get(format);
      if (known === undefined) {
        formats.set(format, { packets: 1, before: headerBefore, after: headerAfter });
      } else {
        known.packets++;
        known.before += headerBefore;
        known.after += headerAfter;
      }
      if (acknowledgement > 0) sizes.set(acknowledgement, (sizes.get(acknowledgement) ?? 0) + 1);
      at = seconds;
      before += headerBefore;
      after += headerAfter;
      count++;
      if (count >= width) flush();
    },
    finish: flush,
    formats,
    sizes,
  };
};
