/** The hand-written codecs of all base headers against their description as data (RFC 6846 section 8.2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BaseRecord,
  createBaseRecord,
  decodeBaseHeader,
  encodeBaseHeader,
} from '../src/profiles/tcp/base-header.js';
import {
  BASE_FIELDS,
  BASE_LENGTH,
  type BaseField,
  CO_COMMON,
  formatOf,
  SEQ,
  TCP_FORMAT_NAMES,
} from '../src/profiles/tcp/formats.js';
import { cases } from './support/channel.js';

/** Formats with a base header: co_common and both sets. */
const FORMATS = TCP_FORMAT_NAMES.map((name, format) => ({ name, format })).filter(
  ({ format }) => format >= CO_COMMON,
);

const fieldsOf = (format: number): readonly BaseField[] => BASE_FIELDS[format] ?? [];

/** Packs values bit by bit, the first field's highest bit first. */
const pack = (fields: readonly BaseField[], values: readonly number[]): Uint8Array => {
  const bits: number[] = [];
  fields.forEach((field, i) => {
    for (let bit = field.bits - 1; bit >= 0; bit--) bits.push(((values[i] ?? 0) >>> bit) & 1);
  });
  expect(bits.length % 8).toBe(0);
  return Uint8Array.from({ length: bits.length / 8 }, (_, octet) =>
    bits.slice(octet * 8, octet * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0),
  );
};

/** Where a field's value is kept in the record; scaled ones share the place of the unscaled. */
const PLACES: Record<string, (r: BaseRecord) => number> = {
  seq_number: (r) => r.seq,
  seq_number_scaled: (r) => r.seq,
  ack_number: (r) => r.ack,
  ack_number_scaled: (r) => r.ack,
  msn: (r) => r.msn,
  psh_flag: (r) => r.psh,
  header_crc: (r) => r.crc,
  ip_id: (r) => r.id,
  window: (r) => r.window,
  rsf_flags: (r) => r.rsf,
  list_present: (r) => r.list,
  ttl_hopl: (r) => r.ttl,
  ecn_used: (r) => r.ecnUsed,
  ttl_hopl_outer_flag: (r) => r.outerTtl,
  ack_flag: (r) => r.ackFlag,
  seq_indicator: (r) => r.seqIndicator,
  ack_indicator: (r) => r.ackIndicator,
  ack_stride_indicator: (r) => r.stride,
  window_indicator: (r) => (r.windowK === 16 ? 1 : 0),
  ip_id_indicator: (r) => r.idIndicator,
  urg_ptr_present: (r) => r.urgPtr,
  reserved: () => 0,
  dscp_present: (r) => r.dscp,
  ttl_hopl_present: (r) => (r.ttlK === 8 ? 1 : 0),
  ip_id_behavior_innermost: (r) => r.behavior,
  urg_flag: (r) => r.urg,
  df: (r) => r.df,
};

/** Random values for a format's fields, discriminators as they must be. */
const valuesOf = (fields: readonly BaseField[]): fc.Arbitrary<readonly number[]> =>
  fc.tuple(
    ...fields.map(({ value, bits, name }) =>
      value !== undefined || name === 'reserved'
        ? fc.constant(value ?? 0)
        : fc.integer({ min: 0, max: 2 ** bits - 1 }),
    ),
  );

/** Octets between the first and the others, where a large CID lies. */
const GAP = 2;

