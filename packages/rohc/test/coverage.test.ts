/** Every packet format, made by our compressor and read by our decompressor, over every kind of header stack. */
import { describe, expect, it } from 'vitest';
import { formatName } from '../src/index.js';
import { TCP_FORMAT_NAMES } from '../src/profiles/tcp/formats.js';
import { IP_FORMATS } from '../src/profiles/ip/formats.js';
import { UNCOMPRESSED_FORMATS } from '../src/profiles/uncompressed.js';
import { createFlow as createIpFlow, type LevelSpec } from './ip-support.js';
import {
  compressed,
  compressorOf,
  createRandom,
  decompressorOf,
  expectDelivered,
  printTable,
  tally,
} from './support/channel.js';
import {
  createFlow,
  type FlowSpec,
  type IdBehaviour,
  STACK_NAMES,
  STACKS,
} from './support/flows.js';

/** Seeds tried for each cell of a stack's column; enough for the rarest format. */
const SEEDS = 10;
const PACKETS = 110;

type Counts = Map<string, number>;

/** Sends what `next` gives through a channel and counts formats on both ends: they must agree. */
const run = (
  config: Parameters<typeof compressorOf>[0] & object,
  packets: number,
  next: () => Uint8Array,
  counts: Counts,
): void => {
  const compressor = compressorOf(config);
  const decompressor = decompressorOf({ cids: config.cids ?? 'small' });
  for (let i = 0; i < packets; i++) {
    const packet = next();
    const sent = compressed(compressor, packet);
    expectDelivered(decompressor, sent, packet, `packet ${i}`);
    const profile = decompressor.lastProfile();
    tally(counts, `${profile} ${formatName(profile, decompressor.lastFormat())}`);
  }
  expect(decompressor.stats().formats).toEqual(compressor.stats().formats);
};

/** The table: a count where a format was sent and read, `–` where it can't be; an empty cell fails. */
const show = (
  title: string,
  profile: number,
  formats: readonly string[],
  columns: readonly { readonly name: string; readonly counts: Counts }[],
  ruledOut: (format: string, column: string) => boolean,
  reason: string,
): void => {
  const missing: string[] = [];
  const rows = formats.map((format) => [
    format,
    ...columns.map(({ name, counts }) => {
      const count = counts.get(`${profile} ${format}`) ?? 0;
      if (ruledOut(format, name)) {
        expect(count, `${format} over ${name}`).toBe(0);
        return '–';
      }
      if (count === 0) missing.push(`${format} over ${name}`);
      return count;
    }),
  ]);
  printTable(`${title}\n(– ${reason})`, [['', ...columns.map(({ name }) => name)], ...rows]);
  expect(missing).toEqual([]);
};

describe('profile 0x0006', () => {
  const columns = STACK_NAMES.map((name) => ({ name, counts: new Map<string, number>() }));
  const innermostIsV6 = (name: string): boolean => {
    const stack: readonly string[] = STACKS[name as (typeof STACK_NAMES)[number]];
    return stack.findLast((header) => header === 'v4' || header === 'v6') === 'v6';
  };

  for (const { name, counts } of columns) {
    it(`over ${name}`, () => {
      const ids: readonly IdBehaviour[] = ['sequential', 'swapped', 'random', 'zero'];
      for (let seed = 0; seed < SEEDS; seed++) {
        for (const traffic of ['acks', 'data', 'both'] as const) {
          for (const id of innermostIsV6(name) ? (['random'] as const) : ids) {
            const spec = (more: number): FlowSpec => ({
              seed: seed * 10 + more,
              stack: name,
              id,
              wildness: [0, 3, 20, 60][seed & 3] as number,
              traffic,
              timestamps: (seed & 1) === 1,
              hosts: seed,
            });
            // two flows between the same hosts: the second is replicated from the first
            const flows = [createFlow(spec(0)), createFlow(spec(1))] as const;
            const random = createRandom(seed);
            let sent = 0;
            const next = (): Uint8Array => flows[sent++ > 8 && random(4) === 0 ? 1 : 0]();
            const cids = (seed & 4) === 0 ? 'small' : 'large';
            run({ cids, window: (seed & 8) === 0 ? 4 : 64 }, PACKETS, next, counts);
          }
        }
      }
    });
  }

  it('leaves no cell of the table empty', () => {
    show(
      'ROHC-TCP packet formats by header stack (outermost first)',
      0x0006,
      TCP_FORMAT_NAMES,
      columns,
      (format, column) => format.startsWith('seq_') && innermostIsV6(column),
      'RFC 6846 section 8.2: seq_1 to seq_8 carry the IP-ID of the innermost header, which IPv6 has not; over IPv6 the rnd_ set is used',
    );
  });
});

