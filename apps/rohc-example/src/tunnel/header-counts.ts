/** Counts of one end: what headers of acknowledgements and of data were before and after. */
import { formatName } from '@liquid/rohc';
import * as t from 'io-ts';

const KindStats = t.readonly(
  t.type({
    packets: t.number,
    /** Octets of IP and TCP headers as the kernel made them. */
    headerBytesIn: t.number,
    /** Octets that travelled in their place, CID and checksum among them. */
    headerBytesOut: t.number,
    /** Those of them that went as they were: packets, and the octets of their headers. */
    plainPackets: t.number,
    plainHeaderBytes: t.number,
  }),
);

/** Packets of TCP by what they are: with and without a payload. */
export const HeaderStats = t.readonly(
  t.type({
    acknowledgements: KindStats,
    data: KindStats,
    /**
     * Pure acknowledgements in CO formats by size, `[octets, packets]`: the CID counts as one octet, the TCP checksum
     * is not counted, as in D1.3, section 3.1.4.2.
     */
    acknowledgementSizes: t.readonlyArray(t.tuple([t.number, t.number])),
  }),
);

export type HeaderStats = t.TypeOf<typeof HeaderStats>;
export type KindStats = t.TypeOf<typeof KindStats>;

/** Sizes that are told apart; a larger one counts as this. */
const SIZES = 128;

/** Octets of the TCP checksum, which every CO packet carries. */
const CHECKSUM = 2;

/** The profile of RFC 6846. */
const TCP_PROFILE = 0x0006;

export interface HeaderCounts {
  /** Adds a packet: its payload as {@link tcpPayloadLength} has it, octets before, octets after. No allocation. */
  readonly add: (payload: number, before: number, after: number) => void;
  /** Adds a packet that went as it was. No allocation. */
  readonly addPlain: (payload: number, length: number) => void;
  /** Adds an acknowledgement that was compressed to `after` octets: how, and under which CID. */
  readonly addSize: (profile: number, format: number, cid: number, after: number) => void;
  readonly stats: () => HeaderStats;
}

const PACKETS = 0;
const BEFORE = 1;
const AFTER = 2;
const PLAIN_PACKETS = 3;
const PLAIN_BYTES = 4;
const COUNTERS = 5;

export const createHeaderCounts = (): HeaderCounts => {
  const acknowledgements = new Float64Array(COUNTERS);
  const data = new Float64Array(COUNTERS);
  const sizes = new Float64Array(SIZES);
  /** By format number: 0 unknown, 1 a CO format, 2 another. */
  const known = new Uint8Array(256);
  const kind = (counts: Float64Array): KindStats => ({
    packets: counts[PACKETS] ?? 0,
    headerBytesIn: counts[BEFORE] ?? 0,
    headerBytesOut: counts[AFTER] ?? 0,
    plainPackets: counts[PLAIN_PACKETS] ?? 0,
    plainHeaderBytes: counts[PLAIN_BYTES] ?? 0,
  });
  const add = (payload: number, before: number, after: number): void => {
    if (payload < 0) return;
    const counts = payload === 0 ? acknowledgements : data;
    counts[PACKETS] = (counts[PACKETS] as number) + 1;
    counts[BEFORE] = (counts[BEFORE] as number) + before - payload;
    counts[AFTER] = (counts[AFTER] as number) + after - payload;
  };
  return {
    add,
    addPlain: (payload, length) => {
      if (payload < 0) return;
      add(payload, length, length);
      const counts = payload === 0 ? acknowledgements : data;
      counts[PLAIN_PACKETS] = (counts[PLAIN_PACKETS] as number) + 1;
      counts[PLAIN_BYTES] = (counts[PLAIN_BYTES] as number) + length - payload;
    },
    addSize: (profile, format, cid, after) => {
      if (profile !== TCP_PROFILE) return;
      if (known[format] === 0) {
        known[format] = formatName(profile, format).startsWith('IR') ? 2 : 1;
      }
      if (known[format] !== 1) return;
      const size = Math.min(SIZES - 1, after - CHECKSUM + (cid === 0 ? 1 : 0));
      sizes[size] = (sizes[size] as number) + 1;
    },
    stats: () => ({
      acknowledgements: kind(acknowledgements),
      data: kind(data),
      acknowledgementSizes: [...sizes.entries()].filter(([, count]) => count > 0),
    }),
  };
};
