/** The public ROHC-TCP corpus: an independent compressor's streams rebuilt, its sources carried both ways. */
import { describe, expect, it } from 'vitest';
import { errorOf } from '../src/index.js';
import {
  compressed,
  compressorOf,
  decompressed,
  decompressorOf,
  equal,
  expectDelivered,
  hexOf,
  printTable,
  tally,
} from './support/channel.js';
import {
  corpus,
  CORPUS_CONFIGURATIONS,
  type CorpusConfiguration,
  dataPresent,
  skipReason,
} from './support/data.js';

/** The two compressors of a stream take turns, each with a decompressor of its own. */
const PEER_DAMAGE = { k: 3, n: 10 } as const;

describe.skipIf(!dataPresent)(`the peer's streams${skipReason}`, () => {
  const formats = new Map<string, number>();
  const failures = new Map<string, number>();
  let packets = 0;
  let streams = 0;
  let unequal = 0;

  const check = (configuration: CorpusConfiguration): readonly string[] => {
    const examples: string[] = [];
    for (const source of corpus()) {
      streams++;
      const ends = [1, 2].map(() =>
        decompressorOf({
          cids: configuration.cids,
          damage: PEER_DAMAGE,
        }),
      );
      /** CIDs whose context was announced with a profile that is none of ours. */
      const foreign = [new Set<number>(), new Set<number>()];
      for (const { compressor, number, packet } of source.stream(configuration)) {
        packets++;
        const end = ends[compressor - 1];
        const original = source.packets[number - 1];
        if (end === undefined || original === undefined) throw new Error('no such packet');
        const result = decompressed(end, packet);
        if (typeof result === 'number') {
          const { _tag } = errorOf(result);
          const header = headerOf(packet, configuration.cids === 'large');
          const known = foreign[compressor - 1] ?? new Set();
          if (header.profile === 0x02) known.add(header.cid);
          const others = known.has(header.cid) ? 'profile 0x0002' : 'OWN PROFILE';
          tally(failures, `${others} ${header.profile < 0 ? 'CO' : 'IR'} ${_tag}`);
          if (others === 'OWN PROFILE' && examples.length < 10) {
            examples.push(
              `${source.name} ${configuration.name} #${number}: ${_tag} ${hexOf(packet).slice(0, 80)}`,
            );
          }
          continue;
        }
        foreign[compressor - 1]?.delete(end.lastCid());
        if (!equal(result, original)) {
          unequal++;
          if (examples.length < 10) {
            examples.push(`${source.name} ${configuration.name} #${number} differs`);
          }
        }
      }
      for (const end of ends) {
        for (const [name, count] of Object.entries(end.stats().formats))
          tally(formats, name, count);
      }
    }
    return examples;
  };

  for (const configuration of CORPUS_CONFIGURATIONS) {
    it(`rebuilds every packet of ${configuration.name}`, () => {
      expect(check(configuration)).toEqual([]);
    });
  }

  it('counts what there was, by profile and format', () => {
    printTable('packets of the peer by profile and format', [...formats].sort());
    printTable('refused', [...failures]);
    const delivered = [...formats.values()].reduce((sum, count) => sum + count, 0);
    expect({ streams, packets, unequal }).toEqual({ streams: 536, packets: 37_472, unequal: 0 });
    expect(delivered + [...failures.values()].reduce((sum, count) => sum + count, 0)).toBe(packets);
    // the one profile of the corpus that is none of ours: its IR packets, and what follows under their CIDs
    expect(Object.fromEntries(failures)).toEqual({
      'profile 0x0002 IR Unsupported': 140,
      'profile 0x0002 CO NotFound': 68,
    });
  });
});

describe.skipIf(!dataPresent)(`our own way there and back${skipReason}`, () => {
  const formats = new Map<string, number>();

  for (const { name, contexts, window, cids } of CORPUS_CONFIGURATIONS) {
    it(`carries every source packet as ${name}`, () => {
      let packets = 0;
      for (const source of corpus()) {
        for (const replication of [true, false]) {
          const config = { cids, maxCid: contexts - 1 } as const;
          const compressor = compressorOf({ ...config, window, replication, seed: packets });
          const decompressor = decompressorOf(config);
          for (const [index, packet] of source.packets.entries()) {
            const where = `${source.name} #${index + 1}`;
            expectDelivered(decompressor, compressed(compressor, packet), packet, where);
            packets++;
          }
          expect(decompressor.stats().repairs, source.name).toBe(0);
          const sent = compressor.stats().formats;
          expect(decompressor.stats().formats, source.name).toEqual(sent);
          for (const [format, count] of Object.entries(sent)) tally(formats, format, count);
        }
      }
      expect(packets).toBe(2 * 2342);
    });
  }

  it('counts what was sent, by profile and format', () => {
    printTable('our packets by profile and format', [...formats].sort());
    expect([...formats.values()].reduce((sum, count) => sum + count, 0)).toBe(8 * 2 * 2342);
  });
});

/** CID and, for an IR or IR-DYN packet, profile of a ROHC packet; feedback and padding in front are skipped. */
const headerOf = (packet: Uint8Array, large: boolean): { cid: number; profile: number } => {
  let at = 0;
  for (;;) {
    const octet = packet[at] ?? 0;
    if (octet === 0xe0) at++;
    else if ((octet & 0xf8) === 0xf0) {
      at += (octet & 7) === 0 ? 2 + (packet[at + 1] ?? 0) : 1 + (octet & 7);
    } else break;
  }
  let cid = 0;
  if (!large && ((packet[at] ?? 0) & 0xf0) === 0xe0) cid = (packet[at++] ?? 0) & 15;
  const type = packet[at++] ?? 0;
  if (large) {
    const first = packet[at++] ?? 0;
    cid = first < 0x80 ? first : ((first & 0x3f) << 8) | (packet[at++] ?? 0);
  }
  const ir = (type & 0xfe) === 0xfc || type === 0xf8;
  return { cid, profile: ir ? (packet[at] ?? 0) : -1 };
};
