/** Sizes as figures: what the shipped captures take, written to `bench/sizes.json` for the pages. */

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  COMPRESSED_EXPANSION_MAX,
  createCompressor,
  createDecompressor,
  formatName,
} from '@liquid/rohc';
import { measuredOn } from '../../../scripts/lib/measured.ts';
import { type ResultRow, type Results, resultsProblems } from '../../../scripts/lib/results.ts';
import { shippedSources, type Source } from './material.ts';
import { right } from './report.ts';

/** Settings of every comparison by size: small CIDs, W-LSB 4, L = 4, no feedback. */
export const SIZE_SETTINGS = {
  cids: 'small',
  window: 4,
  repetitions: 4,
  refreshIr: 1700,
  refreshFo: 700,
} as const;

/** The shipped captures that hold acknowledgements only. */
const TITLES: Readonly<Record<string, string>> = {
  'acks-no-timestamps': 'one flow',
  'acks-timestamps': 'one flow, timestamps',
  'acks-loss-sack': 'four flows, timestamps, loss, SACK',
  'acks-ipv6': 'one flow, IPv6, timestamps',
};

const CHECKSUM_OCTETS = 2;

interface Sizes {
  readonly all: readonly number[];
  /** CO packets, each with one octet of CID and with the TCP checksum. */
  readonly acknowledgements: readonly number[];
  readonly formats: ReadonlyMap<string, number>;
}

const createRoom = () => ({
  out: new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX),
  back: new Uint8Array(65_575),
});

/** A packet that does not come back as it was ends the count: no figure comes from a wrong packet. */
const mustCome = (name: string, i: number, packet: Uint8Array, back: Uint8Array): void => {
  if (Buffer.compare(back, packet) !== 0)
    throw new Error(`${name}: packet ${i} does not come back`);
};

/** What each packet takes. */
const sizesOf = ({ name, packets }: Source): Sizes => {
  const compressor = right(createCompressor(SIZE_SETTINGS));
  const decompressor = right(createDecompressor());
  const { out, back } = createRoom();
  const all: number[] = [];
  const acknowledgements: number[] = [];
  const formats = new Map<string, number>();
  for (const [i, packet] of packets.entries()) {
    const length = compressor.compressInto(packet, out);
    const again = decompressor.decompressInto(out, back, 0, 0, length);
    mustCome(name, i, packet, back.subarray(0, Math.max(0, again)));
    const format = formatName(compressor.lastProfile(), compressor.lastFormat());
    formats.set(format, (formats.get(format) ?? 0) + 1);
    all.push(length);
    if (!format.startsWith('IR')) {
      acknowledgements.push(length + (compressor.lastCid() === 0 ? 1 : 0));
    }
  }
  return { all, acknowledgements, formats };
};

/**
 * What an acknowledgement takes as the deliverable wants it: contexts that both ends make from a packet seen
 * uncompressed, a CID given from outside (never 0, so its octet is always there), the TCP checksum elided.
 * What is no pure acknowledgement goes uncompressed, makes the context anew and does not count.
 */
const elidedSizesOf = ({ name, packets }: Source): readonly number[] => {
  const config = { elideTcpChecksum: true } as const;
  const compressor = right(createCompressor({ ...SIZE_SETTINGS, ...config }));
  const decompressor = right(createDecompressor(config));
  const { out, back } = createRoom();
  const cids = new Map<string, number>();
  const sizes: number[] = [];
  for (const [i, packet] of packets.entries()) {
    const ports = (packet[0] ?? 0) >>> 4 === 4 ? 20 : 40;
    const flow = packet.subarray(ports, ports + 4).join();
    const known = cids.get(flow);
    const cid = known ?? cids.size + 1;
    cids.set(flow, cid);
    const length = known === undefined ? -1 : compressor.compressAsInto(cid, packet, out);
    if (length < 0) {
      right(compressor.adopt(cid, packet, 0));
      right(decompressor.adopt(cid, packet, 0));
      continue;
    }
    const again = decompressor.decompressInto(out, back, 0, 0, length);
    mustCome(name, i, packet, back.subarray(0, Math.max(0, again)));
    sizes.push(length);
  }
  return sizes;
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const spread = (values: readonly number[], median: number) => ({
  median: Number(median.toFixed(3)),
  min: Math.min(...values),
  max: Math.max(...values),
});

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;

/** The most frequent value. */
const modeOf = (values: readonly number[]): number => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
};

