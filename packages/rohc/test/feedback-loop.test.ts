/** What feedback does to a compressor, and which feedback a decompressor gives (RFC 6846 sections 5.2.2, 5.3.2 and 8.3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compressor,
  type CompressorConfig,
  crc8,
  encodeFeedback,
  type Feedback,
  formatName,
} from '../src/index.js';
import {
  cases,
  compressed,
  compressorOf,
  createRandom,
  decompressed,
  decompressorOf,
  equal,
  expectDelivered,
  falseAccepts,
  hexOf,
  printTable,
  right,
} from './support/channel.js';
import { OPTION, optionList } from './support/packet-builder.js';
import { createAckFlow, createFlow, type FlowSpec } from './support/flows.js';

const CALM: FlowSpec = {
  seed: 3,
  stack: 'v4',
  id: 'sequential',
  wildness: 0,
  traffic: 'acks',
  timestamps: false,
  hosts: 0,
};

const flow = (change: Partial<FlowSpec> = {}): (() => Uint8Array) =>
  createFlow({ ...CALM, ...change });

/** Compresses a packet and names the format that was used. */
const formatOf = (compressor: Compressor, packet: Uint8Array): string => {
  compressed(compressor, packet);
  return formatName(compressor.lastProfile(), compressor.lastFormat());
};

const ack = (msn: number, change: Partial<Feedback> = {}): Uint8Array =>
  right(
    encodeFeedback(
      {
        cid: 0,
        profile: 6,
        format: 2,
        type: 'ack',
        sequenceNumber: { value: msn & 0x3fff, bits: 14 },
        reject: false,
        contextMemory: false,
        ...change,
      },
      { largeCids: false },
    ),
  );

/** A FEEDBACK-2 of a ROHC-TCP context under small CID 0, by hand: type, 14 bits of MSN, CRC, options. */
const feedback2 = (
  type: number,
  msn: number,
  options: readonly number[] = [],
  spoil = 0,
): Uint8Array => {
  const data = Uint8Array.of((type << 6) | ((msn >>> 8) & 0x3f), msn & 255, 0, ...options);
  data[2] = crc8(data) ^ spoil;
  return data.length < 8
    ? Uint8Array.of(0xf0 | data.length, ...data)
    : Uint8Array.of(0xf0, data.length, ...data);
};

