/** Feedback elements: RFC 5795 section 5.2.4.1, RFC 6846 section 8.3, RFC 3095 section 5.7.6, RFC 4815 section 8. */
import * as E from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc8 } from '../src/crc.js';
import {
  createFeedbackFrame,
  createFeedbackRecord,
  type FeedbackRecord,
  readFeedbackData,
  readFeedbackFrame,
  writeFeedback1,
  writeFeedback2,
} from '../src/feedback.js';
import { decodeFeedback, encodeFeedback, type Feedback } from '../src/feedback-element.js';
import { cases, left, right } from './pcap-support.js';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));

const read = (profile: number, bytes: Uint8Array, large = false) => {
  const frame = createFeedbackFrame();
  const record = createFeedbackRecord();
  const end = readFeedbackFrame(bytes, 0, bytes.length, large, frame);
  if (end < 0) return { code: end, frame, record };
  const code = readFeedbackData(profile, bytes, frame.from, frame.data, frame.end, record);
  return { code, frame, record };
};

/** A ROHC-TCP FEEDBACK-2 element for CID 0 with these options and a CRC that fits. */
const tcp = (first: number, options: readonly number[]): Uint8Array => {
  const data = [first, 0x21, 0, ...options];
  data[2] = crc8(Uint8Array.from(data));
  return Uint8Array.from(
    data.length > 7 ? [0xf0, data.length, ...data] : [0xf0 | data.length, ...data],
  );
};

/** An RFC 3095 FEEDBACK-2 element for CID 0; each option of type 1 gets the CRC. */
const rtp = (first: number, options: readonly number[][]): Uint8Array => {
  const data = [first, 0x21, ...options.flat()];
  const crc = crc8(Uint8Array.from(data));
  const whole = [first, 0x21, ...options.flatMap((o) => (o[0] === 0x11 ? [0x11, crc] : o))];
  return Uint8Array.from([0xf0, whole.length, ...whole]);
};

const CRC = [0x11, 0];

describe('framing (RFC 5795 section 5.2.4.1)', () => {
  it("reads RFC 3095's four examples of the same ACK", () => {
    const two = read(4, hex('f3e83011'));
    expect(two.code).toBe(0);
    expect(two.frame).toEqual({ cid: 8, from: 1, data: 2, end: 4 });
    expect(two.record).toMatchObject({
      format: 2,
      ackType: 0,
      mode: 3,
      sn: 17,
      snBits: 12,
      crc: false,
    });
    for (const [bytes, large, cid] of [
      ['f20811', true, 8],
      ['f2e811', false, 8],
      ['f111', false, 0],
    ] as const) {
      const one = read(4, hex(bytes), large);
      expect(one.code).toBe(0);
      expect(one.frame.cid).toBe(cid);
      expect(one.record).toMatchObject({ format: 1, ackType: 0, sn: 17, snBits: 8 });
    }
  });

  it('reads elements that another implementation wrote: the CRC counts from the CID', () => {
    expect(read(4, hex('f420011139'))).toMatchObject({
      code: 0,
      record: { sn: 1, crc: true, mode: 2 },
    });
    expect(read(4, hex('f5002001112e'), true)).toMatchObject({
      code: 0,
      record: { sn: 1, crc: true },
    });
    // the same data without its CID octet has another CRC
    expect(read(4, hex('f42001112e')).code).toBe(-2);
  });

  it('a single octet is data, also when it looks like an Add-CID octet', () => {
    expect(read(6, hex('f1e5'))).toMatchObject({
      code: 0,
      frame: { cid: 0 },
      record: { sn: 0xe5 },
    });
  });

  it('refuses what can not be framed', () => {
    expect(read(6, hex('f3e8')).code).toBe(-1);
    expect(read(6, hex('f0')).code).toBe(-1);
    expect(read(6, hex('f000')).code).toBe(-5);
    expect(read(6, hex('f2e011')).code).toBe(-5);
    expect(read(6, hex('f10a'), true).code).toBe(-5);
    expect(read(6, hex('f4c0000011'), true).code).toBe(-7);
    expect(read(6, hex('e811')).code).toBe(-5);
  });
});

