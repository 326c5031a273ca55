/** The dissector: trees tile their packets, say what the decompressor says, and survive anything. */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  createDissector,
  type Decompressed,
  dissect,
  type Dissector,
  leavesOf,
  renderTree,
  type RohcError,
  type RohcPacketTree,
  RohcPacketTreeCodec,
  viewOf,
} from '../src/index.js';
import { createHeaderChain, IPV4, parseHeaderChain } from '../src/internal/header-chain.js';
import { channelSpec, flowSpec } from './support/arbitrary.js';
import {
  cases,
  compressed,
  compressorOf,
  createRandom,
  hexOf,
  left,
  NO_DAMAGE,
  printTable,
  right,
  tally,
} from './support/channel.js';
import {
  corpus,
  CORPUS_CONFIGURATIONS,
  dataPresent,
  malformedFiles,
  skipReason,
} from './support/data.js';
import { createFlow } from './support/flows.js';

const dissectorOf = (config: Parameters<typeof createDissector>[0] = {}): Dissector =>
  right(createDissector(config));

/** Throws unless the leaves cover each bit once and in order, and groups are as long as their leaves. */
const expectTiled = (tree: RohcPacketTree, where: string): void => {
  let at = 0;
  for (const { name, bitOffset, bitLength } of leavesOf(tree.nodes)) {
    if (bitOffset !== at || bitLength <= 0)
      throw new Error(`${where}: ${name} at ${bitOffset}, not ${at}`);
    at += bitLength;
  }
  if (at !== tree.length * 8) throw new Error(`${where}: ${at} bits of ${tree.length * 8}`);
  const groups = (nodes: RohcPacketTree['nodes']): void => {
    for (const node of nodes) {
      if (node.children === undefined) continue;
      const sum = node.children.reduce((bits, child) => bits + child.bitLength, 0);
      if (sum !== node.bitLength || node.children[0]?.bitOffset !== node.bitOffset) {
        throw new Error(`${where}: group ${node.name}`);
      }
      groups(node.children);
    }
  };
  groups(tree.nodes);
};

const u16 = (b: Uint8Array, at: number): number => ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 65536 + u16(b, at + 2);

/** The values that a tree resolved and those of the packet that was delivered. */
const expectAgrees = (tree: RohcPacketTree, packet: Uint8Array, where: string): void => {
  const chain = createHeaderChain();
  parseHeaderChain(packet, 0, packet.length, chain);
  const ip = chain.offset[chain.innermost] ?? 0;
  const actual: Record<string, number> = {};
  if (chain.tcp) {
    actual['seq_number'] = u32(packet, chain.inner + 4);
    actual['ack_number'] = u32(packet, chain.inner + 8);
    actual['window'] = u16(packet, chain.inner + 14);
  }
  if (chain.kind[chain.innermost] === IPV4) actual['ip_id'] = u16(packet, ip + 4);
  for (const [field, value] of Object.entries(actual)) {
    if (tree.profile === 6 && tree.resolved[field] !== value) {
      throw new Error(`${where}: ${field} is ${value}, the tree says ${tree.resolved[field]}`);
    }
  }
};

/** Holds one tree against what its decompressor made of the packet. */
const expectFaithful = (
  packet: Uint8Array,
  tree: RohcPacketTree,
  decompressed: E.Either<RohcError, Decompressed>,
  where: string,
): void => {
  expectTiled(tree, where);
  if (E.isLeft(decompressed)) return;
  const { packet: original, cid, profile, format } = decompressed.right;
  if (original === undefined) return;
  if (tree.problem !== undefined)
    throw new Error(`${where}: ${tree.problem.message} ${hexOf(packet)}`);
  const said = { cid: tree.cid, profile: tree.profile, format: tree.format };
  expect(said, where).toEqual({ cid, profile, format });
  expectAgrees(tree, original, where);
  if (leavesOf(tree.nodes).some(({ meaning }) => meaning?.startsWith('DOES NOT MATCH') === true)) {
    throw new Error(`${where}: a CRC-8 that the decompressor found right`);
  }
};

describe.skipIf(!dataPresent)(`the peer's streams${skipReason}`, () => {
  const formats = new Map<string, number>();
  for (const configuration of CORPUS_CONFIGURATIONS) {
    it(`dissects every packet of ${configuration.name}`, () => {
      for (const source of corpus()) {
        const ends = [1, 2].map(() =>
          dissectorOf({ cids: configuration.cids, damage: { k: 3, n: 10 } }),
        );
        for (const { compressor, number, packet } of source.stream(configuration)) {
          const where = `${source.name} ${configuration.name} #${number}`;
          const { tree, decompressed } = (ends[compressor - 1] as Dissector).follow(packet);
          if (E.isLeft(tree)) {
            expect(tree.left._tag, where).toBe('Unsupported');
            expect(E.isLeft(decompressed), where).toBe(true);
            tally(formats, `${tree.left._tag}`);
            continue;
          }
          expectFaithful(packet, tree.right, decompressed, where);
          tally(formats, `${tree.right.profile} ${tree.right.format}`);
        }
      }
    });
  }

  it('counts what there was, by profile and format', () => {
    printTable('dissected, by profile and format', [...formats].sort());
    expect([...formats.values()].reduce((sum, count) => sum + count, 0)).toBe(37_472);
  });

  it('stands the malformed inputs', () => {
    for (const { name, packets } of malformedFiles()) {
      for (const cids of ['small', 'large'] as const) {
        const dissector = dissectorOf({ cids });
        for (const packet of packets) {
          const tree = dissector.dissect(packet);
          if (E.isRight(tree)) expectTiled(tree.right, name);
        }
      }
    }
  });
});

