/** Profile 0x0004 (RFC 3843): what our compressor writes, our decompressor gives back, also when packets are lost. */
import { describe, expect, it } from 'vitest';
import {
  IP_FORMATS,
  IpCompressorContext,
  IpDecompressorContext,
} from '../src/profiles/ip/index.js';
import {
  compressed,
  createFlow,
  createRandom,
  decompressed,
  type IpIdBehaviour,
  type LevelSpec,
} from './ip-support.js';
import { cases } from './pcap-support.js';

const BEHAVIOURS: readonly IpIdBehaviour[] = [
  'sequential',
  'swapped',
  'constant',
  'random',
  'jumping',
  'mixed',
];
const PACKETS = 200;

const pick = <A>(random: (below: number) => number, from: readonly A[]): A =>
  from[random(from.length)] as A;

/** A flow and a pair of contexts that follow from the seed alone. */
const setUp = (seed: number, wideWindow: boolean) => {
  const random = createRandom(seed);
  const levels: LevelSpec[] = Array.from({ length: 1 + random(4) }, () => ({
    version: random(2) === 0 ? 4 : 6,
    id: pick(random, BEHAVIOURS),
    tosEvery: pick(random, [0, 5, 50]),
    ttlEvery: pick(random, [0, 7, 60]),
    dfEvery: pick(random, [0, 40]),
    listEvery: pick(random, [0, 0, 9, 60]),
  }));
  const large = random(2) === 1;
  const cid = pick(random, large ? [0, 5, 127, 128, 16383] : [0, 1, 15]);
  const repetitions = pick(random, [1, 2, 4, 6]);
  const width = pick(random, [1, 4, 16, 32, 64, 256]);
  const compressor = new IpCompressorContext({
    cid,
    large,
    repetitions,
    windowWidth: wideWindow ? Math.max(width, repetitions) : width,
    refreshIr: pick(random, [1700, 50]),
    refreshFo: pick(random, [700, 20]),
    sn: random(0x10000),
  });
  const decompressor = new IpDecompressorContext({ cid, large });
  const next = createFlow({ seed: seed + 1, levels, protocol: 17 });
  const shape = `${levels.length > 2 ? '3+' : levels.length} × ${[...new Set(levels.map((l) => `IPv${l.version}`))].sort().join('/')}`;
  return { random, large, repetitions, compressor, decompressor, next, shape };
};

const octets = (packet: Uint8Array | number): Uint8Array => {
  if (typeof packet === 'number') throw new Error(`code ${packet}`);
  return packet;
};

/** A comparison of octets first: `toEqual` takes a hundred times as long. */
const expectSame = (got: Uint8Array | number, packet: Uint8Array, where: string): void => {
  if (typeof got === 'number' || Buffer.compare(got, packet) !== 0) {
    expect(got, where).toEqual(packet);
  }
};

describe('profile 0x0004', () => {
  it('gives every packet back, in every format', () => {
    const coverage = new Map<string, Map<string, number>>();
    // fewer flows would not meet every format with every shape
    for (let seed = 1; seed <= Math.max(400, cases(0.004)); seed++) {
      const { large, compressor, decompressor, next, shape } = setUp(seed, false);
      for (let i = 0; i < PACKETS; i++) {
        const packet = next();
        const sent = octets(compressed(compressor, packet));
        expectSame(decompressed(decompressor, sent, large), packet, `seed ${seed} packet ${i}`);
        if (decompressor.lastFormat !== compressor.lastFormat) {
          expect(decompressor.lastFormat).toBe(compressor.lastFormat);
        }
        const name = IP_FORMATS[compressor.lastFormat] as string;
        const row = coverage.get(name) ?? new Map<string, number>();
        coverage.set(name, row.set(shape, (row.get(shape) ?? 0) + 1));
      }
    }
    const table = [...coverage].sort().map(([name, row]) => {
      const counts = [...row].sort().map(([shape, count]) => `${shape}: ${count}`);
      return `${name.padEnd(10)} ${counts.join(', ')}`;
    });
    console.log(`packets by format and IP headers (profile 0x0004)\n${table.join('\n')}`);
    // UO-1 and extensions 0 to 2 are about IPv4's identification, extension 2 about two of them; without one UOR-2 is
    // sent where UO-1 could be
    const everywhere = ['1 × IPv4', '1 × IPv6', '2 × IPv4', '2 × IPv6', '2 × IPv4/IPv6'];
    for (const name of IP_FORMATS) {
      const shapes = name.endsWith('ext2')
        ? ['2 × IPv4']
        : /^UO-1$|ext[01]$/.test(name)
          ? ['1 × IPv4', '2 × IPv4', '2 × IPv4/IPv6']
          : everywhere;
      for (const shape of shapes) {
        expect(coverage.get(name)?.get(shape) ?? 0, `${name} of ${shape}`).toBeGreaterThan(0);
      }
    }
  });

  it('survives any loss of fewer packets in a row than there are repetitions', () => {
    for (let seed = 1; seed <= cases(0.004); seed++) {
      const { random, large, repetitions, compressor, decompressor, next } = setUp(seed, true);
      let lost = 0;
      for (let i = 0; i < PACKETS; i++) {
        const packet = next();
        const sent = octets(compressed(compressor, packet));
        if (lost < repetitions - 1 && random(3) === 0) {
          lost++;
          continue;
        }
        lost = 0;
        expectSame(decompressed(decompressor, sent, large), packet, `seed ${seed} packet ${i}`);
      }
    }
  });

  for (const percent of [1, 5]) {
    it(`delivers nothing wrong under ${percent} % random loss beyond what the CRCs let pass`, () => {
      let delivered = 0;
      let refused = 0;
      let wrong = 0;
      for (let seed = 1; seed <= cases(0.004); seed++) {
        const { random, large, compressor, decompressor, next } = setUp(seed, false);
        for (let i = 0; i < PACKETS; i++) {
          const packet = next();
          const sent = octets(compressed(compressor, packet));
          if (random(100) < percent) continue;
          const got = decompressed(decompressor, sent, large);
          if (typeof got === 'number') refused++;
          else if (Buffer.compare(got, packet) !== 0) wrong++;
          else delivered++;
        }
      }
      console.log(`${percent} % loss: ${delivered} delivered, ${refused} refused, ${wrong} wrong`);
      expect(delivered).toBeGreaterThan(0);
      // a CRC-3 lets one of eight damaged headers pass, and the damage shows after a few of them
      expect(wrong).toBeLessThanOrEqual((refused + wrong) / 8);
    });
  }

  it('delivers nothing wrong when neighbours change places, but for what the CRCs let pass', () => {
    let refused = 0;
    let wrong = 0;
    let delivered = 0;
    for (let seed = 1; seed <= cases(0.002); seed++) {
      const { random, large, compressor, decompressor, next } = setUp(seed, true);
      const line: { packet: Uint8Array; sent: Uint8Array }[] = [];
      for (let i = 0; i < PACKETS; i++) {
        const packet = next();
        line.push({ packet, sent: octets(compressed(compressor, packet)) });
      }
      for (let i = 4; i + 1 < PACKETS; i++) {
        if (random(20) === 0) line.splice(i, 2, line[i + 1] as never, line[i] as never);
      }
      for (const { packet, sent } of line) {
        const got = decompressed(decompressor, sent, large);
        if (typeof got === 'number') refused++;
        else if (Buffer.compare(got, packet) !== 0) wrong++;
        else delivered++;
      }
    }
    console.log(`reordering: ${delivered} delivered, ${refused} refused, ${wrong} wrong`);
    expect(wrong).toBeLessThanOrEqual((refused + wrong) / 8);
  });
});
