/** The hooks for protocols that carry ROHC-TCP in their own way: adopt, chosen CIDs, roll-back, elided checksums, MSN. */
import * as E from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compressor,
  type CompressorSnapshot,
  type Decompressor,
  type DecompressorSnapshot,
  errorOf,
  formatName,
} from '../src/index.js';
import { flowSpec } from './support/arbitrary.js';
import {
  cases,
  compressed,
  compressorOf,
  createRandom,
  decompressed,
  decompressorOf,
  expectDelivered,
  hexOf,
  left,
  right,
} from './support/channel.js';
import { createAckFlow, createFlow, type FlowSpec, STACK_NAMES } from './support/flows.js';
import {
  buildPacket,
  FLAG,
  type Layer,
  OPTION,
  optionList,
  type Tcp,
} from './support/packet-builder.js';

const CALM: FlowSpec = {
  seed: 1,
  stack: 'v4',
  id: 'sequential',
  wildness: 0,
  traffic: 'acks',
  timestamps: true,
  hosts: 0,
};

const out = new Uint8Array(8192);

const compressedAs = (compressor: Compressor, cid: number, packet: Uint8Array): Uint8Array => {
  const length = compressor.compressAsInto(cid, packet, out);
  if (length < 0) throw new Error(`compressAsInto: ${errorOf(length).message}`);
  return out.slice(0, length);
};

const lastFormat = (compressor: Compressor): string =>
  formatName(compressor.lastProfile(), compressor.lastFormat());

const garbage = Uint8Array.of(
  0x45,
  0,
  0,
  28,
  0,
  1,
  0,
  0,
  64,
  17,
  0,
  0,
  ...new Array<number>(16).fill(9),
);

describe('a context adopted from a packet that both ends have seen', () => {
  for (const stack of STACK_NAMES) {
    it(`${stack}: the next packet is a CO packet, nothing before it`, () => {
      for (let seed = 0; seed < 12; seed++) {
        const cids = seed % 2 === 0 ? 'small' : 'large';
        const cid = seed % 2 === 0 ? seed : 16_000 + seed;
        const id = (['sequential', 'swapped', 'random', 'zero'] as const)[seed % 4] ?? 'zero';
        const traffic = (['acks', 'both', 'data'] as const)[seed % 3] ?? 'acks';
        const next = createFlow({ ...CALM, stack, seed, id, traffic, timestamps: seed % 4 < 2 });
        const compressor = compressorOf({ cids });
        const decompressor = decompressorOf({ cids });
        next();
        const seen = next();
        const msn = (seed * 7919) & 0xffff;
        right(compressor.adopt(cid, seen, msn));
        right(decompressor.adopt(cid, seen, msn));
        expect([compressor.msnOf(cid), decompressor.msnOf(cid)]).toEqual([msn, msn]);
        for (let i = 0; i < 30; i++) {
          const packet = next();
          const sent = compressedAs(compressor, cid, packet);
          // flags and a generic option may take an IR-DYN: nothing of the kind occurs in a calm flow
          expect(lastFormat(compressor), `seed ${seed}`).not.toMatch(/^IR/);
          expectDelivered(decompressor, sent, packet, `seed ${seed}, packet ${i}`);
          expect(decompressor.lastCid()).toBe(cid);
        }
      }
    });
  }

  it('any flow, any MSN: everything behind comes out right', () => {
    fc.assert(
      fc.property(
        flowSpec,
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (spec, msn, skipped, window) => {
          const compressor = compressorOf({ window });
          const decompressor = decompressorOf();
          const next = createFlow(spec);
          for (let i = 0; i < skipped; i++) next();
          const seen = next();
          const adopted = compressor.adopt(3, seen, msn);
          expect(decompressor.adopt(3, seen, msn)._tag).toBe(adopted._tag);
          if (E.isLeft(adopted)) return;
          for (let i = 0; i < 25; i++) {
            const packet = next();
            const length = compressor.compressAsInto(3, packet, out);
            // options that no list can express: only then
            if (length < 0) expect(errorOf(length)._tag).toBe('Unsupported');
            else expectDelivered(decompressor, out.slice(0, length), packet, `packet ${i}`);
          }
        },
      ),
      { numRuns: cases(0.008) },
    );
  });

  it('compressInto finds it too', () => {
    const next = createAckFlow();
    const compressor = compressorOf();
    const decompressor = decompressorOf();
    const seen = next();
    right(compressor.adopt(9, seen, 4));
    right(decompressor.adopt(9, seen, 4));
    const packet = next();
    const sent = compressed(compressor, packet);
    expect([compressor.lastCid(), sent[0]]).toEqual([9, 0xe9]);
    expectDelivered(decompressor, sent, packet, 'next packet');
  });

  it('another adopted packet takes the CID over', () => {
    const [one, two] = [createAckFlow(), createAckFlow({ source: 50_000 })];
    const compressor = compressorOf();
    const decompressor = decompressorOf();
    for (const next of [one, two, one]) {
      const seen = next();
      right(compressor.adopt(0, seen, 700));
      right(decompressor.adopt(0, seen, 700));
      for (let i = 0; i < 3; i++) {
        const packet = next();
        expectDelivered(decompressor, compressedAs(compressor, 0, packet), packet, `packet ${i}`);
        expect(lastFormat(compressor)).not.toMatch(/^IR/);
      }
    }
    expect(compressor.stats().contexts).toBe(1);
    expect(decompressor.stats().contexts).toBe(1);
  });

  it('refuses what is no TCP packet, and CIDs that the channel has not', () => {
    const seen = createAckFlow()();
    for (const end of [compressorOf({ maxCid: 7 }), decompressorOf({ maxCid: 7 })]) {
      expect(left(end.adopt(0, garbage, 0))._tag).toBe('Unsupported');
      expect(left(end.adopt(0, new Uint8Array(0), 0))._tag).toBe('Unsupported');
      for (const cid of [8, -1, 1.5, Number.NaN]) {
        expect(left(end.adopt(cid, seen, 0))._tag).toBe('LimitExceeded');
      }
      expect(end.stats().contexts).toBe(0);
      expect(end.msnOf(0)).toBe(-1);
    }
  });
});