describe('streams of our own', () => {
  it('says what the decompressor says, whatever is sent, lost or late', () => {
    const formats = new Map<string, number>();
    fc.assert(
      fc.property(
        flowSpec,
        channelSpec,
        fc.constantFrom(0, 0, 10, 30),
        fc.boolean(),
        (flow, channel, loss, late) => {
          const compressor = compressorOf(channel);
          const { cids, maxCid } = channel;
          const dissector = dissectorOf({ cids, maxCid, damage: NO_DAMAGE });
          // two flows between the same hosts: the second one may start from the first one's context
          const flows = [createFlow(flow), createFlow({ ...flow, seed: flow.seed + 1 })] as const;
          const random = createRandom(flow.seed);
          const sent: Uint8Array[] = [];
          for (let i = 0; i < 40; i++) {
            const next = i % 4 === 3 && i > 8 ? flows[1] : flows[0];
            const packet = compressed(compressor, next());
            if (random(100) >= loss) sent.push(packet);
          }
          for (let i = 10; late && i + 1 < sent.length; i += 7) {
            [sent[i], sent[i + 1]] = [sent[i + 1] as Uint8Array, sent[i] as Uint8Array];
          }
          for (const [i, packet] of sent.entries()) {
            const { tree, decompressed } = dissector.follow(packet);
            expectFaithful(packet, right(tree), decompressed, `packet ${i}`);
            tally(formats, `${right(tree).profile} ${right(tree).format}`);
          }
        },
      ),
      { numRuns: cases(0.004) },
    );
    printTable('dissected, by profile and format', [...formats].sort());
  });

  it('follows profile 0x0004, also past its repairs', () => {
    const formats = new Map<string, number>();
    fc.assert(
      fc.property(flowSpec, channelSpec, fc.constantFrom(0, 0, 20), (flow, channel, loss) => {
        const compressor = compressorOf({ ...channel, profiles: [0x0004] });
        const { cids, maxCid } = channel;
        const dissector = dissectorOf({ cids, maxCid, damage: NO_DAMAGE });
        const next = createFlow(flow);
        const random = createRandom(flow.seed);
        for (let i = 0; i < 40; i++) {
          const packet = compressed(compressor, next());
          if (random(100) < loss) continue;
          const { tree, decompressed } = dissector.follow(packet);
          expectFaithful(packet, right(tree), decompressed, `packet ${i}`);
          tally(formats, `${right(tree).profile} ${right(tree).format}`);
          const sn = right(tree).resolved['sn'];
          if (E.isLeft(decompressed) || sn === undefined) continue;
          expect(sn).toBe(viewOf(dissector.decompressor, right(tree).cid)?.msn);
        }
      }),
      { numRuns: cases(0.003) },
    );
    printTable('dissected, by profile and format', [...formats].sort());
  });

  it('shows what a packet says by itself, and no more, without a context', () => {
    fc.assert(
      fc.property(flowSpec, fc.constantFrom('small', 'large'), (flow, cids) => {
        const compressor = compressorOf({ cids, refreshIr: 10 });
        const next = createFlow(flow);
        for (let i = 0; i < 30; i++) {
          const packet = compressed(compressor, next());
          const tree = right(dissect(packet, { cids }));
          expectTiled(tree, `packet ${i}`);
          expect(tree.cid).toBe(compressor.lastCid());
          if (tree.format === 'IR') expect(tree.problem).toBeUndefined();
          else expect(tree.problem?._tag).toBe('NotFound');
        }
      }),
      { numRuns: cases(0.002) },
    );
  });
});

