/** Octets a packet: acknowledgements of a real kernel against the bounds, the corpus against its own compressor. */

import {
  COMPRESSED_EXPANSION_MAX,
  type CompressorConfig,
  createCompressor,
  createDecompressor,
} from '@liquid/rohc';
import { ACK_CAPTURES, type AckCapture, ackCaptureFile } from '../captures/packets.ts';
import { ackSource, corpus, PEER_CONFIGURATIONS, type Source } from './material.ts';
import { percent, printTable, right, type Verdict } from './report.ts';
import {
  type PeerSize,
  SIZE_SETTINGS as SETTINGS,
  writePeerSizes,
  writeSizes,
} from './sizes-file.ts';

/** What a C peer took on the same packets with the same settings, and what we may take. */
const ACKS: Record<AckCapture, { readonly peer: number; readonly bound: number }> = {
  nots: { peer: 9.89, bound: 9.4 },
  ts: { peer: 18.5, bound: 18.5 },
  loss: { peer: 21.7, bound: 21.7 },
};

interface Sizes {
  readonly octets: number;
  readonly formats: Readonly<Record<string, number>>;
}

const room = new Uint8Array(65_575 + COMPRESSED_EXPANSION_MAX);
const back = new Uint8Array(65_575);

/** Octets that packets take; each must come back. */
const measure = ({ name, packets }: Source, config: Partial<CompressorConfig>): Sizes => {
  const compressor = right(createCompressor(config));
  const { cids = 'small', maxCid } = config;
  const decompressor = right(
    createDecompressor(maxCid === undefined ? { cids } : { cids, maxCid }),
  );
  let octets = 0;
  for (const [i, packet] of packets.entries()) {
    const length = compressor.compressInto(packet, room);
    octets += length;
    const again = decompressor.decompressInto(room, back, 0, 0, length);
    if (again !== packet.length || Buffer.compare(back.subarray(0, again), packet) !== 0) {
      throw new Error(`${name}: packet ${i} does not come back (${length}, ${again})`);
    }
  }
  return { octets, formats: compressor.stats().formats };
};

const TITLES: Record<AckCapture, string> = {
  nots: 'mean of all packets: ACKs of one flow',
  ts: 'mean of all packets: ACKs of one flow, timestamps',
  loss: 'mean of all packets: ACKs of four flows, timestamps, loss, SACK',
};

const proveAcks = async (): Promise<{
  readonly good: boolean;
  readonly sizes: readonly PeerSize[];
}> => {
  const sizes: PeerSize[] = [];
  const rows: (string | number)[][] = [
    ['acknowledgements', 'packets', 'original', 'ours', 'bound', 'C peer', 'of peer'],
  ];
  const formatRows: (string | number)[][] = [];
  let good = true;
  for (const name of Object.keys(ACK_CAPTURES) as AckCapture[]) {
    const source = await ackSource(name);
    const { octets, formats } = measure(source, SETTINGS);
    const count = source.packets.length;
    const mean = octets / count;
    const { bound, peer } = ACKS[name];
    good &&= mean <= bound;
    // The peer was measured on the test data's packets, not on those that the project ships.
    const same = ackCaptureFile(name).includes(ACK_CAPTURES[name].data);
    if (same) {
      sizes.push({ id: `acks-${name}`, title: TITLES[name], unit: 'octets', ours: mean, peer });
    }
    const original = source.packets.reduce((sum, packet) => sum + packet.length, 0) / count;
    rows.push([
      name,
      count,
      original.toFixed(2),
      mean.toFixed(2),
      bound,
      same ? peer : '–',
      same ? percent(mean, peer) : '–',
    ]);
    const sorted = Object.entries(formats).sort(([, a], [, b]) => b - a);
    formatRows.push([
      name,
      sorted.map(([format, n]) => `${format} ${percent(n, count)}`).join(', '),
    ]);
  }
  printTable('mean octets of a ROHC packet: CID and TCP checksum counted, no feedback', rows);
  for (const [name, formats] of formatRows) console.log(`${name}: ${formats}`);
  console.log();
  return { good, sizes };
};

const proveCorpus = async (): Promise<{
  readonly good: boolean;
  readonly sizes: readonly PeerSize[];
}> => {
  const sources = await corpus();
  if (sources.length === 0) {
    console.log('corpus: skipped, LIQUID_TEST_DATA names no folder with it\n');
    return { good: true, sizes: [] };
  }
  const before = sources
    .flatMap(({ packets }) => packets)
    .reduce((sum, packet) => sum + packet.length, 0);
  let good = true;
  const sizes: PeerSize[] = [];
  const rows = PEER_CONFIGURATIONS.map((configuration) => {
    let ours = 0;
    let peer = 0;
    for (const source of sources) {
      ours += measure(source, configuration.config).octets;
      peer += source.peerOctets(configuration);
    }
    good &&= ours <= peer;
    const { name, config } = configuration;
    const contexts = config.maxCid === 0 ? '1 context' : '16 contexts';
    const title = `${sources.length} public captures: ${contexts}, window ${config.window}, ${config.cids} CIDs`;
    sizes.push({ id: `corpus-${name}`, title, unit: 'octets in all', ours, peer });
    return [
      configuration.name,
      before,
      Math.round(peer),
      ours,
      Math.round(before - peer),
      before - ours,
      percent(ours, peer),
    ];
  });
  printTable(`octets of the public corpus, ${sources.length} captures`, [
    ['configuration', 'original', 'its compressor', 'ours', 'it saves', 'we save', 'of its octets'],
    ...rows,
  ]);
  return { good, sizes };
};

/** Measures both; wants every bound kept and at least the peer's saving in every configuration. */
export const proveSizes = async (): Promise<Verdict> => {
  const acks = await proveAcks();
  const { good, sizes } = await proveCorpus();
  await writeSizes();
  writePeerSizes([...acks.sizes, ...sizes]);
  return {
    good: acks.good && good,
    summary: `sizes: acknowledgements ${acks.good ? 'within' : 'BEYOND'} their bounds; corpus ${
      sizes.length === 0
        ? 'skipped'
        : `${good ? 'at most' : 'MORE THAN'} its compressor's octets in ${sizes.length} configurations`
    }`,
  };
};