describe('a CID of the caller’s choice', () => {
  it('is the packet’s CID; another flow takes the context over with an IR', () => {
    const compressor = compressorOf({ cids: 'large', maxCid: 300 });
    const decompressor = decompressorOf({ cids: 'large', maxCid: 300 });
    const flows = [createAckFlow(), createAckFlow({ source: 1 })];
    for (let i = 0; i < 24; i++) {
      const packet = (flows[(i >> 3) & 1] as () => Uint8Array)();
      const sent = compressedAs(compressor, 300, packet);
      if ((i & 7) < 4) expect(lastFormat(compressor)).toBe('IR');
      else expect(lastFormat(compressor)).not.toMatch(/^IR/);
      expect([...sent.subarray(1, 3)]).toEqual([0x81, 0x2c]);
      expectDelivered(decompressor, sent, packet, `packet ${i}`);
    }
  });

  it('refuses other packets and CIDs, without a trace', () => {
    const twins = [compressorOf({ maxCid: 3 }), compressorOf({ maxCid: 3 })] as const;
    const next = createAckFlow();
    for (let i = 0; i < 12; i++) {
      expect(errorOf(twins[0].compressAsInto(0, garbage, out))._tag).toBe('Unsupported');
      expect(errorOf(twins[0].compressAsInto(4, next(), out))._tag).toBe('LimitExceeded');
      expect(errorOf(twins[0].compressAsInto(0, garbage.subarray(0, 3), out))._tag).toBe(
        'Unsupported',
      );
      const packet = next();
      const sent = twins.map((twin) => hexOf(compressedAs(twin, 0, packet)));
      expect(sent[0]).toBe(sent[1]);
      expect(errorOf(twins[0].compressAsInto(0, next(), out.subarray(0, 60)))._tag).toBe(
        'LimitExceeded',
      );
    }
  });
});