describe('acknowledgements', () => {
  it('the first one ends the IR phase', () => {
    for (const format of [1, 2] as const) {
      const compressor = compressorOf({ repetitions: 4 });
      const next = flow();
      expect(formatOf(compressor, next())).toBe('IR');
      const msn = compressor.msnOf(0);
      const element = ack(msn, {
        format,
        sequenceNumber: { value: msn & (format === 1 ? 255 : 0x3fff), bits: format === 1 ? 8 : 14 },
      });
      expect(compressor.feedback(element)).toBe(1);
      expect(formatOf(compressor, next())).not.toMatch(/^IR/);
    }
  });

  it('without any, L packets of the start phase are IR', () => {
    for (let repetitions = 1; repetitions <= 8; repetitions++) {
      const compressor = compressorOf({ repetitions, window: 8 });
      const next = flow();
      for (let i = 0; i < repetitions; i++) expect(formatOf(compressor, next())).toBe('IR');
      expect(formatOf(compressor, next())).not.toMatch(/^IR/);
    }
  });

  it('let the compressor forget references that are too old to be held: smaller formats sooner', () => {
    /** Octets of 60 packets whose acknowledgement number goes on by 3,000, through a window of 64 references. */
    const octets = (acknowledged: boolean): number => {
      const compressor = compressorOf({ window: 64 });
      const decompressor = decompressorOf();
      const next = flow({ stack: 'v6' });
      let sum = 0;
      let number = 0;
      for (let i = 0; i < 60; i++) {
        const packet = next();
        number = (number + 3000) >>> 0;
        new DataView(packet.buffer).setUint32(48, number);
        const sent = compressed(compressor, packet);
        expectDelivered(decompressor, sent, packet, `packet ${i}`);
        sum += sent.length;
        if (acknowledged) expect(compressor.feedback(ack(decompressor.msnOf(0)))).toBe(1);
      }
      return sum;
    };
    const [without, withAcks] = [octets(false), octets(true)];
    console.log(
      `60 packets, window 64: ${without} octets without acknowledgements, ${withAcks} with`,
    );
    expect(withAcks).toBeLessThan(without * 0.8);
  });

  it('end the repetition of a change', () => {
    const compressor = compressorOf({ repetitions: 8, window: 8 });
    const next = flow({ stack: 'v6' });
    for (let i = 0; i < 20; i++) compressed(compressor, next());
    const changed = (): Uint8Array => {
      const packet = next();
      packet[7] = 9;
      return packet;
    };
    expect(['co_common', 'rnd_8']).toContain(formatOf(compressor, changed()));
    compressor.feedback(ack(compressor.msnOf(0)));
    expect(formatOf(compressor, changed())).toMatch(/^rnd_[1-7]$/);
  });

  it('of a packet that was never sent change nothing', () => {
    const twins = [compressorOf(), compressorOf()] as const;
    const next = flow({ wildness: 30 });
    for (let i = 0; i < 30; i++) {
      const packet = next();
      const sent = twins.map((twin) => hexOf(compressed(twin, packet)));
      expect(sent[0]).toBe(sent[1]);
      // both know that there is feedback; one also hears of packets to come
      for (const twin of twins) twin.feedback(ack(twin.msnOf(0)));
      twins[0].feedback(ack(twins[0].msnOf(0) + 1 + (i % 9)));
    }
  });

  it('of a packet without an option do not vouch for the option that came and went before it', () => {
    const compressor = compressorOf({ window: 16, repetitions: 4 });
    const decompressor = decompressorOf();
    const [bare, listed] = [
      createAckFlow(),
      createAckFlow({ options: optionList([OPTION.mss(1460), OPTION.generic(99, [1, 2])]) }),
    ];
    /** Both flows count on together. */
    const send = (withOptions: boolean, arrives: boolean, where: string): number => {
      const packets = [bare(), listed()] as const;
      const packet = packets[withOptions ? 1 : 0];
      const sent = compressed(compressor, packet);
      if (arrives) expectDelivered(decompressor, sent, packet, where);
      return compressor.msnOf(0);
    };
    compressor.feedback(ack(send(false, true, 'IR')));
    for (let i = 0; i < 4; i++) send(false, true, `settled ${i}`);
    send(true, false, 'the options, lost');
    const between = send(false, true, 'without');
    send(false, true, 'without');
    send(true, false, 'the options again, lost');
    // the acknowledgement of a packet between them was on its way
    expect(compressor.feedback(ack(between))).toBe(1);
    for (let i = 0; i < 3; i++) send(true, true, `the options at last ${i}`);
  });

  it('stop the IRs; each refreshFo-th packet stays an IR-DYN', () => {
    const compressor = compressorOf({ refreshIr: 20, refreshFo: 9 });
    const next = createAckFlow();
    for (let i = 0; i < 8; i++) compressed(compressor, next());
    compressor.feedback(ack(compressor.msnOf(0)));
    const formats = Array.from({ length: 60 }, () => formatOf(compressor, next()));
    expect(formats).not.toContain('IR');
    expect(formats.filter((format) => format === 'IR-DYN')).toHaveLength(6);
    const without = compressorOf({ refreshIr: 20, refreshFo: 0 });
    for (let i = 0; i < 8; i++) compressed(without, next());
    without.feedback(ack(without.msnOf(0)));
    for (let i = 0; i < 60; i++) expect(formatOf(without, next())).not.toMatch(/^IR/);
  });

  it('take two more bits from the MSN option, skip options that nobody knows', () => {
    const compressor = compressorOf();
    const next = flow();
    compressed(compressor, next());
    const msn = compressor.msnOf(0);
    expect(compressor.feedback(feedback2(0, (msn >>> 2) ^ 1, [0x41, (msn & 3) << 6]))).toBe(1);
    expect(formatOf(compressor, next())).toBe('IR');
    const late = compressor.msnOf(0);
    expect(compressor.feedback(feedback2(0, late >>> 2, [0xc2, 1, 2, 0x41, (late & 3) << 6]))).toBe(
      1,
    );
    expect(formatOf(compressor, next())).not.toMatch(/^IR/);
  });
});

