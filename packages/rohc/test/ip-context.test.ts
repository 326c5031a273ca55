/** Profile 0x0004: states, feedback, refreshes and repairs of a pair of contexts (RFC 3095 sections 5.3, 5.4, 5.6). */
import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { createFeedbackRecord, writeFeedback1, writeFeedback2 } from '../src/feedback.js';
import { onesSum } from '../src/internal/header-chain.js';
import type { IpCompressorOptions } from '../src/profiles/ip/compressor.js';
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
  type LevelSpec,
  parsed,
} from './ip-support.js';
import { cases } from './pcap-support.js';

const STEADY: LevelSpec = {
  version: 4,
  id: 'sequential',
  tosEvery: 0,
  ttlEvery: 0,
  dfEvery: 0,
  listEvery: 0,
};
const SN = 1000;

const create = (options: Partial<IpCompressorOptions> = {}, level: Partial<LevelSpec> = {}) => {
  const all = {
    cid: 0,
    large: false,
    windowWidth: 4,
    repetitions: 4,
    refreshIr: 1700,
    refreshFo: 700,
    sn: SN,
  };
  const compressor = new IpCompressorContext({ ...all, ...options });
  const decompressor = new IpDecompressorContext({ cid: all.cid, large: all.large });
  const next = createFlow({ seed: 7, levels: [{ ...STEADY, ...level }], protocol: 17 });
  const send = (packet = next()): Uint8Array => {
    const sent = compressed(compressor, packet);
    if (typeof sent === 'number') throw new Error(`code ${sent}`);
    return sent;
  };
  const format = (): string => IP_FORMATS[compressor.lastFormat] as string;
  return { compressor, decompressor, next, send, format };
};

const element = (
  o: Partial<ReturnType<typeof createFeedbackRecord>>,
  cid = 0,
  large = false,
): { bytes: Uint8Array; data: number } => {
  const bytes = new Uint8Array(16);
  const record = { ...createFeedbackRecord(), mode: 2, snBits: 12, ...o };
  const length = writeFeedback2(4, bytes, 0, cid, large, record);
  return {
    bytes: bytes.slice(0, length),
    data: 1 + (large ? (cid > 127 ? 2 : 1) : cid > 0 ? 1 : 0),
  };
};

const give = (
  c: IpCompressorContext,
  o: Partial<ReturnType<typeof createFeedbackRecord>>,
): number => {
  const { bytes, data } = element(o, c.cid);
  return c.feedback(bytes, data, bytes.length);
};