describe('base headers', () => {
  for (const { name, format } of FORMATS) {
    const fields = fieldsOf(format);

    it(`${name}: as many octets as its fields have bits`, () => {
      expect(fields.reduce((sum, field) => sum + field.bits, 0)).toBe(
        8 * (BASE_LENGTH[format] ?? 0),
      );
    });

    it(`${name}: decodes and encodes as the table says`, () => {
      fc.assert(
        fc.property(valuesOf(fields), fc.integer({ min: 0, max: 0x3ff }), (values, above) => {
          const octets = pack(fields, values);
          const first = octets[0] ?? 0;
          const spread = new Uint8Array(octets.length + GAP);
          spread.set(octets.subarray(1), 1 + GAP);
          const record = createBaseRecord();
          const sequential = format > SEQ;
          const end = decodeBaseHeader(record, first, sequential, spread, 1 + GAP, spread.length);
          expect(end).toBe(spread.length);
          expect(record.format).toBe(format);
          fields.forEach((field, i) => {
            if (field.name === 'discriminator') return;
            const place = PLACES[field.name];
            if (place === undefined) throw new Error(`no place for ${field.name}`);
            expect(place(record), field.name).toBe(values[i]);
          });
          checkParameters(record, fields);
          // back: a record of full values gives the same octets, whatever lies above the fields' bits
          record.seq = widen(record.seq, fields, ['seq_number', 'seq_number_scaled'], above);
          record.ack = widen(record.ack, fields, ['ack_number', 'ack_number_scaled'], above);
          record.id = widen(record.id, fields, ['ip_id'], above) & 0xffff;
          record.msn = (record.msn | (above << 4)) & 0xffff;
          const out = new Uint8Array(spread.length);
          expect(encodeBaseHeader(record, out, 0, 1 + GAP)).toBe(spread.length);
          spread[0] = first;
          expect(out).toEqual(spread);
        }),
        { numRuns: cases(0.02) },
      );
    });

    it(`${name}: refuses to end early`, () => {
      const octets = pack(
        fields,
        fields.map((field) => field.value ?? 0),
      );
      for (let end = 1; end < octets.length; end++) {
        const record = createBaseRecord();
        const code = decodeBaseHeader(record, octets[0] ?? 0, format > SEQ, octets, 1, end);
        expect(code).toBe(-1);
      }
    });
  }

  it('every first octet stands for the one format whose discriminator it begins with, or none', () => {
    for (const sequential of [false, true]) {
      for (let first = 0; first < 256; first++) {
        const fitting = FORMATS.filter(({ format }) => {
          if (format !== CO_COMMON && format > SEQ !== sequential) return false;
          const field = fieldsOf(format)[0];
          return field?.value !== undefined && first >>> (8 - field.bits) === field.value;
        });
        expect(fitting.length).toBeLessThanOrEqual(1);
        expect(formatOf(first, sequential)).toBe(fitting[0]?.format ?? -1);
      }
    }
  });

  it('co_common: refuses its reserved bit', () => {
    const fields = fieldsOf(CO_COMMON);
    const octets = pack(
      fields,
      fields.map((field) => (field.name === 'reserved' ? 1 : (field.value ?? 0))),
    );
    expect(decodeBaseHeader(createBaseRecord(), 0xfa, false, octets, 1, octets.length)).toBe(-5);
  });
});

/** Widths and interval offsets of LSB-coded fields, as the decoder tells them. */
const checkParameters = (record: BaseRecord, fields: readonly BaseField[]): void => {
  const field = (name: string): BaseField | undefined => fields.find((f) => f.name === name);
  const check = (k: number, p: number, plain: string, scaled: string): void => {
    const [whole, part] = [field(plain), field(scaled)];
    if (part !== undefined) expect([k, p]).toEqual([-1, part.p]);
    else if (whole !== undefined) expect([k, p]).toEqual([whole.bits, whole.p]);
    else expect(k).toBe(0);
  };
  // co_common's own fields follow its fixed part
  check(record.seqK, record.seqP, 'seq_number', 'seq_number_scaled');
  check(record.ackK, record.ackP, 'ack_number', 'ack_number_scaled');
  check(record.idK, record.idP, 'ip_id', '');
  const window = field('window');
  if (window !== undefined)
    expect([record.windowK, record.windowP]).toEqual([window.bits, window.p ?? 0]);
  const ttl = field('ttl_hopl');
  if (ttl !== undefined) expect([record.ttlK, ttl.p]).toEqual([3, 3]);
  expect(record.ackFlag === 1 || field('ack_flag') !== undefined).toBe(true);
  expect(record.urg === 0 || field('urg_flag') !== undefined).toBe(true);
  if (field('ecn_used') === undefined) expect(record.ecnUsed).toBe(-1);
  if (field('rsf_flags') === undefined) expect(record.rsf).toBe(0);
};

/** The value with other bits above those that its field carries. */
const widen = (
  value: number,
  fields: readonly BaseField[],
  names: readonly string[],
  above: number,
): number => {
  const field = fields.find((f) => names.includes(f.name));
  return field === undefined ? value : (value | (above << field.bits)) >>> 0;
};