describe('negative acknowledgements', () => {
  /** A compressor that knows its decompressor to be in full context, and the source of its packets. */
  const settled = (
    config: Partial<CompressorConfig> = {},
  ): readonly [Compressor, () => Uint8Array] => {
    const compressor = compressorOf(config);
    const next = flow();
    compressed(compressor, next());
    compressor.feedback(ack(compressor.msnOf(0)));
    for (let i = 0; i < 10; i++) expect(formatOf(compressor, next())).not.toMatch(/^IR/);
    return [compressor, next];
  };

  it('a NACK asks for the dynamic part: IR-DYN (or IR) until it is acknowledged or sent L times', () => {
    const [compressor, next] = settled({ repetitions: 3 });
    expect(compressor.feedback(feedback2(1, compressor.msnOf(0)))).toBe(1);
    for (let i = 0; i < 3; i++) expect(formatOf(compressor, next())).toMatch(/^IR/);
    expect(formatOf(compressor, next())).not.toMatch(/^IR/);
    compressor.feedback(feedback2(1, compressor.msnOf(0)));
    expect(formatOf(compressor, next())).toMatch(/^IR/);
    compressor.feedback(ack(compressor.msnOf(0)));
    expect(formatOf(compressor, next())).not.toMatch(/^IR/);
  });

  it('a STATIC-NACK asks for IR', () => {
    const [compressor, next] = settled({ repetitions: 3 });
    expect(compressor.feedback(feedback2(2, compressor.msnOf(0)))).toBe(1);
    for (let i = 0; i < 3; i++) expect(formatOf(compressor, next())).toBe('IR');
    expect(formatOf(compressor, next())).not.toMatch(/^IR/);
  });

  it('a NACK whose MSN is not valid means STATIC-NACK', () => {
    const [compressor, next] = settled();
    expect(compressor.feedback(feedback2(1, 0, [0x30]))).toBe(1);
    expect(formatOf(compressor, next())).toBe('IR');
  });

  it('one that comes twice is answered once', () => {
    const [compressor, next] = settled({ repetitions: 4 });
    const element = feedback2(2, 0, [0x30]);
    compressor.feedback(element);
    expect(formatOf(compressor, next())).toBe('IR');
    compressor.feedback(element);
    for (let i = 0; i < 3; i++) expect(formatOf(compressor, next())).toBe('IR');
    expect(formatOf(compressor, next())).not.toMatch(/^IR/);
  });

  it("a NACK from before the context's first IR asks for an IR: the decompressor holds another flow", () => {
    const compressor = compressorOf({ maxCid: 0 });
    const decompressor = decompressorOf({ maxCid: 0, feedback: true });
    const [first, second] = [flow(), flow({ seed: 8, hosts: 2 })];
    for (let i = 0; i < 20; i++) {
      const packet = first();
      expectDelivered(decompressor, compressed(compressor, packet), packet, `first flow ${i}`);
      for (const element of decompressor.takeFeedback()) compressor.feedback(element);
    }
    // the second flow takes the CID over; its first packets, all IRs among them, get lost
    for (let i = 0; i < 6; i++) compressed(compressor, second());
    const heldMsn = decompressor.msnOf(0);
    expect(compressor.feedback(feedback2(1, heldMsn))).toBe(1);
    const packet = second();
    const sent = compressed(compressor, packet);
    expect(formatName(6, compressor.lastFormat())).toBe('IR');
    expectDelivered(decompressor, sent, packet, 'behind the NACK');
  });

  it('REJECT stops compression: the flow goes on under profile 0x0000', () => {
    const [compressor, next] = settled();
    expect(compressor.feedback(feedback2(2, 0, [0x30, 0x20]))).toBe(1);
    const decompressor = decompressorOf();
    for (let i = 0; i < 10; i++) {
      const packet = next();
      expectDelivered(decompressor, compressed(compressor, packet), packet, `packet ${i}`);
      expect(compressor.lastProfile()).toBe(0x0000);
    }
    expect(compressor.compressAsInto(0, next(), new Uint8Array(2000))).toBeLessThan(0);
    // other flows may still be compressed
    compressed(compressor, flow({ seed: 9, hosts: 3 })());
    expect(compressor.lastProfile()).toBe(0x0006);
  });

  it('CONTEXT_MEMORY moves the flow to a profile that needs less memory', () => {
    const [compressor, next] = settled();
    expect(compressor.feedback(feedback2(2, 0, [0x30, 0x90]))).toBe(1);
    for (let i = 0; i < 10; i++) {
      compressed(compressor, next());
      expect(compressor.lastProfile()).not.toBe(0x0006);
    }
  });
});