describe('compressor', () => {
  it('repeats IR, then sends one octet', () => {
    const { send, format } = create();
    const formats = Array.from({ length: 7 }, () => (send(), format()));
    expect(formats).toEqual(['IR', 'IR', 'IR', 'IR', 'UO-0', 'UO-0', 'UO-0']);
  });

  it('an ACK of an IR packet ends the repetitions', () => {
    const { compressor, send, format } = create();
    send();
    expect(give(compressor, { sn: SN & 0xfff })).toBe(0);
    send();
    expect(format()).toBe('UO-0');
  });

  it('FEEDBACK-1 is an ACK with eight bits', () => {
    const { compressor, send, format } = create();
    send();
    const bytes = new Uint8Array(4);
    const length = writeFeedback1(bytes, 0, 0, false, SN & 0xff);
    expect(compressor.feedback(bytes, 1, length)).toBe(0);
    send();
    expect(format()).toBe('UO-0');
  });

  it('an ACK of a packet that was never sent changes nothing', () => {
    const { compressor, send, format } = create();
    send();
    expect(give(compressor, { sn: (SN + 5) & 0xfff })).toBe(0);
    expect(give(compressor, { sn: (SN - 5) & 0xfff })).toBe(0);
    send();
    expect(format()).toBe('IR');
  });

  it('an ACK drops older references: a jump of the IP-ID needs its bits no longer', () => {
    const { compressor, next, send, format } = create({ windowWidth: 64 });
    for (let i = 0; i < 70; i++) send();
    next();
    const formats: string[] = [];
    for (let i = 0; i < 3; i++) {
      send();
      formats.push(format());
    }
    give(compressor, { sn: compressor.sn & 0xfff });
    send();
    formats.push(format());
    // 64 references need eight bits of SN
    expect(formats).toEqual(['UOR-2-ext0', 'UOR-2-ext0', 'UOR-2-ext0', 'UO-0']);
  });

  it('NACK brings IR-DYN packets, STATIC-NACK brings IR packets', () => {
    const { compressor, send, format } = create();
    for (let i = 0; i < 6; i++) send();
    give(compressor, { ackType: 1, sn: SN & 0xfff });
    expect(Array.from({ length: 5 }, () => (send(), format()))).toEqual([
      'IR-DYN',
      'IR-DYN',
      'IR-DYN',
      'IR-DYN',
      'UO-0',
    ]);
    give(compressor, { ackType: 2, snValid: false });
    expect(Array.from({ length: 5 }, () => (send(), format()))).toEqual([
      'IR',
      'IR',
      'IR',
      'IR',
      'UO-0',
    ]);
  });

  it('feedback ends the IR refreshes, not the IR-DYN ones', () => {
    const { compressor, send, format } = create({ refreshIr: 60, refreshFo: 25 });
    const count = (n: number): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (let i = 0; i < n; i++) {
        send();
        counts[format()] = (counts[format()] ?? 0) + 1;
      }
      return counts;
    };
    const first = count(200);
    expect(first['IR']).toBe(16);
    expect(first['IR-DYN']).toBeGreaterThanOrEqual(16);
    give(compressor, { sn: compressor.sn & 0xfff });
    const later = count(200);
    expect(later['IR']).toBeUndefined();
    expect(later['IR-DYN']).toBeGreaterThanOrEqual(24);
    expect(Object.keys(later).sort()).toEqual(['IR-DYN', 'UO-0']);
  });

  it('an interval of 0 is no refresh', () => {
    const { send, format } = create({ refreshIr: 0, refreshFo: 0 });
    const formats = Array.from({ length: 300 }, () => {
      send();
      return format();
    });
    expect(formats.slice(0, 4)).toEqual(['IR', 'IR', 'IR', 'IR']);
    expect(new Set(formats.slice(4))).toEqual(new Set(['UO-0']));
  });

  it('a REJECT or CONTEXT_MEMORY ends compression under this profile', () => {
    for (const option of [{ reject: true }, { contextMemory: true }]) {
      const { compressor, next, send } = create();
      send();
      expect(give(compressor, { ackType: 2, snValid: false, ...option })).toBe(0);
      expect(compressor.rejected).toBe(true);
      expect(compressed(compressor, next())).toBe(-10);
    }
  });

  it('declines reliable mode: Mode = 0 in UOR-2 until one of them is acknowledged (RFC 3843 section 3.4)', () => {
    const { compressor, decompressor, next, send, format } = create();
    for (let i = 0; i < 6; i++) decompressed(decompressor, send(), false);
    give(compressor, { mode: 3, sn: compressor.sn & 0xfff });
    for (let i = 0; i < 6; i++) {
      const packet = next();
      const sent = send(packet);
      expect(format()).toBe('UOR-2-ext3');
      expect((sent[2] as number) & 0x18).toBe(0);
      expect(decompressed(decompressor, sent, false)).toEqual(packet);
    }
    give(compressor, { mode: 2, sn: compressor.sn & 0xfff });
    send();
    expect(format()).toBe('UO-0');
  });

  it('feedback that fails its CRC, repeats or reserves changes nothing', () => {
    const { compressor, send } = create();
    for (let i = 0; i < 6; i++) send();
    const before = serialize(compressor);
    const { bytes } = element({ ackType: 1, sn: 3 });
    for (let bit = 8; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      // a flip of the CRC option's own header hides the CRC: RFC 3095 makes the option optional
      if (bit >= 24 && bit < 32) continue;
      expect(compressor.feedback(damaged, 1, damaged.length)).toBeLessThan(0);
    }
    expect(compressor.feedback(Uint8Array.of(0xc0, 0), 0, 2)).toBe(-5);
    expect(serialize(compressor)).toEqual(before);
  });

  it('refuses what it can not carry, and too little room, without moving', () => {
    const { compressor, next, send } = create();
    send();
    const before = serialize(compressor);
    const packet = next();
    expect(compressed(compressor, packet, packet.length - 12)).toBe(-6);
    // other addresses, a fragment, no payload
    const other = createFlow({ seed: 9, levels: [STEADY], protocol: 17 })();
    expect(compressed(compressor, other)).toBe(-10);
    const fragment = packet.slice();
    fragment[6] = 0x20;
    expect(compressor.matches(fragment, parsed(fragment))).toBe(false);
    expect(compressed(compressor, packet.slice(0, 20))).toBe(-10);
    expect(serialize(compressor)).toEqual(before);
    expect(send(packet).length).toBeGreaterThan(0);
  });

  it('ends the chain at the first header that a decompressor could not infer, and after `levels` headers', () => {
    const four = (n: number) => Array.from({ length: n }, () => STEADY);
    const round = (packets: readonly Uint8Array[], levels?: number): number => {
      const options = {
        cid: 0,
        large: false,
        windowWidth: 4,
        repetitions: 2,
        refreshIr: 1700,
        refreshFo: 700,
        sn: 0,
      };
      const compressor = new IpCompressorContext(
        levels === undefined ? options : { ...options, levels },
      );
      const decompressor = new IpDecompressorContext({ cid: 0, large: false });
      let saved = 0;
      for (const packet of packets) {
        const sent = compressed(compressor, packet);
        if (typeof sent === 'number') return sent;
        expect(decompressed(decompressor, sent, false)).toEqual(packet);
        saved = packet.length - sent.length;
      }
      return saved;
    };
    const packetsOf = (n: number): Uint8Array[] => {
      const next = createFlow({ seed: 5, levels: four(n), protocol: 17 });
      return Array.from({ length: 20 }, next);
    };
    // UO-0 in place of two headers; six octets for each further one; nothing for what lies behind the fourth
    expect(round(packetsOf(2))).toBe(2 * 20 - 1);
    expect(round(packetsOf(4))).toBe(4 * 20 - 1 - 2 * 6);
    expect(round(packetsOf(7))).toBe(4 * 20 - 1 - 2 * 6);
    expect(round(packetsOf(7), 2)).toBe(2 * 20 - 1);
    expect(round(packetsOf(3), 1)).toBe(20 - 1);
    const fragments = packetsOf(3).map((packet) => {
      // the second header says "more fragments" and has the checksum to it
      packet[26] = 0x20;
      packet.set([0, 0], 30);
      const checksum = ~onesSum(packet, 20, 40) & 0xffff;
      packet.set([checksum >> 8, checksum & 255], 30);
      return packet;
    });
    expect(round(fragments)).toBe(20 - 1);
  });

  it('a constant, a random, a swapped and a counting IP-ID reach their smallest packets', () => {
    const settled = (id: LevelSpec['id']): number => {
      const { next, send } = create({}, { id });
      let size = 0;
      for (let i = 0; i < 40; i++) {
        const packet = next();
        size = 20 - (packet.length - send(packet).length);
      }
      return size;
    };
    expect(settled('sequential')).toBe(1);
    expect(settled('swapped')).toBe(1);
    expect(settled('constant')).toBe(1);
    expect(settled('random')).toBe(3);
  });
});