describe('snapshot and restore', () => {
  const CID = 0;

  it('both ends go on as if the packets since had never been', () => {
    fc.assert(
      fc.property(
        flowSpec,
        fc.record({
          window: fc.constantFrom(1, 4, 16),
          repetitions: fc.integer({ min: 1, max: 5 }),
          refreshFo: fc.constantFrom(0, 7),
          refreshIr: fc.constantFrom(0, 12),
          maxCid: fc.constant(0),
        }),
        fc.integer({ min: 0, max: 0xffff }),
        (spec, config, seed) => {
          const random = createRandom(seed);
          const next = createFlow(spec);
          const packets = Array.from({ length: 60 }, next);
          const profiles = [0x0000, 0x0006] as const;
          const compressor = compressorOf({ ...config, profiles });
          const decompressor = decompressorOf({ maxCid: 0, profiles });
          /** The packets that the model remembers: those that count. */
          let history: number[] = [];
          const points: {
            readonly history: readonly number[];
            readonly compressor: CompressorSnapshot;
            readonly decompressor: DecompressorSnapshot;
          }[] = [];
          const send = (index: number): void => {
            const packet = packets[index] as Uint8Array;
            const length = compressor.compressAsInto(CID, packet, out);
            if (length < 0) return;
            const sent = out.slice(0, length);
            history.push(index);
            expectDelivered(decompressor, sent, packet, `after ${history.join()}`);
            // a compressor that saw nothing else sends the same
            const model = compressorOf({ ...config, profiles });
            for (const past of history.slice(0, -1))
              model.compressAsInto(CID, packets[past] as Uint8Array, out);
            expect(hexOf(compressedAs(model, CID, packet)), `after ${history.join()}`).toBe(
              hexOf(sent),
            );
            expect(decompressor.msnOf(CID)).toBe(compressor.msnOf(CID));
          };
          send(0);
          if (history.length === 0) return;
          for (let step = 0; step < 24; step++) {
            const last = history.at(-1) ?? 0;
            const what = random(6);
            if (what === 0) {
              points.push({
                history: [...history],
                compressor: right(compressor.snapshot(CID)),
                decompressor: right(decompressor.snapshot(CID)),
              });
            } else if (what === 1 && points.length > 0) {
              const point = points[random(points.length)];
              if (point === undefined) continue;
              right(compressor.restore(point.compressor));
              right(decompressor.restore(point.decompressor));
              history = [...point.history];
            } else {
              send(Math.min(59, last + 1 + random(3)));
            }
          }
        },
      ),
      { numRuns: cases(0.006) },
    );
  });

  it('one end alone: what the peer forgot is sent again', () => {
    // acknowledgements that got lost: the compressor rolls back and sends them anew, MSNs and all
    const next = createAckFlow();
    const compressor = compressorOf();
    const decompressor = decompressorOf();
    const packets = Array.from({ length: 40 }, next);
    for (const packet of packets.slice(0, 30)) {
      expectDelivered(decompressor, compressed(compressor, packet), packet, 'before');
    }
    const point = right(compressor.snapshot(CID));
    const first = packets.slice(30).map((packet) => hexOf(compressed(compressor, packet)));
    right(compressor.restore(point));
    const second = packets.slice(30).map((packet) => compressed(compressor, packet));
    expect(second.map(hexOf)).toEqual(first);
    second.forEach((sent, i) =>
      expectDelivered(decompressor, sent, packets[30 + i] as Uint8Array, `resent ${i}`),
    );
  });

  it('is out of date once another flow has the CID, or the context was released', () => {
    const ends = (): readonly [Compressor, Decompressor] => [
      compressorOf({ maxCid: 0 }),
      decompressorOf({ maxCid: 0 }),
    ];
    for (const how of ['taken over', 'released'] as const) {
      const [compressor, decompressor] = ends();
      const packet = createAckFlow()();
      decompressed(decompressor, compressed(compressor, packet));
      const sender = right(compressor.snapshot(0));
      const receiver = right(decompressor.snapshot(0));
      right(compressor.restore(sender));
      right(decompressor.restore(receiver));
      if (how === 'released') {
        compressor.release(0);
        decompressor.release(0);
        compressor.release(0);
        decompressor.release(0);
        expect([compressor.msnOf(0), decompressor.msnOf(0)]).toEqual([-1, -1]);
        expect([compressor.stats().contexts, decompressor.stats().contexts]).toEqual([0, 0]);
        expect(decompressor.takeFeedback()).toEqual([]);
      } else {
        const other = createAckFlow({ source: 7 })();
        right(compressor.adopt(0, other, 3));
        right(decompressor.adopt(0, other, 3));
      }
      expect(left(compressor.restore(sender))._tag).toBe('Conflict');
      expect(left(decompressor.restore(receiver))._tag).toBe('Conflict');
    }
    const [compressor, decompressor] = ends();
    expect(left(compressor.snapshot(0))._tag).toBe('NotFound');
    expect(left(decompressor.snapshot(0))._tag).toBe('NotFound');
    // contexts of other profiles have no snapshots
    decompressed(decompressor, compressed(compressor, garbage));
    expect(left(compressor.snapshot(0))._tag).toBe('NotFound');
    expect(left(decompressor.snapshot(0))._tag).toBe('NotFound');
  });
});