describe('ROHC-TCP (RFC 6846 section 8.3)', () => {
  it('reads types, MSN and options', () => {
    expect(read(6, tcp(0x01, [])).record).toMatchObject({ ackType: 0, sn: 0x121, snBits: 14 });
    expect(read(6, tcp(0x41, [0x41, 0x80])).record).toMatchObject({
      ackType: 1,
      sn: 0x486,
      snBits: 16,
    });
    const all = read(6, tcp(0x81, [0x20, 0x30, 0x90]));
    expect(all.code).toBe(0);
    expect(all.record).toMatchObject({
      ackType: 2,
      reject: true,
      snValid: false,
      contextMemory: true,
    });
  });

  it('skips unknown options by their length', () => {
    expect(read(6, tcp(0x01, [0xf3, 1, 2, 3, 0xa0, 0x20])).record.reject).toBe(true);
  });

  it('discards reserved types, repeated and contradicting options, wrong lengths and CRCs', () => {
    expect(read(6, tcp(0xc1, [])).code).toBe(-5);
    for (const options of [
      [0x20, 0x20],
      [0x30, 0x30],
      [0x41, 0, 0x41, 0],
      [0x90, 0x90],
      [0x30, 0x41, 0],
      [0x41, 0, 0x30],
    ]) {
      expect(read(6, tcp(0x01, options)).code).toBe(-5);
    }
    expect(read(6, tcp(0x01, [0x21, 0])).code).toBe(-5);
    expect(read(6, tcp(0x01, [0x40])).code).toBe(-5);
    expect(read(6, tcp(0x01, [0xf5, 0])).code).toBe(-1);
    expect(read(6, hex('f20121')).code).toBe(-1);
    const good = tcp(0x01, [0x20]);
    for (let bit = 8; bit < good.length * 8; bit++) {
      const bad = good.slice();
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      expect(read(6, bad).code).toBeLessThan(0);
    }
  });
});

describe('RFC 3095 profiles (section 5.7.6, RFC 4815 sections 8.5 and 8.6)', () => {
  it('reads options', () => {
    const all = read(
      4,
      rtp(0x61, [[0x41, 0x37], [0x30], [0x51, 9], [0x61, 8], [0x71, 7], [0x20], CRC]),
    );
    expect(all.code).toBe(0);
    expect(all.record).toMatchObject({
      ackType: 1,
      mode: 2,
      sn: 0x12137,
      snBits: 20,
      snValid: false,
      clockMs: 9,
      jitter: 8,
      loss: 7,
      reject: true,
      crc: true,
    });
  });

  it('concatenates SN options, takes equal CRC options', () => {
    expect(
      read(
        4,
        rtp(0x01, [
          [0x41, 1],
          [0x41, 2],
        ]),
      ).record,
    ).toMatchObject({ sn: 0x1210102, snBits: 28 });
    expect(read(4, rtp(0x01, [CRC, [0x41, 1], CRC])).code).toBe(0);
    expect(read(4, hex('f60121110011ff')).code).toBe(-5);
  });

  it('discards acknowledgement type 3, a REJECT without CRC, too many SN bits, a wrong CRC', () => {
    expect(read(4, rtp(0xc1, [])).code).toBe(-5);
    expect(read(4, rtp(0x81, [[0x20]])).code).toBe(-5);
    expect(
      read(
        4,
        rtp(0x01, [
          [0x41, 1],
          [0x41, 2],
          [0x41, 3],
        ]),
      ).code,
    ).toBe(-5);
    expect(read(4, rtp(0x01, [[0x42, 1, 1]])).code).toBe(-5);
    const bad = rtp(0x01, [CRC]);
    bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1;
    expect(read(4, bad).code).toBe(-2);
  });
});

it('profile 0x0000 knows one ACK, other profiles none', () => {
  expect(read(0, hex('f100')).code).toBe(0);
  expect(read(0, hex('f101')).code).toBe(-5);
  expect(read(0, hex('f3200100')).code).toBe(-5);
  expect(read(2, hex('f100')).code).toBe(-4);
  expect(read(2, hex('f3200100')).code).toBe(-4);
});

const records = fc.record({
  ackType: fc.integer({ min: 0, max: 2 }),
  mode: fc.integer({ min: 1, max: 3 }),
  value: fc.nat(0xffff),
  long: fc.boolean(),
  snValid: fc.boolean(),
  reject: fc.boolean(),
  contextMemory: fc.boolean(),
  loss: fc.integer({ min: -1, max: 255 }),
});

const cids = fc.oneof(
  fc.record({ large: fc.constant(false), cid: fc.nat(15) }),
  fc.record({ large: fc.constant(true), cid: fc.nat(16383) }),
);

