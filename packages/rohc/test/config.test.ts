/** Configurations: defaults, limits, and errors that name the field. */
import type { Decode } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  type Compressor,
  type CompressorConfig,
  CompressorConfigCodec,
  CompressorStatsCodec,
  createCompressor,
  createDecompressor,
  type Decompressor,
  type DecompressorConfig,
  DecompressorConfigCodec,
  DecompressorStatsCodec,
  defaultCompressorConfig,
  defaultDecompressorConfig,
} from '../src/index.js';
import {
  compressed,
  compressorOf,
  decompressed,
  decompressorOf,
  left,
  right,
} from './support/channel.js';
import { createAckFlow } from './support/flows.js';

/** Values that each field refuses. */
const channel: Record<string, readonly unknown[]> = {
  cids: ['medium', 1, null],
  maxCid: [-1, 1.5, 16_384, '3', Number.NaN],
  profiles: [[1], [0, 6, 0x0104], 6, 'all'],
  elideTcpChecksum: [0, 'no'],
};
const compressorFields: Record<string, readonly unknown[]> = {
  ...channel,
  window: [0, 257, -4, 1.5, '4', Number.POSITIVE_INFINITY],
  repetitions: [0, 256, null],
  refreshIr: [-1, 2 ** 32, 0.5],
  refreshFo: [-1, 2 ** 32, true],
  replication: [1, 'yes'],
  seed: [-1, 0.1, 2 ** 53],
};
const decompressorFields: Record<string, readonly unknown[]> = {
  ...channel,
  feedback: [1, 'on'],
  ackInterval: [-1, 0x10000],
  nackInterval: [0, 0x10000, 'often'],
  damage: [{ k: 0, n: 4 }, { k: 2, n: 32 }, { k: 5, n: 4 }, { k: 1 }, 3],
  repair: [0],
  feedbackQueue: [0, 65_537],
};

describe('createCompressor', () => {
  it('takes the defaults, which the codec takes as well', () => {
    expect(right(createCompressor()).config).toEqual(defaultCompressorConfig);
    expect(CompressorConfigCodec.is(defaultCompressorConfig)).toBe(true);
    expect(Object.keys(compressorFields).sort()).toEqual(
      Object.keys(defaultCompressorConfig).sort(),
    );
  });

  for (const [field, values] of Object.entries(compressorFields)) {
    it(`refuses a wrong ${field} and names it`, () => {
      for (const value of values) {
        const config = { [field]: value } as unknown as Partial<CompressorConfig>;
        const error = left(createCompressor(config));
        expect(error._tag).toBe('Decode');
        expect(error.path).toContain(field);
        expect(error.message).toContain(field);
      }
    });
  }

  it('takes the limits', () => {
    for (const config of [
      { window: 1 },
      { window: 256, repetitions: 254 },
      { repetitions: 1, refreshIr: 0, refreshFo: 0xffffffff },
      { seed: Number.MAX_SAFE_INTEGER, profiles: [] },
      { cids: 'large', maxCid: 16_383 },
      { cids: 'small', maxCid: 0 },
    ] as const) {
      expect(right(createCompressor(config)).config).toEqual({
        ...defaultCompressorConfig,
        ...('cids' in config || !('maxCid' in config) ? {} : { maxCid: 15 }),
        ...config,
      });
    }
  });
});

describe('createDecompressor', () => {
  it('takes the defaults, which the codec takes as well', () => {
    expect(right(createDecompressor()).config).toEqual(defaultDecompressorConfig);
    expect(DecompressorConfigCodec.is(defaultDecompressorConfig)).toBe(true);
    expect(Object.keys(decompressorFields).sort()).toEqual(
      Object.keys(defaultDecompressorConfig).sort(),
    );
  });

  for (const [field, values] of Object.entries(decompressorFields)) {
    it(`refuses a wrong ${field} and names it`, () => {
      for (const value of values) {
        const config = { [field]: value } as unknown as Partial<DecompressorConfig>;
        const error = left(createDecompressor(config));
        expect(error._tag).toBe('Decode');
        expect(error.path).toContain(field);
      }
    });
  }
});

type Channel = Pick<CompressorConfig, 'cids' | 'maxCid'>;
const compressorConfig = (config: Partial<Channel>): E.Either<Decode, Channel> =>
  E.map(({ config: read }: Compressor) => read)(createCompressor(config));