describe('profile 0x0004', () => {
  const level = (version: 4 | 6, id: LevelSpec['id'], calm: boolean): LevelSpec => ({
    version,
    id,
    tosEvery: calm ? 90 : 9,
    ttlEvery: calm ? 130 : 13,
    dfEvery: calm ? 0 : 31,
    listEvery: 0,
  });
  const stacks: Record<string, readonly (4 | 6)[]> = {
    v4: [4],
    v6: [6],
    'v4/v4': [4, 4],
    'v4/v6': [4, 6],
    'v6/v4': [6, 4],
    'v6/v6': [6, 6],
  };
  const columns = Object.keys(stacks).map((name) => ({ name, counts: new Map<string, number>() }));

  for (const { name, counts } of columns) {
    it(`over ${name}`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const ids = ['sequential', 'jumping', 'swapped', 'jumping', 'random', 'mixed'] as const;
        const levels = (stacks[name] ?? []).map((version, i) =>
          level(version, ids[(seed + i * 2) % ids.length] as LevelSpec['id'], seed > 20),
        );
        // a protocol that no profile of TCP would take
        const next = createIpFlow({ seed, levels, protocol: 17 });
        const window = [4, 20, 64, 200][seed & 3] as number;
        run(
          { window, refreshFo: 70, cids: (seed & 4) === 0 ? 'small' : 'large' },
          150,
          next,
          counts,
        );
      }
    });
  }

  it('leaves no cell of the table empty', () => {
    const v4 = (column: string): number => (stacks[column] ?? []).filter((v) => v === 4).length;
    show(
      'profile 0x0004 packet formats by header stack (outermost first)',
      0x0004,
      IP_FORMATS,
      columns,
      (format, column) =>
        (['UO-1', 'UOR-2-ext0', 'UOR-2-ext1'].includes(format) && v4(column) === 0) ||
        (format === 'UOR-2-ext2' && v4(column) < 2),
      'RFC 3095 sections 5.7.3 and 5.7.5: UO-1, extensions 0 and 1 carry bits of an IP-ID, extension 2 of two',
    );
  });
});

describe('profile 0x0000', () => {
  const columns = ['IPv4 fragment', 'IPv6 fragment', 'not IP'].map((name) => ({
    name,
    counts: new Map<string, number>(),
  }));
  const samples: Record<string, Uint8Array> = {
    'IPv4 fragment': Uint8Array.of(
      0x45,
      0,
      0,
      28,
      0,
      1,
      0x20,
      5,
      64,
      6,
      0,
      0,
      ...new Array<number>(16).fill(7),
    ),
    'IPv6 fragment': Uint8Array.of(
      0x60,
      0,
      0,
      0,
      0,
      12,
      44,
      64,
      ...new Array<number>(32).fill(3),
      6,
      0,
      0,
      9,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
    ),
    'not IP': Uint8Array.of(0x12, 0x34, 0x56),
  };

  for (const { name, counts } of columns) {
    it(name, () => {
      for (const cids of ['small', 'large'] as const) {
        // without 0x0004 that would take an IP header alone
        const config = { cids, profiles: [0x0000, 0x0006] } as const;
        run(config, 20, () => samples[name] as Uint8Array, counts);
      }
    });
  }

  it('leaves no cell of the table empty', () => {
    const never = (): boolean => false;
    show('profile 0x0000 packet formats', 0x0000, UNCOMPRESSED_FORMATS, columns, never, 'none');
  });
});