describe('feedback to be discarded', () => {
  const msnNotValid = [0x30];
  const elements: Record<string, (msn: number) => Uint8Array> = {
    'a wrong CRC': (msn) => feedback2(2, msn, [], 1),
    'a wrong CRC of an ACK': (msn) => feedback2(0, msn, [], 0x80),
    'the reserved type 3': (msn) => feedback2(3, msn),
    'REJECT twice': (msn) => feedback2(1, msn, [0x20, 0x20]),
    'MSN-NOT-VALID twice': (msn) => feedback2(2, msn, [...msnNotValid, ...msnNotValid]),
    'MSN twice': (msn) => feedback2(2, msn >>> 2, [0x41, 0, 0x41, 0]),
    'CONTEXT_MEMORY twice': (msn) => feedback2(2, msn, [0x90, 0x90]),
    'MSN and MSN-NOT-VALID': (msn) => feedback2(2, msn, [0x30, 0x41, 0]),
    'REJECT of a length': (msn) => feedback2(2, msn, [0x21, 0]),
    'an option longer than the element': (msn) => feedback2(2, msn, [0xc9, 0]),
    'an element longer than the packet': (msn) => feedback2(2, msn).subarray(0, 3),
    'an unknown CID': (msn) => Uint8Array.of(0xf4, 0xe5, ...feedback2(2, msn).subarray(1)),
    'two octets of data': () => Uint8Array.of(0xf2, 0x80, 0),
    'no data': () => Uint8Array.of(0xf0, 0),
    'no feedback at all': () => Uint8Array.of(0xfd, 0x06, 0, 0, 0),
  };

  for (const [name, element] of Object.entries(elements)) {
    it(`${name}: counted, and nothing changes`, () => {
      const twins = [compressorOf({ window: 16 }), compressorOf({ window: 16 })] as const;
      const next = flow({ wildness: 20, timestamps: true });
      for (let i = 0; i < 40; i++) {
        const packet = next();
        const sent = twins.map((twin) => hexOf(compressed(twin, packet)));
        expect(sent[0], `packet ${i}`).toBe(sent[1]);
        expect(twins[0].feedback(element(twins[0].msnOf(0)))).toBe(0);
      }
      expect(twins[0].stats().feedback).toEqual({ applied: 0, discarded: 40 });
    });
  }

  it('random octets: never a throw, every element counted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.boolean(), (octets, large) => {
        const compressor = compressorOf({ cids: large ? 'large' : 'small' });
        const next = flow();
        for (let i = 0; i < 3; i++) compressed(compressor, next());
        octets.set(octets.length > 0 ? [0xf0 | ((octets[0] ?? 0) & 7)] : []);
        const applied = compressor.feedback(octets);
        const { feedback } = compressor.stats();
        expect(feedback.applied).toBe(applied);
        expect(feedback.applied + feedback.discarded > 0).toBe(octets.length > 0);
        compressed(compressor, next());
      }),
      { numRuns: cases(0.02) },
    );
  });
});

