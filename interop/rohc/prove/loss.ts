/** Random loss and reordering: what is delivered wrong, against what a CRC of three bits explains, and for how long nothing is. */

import { COMPRESSED_EXPANSION_MAX, createCompressor, createDecompressor } from '@liquid/rohc';
import { createRng } from '@liquid/types';
import { ACK_CAPTURES, type AckCapture } from '../captures/packets.ts';
import { ackSource, type Source } from './material.ts';
import { percent, printTable, right, type Verdict } from './report.ts';

/** A line's misfortunes: shares of packets lost, and late by one. */
interface Line {
  readonly loss: number;
  readonly late: number;
  readonly feedback: boolean;
}

/** Packets that pass while feedback comes back. */
const ROUND_TRIP = 20;

/** Attempts at one packet at most: with the reference before, the reference, 16 packets more lost, the reference's flags. */
const ATTEMPTS = 4;

interface Losses {
  sent: number;
  lost: number;
  undelivered: number;
  wrong: number;
  /** Longest run of packets that came and were not delivered. */
  outage: number;
  nacks: number;
}

/**
 * Wrong deliveries that chance explains: of packets that meet a context that does not fit, each attempt passes a CRC-3
 * with 1/8. Four standard deviations are added.
 */
const falseAccepts = (bad: number): number => {
  const p = 1 - (7 / 8) ** ATTEMPTS;
  return bad * p + 4 * Math.sqrt(bad * p * (1 - p)) + (bad > 0 ? 1 : 0);
};

const back = new Uint8Array(65_575);

const overLine = ({ packets }: Source, line: Line, seed: number, total: Losses): void => {
  const rng = createRng(seed);
  const compressor = right(createCompressor({ seed }));
  const decompressor = right(createDecompressor({ feedback: line.feedback, ackInterval: 16 }));
  const returning: { readonly due: number; readonly element: Uint8Array }[] = [];
  const out = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
  let late: { readonly sent: Uint8Array; readonly packet: Uint8Array } | undefined;
  let outage = 0;
  const take = (sent: Uint8Array, length: number, packet: Uint8Array): void => {
    const again = decompressor.decompressInto(sent, back, 0, 0, length);
    if (again < 0) {
      total.undelivered++;
      outage++;
      total.outage = Math.max(total.outage, outage);
      return;
    }
    outage = 0;
    if (Buffer.compare(back.subarray(0, again), packet) !== 0) total.wrong++;
  };
  for (const [i, packet] of packets.entries()) {
    while ((returning[0]?.due ?? Number.POSITIVE_INFINITY) <= i) {
      // there is a first
      compressor.feedback((returning.shift() as { element: Uint8Array }).element);
    }
    const length = compressor.compressInto(packet, out);
    total.sent++;
    if (rng.boolean(line.loss)) total.lost++;
    else if (late === undefined && rng.boolean(line.late))
      late = { sent: out.slice(0, length), packet };
    else {
      take(out, length, packet);
      if (late !== undefined) {
        take(late.sent, late.sent.length, late.packet);
        late = undefined;
      }
    }
    for (const element of decompressor.takeFeedback()) {
      returning.push({ due: i + ROUND_TRIP, element });
    }
  }
  total.nacks += decompressor.stats().feedback.produced;
};

/** Sweeps 1 % and 5 % of loss, with and without feedback and lateness, over all captures and so many seeds. */
export const proveLoss = async (seeds: number): Promise<Verdict> => {
  const rows: (string | number)[][] = [];
  let wrong = 0;
  let beyond = 0;
  let sent = 0;
  for (const name of Object.keys(ACK_CAPTURES) as AckCapture[]) {
    const source = await ackSource(name);
    for (const feedback of [false, true]) {
      for (const [loss, late] of [
        [0, 0.01],
        [0.01, 0],
        [0.05, 0],
        [0.05, 0.01],
      ] as const) {
        const total: Losses = { sent: 0, lost: 0, undelivered: 0, wrong: 0, outage: 0, nacks: 0 };
        for (let seed = 1; seed <= seeds; seed++) {
          overLine(source, { loss, late, feedback }, seed, total);
        }
        const bound = falseAccepts(total.undelivered + total.wrong);
        if (total.wrong > bound) beyond++;
        wrong += total.wrong;
        sent += total.sent;
        rows.push([
          name,
          `${100 * loss} %`,
          `${100 * late} %`,
          feedback ? 'on' : 'off',
          total.sent,
          total.lost,
          `${total.undelivered} (${percent(total.undelivered, total.sent)})`,
          total.wrong,
          bound.toFixed(0),
          total.outage,
          total.nacks,
        ]);
      }
    }
  }
  printTable(
    `loss and reordering, ${seeds} seeds each, feedback back after ${ROUND_TRIP} packets`,
    [
      [
        'capture',
        'lost',
        'late by one',
        'feedback',
        'sent',
        'lost',
        'came, not delivered',
        'false accepts',
        'chance explains',
        'longest outage',
        'feedback elements',
      ],
      ...rows,
    ],
  );
  return {
    good: beyond === 0,
    summary: `loss: ${sent.toLocaleString('en-US')} packets in ${rows.length} sweeps, ${wrong} false accepts, ${beyond} sweeps with more than chance explains`,
  };
};