const decompressorConfig = (config: Partial<Channel>): E.Either<Decode, Channel> =>
  E.map(({ config: read }: Decompressor) => read)(createDecompressor(config));

describe('both', () => {
  it('know how far each kind of CID goes', () => {
    for (const create of [compressorConfig, decompressorConfig]) {
      expect(right(create({ cids: 'large' })).maxCid).toBe(16_383);
      expect(right(create({ cids: 'small' })).maxCid).toBe(15);
      expect(right(create({ cids: 'large', maxCid: 3 })).maxCid).toBe(3);
      const error = left(create({ cids: 'small', maxCid: 16 }));
      expect([error.path, error._tag]).toEqual(['maxCid', 'Decode']);
    }
  });

  it('take undefined for "the default", null for a mistake, and anything that is no object', () => {
    const undefinedFields = {
      window: undefined,
      maxCid: undefined,
    } as unknown as Partial<CompressorConfig>;
    expect(right(createCompressor(undefinedFields)).config).toEqual(defaultCompressorConfig);
    for (const create of [compressorConfig, decompressorConfig]) {
      for (const value of [null, 3, 'x', [1]]) {
        expect(['Left', 'Right']).toContain(create(value as unknown as object)._tag);
      }
      expect(left(create(null as unknown as object))._tag).toBe('Decode');
    }
  });

  it('a profile that is not among those of the channel is not used; 0x0000 always is', () => {
    const packet = createAckFlow()();
    const profileOf = (profiles: CompressorConfig['profiles']): number => {
      const compressor = compressorOf({ profiles });
      compressed(compressor, packet);
      return compressor.lastProfile();
    };
    expect([profileOf([0, 4, 6]), profileOf([4]), profileOf([]), profileOf([6])]).toEqual([
      6, 4, 0, 6,
    ]);
    const sent = compressed(compressorOf(), packet);
    expect(decompressed(decompressorOf({ profiles: [4] }), sent)).toBe(-4);
  });

  it('statistics pass their codecs, before and after packets', () => {
    const compressor = compressorOf();
    const decompressor = decompressorOf({ feedback: true });
    const next = createAckFlow();
    for (let i = 0; i < 6; i++) {
      expect(CompressorStatsCodec.is(compressor.stats())).toBe(true);
      expect(DecompressorStatsCodec.is(decompressor.stats())).toBe(true);
      decompressed(decompressor, compressed(compressor, next()));
    }
    const [sent, received] = [compressor.stats(), decompressor.stats()];
    expect([sent.packets, received.delivered]).toEqual([6, 6]);
    expect([sent.bytesIn, sent.headerBytesIn, received.bytesOut]).toEqual([240, 240, 240]);
    expect([sent.bytesOut, sent.headerBytesOut]).toEqual([received.bytesIn, received.bytesIn]);
  });

  it('the same seed gives the same packets, another one another MSN', () => {
    const first = (seed: number): string =>
      Buffer.from(compressed(compressorOf({ seed }), createAckFlow()())).toString('hex');
    expect(first(7)).toBe(first(7));
    expect(new Set([1, 2, 3, 4].map(first)).size).toBe(4);
  });

  it('the Either face says what the hot path says', () => {
    const compressor = compressorOf();
    const decompressor = decompressorOf();
    const packet = createAckFlow()();
    const sent = right(compressor.compress(packet));
    expect([sent.cid, sent.profile, sent.format]).toEqual([0, 6, 'IR']);
    const back = right(decompressor.decompress(sent.packet));
    expect(back).toEqual({ packet, cid: 0, profile: 6, format: 'IR', feedback: [] });
    expect(right(decompressor.decompress(Uint8Array.of(0xe0, 0xf1, 0x2a, 0xe0)))).toEqual({
      packet: undefined,
      cid: -1,
      profile: -1,
      format: '',
      feedback: [Uint8Array.of(0xf1, 0x2a)],
    });
    expect(left(decompressor.decompress(Uint8Array.of(0xe5, 0x00, 0x00)))._tag).toBe('NotFound');
    expect(left(decompressor.decompress(Uint8Array.of(0xfe, 1, 2)))._tag).toBe('Unsupported');
    expect(left(decompressor.decompress(Uint8Array.of(0xfd)))._tag).toBe('Truncated');
    expect(left(compressor.compress(new Uint8Array(0)))._tag).toBe('Unsupported');
  });
});
