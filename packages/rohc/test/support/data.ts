/** Test data: the public ROHC-TCP corpus, malformed inputs and recorded acknowledgements; needs `LIQUID_TEST_DATA`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import {
  createCaptureReader,
  createIpSpan,
  ipPacketInto,
  ipSpanInto,
  LINKTYPE_ETHERNET,
  rohcPacketInto,
} from '../../src/pcap/index.js';
import { right } from './channel.js';

const root = process.env['LIQUID_TEST_DATA'];
const folder = join(root ?? '', 'rohc');

export const dataPresent = root !== undefined && existsSync(folder);
/** To stand behind a suite's name: why it is skipped. */
export const skipReason = dataPresent
  ? ''
  : ' (skipped: LIQUID_TEST_DATA names no folder with rohc/ in it)';

interface Frame {
  readonly linkType: number;
  readonly data: Uint8Array;
}

/** All whole records of a capture; a truncated end is left out. */
const framesOf = (bytes: Uint8Array): readonly Frame[] => {
  const frames: Frame[] = [];
  const reader = right(createCaptureReader({}));
  const take = (items: Iterable<E.Either<unknown, { readonly _tag: string }>>): void => {
    for (const item of items) {
      if (E.isLeft(item)) return;
      const event = item.right as { _tag: string; record?: Frame };
      if (event._tag === 'Record' && event.record !== undefined) {
        frames.push({ linkType: event.record.linkType, data: event.record.data });
      }
    }
  };
  take(reader.push(bytes));
  take(reader.end());
  return frames;
};

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

/** One of the eight ways in which the peer compressed each source. */
export interface CorpusConfiguration {
  readonly name: string;
  readonly contexts: 1 | 16;
  readonly window: 4 | 64;
  readonly cids: 'small' | 'large';
}

export const CORPUS_CONFIGURATIONS: readonly CorpusConfiguration[] = ([1, 16] as const).flatMap(
  (contexts) =>
    ([4, 64] as const).flatMap((window) =>
      (['small', 'large'] as const).map((cids) => ({
        name: `rohc_maxcontexts${contexts === 1 ? 1 : 0}_wlsb${window}_${cids}cid`,
        contexts,
        window,
        cids,
      })),
    ),
);

/** One packet of a stream, by which of the two compressors, and the peer's count of its octets. */
export interface StreamPacket {
  readonly compressor: number;
  readonly number: number;
  readonly octets: number;
  readonly packet: Uint8Array;
}

/** A source capture with the streams that the peer made of it. */
export interface CorpusSource {
  readonly name: string;
  readonly packets: readonly Uint8Array[];
  readonly stream: (configuration: CorpusConfiguration) => readonly StreamPacket[];
}

/** Network packets as the peer saw them: whatever the EtherType says, padding taken off. */
const networkPackets = (frames: readonly Frame[]): readonly Uint8Array[] => {
  const span = createIpSpan();
  return frames.map(({ linkType, data }) => {
    const at = linkType === LINKTYPE_ETHERNET ? 14 : 0;
    ipSpanInto(data, at, data.length - at, span);
    return data.slice(span.offset, span.offset + span.length);
  });
};

let sources: readonly CorpusSource[] | undefined;

/** The corpus, read once. */
export const corpus = (): readonly CorpusSource[] => {
  if (sources !== undefined) return sources;
  const top = join(folder, 'rfc6846');
  sources = readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('source.pcap'))
    .sort()
    .map((path) => {
      const name = path.replace(/\/source\.pcap$/, '');
      return {
        name,
        packets: networkPackets(framesOf(read(join(top, path)))),
        stream: (configuration) => {
          const file = join(top, name, configuration.name);
          const sizes = readFileSync(`${file}.sizes`, 'utf8').trim().split('\n');
          const span = createIpSpan();
          return framesOf(read(`${file}.pcap`)).map(({ linkType, data }, index) => {
            const [compressor, number, octets] = (sizes[index] ?? '')
              .split('\t')
              .map((field) => Number(field.split('=')[1]));
            if (compressor === undefined || number === undefined || octets === undefined) {
              throw new Error(`no size for frame ${index} of ${file}`);
            }
            rohcPacketInto(linkType, data, 0, data.length, span);
            const packet = data.slice(span.offset, span.offset + span.length);
            return { compressor, number, octets, packet };
          });
        },
      };
    });
  return sources;
};

const acks = new Map<string, readonly Uint8Array[]>();

/** Acknowledgement streams of a Linux kernel; the snap length cut the one data packet of each, left out here. */
export const ackPackets = (name: 'nots' | 'ts' | 'loss'): readonly Uint8Array[] => {
  const known = acks.get(name);
  if (known !== undefined) return known;
  const bytes = gunzipSync(readFileSync(join(folder, 'acks', `acks_${name}.pcap.gz`)));
  const span = createIpSpan();
  const packets = framesOf(new Uint8Array(bytes)).flatMap(({ linkType, data }) => {
    const length = ipPacketInto(linkType, data, 0, data.length, span);
    return length > 0 && span.missing === 0
      ? [data.slice(span.offset, span.offset + span.length)]
      : [];
  });
  acks.set(name, packets);
  return packets;
};

/** The malformed inputs: ROHC packets by file. */
export const malformedFiles = (): readonly {
  readonly name: string;
  readonly packets: readonly Uint8Array[];
}[] =>
  readdirSync(join(folder, 'malformed'))
    .filter((name) => name.endsWith('.pcap'))
    .sort()
    .map((name) => {
      const span = createIpSpan();
      const packets = framesOf(read(join(folder, 'malformed', name))).map(({ linkType, data }) => {
        rohcPacketInto(linkType, data, 0, data.length, span);
        return data.slice(span.offset, span.offset + span.length);
      });
      return { name, packets };
    });