describe('feedback that a decompressor gives', () => {
  const sentBy = (
    compressor: Compressor,
    count: number,
    next = flow(),
  ): readonly (readonly [Uint8Array, Uint8Array])[] =>
    Array.from({ length: count }, () => {
      const packet = next();
      return [compressed(compressor, packet), packet] as const;
    });

  it('none unless it is asked for', () => {
    const decompressor = decompressorOf();
    for (const [sent] of sentBy(compressorOf(), 20)) decompressed(decompressor, sent);
    decompressed(decompressor, Uint8Array.of(0xe3, 0x55, 1, 2));
    expect(decompressor.takeFeedback()).toEqual([]);
  });

  it('acknowledges what updates much, and every ackInterval-th packet of a steady flow', () => {
    const decompressor = decompressorOf({ feedback: true, ackInterval: 10 });
    const counts: number[] = [];
    for (const [sent] of sentBy(compressorOf(), 60)) {
      decompressed(decompressor, sent);
      counts.push(decompressor.takeFeedback().length);
    }
    expect(counts.slice(0, 4)).toEqual([1, 1, 1, 1]);
    const quiet = counts.slice(30);
    expect(quiet.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...quiet)).toBe(1);
  });

  it('STATIC-NACK without a context, not more often than nackInterval allows', () => {
    const packets = sentBy(compressorOf({ maxCid: 0 }), 24);
    const decompressor = decompressorOf({ feedback: true, nackInterval: 5 });
    for (const [sent] of packets.slice(4)) expect(decompressed(decompressor, sent)).toBe(-3);
    const elements = decompressor.takeFeedback();
    expect(elements).toHaveLength(4);
    for (const element of elements) expect((element[1] ?? 0) >>> 6).toBe(2);
  });

  it('NACK at the first failure, with the MSN of the last good packet, then each nackInterval-th', () => {
    const compressor = compressorOf();
    const next = createAckFlow();
    const packets = sentBy(compressor, 40, next);
    const decompressor = decompressorOf({ feedback: true });
    for (const [sent] of packets) decompressed(decompressor, sent);
    decompressor.takeFeedback();
    const msn = decompressor.msnOf(0);
    // damaged on the way: the CRC-3 no longer fits
    const nacks: number[] = [];
    for (const [index, [sent]] of sentBy(compressor, 9, next).entries()) {
      expect(sent.length).toBe(4);
      sent[1] = (sent[1] ?? 0) ^ 1;
      expect(decompressed(decompressor, sent)).toBe(index < 2 ? -2 : -12);
      for (const element of decompressor.takeFeedback()) {
        expect(hexOf(element)).toBe(hexOf(feedback2(1, msn)));
        nacks.push(index);
      }
    }
    expect(nacks).toEqual([0, 4, 8]);
  });

  it('a STATIC-NACK without a context is understood whatever the profile', () => {
    for (const profiles of [[6], [4], []] as const) {
      const compressor = compressorOf({ profiles });
      const decompressor = decompressorOf({ feedback: true });
      const next = createAckFlow();
      for (let i = 0; i < 12; i++) compressed(compressor, next());
      expect(decompressed(decompressor, compressed(compressor, next()))).toBe(-3);
      for (const element of decompressor.takeFeedback()) compressor.feedback(element);
      const packet = next();
      const name = `profiles ${profiles.join()}`;
      expectDelivered(decompressor, compressed(compressor, packet), packet, name);
      expect(decompressor.lastProfile(), name).toBe(profiles[0] ?? 0);
    }
  });

  it('keeps at most feedbackQueue elements, the newest', () => {
    const decompressor = decompressorOf({ feedback: true, feedbackQueue: 3, ackInterval: 1 });
    for (const [sent] of sentBy(compressorOf(), 10)) decompressed(decompressor, sent);
    const { feedback } = decompressor.stats();
    expect([feedback.produced, feedback.dropped]).toEqual([10, 7]);
    const elements = decompressor.takeFeedback();
    expect(elements).toHaveLength(3);
    expect(decompressor.takeFeedback()).toEqual([]);
  });

  it('takeFeedbackInto writes the same octets, as many whole elements as fit', () => {
    for (const cids of ['small', 'large'] as const) {
      const twins = [0, 1].map(() => decompressorOf({ cids, feedback: true, ackInterval: 1 }));
      const compressor = compressorOf({ cids });
      const flows = [flow(), flow({ seed: 4, hosts: 1 }), flow({ seed: 5, hosts: 2 })];
      for (let i = 0; i < 30; i++) {
        const sent = compressed(compressor, (flows[i % 3] as () => Uint8Array)());
        for (const twin of twins) decompressed(twin, sent);
      }
      const all = twins[0]?.takeFeedback() ?? [];
      const out = new Uint8Array(17);
      const written: number[] = [];
      for (;;) {
        const length = twins[1]?.takeFeedbackInto(out, 1) ?? 0;
        if (length === 0) break;
        written.push(...out.subarray(1, 1 + length));
      }
      expect(written).toEqual(all.flatMap((element) => [...element]));
      expect(compressor.feedback(Uint8Array.from(written))).toBe(30);
    }
  });
});