const row = (
  id: string,
  title: string,
  unit: string,
  values: readonly number[],
  value: number,
): ResultRow => ({
  id,
  case: title,
  unit,
  ours: { ...spread(values, value), rounds: 1 },
  peer: null,
  ratio: null,
});

const rowsOf = (source: Source, title: string): readonly ResultRow[] => {
  const { name } = source;
  const { all, acknowledgements, formats } = sizesOf(source);
  const bare = acknowledgements.map((size) => size - CHECKSUM_OCTETS);
  const elided = elidedSizesOf(source);
  const original = source.packets.map(({ length }) => length);
  const peer = { name: 'uncompressed', version: '', ...spread(original, mean(original)) };
  return [
    {
      ...row(`mean-${name}`, `mean of all packets: ${title}`, 'octets', all, mean(all)),
      peer,
      ratio: Number((mean(original) / mean(all)).toPrecision(3)),
    },
    row(
      `ack-median-${name}`,
      `an ACK, median, without checksum: ${title}`,
      'octets',
      bare,
      medianOf(bare),
    ),
    row(
      `ack-mode-${name}`,
      `an ACK, most frequent, without checksum: ${title}`,
      'octets',
      bare,
      modeOf(bare),
    ),
    row(
      `ack-elided-median-${name}`,
      `an ACK, median, checksum elided: ${title}`,
      'octets',
      elided,
      medianOf(elided),
    ),
    row(
      `ack-elided-mode-${name}`,
      `an ACK, most frequent, checksum elided: ${title}`,
      'octets',
      elided,
      modeOf(elided),
    ),
    ...[...formats]
      .toSorted(([, a], [, b]) => b - a)
      .map(([format, count]): ResultRow => {
        const share = Number(((100 * count) / all.length).toFixed(2));
        return row(
          `share-${name}-${format}`,
          `${format} of all packets: ${title}`,
          '%',
          [share],
          share,
        );
      }),
  ];
};

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const writeRows = (file: string, of: readonly string[], rows: readonly ResultRow[]): void => {
  const results: Results = {
    package: '@liquid/rohc',
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    load: loadavg().map((value) => Number(value.toFixed(2))),
    command: 'pnpm prove rohc sizes',
    measured: measuredOn(ROOT, 'rohc', of),
    rows,
  };
  const problems = resultsProblems('rohc', results, file);
  if (problems.length > 0) throw new Error(`bug: ${problems.join('; ')}`);
  writeFileSync(`${ROOT}${file}`, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`${file}: ${rows.length} rows\n`);
};

/** Counts the shipped captures and writes the file. */
export const writeSizes = async (): Promise<void> => {
  const sources = await shippedSources();
  const rows = sources.flatMap((source) => {
    const title = TITLES[source.name];
    return title === undefined ? [] : rowsOf(source, title);
  });
  writeRows('interop/rohc/bench/sizes.json', ['apps/rohc-example/captures'], rows);
};

/** Octets of the same packets from both compressors. */
export interface PeerSize {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
}

/** Writes the comparison with the C implementation whose sizes stand in the test data. */
export const writePeerSizes = (sizes: readonly PeerSize[]): void => {
  if (sizes.length === 0) return;
  const single = (value: number) => ({ median: value, min: value, max: value });
  writeRows(
    'interop/rohc/bench/peer-sizes.json',
    [],
    sizes.map(({ id, title, unit, ours, peer }) => ({
      id,
      case: title,
      unit,
      ours: { ...single(Number(ours.toFixed(3))), rounds: 1 },
      peer: { name: 'librohc', version: '2.3', ...single(Number(peer.toFixed(3))) },
      ratio: Number((peer / ours).toPrecision(3)),
    })),
  );
};
