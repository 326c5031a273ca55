/** How many octets our packets take: recorded acknowledgements and the public corpus, held against its compressor. */
import { describe, expect, it } from 'vitest';
import {
  compressed,
  compressorOf,
  decompressorOf,
  expectDelivered,
  printTable,
} from './support/channel.js';
import {
  ackPackets,
  corpus,
  CORPUS_CONFIGURATIONS,
  dataPresent,
  skipReason,
} from './support/data.js';

/** The bounds, and what was measured: a change that costs two per cent is worth noticing. */
const ACKS = [
  { name: 'nots', bound: 9.4, measured: 8.11 },
  { name: 'ts', bound: 18.5, measured: 15.7 },
  { name: 'loss', bound: 21.7, measured: 17.9 },
] as const;

interface Measured {
  readonly packets: number;
  readonly octets: number;
  readonly feedback: number;
}

/** Sends packets through a channel, its feedback (if any) back at once, and counts octets both ways. */
const measure = (
  packets: readonly Uint8Array[],
  config: Parameters<typeof compressorOf>[0] & object,
  feedback: boolean,
  ackInterval = 0,
): Measured => {
  const compressor = compressorOf(config);
  const { cids = 'small', maxCid } = config;
  const channel = { cids, ...(maxCid === undefined ? {} : { maxCid }) };
  const decompressor = decompressorOf({ ...channel, feedback, ackInterval });
  const back = new Uint8Array(1024);
  let octets = 0;
  let feedbackOctets = 0;
  for (const [index, packet] of packets.entries()) {
    const sent = compressed(compressor, packet);
    octets += sent.length;
    expectDelivered(decompressor, sent, packet, `packet ${index}`);
    if (!feedback) continue;
    const length = decompressor.takeFeedbackInto(back);
    feedbackOctets += length;
    if (length > 0) compressor.feedback(back, 0, length);
  }
  return { packets: packets.length, octets, feedback: feedbackOctets };
};

const percent = (a: number, b: number): string => `${((100 * a) / b).toFixed(1)} %`;

describe.skipIf(!dataPresent)(`acknowledgements of a kernel${skipReason}`, () => {
  const rows: string[][] = [['capture', 'feedback', 'mean', 'feedback', 'sum', 'bound']];
  for (const { name, bound, measured } of ACKS) {
    it(`acks_${name}: at most ${bound} octets on average`, () => {
      const packets = ackPackets(name);
      for (const feedback of [false, true]) {
        const config = { window: 4, repetitions: 4, refreshIr: 1700, refreshFo: 700 };
        const result = measure(packets, config, feedback);
        const mean = result.octets / result.packets;
        rows.push([
          `acks_${name}`,
          feedback ? 'on' : 'off',
          mean.toFixed(3),
          (result.feedback / result.packets).toFixed(3),
          ((result.octets + result.feedback) / result.packets).toFixed(3),
          String(bound),
        ]);
        expect(mean).toBeLessThanOrEqual(bound);
        expect(mean).toBeLessThanOrEqual(measured * 1.02);
      }
    });
  }
  it('prints the table', () => printTable('octets a packet, CID and TCP checksum included', rows));
});

describe.skipIf(!dataPresent)(`the corpus against its compressor${skipReason}`, () => {
  const rows: string[][] = [
    ['configuration', 'in', 'peer', 'ours', 'saved', 'of peer', 'with feedback', 'its octets'],
  ];

  for (const { name, contexts, window, cids } of CORPUS_CONFIGURATIONS) {
    it(`${name}: no more octets than the peer took`, () => {
      const configuration = { name, contexts, window, cids };
      let before = 0;
      let peer = 0;
      const ours = { off: 0, on: 0, feedback: 0 };
      for (const source of corpus()) {
        before += source.packets.reduce((sum, packet) => sum + packet.length, 0);
        // two compressors a stream; `.sizes` counts piggybacked feedback too
        peer += source.stream(configuration).reduce((sum, { octets }) => sum + octets, 0) / 2;
        const config = { cids, maxCid: contexts - 1, window };
        ours.off += measure(source.packets, config, false).octets;
        const on = measure(source.packets, config, true);
        ours.on += on.octets;
        ours.feedback += on.feedback;
      }
      rows.push([
        name,
        String(before),
        String(peer),
        String(ours.off),
        String(before - ours.off),
        percent(ours.off, peer),
        String(ours.on),
        String(ours.feedback),
      ]);
      expect(ours.off).toBeLessThanOrEqual(peer);
    });
  }

  it('prints the table', () => printTable('octets of the corpus', rows));
});