describe('an elided TCP checksum', () => {
  const ends = (elideTcpChecksum: boolean): readonly [Compressor, Decompressor] => [
    compressorOf({ elideTcpChecksum }),
    decompressorOf({ elideTcpChecksum }),
  ];

  it('makes pure acknowledgements two octets shorter, and comes back exactly', () => {
    for (const stack of STACK_NAMES) {
      for (let seed = 0; seed < 6; seed++) {
        const id = (['sequential', 'random', 'zero'] as const)[seed % 3] ?? 'zero';
        const next = createFlow({ ...CALM, stack, seed, id });
        const [compressor, decompressor] = ends(true);
        const [usual, rebuilt] = ends(false);
        next();
        const seen = next();
        for (const end of [compressor, decompressor, usual, rebuilt]) right(end.adopt(5, seen, 99));
        for (let i = 0; i < 25; i++) {
          const packet = next();
          const sent = compressedAs(compressor, 5, packet);
          const whole = compressedAs(usual, 5, packet);
          expect(sent.length).toBe(whole.length - 2);
          expectDelivered(decompressor, sent, packet, `${stack} ${seed} packet ${i}`);
          expectDelivered(rebuilt, whole, packet, `${stack} ${seed} packet ${i}, whole`);
        }
      }
    }
  });

  it('the commonest acknowledgement of all takes three octets, CID included', () => {
    const next = createAckFlow();
    const [compressor, decompressor] = ends(true);
    const seen = next();
    for (const end of [compressor, decompressor]) right(end.adopt(5, seen, 0));
    let octets = 0;
    for (let i = 0; i < 60; i++) {
      const packet = next();
      const sent = compressedAs(compressor, 5, packet);
      octets = sent.length;
      expectDelivered(decompressor, sent, packet, `packet ${i}`);
    }
    expect(octets).toBe(3);
  });

  const layers: readonly Layer[] = [
    { kind: 'v4', tos: 0, id: 7, df: true, ttl: 9, addresses: [1, 1, 1, 1, 2, 2, 2, 2] },
    { kind: 'v6', tos: 0, label: 5, ttl: 64, addresses: new Array<number>(32).fill(3) },
    { kind: 'hop', data: [1, 4, 0, 0, 0, 0] },
    { kind: 'ah', reserved: 0, spi: 4, sequence: 1000, icv: [1, 2, 3, 4] },
  ];
  const tcp = (i: number): Tcp => ({
    source: 5,
    destination: 6,
    seq: 77,
    ack: 1000 + 1448 * i,
    flags: FLAG.ack,
    reserved: 0,
    window: 400,
    urgent: 0,
    options: optionList([OPTION.timestamp(50 + i, 60 + i)]),
    payload: new Uint8Array(0),
  });
  const packetOf = (
    i: number,
    change: Partial<Tcp> = {},
    stack: readonly Layer[] = layers,
  ): Uint8Array => buildPacket(stack, { ...tcp(i), ...change });
  const replaced = (index: number, change: object): readonly Layer[] =>
    layers.map((layer, i) => (i === index ? { ...layer, ...change } : layer));

  const refused: Record<string, (i: number) => Uint8Array> = {
    'a payload': (i) => packetOf(i, { payload: Uint8Array.of(1) }),
    'a wrong checksum': (i) => packetOf(i, { checksum: 1 + i }),
    'SYN with FIN': (i) => packetOf(i, { flags: FLAG.ack | FLAG.syn | FLAG.fin }),
    'an outer DF that changes': (i) => packetOf(i, {}, replaced(0, { df: false, ttl: 77, tos: 3 })),
    'hop-by-hop options that change': (i) =>
      packetOf(i, {}, replaced(2, { data: [1, 4, 9, 9, 9, 9] })),
    'reserved bits of AH that change': (i) => packetOf(i, {}, replaced(3, { reserved: 5 })),
    'a sequence number of AH out of reach': (i) => packetOf(i, {}, replaced(3, { sequence: 3 })),
    'a payload, ECN, window, options and all': (i) =>
      packetOf(i, {
        payload: new Uint8Array(99),
        flags: 0xff,
        reserved: 9,
        window: 3,
        ack: 12345,
        urgent: 5,
        options: optionList([OPTION.sack([1, 2, 3, 4]), OPTION.generic(99, [1, 2, 3])]),
      }),
    'options that no list expresses': (i) => packetOf(i, { options: [0, 7, 7, 7] }),
    'no TCP packet': () => garbage,
  };

  for (const [name, make] of Object.entries(refused)) {
    it(`${name}: refused as Unsupported, without a trace`, () => {
      const [compressor, decompressor] = ends(true);
      const [twin] = ends(true);
      const seen = packetOf(0);
      for (const end of [compressor, decompressor, twin]) right(end.adopt(2, seen, 30));
      for (let i = 1; i < 40; i++) {
        const bad = make(i);
        expect(errorOf(compressor.compressAsInto(2, bad, out))._tag).toBe('Unsupported');
        expect(left(compressor.compress(bad))._tag).toBe('Unsupported');
        const packet = packetOf(i, {}, replaced(3, { sequence: 1000 + i }));
        const sent = compressedAs(compressor, 2, packet);
        expect(hexOf(sent), `packet ${i}`).toBe(hexOf(compressedAs(twin, 2, packet)));
        expectDelivered(decompressor, sent, packet, `packet ${i}`);
      }
      expect(compressor.stats().failures).toEqual({ Unsupported: 78 });
    });
  }

  it('a flow without a context is refused: there is no IR', () => {
    const [compressor] = ends(true);
    const packet = createAckFlow()();
    expect(left(compressor.compress(packet))._tag).toBe('Unsupported');
    expect(errorOf(compressor.compressAsInto(1, packet, out))._tag).toBe('Unsupported');
    expect(compressor.stats().contexts).toBe(0);
  });

  it('the decompressor takes no payload behind it', () => {
    const next = createAckFlow();
    const [compressor, decompressor] = ends(true);
    const seen = next();
    for (const end of [compressor, decompressor]) right(end.adopt(0, seen, 0));
    const packet = next();
    const sent = compressedAs(compressor, 0, packet);
    expect(typeof decompressed(decompressor, Uint8Array.of(...sent, 1))).toBe('number');
    expectDelivered(decompressor, sent, packet, 'as it was');
  });
});