describe('written and read', () => {
  it('FEEDBACK-2 of both families', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 6),
        cids,
        records,
        fc.nat(3),
        (profile, { cid, large }, o, at) => {
          const base = profile === 6 ? 14 : 12;
          const snBits = o.long ? (profile === 6 ? 16 : 20) : base;
          const record: FeedbackRecord = {
            ...createFeedbackRecord(),
            ...o,
            sn: o.value & (2 ** snBits - 1),
            snBits,
          };
          const bytes = new Uint8Array(32);
          const length = writeFeedback2(profile, bytes, at, cid, large, record);
          expect(length).toBeGreaterThan(0);
          const got = read(profile, bytes.slice(at, at + length), large);
          expect(got.code).toBe(0);
          expect(got.frame).toMatchObject({ cid, end: length });
          expect(got.record).toMatchObject({
            format: 2,
            ackType: o.ackType,
            snValid: o.snValid,
            reject: o.reject,
            contextMemory: o.contextMemory,
            crc: true,
            ...(o.snValid ? { sn: record.sn, snBits } : {}),
            ...(profile === 4 ? { mode: o.mode, loss: o.loss } : {}),
          });
          // one octet less has no room
          expect(writeFeedback2(profile, new Uint8Array(length - 1), 0, cid, large, record)).toBe(
            -6,
          );
        },
      ),
      { numRuns: cases(0.1) },
    );
  });

  it('FEEDBACK-1', () => {
    fc.assert(
      fc.property(cids, fc.nat(255), ({ cid, large }, sn) => {
        const bytes = new Uint8Array(8);
        const length = writeFeedback1(bytes, 0, cid, large, sn);
        const got = read(6, bytes.slice(0, length), large);
        expect(got).toMatchObject({
          code: 0,
          frame: { cid, end: length },
          record: { format: 1, sn },
        });
      }),
      { numRuns: cases(0.05) },
    );
    expect(writeFeedback1(new Uint8Array(8), 0, 16, false, 0)).toBe(-7);
    expect(writeFeedback1(new Uint8Array(2), 0, 3, false, 0)).toBe(-6);
  });

  it('never throws and never reads past the end, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 24 }),
        fc.constantFrom(0, 2, 4, 6),
        fc.boolean(),
        (bytes, profile, large) => {
          if (bytes.length > 0) bytes[0] = 0xf0 | ((bytes[0] as number) & 7);
          const { code, frame } = read(profile, bytes, large);
          expect(code).toBeLessThanOrEqual(0);
          expect(frame.end).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: cases(0.2) },
    );
  });
});

describe('as values', () => {
  const ack: Feedback = {
    cid: 5,
    profile: 6,
    format: 2,
    type: 'nack',
    sequenceNumber: { value: 0x1234, bits: 16 },
    reject: false,
    contextMemory: true,
  };

  it('encode and decode are inverse', () => {
    for (const feedback of [
      ack,
      {
        ...ack,
        profile: 4,
        mode: 'optimistic',
        lossPackets: 3,
        sequenceNumber: { value: 0x12345, bits: 20 },
      },
      {
        cid: 0,
        profile: 6,
        format: 1,
        type: 'ack',
        sequenceNumber: { value: 9, bits: 8 },
        reject: false,
        contextMemory: false,
      },
      { cid: 0, profile: 0, format: 1, type: 'ack', reject: false, contextMemory: false },
    ] as Feedback[]) {
      const bytes = right(encodeFeedback(feedback, { largeCids: true }));
      expect(
        right(decodeFeedback(bytes, { largeCids: true, profileOf: () => feedback.profile })),
      ).toEqual(feedback);
    }
  });

  it('errors are tagged', () => {
    const options = { largeCids: false, profileOf: () => 6 };
    expect(left(decodeFeedback(hex('f3e8'), options))._tag).toBe('Truncated');
    expect(left(decodeFeedback(hex('f3000000'), options))._tag).toBe('Corrupt');
    expect(left(decodeFeedback(hex('f3c00000'), options))._tag).toBe('Decode');
    expect(left(decodeFeedback(hex('f100'), { ...options, profileOf: () => 2 }))._tag).toBe(
      'Unsupported',
    );
    expect(left(decodeFeedback(hex('f4c0000011'), { ...options, largeCids: true }))._tag).toBe(
      'LimitExceeded',
    );
    expect(left(encodeFeedback({ ...ack, cid: 16 }, options))._tag).toBe('LimitExceeded');
    expect(left(encodeFeedback({ ...ack, format: 1 }, options))._tag).toBe('Decode');
    expect(E.isLeft(encodeFeedback({ ...ack, profile: 2 }, options))).toBe(true);
  });
});
