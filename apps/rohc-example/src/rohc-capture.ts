/** Scenario `rohc-capture`: every IP packet of a capture through a compressor and a decompressor. */
import {
  COMPRESSED_EXPANSION_MAX,
  createCompressor,
  createDecompressor,
  errorOf,
  formatName,
} from '@liquid/rohc';
import { createIpSpan, ipPacketInto } from '@liquid/rohc/pcap';
import { visitCapture } from '@liquid/rohc/pcap/node';
import { type Corrupt, corrupt, decodeError } from '@liquid/types';
import {
  choiceField,
  defineScenario,
  fileField,
  integerField,
  numberField,
  type Report,
  type Scenario,
  type ScenarioError,
} from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import { inputChunks } from './input-chunks.js';
import { type Outcome, reportOf } from './rohc-report.js';
import { samples, sampleUrl } from './samples.js';
import { createTally } from './tally.js';

/** Largest IP packet that a capture can hold. */
const PACKET_MAX = 65_575;
/** Packets between two progress reports. */
const PROGRESS_PACKETS = 1000;

export const rohcCapture: Scenario = defineScenario({
  id: 'rohc-capture',
  title: 'Real TCP acknowledgements shrink',
  summary:
    'Sends every IP packet of a capture through a ROHC compressor and decompressor, checks that each comes back octet for octet, and shows what is left of the headers over time and by packet format. The shipped captures are recordings of a Linux kernel; any pcap or pcapng of yours will do.',
  tool: '@liquid/rohc',
  section: '3.1.4.2',
  trade: { dimension: 'cross-layer', spends: ['cpu', 'memory'], gains: ['bandwidth', 'airtime'] },
  needs: [],
  series: [
    {
      id: 'original',
      title: 'original headers',
      plot: 'headers',
      x: { title: 'time', unit: 's' },
      y: { title: 'header size', unit: 'B/packet' },
      form: 'line',
    },
    {
      id: 'rohc',
      title: 'ROHC headers',
      plot: 'headers',
      x: { title: 'time', unit: 's' },
      y: { title: 'header size', unit: 'B/packet' },
      form: 'line',
    },
  ],
  fields: {
    input: fileField({
      title: 'capture',
      description: 'A pcap or pcapng file, also gzipped; without it the shipped sample is taken.',
      accepts: ['.pcap', '.pcapng', '.gz'],
    }),
    sample: choiceField({
      title: 'sample',
      description: 'Which shipped capture is taken when no file is given.',
      choices: samples,
      default: 'acks-no-timestamps',
    }),
    window: integerField({
      title: 'window',
      description: 'References that the decompressor may hold (W-LSB width).',
      default: 4,
      min: 1,
      max: 256,
    }),
    repetitions: integerField({
      title: 'repetitions',
      description: 'Packets in a row that carry a change (L of the optimistic approach).',
      default: 4,
      min: 1,
      max: 254,
    }),
    loss: numberField({
      title: 'loss',
      description: 'Percentage of compressed packets lost at random between the two ends.',
      default: 0,
      min: 0,
      max: 50,
      unit: '%',
    }),
  },
  run: (input, context) => async (): Promise<E.Either<ScenarioError, Report>> => {
    const compressor = createCompressor({ window: input.window, repetitions: input.repetitions });
    const decompressor = createDecompressor();
    if (E.isLeft(compressor)) return compressor;
    if (E.isLeft(decompressor)) return decompressor;
    const sent = new Uint8Array(PACKET_MAX + COMPRESSED_EXPANSION_MAX);
    const back = new Uint8Array(PACKET_MAX);
    const span = createIpSpan();
    const tally = createTally(context);
    const losses = context.rng.fork('loss');
    const outcome: Outcome = {
      source: input.input ?? samples[input.sample],
      packets: 0,
      skipped: 0,
      lost: 0,
      undelivered: 0,
      different: 0,
      headerBefore: 0,
      headerAfter: 0,
      loss: input.loss,
    };
    let start = Number.NaN;
    let failure: Corrupt | ReturnType<typeof errorOf> | undefined;

    const visit: Parameters<typeof visitCapture>[1] = (step, reader) => {
      if (step !== 'record' || failure !== undefined) return;
      const { record } = reader;
      const length = ipPacketInto(record.linkType, record.bytes, record.start, record.length, span);
      if (length <= 0 || length > PACKET_MAX) {
        outcome.skipped++;
        return;
      }
      const from = span.offset;
      const size = compressor.right.compressInto(record.bytes, sent, 0, from, from + length);
      if (size < 0) {
        failure = errorOf(size, length);
        return;
      }
      const seconds = record.seconds + record.nanoseconds / 1e9;
      if (Number.isNaN(start)) start = seconds;
      const profile = compressor.right.lastProfile();
      const name = formatName(profile, compressor.right.lastFormat());
      // payload travels as it is: what the two sizes differ by, the headers do
      const payload = payloadOf(record.bytes, from, length, profile);
      const before = length - payload;
      const after = size - payload;
      const co = profile === 0x0006 && !name.startsWith('IR');
      // the deliverable counts a CID octet always, and the TCP checksum never
      const cidOctet = compressor.right.lastCid() === 0 ? 1 : 0;
      const acknowledgement = co && payload === 0 ? after - 2 + cidOctet : 0;
      outcome.packets++;
      outcome.headerBefore += before;
      outcome.headerAfter += after;
      tally.add(seconds - start, name, before, after, acknowledgement);
      if (outcome.packets % PROGRESS_PACKETS === 0) {
        context.progress({ done: outcome.packets, unit: 'packets', activity: 'compressing' });
      }
      if (input.loss > 0 && losses.float() * 100 < input.loss) {
        outcome.lost++;
        return;
      }
      const got = decompressor.right.decompressInto(sent, back, 0, 0, size);
      if (got < 0) {
        outcome.undelivered++;
      } else if (got !== length || !sameOctets(back, record.bytes, from, length)) {
        outcome.different++;
        if (input.loss === 0) {
          failure = corrupt({
            what: `packet ${record.index}`,
            expected: 'the original, octet for octet',
            actual: 'another packet',
          });
        }
      }
    };

    const { signal } = context;
    let end: E.Either<ScenarioError, unknown>;
    if (input.input === undefined) {
      end = await visitCapture(sampleUrl(input.sample), visit, { signal })();
    } else {
      const file = inputChunks(context, input.input);
      end = await visitCapture(file.chunks, visit, { signal })();
      const reading = file.outcome();
      if (E.isLeft(reading)) return reading;
    }
    tally.finish();
    if (failure !== undefined) return E.left(failure);
    // a capture cut off in its last record still shows what it holds; anything else is an error
    if (E.isLeft(end) && (end.left._tag !== 'Truncated' || outcome.packets === 0)) return end;
    if (outcome.packets === 0) {
      return E.left(
        decodeError({
          what: 'capture',
          expected: 'at least one IP packet',
          actualText: `${outcome.skipped} packets of other kinds`,
        }),
      );
    }
    context.progress({ done: outcome.packets, total: outcome.packets, unit: 'packets' });
    return E.right(reportOf(outcome, tally, E.isLeft(end) ? end.left.message : undefined));
  },
});

const sameOctets = (a: Uint8Array, b: Uint8Array, from: number, length: number): boolean => {
  for (let i = 0; i < length; i++) if (a[i] !== b[from + i]) return false;
  return true;
};

/** Octets behind the TCP header of a packet that went as profile 0x0006; elsewhere the packet counts whole. */
const payloadOf = (b: Uint8Array, from: number, length: number, profile: number): number => {
  if (profile !== 0x0006) return 0;
  const end = from + length;
  let at = from;
  let next = (b[at] as number) >>> 4 === 4 ? 4 : 41;
  // the compressor has taken the packet: its chain of headers is sound and ends in TCP
  while (next !== 6 && at < end) {
    if (next === 4) {
      next = b[at + 9] as number;
      at += 20;
    } else if (next === 41) {
      next = b[at + 6] as number;
      at += 40;
    } else if (next === 51) {
      next = b[at] as number;
      at += ((b[at + 1] as number) + 2) * 4;
    } else if (next === 0 || next === 43 || next === 60) {
      next = b[at] as number;
      at += ((b[at + 1] as number) + 1) * 8;
    } else {
      return 0;
    }
  }
  return Math.max(0, end - at - ((b[at + 12] as number) >>> 4) * 4);
};