describe('an explicit MSN', () => {
  it('is what the next packet carries, over the wrap too', () => {
    const next = createAckFlow();
    const compressor = compressorOf({ repetitions: 1, window: 1 });
    const decompressor = decompressorOf();
    const send = (): string => {
      const packet = next();
      expectDelivered(decompressor, compressed(compressor, packet), packet, 'packet');
      expect(decompressor.msnOf(0)).toBe(compressor.msnOf(0));
      return lastFormat(compressor);
    };
    for (let i = 0; i < 6; i++) send();
    let msn = compressor.msnOf(0);
    // within reach of four bits
    for (const step of [1, 2, 8]) {
      msn = (msn + step) & 0xffff;
      right(compressor.setMsn(0, msn));
      expect(send()).not.toMatch(/^IR/);
      expect(decompressor.msnOf(0)).toBe(msn);
    }
    for (const far of [0x1234, 0xffff, 0x4000, 0x8000, 0xfffe]) {
      right(compressor.setMsn(0, far));
      expect(send()).toMatch(/^IR/);
      expect(decompressor.msnOf(0)).toBe(far);
    }
    for (let i = 0; i < 5; i++) send();
    expect(decompressor.msnOf(0)).toBe(3);
  });

  it('NotFound and -1 without a TCP context', () => {
    const compressor = compressorOf();
    const decompressor = decompressorOf();
    expect(left(compressor.setMsn(0, 1))._tag).toBe('NotFound');
    decompressed(decompressor, compressed(compressor, garbage));
    expect(left(compressor.setMsn(0, 1))._tag).toBe('NotFound');
    for (const cid of [0, 1, 99, -1]) {
      expect([compressor.msnOf(cid), decompressor.msnOf(cid)]).toEqual([-1, -1]);
    }
  });
});