describe('two hosts, feedback piggybacked', () => {
  it('carries packets both ways over a lossy line, whatever comes first; nothing wrong arrives', () => {
    /** Directions in which a packet was refused, and in which a CRC was fooled: chance explains an eighth of these. */
    const total = { runs: 0, refused: 0, fooled: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.constantFrom('small', 'large'),
        fc.constantFrom(0, 2, 10),
        (seed, cids, loss) => {
          const random = createRandom(seed);
          const hosts = [0, 1].map((host) => ({
            compressor: compressorOf({ cids, seed: seed + host }),
            decompressor: decompressorOf({ cids, feedback: true, ackInterval: 7 }),
            next: flow({ seed: seed + host, hosts: host, wildness: 5, traffic: 'both' }),
            out: new Uint8Array(4096),
            refused: 0,
            wrong: 0,
          }));
          for (const { compressor, decompressor } of hosts) {
            decompressor.onFeedback((packet, from, to) => {
              compressor.feedback(packet, from, to);
            });
          }
          for (let i = 0; i < 120; i++) {
            const from = hosts[i & 1];
            const to = hosts[1 - (i & 1)];
            if (from === undefined || to === undefined) throw new Error('no host');
            const packet = from.next();
            // feedback of this host's decompressor stands in front of its compressor's packet
            const feedback = from.decompressor.takeFeedbackInto(from.out);
            const length = from.compressor.compressInto(packet, from.out, feedback);
            if (random(100) < loss) continue;
            const result = decompressed(to.decompressor, from.out.slice(0, feedback + length));
            if (typeof result === 'number') to.refused++;
            else if (!equal(result, packet)) {
              if (loss === 0) expect(hexOf(result)).toBe(hexOf(packet));
              to.wrong++;
            }
          }
          for (const { refused, wrong } of hosts) {
            if (loss === 0) expect(refused).toBe(0);
            total.runs++;
            if (refused + wrong > 0) total.refused++;
            if (wrong > 0) total.fooled++;
          }
          const counted = hosts.map(({ compressor, decompressor }) => ({
            applied: compressor.stats().feedback.applied,
            discarded: compressor.stats().feedback.discarded,
            received: decompressor.stats().feedback.received,
          }));
          for (const { applied, discarded, received } of counted)
            expect(applied + discarded).toBe(received);
        },
      ),
      { numRuns: cases(0.001) },
    );
    printTable('both ways, lines that lose 0, 2 and 10 %', [Object.entries(total).flat()]);
    expect(total.fooled).toBeLessThanOrEqual(falseAccepts(total.refused));
  });
});