describe('rubbish', () => {
  it('never throws and always tiles', () => {
    fc.assert(
      fc.property(
        flowSpec,
        fc.constantFrom('small', 'large'),
        fc.integer({ min: 0, max: 0x7fffffff }),
        (flow, cids, seed) => {
          const random = createRandom(seed);
          const compressor = compressorOf({ cids });
          const dissector = dissectorOf({ cids, damage: NO_DAMAGE });
          const next = createFlow(flow);
          for (let i = 0; i < 30; i++) {
            const packet = compressed(compressor, next());
            expectTiled(right(dissector.dissect(packet)), 'as sent');
            const broken = packet.slice(0, random(4) === 0 ? 1 + random(packet.length) : undefined);
            for (let flips = 1 + random(3); flips > 0; flips--) {
              broken[random(Math.min(broken.length, 40))] = random(256);
            }
            const options = {
              cids,
              contextOf: (cid: number) => viewOf(dissector.decompressor, cid),
            };
            for (const tree of [dissect(broken, options), dissect(broken, { cids })]) {
              if (E.isRight(tree)) expectTiled(tree.right, hexOf(broken));
              else expect(tree.left._tag).toBe('Unsupported');
            }
          }
        },
      ),
      { numRuns: cases(0.0015) },
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom('small', 'large'),
        (bytes, cids) => {
          const tree = dissect(bytes, { cids });
          if (E.isRight(tree)) expectTiled(tree.right, hexOf(bytes));
          else expect(['Unsupported', 'Truncated']).toContain(tree.left._tag);
        },
      ),
      { numRuns: cases(0.2) },
    );
  });

  it('is bounded by its limit on leaves', () => {
    const feedback = new Uint8Array(60_000);
    for (let i = 0; i < feedback.length; i += 2) feedback[i] = 0xf1;
    const tree = right(dissect(feedback, { maxNodes: 100 }));
    expectTiled(tree, 'feedback');
    expect(tree.problem?._tag).toBe('LimitExceeded');
    expect(leavesOf(tree.nodes)).toHaveLength(101);
  });

  it('has no tree for other profiles and for nothing', () => {
    expect(left(dissect(Uint8Array.of(0xfd, 0x01, 0)))).toMatchObject({
      _tag: 'Unsupported',
      actual: '0x0001',
    });
    expect(left(dissect(new Uint8Array(0)))._tag).toBe('Truncated');
  });
});

describe('single packets', () => {
  const names = (tree: RohcPacketTree): readonly string[] =>
    leavesOf(tree.nodes).map(({ name, value, raw }) => `${name}=${value ?? raw}`);

  it('padding, feedback and a segment', () => {
    const bytes = Uint8Array.of(0xe0, 0xe0, 0xf1, 0x2a, 0xf2, 0xe3, 0x07, 0xff, 1, 2);
    const tree = right(dissect(bytes));
    expect(tree).toMatchObject({ cid: -1, profile: -1, format: 'segment' });
    expect(names(tree)).toEqual([
      'padding=0xe0e0',
      'packet type=11110',
      'code=1',
      'FEEDBACK-1=42',
      'packet type=11110',
      'code=2',
      'packet type=1110',
      'CID=3',
      'FEEDBACK-1=7',
      'packet type=1111111',
      'F=1',
      'segment=0x0102',
    ]);
  });

  it('FEEDBACK-2 of either family is told by its CRC', () => {
    // RFC 3095 section 5.7.6.11 has this element, for CID 8, and with its CRC
    const plain = right(dissect(Uint8Array.of(0xf3, 0xe8, 0x30, 0x11)));
    expect(plain.nodes[0]?.children?.at(-1)).toMatchObject({ name: 'FEEDBACK-2' });
    const given = right(
      dissect(Uint8Array.of(0xf3, 0xe8, 0x30, 0x11), { feedbackProfileOf: () => 4 }),
    );
    expect(names(given).slice(4)).toEqual(['acktype=ACK', 'mode=reliable', 'sn=17']);
  });

  it('a large CID stands inside the first field that crosses the first octet', () => {
    // rnd_3: 0, ack 15 bits, msn 4, psh, crc 3 with a two-octet CID behind the first octet
    const compressor = compressorOf({ cids: 'large', repetitions: 1 });
    const dissector = dissectorOf({ cids: 'large' });
    const next = createFlow({
      seed: 1,
      stack: 'v6',
      id: 'random',
      wildness: 0,
      traffic: 'acks',
      timestamps: false,
      hosts: 0,
    });
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const tree = right(dissector.dissect(compressed(compressor, next())));
      for (const name of leavesOf(tree.nodes).map((leaf) => leaf.name)) seen.add(name);
    }
    expect([...seen].filter((name) => name.includes('['))).toEqual(
      expect.arrayContaining(['ack_number[14:8]', 'ack_number[7:0]']),
    );
  });

  it('goes out as JSON and comes back', () => {
    const compressor = compressorOf();
    const dissector = dissectorOf();
    const next = createFlow({
      seed: 5,
      stack: 'v4',
      id: 'sequential',
      wildness: 5,
      traffic: 'both',
      timestamps: true,
      hosts: 1,
    });
    for (let i = 0; i < 50; i++) {
      const tree = right(dissector.dissect(compressed(compressor, next())));
      const back = right(RohcPacketTreeCodec.decode(JSON.parse(JSON.stringify(tree))));
      expect(back).toEqual(tree);
      const lines = renderTree(tree).split('\n');
      expect(lines.length).toBeGreaterThan(leavesOf(tree.nodes).length);
      expect(lines.at(-1)).toMatch(/^delivered: /);
    }
  });
});