describe('decompressor', () => {
  it('decodes nothing but IR before an IR, and takes no IR-DYN', () => {
    const { decompressor, send } = create({ repetitions: 1 });
    send();
    expect(decompressed(decompressor, send(), false)).toBe(-3);
    expect(decompressor.mode).toBe(0);
  });

  it('goes back to the static and then to no context when failures pile up, and returns on an update', () => {
    const { compressor, decompressor, next, send } = create({ repetitions: 1 }, { id: 'constant' });
    for (let i = 0; i < 10; i++) decompressed(decompressor, send(), false);
    const sent = send();
    sent[0] = (sent[0] as number) ^ 1;
    for (let i = 0; i < 3; i++) expect(decompressed(decompressor, sent, false)).toBe(-2);
    expect(decompressor.mode).toBe(1);
    expect(decompressed(decompressor, send(), false)).toBe(-12);
    give(compressor, { ackType: 1, sn: decompressor.msn & 0xfff });
    const packet = next();
    expect(decompressed(decompressor, send(packet), false)).toEqual(packet);
    expect(decompressor.mode).toBe(2);
    for (let i = 0; i < 3; i++) decompressed(decompressor, sent, false);
    const bad = Uint8Array.of(0xc0, 0x01, 1, 2, 3);
    for (let i = 0; i < 3; i++) expect(decompressed(decompressor, bad, false)).toBe(-2);
    expect(decompressor.mode).toBe(0);
    expect(decompressed(decompressor, send(), false)).toBe(-3);
  });

  it('finds its way after more losses than the SN counts, and delivers the third good packet', () => {
    const { decompressor, next, send } = create();
    for (let i = 0; i < 8; i++) decompressed(decompressor, send(), false);
    for (let i = 0; i < 20; i++) send();
    const got: (number | 'delivered')[] = [];
    for (let i = 0; i < 4; i++) {
      const packet = next();
      const result = decompressed(decompressor, send(packet), false);
      if (typeof result !== 'number') expect(result).toEqual(packet);
      got.push(typeof result === 'number' ? result : 'delivered');
    }
    expect(got).toEqual([-12, -12, 'delivered', 'delivered']);
    expect(decompressor.repairs).toBe(1);
  });

  it('tells the SN that feedback needs', () => {
    const { compressor, decompressor, send, format } = create();
    decompressed(decompressor, send(), false);
    const bytes = new Uint8Array(16);
    const record = { ...createFeedbackRecord(), mode: 2, sn: decompressor.msn & 0xfff, snBits: 12 };
    const length = writeFeedback2(4, bytes, 0, 0, false, record);
    expect(compressor.feedback(bytes, 1, length)).toBe(0);
    send();
    expect(format()).toBe('UO-0');
    expect(compressor.mode).toBe(2);
  });

  it('recovers by feedback within one round trip, and without it by a refresh', () => {
    for (const withFeedback of [true, false]) {
      const { compressor, decompressor, next, send } = create({ refreshFo: 40 }, { id: 'jumping' });
      for (let i = 0; i < 20; i++) decompressed(decompressor, send(), false);
      for (let i = 0; i < 30; i++) send();
      let lost = 0;
      for (; lost < 100; lost++) {
        const packet = next();
        const got = decompressed(decompressor, send(packet), false);
        if (typeof got !== 'number' && Buffer.compare(got, packet) === 0) break;
        if (!withFeedback) continue;
        give(compressor, { ackType: 1, sn: decompressor.msn & 0xfff });
      }
      expect(lost).toBeLessThanOrEqual(withFeedback ? 1 : 40);
    }
  });

  it('mutated packets: no throw, and a failed packet leaves the context as it was', () => {
    const random = createRandom(4242);
    const history = (d: IpDecompressorContext): Buffer => {
      // what a failure may change is its own history
      const { failures, staticFailures, mode, static3, static7, ...rest } = d as unknown as Record<
        string,
        unknown
      >;
      void [failures, staticFailures, mode, static3, static7];
      return serialize(rest);
    };
    let failed = 0;
    const flows = Math.ceil(cases(0.1) / 250);
    for (let flow = 0; flow < flows; flow++) {
      const version = random(2) === 0 ? 4 : 6;
      const levels = Array.from({ length: 1 + random(3) }, () => ({
        version: (random(2) === 0 ? 4 : version) as 4 | 6,
        id: 'mixed' as const,
        tosEvery: 4,
        ttlEvery: 9,
        dfEvery: 20,
        listEvery: 5,
      }));
      const next = createFlow({ seed: flow + 1, levels, protocol: 17 });
      const compressor = new IpCompressorContext({
        cid: 0,
        large: false,
        windowWidth: 4,
        repetitions: 2,
        refreshIr: 40,
        refreshFo: 15,
        sn: random(0x10000),
      });
      const decompressor = new IpDecompressorContext({
        cid: 0,
        large: false,
        repair: false,
        damage: { k: 31, n: 31 },
      });
      for (let i = 0; i < 50; i++) {
        const sent = compressed(compressor, next());
        if (typeof sent === 'number') throw new Error(`code ${sent}`);
        for (let k = 0; k < 4; k++) {
          const mutated = sent.slice(0, random(8) === 0 ? random(sent.length) + 1 : sent.length);
          const edits = 1 + random(3);
          for (let e = 0; e < edits; e++)
            mutated[random(Math.min(60, mutated.length))] = random(256);
          const before = history(decompressor);
          const got = decompressed(decompressor, mutated, false);
          if (typeof got !== 'number') continue;
          failed++;
          expect(history(decompressor).equals(before)).toBe(true);
        }
        decompressed(decompressor, sent, false);
      }
    }
    expect(failed).toBeGreaterThan(flows);
  });

  it('random octets: no throw', () => {
    const random = createRandom(99);
    const { decompressor, send } = create({}, { version: 6, listEvery: 3 });
    decompressed(decompressor, send(), false);
    for (let i = 0; i < cases(0.5); i++) {
      const octets = Uint8Array.from({ length: 1 + random(50) }, () => random(256));
      const got = decompressed(decompressor, octets, random(2) === 0);
      expect(typeof got === 'number' ? got < 0 : true).toBe(true);
      if (i % 50 === 0) decompressed(decompressor, send(), false);
    }
  });
});
